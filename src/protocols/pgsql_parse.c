/* pgsql_parse.c: reads conversations of PostgreSQL, protocol version 3: who logs in where, and how that ends;
 * then statements are counted, and errors told. */
#include "protocols/parse.h"
#include "protocols/pgsql.h"
#include "protocols/tls.h"

#include <stdio.h>

const struct weakness pgsql_clear_login = {
	"pgsql-clear-login",
	"PostgreSQL takes passwords in the clear",
	2,
	"Write scram-sha-256 instead of password in pg_hba.conf, and hostssl instead of host.",
};

enum { NAME = 96, VERSION_TEXT = 48, MESSAGE = 256, LOOKED_AT = 2048, HEAD = 5 };

struct state {
	bool started; /* the client's messages have types from now on */
	bool wished;  /* for TLS or GSS: a single letter answers */
	bool gss;     /* the wish is for GSS */
	bool accepted, refused, told, cancel;
	bool tls; /* the wish was granted: the rest is inside */
	uint16_t major, minor;
	char user[NAME], database[NAME], application[NAME], version[VERSION_TEXT];
	const char *authentication;
	uint32_t queries, executed, rows, completed, errors;
	char severity[16], code[8], message[MESSAGE];
};

/* ---- the event ---- */

static void write_request(struct json *json, const struct state *state)
{
	if (state->major == 0 && !state->cancel)
		return;
	json_open_object(json, "request");
	if (state->cancel) {
		json_text(json, "message", "cancel_request");
		json_end(json);
		return;
	}
	json_open_object(json, "startup_parameters");
	json_text(json, "user", state->user);
	json_text(json, "database", state->database[0] != '\0' ? state->database : state->user);
	if (state->application[0] != '\0')
		json_text(json, "application_name", state->application);
	json_end(json);
	json_end(json);
}

static void write_error(struct json *json, const struct state *state)
{
	json_text(json, "severity_localizable", state->severity);
	json_text(json, "code", state->code);
	json_text(json, "message", state->message);
}

static void write_response(struct json *json, const struct state *state)
{
	const bool anything = state->authentication != NULL || state->accepted || state->refused ||
			      state->version[0] != '\0' || state->code[0] != '\0';

	if (!anything)
		return;
	json_open_object(json, "response");
	if (state->authentication != NULL)
		json_text(json, "authentication", state->authentication);
	if (state->accepted || state->refused)
		json_text(json, "login", state->accepted ? "accepted" : "refused");
	if (state->version[0] != '\0')
		json_text(json, "server_version", state->version);
	if (state->code[0] != '\0')
		write_error(json, state);
	json_end(json);
}

static void emit(const void *memory, struct json *json)
{
	const struct state *const state = memory;
	char version[16];

	if (state->major > 0) {
		(void)snprintf(version, sizeof(version), "%u.%u", state->major, state->minor);
		json_text(json, "protocol_version", version);
	}
	write_request(json, state);
	write_response(json, state);
	if (state->tls)
		json_bool(json, "tls", true);
	if (state->queries + state->executed > 0)
		json_unsigned(json, "statements", state->queries + state->executed);
	if (state->rows > 0)
		json_unsigned(json, "data_rows", state->rows);
	if (state->errors > 0)
		json_unsigned(json, "errors", state->errors);
}

static void tell(struct state *state, struct parse *parse)
{
	parse_event(parse, state);
	state->told = true;
}

/* ---- the client ---- */

static void hear_parameters(struct state *state, struct parse *parse, struct span s)
{
	while (span_left(s) > 0 && span_peek(s, 0) != 0) {
		const struct span name = span_until(&s, 0), value = span_until(&s, 0);

		if (s.failed)
			return;
		if (span_is(name, "user"))
			span_copy_text(value, state->user, sizeof(state->user));
		else if (span_is(name, "database"))
			span_copy_text(value, state->database, sizeof(state->database));
		else if (span_is(name, "application_name"))
			span_copy_text(value, state->application, sizeof(state->application));
	}
	if (state->application[0] != '\0')
		parse_software(parse, SIDE_CLIENT, span_text(state->application), span_of(NULL, 0));
}

/* NO: this is no opening. */
static enum verdict hear_opening(struct state *state, struct parse *parse, struct span *bytes)
{
	struct span s = *bytes, body;
	const uint32_t length = span_u32(&s), code = span_u32(&s);

	if (s.failed)
		return MORE;
	if (length < 8 || length > PGSQL_STARTUP_MOST)
		return NO;
	body = span_take(&s, length - 8);
	if (s.failed) {
		parse_want(parse, length);
		return MORE;
	}
	*bytes = s;
	if (code == PGSQL_CODE_TLS || code == PGSQL_CODE_GSS) {
		state->wished = true;
		state->gss = code == PGSQL_CODE_GSS;
	} else if (code == PGSQL_CODE_CANCEL) {
		state->cancel = true;
	} else {
		state->started = true;
		state->major = (uint16_t)(code >> 16);
		state->minor = (uint16_t)code;
		hear_parameters(state, parse, body);
	}
	return YES;
}

static void hear_request(struct state *state, uint8_t type)
{
	if (type == 'Q')
		state->queries++;
	else if (type == 'E')
		state->executed++;
}

/* ---- the server ---- */

static void hear_authentication(struct state *state, struct parse *parse, struct span body)
{
	enum { OK, KERBEROS = 2, CLEARTEXT = 3, MD5 = 5, GSS = 7, SSPI = 9, SASL = 10 };

	switch (span_u32(&body)) {
	case OK:
		state->accepted = true;
		state->authentication = state->authentication != NULL ? state->authentication : "none";
		break;
	case KERBEROS: state->authentication = "kerberos"; break;
	case CLEARTEXT:
		state->authentication = "cleartext_password";
		parse_weakness(parse, &pgsql_clear_login, "%s is asked for the password itself", state->user);
		break;
	case MD5: state->authentication = "md5_password"; break;
	case GSS: state->authentication = "gss"; break;
	case SSPI: state->authentication = "sspi"; break;
	case SASL: state->authentication = "sasl"; break;
	default: break;
	}
}

static void hear_error(struct state *state, struct parse *parse, struct span body)
{
	while (span_left(body) > 1 && !body.failed) {
		const uint8_t field = span_u8(&body);
		const struct span text = span_until(&body, 0);

		if (text.failed)
			break;
		if (field == 'S')
			span_copy_text(text, state->severity, sizeof(state->severity));
		else if (field == 'C')
			span_copy_text(text, state->code, sizeof(state->code));
		else if (field == 'M')
			span_copy_text(text, state->message, sizeof(state->message));
	}
	state->errors++;
	state->refused = state->refused || !state->accepted;
	tell(state, parse);
}

static void hear_parameter(struct state *state, struct parse *parse, struct span body)
{
	const struct span name = span_until(&body, 0);
	struct span value = span_until(&body, 0);

	if (body.failed || !span_is(name, "server_version"))
		return;
	span_copy_text(value, state->version, sizeof(state->version));
	parse_software(parse, SIDE_SERVER, span_text("PostgreSQL"), span_word(&value));
}

static void hear_response(struct state *state, struct parse *parse, uint8_t type, struct span body)
{
	switch (type) {
	case 'R': hear_authentication(state, parse, body); break;
	case 'E': hear_error(state, parse, body); break;
	case 'S': hear_parameter(state, parse, body); break;
	case 'D': state->rows++; break;
	case 'C': state->completed++; break;
	case 'Z': /* ready: of the login, the first time */
		if (!state->told)
			tell(state, parse);
		break;
	default: break;
	}
}

/* ---- reading ---- */

static bool is_type(uint8_t type, enum side side)
{
	return strchr(side == SIDE_CLIENT ? "BCDEFHPQSXcdfp" : "123ACDEGHIKNRSTVWZcdnstv", type) != NULL &&
	       type != 0;
}

/* NO: this is no message. */
static enum verdict read_message(struct state *state, struct parse *parse, struct span *bytes)
{
	struct span s = *bytes, body;
	const uint8_t type = span_u8(&s);
	const uint32_t length = span_u32(&s);
	uint32_t looked_at;

	if (s.failed)
		return MORE;
	if (length < 4 || length > 1u << 30 || !is_type(type, parse->side))
		return NO;
	looked_at = length - 4 < LOOKED_AT ? length - 4 : LOOKED_AT;
	body = span_take(&s, looked_at);
	if (s.failed) {
		parse_want(parse, HEAD + looked_at);
		return MORE;
	}
	*bytes = s;
	if (parse->side == SIDE_CLIENT)
		hear_request(state, type);
	else
		hear_response(state, parse, type, body);
	parse_skip(parse, length - 4 - looked_at);
	return YES;
}

/* Whether a single letter of the server answers a wish. One that was not seen is answered all the same; a
 * notice
 * ('N') and a copy ('G') have a length behind the letter, which begins with zero. MORE: that has not come. */
static enum verdict answers_wish(const struct state *state, struct span bytes)
{
	const uint8_t first = span_peek(bytes, 0);

	if (state->wished)
		return YES;
	if (state->told || state->started || (first != 'N' && first != 'G'))
		return NO;
	if (span_left(bytes) < 2)
		return MORE;
	return span_peek(bytes, 1) != 0 ? YES : NO;
}

/* 'S' and 'G' say yes, and what was wished for begins. */
static void hear_wish(struct state *state, struct parse *parse, struct span *bytes)
{
	const uint8_t letter = span_u8(bytes);

	state->wished = false;
	state->tls = letter == 'S';
	if (state->tls)
		parse_upgrade(parse, &protocol_tls);
	else if (letter == 'G')
		state->gss = true;
}

static enum parse_step read_pgsql(void *memory, struct parse *parse, struct span *bytes)
{
	struct state *const state = memory;
	const bool server = parse->side == SIDE_SERVER;
	enum verdict verdict = YES;

	while (verdict == YES && !parse->upgraded && span_left(*bytes) > 0) {
		const uint8_t first = span_peek(*bytes, 0);
		const enum verdict letter = server ? answers_wish(state, *bytes) : NO;

		if (letter == MORE) {
			verdict = MORE;
		} else if (letter == YES) {
			hear_wish(state, parse, bytes);
			if (first == 'G')
				return PARSE_DONE;
		} else if (!server && !state->started && first == 0) {
			verdict = hear_opening(state, parse, bytes);
		} else {
			verdict = read_message(state, parse, bytes);
		}
		if (parse->skip > 0)
			break;
	}
	return verdict == NO ? PARSE_BROKEN : PARSE_ON;
}

static void end(void *memory, struct parse *parse)
{
	struct state *const state = memory;

	if (!state->told || state->queries + state->executed > 0)
		parse_event(parse, state);
}

const struct parser pgsql_parser = {
	.state_size = PARSE_STATE(struct state),
	.read = read_pgsql,
	.end = end,
	.emit = emit,
	.leads = true, /* to TLS */
};
