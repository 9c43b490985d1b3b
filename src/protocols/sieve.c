/* sieve.c: ManageSieve, RFC 5804: lines of words and strings; a string is quoted, or counted ("{12+}") and
 * behind the line's end. Scripts go by and are not kept. */
#include "protocols/sasl.h"
#include "protocols/tally.h"
#include "protocols/tls.h"

enum { NAME = 128, LIST = 512, EXTENSIONS = 1024 };

static const struct weakness clear_login = {
	"sieve-clear-login",
	"ManageSieve takes passwords in the clear",
	2,
	"Offer PLAIN and LOGIN only after STARTTLS: disable_plaintext_auth in Dovecot.",
};
static const struct weakness *const weaknesses[] = { &clear_login, NULL };

static const struct text_command commands[] = {
	{ "AUTHENTICATE \"?*", YES }, { "CAPABILITY", YES },
	{ "LISTSCRIPTS", YES },       { "HAVESPACE \"?*", YES },
	{ "PUTSCRIPT \"?*", YES },    { "SETACTIVE \"*", YES },
	{ "GETSCRIPT \"?*", YES },    { "CHECKSCRIPT {*", YES },
	{ "STARTTLS", MORE }, /* smtp and nut as well */
	{ "LOGOUT", MORE },           { "NOOP*", MORE },
};

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	static const char *const server[] = { "\"IMPLEMENTATION\" \"", "\"SIEVE\" \"", "\"SASL\" \"" };

	if (transport != TRANSPORT_TCP)
		return NO;
	return side == SIDE_CLIENT ? text_commands(first, commands, sizeof(commands) / sizeof(*commands))
				   : recognise_texts(first, server, 3);
}

/* Cuts a quoted string off; without escapes, which names of capabilities never need. */
static struct span take_quoted(struct span *line)
{
	*line = text_trim(*line);
	if (span_peek(*line, 0) != '"')
		return span_of(NULL, 0);
	span_skip(line, 1);
	return span_until(line, '"');
}

static const struct text_product products[] = {
	{ "Dovecot (Debian) Pigeonhole", "Dovecot Pigeonhole" },
	{ "Pigeonhole", "Dovecot Pigeonhole" },
	{ "Cyrus timsieved", "Cyrus timsieved" },
	{ "Stalwart", "Stalwart" },
};
enum { PRODUCTS = sizeof(products) / sizeof(*products) };

/* What a server can do before a login. */
struct capabilities {
	char implementation[NAME], mechanisms[NAME], version[16], extensions[EXTENSIONS];
	bool starttls, clear, any;
};

/* True if the line is of the list. */
static bool read_capability(struct capabilities *capabilities, struct span line)
{
	const struct span name = take_quoted(&line), value = take_quoted(&line);

	if (span_left(name) == 0)
		return false;
	capabilities->any = true;
	if (span_is_nocase(name, "IMPLEMENTATION"))
		span_copy_text(value, capabilities->implementation, sizeof(capabilities->implementation));
	else if (span_is_nocase(name, "SASL"))
		span_copy_text(value, capabilities->mechanisms, sizeof(capabilities->mechanisms));
	else if (span_is_nocase(name, "VERSION"))
		span_copy_text(value, capabilities->version, sizeof(capabilities->version));
	else if (span_is_nocase(name, "SIEVE"))
		span_copy_text(value, capabilities->extensions, sizeof(capabilities->extensions));
	else if (span_is_nocase(name, "STARTTLS"))
		capabilities->starttls = true;
	if (span_is_nocase(name, "SASL"))
		capabilities->clear = text_has_word(value, "PLAIN") || text_has_word(value, "LOGIN");
	return true;
}

/* ---- reading ---- */

struct conversation {
	struct capabilities capabilities;
	struct sasl auth;
	char commands[LIST], scripts[LIST]; /* texts */
	uint32_t asked, answered, tls_asked;
	bool greeted, auth_answered, authenticated, starttls, told;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	emit_text(json, "implementation", state->capabilities.implementation);
	emit_text(json, "version", state->capabilities.version);
	emit_text(json, "mechanisms", state->capabilities.mechanisms);
	emit_text(json, "extensions", state->capabilities.extensions);
	emit_text(json, "auth_mechanism", state->auth.mechanism);
	emit_text(json, "user", state->auth.user);
	if (state->auth_answered)
		json_bool(json, "authenticated", state->authenticated);
	emit_texts(json, "commands", state->commands);
	emit_texts(json, "scripts", state->scripts);
	if (state->starttls)
		json_bool(json, "starttls", true);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (state->told || (state->commands[0] == '\0' && !state->capabilities.any))
		return;
	state->told = true;
	parse_event(parse, state);
	if (state->capabilities.clear && state->auth.mechanism[0] == '\0')
		parse_weakness(parse, &clear_login, "SASL %s is offered before TLS",
			       state->capabilities.mechanisms);
}

static void judge_login(const struct conversation *state, struct parse *parse)
{
	if (sasl_is_clear(&state->auth) && state->auth.responses > 0)
		parse_weakness(parse, &clear_login, "%s was used before TLS%s%s", state->auth.mechanism,
			       state->auth.user[0] != '\0' ? " by " : "", state->auth.user);
}

/* "{31+}" or "{31}" at the line's end: as many octets and the line's end stand behind it. */
static uint64_t counted(struct span line)
{
	const size_t at = span_find_last(line, '{');
	uint64_t length = 0;

	if (at == SIZE_MAX || !span_ends(line, "}"))
		return 0;
	span_skip(&line, at + 1);
	line.end--;
	if (span_ends(line, "+"))
		line.end--;
	return span_number(line, UINT32_MAX, &length) ? length : 0;
}

static void read_response(struct conversation *state, struct parse *parse, struct span line)
{
	const struct span quoted = take_quoted(&line);

	if (span_left(quoted) > 0 || span_left(line) > 0)
		sasl_response(&state->auth, span_left(quoted) > 0 ? quoted : line);
	judge_login(state, parse);
}

static void begin_login(struct conversation *state, struct parse *parse, struct span line)
{
	const struct span mechanism = take_quoted(&line), first = take_quoted(&line);

	sasl_begin(&state->auth, mechanism);
	if (span_left(first) > 0)
		sasl_response(&state->auth, first);
	judge_login(state, parse);
}

static enum parse_step read_client(void *memory, struct parse *parse, struct span line)
{
	struct conversation *const state = memory;
	const uint64_t length = counted(line);
	struct span rest = line, verb;

	if (state->auth.active) {
		if (length == 0) /* a counted response is the next line */
			read_response(state, parse, line);
		return PARSE_ON;
	}
	verb = text_word(&rest);
	if (span_left(verb) == 0)
		return PARSE_ON;
	texts_note(state->commands, sizeof(state->commands), verb);
	state->asked++;
	if (span_is_nocase(verb, "AUTHENTICATE")) {
		begin_login(state, parse, rest);
		return PARSE_ON;
	}
	if (span_is_nocase(verb, "STARTTLS"))
		state->tls_asked = state->asked;
	else if (!span_is_nocase(verb, "NOOP"))
		texts_note(state->scripts, sizeof(state->scripts), take_quoted(&rest));
	if (length > 0)
		parse_skip(parse, length);
	return PARSE_ON;
}

static enum parse_step read_answer(struct conversation *state, struct parse *parse, bool done)
{
	if (!state->greeted && parse->from_start[SIDE_SERVER]) {
		state->greeted = true;
		return PARSE_ON;
	}
	state->answered++;
	if (state->auth.active || (state->auth.mechanism[0] != '\0' && !state->auth_answered)) {
		state->auth.active = false;
		state->auth_answered = true;
		state->authenticated = done;
	}
	if (done && state->tls_asked > 0 && state->answered == state->tls_asked) {
		state->starttls = true;
		end(state, parse);
		parse_upgrade(parse, &protocol_tls);
	}
	return PARSE_ON;
}

static enum parse_step read_server(void *memory, struct parse *parse, struct span line)
{
	struct conversation *const state = memory;
	const bool known = state->capabilities.implementation[0] != '\0';
	const uint64_t length = counted(line);
	struct span rest = line;
	const struct span verb = text_word(&rest);

	if (length > 0)
		parse_skip(parse, length);
	if (span_is_nocase(verb, "OK") || span_is_nocase(verb, "NO") || span_is_nocase(verb, "BYE"))
		return read_answer(state, parse, span_is_nocase(verb, "OK"));
	if (read_capability(&state->capabilities, line) && !known)
		parse_product(parse, SIDE_SERVER, span_text(state->capabilities.implementation), products,
			      PRODUCTS);
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

/* The greeting is the list of capabilities, and "OK". */
static enum probe_step hear(void *memory, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct capabilities capabilities = { .starttls = false };
	struct span rest = *heard, line;
	enum verdict whole;

	(void)memory;
	while ((whole = line_hear(&rest, ended, &line)) == YES && read_capability(&capabilities, line))
		;
	if (whole != YES)
		return whole == MORE ? PROBE_WAIT : PROBE_NOT;
	if (!span_begins_nocase(line, "OK") || capabilities.implementation[0] == '\0')
		return PROBE_NOT;
	*heard = rest;
	answer_fact(answer, "implementation", span_text(capabilities.implementation));
	answer_fact(answer, "mechanisms", span_text(capabilities.mechanisms));
	answer_fact(answer, "extensions", span_text(capabilities.extensions));
	(void)text_tell_product(answer, span_text(capabilities.implementation), products, PRODUCTS);
	answer->starttls = answer->starttls || capabilities.starttls;
	if (!answer->inside_tls && capabilities.clear)
		answer_weakness(answer, &clear_login, "SASL %s is offered before TLS",
				capabilities.mechanisms);
	buffer_text(out, "LOGOUT\r\n");
	return PROBE_DONE;
}

static const struct start_tls_step start_tls_steps[] = {
	{ "OK", "STARTTLS\r\n" },
	{ "OK", NULL },
};
static const struct start_tls start_tls = { .steps = start_tls_steps };

static const struct probe probe = {
	.transports = PROBE_TCP, .server_speaks_first = true, .hear = hear, .start_tls = &start_tls
};

const struct protocol protocol_sieve = {
	.name = "sieve",
	.title = "ManageSieve",
	DOORS(TCP(4190)),
	.privacy = PRIVACY_EITHER,
	.clear_without_tls = true,
	.recognise = recognise,
	ALPN("managesieve"),
	.parser = &parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
