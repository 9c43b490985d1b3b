/* nut.c: Network UPS Tools, RFC 9271: lines of commands and answers about uninterruptible power supplies. */
#include "protocols/tally.h"
#include "protocols/tls.h"

enum { NAME = 64, LIST = 256 };

static const struct weakness clear_login = {
	"nut-clear-login",
	"Network UPS Tools take passwords in the clear",
	2,
	"Give upsd a certificate (CERTFILE) and let clients ask for TLS, or keep it to addresses of this "
	"host.",
};
static const struct weakness *const weaknesses[] = { &clear_login, NULL };

static const struct text_command commands[] = {
	{ "LIST UPS", YES },       { "LIST VAR ?*", YES },
	{ "LIST RW ?*", YES },     { "LIST CMD ?*", YES },
	{ "LIST CLIENT ?*", YES }, { "GET VAR ?* ?*", YES },
	{ "GET UPSDESC ?*", YES }, { "GET NUMLOGINS ?*", YES },
	{ "INSTCMD ?*", YES },     { "NETVER", YES },
	{ "VER", MORE }, /* others have words like these as well */
	{ "USERNAME ?*", MORE },   { "PASSWORD ?*", MORE },
	{ "LOGIN ?*", MORE },      { "STARTTLS", MORE },
};

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	static const char *const server[] = {
		"Network UPS Tools upsd ",  "BEGIN LIST UPS\n", "BEGIN LIST VAR ",
		"ERR ACCESS-DENIED",        "ERR UNKNOWN-UPS",  "ERR VAR-NOT-SUPPORTED",
		"ERR DRIVER-NOT-CONNECTED", "ERR DATA-STALE",   "ERR FEATURE-NOT-CONFIGURED",
		"ERR USERNAME-REQUIRED",    "OK STARTTLS\n"
	};

	if (transport != TRANSPORT_TCP)
		return NO;
	return side == SIDE_CLIENT ? text_commands(first, commands, sizeof(commands) / sizeof(*commands))
				   : recognise_texts(first, server, sizeof(server) / sizeof(*server));
}

struct conversation {
	char user[NAME], version[NAME], error[NAME];
	char names[LIST], commands[LIST]; /* texts */
	bool starttls;
	bool told;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	emit_text(json, "version", state->version);
	emit_text(json, "user", state->user);
	emit_texts(json, "ups", state->names);
	emit_texts(json, "commands", state->commands);
	if (state->starttls)
		json_bool(json, "starttls", true);
	emit_text(json, "error", state->error);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told &&
	    (state->commands[0] != '\0' || state->version[0] != '\0' || state->error[0] != '\0'))
		parse_event(parse, state);
	state->told = true;
}

static enum parse_step read_client(void *memory, struct parse *parse, struct span line)
{
	struct conversation *const state = memory;
	struct span rest = line;
	const struct span verb = text_word(&rest), first = text_word(&rest);
	const bool has_two = span_is(verb, "LIST") || span_is(verb, "GET");

	texts_note(state->commands, sizeof(state->commands),
		   has_two ? (struct span){ .at = verb.at, .end = first.end } : verb);
	if (span_is(verb, "USERNAME"))
		span_copy_text(first, state->user, sizeof(state->user));
	else if (span_is(verb, "PASSWORD"))
		parse_weakness(parse, &clear_login, "PASSWORD of user %s",
			       state->user[0] != '\0' ? state->user : "(not seen)");
	else if (has_two || span_is(verb, "LOGIN") || span_is(verb, "INSTCMD") || span_is(verb, "SET"))
		texts_note(state->names, sizeof(state->names),
			   has_two || span_is(verb, "SET") ? text_word(&rest) : first);
	return PARSE_ON;
}

static void read_version(struct conversation *state, struct parse *parse, struct span line)
{
	static const struct text_product products[] = { { "Network UPS Tools upsd",
							  "Network UPS Tools upsd" } };
	struct span product, version;

	if (state->version[0] != '\0' || !text_product(line, products, 1, &product, &version))
		return;
	span_copy_text(version, state->version, sizeof(state->version));
	parse_software(parse, SIDE_SERVER, product, version);
}

static enum parse_step read_server(void *memory, struct parse *parse, struct span line)
{
	struct conversation *const state = memory;
	struct span rest = line;
	const struct span verb = text_word(&rest);

	read_version(state, parse, line);
	if (span_is(verb, "UPS"))
		texts_note(state->names, sizeof(state->names), text_word(&rest));
	else if (span_is(verb, "ERR"))
		span_copy_text(text_word(&rest), state->error, sizeof(state->error));
	if (span_is(line, "OK STARTTLS")) {
		state->starttls = true;
		end(state, parse);
		parse_upgrade(parse, &protocol_tls);
	}
	return PARSE_ON;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	return lines_read(memory, parse, bytes, parse->side == SIDE_CLIENT ? read_client : read_server);
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
	.leads = true,
};

/* ---- asking ---- */

struct asked {
	bool version_told;
};

static void greet(void *memory, unsigned transport, struct buffer *out)
{
	(void)memory;
	(void)transport;
	buffer_text(out, "VER\nLIST UPS\nLOGOUT\n");
}

static enum probe_step hear(void *memory, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	static const struct text_product products[] = { { "Network UPS Tools upsd",
							  "Network UPS Tools upsd" } };
	struct asked *const state = memory;
	struct span line;
	enum verdict whole;

	(void)out;
	while ((whole = line_hear(heard, ended, &line)) == YES) {
		struct span rest = line;
		const struct span verb = text_word(&rest);

		if (!state->version_told && !text_tell_product(answer, line, products, 1))
			return PROBE_NOT;
		state->version_told = true;
		if (span_is(verb, "UPS"))
			answer_fact(answer, "ups", text_word(&rest));
		else if (span_is(verb, "ERR"))
			answer_fact(answer, "error", text_trim(rest));
		if (span_is(verb, "END") || span_is(verb, "ERR") || span_is(verb, "OK"))
			return PROBE_DONE;
	}
	return whole == MORE ? PROBE_WAIT : state->version_told ? PROBE_DONE : PROBE_NOT;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_nut = {
	.name = "nut",
	.title = "Network UPS Tools",
	DOORS(TCP(3493)),
	.privacy = PRIVACY_EITHER,
	.clear_without_tls = true,
	.recognise = recognise,
	.parser = &parser,
	.probe = &probe,
	.probe_state_size = sizeof(struct asked),
	.weaknesses = weaknesses,
};
