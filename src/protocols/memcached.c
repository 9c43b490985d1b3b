/* memcached.c: memcached, "protocol.txt" and "protocol_binary.txt" of its sources: lines, or packets of a
 * head of 24 octets; over UDP a head of eight before either. Keys and values are not kept. */
#include "protocols/sasl.h"
#include "protocols/tally.h"

#include <ctype.h>

enum {
	UDP_HEAD = 8,
	BINARY_HEAD = 24,
	REQUEST = 0x80,
	RESPONSE = 0x81,
	OPCODE_MOST = 0x24,
	KEY_MOST = 250,
	STATS_MOST = 16384,
	VALUE_MOST = 128 * 1024 * 1024,
};

static const struct weakness no_auth = {
	"memcached-no-auth",
	"memcached answers everybody without a password",
	1,
	"Bind it to the addresses that need it (-l), or ask for SASL (-S) or a password file (-Y).",
};
static const struct weakness udp_open = {
	"memcached-udp",
	"memcached answers over UDP, and so to forged addresses",
	1,
	"Switch UDP off: -U 0.",
};
static const struct weakness clear_login = {
	"memcached-clear-login",
	"memcached takes passwords in the clear",
	2,
	"Let it speak TLS (-Z), or log in with SCRAM.",
};
static const struct weakness *const weaknesses[] = { &no_auth, &udp_open, &clear_login, NULL };

/* ---- recognising ---- */

static const struct text_command commands[] = {
	{ "get ?*", MORE }, /* others have words like it, and it stands alone */
	{ "gets ?*", YES },
	{ "set ?* [0-9]* [0-9-]* [0-9]*", YES },
	{ "add ?* [0-9]* [0-9-]* [0-9]*", YES },
	{ "replace ?* [0-9]* [0-9-]* [0-9]*", YES },
	{ "append ?* [0-9]* [0-9-]* [0-9]*", YES },
	{ "prepend ?* [0-9]* [0-9-]* [0-9]*", YES },
	{ "cas ?* [0-9]* [0-9-]* [0-9]* [0-9]*", YES },
	{ "incr ?* [0-9]*", YES },
	{ "decr ?* [0-9]*", YES },
	{ "touch ?* [0-9]*", YES },
	{ "ms ?* [0-9]*", YES },
	{ "stats", YES },
	{ "stats items", YES },
	{ "stats slabs", YES },
	{ "stats settings", YES },
	{ "stats sizes", YES },
	{ "flush_all*", YES },
	{ "verbosity [0-9]*", YES },
	{ "version", MORE },
};

static const struct text_command answers[] = {
	{ "VALUE ?* [0-9]* [0-9]*", YES },
	{ "STAT pid [0-9]*", YES },
	{ "STAT [a-z]?* *", YES },
	{ "STORED", YES },
	{ "NOT_STORED", YES },
	{ "VERSION [0-9]*", YES },
	{ "CLIENT_ERROR *", YES },
	{ "SERVER_ERROR *", YES },
};

/* Octets of the extras that a request has: of storing and counting, of what takes a time, of the others none.
 */
static bool are_extras(uint8_t opcode, uint8_t extras)
{
	switch (opcode) {
	case 0x01: /* set, add, replace, and quietly */
	case 0x02:
	case 0x03:
	case 0x11:
	case 0x12:
	case 0x13: return extras == 8;
	case 0x05: /* increment, decrement, and quietly */
	case 0x06:
	case 0x15:
	case 0x16: return extras == 20;
	case 0x08: /* flush */
	case 0x18: return extras == 0 || extras == 4;
	case 0x1b: /* verbosity, touch, get and touch */
	case 0x1c:
	case 0x1d:
	case 0x1e:
	case 0x23:
	case 0x24: return extras == 4;
	default: return extras == 0;
	}
}

/* Set, add, replace, append and prepend, also quietly, and logins. */
static bool has_value(uint8_t opcode)
{
	return (opcode >= 0x01 && opcode <= 0x03) || opcode == 0x0e || opcode == 0x0f ||
	       (opcode >= 0x11 && opcode <= 0x13) || opcode == 0x19 || opcode == 0x1a || opcode == 0x21 ||
	       opcode == 0x22;
}

/* What is got has its flags before it. */
static uint8_t extras_of_answer(uint8_t opcode, uint16_t status)
{
	const bool gets = opcode == 0x00 || opcode == 0x09 || opcode == 0x0c || opcode == 0x0d ||
			  opcode == 0x1d || opcode == 0x1e || opcode == 0x23 || opcode == 0x24;

	return status == 0 && gets ? 4 : 0;
}

static bool is_status(uint16_t status)
{
	return status <= 0x06 || status == 0x20 || status == 0x21 || (status >= 0x81 && status <= 0x86);
}

/* Lengths of the head that fit each other: extras and key lie in the body. */
static enum verdict recognise_binary(struct span first, uint8_t magic)
{
	uint8_t opcode, extras, type;
	uint16_t key, status;
	uint32_t body;

	if (span_left(first) < BINARY_HEAD)
		return span_peek(first, 0) == magic && span_peek(first, 1) <= OPCODE_MOST &&
				       span_peek(first, 5) == 0
			       ? MORE
			       : NO;
	if (span_u8(&first) != magic)
		return NO;
	opcode = span_u8(&first);
	key = span_u16(&first);
	extras = span_u8(&first);
	type = span_u8(&first);
	status = span_u16(&first);
	body = span_u32(&first);
	if (opcode > OPCODE_MOST || key > KEY_MOST || type != 0 || body > VALUE_MOST ||
	    body < (uint32_t)key + extras)
		return NO;
	if (magic != REQUEST)
		return is_status(status) && extras == extras_of_answer(opcode, status) ? YES : NO;
	return are_extras(opcode, extras) && (opcode != 0 || key > 0) &&
			       (has_value(opcode) || body == (uint32_t)key + extras)
		       ? YES
		       : NO;
}

static enum verdict recognise_stream(struct span first, enum side side)
{
	const uint8_t magic = side == SIDE_CLIENT ? REQUEST : RESPONSE;

	if (span_peek(first, 0) >= 0x80)
		return recognise_binary(first, magic);
	return side == SIDE_CLIENT ? text_commands(first, commands, sizeof(commands) / sizeof(*commands))
				   : text_commands(first, answers, sizeof(answers) / sizeof(*answers));
}

/* Whether a binary packet ends with its datagram, or the first of several is a full one. */
static bool fills(struct span packet, uint16_t count)
{
	enum { FULL = 1000 };
	const size_t left = span_left(packet);

	return count > 1 ? left >= FULL
			 : left >= BINARY_HEAD && load_u32(packet.at + 8) == left - BINARY_HEAD;
}

/* Request id, sequence number (the others begin anywhere), count of datagrams, zero. */
static enum verdict recognise_datagram(struct span first, enum side side)
{
	uint16_t sequence, count, zero;

	span_skip(&first, 2);
	sequence = span_u16(&first);
	count = span_u16(&first);
	zero = span_u16(&first);
	if (first.failed || zero != 0 || count == 0 || sequence != 0 || span_left(first) == 0)
		return NO;
	if (*first.at >= 0x80 && !fills(first, count))
		return NO;
	return recognise_stream(first, side) == YES ? YES : NO;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	return transport == TRANSPORT_UDP   ? recognise_datagram(first, side)
	       : transport == TRANSPORT_TCP ? recognise_within_limit(first, side, recognise_stream)
					    : NO;
}

/* ---- reading ---- */

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
	if (span_number(word, VALUE_MOST, &length))
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
	parse_weakness(parse, &no_auth, "%s was answered without authentication", answered);
	if (parse->transport == TRANSPORT_UDP)
		parse_weakness(parse, &udp_open, "%s was answered over UDP", answered);
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
		parse_weakness(parse, &clear_login, "SASL %s%s%s", state->sasl.mechanism,
			       state->sasl.user[0] != '\0' ? " of user " : "", state->sasl.user);
}

static enum verdict read_binary(struct conversation *state, struct parse *parse, struct span *bytes)
{
	enum { SASL_AUTH = 0x21 };
	struct span head = *bytes, message;
	uint8_t magic, opcode;
	uint16_t status, key;
	uint32_t body;

	if (span_left(head) < BINARY_HEAD)
		return MORE;
	magic = span_u8(&head);
	opcode = span_u8(&head);
	key = span_u16(&head);
	span_skip(&head, 2);
	status = span_u16(&head);
	body = span_u32(&head);
	if (magic != (parse->side == SIDE_CLIENT ? REQUEST : RESPONSE) || body > VALUE_MOST)
		return NO;
	if (opcode == SASL_AUTH && parse->side == SIDE_CLIENT) {
		if (message_take(parse, bytes, (uint64_t)body + BINARY_HEAD, &message) != YES)
			return MORE;
		span_skip(&message, BINARY_HEAD);
		read_binary_login(state, parse, message, key);
	} else {
		span_skip(bytes, BINARY_HEAD);
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
	struct span head = span_take(bytes, UDP_HEAD);
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

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.gap = gap,
	.end = end,
	.emit = emit,
};

/* ---- asking ---- */

static void greet(void *state, unsigned transport, struct buffer *out)
{
	static const uint8_t head[UDP_HEAD] = { 0, 1, 0, 0, 0, 1, 0, 0 };

	(void)state;
	if (transport == TRANSPORT_UDP)
		buffer_add(out, head, sizeof(head));
	buffer_text(out, "stats\r\n");
}

/* "STAT pid 12", "STAT version 1.6.18", and so on, until "END"; a datagram may hold the beginning alone. */
static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct span rest = *heard, line;
	const bool datagram = span_left(rest) >= UDP_HEAD && *rest.at < ' ';

	(void)state;
	(void)out;
	if (datagram)
		span_skip(&rest, UDP_HEAD);
	if (span_left(rest) > 0 && recognise_stream(rest, SIDE_SERVER) == NO)
		return PROBE_NOT;
	if (span_find(rest, "END\r\n") == SIZE_MAX && !datagram && !ended && span_left(rest) < STATS_MOST)
		return PROBE_WAIT;
	while (line = span_line(&rest), !line.failed && span_begins(line, "STAT ")) {
		struct span key;

		(void)text_word(&line);
		key = text_word(&line);
		if (span_is(key, "version")) {
			answer_fact(answer, "version", text_trim(line));
			answer_product(answer, span_text("memcached"), text_trim(line));
		} else if (span_is(key, "curr_connections")) {
			answer_fact(answer, "curr_connections", text_trim(line));
		}
		answer_weakness(answer, &no_auth, "stats was answered without authentication");
	}
	if (answer->weakness_count == 0)
		return PROBE_NOT;
	if (datagram)
		answer_weakness(answer, &udp_open, "stats was answered over UDP");
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = {
	.rare = true, .transports = PROBE_TCP | PROBE_UDP, .greet = greet, .hear = hear
};

const struct protocol protocol_memcached = {
	.name = "memcached",
	.title = "memcached",
	DOORS(TCP(11211), UDP(11211)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = UDP_HEAD + 1,
	MARKS(OCTET(6, 0), OCTET(7, 0)),
	.parser = &parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
