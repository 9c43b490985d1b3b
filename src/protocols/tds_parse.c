/* tds_parse.c: reads conversations of Microsoft SQL Server. MS-TDS sections 2.2.6.4 (LOGIN7), 2.2.6.6
 * (calls), 2.2.6.7 (batches), 2.2.7 (tokens), 3.2.5.1 (TLS inside of packets, around the login or around all
 * that follows). */
#include "protocols/parse.h"
#include "protocols/tds.h"
#include "protocols/tls_hello.h"
#include "protocols/utf16.h"

#include <stdio.h>

enum { NAME = 96, CALLS_SHOWN = 8, CALL_NAME = 48, MESSAGE = 256 };
enum { FLIGHT_MOST = 32 * 1024, FLIGHT_PACKETS = 64 };

struct state {
	char client_version[16], server_version[16], user[NAME], host[NAME], application[NAME], server[NAME],
		database[NAME], library[NAME], product[NAME];
	uint8_t encryption[2];                                /* by side, as in PRELOGIN, plus 1 */
	bool tls, integrated, asked, accepted, refused, told; /* asked: a login */
	bool inside[2];                                       /* a message of several packets goes on */
	uint32_t batches, calls, errors, error;
	uint8_t called; /* names of calls */
	char names[CALLS_SHOWN][CALL_NAME];
	struct tls_reading handshake;
	char message[MESSAGE];
};

/* ---- the event ---- */

static void write_text(struct json *json, const char *key, const char *text)
{
	if (text[0] != '\0')
		json_text(json, key, text);
}

static void write_encryption(struct json *json, const struct state *state)
{
	static const char *const words[] = {
		[TDS_ENCRYPT_OFF] = "login only",
		[TDS_ENCRYPT_ON] = "on",
		[TDS_ENCRYPT_NOT_SUPPORTED] = "not supported",
		[TDS_ENCRYPT_REQUIRED] = "required",
	};
	const uint8_t said = state->encryption[SIDE_SERVER];

	if (said > 0 && said <= sizeof(words) / sizeof(words[0]))
		json_text(json, "encryption", words[said - 1]);
	json_bool(json, "tls", state->tls);
}

static void emit(const void *memory, struct json *json)
{
	const struct state *const state = memory;

	write_text(json, "server_version", state->server_version);
	write_text(json, "client_version", state->client_version);
	write_encryption(json, state);
	write_text(json, "user", state->user);
	if (state->integrated)
		json_bool(json, "integrated_security", true);
	write_text(json, "host", state->host);
	write_text(json, "application", state->application);
	write_text(json, "library", state->library);
	write_text(json, "server", state->server);
	write_text(json, "database", state->database);
	write_text(json, "product", state->product);
	if (state->accepted || state->refused)
		json_text(json, "login", state->accepted ? "accepted" : "refused");
	if (state->batches > 0)
		json_unsigned(json, "batches", state->batches);
	if (state->calls > 0)
		json_unsigned(json, "rpc_calls", state->calls);
	if (state->called > 0) {
		json_open_array(json, "rpc");
		for (size_t i = 0; i < state->called; i++)
			json_text(json, NULL, state->names[i]);
		json_end(json);
	}
	if (state->errors > 0) {
		json_unsigned(json, "errors", state->errors);
		json_unsigned(json, "error_code", state->error);
		json_text(json, "error_message", state->message);
	}
}

/* ---- PRELOGIN and LOGIN7 ---- */

static void hear_version(struct state *state, struct parse *parse, struct span value)
{
	char *const text = parse->side == SIDE_SERVER ? state->server_version : state->client_version;
	const unsigned major = span_u8(&value), minor = span_u8(&value), build = span_u16(&value);

	if (value.failed)
		return;
	(void)snprintf(text, sizeof(state->server_version), "%u.%u.%u", major, minor, build);
	if (parse->side == SIDE_SERVER)
		parse_software(parse, SIDE_SERVER, span_text("Microsoft SQL Server"), span_text(text));
}

static bool hear_prelogin(struct state *state, struct parse *parse, struct span payload)
{
	struct tds_prelogin prelogin;

	if (!tds_read_prelogin(payload, &prelogin))
		return false;
	hear_version(state, parse, prelogin.values[TDS_VERSION]);
	if (prelogin.values[TDS_ENCRYPTION].at != NULL && span_left(prelogin.values[TDS_ENCRYPTION]) == 1)
		state->encryption[parse->side] = (uint8_t)(1 +
							   span_peek(prelogin.values[TDS_ENCRYPTION], 0) % 4);
	return true;
}

/* A field of LOGIN7: where it stands from the message's beginning, and how many characters it has. */
static void read_field(struct span payload, struct span *s, char text[static NAME])
{
	const uint16_t offset = span_u16_le(s), units = span_u16_le(s);

	span_skip(&payload, offset);
	payload = span_take(&payload, 2u * units);
	utf16_text(payload, text, NAME);
}

static void hear_login(struct state *state, struct parse *parse, struct span payload)
{
	enum { FLAGS = 4 + 4 + 4 + 4 + 4 + 4, INTEGRATED = 0x80 };
	struct span s = payload;
	char unused[NAME];

	state->asked = true;
	state->refused = false;
	span_skip(&s, FLAGS + 1);
	state->integrated = (span_u8(&s) & INTEGRATED) != 0;
	span_skip(&s, 2 + 4 + 4); /* more flags, time zone, language */
	read_field(payload, &s, state->host);
	read_field(payload, &s, state->user);
	span_skip(&s, 4); /* the password is not looked at */
	read_field(payload, &s, state->application);
	read_field(payload, &s, state->server);
	span_skip(&s, 4);
	read_field(payload, &s, state->library);
	read_field(payload, &s, unused);
	read_field(payload, &s, state->database);
	if (state->user[0] != '\0' && !state->tls)
		parse_weakness(parse, &tds_no_encryption, "%s logs in without encryption", state->user);
	if (state->application[0] != '\0')
		parse_software(parse, SIDE_CLIENT, span_text(state->application), span_of(NULL, 0));
}

/* Of versions 4.2 to 5.0. The password is not looked at. */
static void read_old_field(struct span s, size_t place, char text[static NAME])
{
	struct span field;
	uint8_t length;

	span_skip(&s, place);
	field = span_take(&s, TDS_FIELD);
	length = span_u8(&s);
	if (!s.failed && length <= TDS_FIELD)
		span_copy_text(span_take(&field, length), text, NAME);
}

static void hear_old_login(struct state *state, struct parse *parse, struct span payload)
{
	state->asked = true;
	state->refused = false;
	read_old_field(payload, 0, state->host);
	read_old_field(payload, TDS_FIELD_USER, state->user);
	read_old_field(payload, TDS_FIELD_APPLICATION, state->application);
	read_old_field(payload, TDS_FIELD_SERVER, state->server);
	if (state->user[0] != '\0' && !state->tls)
		parse_weakness(parse, &tds_no_encryption, "%s logs in without encryption", state->user);
	if (state->application[0] != '\0')
		parse_software(parse, SIDE_CLIENT, span_text(state->application), span_of(NULL, 0));
}

/* ---- requests ---- */

/* From version 7.2 on a list of headers stands in front: its length, and that of the first. */
static void skip_headers(struct span *s)
{
	struct span rest = *s;
	const uint32_t all = span_u32_le(&rest), first = span_u32_le(&rest);

	if (!rest.failed && all >= 4 + 6 && all <= 1024 && first >= 6 && first <= all - 4)
		span_skip(s, all);
}

static void hear_call(struct state *state, struct span s)
{
	enum { BY_NUMBER = 0xffff };
	static const char *const procedures[] = {
		"",
		"sp_cursor",
		"sp_cursoropen",
		"sp_cursorprepare",
		"sp_cursorexecute",
		"sp_cursorprepexec",
		"sp_cursorunprepare",
		"sp_cursorfetch",
		"sp_cursoroption",
		"sp_cursorclose",
		"sp_executesql",
		"sp_prepare",
		"sp_execute",
		"sp_prepexec",
		"sp_prepexecrpc",
		"sp_unprepare",
	};
	char name[CALL_NAME] = "";
	uint16_t units, number;

	state->calls++;
	skip_headers(&s);
	units = span_u16_le(&s);
	if (units == BY_NUMBER) {
		number = span_u16_le(&s);
		if (number < sizeof(procedures) / sizeof(procedures[0]))
			(void)snprintf(name, sizeof(name), "%s", procedures[number]);
	} else {
		utf16_text(span_take(&s, 2u * units), name, sizeof(name));
	}
	for (size_t i = 0; i < state->called; i++)
		if (strcmp(state->names[i], name) == 0)
			return;
	if (name[0] != '\0' && state->called < CALLS_SHOWN)
		memcpy(state->names[state->called++], name, sizeof(name));
}

/* ---- answers ---- */

static void hear_error(struct state *state, struct span token)
{
	uint16_t units;

	state->error = span_u32_le(&token);
	span_skip(&token, 2); /* state, class */
	units = span_u16_le(&token);
	utf16_text(span_take(&token, 2u * units), state->message, sizeof(state->message));
	state->errors++;
}

/* LOGINACK: interface, version, the name of the program and its version. */
static void hear_acceptance(struct state *state, struct span token)
{
	span_skip(&token, 5);
	utf16_text(span_take(&token, 2u * span_u8(&token)), state->product, sizeof(state->product));
	state->accepted = true;
}

static void hear_change(struct state *state, struct span token)
{
	enum { DATABASE = 1 };

	if (span_u8(&token) == DATABASE)
		utf16_text(span_take(&token, 2u * span_u8(&token)), state->database, sizeof(state->database));
}

/* The tokens at the front of an answer, up to the first that says of rows. True if there is something to
 * tell. */
static bool hear_tokens(struct state *state, struct span s)
{
	enum { ERROR = 0xaa, INFO = 0xab, LOGIN_ACK = 0xad, CHANGE = 0xe3, DONE = 0xfd, DONE_LENGTH = 12 };
	const uint32_t errors = state->errors;
	const bool accepted = state->accepted;

	while (span_left(s) > 0 && !s.failed) {
		const uint8_t type = span_u8(&s);
		struct span token;

		if (type == DONE) {
			span_skip(&s, DONE_LENGTH);
			continue;
		}
		if (type != ERROR && type != INFO && type != LOGIN_ACK && type != CHANGE)
			break;
		token = span_take(&s, span_u16_le(&s));
		if (s.failed)
			break;
		if (type == ERROR)
			hear_error(state, token);
		else if (type == LOGIN_ACK)
			hear_acceptance(state, token);
		else if (type == CHANGE)
			hear_change(state, token);
	}
	state->refused |= state->asked && !state->accepted && state->errors > errors;
	return state->errors > errors || state->accepted != accepted;
}

static void tell(struct state *state, struct parse *parse)
{
	parse_event(parse, state);
	state->told = true;
}

/* ---- reading ---- */

static enum parse_step hear_packet(struct state *state, struct parse *parse, const struct tds_packet *packet)
{
	const struct span payload = packet->payload;

	switch (packet->type) {
	case TDS_PRELOGIN:
	case TDS_TABULAR:
		if (span_peek(payload, 0) == TLS_HANDSHAKE && packet->type == TDS_PRELOGIN) {
			state->tls = true;
			return PARSE_ON;
		}
		if (span_peek(payload, 0) == TDS_VERSION && state->encryption[parse->side] == 0)
			return hear_prelogin(state, parse, payload) ? PARSE_ON : PARSE_BROKEN;
		if (hear_tokens(state, payload))
			tell(state, parse);
		return PARSE_ON;
	case TDS_LOGIN_7: hear_login(state, parse, payload); return PARSE_ON;
	case TDS_LOGIN_5: hear_old_login(state, parse, payload); return PARSE_ON;
	case TDS_BATCH: state->batches++; return PARSE_ON;
	case TDS_CALL: hear_call(state, payload); return PARSE_ON;
	default: return PARSE_ON;
	}
}

/* TLS around everything, or around the login, which then cannot be read. */
static enum parse_step hear_tls(struct state *state, struct parse *parse, struct span *bytes)
{
	struct span s = *bytes;
	uint16_t length;

	state->tls = true;
	span_skip(&s, 3);
	length = span_u16(&s);
	if (s.failed)
		return PARSE_ON;
	if (state->encryption[SIDE_SERVER] != 1 + TDS_ENCRYPT_OFF) {
		tell(state, parse);
		return PARSE_DONE;
	}
	parse_skip(parse, length > span_left(s) ? length - span_left(s) : 0);
	span_skip(&s, length < span_left(s) ? length : span_left(s));
	*bytes = s;
	return PARSE_ON;
}

/* Puts the payloads of one message together, from as many packets as it takes. *ret_whole: its octets, as far
 * as they are known. */
static enum verdict gather_flight(struct span s, struct buffer *flight, size_t *ret_whole)
{
	*ret_whole = 0;
	for (int i = 0; i < FLIGHT_PACKETS; i++) {
		struct tds_packet packet;

		if (!tds_read_packet(&s, &packet) || flight->failed)
			return NO;
		*ret_whole += TDS_HEADER;
		if (s.failed)
			return MORE;
		*ret_whole += packet.length;
		if (packet.cut)
			return MORE;
		buffer_span(flight, packet.payload);
		if ((packet.status & TDS_END_OF_MESSAGE) != 0)
			return flight->failed ? NO : YES;
	}
	return NO;
}

/* A flight of the handshake fills one message (MS-TDS 3.2.5.1). One that has no end is stepped over. */
static enum verdict hear_flight(struct state *state, struct parse *parse, struct span *bytes)
{
	struct buffer flight = buffer_new(FLIGHT_MOST);
	size_t whole;
	enum verdict verdict = gather_flight(*bytes, &flight, &whole);

	if (verdict == MORE && whole >= FLIGHT_MOST)
		verdict = NO;
	if (verdict == MORE)
		parse_want(parse, whole);
	if (verdict == YES) {
		state->tls = true;
		tls_hear_carried(&state->handshake, parse, buffer_read(&flight));
		span_skip(bytes, whole);
	}
	buffer_free(&flight);
	return verdict;
}

static bool begins_flight(const struct state *state, const struct parse *parse,
			  const struct tds_packet *packet)
{
	return packet->type == TDS_PRELOGIN && !state->inside[parse->side] &&
	       span_peek(packet->payload, 0) == TLS_HANDSHAKE;
}

static enum parse_step read_tds(void *memory, struct parse *parse, struct span *bytes)
{
	struct state *const state = memory;
	enum parse_step step = PARSE_ON;

	while (step == PARSE_ON && span_left(*bytes) > 0) {
		struct span s = *bytes;
		struct tds_packet packet;
		enum verdict flight;
		bool first;

		if (span_peek(s, 0) == TLS_APPLICATION) {
			step = hear_tls(state, parse, bytes);
			if (s.at == bytes->at)
				break;
			continue;
		}
		if (!tds_read_packet(&s, &packet))
			return PARSE_BROKEN;
		if (s.failed)
			return PARSE_ON;
		flight = begins_flight(state, parse, &packet) ? hear_flight(state, parse, bytes) : NO;
		if (flight == YES)
			continue;
		if (flight == MORE)
			return PARSE_ON;
		if (packet.cut) {
			parse_want(parse, TDS_HEADER + packet.length);
			return PARSE_ON;
		}
		first = !state->inside[parse->side];
		state->inside[parse->side] = (packet.status & TDS_END_OF_MESSAGE) == 0;
		*bytes = s;
		if (first)
			step = hear_packet(state, parse, &packet);
	}
	return step;
}

static void end(void *memory, struct parse *parse)
{
	struct state *const state = memory;

	tls_end_carried(&state->handshake, parse);
	if (!state->told || state->batches + state->calls > 0)
		parse_event(parse, state);
}

const struct parser tds_parser = {
	.state_size = PARSE_STATE(struct state),
	.read = read_tds,
	.end = end,
	.emit = emit,
};
