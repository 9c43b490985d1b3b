/* dict_parse.c: reads conversations of dictionary servers, RFC 2229: who asks which database for which words,
 * and how much was found. Logins (3.11) are digests of the greeting and a password, which are not kept. */
#include "protocols/dict.h"
#include "protocols/tally.h"

enum {
	LIST_FIRST = 110, /* replies that text follows, ended by a dot (3.1.2) */
	LIST_LAST = 114,
	DEFINITIONS = 150,
	DEFINITION = 151,
	MATCHES = 152,
	GREETS = 220,
	LOGGED_IN = 230,
	LOGIN_DENIED = 531,
	FAILS = 400,
};

enum kind { DEFINE, MATCH, SHOW, CLIENT, STATUS, OPTION, AUTH, SASLAUTH, HELP, QUIT, OTHER };
static const struct code_name kinds[] = {
	{ DEFINE, "define" }, { MATCH, "match" },   { SHOW, "show" },   { CLIENT, "client" },
	{ STATUS, "status" }, { OPTION, "option" }, { AUTH, "auth" },   { SASLAUTH, "saslauth" },
	{ HELP, "help" },     { QUIT, "quit" },     { OTHER, "other" },
};

struct conversation {
	struct tally commands;
	struct dotted text;
	uint64_t definitions, matches, errors;
	char client[128], user[64], databases[256], strategies[128], words[512];
	const char *login;
	bool in_text;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	EMIT_TALLY(json, "commands", &state->commands, kinds);
	emit_text(json, "client", state->client);
	emit_text(json, "user", state->user);
	json_text(json, "login", state->login);
	emit_texts(json, "databases", state->databases);
	emit_texts(json, "strategies", state->strategies);
	emit_texts(json, "words", state->words);
	json_unsigned(json, "definitions", state->definitions);
	json_unsigned(json, "matches", state->matches);
	json_unsigned(json, "errors", state->errors);
}

static void end(void *memory, struct parse *parse)
{
	parse_event(parse, memory);
}

/* A word, or a text between marks of either kind (2.2). */
static struct span argument(struct span *rest)
{
	const uint8_t mark = span_peek(text_trim(*rest), 0);
	struct span quoted;

	if (mark != '"' && mark != '\'')
		return text_word(rest);
	*rest = text_trim(*rest);
	span_skip(rest, 1);
	quoted = span_until(rest, mark);
	return quoted.failed ? text_trim(*rest) : quoted;
}

static enum parse_step read_client(void *memory, struct parse *parse, struct span line)
{
	struct conversation *const state = memory;
	const struct span verb = text_word(&line);
	uint32_t kind = 0;

	(void)parse;
	while (kind < OTHER && !span_is_nocase(verb, kinds[kind].name))
		kind++;
	tally_add(&state->commands, kind);
	if (kind == DEFINE || kind == MATCH)
		texts_note(state->databases, sizeof(state->databases), argument(&line));
	if (kind == MATCH)
		texts_note(state->strategies, sizeof(state->strategies), argument(&line));
	if (kind == DEFINE || kind == MATCH)
		texts_note(state->words, sizeof(state->words), argument(&line));
	if (kind == CLIENT)
		span_copy_text(argument(&line), state->client, sizeof(state->client));
	if (kind == AUTH)
		span_copy_text(argument(&line), state->user, sizeof(state->user));
	return PARSE_ON;
}

static void count_found(uint64_t *sum, struct span rest)
{
	uint64_t number;

	if (span_number(text_word(&rest), UINT32_MAX, &number))
		*sum += number;
}

static enum parse_step read_server(void *memory, struct parse *parse, struct span line)
{
	struct conversation *const state = memory;
	const struct span reply = line;
	const struct span digits = text_word(&line);
	uint64_t code;

	if (span_left(digits) != 3 || !span_number(digits, 999, &code))
		return PARSE_BROKEN;
	if (code == DEFINITIONS)
		count_found(&state->definitions, line);
	else if (code == MATCHES)
		count_found(&state->matches, line);
	else if (code == GREETS)
		parse_product(parse, SIDE_SERVER, reply, dict_products, DICT_PRODUCTS);
	else if (code == LOGGED_IN || code == LOGIN_DENIED)
		state->login = code == LOGGED_IN ? "accepted" : "refused";
	state->errors += code >= FAILS;
	state->in_text = code == DEFINITION || code == MATCHES || (code >= LIST_FIRST && code <= LIST_LAST);
	if (state->in_text)
		state->text = (struct dotted){ 0 };
	return state->in_text ? PARSE_DONE : PARSE_ON; /* done with lines, until the text has ended */
}

static enum parse_step read_replies(struct conversation *state, struct parse *parse, struct span *bytes)
{
	enum parse_step step = PARSE_DONE;

	while (step == PARSE_DONE && span_left(*bytes) > 0) {
		if (state->in_text && !dotted_skip(&state->text, bytes))
			return PARSE_ON;
		state->in_text = false;
		step = lines_read(state, parse, bytes, read_server);
	}
	return step == PARSE_DONE ? PARSE_ON : step;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	return parse->side == SIDE_CLIENT ? lines_read(memory, parse, bytes, read_client)
					  : read_replies(memory, parse, bytes);
}

const struct parser dict_parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};
