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

static void emit(const void *record, struct json *json)
{
	const struct remote_command *const command = record;

	json_span(json, "user", command->texts[0]);
	json_span(json, "command", command->texts[2]);
	json_unsigned(json, "error_port", command->error_port);
}

static enum parse_step read(void *state, struct parse *parse, struct span *bytes)
{
	struct remote_command command;
	enum verdict whole;

	(void)state;
	if (parse->about != NULL) {
		bytes->at = bytes->end;
		return PARSE_DONE;
	}
	if (parse->side == SIDE_SERVER) {
		bytes->at = bytes->end;
		return PARSE_ON;
	}
	whole = remote_take(bytes, &command);
	if (whole != YES)
		return whole == NO ? PARSE_BROKEN : PARSE_ON;
	parse_weakness(parse, &weakness, "a password was sent in the clear for user %.*s",
		       (int)span_left(command.texts[0]), (const char *)command.texts[0].at);
	remote_expect_errors(parse, &command);
	parse_event(parse, &command);
	return PARSE_DONE;
}

static const struct parser parser = { .read = read, .emit = emit, .leads = true };

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
