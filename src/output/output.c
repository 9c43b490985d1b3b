#include "output/output.h"
#include "base/address.h"
#include "base/clock.h"
#include "catalog/catalog.h"

#include <errno.h>

enum { OUTPUT_ARENA = 1 << 30, LINES_LIMIT = 16 << 20, LINES_KEPT = 1 << 16 };

bool out_open(struct out *out, bool json, enum colour_choice colour)
{
	*out = (struct out){
		.format = json ? &output_json : &output_text,
		.screen = screen_of(stdout, colour),
		.arena = arena_new(OUTPUT_ARENA),
		.buffer = buffer_new(LINES_LIMIT),
	};
	return out->arena != NULL;
}

bool out_open_file(struct out *out, FILE *file)
{
	const bool opened = out_open(out, true, COLOUR_NEVER);

	out->screen.file = file;
	return opened;
}

void out_flush(struct out *out)
{
	if (out->buffer.length > 0)
		fwrite(out->buffer.bytes, 1, out->buffer.length, out->screen.file);
	out->buffer.length = 0;
}

void out_write(struct out *out, struct span lines)
{
	out_flush(out);
	fwrite(lines.at, 1, span_left(lines), out->screen.file);
}

/* Why a file could not be written: what the last write said, or, where only an earlier one failed and left
 * its mark at the file, what is still known of that: nothing but writes ends like this. */
static int why_unwritten(int before)
{
	if (errno != 0)
		return errno;
	return before == ENOSPC || before == EDQUOT || before == EFBIG ? before : EIO;
}

bool out_close(struct out *out, struct error *err)
{
	const bool whole = !out->buffer.failed;
	const int before = errno;

	errno = 0;
	out_flush(out);
	buffer_free(&out->buffer);
	arena_free(out->arena);
	out->arena = NULL;
	if (fflush(out->screen.file) != 0 || ferror(out->screen.file) != 0)
		return error_system(err, why_unwritten(before), "standard output");
	return whole || error_memory(err);
}

struct json event_begin_at(struct out *out, const char *when, const char *type)
{
	struct json json = json_new(&out->buffer);

	json_begin(&json);
	json_text(&json, "timestamp", when);
	json_text(&json, "event_type", type);
	return json;
}

struct json event_begin(struct out *out, const char *type)
{
	char when[CLOCK_TEXT];

	return event_begin_at(out, clock_text(clock_wall_us(), when), type);
}

void event_end(struct out *out, struct json *json)
{
	json_end(json);
	buffer_u8(&out->buffer, '\n');
	if (out->buffer.length >= LINES_KEPT)
		out_flush(out);
}

static void end_point(struct json *json, const char *ip_key, const char *port_key,
		      const struct address *address, bool ports, uint16_t port)
{
	char text[ADDRESS_TEXT];

	if (address != NULL)
		json_plain(json, ip_key, address_text(address, text));
	if (ports)
		json_unsigned(json, port_key, port);
}

void event_source(struct json *json, const struct address *address, bool ports, uint16_t port)
{
	end_point(json, "src_ip", "src_port", address, ports, port);
}

void event_destination(struct json *json, const struct address *address, bool ports, uint16_t port)
{
	end_point(json, "dest_ip", "dest_port", address, ports, port);
}

void event_transport(struct json *json, unsigned transport)
{
	const struct transport *const known = catalog_transport(transport);
	char upper[32];
	size_t i = 0;

	if (known == NULL) {
		snprintf(upper, sizeof(upper), "%u", transport);
	} else {
		for (; known->name[i] != '\0' && i < sizeof(upper) - 1; i++)
			upper[i] = known->name[i] >= 'a' && known->name[i] <= 'z'
					   ? (char)(known->name[i] - ('a' - 'A'))
					   : known->name[i];
		upper[i] = '\0';
	}
	json_plain(json, "proto", upper);
}

void event_references(struct json *json, const char *references)
{
	struct span rest = span_text(references);

	json_open_array(json, "references");
	while (span_left(rest) > 0) {
		const size_t end = span_find(rest, "; ");

		json_span(json, NULL, span_take(&rest, end == SIZE_MAX ? span_left(rest) : end));
		span_skip(&rest, span_left(rest) > 0 ? 2 : 0);
	}
	json_end(json);
}
