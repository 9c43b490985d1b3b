#include "capture/reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { LONGEST_MAGIC = 4 };

enum step reader_damaged(struct reader *reader, const char *format, ...)
{
	char words[256];
	va_list list;

	va_start(list, format);
	vsnprintf(words, sizeof(words), format, list);
	va_end(list);
	error_set(&reader->file.problem, "%s: at offset %llu: %s", reader->file.path,
		  (unsigned long long)reader->window->taken, words);
	reader->file.damaged = true;
	return STEP_DAMAGED;
}

enum step reader_want(struct reader *reader, size_t n, const char *what)
{
	if (reader->source_ended)
		return reader_damaged(reader, "the file ends inside %s", what);
	reader->wanted = n;
	return STEP_FILL;
}

struct interface *reader_add_interface(struct reader *reader, uint16_t link)
{
	struct interface *added;

	if (reader->interface_count == CAPTURE_INTERFACES) {
		reader_damaged(reader, "more than %d interfaces", CAPTURE_INTERFACES);
		return NULL;
	}
	if (reader->interface_count == reader->interface_capacity) {
		const uint32_t capacity = reader->interface_capacity > 0 ? 2 * reader->interface_capacity : 4;
		struct interface *const more = realloc(reader->interfaces, capacity * sizeof(*more));

		if (more == NULL) {
			reader_damaged(reader, "out of memory");
			return NULL;
		}
		reader->interfaces = more;
		reader->interface_capacity = capacity;
	}
	added = &reader->interfaces[reader->interface_count++];
	*added = (struct interface){ .link = link, .units_per_second = 1000000 };
	if (reader->filter != NULL) {
		added->filter = filter_for(reader->filter, link);
		added->excluded = added->filter == NULL;
	}
	reader->file.interfaces = reader->interface_count;
	return added;
}

static bool choose_format(struct reader *reader)
{
	struct error err;

	if (source_fill(reader->source, LONGEST_MAGIC, &err) == SOURCE_FAILED)
		return error_set(&reader->file.problem, "%s: %s", reader->file.path, err.text);
	if (span_left(window_span(reader->window)) == 0)
		return error_set(&reader->file.problem, "%s: is empty", reader->file.path);
	if (pcap_begin(reader) || pcapng_begin(reader))
		return true;
	return error_set(&reader->file.problem, "%s: is no capture (neither pcap nor pcapng)",
			 reader->file.path);
}

bool reader_open(struct reader *reader, const char *path, bool follow)
{
	struct error err;

	reader->file.path = path;
	reader->source = source_open(path, follow, reader->shelf, &err);
	if (reader->source == NULL)
		return error_set(&reader->file.problem, "%s: %s", path, err.text);
	reader->window = source_window(reader->source);
	reader->file.size = source_size(reader->source);
	return choose_format(reader);
}

void reader_close(struct reader *reader)
{
	source_free(reader->source);
	reader->source = NULL;
	free(reader->interfaces);
	reader->interfaces = NULL;
}
