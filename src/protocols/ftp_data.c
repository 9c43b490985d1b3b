/* ftp_data.c: the data connections of FTP (RFC 959 3.2). They hold files and nothing else, and are known
 * because the conversation beside them announces them, with the command that they serve. */
#include "protocols/ftp.h"
#include "protocols/parse.h"

struct file {
	struct span command, name;
	bool to_server;
	uint64_t bytes;
};

static void emit(const void *record, struct json *json)
{
	const struct file *const file = record;

	if (span_left(file->name) > 0)
		json_span(json, "filename", file->name);
	if (span_left(file->command) > 0)
		json_span(json, "command", file->command);
	json_text(json, "direction", file->to_server ? "upload" : "download");
	json_unsigned(json, "bytes", file->bytes);
}

struct state {
	uint64_t bytes[2];
};

/* The words that were announced: "RETR name". Without them, who has sent more has sent the file. */
static struct file file_of(const struct state *state, const struct parse *parse)
{
	struct span about = span_text(parse->about != NULL ? parse->about : "");
	struct file file = { .command = text_word(&about) };

	file.name = text_trim(about);
	file.to_server = span_left(file.command) > 0
				 ? span_begins(file.command, "STO") || span_is(file.command, "APPE")
				 : state->bytes[SIDE_CLIENT] > state->bytes[SIDE_SERVER];
	file.bytes = state->bytes[SIDE_CLIENT] + state->bytes[SIDE_SERVER];
	return file;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct state *const state = memory;

	state->bytes[parse->side] += span_left(*bytes);
	bytes->at = bytes->end;
	return PARSE_ON;
}

static enum parse_step gap(void *memory, struct parse *parse, uint64_t length)
{
	struct state *const state = memory;

	state->bytes[parse->side] += length;
	return PARSE_ON;
}

/* A file may be empty; a connection that nobody used and of which nothing was said is none. */
static void end(void *memory, struct parse *parse)
{
	const struct file file = file_of(memory, parse);

	if (file.bytes > 0 || span_left(file.command) > 0)
		parse_event_as(parse, "ftp_data", emit, &file);
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct state),
	.read = read,
	.gap = gap,
	.end = end,
	.emit = emit,
};

/* A file may begin like anything. */
static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	(void)first;
	(void)side;
	(void)transport;
	return NO;
}

const struct protocol protocol_ftp_data = {
	.name = "ftp-data",
	.title = "data of File Transfer Protocol",
	DOORS(TCP(20)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.only_expected = true,
	.parser = &parser,
};
