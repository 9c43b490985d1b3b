/* rsh.c: BSD's remote shell, rcmd(3): the names here and there, and the command. It believes the client's
 * host. */
#include "protocols/lines.h"
#include "protocols/remote.h"

static const struct weakness weakness = {
	"rsh-no-auth",
	"rsh believes the host that calls, without a password",
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
	return whole == YES && !remote_may_be_shell(&command) ? NO : whole;
}

static void emit(const void *record, struct json *json)
{
	const struct remote_command *const command = record;

	emit_span(json, "client_user", command->texts[0]);
	json_span(json, "user", command->texts[1]);
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
	parse_weakness(parse, &weakness, "a command of user %.*s", (int)span_left(command.texts[1]),
		       (const char *)command.texts[1].at);
	remote_expect_errors(parse, &command);
	parse_event(parse, &command);
	return PARSE_DONE;
}

static const struct parser parser = { .read = read, .emit = emit, .leads = true };

/* ---- asking ---- */

/* No connection for errors, and a command of nobody: no user has the empty name. */
static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_fill(out, 0, 4);
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	(void)state;
	(void)out;
	return remote_hear(heard, ended, answer, &weakness);
}

static const struct probe probe = {
	.transports = PROBE_TCP,
	.knows = true,
	.from_reserved = true,
	.closes_on_others = true,
	.greet = greet,
	.hear = hear,
};

const struct protocol protocol_rsh = {
	.name = "rsh",
	.title = "remote shell",
	DOORS(TCP(514)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.parser = &parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
