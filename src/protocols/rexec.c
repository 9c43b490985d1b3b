/* rexec.c: BSD's remote execution, rexecd(8): name, password and command in the clear. The password is not
 * told. */
#include "protocols/lines.h"
#include "protocols/remote.h"

static const struct weakness weakness = {
	"rexec-clear-login",
	"rexec takes passwords in the clear",
	1,
	"Move to SSH, and close this door.",
};
static const struct weakness *const weaknesses[] = { &weakness, NULL };

/* The server's first word is one zero, which says nothing: whoever speaks so is the client. */
static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct remote_command command;
	const enum verdict whole = transport == TRANSPORT_TCP ? remote_take(&first, &command) : NO;

	(void)side;
	return whole == YES && !remote_may_be_execution(&command) ? NO : whole;
}

enum { TEXT = 128 };

struct conversation {
	char user[TEXT], command[1024], error[TEXT];
	uint64_t error_port;
	const char *login;
	bool has_command, told;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	json_text(json, "user", state->user);
	json_text(json, "command", state->command);
	json_unsigned(json, "error_port", state->error_port);
	json_text(json, "login", state->login);
	emit_text(json, "error", state->error);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (state->has_command && !state->told)
		parse_event(parse, state);
	state->told = true;
}

/* A zero, and then what the command says, or a one and why not. */
static enum parse_step read_answer(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct span rest = *bytes, line;
	const uint8_t sign = span_u8(&rest);

	if (sign > 1)
		return PARSE_BROKEN;
	state->login = sign == 0 ? "accepted" : "refused";
	if (sign == 1 && line_take(&rest, &line) == MORE && span_left(rest) < TEXT)
		return PARSE_ON;
	if (sign == 1)
		span_copy_text(text_trim(text_first(rest.at == bytes->at + 1 ? rest : line, TEXT)),
			       state->error, sizeof(state->error));
	bytes->at = bytes->end;
	end(state, parse);
	return PARSE_DONE;
}

static enum parse_step read_call(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct remote_command command;
	const enum verdict whole = state->has_command ? MORE : remote_take(bytes, &command);

	if (whole != YES)
		return whole == NO ? PARSE_BROKEN : PARSE_ON;
	span_copy_text(command.texts[0], state->user, sizeof(state->user));
	span_copy_text(command.texts[2], state->command, sizeof(state->command));
	state->error_port = command.error_port;
	state->has_command = true;
	parse_weakness(parse, &weakness, "a password was sent in the clear for user %s", state->user);
	remote_expect_errors(parse, &command);
	return PARSE_ON;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;

	if (parse->about != NULL) {
		bytes->at = bytes->end;
		return PARSE_DONE;
	}
	if (parse->side == SIDE_CLIENT && state->has_command)
		bytes->at = bytes->end; /* what the command is to read */
	if (span_left(*bytes) == 0)
		return PARSE_ON;
	return parse->side == SIDE_CLIENT ? read_call(state, parse, bytes) : read_answer(state, parse, bytes);
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
	.leads = true,
};

const struct protocol protocol_rexec = {
	.name = "rexec",
	.title = "remote execution",
	DOORS(TCP(512)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.secret_at = 4, /* behind a port and a user */
	.parser = &parser,
	.weaknesses = weaknesses,
};
