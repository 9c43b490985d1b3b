/* websocket.c: the WebSocket Protocol, RFC 6455. It begins behind an upgrade of HTTP, and its frames show too
 * little to be known by themselves. */
#include "protocols/lines.h"

enum { CONTINUATION, TEXT, BINARY, CLOSE = 8, PING, PONG };
enum { FIN = 0x80, MASK = 0x80, CONTROL_MOST = 125 };

struct party {
	uint64_t frames, texts, binaries, pings, length;
	uint16_t close_code;
	bool closed;
};

struct conversation {
	struct party parties[2];
	char subprotocol[64];
};

static void emit_party(struct json *json, const char *key, const struct party *party)
{
	json_open_object(json, key);
	json_unsigned(json, "frames", party->frames);
	json_unsigned(json, "text", party->texts);
	json_unsigned(json, "binary", party->binaries);
	json_unsigned(json, "ping", party->pings);
	json_unsigned(json, "payload_bytes", party->length);
	if (party->close_code > 0)
		json_unsigned(json, "close_code", party->close_code);
	json_end(json);
}

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	emit_text(json, "subprotocol", state->subprotocol);
	emit_party(json, "toserver", &state->parties[SIDE_CLIENT]);
	emit_party(json, "toclient", &state->parties[SIDE_SERVER]);
}

static void end(void *memory, struct parse *parse)
{
	const struct conversation *const state = memory;

	if (state->parties[0].frames + state->parties[1].frames > 0)
		parse_event(parse, state);
}

struct frame {
	uint8_t opcode, first, second;
	uint64_t length;
	uint8_t mask[4];
};

/* RFC 6455 5.2. */
static bool take_head(struct span *bytes, struct frame *frame)
{
	struct span rest = *bytes;

	frame->first = span_u8(&rest);
	frame->second = span_u8(&rest);
	frame->opcode = frame->first & 0x0f;
	frame->length = frame->second & 0x7f;
	if (frame->length == 126)
		frame->length = span_u16(&rest);
	else if (frame->length == 127)
		frame->length = span_u64(&rest);
	for (size_t i = 0; i < sizeof(frame->mask); i++)
		frame->mask[i] = frame->second & MASK ? span_u8(&rest) : 0;
	if (!rest.failed)
		*bytes = rest;
	return !rest.failed;
}

static bool is_valid(const struct frame *frame)
{
	const bool control = frame->opcode >= CLOSE;

	if ((frame->opcode > BINARY && !control) || frame->opcode > PONG || frame->length >> 63)
		return false;
	return !control || (frame->first & FIN && frame->length <= CONTROL_MOST);
}

/* The code of CLOSE; false while it has not come. */
static bool read_close(struct party *party, const struct frame *frame, struct span bytes)
{
	const uint8_t high = span_u8(&bytes), low = span_u8(&bytes);

	party->closed = true;
	if (frame->length < 2)
		return true;
	party->close_code = (uint16_t)((high ^ frame->mask[0]) << 8 | (low ^ frame->mask[1]));
	return !bytes.failed;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	struct party *const party = &state->parties[parse->side];

	if (state->parties[0].frames + state->parties[1].frames == 0)
		span_copy_text(parse->left, state->subprotocol, sizeof(state->subprotocol));
	while (span_left(*bytes) > 0 && parse->skip == 0) {
		struct span rest = *bytes;
		struct frame frame;

		if (!take_head(&rest, &frame))
			return PARSE_ON;
		if (!is_valid(&frame))
			return PARSE_BROKEN;
		if (frame.opcode == CLOSE && !read_close(party, &frame, rest))
			return PARSE_ON;
		*bytes = rest;
		party->frames++;
		party->texts += frame.opcode == TEXT;
		party->binaries += frame.opcode == BINARY;
		party->pings += frame.opcode == PING;
		party->length += frame.length;
		if (frame.length > 0)
			parse_skip(parse, frame.length);
	}
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	(void)first;
	(void)side;
	(void)transport;
	return NO;
}

const struct protocol protocol_websocket = {
	.name = "websocket",
	.title = "WebSocket",
	DOORS(TCP(80)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.only_expected = true,
	.parser = &parser,
};
