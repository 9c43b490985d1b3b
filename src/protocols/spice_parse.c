/* spice_parse.c: reads conversations in SPICE ("Spice protocol" of its documentation, and enums.h of
 * spice-protocol): each channel of a session has a connection of its own, which begins with link messages, in
 * which abilities are told, and a password that is encrypted with the server's key. Which channel is opened,
 * who is let in and which machine it is is told; pictures, keys and what the clipboard held are not. */
#include "base/escape.h"
#include "protocols/spice.h"
#include "protocols/tally.h"

#include <stdio.h>

enum {
	TICKET = 128, /* the password, encrypted (RSA with 1024 bits) */
	PUBLIC_KEY = 162,
	MESSAGE_LIMIT = 1 << 30,
	/* abilities that all channels have, by their bits */
	CHOOSES_LOGIN = 1 << 0,
	MINI_HEADER = 1 << 3,
	BY_PASSWORD = 1,
	BY_SASL = 2,
	MAIN = 1,
	/* messages of a server on the main channel */
	INIT = 103,
	NAME = 113,
	UUID = 114,
	UUID_LENGTH = 16,
	HEADER = 18,
	HEADER_MINI = 6,
};

static const struct code_name channels[] = {
	{ MAIN, "main" },  { 2, "display" }, { 3, "inputs" },  { 4, "cursor" },
	{ 5, "playback" }, { 6, "record" },  { 7, "tunnel" },  { 8, "smartcard" },
	{ 9, "usbredir" }, { 10, "port" },   { 11, "webdav" },
};
static const struct code_name errors[] = {
	{ 1, "error" },
	{ 2, "invalid_magic" },
	{ 3, "invalid_data" },
	{ 4, "version_mismatch" },
	{ 5, "need_secured" },
	{ 6, "need_unsecured" },
	{ 7, "permission_denied" },
	{ 8, "bad_connection_id" },
	{ 9, "channel_not_available" },
};

enum stage { LINKS, CHOOSES, LOGS_IN, TALKS };

struct conversation {
	enum stage stages[2];
	uint32_t major, minor, session, channel, number, mechanism, error, abilities[2];
	char machine[128], uuid[40];
	const char *login;
	uint64_t messages[2];
	bool linked[2], has_session;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;
	char version[24];

	if (state->linked[SIDE_SERVER] || state->linked[SIDE_CLIENT]) {
		(void)snprintf(version, sizeof(version), "%u.%u", state->major, state->minor);
		json_text(json, "version", version);
	}
	if (state->linked[SIDE_CLIENT]) {
		json_text(json, "channel", CODE_TEXT(channels, state->channel));
		json_unsigned(json, "channel_type", state->channel);
		json_unsigned(json, "channel_number", state->number);
	}
	if (state->has_session)
		json_unsigned(json, "session", state->session);
	if (state->mechanism > 0)
		json_text(json, "mechanism", state->mechanism == BY_SASL ? "sasl" : "password");
	json_text(json, "login", state->login);
	if (state->error > 0)
		json_text(json, "error", CODE_TEXT(errors, state->error));
	emit_text(json, "machine", state->machine);
	emit_text(json, "uuid", state->uuid);
	json_unsigned(json, "requests", state->messages[SIDE_CLIENT]);
	json_unsigned(json, "responses", state->messages[SIDE_SERVER]);
}

static void end(void *memory, struct parse *parse)
{
	parse_event(parse, memory);
}

/* ---- linking ---- */

/* The first word of the abilities that all channels have. They stand at an offset behind the head, and their
 * counts in front of it. */
static uint32_t take_abilities(struct span s, struct span body)
{
	const uint32_t count = span_u32_le(&s);
	uint32_t offset;

	(void)span_u32_le(&s); /* how many this kind of channel has */
	offset = span_u32_le(&s);
	if (s.failed || count == 0 || offset > span_left(body))
		return 0;
	span_skip(&body, offset);
	return span_u32_le(&body);
}

static void read_link(struct conversation *state, struct span body)
{
	struct span s = body;

	state->session = span_u32_le(&s);
	state->has_session = state->session != 0; /* it is 0 where a new one begins */
	state->channel = span_u8(&s);
	state->number = span_u8(&s);
	state->abilities[SIDE_CLIENT] = take_abilities(s, body);
	state->stages[SIDE_CLIENT] = (state->abilities[SIDE_CLIENT] & CHOOSES_LOGIN) != 0 ? CHOOSES : LOGS_IN;
}

static void read_link_reply(struct conversation *state, struct span body)
{
	struct span s = body;

	state->error = span_u32_le(&s);
	span_skip(&s, PUBLIC_KEY);
	state->abilities[SIDE_SERVER] = take_abilities(s, body);
	state->stages[SIDE_SERVER] = LOGS_IN;
	/* What only one side can do is not done: the client has waited for this. */
	if (state->stages[SIDE_CLIENT] == CHOOSES && (state->abilities[SIDE_SERVER] & CHOOSES_LOGIN) == 0)
		state->stages[SIDE_CLIENT] = LOGS_IN;
}

static enum verdict read_head(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct span s = *bytes, body;
	uint32_t length;

	if (span_left(s) >= SPICE_HEAD && !span_begins(s, spice_mark))
		return NO;
	span_skip(&s, strlen(spice_mark));
	state->major = span_u32_le(&s);
	state->minor = span_u32_le(&s);
	length = span_u32_le(&s);
	if (s.failed)
		return MORE;
	if (length > SPICE_LINK_MOST)
		return NO;
	body = span_take(&s, length);
	if (s.failed) {
		parse_want(parse, SPICE_HEAD + length);
		return MORE;
	}
	*bytes = s;
	state->linked[parse->side] = true;
	if (parse->side == SIDE_CLIENT)
		read_link(state, body);
	else
		read_link_reply(state, body);
	return YES;
}

/* ---- logging in ---- */

static enum verdict read_choice(struct conversation *state, struct span *bytes)
{
	if (span_left(*bytes) < sizeof(uint32_t))
		return MORE;
	state->mechanism = span_u32_le(bytes);
	state->stages[SIDE_CLIENT] = LOGS_IN;
	return state->mechanism == BY_PASSWORD || state->mechanism == BY_SASL ? YES : NO;
}

static enum verdict read_ticket(struct conversation *state, struct span *bytes)
{
	if (span_left(*bytes) < TICKET)
		return MORE;
	span_skip(bytes, TICKET);
	state->mechanism = BY_PASSWORD;
	state->stages[SIDE_CLIENT] = TALKS;
	return YES;
}

static enum verdict read_result(struct conversation *state, struct parse *parse, struct span *bytes)
{
	const char *const channel = CODE_TEXT(channels, state->channel);
	uint32_t result;

	if (span_left(*bytes) < sizeof(result))
		return MORE;
	result = span_u32_le(bytes);
	state->login = result == 0 ? "accepted" : "refused";
	state->error = result;
	state->stages[SIDE_SERVER] = TALKS;
	if (result == 0)
		parse_weakness(parse, &spice_clear, "the channel %s was opened without TLS",
			       channel != NULL && state->linked[SIDE_CLIENT] ? channel : "of a machine");
	return YES;
}

/* ---- messages ---- */

static void read_uuid(struct conversation *state, struct span s)
{
	char hex[2 * UUID_LENGTH + 1];

	if (span_left(s) < UUID_LENGTH)
		return;
	hex_text(span_take(&s, UUID_LENGTH), 0, hex, sizeof(hex));
	(void)snprintf(state->uuid, sizeof(state->uuid), "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
		       hex + 16, hex + 20);
}

static void read_main(struct conversation *state, uint32_t type, struct span s)
{
	if (type == INIT && span_left(s) >= sizeof(uint32_t)) {
		state->session = span_u32_le(&s);
		state->has_session = true;
	} else if (type == NAME) {
		span_skip(&s, sizeof(uint32_t)); /* its length */
		span_copy_text(s, state->machine, sizeof(state->machine));
	} else if (type == UUID) {
		read_uuid(state, s);
	}
}

static bool is_told(const struct conversation *state, enum side side, uint32_t type)
{
	return side == SIDE_SERVER && state->channel == MAIN && state->linked[SIDE_CLIENT] &&
	       (type == INIT || type == NAME || type == UUID);
}

static enum verdict read_message(struct conversation *state, struct parse *parse, struct span *bytes)
{
	const bool mini = (state->abilities[SIDE_CLIENT] & state->abilities[SIDE_SERVER] & MINI_HEADER) != 0;
	const size_t head = mini ? HEADER_MINI : HEADER;
	const uint8_t *const begin = bytes->at;
	struct span s = *bytes, message;
	uint32_t type, length;

	if (!mini)
		(void)span_u64_le(&s); /* its number */
	type = span_u16_le(&s);
	length = span_u32_le(&s);
	if (!mini)
		(void)span_u32_le(&s); /* where smaller messages stand in it */
	if (s.failed)
		return MORE;
	if (type == 0 || length > MESSAGE_LIMIT)
		return NO;
	if (!is_told(state, parse->side, type)) { /* pictures are long, and go by */
		span_skip(bytes, head);
		span_skip(bytes, length < span_left(*bytes) ? length : span_left(*bytes));
		parse_skip(parse, head + (uint64_t)length - (size_t)(bytes->at - begin));
	} else if (message_take(parse, bytes, head + (uint64_t)length, &message) == YES) {
		span_skip(&message, head);
		read_main(state, type, message);
	} else {
		return MORE;
	}
	state->messages[parse->side]++;
	return YES;
}

static enum verdict read_next(struct conversation *state, struct parse *parse, struct span *bytes)
{
	switch (state->stages[parse->side]) {
	case LINKS: return read_head(state, parse, bytes);
	case CHOOSES: return read_choice(state, bytes);
	case LOGS_IN:
		return parse->side == SIDE_CLIENT ? read_ticket(state, bytes)
						  : read_result(state, parse, bytes);
	case TALKS: return read_message(state, parse, bytes);
	}
	return NO;
}

/* Behind SASL everything may be encrypted. */
static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	enum verdict whole = YES;

	while (span_left(*bytes) > 0 && whole == YES && parse->skip == 0 && state->mechanism != BY_SASL) {
		struct span rest = *bytes;

		whole = read_next(state, parse, &rest);
		if (whole == YES)
			*bytes = rest;
	}
	if (state->mechanism == BY_SASL)
		return PARSE_DONE;
	return whole == NO ? PARSE_BROKEN : PARSE_ON;
}

const struct parser spice_parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};
