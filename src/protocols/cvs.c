/* cvs.c: the CVS client/server protocol, "Connecting to pserver" and "Entering into the protocol" of its
 * documentation. Passwords are only scrambled, by a table that everybody has. */
#include "protocols/tally.h"

enum { NAME = 96, PATH = 256, COMMANDS = 256 };

static const char auth[] = "BEGIN AUTH REQUEST", verification[] = "BEGIN VERIFICATION REQUEST",
		  gssapi[] = "BEGIN GSSAPI REQUEST";

static const struct weakness clear_login = {
	"cvs-clear-login",
	"CVS takes passwords that are only scrambled",
	2,
	"Reach the repository with ssh (:ext:), and close this door.",
};
static const struct weakness *const weaknesses[] = { &clear_login, NULL };

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	static const char *const client[] = { "BEGIN AUTH REQUEST\n", "BEGIN VERIFICATION REQUEST\n",
					      "BEGIN GSSAPI REQUEST\n" };
	static const char *const server[] = { "I LOVE YOU\n", "I HATE YOU\n", "cvs [pserver aborted]: ",
					      "cvs [server aborted]: ", "error 0 pserver " };

	if (transport != TRANSPORT_TCP)
		return NO;
	return side == SIDE_CLIENT ? recognise_texts(first, client, sizeof(client) / sizeof(*client))
				   : recognise_texts(first, server, sizeof(server) / sizeof(*server));
}

enum expects { EXPECTS_BEGIN, EXPECTS_ROOT, EXPECTS_USER, EXPECTS_PASSWORD, EXPECTS_END, EXPECTS_REQUESTS };

struct conversation {
	enum expects expects;
	char root[PATH], user[NAME], error[PATH];
	char commands[COMMANDS]; /* texts */
	bool verifies, accepted, refused;
	bool told;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	emit_text(json, "root", state->root);
	emit_text(json, "user", state->user);
	if (state->verifies)
		json_bool(json, "verification", true);
	if (state->accepted || state->refused)
		json_bool(json, "accepted", state->accepted);
	emit_texts(json, "commands", state->commands);
	emit_text(json, "error", state->error);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told &&
	    (state->root[0] != '\0' || state->error[0] != '\0' || state->accepted || state->refused))
		parse_event(parse, state);
	state->told = true;
}

/* The first letter tells how it is scrambled; a letter alone is an empty password. */
static void read_password(const struct conversation *state, struct parse *parse, struct span line)
{
	if (span_left(line) > 1)
		parse_weakness(parse, &clear_login, "a scrambled password of user %s", state->user);
}

static enum parse_step read_client(void *memory, struct parse *parse, struct span line)
{
	struct conversation *const state = memory;

	switch (state->expects) {
	case EXPECTS_BEGIN:
		state->verifies = span_is(line, verification);
		if (span_is(line, gssapi))
			return PARSE_DONE;
		if (!span_is(line, auth) && !state->verifies)
			return PARSE_BROKEN;
		break;
	case EXPECTS_ROOT: span_copy_text(line, state->root, sizeof(state->root)); break;
	case EXPECTS_USER: span_copy_text(line, state->user, sizeof(state->user)); break;
	case EXPECTS_PASSWORD: read_password(state, parse, line); break;
	case EXPECTS_END: break;
	case EXPECTS_REQUESTS: /* those that do something are written small; files follow "Modified" */
		if (span_begins(line, "Modified ") || span_begins(line, "Gzip-stream "))
			return PARSE_DONE;
		if (span_peek(line, 0) >= 'a' && span_peek(line, 0) <= 'z')
			texts_note(state->commands, sizeof(state->commands), line);
		return PARSE_ON;
	}
	state->expects++;
	return PARSE_ON;
}

/* Files come once the client is let in. */
static void read_server(struct conversation *state, struct span line)
{
	if (span_is(line, "I LOVE YOU"))
		state->accepted = true;
	else if (span_is(line, "I HATE YOU"))
		state->refused = true;
	else if (state->error[0] == '\0')
		span_copy_text(line, state->error, sizeof(state->error));
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;

	if (parse->side == SIDE_CLIENT)
		return lines_read(memory, parse, bytes, read_client);
	while (!state->accepted) {
		struct span line;
		const enum verdict whole = line_take(bytes, &line);

		if (whole != YES)
			return whole == MORE ? PARSE_ON : PARSE_BROKEN;
		if (!text_is_plain(line))
			return line_refuse(bytes, line);
		read_server(state, line);
	}
	bytes->at = bytes->end;
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};

const struct protocol protocol_cvs = {
	.name = "cvs",
	.title = "Concurrent Versions System",
	DOORS(TCP(2401)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.parser = &parser,
	.weaknesses = weaknesses,
};
