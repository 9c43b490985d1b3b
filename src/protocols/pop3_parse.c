/* pop3_parse.c: POP3 between two others. Each command is told with its answer; mails are stepped over. */
#include "protocols/lines.h"
#include "protocols/pop3.h"
#include "protocols/sasl.h"
#include "protocols/tls.h"

#include <stdio.h>
#include <strings.h>

enum { PIPELINE = 16 }; /* commands that may wait for their answers (RFC 2449 6.6) */

struct command {
	char name[8], arguments[64];
	bool has_arguments;
};

/* What an event is written of; command: NULL for the greeting. */
struct exchange {
	const struct command *command;
	struct span answer; /* the line; failed if none came */
	const char *user, *mechanism;
	const struct pop3_capabilities *capabilities;
	uint64_t length;
	bool has_length;
};

struct conversation {
	struct command commands[PIPELINE]; /* in a ring */
	uint32_t sent, answered;
	char user[SASL_USER];
	char answer[128]; /* its first line, while the lines behind it come */
	struct sasl auth;
	struct pop3_capabilities capabilities;
	struct dotted text;
	bool in_text, in_capabilities, greeted, login, stls;
	bool lost[2];
};

static void emit_response(const struct exchange *exchange, struct json *json)
{
	struct span line = exchange->answer, status = text_word(&line);

	json_open_object(json, "response");
	json_bool(json, "success", span_is(status, "+OK"));
	if (span_left(status) > 0) {
		span_skip(&status, 1);
		json_span(json, "status", status);
	}
	emit_span(json, "header", text_trim(line));
	if (exchange->capabilities != NULL)
		emit_texts(json, "data", exchange->capabilities->list);
	if (exchange->has_length)
		json_unsigned(json, "length", exchange->length);
	json_end(json);
}

static void emit(const void *record, struct json *json)
{
	const struct exchange *const exchange = record;
	const struct command *const command = exchange->command;

	if (command != NULL) {
		struct span rest = span_text(command->arguments), word;

		json_open_object(json, "request");
		json_text(json, "command", command->name);
		json_open_array(json, "args");
		while (span_left(word = text_word(&rest)) > 0)
			json_span(json, NULL, word);
		json_end(json);
		json_end(json);
	}
	if (!exchange->answer.failed)
		emit_response(exchange, json);
	emit_text(json, "user", exchange->user);
	emit_text(json, "auth_mechanism", exchange->mechanism);
}

static void tell(const struct conversation *state, struct parse *parse, const struct command *command,
		 struct span answer)
{
	parse_event(parse, &(struct exchange){
				   .command = command,
				   .answer = answer,
				   .user = state->user,
				   .mechanism = state->auth.mechanism,
				   .capabilities = state->in_capabilities ? &state->capabilities : NULL,
				   .length = state->text.length,
				   .has_length = state->in_text && !state->in_capabilities,
			   });
}

/* ---- the client ---- */

static void judge_login(struct conversation *state, struct parse *parse, const char *how)
{
	state->login = true;
	parse_weakness(parse, &pop3_clear_login, "%s was used before TLS%s%s", how,
		       state->user[0] != '\0' ? " by " : "", state->user);
}

static void read_response(struct conversation *state, struct parse *parse, struct span line)
{
	char how[SASL_MECHANISM + 8];

	sasl_response(&state->auth, line);
	if (state->auth.user[0] != '\0')
		memcpy(state->user, state->auth.user, sizeof(state->user));
	(void)snprintf(how, sizeof(how), "AUTH %s", state->auth.mechanism);
	if (sasl_is_clear(&state->auth))
		judge_login(state, parse, how);
}

/* What stands behind the command, but for secrets: the digest of APOP can be searched for its password. */
static void read_arguments(struct conversation *state, struct parse *parse, struct command *command,
			   struct span rest)
{
	command->has_arguments = span_left(rest) > 0;
	if (strcmp(command->name, "PASS") == 0) {
		judge_login(state, parse, "USER and PASS");
		return;
	}
	if (strcmp(command->name, "AUTH") == 0 && command->has_arguments) {
		sasl_begin(&state->auth, rest);
		if (state->auth.responses > 0)
			read_response(state, parse, span_of(NULL, 0));
	}
	if (strcmp(command->name, "AUTH") == 0 || strcmp(command->name, "APOP") == 0)
		rest = text_word(&rest);
	if (strcmp(command->name, "APOP") == 0 || strcmp(command->name, "USER") == 0)
		span_copy_text(rest, state->user, sizeof(state->user));
	span_copy_text(rest, command->arguments, sizeof(command->arguments));
}

static void read_command(struct conversation *state, struct parse *parse, struct span line)
{
	struct command command = { .has_arguments = false };
	const struct span word = text_word(&line);

	if (span_left(word) < 3 || span_left(word) >= sizeof(command.name))
		return;
	for (size_t i = 0; i < span_left(word); i++)
		command.name[i] = (char)(word.at[i] >= 'a' && word.at[i] <= 'z' ? word.at[i] - 'a' + 'A'
										: word.at[i]);
	read_arguments(state, parse, &command, text_trim(line));
	state->stls = strcmp(command.name, "STLS") == 0;
	if (state->sent - state->answered == PIPELINE)
		state->answered++;
	state->commands[state->sent++ % PIPELINE] = command;
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;
	const char *const clear = pop3_clear_login_of(&state->capabilities);
	struct span none = { .failed = true };

	for (none.at = none.end = span_text("").at; state->answered != state->sent; state->answered++)
		tell(state, parse, &state->commands[state->answered % PIPELINE], none);
	if (clear != NULL && !state->login)
		parse_weakness(parse, &pop3_clear_login, "%s is offered before TLS", clear);
}

static enum parse_step start_tls(struct conversation *state, struct parse *parse)
{
	end(state, parse);
	parse_upgrade(parse, &protocol_tls);
	return PARSE_ON;
}

static enum parse_step read_client(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct span line;
	enum verdict whole = YES;

	if (!line_resume(&state->lost[SIDE_CLIENT], bytes))
		return PARSE_ON;
	while (span_left(*bytes) > 0 && whole == YES) {
		if (state->stls && span_peek(*bytes, 0) == 0x16) /* the answer was not seen */
			return start_tls(state, parse);
		whole = line_take(bytes, &line);
		if (whole == YES && !text_is_plain(line))
			return line_refuse(bytes, line);
		if (whole == YES && state->auth.active)
			read_response(state, parse, line);
		else if (whole == YES)
			read_command(state, parse, line);
	}
	return whole == NO ? PARSE_BROKEN : PARSE_ON;
}

/* ---- the server ---- */

/* Whether lines follow the answer until a dot. */
static bool is_followed(const struct command *command)
{
	static const char *const always[] = { "CAPA", "RETR", "TOP" };
	static const char *const alone[] = { "LIST", "UIDL", "AUTH", "LANG" }; /* RFC 6856 3.2 */

	for (size_t i = 0; i < sizeof(always) / sizeof(*always); i++)
		if (strcmp(command->name, always[i]) == 0)
			return true;
	for (size_t i = 0; i < sizeof(alone) / sizeof(*alone); i++)
		if (!command->has_arguments && strcmp(command->name, alone[i]) == 0)
			return true;
	return false;
}

static void finish(struct conversation *state, struct parse *parse, struct span answer)
{
	tell(state, parse, &state->commands[state->answered++ % PIPELINE], answer);
	state->in_text = state->in_capabilities = false;
}

/* Lines until a dot; those of CAPA are looked at. True when they have all come. */
static bool read_text(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct span line;

	if (!state->in_capabilities) {
		if (!dotted_skip(&state->text, bytes))
			return false;
		finish(state, parse, span_text(state->answer));
		return true;
	}
	if (line_take(bytes, &line) != YES)
		return false;
	if (!span_is(line, "."))
		pop3_read_capability(&state->capabilities, text_trim(line));
	else
		finish(state, parse, span_text(state->answer));
	return true;
}

static void begin_text(struct conversation *state, const struct command *command, struct span line)
{
	span_copy_text(line, state->answer, sizeof(state->answer));
	state->text = (struct dotted){ .place = 0 };
	state->in_text = true;
	state->in_capabilities = strcmp(command->name, "CAPA") == 0;
	if (state->in_capabilities)
		state->capabilities = (struct pop3_capabilities){ .stls = false };
}

static void read_greeting(struct conversation *state, struct parse *parse, struct span line)
{
	state->greeted = true;
	parse_product(parse, SIDE_SERVER, line, pop3_products, pop3_product_count);
	tell(state, parse, NULL, line);
}

static enum parse_step read_answer(struct conversation *state, struct parse *parse, struct span line)
{
	const struct command *const command = &state->commands[state->answered % PIPELINE];
	const bool good = span_begins(line, "+OK");

	if (span_begins(line, "+ ") || span_is(line, "+"))
		return PARSE_ON; /* a challenge of AUTH */
	if (!good && !span_begins(line, "-ERR"))
		return parse->from_start[SIDE_SERVER] ? PARSE_BROKEN : PARSE_ON;
	if (!state->greeted && parse->from_start[SIDE_SERVER]) {
		read_greeting(state, parse, line);
		return PARSE_ON;
	}
	if (state->answered == state->sent)
		return PARSE_ON; /* the command was not seen */
	if (strcmp(command->name, "AUTH") == 0)
		state->auth.active = false;
	if (good && is_followed(command)) {
		begin_text(state, command, line);
		return PARSE_ON;
	}
	finish(state, parse, line);
	if (strcmp(command->name, "STLS") == 0 && good)
		return start_tls(state, parse);
	state->stls = false;
	return PARSE_ON;
}

static enum parse_step read_server(struct conversation *state, struct parse *parse, struct span *bytes)
{
	enum parse_step step = PARSE_ON;
	struct span line;

	if (!state->in_text && !line_resume(&state->lost[SIDE_SERVER], bytes))
		return PARSE_ON;
	while (span_left(*bytes) > 0 && step == PARSE_ON && !parse->upgraded) {
		enum verdict whole;

		if (state->in_text) {
			if (!read_text(state, parse, bytes))
				return span_left(*bytes) < LINES_LIMIT ? PARSE_ON : PARSE_BROKEN;
			continue;
		}
		whole = line_take(bytes, &line);
		if (whole != YES)
			return whole == NO ? PARSE_BROKEN : PARSE_ON;
		step = read_answer(state, parse, line);
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

	if (parse->side == SIDE_SERVER && state->in_text && !state->in_capabilities) {
		state->text.length += length;
		return PARSE_ON;
	}
	state->lost[parse->side] = true;
	state->auth.active = state->in_text = state->in_capabilities = false;
	end(state, parse);
	return PARSE_ON;
}

const struct parser pop3_parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.gap = gap,
	.end = end,
	.emit = emit,
	.leads = true,
};
