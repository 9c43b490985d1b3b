/* teamviewer.c: TeamViewer, to its routers and between two of its hosts. Nothing of it is published; what
 * observers agree on is the head of its messages: two octets, a command, and over TCP a length in little
 * endian. Over UDP eleven octets, of which the first is a counter, stand before it. What is carried is
 * encrypted. */
#include "protocols/tally.h"

enum {
	HEAD = 5,
	BEFORE = 11, /* octets of a datagram before the head */
	COMMAND_FIRST = 7,
	COMMAND_LAST = 0x60,
	LENGTH_MOST = 0x4000,
	IDENTIFY = 10,
	IDENTIFY_LENGTH = 32,
};

static const uint8_t mark[] = { 0x17, 0x24 }, new_mark[] = { 0x11, 0x30 };

static const struct code_name commands[] = {
	{ IDENTIFY, "identify" },
	{ 11, "request_connect" },
	{ 13, "disconnect" },
	{ 16, "ping" },
	{ 17, "ping_ok" },
	{ 18, "master_command" },
	{ 19, "master_response" },
	{ 20, "change_compression" },
	{ 21, "no_partner" },
	{ 22, "connect_to_waiting" },
	{ 23, "session_mode" },
	{ 24, "request_routing_session" },
	{ 25, "connect_to_routing_session" },
	{ 27, "ping_router" },
	{ 28, "ping_router_result" },
};

static bool begins(struct span s, const uint8_t *with)
{
	const size_t come = span_left(s);

	return memcmp(s.at, with, come < sizeof(mark) ? come : sizeof(mark)) == 0;
}

/* A head of the first kind; the body behind it is stepped over. */
static enum verdict take_message(struct span *s, uint8_t *ret_command, uint16_t *ret_length)
{
	if (span_left(*s) == 0)
		return MORE;
	if (!begins(*s, mark))
		return NO;
	span_skip(s, sizeof(mark));
	*ret_command = span_u8(s);
	if (!s->failed && (*ret_command < COMMAND_FIRST || *ret_command > COMMAND_LAST))
		return NO;
	*ret_length = span_u16_le(s);
	if (s->failed)
		return MORE;
	return *ret_length <= LENGTH_MOST ? YES : NO;
}

/* Who identifies itself is known at once; of other messages two are needed, or one and the newer kind. */
static enum verdict recognise_stream(struct span first)
{
	uint8_t command;
	uint16_t length;
	enum verdict verdict = take_message(&first, &command, &length);

	if (verdict != YES || (command == IDENTIFY && length == IDENTIFY_LENGTH))
		return verdict;
	if (length > RECOGNISE_LIMIT / 2)
		return NO;
	span_skip(&first, length);
	if (first.failed || span_left(first) == 0)
		return MORE;
	if (begins(first, new_mark))
		return span_left(first) < sizeof(new_mark) ? MORE : YES;
	return take_message(&first, &command, &length);
}

static bool is_datagram(struct span s)
{
	uint8_t command;
	uint16_t length;

	if (span_u8(&s) != 0)
		return false;
	span_skip(&s, BEFORE - 1);
	return !s.failed && take_message(&s, &command, &length) == YES && span_left(s) == length;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	(void)side; /* both speak alike */
	if (transport == TRANSPORT_TCP)
		return recognise_stream(first);
	return transport == TRANSPORT_UDP && is_datagram(first) ? YES : NO;
}

/* ---- reading ---- */

struct conversation {
	struct tally commands;
	uint32_t messages[2];
	bool told;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	EMIT_TALLY(json, "commands", &state->commands, commands);
	json_unsigned(json, "messages_toserver", state->messages[SIDE_CLIENT]);
	json_unsigned(json, "messages_toclient", state->messages[SIDE_SERVER]);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told && state->messages[SIDE_CLIENT] + state->messages[SIDE_SERVER] > 0)
		parse_event(parse, state);
	state->told = true;
}

static enum parse_step read_datagram(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct span s = *bytes;
	uint8_t command;
	uint16_t length;

	span_skip(&s, BEFORE);
	if (s.failed || take_message(&s, &command, &length) != YES || length > span_left(s))
		return parse->cut ? PARSE_ON : PARSE_BROKEN;
	bytes->at = bytes->end;
	tally_add(&state->commands, command);
	state->messages[parse->side]++;
	return PARSE_ON;
}

/* The newer messages, whose heads are not known, end it. */
static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;

	if (parse->transport == TRANSPORT_UDP)
		return read_datagram(state, parse, bytes);
	while (span_left(*bytes) > 0 && parse->skip == 0) {
		struct span rest = *bytes;
		uint8_t command;
		uint16_t length;

		if (begins(rest, new_mark)) {
			if (span_left(rest) < sizeof(new_mark))
				return PARSE_ON;
			end(state, parse);
			return PARSE_DONE;
		}
		switch (take_message(&rest, &command, &length)) {
		case NO: return PARSE_BROKEN;
		case MORE: return PARSE_ON;
		case YES: break;
		}
		tally_add(&state->commands, command);
		state->messages[parse->side]++;
		*bytes = rest;
		if (length > 0)
			parse_skip(parse, length);
	}
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};

const struct protocol protocol_teamviewer = {
	.name = "teamviewer",
	.title = "TeamViewer",
	DOORS(TCP(5938), UDP(5938)),
	.privacy = PRIVACY_ENCRYPTED,
	.recognise = recognise,
	.datagram_least = BEFORE + 2,
	MARKS(OCTET(0, 0)),
	.parser = &parser,
};
