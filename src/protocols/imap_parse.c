/* imap_parse.c: IMAP between two others. Each command is told with the answer that bears its tag; literals
 * (RFC 9051 4.3) are stepped over. */
#include "protocols/imap.h"
#include "protocols/lines.h"
#include "protocols/sasl.h"
#include "protocols/tls.h"

#include <stdio.h>
#include <strings.h>

enum { PIPELINE = 16 }; /* commands that may wait for their answers (RFC 9051 5.5) */

struct command {
	char tag[24], name[20], argument[96];
};

/* What an event is written of; command: NULL for the greeting. */
struct exchange {
	const struct command *command;
	struct span answer; /* "OK done"; failed if none came */
	const struct conversation *state;
};

struct conversation {
	struct command commands[PIPELINE];
	uint32_t count;
	char capabilities[512], user[SASL_USER];
	const char *clear_login; /* of the capabilities */
	struct sasl auth;
	uint32_t user_literal; /* octets of the name that LOGIN brings in a literal */
	bool greeted, login, starttls, new_capabilities;
	bool inside[2]; /* behind a literal, in the same line */
	bool lost[2];
};

static void emit(const void *record, struct json *json)
{
	const struct exchange *const exchange = record;
	const struct command *const command = exchange->command;
	struct span text = exchange->answer;

	if (command != NULL) {
		json_open_object(json, "request");
		json_text(json, "tag", command->tag);
		json_text(json, "command", command->name);
		emit_text(json, "argument", command->argument);
		json_end(json);
	}
	if (!text.failed) {
		json_open_object(json, "response");
		json_span(json, "status", text_word(&text));
		emit_span(json, "text", text_trim(text));
		json_end(json);
	}
	if (exchange->state->new_capabilities)
		emit_text(json, "capabilities", exchange->state->capabilities);
	emit_text(json, "user", exchange->state->user);
	emit_text(json, "auth_mechanism", exchange->state->auth.mechanism);
}

static void tell(struct conversation *state, struct parse *parse, const struct command *command,
		 struct span answer)
{
	parse_event(parse, &(struct exchange){ command, answer, state });
	state->new_capabilities = false;
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	for (uint32_t i = 0; i < state->count; i++)
		tell(state, parse, &state->commands[i], (struct span){ .failed = true });
	state->count = 0;
	if (state->clear_login != NULL && !state->login)
		parse_weakness(parse, &imap_clear_login, "%s", state->clear_login);
}

static enum parse_step start_tls(struct conversation *state, struct parse *parse)
{
	end(state, parse);
	parse_upgrade(parse, &protocol_tls);
	return PARSE_ON;
}

/* ---- what both sides have ---- */

/* "{310}" or "{310+}" at the end of a line: so many octets follow, and then the line goes on. */
static bool ends_with_literal(struct span line, uint64_t *ret_length)
{
	size_t open;

	if (span_left(line) < 3 || line.end[-1] != '}')
		return false;
	line.end--;
	if (line.end[-1] == '+')
		line.end--;
	open = span_find_last(line, '{');
	if (open == SIZE_MAX)
		return false;
	span_skip(&line, open + 1);
	return span_number(line, UINT32_MAX, ret_length);
}

static void read_id(struct parse *parse, enum side side, struct span list)
{
	struct span name = span_of(NULL, 0), version = name, key, value;

	while (imap_next_id(&list, &key, &value)) {
		if (span_is_nocase(key, "name"))
			name = value;
		else if (span_is_nocase(key, "version"))
			version = value;
	}
	if (span_left(name) > 0)
		parse_software(parse, side, name, version);
}

/* ---- the client ---- */

static void judge_login(struct conversation *state, struct parse *parse, const char *how)
{
	state->login = true;
	parse_weakness(parse, &imap_clear_login, "%s was used before TLS%s%s", how,
		       state->user[0] != '\0' ? " by " : "", state->user);
}

static void read_response(struct conversation *state, struct parse *parse)
{
	char how[SASL_MECHANISM + 16];

	if (state->auth.user[0] != '\0')
		memcpy(state->user, state->auth.user, sizeof(state->user));
	(void)snprintf(how, sizeof(how), "AUTHENTICATE %s", state->auth.mechanism);
	if (sasl_is_clear(&state->auth) && state->auth.responses > 0)
		judge_login(state, parse, how);
}

/* A word, or a string in quotes. */
static struct span next_string(struct span *s)
{
	*s = text_trim(*s);
	if (span_peek(*s, 0) != '"')
		return text_word(s);
	span_skip(s, 1);
	return span_until(s, '"');
}

static void read_login(struct conversation *state, struct parse *parse, struct span rest)
{
	uint64_t length;

	rest = text_trim(rest);
	if (span_peek(rest, 0) == '{') {
		state->user_literal = ends_with_literal(rest, &length) && length < SASL_USER
					      ? (uint32_t)length
					      : 0;
		return;
	}
	span_copy_text(next_string(&rest), state->user, sizeof(state->user));
	judge_login(state, parse, "LOGIN");
}

/* The argument is kept where it names a mailbox or a mechanism. */
static void read_arguments(struct conversation *state, struct parse *parse, struct command *command,
			   struct span rest)
{
	static const char *const named[] = { "SELECT", "EXAMINE", "CREATE",   "DELETE",
					     "STATUS", "APPEND",  "SUBSCRIBE" };

	if (strcmp(command->name, "LOGIN") == 0) {
		read_login(state, parse, rest);
	} else if (strcmp(command->name, "AUTHENTICATE") == 0) {
		sasl_begin(&state->auth, rest);
		span_copy_text(span_text(state->auth.mechanism), command->argument,
			       sizeof(command->argument));
		read_response(state, parse);
	} else if (strcmp(command->name, "ID") == 0) {
		read_id(parse, SIDE_CLIENT, rest);
	}
	for (size_t i = 0; i < sizeof(named) / sizeof(*named); i++)
		if (strcmp(command->name, named[i]) == 0)
			span_copy_text(next_string(&rest), command->argument, sizeof(command->argument));
	state->starttls = strcmp(command->name, "STARTTLS") == 0;
}

static void read_command(struct conversation *state, struct parse *parse, struct span line)
{
	struct command command = { .tag = "" };
	const struct span tag = text_word(&line), name = text_word(&line);

	if (span_left(name) == 0 || span_left(name) >= sizeof(command.name) ||
	    span_left(tag) >= sizeof(command.tag))
		return;
	span_copy_text(tag, command.tag, sizeof(command.tag));
	for (size_t i = 0; i < span_left(name); i++)
		command.name[i] = (char)(name.at[i] >= 'a' && name.at[i] <= 'z' ? name.at[i] - 'a' + 'A'
										: name.at[i]);
	read_arguments(state, parse, &command, line);
	if (state->count == PIPELINE)
		memmove(state->commands, state->commands + 1, --state->count * sizeof(command));
	state->commands[state->count++] = command;
}

/* The name of LOGIN comes in a literal. False until it has come whole. */
static bool read_user(struct conversation *state, struct parse *parse, struct span *bytes)
{
	if (span_left(*bytes) < state->user_literal)
		return false;
	span_copy_text(span_take(bytes, state->user_literal), state->user, sizeof(state->user));
	state->user_literal = 0;
	judge_login(state, parse, "LOGIN");
	return true;
}

static void read_client_line(struct conversation *state, struct parse *parse, struct span line)
{
	const bool inside = state->inside[SIDE_CLIENT];
	uint64_t length = 0;

	state->inside[SIDE_CLIENT] = ends_with_literal(line, &length);
	if (state->auth.active) {
		sasl_response(&state->auth, line);
		read_response(state, parse);
		state->inside[SIDE_CLIENT] = false;
	} else if (!inside) {
		read_command(state, parse, line);
	}
	if (state->inside[SIDE_CLIENT] && state->user_literal == 0 && length > 0)
		parse_skip(parse, length);
}

static enum parse_step read_client(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct span line;
	enum verdict whole = YES;

	if (!line_resume(&state->lost[SIDE_CLIENT], bytes))
		return PARSE_ON;
	while (span_left(*bytes) > 0 && parse->skip == 0) {
		if (state->user_literal > 0 && !read_user(state, parse, bytes))
			return PARSE_ON;
		if (state->starttls && span_peek(*bytes, 0) == 0x16) /* the answer was not seen */
			return start_tls(state, parse);
		whole = line_take(bytes, &line);
		if (whole != YES)
			return whole == NO ? PARSE_BROKEN : PARSE_ON;
		if (!text_is_plain(line))
			return line_refuse(bytes, line);
		read_client_line(state, parse, line);
	}
	return PARSE_ON;
}

/* ---- the server ---- */

static void read_capabilities(struct conversation *state, struct span list)
{
	struct span code = list;

	list = span_until(&code, ']'); /* of a code in brackets */
	if (list.failed)
		list = code;
	span_copy_text(text_trim(list), state->capabilities, sizeof(state->capabilities));
	state->new_capabilities = true;
	if (!state->login)
		state->clear_login = imap_read_capabilities(list).clear_login;
}

/* "[CAPABILITY IMAP4rev1 ...]" behind OK. */
static void read_code(struct conversation *state, struct span line)
{
	const size_t at = text_find(line, "[CAPABILITY ");

	if (at == SIZE_MAX)
		return;
	span_skip(&line, at + strlen("[CAPABILITY "));
	read_capabilities(state, line);
}

static enum parse_step read_untagged(struct conversation *state, struct parse *parse, struct span line)
{
	span_skip(&line, strlen("* "));
	if (!state->greeted && parse->from_start[SIDE_SERVER]) {
		state->greeted = true;
		parse_product(parse, SIDE_SERVER, line, imap_products, imap_product_count);
		read_code(state, line);
		tell(state, parse, NULL, line);
	} else if (span_begins_nocase(line, "CAPABILITY ")) {
		span_skip(&line, strlen("CAPABILITY "));
		read_capabilities(state, line);
	} else if (span_begins_nocase(line, "ID ")) {
		read_id(parse, SIDE_SERVER, line);
	} else if (span_begins_nocase(line, "OK ")) {
		read_code(state, line);
	}
	return PARSE_ON;
}

/* What follows an answer that was asked for: TLS, or compressed text, of which nothing can be read. */
static enum parse_step follow(struct conversation *state, struct parse *parse, const char *name, bool good)
{
	if (strcmp(name, "STARTTLS") == 0) {
		state->starttls = false;
		return good ? start_tls(state, parse) : PARSE_ON;
	}
	if (strcmp(name, "AUTHENTICATE") == 0)
		state->auth.active = false;
	return strcmp(name, "COMPRESS") == 0 && good ? PARSE_DONE : PARSE_ON;
}

static enum parse_step read_tagged(struct conversation *state, struct parse *parse, struct span line)
{
	const struct span tag = text_word(&line);

	for (uint32_t i = 0; i < state->count; i++) {
		const struct command command = state->commands[i];

		if (!span_is(tag, command.tag))
			continue;
		line = text_trim(line);
		read_code(state, line);
		tell(state, parse, &command, line);
		state->count--;
		memmove(state->commands + i, state->commands + i + 1, (state->count - i) * sizeof(command));
		return follow(state, parse, command.name, span_begins_nocase(line, "OK"));
	}
	return PARSE_ON;
}

static enum parse_step read_server_line(struct conversation *state, struct parse *parse, struct span line)
{
	const bool inside = state->inside[SIDE_SERVER];
	uint64_t length;

	state->inside[SIDE_SERVER] = ends_with_literal(line, &length);
	if (state->inside[SIDE_SERVER] && length > 0)
		parse_skip(parse, length);
	if (inside || span_begins(line, "+"))
		return PARSE_ON;
	if (!state->greeted && parse->from_start[SIDE_SERVER] && imap_greeting_says(line) != YES)
		return PARSE_BROKEN;
	return span_begins(line, "* ") ? read_untagged(state, parse, line) : read_tagged(state, parse, line);
}

static enum parse_step read_server(struct conversation *state, struct parse *parse, struct span *bytes)
{
	enum parse_step step = PARSE_ON;
	struct span line;

	if (!line_resume(&state->lost[SIDE_SERVER], bytes))
		return PARSE_ON;
	while (span_left(*bytes) > 0 && step == PARSE_ON && parse->skip == 0 && !parse->upgraded) {
		const enum verdict whole = line_take(bytes, &line);

		if (whole != YES)
			return whole == NO ? PARSE_BROKEN : PARSE_ON;
		step = read_server_line(state, parse, line);
		if (step == PARSE_BROKEN)
			return line_refuse(bytes, line);
	}
	return step;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	return parse->side == SIDE_CLIENT ? read_client(memory, parse, bytes)
					  : read_server(memory, parse, bytes);
}

static enum parse_step gap(void *memory, struct parse *parse, uint64_t length)
{
	struct conversation *const state = memory;

	(void)length;
	state->lost[parse->side] = true;
	state->inside[parse->side] = state->auth.active = false;
	state->user_literal = 0;
	return PARSE_ON;
}

const struct parser imap_parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.gap = gap,
	.end = end,
	.emit = emit,
	.leads = true,
};
