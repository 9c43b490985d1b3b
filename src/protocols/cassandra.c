/* cassandra.c: the native protocol of Apache Cassandra ("CQL binary protocol", versions 3 to 5, of its
 * documentation): the start of a connection, the login, and how often each operation came. */
#include "protocols/probes.h"
#include "protocols/tally.h"

#include <ctype.h>

enum {
	HEADER = 9,
	RESPONSE = 0x80,
	VERSION_LEAST = 3,
	VERSION_MOST = 5,
	DSE_1 = 0x41, /* of DataStax Enterprise: drivers offer its second one first, to every server */
	DSE_2 = 0x42,
	FLAGS = 0x1f,
	COMPRESSED = 1,
	LENGTH_MOST = 256 << 20,
	VERB_MOST = 9,     /* letters, one more than the longest has */
	FIRST_MOST = 2048, /* bytes of a body that begins a conversation */
	ERROR = 0,
	STARTUP = 1,
	READY = 2,
	AUTHENTICATE = 3,
	OPTIONS = 5,
	SUPPORTED = 6,
	QUERY = 7,
	PREPARE = 9,
	AUTH_RESPONSE = 15,
	OPERATIONS = 17,
	ERROR_MOST = 0x2500,
	ENTRIES_MOST = 16,
};

static const struct weakness clear_login = {
	.id = "cassandra-clear-login",
	.title = "Cassandra takes passwords in clear text",
	.severity = 2,
	.remedy = "Set client_encryption_options to enabled and not optional.",
};
static const struct weakness *const weaknesses[] = { &clear_login, NULL };

static const struct code_name operation_names[] = {
	{ 0, "error" },   { 1, "startup" },         { 2, "ready" },          { 3, "authenticate" },
	{ 5, "options" }, { 6, "supported" },       { 7, "query" },          { 8, "result" },
	{ 9, "prepare" }, { 10, "execute" },        { 11, "register" },      { 12, "event" },
	{ 13, "batch" },  { 14, "auth_challenge" }, { 15, "auth_response" }, { 16, "auth_success" },
};

/* ---- recognising ---- */

struct frame {
	uint8_t version, flags, operation;
	uint32_t length;
};

static bool is_version(uint8_t octet, enum side side)
{
	const uint8_t version = octet & 0x7f;

	return (octet & RESPONSE) == (side == SIDE_SERVER ? RESPONSE : 0) &&
	       ((version >= VERSION_LEAST && version <= VERSION_MOST) || version == DSE_1 ||
		version == DSE_2);
}

static enum verdict read_header(struct span s, enum side side, struct frame *ret)
{
	const size_t come = span_left(s);

	if (!is_version(s.at[0], side) || (come > 1 && s.at[1] > FLAGS) ||
	    (come > 4 && CODE_TEXT(operation_names, s.at[4]) == NULL))
		return NO;
	if (come < HEADER)
		return MORE;
	*ret = (struct frame){ s.at[0] & 0x7f, s.at[1], s.at[4], load_u32(s.at + 5) };
	return ret->length <= LENGTH_MOST ? YES : NO;
}

/* A map's first key: capitals and low lines. */
static enum verdict is_map(struct span s, uint32_t length)
{
	const uint16_t entries = span_u16(&s), key = span_u16(&s);

	if (s.failed)
		return MORE;
	if (entries == 0 || entries > ENTRIES_MOST || key < 4 || key > 64 || key + 6u > length ||
	    length > FIRST_MOST)
		return NO;
	for (unsigned i = 0; i < key && i < span_left(s); i++)
		if (!isupper(s.at[i]) && s.at[i] != '_')
			return NO;
	return span_left(s) < key ? MORE : YES;
}

/* The class of who proves users, or what went wrong: plain words of exactly this length. */
static enum verdict is_words(struct span s, uint32_t length)
{
	const uint16_t words = span_u16(&s);

	if (s.failed)
		return MORE;
	if (words < 4 || words + 2u > length || length > FIRST_MOST)
		return NO;
	for (unsigned i = 0; i < 4 && i < span_left(s); i++)
		if (!isprint(s.at[i]))
			return NO;
	return span_left(s) < 4 ? MORE : YES;
}

/* What is asked of one that is heard from its middle on: a statement of CQL behind its length. */
static enum verdict is_statement(struct span s, uint32_t length)
{
	static const char *const verbs[] = { "SELECT", "INSERT", "UPDATE", "DELETE",   "BEGIN",
					     "USE",    "CREATE", "ALTER",  "TRUNCATE", "DROP",
					     "GRANT",  "REVOKE", "LIST" };
	const uint32_t words = span_u32(&s);
	size_t letters = 0;

	if (s.failed)
		return MORE;
	if (words < 4 || words > LENGTH_MOST || words + 4u > length)
		return NO;
	while (letters < span_left(s) && letters < VERB_MOST && isalpha(s.at[letters]))
		letters++;
	if (letters == span_left(s))
		return MORE;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (span_is_nocase(span_of(s.at, letters), verbs[i]))
			return YES;
	return NO;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct frame frame;
	enum verdict verdict;
	uint32_t code;

	if (transport != TRANSPORT_TCP)
		return NO;
	verdict = read_header(first, side, &frame);
	if (verdict != YES)
		return verdict;
	span_skip(&first, HEADER);
	if (side == SIDE_CLIENT && frame.operation == OPTIONS) { /* too little alone: a beginning follows */
		if (frame.length != 0)
			return NO;
		verdict = span_left(first) == 0 ? MORE : read_header(first, side, &frame);
		if (verdict != YES)
			return verdict;
		span_skip(&first, HEADER);
	}
	if (side == SIDE_CLIENT) {
		switch (frame.operation) {
		case STARTUP: return is_map(first, frame.length);
		case QUERY:
		case PREPARE: return is_statement(first, frame.length);
		default: return NO;
		}
	}
	switch (frame.operation) {
	case SUPPORTED: return is_map(first, frame.length);
	case READY: return frame.length == 0 ? YES : NO;
	case AUTHENTICATE: return is_words(first, frame.length);
	case ERROR:
		code = span_u32(&first);
		if (first.failed)
			return MORE;
		return code <= ERROR_MOST && frame.length > 4 ? is_words(first, frame.length - 4) : NO;
	default: return NO;
	}
}

/* ---- reading ---- */

struct conversation {
	struct tally operations, errors;
	uint32_t requests, answers;
	uint8_t version;
	char cql[32], compression[32], driver[64], driver_version[32], application[64];
	char authenticator[128], user[64];
	uint64_t rest[2]; /* by side: of a message that has more frames of version 5 */
	bool begun, told;
};

static const struct code_name error_names[] = {
	{ 0, "server_error" },        { 0x0a, "protocol_error" }, { 0x100, "bad_credentials" },
	{ 0x1000, "unavailable" },    { 0x1001, "overloaded" },   { 0x1002, "is_bootstrapping" },
	{ 0x1100, "write_timeout" },  { 0x1200, "read_timeout" }, { 0x2000, "syntax_error" },
	{ 0x2100, "unauthorized" },   { 0x2200, "invalid" },      { 0x2300, "config_error" },
	{ 0x2400, "already_exists" }, { 0x2500, "unprepared" },
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	json_unsigned(json, "version", state->version);
	emit_text(json, "cql_version", state->cql);
	emit_text(json, "compression", state->compression);
	emit_text(json, "driver_name", state->driver);
	emit_text(json, "driver_version", state->driver_version);
	emit_text(json, "application", state->application);
	emit_text(json, "authenticator", state->authenticator);
	emit_text(json, "user", state->user);
	json_unsigned(json, "requests", state->requests);
	json_unsigned(json, "responses", state->answers);
	EMIT_TALLY(json, "operations", &state->operations, operation_names);
	EMIT_TALLY(json, "errors", &state->errors, error_names);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told && state->requests + state->answers > 0)
		parse_event(parse, state);
	state->told = true;
}

static struct span take_string(struct span *s)
{
	return span_take(s, span_u16(s));
}

static void read_startup(struct conversation *state, struct parse *parse, struct span s)
{
	const uint16_t entries = span_u16(&s);

	for (unsigned i = 0; i < entries && !s.failed; i++) {
		const struct span key = take_string(&s), value = take_string(&s);

		if (span_is(key, "CQL_VERSION"))
			span_copy_text(value, state->cql, sizeof(state->cql));
		else if (span_is(key, "COMPRESSION"))
			span_copy_text(value, state->compression, sizeof(state->compression));
		else if (span_is(key, "DRIVER_NAME"))
			span_copy_text(value, state->driver, sizeof(state->driver));
		else if (span_is(key, "DRIVER_VERSION"))
			span_copy_text(value, state->driver_version, sizeof(state->driver_version));
		else if (span_is(key, "APPLICATION_NAME"))
			span_copy_text(value, state->application, sizeof(state->application));
	}
	if (state->driver[0] != '\0')
		parse_software(parse, SIDE_CLIENT, span_text(state->driver),
			       span_text(state->driver_version));
}

/* PLAIN (RFC 4616): an identity, the user and the password, parted by NUL. */
static void read_login(struct conversation *state, struct parse *parse, struct span s)
{
	span_skip(&s, 4);
	(void)span_until(&s, 0);
	span_copy_text(span_until(&s, 0), state->user, sizeof(state->user));
	if (!s.failed)
		parse_weakness(parse, &clear_login, "login of user %s", state->user);
}

static void read_frame(struct conversation *state, struct parse *parse, const struct frame *frame,
		       struct span body)
{
	tally_add(&state->operations, frame->operation);
	state->version = frame->version;
	if (parse->side == SIDE_CLIENT)
		state->requests++;
	else
		state->answers++;
	if ((frame->flags & COMPRESSED) != 0)
		return;
	switch (frame->operation) {
	case STARTUP:
		if (parse->side == SIDE_CLIENT)
			read_startup(state, parse, body);
		break;
	case AUTH_RESPONSE: read_login(state, parse, body); break;
	case AUTHENTICATE:
		span_copy_text(take_string(&body), state->authenticator, sizeof(state->authenticator));
		break;
	case ERROR: tally_add(&state->errors, span_u32(&body)); break;
	default: break;
	}
	/* From here on version 5 has frames of another kind. */
	if (parse->side == SIDE_SERVER && (frame->operation == READY || frame->operation == AUTHENTICATE))
		state->begun = true;
}

/* Whole messages that a frame of version 5 holds; the last may be cut, where the frame is longer than is
 * looked at. False: there is something else. */
static bool read_messages(struct conversation *state, struct parse *parse, struct span s)
{
	while (span_left(s) > 0) {
		struct frame frame;
		const enum verdict verdict = read_header(s, parse->side, &frame);

		if (verdict != YES)
			return verdict == MORE;
		span_skip(&s, HEADER);
		read_frame(state, parse, &frame,
			   span_of(s.at, frame.length < span_left(s) ? frame.length : span_left(s)));
		span_skip(&s, frame.length);
		if (s.failed)
			break;
	}
	return true;
}

/* A message longer than a frame begins in one and goes on in others, which hold nothing else. */
static bool read_part(struct conversation *state, struct parse *parse, struct span s, uint32_t length)
{
	uint64_t *const rest = &state->rest[parse->side];
	struct frame frame;

	if (*rest == 0) {
		if (read_header(s, parse->side, &frame) != YES || !read_messages(state, parse, s))
			return false;
		*rest = (uint64_t)frame.length + HEADER;
	}
	*rest -= length < *rest ? length : *rest;
	return true;
}

/* "native_protocol_v5" 2.2: 17 bits of length and a bit for whole messages, when they are compressed as much
 * again for the length without, in whole octets with the low one first; a checksum of three octets, and one
 * of four behind it all. Compressed ones are counted as they are, for what is in them nobody sees. */
static enum verdict take_outer(struct conversation *state, struct parse *parse, struct span *bytes)
{
	enum { LENGTH = 0x1ffff, PLAIN = 6, COMPRESSED_HEAD = 8, CHECKSUM = 4, BITS = 17 };
	const bool compressed = state->compression[0] != '\0';
	const unsigned head = compressed ? COMPRESSED_HEAD : PLAIN;
	struct span s = *bytes, frame;
	uint64_t bits = span_u24_le(&s);
	uint32_t length;
	bool whole, packed = false;

	if (compressed)
		bits |= (uint64_t)span_u16_le(&s) << 24;
	if (s.failed)
		return MORE;
	length = (uint32_t)(bits & LENGTH);
	if (compressed)
		packed = (bits >> BITS & LENGTH) != 0;
	whole = bits >> (compressed ? 2 * BITS : BITS) & 1;
	if (bits >> (compressed ? 2 * BITS + 1 : BITS + 1) != 0 || length == 0)
		return NO;
	if (message_take(parse, bytes, (uint64_t)head + length + CHECKSUM, &frame) != YES)
		return MORE;
	span_skip(&frame, head);
	if (span_left(frame) > length)
		frame.end = frame.at + length;
	if (packed)
		return YES;
	return (whole ? read_messages(state, parse, frame) : read_part(state, parse, frame, length)) ? YES
												     : NO;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;

	while (span_left(*bytes) > 0 && parse->skip == 0) {
		struct frame frame;
		struct span message;
		enum verdict verdict;

		if (state->begun && state->version == VERSION_MOST) {
			verdict = take_outer(state, parse, bytes);
			if (verdict != YES)
				return verdict == NO ? PARSE_BROKEN : PARSE_ON;
			continue;
		}
		verdict = read_header(*bytes, parse->side, &frame);
		if (verdict != YES)
			return verdict == NO ? PARSE_BROKEN : PARSE_ON;
		if (message_take(parse, bytes, (uint64_t)frame.length + HEADER, &message) != YES)
			break;
		span_skip(&message, HEADER);
		read_frame(state, parse, &frame, message);
	}
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};

const struct protocol protocol_cassandra = {
	.name = "cassandra",
	.title = "Cassandra (CQL)",
	DOORS(TCP(9042)),
	.privacy = PRIVACY_EITHER,
	.clear_without_tls = true,
	.recognise = recognise,
	.parser = &parser,
	.probe = &cassandra_probe,
	.weaknesses = weaknesses,
};
