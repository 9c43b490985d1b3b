#include "words.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

enum { FILES = 1024, FILE_LIMIT = 64 * 1024 };

struct words words[FILES];
size_t words_count;

static struct span read_file(const char *folder, const char *name)
{
	static uint8_t bytes[FILE_LIMIT];
	char path[4096];
	FILE *file;
	size_t length;
	uint8_t *exact;

	assert_true(snprintf(path, sizeof(path), "%s/%s", folder, name) < (int)sizeof(path));
	file = fopen(path, "rb");
	assert_non_null(file);
	length = fread(bytes, 1, sizeof(bytes), file);
	(void)fclose(file);
	exact = malloc(length);
	assert_non_null(exact);
	memcpy(exact, bytes, length);
	return span_of(exact, length);
}

/* PROTOCOL.SIDE.TRANSPORT.WHO */
static bool read_name(struct words *w)
{
	struct span rest = span_text(w->name);
	const struct span protocol = span_until(&rest, '.');
	struct span side = span_until(&rest, '.');
	const struct span transport = span_until(&rest, '.');
	uint64_t variant = 0;

	if (rest.failed || span_left(rest) == 0)
		return false;
	w->protocol = protocol_named(protocol);
	w->side = span_is(side, "client") ? SIDE_CLIENT : SIDE_SERVER;
	w->transport = span_is(transport, "udp") ? TRANSPORT_UDP : TRANSPORT_TCP;
	w->variant = -1;
	if (span_begins(side, "variant")) {
		span_skip(&side, strlen("variant"));
		w->variant = span_number(side, 255, &variant) ? (int)variant : 256;
	} else if (!span_is(side, "client") && !span_is(side, "server")) {
		return false;
	}
	return span_is(transport, "udp") || span_is(transport, "tcp");
}

int words_read(void **unused)
{
	char folder[4096];
	const struct dirent *entry;
	DIR *listing;

	(void)unused;
	assert_non_null(getenv("DOORWARD_TEST_DATA"));
	assert_true(snprintf(folder, sizeof(folder), "%s/first", getenv("DOORWARD_TEST_DATA")) <
		    (int)sizeof(folder));
	listing = opendir(folder);
	assert_non_null(listing);
	while ((entry = readdir(listing)) != NULL) {
		struct words *const w = &words[words_count];

		if (entry->d_name[0] == '.' || strcmp(entry->d_name, "README") == 0)
			continue;
		assert_true(words_count < FILES);
		(void)span_copy_text(span_text(entry->d_name), w->name, sizeof(w->name));
		if (!read_name(w))
			fail_msg("test/data/first/%s: not PROTOCOL.SIDE.TRANSPORT.WHO", w->name);
		w->bytes = read_file(folder, w->name);
		words_count++;
	}
	(void)closedir(listing);
	return 0;
}

int words_free(void **unused)
{
	(void)unused;
	while (words_count > 0)
		free((void *)(uintptr_t)words[--words_count].bytes.at);
	return 0;
}
