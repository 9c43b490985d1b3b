/* x11.c: X Window System Protocol, version 11 ("X Window System Protocol", X Consortium standard, chapter 8:
 * connection setup). */
#include "protocols/probes.h"
#include "protocols/tally.h"

enum {
	CLIENT_HEADER = 12,
	SERVER_HEADER = 8,
	SETUP = 40, /* bytes of an accepting server that are looked at to recognise it */
	MAJOR = 11,
	NAME_MOST = 64,
	DATA_MOST = 256,
	FAILED = 0,
	SUCCESS = 1,
	AUTHENTICATE = 2,
};

const struct weakness x11_no_auth = {
	.id = "x11-no-auth",
	.title = "An X server admits clients without a cookie",
	.severity = 1,
	.remedy = "Start the X server with -nolisten tcp, and forward its windows through SSH.",
};
static const struct weakness clear = {
	.id = "x11-clear",
	.title = "Windows and keys of X11 travel in clear text",
	.severity = 2,
	.remedy = "Start the X server with -nolisten tcp, and forward its windows through SSH.",
};
static const struct weakness *const weaknesses[] = { &x11_no_auth, &clear, NULL };

static uint16_t take_u16(struct span *s, bool little)
{
	return little ? span_u16_le(s) : span_u16(s);
}

static size_t padded(size_t length)
{
	return (length + 3) / 4 * 4;
}

/* ---- recognising ---- */

static enum verdict is_client(struct span s)
{
	const size_t come = span_left(s);
	const bool little = s.at[0] == 'l';
	uint16_t name, data;

	if ((s.at[0] != 'l' && s.at[0] != 'B') || (come > 2 && s.at[2] != (little ? MAJOR : 0)) ||
	    (come > 3 && s.at[3] != (little ? 0 : MAJOR)))
		return NO;
	if (come < CLIENT_HEADER)
		return MORE;
	span_skip(&s, 4);
	if (take_u16(&s, little) != 0)
		return NO;
	name = take_u16(&s, little);
	data = take_u16(&s, little);
	return name <= NAME_MOST && data <= DATA_MOST && (name > 0 || data == 0) ? YES : NO;
}

/* The sizes of images tell an accepting server from other things that begin with small numbers. */
static bool is_setup(struct span s)
{
	const uint8_t *const at = s.at;

	return at[28] >= 1 && at[29] >= 1 && at[29] < 32 && at[30] <= 1 && at[31] <= 1 &&
	       (at[32] == 8 || at[32] == 16 || at[32] == 32) &&
	       (at[33] == 8 || at[33] == 16 || at[33] == 32) && at[34] >= 8 && at[35] >= at[34];
}

static enum verdict is_server(struct span s)
{
	const size_t come = span_left(s);
	const bool little = come > 2 && s.at[2] == MAJOR;

	if (s.at[0] > AUTHENTICATE || (come > 2 && !little && s.at[2] != 0) ||
	    (come > 3 && s.at[3] != (little ? 0 : MAJOR)) || (come > 4 && s.at[4] != 0) ||
	    (come > 5 && s.at[5] != 0))
		return NO;
	if (s.at[0] == SUCCESS) {
		if (come < SETUP)
			return MORE;
		return is_setup(s) ? YES : NO;
	}
	/* A refusal gives its reason in words. */
	for (size_t i = SERVER_HEADER; i < come && i < SERVER_HEADER + 8; i++)
		if (s.at[i] < ' ' || s.at[i] > '~')
			return NO;
	return come < SERVER_HEADER + 8 ? MORE : YES;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	if (transport != TRANSPORT_TCP)
		return NO;
	return side == SIDE_CLIENT ? is_client(first) : is_server(first);
}

/* ---- reading ---- */

struct conversation {
	bool asked, answered, little, told;
	uint8_t status;
	uint32_t release;
	char authentication[NAME_MOST + 1], vendor[128], reason[128];
};

static void emit(const void *record, struct json *json)
{
	static const char *const results[] = { "failed", "success", "authenticate" };
	const struct conversation *const state = record;

	json_text(json, "byte_order", state->little ? "little" : "big");
	emit_text(json, "authentication", state->authentication);
	if (!state->answered)
		return;
	json_text(json, "result", results[state->status]);
	emit_text(json, "reason", state->reason);
	emit_text(json, "vendor", state->vendor);
	if (state->release > 0)
		json_unsigned(json, "release", state->release);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told && (state->asked || state->answered))
		parse_event(parse, state);
	state->told = true;
}

static enum verdict read_client(struct conversation *state, struct span *bytes)
{
	struct span s = *bytes, name;
	uint16_t name_length, data_length;
	const enum verdict verdict = is_client(s);

	if (verdict != YES)
		return verdict;
	state->little = s.at[0] == 'l';
	span_skip(&s, 6);
	name_length = take_u16(&s, state->little);
	data_length = take_u16(&s, state->little);
	span_skip(&s, 2);
	name = span_take(&s, name_length);
	span_skip(&s, padded(name_length) - name_length + padded(data_length));
	if (s.failed)
		return MORE;
	span_copy_text(name, state->authentication, sizeof(state->authentication));
	state->asked = true;
	*bytes = s;
	return YES;
}

static enum verdict read_server(struct conversation *state, struct span *bytes)
{
	struct span s = *bytes, rest;
	uint16_t words, vendor;
	uint8_t reason;
	bool little;

	if (span_left(s) < SERVER_HEADER)
		return MORE;
	if (s.at[0] > AUTHENTICATE)
		return NO;
	little = s.at[2] == MAJOR;
	state->status = span_u8(&s);
	reason = span_u8(&s);
	span_skip(&s, 4);
	words = take_u16(&s, little);
	if (state->status != SUCCESS) {
		rest = span_take(&s, (size_t)words * 4);
		if (s.failed)
			return MORE;
		rest.end = rest.at + (reason < span_left(rest) && reason > 0 ? reason : span_left(rest));
		span_copy_text(rest, state->reason, sizeof(state->reason));
	} else {
		state->release = little ? span_u32_le(&s) : span_u32(&s);
		span_skip(&s, 12);
		vendor = take_u16(&s, little);
		span_skip(&s, 14);
		rest = span_take(&s, vendor);
		if (s.failed)
			return MORE;
		span_copy_text(rest, state->vendor, sizeof(state->vendor));
	}
	state->answered = true;
	*bytes = s;
	return YES;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	enum verdict verdict;

	if (parse->side == SIDE_CLIENT ? state->asked : state->answered) {
		bytes->at = bytes->end;
		return PARSE_ON;
	}
	verdict = parse->side == SIDE_CLIENT ? read_client(state, bytes) : read_server(state, bytes);
	if (verdict != YES)
		return verdict == NO ? PARSE_BROKEN : PARSE_ON;
	if (!state->answered)
		return PARSE_ON;
	if (state->status == SUCCESS) {
		parse_software(parse, SIDE_SERVER, span_text(state->vendor), span_of(NULL, 0));
		if (state->asked && state->authentication[0] == '\0')
			parse_weakness(parse, &x11_no_auth, "a client without a cookie was admitted");
		parse_weakness(parse, &clear, "a client was admitted");
	}
	end(state, parse);
	return PARSE_DONE;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};

const struct protocol protocol_x11 = {
	.name = "x11",
	.title = "X Window System",
	.doors = (const struct catalog_door[]){ { TRANSPORT_TCP, 6000, 6063 } },
	.door_count = 1,
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.parser = &parser,
	.probe = &x11_probe,
	.weaknesses = weaknesses,
};
