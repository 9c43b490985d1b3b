/* memcached_parse.c: reads conversations of memcached: commands counted, logins, what is answered without
 * one. Keys and values are not kept. */
#include "protocols/memcached.h"
#include "protocols/sasl.h"
#include "protocols/tally.h"

const struct weakness memcached_clear_login = {
	"memcached-clear-login",
	"memcached takes passwords in the clear",
	2,
	"Let it speak TLS (-Z), or log in with SCRAM.",
};

enum kind { GET, STORE, DELETE, COUNT, STATS, VERSION, LOGIN, OTHER, KINDS };
static const char *const kinds[KINDS] = {
	"get", "set", "delete", "incr", "stats", "version", "sasl", "other"
};

struct conversation {
	uint64_t commands[KINDS], hits, errors, answers;
	char version[32];
	struct sasl sasl;
	bool binary, login, judged;
	bool lost[2];
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	json_text(json, "protocol", state->binary ? "binary" : "text");
	json_open_object(json, "commands");
	for (size_t i = 0; i < KINDS; i++)
		if (state->commands[i] > 0)
			json_unsigned(json, kinds[i], state->commands[i]);
	json_end(json);
	json_unsigned(json, "hits", state->hits);
	json_unsigned(json, "errors", state->errors);
	emit_text(json, "version", state->version);
	emit_text(json, "auth_mechanism", state->sasl.mechanism);
	emit_text(json, "user", state->sasl.user);
}

static void end(void *memory, struct parse *parse)
{
	parse_event(parse, memory);
}

static enum kind kind_of(struct span verb)
{
	static const struct {
		const char *verb;
		enum kind kind;
	} verbs[] = {
		{ "get", GET },       { "gets", GET },    { "gat", GET },         { "gats", GET },
		{ "set", STORE },     { "add", STORE },   { "replace", STORE },   { "append", STORE },
		{ "prepend", STORE }, { "cas", STORE },   { "delete", DELETE },   { "incr", COUNT },
		{ "decr", COUNT },    { "stats", STATS }, { "version", VERSION }, { "mg", GET },
		{ "ms", STORE },      { "md", DELETE },   { "ma", COUNT },
	};

	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (span_is(verb, verbs[i].verb))
			return verbs[i].kind;
	return OTHER;
}

/* Octets of data behind a line of the client or of the server: the given word of it. */
static void skip_data(struct parse *parse, struct span line, unsigned words)
{
	struct span word = span_of(NULL, 0);
	uint64_t length;

	for (unsigned i = 0; i < words; i++)
		word = text_word(&line);
	if (span_number(word, MEMCACHED_VALUE_MOST, &length))
		parse_skip(parse, length + 2);
}

static void read_request(struct conversation *state, struct parse *parse, struct span line)
{
	struct span rest = line;
	const struct span verb = text_word(&rest);
	const enum kind kind = kind_of(verb);

	state->commands[kind]++;
	if (kind == STORE)
		skip_data(parse, rest, span_is(verb, "ms") ? 2 : 4);
}

static void judge(struct conversation *state, struct parse *parse, const char *answered)
{
	if (state->judged || state->login || !parse->from_start[SIDE_CLIENT])
		return;
	state->judged = true;
	parse_weakness(parse, &memcached_no_auth, "%s was answered without authentication", answered);
	if (parse->transport == TRANSPORT_UDP)
		parse_weakness(parse, &memcached_udp_open, "%s was answered over UDP", answered);
}

static void read_answer(struct conversation *state, struct parse *parse, struct span line)
{
	struct span rest = line, word = text_word(&rest);

	state->answers++;
	if (span_is(word, "VALUE") || span_is(word, "VA")) {
		state->hits++;
		skip_data(parse, rest, span_is(word, "VA") ? 1 : 3);
		judge(state, parse, "get");
	} else if (span_is(word, "VERSION") ||
		   (span_is(word, "STAT") && span_begins(text_trim(rest), "version "))) {
		if (span_is(word, "STAT"))
			(void)text_word(&rest);
		rest = text_trim(rest);
		span_copy_text(rest, state->version, sizeof(state->version));
		parse_software(parse, SIDE_SERVER, span_text("memcached"), rest);
		judge(state, parse, "version");
	} else if (span_is(word, "STORED") || span_is(word, "HD")) {
		judge(state, parse, "set");
	} else {
		state->errors += span_is(word, "ERROR") || span_is(word, "CLIENT_ERROR") ||
				 span_is(word, "SERVER_ERROR");
	}
}

static enum kind binary_kind(uint8_t opcode)
{
	switch (opcode) {
	case 0x00:
	case 0x09:
	case 0x0c:
	case 0x0d: return GET;
	case 0x01:
	case 0x02:
	case 0x03:
	case 0x0e:
	case 0x0f: return STORE;
	case 0x04: return DELETE;
	case 0x05:
	case 0x06: return COUNT;
	case 0x0b: return VERSION;
	case 0x10: return STATS;
	case 0x20:
	case 0x21:
	case 0x22: return LOGIN;
	default: return OTHER;
	}
}

/* SASL's first message: the key is the mechanism, the value what the client says. */
static void read_binary_login(struct conversation *state, struct parse *parse, struct span body, uint16_t key)
{
	const struct span mechanism = span_take(&body, key);

	if (body.failed)
		return;
	sasl_begin(&state->sasl, mechanism);
	sasl_octets(&state->sasl, body);
	if (sasl_is_clear(&state->sasl))
		parse_weakness(parse, &memcached_clear_login, "SASL %s%s%s", state->sasl.mechanism,
			       state->sasl.user[0] != '\0' ? " of user " : "", state->sasl.user);
}

static enum verdict read_binary(struct conversation *state, struct parse *parse, struct span *bytes)
{
	enum { SASL_AUTH = 0x21 };
	struct span head = *bytes, message;
	uint8_t magic, opcode;
	uint16_t status, key;
	uint32_t body;

	if (span_left(head) < MEMCACHED_BINARY_HEAD)
		return MORE;
	magic = span_u8(&head);
	opcode = span_u8(&head);
	key = span_u16(&head);
	span_skip(&head, 2);
	status = span_u16(&head);
	body = span_u32(&head);
	if (magic != (parse->side == SIDE_CLIENT ? MEMCACHED_REQUEST : MEMCACHED_RESPONSE) ||
	    body > MEMCACHED_VALUE_MOST)
		return NO;
	if (opcode == SASL_AUTH && parse->side == SIDE_CLIENT) {
		if (message_take(parse, bytes, (uint64_t)body + MEMCACHED_BINARY_HEAD, &message) != YES)
			return MORE;
		span_skip(&message, MEMCACHED_BINARY_HEAD);
		read_binary_login(state, parse, message, key);
	} else {
		span_skip(bytes, MEMCACHED_BINARY_HEAD);
		if (body > 0)
			parse_skip(parse, body);
	}
	state->binary = true;
	if (parse->side == SIDE_CLIENT) {
		state->commands[binary_kind(opcode)]++;
		state->login = state->login || binary_kind(opcode) == LOGIN;
	} else {
		state->errors += status > 1;
		state->hits += status == 0 && binary_kind(opcode) == GET;
		if (status == 0)
			judge(state, parse, kinds[binary_kind(opcode)]);
	}
	return YES;
}

static enum verdict read_text(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct span rest = *bytes, line;
	const enum verdict whole = line_take(&rest, &line);

	if (whole != YES)
		return whole;
	if (!text_is_plain(line))
		return NO;
	*bytes = rest;
	if (parse->side == SIDE_CLIENT)
		read_request(state, parse, line);
	else
		read_answer(state, parse, line);
	return YES;
}

/* A datagram: its head, one message, and no more of the same. */
static enum parse_step read_datagram(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct span head = span_take(bytes, MEMCACHED_UDP_HEAD);
	const uint16_t number = (span_skip(&head, 2), span_u16(&head)), count = span_u16(&head);
	enum verdict whole = YES;

	if (head.failed || number >= count || span_u16(&head) != 0)
		return parse->cut ? PARSE_ON : PARSE_BROKEN;
	if (span_left(*bytes) > 0 && number == 0)
		whole = *bytes->at >= 0x80 ? read_binary(state, parse, bytes)
					   : read_text(state, parse, bytes);
	if (whole == NO && !parse->cut)
		return PARSE_BROKEN;
	bytes->at = bytes->end;
	parse->skip = 0;
	return PARSE_ON;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	enum verdict whole = YES;

	if (parse->transport == TRANSPORT_UDP)
		return read_datagram(state, parse, bytes);
	if (!line_resume(&state->lost[parse->side], bytes))
		return PARSE_ON;
	while (span_left(*bytes) > 0 && whole == YES && parse->skip == 0)
		whole = *bytes->at >= 0x80 ? read_binary(state, parse, bytes)
					   : read_text(state, parse, bytes);
	return whole == NO ? PARSE_BROKEN : PARSE_ON;
}

static enum parse_step gap(void *memory, struct parse *parse, uint64_t length)
{
	struct conversation *const state = memory;

	(void)length;
	state->lost[parse->side] = true;
	return state->binary ? PARSE_BROKEN : PARSE_ON;
}

const struct parser memcached_parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.gap = gap,
	.end = end,
	.emit = emit,
};
