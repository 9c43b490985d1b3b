/* tor_control.c: Tor's control protocol, control-spec: commands in lines, answers with codes of three digits.
 */
#include "protocols/tally.h"

enum { COMMANDS = 384, VERSION = 32, METHODS = 96 };

static const struct weakness no_auth = {
	"tor-control-no-auth",
	"Tor is controlled by whoever connects",
	1,
	"Set CookieAuthentication or HashedControlPassword, and bind ControlPort to loopback.",
};
static const struct weakness clear_login = {
	"tor-control-clear-login",
	"Tor's control takes its password in the clear",
	2,
	"Bind ControlPort to loopback or a Unix socket, and let clients use the cookie.",
};
static const struct weakness *const weaknesses[] = { &no_auth, &clear_login, NULL };

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	static const struct text_command commands[] = { { "PROTOCOLINFO*", YES },
							{ "AUTHCHALLENGE SAFECOOKIE *", YES },
							{ "AUTHENTICATE*", MORE },
							{ "GETINFO *", MORE } };

	if (transport != TRANSPORT_TCP)
		return NO;
	return side == SIDE_CLIENT ? text_commands(first, commands, sizeof(commands) / sizeof(*commands))
				   : recognise_text(first, "250-PROTOCOLINFO ");
}

/* ---- reading ---- */

struct conversation {
	char commands[COMMANDS]; /* texts, with the key that a command is about */
	char version[VERSION], methods[METHODS], error[METHODS];
	const char *kind;         /* of authentication, or NULL */
	uint32_t asked, answered; /* commands, and final lines of replies */
	uint32_t authenticates;   /* the number of the command that did */
	uint32_t events, errors;
	struct dotted dotted[2];
	bool in_data[2], authenticated, refused;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	emit_text(json, "version", state->version);
	emit_text(json, "auth_methods", state->methods);
	json_text(json, "authentication", state->kind);
	if (state->authenticated || state->refused)
		json_bool(json, "authenticated", state->authenticated);
	emit_texts(json, "commands", state->commands);
	json_unsigned(json, "command_count", state->asked);
	json_unsigned(json, "events", state->events);
	json_unsigned(json, "errors", state->errors);
	emit_text(json, "error", state->error);
}

static void end(void *memory, struct parse *parse)
{
	const struct conversation *const state = memory;

	if (state->asked > 0 || state->answered > 0)
		parse_event_as(parse, "tor_control", emit, state);
}

/* Behind AUTHENTICATE stands nothing, a password in quotes, or octets in hexadecimal: a cookie or its hash
 * (control-spec 3.5). */
static void read_authenticate(struct conversation *state, struct parse *parse, struct span secret)
{
	secret = text_trim(secret);
	state->authenticates = state->asked;
	state->kind = span_left(secret) == 0 ? "none" : *secret.at == '"' ? "password" : "cookie";
	if (state->kind[0] == 'p')
		parse_weakness(parse, &clear_login, "AUTHENTICATE with a password");
}

static enum parse_step read_command(void *memory, struct parse *parse, struct span line)
{
	static const char *const with_key[] = { "GETINFO",   "GETCONF", "SETCONF",
						"RESETCONF", "SIGNAL",  "SETEVENTS" };
	struct conversation *const state = memory;
	struct span rest = line, verb = text_word(&rest), key = rest;
	bool has_key = false;

	if (span_left(verb) == 0)
		return PARSE_BROKEN;
	state->asked++;
	state->in_data[SIDE_CLIENT] = *verb.at == '+';
	state->dotted[SIDE_CLIENT] = (struct dotted){ 0 };
	for (size_t i = 0; i < sizeof(with_key) / sizeof(*with_key); i++)
		has_key |= span_is_nocase(verb, with_key[i]);
	key = text_word(&key);
	for (const uint8_t *at = key.at; has_key && at < key.end; at++) /* values may be secret */
		if (*at == '=')
			key.end = at;
	if (span_is_nocase(verb, "AUTHENTICATE"))
		read_authenticate(state, parse, rest);
	texts_note(state->commands, sizeof(state->commands),
		   has_key && span_left(key) > 0 ? (struct span){ .at = verb.at, .end = key.end } : verb);
	return PARSE_ON;
}

/* "250-VERSION Tor="0.4.9.11" OpenSSL=...", "250-AUTH METHODS=COOKIE,SAFECOOKIE COOKIEFILE=...". */
static void read_protocol_info(struct conversation *state, struct parse *parse, struct span line)
{
	static const char version[] = "250-VERSION Tor=\"", methods[] = "250-AUTH METHODS=";

	if (span_begins(line, version)) {
		span_skip(&line, strlen(version));
		line = span_until(&line, '"');
		span_copy_text(line, state->version, sizeof(state->version));
		parse_software(parse, SIDE_SERVER, span_text("Tor"), line);
	} else if (span_begins(line, methods)) {
		span_skip(&line, strlen(methods));
		span_copy_text(text_word(&line), state->methods, sizeof(state->methods));
		if (strcmp(state->methods, "NULL") == 0)
			parse_weakness(parse, &no_auth, "its only method of authentication is NULL");
	}
}

/* The line that ends an answer: a code, and a blank behind it. */
static void read_end_of_reply(struct conversation *state, struct parse *parse, struct span line)
{
	const bool is_good = *line.at == '2';

	state->answered++;
	if (!is_good) {
		state->errors++;
		span_copy_text(line, state->error, sizeof(state->error));
	}
	if (state->kind == NULL || state->answered != state->authenticates)
		return;
	state->authenticated = is_good;
	state->refused = !is_good;
	if (is_good && strcmp(state->kind, "none") == 0)
		parse_weakness(parse, &no_auth, "AUTHENTICATE without a secret was accepted");
}

static enum parse_step read_reply(void *memory, struct parse *parse, struct span line)
{
	struct conversation *const state = memory;
	struct span rest = line;
	uint64_t code;

	if (!span_number(span_take(&rest, 3), 999, &code) || span_left(rest) == 0)
		return PARSE_BROKEN;
	state->in_data[SIDE_SERVER] = *rest.at == '+';
	state->dotted[SIDE_SERVER] = (struct dotted){ 0 };
	if (code >= 600)
		state->events += *rest.at == ' ';
	else if (*rest.at == ' ')
		read_end_of_reply(state, parse, line);
	else
		read_protocol_info(state, parse, line);
	return PARSE_ON;
}

/* Behind a line with "+" follows text that a dot ends. */
static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	const enum side side = parse->side;
	enum parse_step step = PARSE_ON;

	while (step == PARSE_ON && span_left(*bytes) > 0) {
		struct span rest = *bytes, line;
		enum verdict whole;

		if (state->in_data[side]) {
			state->in_data[side] = !dotted_skip(&state->dotted[side], bytes);
			continue;
		}
		whole = line_take(&rest, &line);
		if (whole == MORE)
			return PARSE_ON;
		if (whole == NO || !text_is_plain(line))
			return PARSE_BROKEN;
		step = side == SIDE_CLIENT ? read_command(state, parse, line)
					   : read_reply(state, parse, line);
		if (step == PARSE_ON)
			*bytes = rest;
	}
	return step;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};

/* ---- asking ---- */

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_text(out, "PROTOCOLINFO 1\r\n");
}

static void tell_line(struct span line, struct answer *answer)
{
	static const char version[] = "250-VERSION Tor=\"", methods[] = "250-AUTH METHODS=";

	if (span_begins(line, version)) {
		span_skip(&line, strlen(version));
		answer_product(answer, span_text("Tor"), span_until(&line, '"'));
	} else if (span_begins(line, methods)) {
		span_skip(&line, strlen(methods));
		line = text_word(&line);
		answer_fact(answer, "authentication", line);
		if (span_is(line, "NULL"))
			answer_weakness(answer, &no_auth, "its only method of authentication is NULL");
	}
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);
	struct span rest = *heard, line;

	(void)state;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	if (span_find(*heard, "250 OK\r\n") == SIZE_MAX && !ended)
		return PROBE_WAIT;
	while (!(line = span_line(&rest)).failed)
		tell_line(line, answer);
	buffer_text(out, "QUIT\r\n");
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_tor_control = {
	.name = "tor-control",
	.title = "Tor control",
	DOORS(TCP(9051)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.parser = &parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
