/* stomp.c: the Simple Text Oriented Messaging Protocol, versions 1.0 to 1.2: a command, headers, an empty
 * line, and a body that NUL ends. Bodies are not looked at. */
#include "protocols/lines.h"
#include "protocols/tally.h"

enum { HEADER_NAME_MOST = 48 };

static const struct weakness clear_login = {
	"stomp-clear-login",
	"STOMP takes passwords in the clear",
	2,
	"Offer STOMP inside TLS alone.",
};
static const struct weakness no_auth = {
	"stomp-no-auth",
	"STOMP lets in whoever connects",
	2,
	"Demand a login of all clients.",
};
static const struct weakness *const weaknesses[] = { &clear_login, &no_auth, NULL };

static const struct code_name commands[] = {
	{ 0, "CONNECT" },     { 1, "STOMP" },    { 2, "SEND" },        { 3, "SUBSCRIBE" },
	{ 4, "UNSUBSCRIBE" }, { 5, "ACK" },      { 6, "NACK" },        { 7, "BEGIN" },
	{ 8, "COMMIT" },      { 9, "ABORT" },    { 10, "DISCONNECT" }, { 11, "CONNECTED" },
	{ 12, "MESSAGE" },    { 13, "RECEIPT" }, { 14, "ERROR" },
};
enum { COMMANDS = sizeof(commands) / sizeof(*commands), CONNECTED = 11 };

/* ---- recognising ---- */

/* "name:" of the line behind the command, in small letters, figures and hyphens. */
static enum verdict recognise_header(struct span s)
{
	for (size_t i = 0; i < span_left(s); i++) {
		const uint8_t c = s.at[i];

		if (c == ':')
			return i > 1 ? YES : NO;
		if (i == HEADER_NAME_MOST || !((c >= 'a' && c <= 'z') || c == '-' || (c >= '0' && c <= '9')))
			return NO;
	}
	return MORE;
}

static enum verdict recognise_frame(struct span first, const char *command)
{
	const enum verdict begins = recognise_text(first, command);

	if (begins != YES)
		return begins;
	span_skip(&first, strlen(command));
	if (span_peek(first, 0) == '\r')
		span_skip(&first, 1);
	if (span_left(first) == 0)
		return MORE;
	return span_u8(&first) == '\n' ? recognise_header(first) : NO;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	enum verdict best;

	if (transport != TRANSPORT_TCP)
		return NO;
	if (side == SIDE_SERVER) {
		best = recognise_frame(first, "CONNECTED");
		return best == NO ? recognise_frame(first, "ERROR") : best;
	}
	best = recognise_frame(first, "CONNECT");
	return best == NO ? recognise_frame(first, "STOMP") : best;
}

/* ---- reading ---- */

enum place { COMMAND, HEADERS, BODY, BODY_COUNTED };

struct conversation {
	struct tally commands;
	struct {
		uint8_t place; /* enum place */
		uint8_t command;
		bool counted;
		uint64_t length;
	} sides[2];
	char version[16], server[64], host[96], user[96], destinations[512], error[160];
	bool password, connected, told;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	emit_text(json, "version", state->version);
	emit_text(json, "server", state->server);
	emit_text(json, "host", state->host);
	emit_text(json, "user", state->user);
	json_bool(json, "connected", state->connected);
	EMIT_TALLY(json, "commands", &state->commands, commands);
	emit_texts(json, "destinations", state->destinations);
	emit_text(json, "error", state->error);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told)
		parse_event(parse, state);
	state->told = true;
}

static bool read_command(struct conversation *state, enum side side, struct span line)
{
	size_t i = 0;

	if (span_left(line) == 0)
		return true; /* the heart beats */
	while (i < COMMANDS && !span_is(line, commands[i].name))
		i++;
	if (i == COMMANDS || (i >= CONNECTED) != (side == SIDE_SERVER))
		return false;
	tally_add(&state->commands, (uint32_t)i);
	state->sides[side].command = (uint8_t)i;
	state->sides[side].counted = false;
	state->sides[side].place = HEADERS;
	return true;
}

static void read_header(struct conversation *state, struct parse *parse, struct span line)
{
	const struct span name = span_until(&line, ':'), value = line;

	if (name.failed)
		return;
	if (span_is(name, "content-length"))
		state->sides[parse->side].counted = span_number(text_trim(value), INT64_MAX,
								&state->sides[parse->side].length);
	else if (span_is(name, "destination"))
		texts_note(state->destinations, sizeof(state->destinations), value);
	else if (span_is(name, "login"))
		span_copy_text(value, state->user, sizeof(state->user));
	else if (span_is(name, "passcode"))
		state->password = true;
	else if (span_is(name, "host"))
		span_copy_text(value, state->host, sizeof(state->host));
	else if (span_is(name, "version"))
		span_copy_text(value, state->version, sizeof(state->version));
	else if (span_is(name, "server"))
		span_copy_text(value, state->server, sizeof(state->server));
	else if (span_is(name, "message") && parse->side == SIDE_SERVER)
		span_copy_text(value, state->error, sizeof(state->error));
}

/* "RabbitMQ/3.10.8", "ActiveMQ-Artemis/2.28". */
static void name_server(const struct conversation *state, struct parse *parse)
{
	struct span version = span_text(state->server), name = span_until(&version, '/');

	if (state->server[0] != '\0')
		parse_software(parse, SIDE_SERVER, name.failed ? span_text(state->server) : name,
			       name.failed ? span_text("") : text_word(&version));
}

static void end_headers(struct conversation *state, struct parse *parse)
{
	const uint8_t command = state->sides[parse->side].command;

	if (command <= 1 && state->password)
		parse_weakness(parse, &clear_login, "login of user %s", state->user);
	if (command != CONNECTED)
		return;
	state->connected = true;
	name_server(state, parse);
	if (!state->password && parse->from_start[SIDE_CLIENT])
		parse_weakness(parse, &no_auth, "a client without a password was let in");
}

/* Steps over a body: false while its end has not come. */
static bool skip_body(struct conversation *state, struct parse *parse, struct span *bytes)
{
	const uint8_t *end;

	if (state->sides[parse->side].place == BODY_COUNTED) {
		if (span_u8(bytes) != 0)
			return false;
	} else {
		end = memchr(bytes->at, 0, span_left(*bytes));
		if (end == NULL) {
			bytes->at = bytes->end;
			return true;
		}
		bytes->at = end + 1;
	}
	state->sides[parse->side].place = COMMAND;
	return true;
}

static void begin_body(struct conversation *state, struct parse *parse)
{
	const bool counted = state->sides[parse->side].counted;

	state->sides[parse->side].place = counted ? BODY_COUNTED : BODY;
	if (counted && state->sides[parse->side].length > 0)
		parse_skip(parse, state->sides[parse->side].length);
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;

	while (span_left(*bytes) > 0 && parse->skip == 0) {
		struct span line;
		enum verdict whole;

		if (state->sides[parse->side].place >= BODY) {
			if (!skip_body(state, parse, bytes))
				return PARSE_BROKEN;
			continue;
		}
		whole = line_take(bytes, &line);
		if (whole != YES)
			return whole == NO ? PARSE_BROKEN : PARSE_ON;
		if (state->sides[parse->side].place == COMMAND) {
			if (!read_command(state, parse->side, line))
				return PARSE_BROKEN;
		} else if (span_left(line) > 0) {
			read_header(state, parse, line);
		} else {
			end_headers(state, parse);
			begin_body(state, parse);
		}
	}
	return PARSE_ON;
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
	static const char words[] = "CONNECT\naccept-version:1.0,1.1,1.2\nhost:/\n\n";

	(void)state;
	(void)transport;
	buffer_add(out, words, sizeof(words));
}

static void tell_server(struct span text, struct answer *answer)
{
	const struct span product = span_until(&text, '/');

	answer_product(answer, product, text_word(&text));
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct span rest = *heard, line;
	const enum verdict verdict = span_left(rest) > 0 ? recognise(rest, SIDE_SERVER, TRANSPORT_TCP) : MORE;
	const bool welcome = span_peek(*heard, 0) == 'C';

	(void)state;
	if (verdict != YES)
		return verdict == MORE && !ended ? PROBE_WAIT : PROBE_NOT;
	if (memchr(rest.at, 0, span_left(rest)) == NULL && !ended && span_left(rest) < TEXT_LINE_LIMIT)
		return PROBE_WAIT;
	while (!(line = span_line(&rest)).failed && span_left(line) > 0) {
		const struct span name = span_until(&line, ':');

		if (span_is(name, "version"))
			answer_fact(answer, "version", line);
		else if (span_is(name, "server"))
			tell_server(line, answer);
		else if (span_is(name, "message") && !welcome)
			answer_fact(answer, "error", line);
	}
	if (welcome) {
		answer_weakness(answer, &no_auth, "it let us in");
		buffer_add(out, "DISCONNECT\n\n", sizeof("DISCONNECT\n\n"));
	}
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_stomp = {
	.name = "stomp",
	.title = "Simple Text Oriented Messaging Protocol",
	DOORS(TCP(61613)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.parser = &parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
