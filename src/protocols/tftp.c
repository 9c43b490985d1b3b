/* tftp.c: the Trivial File Transfer Protocol. RFC 1350, RFC 2347 to 2349 and RFC 7440 (options). The server
 * answers from a port of its own: that flow is announced by the request. */
#include "protocols/parse.h"
#include "protocols/probes.h"
#include "protocols/text.h"

#include <ctype.h>

enum opcode { READ = 1, WRITE, DATA, ACKNOWLEDGE, ERROR, OPTIONS };
enum { NAME = 200, MODE = 12, BLOCK = 512, ERROR_MOST = 8, OPTIONS_SHOWN = 6 };

struct state {
	uint8_t opcode; /* READ, WRITE; 0: of a data flow */
	char file[NAME], mode[MODE];
	uint64_t bytes, size;
	uint32_t block_size, window, timeout;
	uint16_t last; /* block in order, or acknowledged */
	uint32_t blocks;
	bool complete, failed, told;
	bool acknowledged; /* some block was seen to be */
	uint16_t code;
	char message[96];
};

static const char *const options[] = { "blksize",   "timeout",  "tsize",   "windowsize",
				       "multicast", "rollover", "utimeout" };

static bool is_option(struct span name)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (span_is_nocase(name, options[i]))
			return true;
	return false;
}

static bool is_mode(struct span mode)
{
	return span_is_nocase(mode, "octet") || span_is_nocase(mode, "netascii") ||
	       span_is_nocase(mode, "mail");
}

/* One that ends with its mode, though what stands before it is no file: empty words, or nothing. */
static bool ends_with_mode(struct span s)
{
	struct span word = span_until(&s, 0);

	while (!s.failed && span_left(s) > 0) {
		if (span_left(word) > 0)
			return false;
		word = span_until(&s, 0);
	}
	return !s.failed && is_mode(word);
}

static bool is_request(struct span s)
{
	const struct span whole = s, file = span_until(&s, 0), mode = span_until(&s, 0);

	return (!s.failed && span_left(file) > 0 && text_is_plain(file) && is_mode(mode)) ||
	       ends_with_mode(whole);
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	const uint16_t opcode = span_u16(&first);
	uint16_t code;

	if (transport != TRANSPORT_UDP || first.failed)
		return NO;
	if (opcode == READ || opcode == WRITE)
		return side == SIDE_CLIENT && is_request(first) ? YES : NO;
	if (opcode == OPTIONS) {
		const struct span name = span_until(&first, 0);

		return !first.failed && is_option(name) ? YES : NO;
	}
	if (opcode != ERROR)
		return NO;
	code = span_u16(&first);
	if (first.failed || code > ERROR_MOST || span_left(first) < 5 || first.end[-1] != 0)
		return NO;
	first.end--;
	return text_is_plain(first) && isalpha(span_peek(first, 0)) ? YES : NO;
}

static void emit(const void *memory, struct json *json)
{
	const struct state *const state = memory;

	if (state->opcode != 0)
		json_text(json, "packet", state->opcode == READ ? "read" : "write");
	else
		json_text(json, "packet", "data");
	if (state->file[0] != '\0')
		json_text(json, "file", state->file);
	if (state->mode[0] != '\0')
		json_text(json, "mode", state->mode);
	if (state->size > 0)
		json_unsigned(json, "tsize", state->size);
	if (state->block_size > 0)
		json_unsigned(json, "blksize", state->block_size);
	if (state->window > 0)
		json_unsigned(json, "windowsize", state->window);
	if (state->timeout > 0)
		json_unsigned(json, "timeout", state->timeout);
	if (state->blocks > 0) {
		json_unsigned(json, "bytes", state->bytes);
		json_unsigned(json, "blocks", state->blocks);
		json_bool(json, "complete", state->complete);
	}
	if (state->failed) {
		json_unsigned(json, "error_code", state->code);
		json_text(json, "error", state->message);
	}
}

static void read_options(struct state *state, struct span s)
{
	for (int i = 0; i < OPTIONS_SHOWN && span_left(s) > 0; i++) {
		const struct span name = span_until(&s, 0), value = span_until(&s, 0);
		uint64_t number;

		if (s.failed)
			return;
		if (!span_number(value, UINT32_MAX, &number)) /* multicast has an address */
			continue;
		if (span_is_nocase(name, "blksize"))
			state->block_size = (uint32_t)number;
		else if (span_is_nocase(name, "tsize"))
			state->size = number;
		else if (span_is_nocase(name, "windowsize"))
			state->window = (uint32_t)number;
		else if (span_is_nocase(name, "timeout"))
			state->timeout = (uint32_t)number;
	}
}

static void hear_request(struct state *state, struct parse *parse, uint16_t opcode, struct span s)
{
	const struct expectation expectation = {
		.transport = TRANSPORT_UDP,
		.address = parse->addresses[SIDE_CLIENT],
		.port = parse->ports[SIDE_CLIENT],
		.other = parse->addresses[SIDE_SERVER],
		.protocol = parse->protocol,
		.waiting = SIDE_CLIENT,
		.about = state->file,
	};

	state->opcode = (uint8_t)opcode;
	span_copy_text(span_until(&s, 0), state->file, sizeof(state->file));
	span_copy_text(span_until(&s, 0), state->mode, sizeof(state->mode));
	state->size = 0;
	read_options(state, s);
	parse_event(parse, state);
	state->told = true;
	parse_expect(parse, &expectation);
}

/* Block numbers turn over. What counts is what the receiver takes: of a window (RFC 7440 4) each block once,
 * in order; where acknowledgements are seen, a block that is missing comes again. The last block is shorter
 * than the others. */
static void hear_data(struct state *state, struct span s)
{
	const uint16_t block = span_u16(&s);
	const uint32_t size = state->block_size > 0 ? state->block_size : BLOCK;

	const int16_t step = (int16_t)(block - state->last);

	if (s.failed || (state->blocks > 0 && (step <= 0 || (step > 1 && state->acknowledged))))
		return;
	state->last = block;
	state->blocks++;
	state->bytes += span_left(s);
	state->complete = span_left(s) < size;
	state->told = false;
}

/* The receiver has all blocks up to this one, whatever the capture lacks. */
static void hear_acknowledgement(struct state *state, struct span s)
{
	const uint16_t block = span_u16(&s);

	if (s.failed || block == 0)
		return;
	state->acknowledged = true;
	if (state->blocks > 0 && (int16_t)(block - state->last) > 0)
		state->last = block;
}

static void hear_error(struct state *state, struct parse *parse, struct span s)
{
	state->failed = true;
	state->code = span_u16(&s);
	span_copy_text(s, state->message, sizeof(state->message));
	parse_event(parse, state);
	state->told = true;
}

static enum parse_step read_tftp(void *memory, struct parse *parse, struct span *bytes)
{
	struct state *const state = memory;
	struct span s = *bytes;
	const uint16_t opcode = span_u16(&s);

	if (state->file[0] == '\0' && parse->about != NULL)
		span_copy_text(span_text(parse->about), state->file, sizeof(state->file));
	switch (opcode) {
	case READ:
	case WRITE:
		if (!is_request(s))
			return PARSE_BROKEN;
		hear_request(state, parse, opcode, s);
		return PARSE_ON;
	case DATA: hear_data(state, s); return PARSE_ON;
	case ACKNOWLEDGE: hear_acknowledgement(state, s); return PARSE_ON;
	case ERROR: hear_error(state, parse, s); return PARSE_ON;
	case OPTIONS: read_options(state, s); return PARSE_ON;
	default: return PARSE_BROKEN;
	}
}

static void end(void *memory, struct parse *parse)
{
	const struct state *const state = memory;

	if (!state->told && state->blocks > 0)
		parse_event(parse, state);
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct state),
	.read = read_tftp,
	.end = end,
	.emit = emit,
	.leads = true, /* to the flow of the file */
};

const struct protocol protocol_tftp = {
	.name = "tftp",
	.title = "Trivial File Transfer Protocol",
	DOORS(UDP(69)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = 8,
	MARKS(OCTET(0, 0), OCTETS(1, READ, WRITE), OCTETS(1, ERROR, OPTIONS)),
	.parser = &parser,
	.probe = &tftp_probe,
};
