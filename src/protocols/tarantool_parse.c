/* tarantool_parse.c: reads conversations with Tarantool, "Binary protocol" of its documentation: behind the
 * greeting messages of a length, a map that says what they are, and a map of what they ask or answer, all in
 * MessagePack. Who logs in, what is asked and what failed is told; rows, arguments and statements are not. */
#include "protocols/msgpack.h"
#include "protocols/tally.h"
#include "protocols/tarantool.h"

#include <stdio.h>

enum {
	MOST = 1 << 30,
	PAIRS_MOST = 64,
	GREETING = 2 * TARANTOOL_LINE,
	KEY_TYPE = 0,
	KEY_SYNC = 1,
	KEY_SPACE = 0x10,
	KEY_FUNCTION = 0x22,
	KEY_USER = 0x23,
	KEY_ERROR = 0x31,
	AUTH = 7,
	PING = 64,
	VOTE = 68,
	ID = 73,
	ERROR = 0x8000,
};

static const struct code_name types[] = {
	{ 1, "select" },          { 2, "insert" },    { 3, "replace" },    { 4, "update" },
	{ 5, "delete" },          { 6, "call_16" },   { AUTH, "auth" },    { 8, "eval" },
	{ 9, "upsert" },          { 10, "call" },     { 11, "execute" },   { 12, "nop" },
	{ 13, "prepare" },        { 14, "begin" },    { 15, "commit" },    { 16, "rollback" },
	{ PING, "ping" },         { 65, "join" },     { 66, "subscribe" }, { VOTE, "vote" },
	{ 69, "fetch_snapshot" }, { 70, "register" }, { ID, "id" },        { 74, "watch" },
	{ 75, "unwatch" },
};

struct conversation {
	struct tally requests;
	uint64_t answers, errors, login_sync, first_sync;
	uint32_t first_type; /* of the first request that needs a right, before any login */
	char user[64], functions[512], spaces[128], error[128];
	const char *login;
	bool greeted, asks_login, has_first;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	emit_text(json, "user", state->user);
	json_text(json, "login", state->login);
	EMIT_TALLY(json, "requests", &state->requests, types);
	emit_texts(json, "functions", state->functions);
	emit_texts(json, "spaces", state->spaces);
	json_unsigned(json, "responses", state->answers);
	json_unsigned(json, "errors", state->errors);
	emit_text(json, "last_error", state->error);
}

static void end(void *memory, struct parse *parse)
{
	parse_event(parse, memory);
}

/* ---- messages ---- */

struct header {
	uint64_t type, sync;
};

/* Numbers of a map by their keys; others are stepped over. */
static bool take_header(struct span *s, struct header *ret_header)
{
	struct msgpack map, key, value;

	*ret_header = (struct header){ 0 };
	if (!msgpack_take(s, &map) || map.kind != MSGPACK_MAP || map.number > PAIRS_MOST)
		return false;
	for (uint64_t i = 0; i < map.number; i++) {
		struct span whole;

		if (!msgpack_take(s, &key) || key.kind != MSGPACK_NUMBER)
			return false;
		whole = *s;
		if (!msgpack_skip(s) || !msgpack_take(&whole, &value))
			return false;
		if (key.number > KEY_SYNC)
			continue;
		if (value.kind != MSGPACK_NUMBER)
			return false;
		*(key.number == KEY_TYPE ? &ret_header->type : &ret_header->sync) = value.number;
	}
	return true;
}

static void note_space(struct conversation *state, const struct msgpack *value)
{
	char number[24];

	if (value->kind == MSGPACK_TEXT)
		texts_note(state->spaces, sizeof(state->spaces), value->bytes);
	if (value->kind != MSGPACK_NUMBER)
		return;
	(void)snprintf(number, sizeof(number), "%llu", (unsigned long long)value->number);
	texts_note(state->spaces, sizeof(state->spaces), span_text(number));
}

static void note(struct conversation *state, uint64_t key, const struct msgpack *value)
{
	if (key == KEY_SPACE)
		note_space(state, value);
	if (value->kind != MSGPACK_TEXT)
		return;
	if (key == KEY_USER)
		span_copy_text(value->bytes, state->user, sizeof(state->user));
	else if (key == KEY_FUNCTION)
		texts_note(state->functions, sizeof(state->functions), value->bytes);
	else if (key == KEY_ERROR)
		span_copy_text(value->bytes, state->error, sizeof(state->error));
}

/* Long ones are cut: what stands behind is not looked at. */
static void read_body(struct conversation *state, struct span s)
{
	struct msgpack map, key, value;

	if (!msgpack_take(&s, &map) || map.kind != MSGPACK_MAP)
		return;
	for (uint64_t i = 0; i < map.number && i < PAIRS_MOST; i++) {
		struct span whole;

		if (!msgpack_take(&s, &key) || key.kind != MSGPACK_NUMBER)
			return;
		whole = s;
		if (msgpack_take(&whole, &value))
			note(state, key.number, &value);
		if (!msgpack_skip(&s))
			return;
	}
}

static void read_request(struct conversation *state, const struct header *header)
{
	const bool needs_right = header->type != AUTH && header->type != PING && header->type != VOTE &&
				 header->type != ID;

	tally_add(&state->requests, (uint32_t)header->type);
	if (header->type == AUTH) {
		state->asks_login = true;
		state->login_sync = header->sync;
	} else if (needs_right && !state->asks_login && !state->has_first) {
		state->has_first = true;
		state->first_type = (uint32_t)header->type;
		state->first_sync = header->sync;
	}
}

/* Who has not logged in is the user guest. */
static void read_answer(struct conversation *state, struct parse *parse, const struct header *header)
{
	const bool failed = (header->type & ERROR) != 0;
	const char *const first = CODE_TEXT(types, state->first_type);

	state->answers++;
	state->errors += failed;
	if (state->asks_login && state->login == NULL && header->sync == state->login_sync)
		state->login = failed ? "refused" : "accepted";
	if (state->has_first && header->sync == state->first_sync && !failed &&
	    parse->from_start[SIDE_CLIENT])
		parse_weakness(parse, &tarantool_no_auth, "%s was answered without a login",
			       first != NULL ? first : "a request");
}

/* The first octet of a number without a sign. */
static bool is_length(uint8_t head)
{
	return head < 0x80 || (head >= 0xcc && head <= 0xcf);
}

static enum verdict read_message(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct span s = *bytes, message;
	struct msgpack length;
	struct header header;

	if (!is_length(span_peek(*bytes, 0)))
		return NO;
	if (!msgpack_take(&s, &length))
		return MORE;
	if (length.number == 0 || length.number > MOST)
		return NO;
	if (message_take(parse, bytes, (uint64_t)(s.at - bytes->at) + length.number, &message) != YES)
		return MORE;
	span_skip(&message, (size_t)(s.at - message.at));
	if (!take_header(&message, &header) || header.type > UINT32_MAX)
		return NO;
	if (parse->side == SIDE_CLIENT)
		read_request(state, &header);
	else
		read_answer(state, parse, &header);
	read_body(state, message);
	return YES;
}

/* The version in its first line; who greets as a console speaks Lua from here on, and no messages. */
static enum parse_step read_greeting(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct span line = text_first(*bytes, TARANTOOL_LINE);

	if (!span_begins(line, tarantool_greeting))
		return PARSE_BROKEN;
	if (span_find(line, tarantool_console) != SIZE_MAX)
		parse_weakness(parse, &tarantool_console_open, "it greets with the prompt of Lua");
	state->greeted = true;
	span_skip(&line, strlen(tarantool_greeting));
	parse_software(parse, SIDE_SERVER, span_text("Tarantool"), text_word(&line));
	if (span_find(line, tarantool_console) != SIZE_MAX) {
		bytes->at = bytes->end;
		return PARSE_DONE;
	}
	span_skip(bytes, GREETING);
	return PARSE_ON;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	enum verdict whole = YES;

	if (parse->side == SIDE_SERVER && parse->from_start[SIDE_SERVER] && !state->greeted) {
		if (span_left(*bytes) < GREETING)
			return PARSE_ON;
		if (read_greeting(state, parse, bytes) != PARSE_ON)
			return state->greeted ? PARSE_DONE : PARSE_BROKEN;
	}
	while (span_left(*bytes) > 0 && whole == YES && parse->skip == 0) {
		struct span rest = *bytes;

		whole = read_message(state, parse, &rest);
		if (whole == YES)
			*bytes = rest;
	}
	return whole == NO ? PARSE_BROKEN : PARSE_ON;
}

const struct parser tarantool_parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};
