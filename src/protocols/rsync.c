/* rsync.c: rsync's daemon, as "clientserver.c" of its sources has it: both sides begin with "@RSYNCD: 31.0",
 * the client names a module, and the server lets it in or asks for a name and the hash of a password. Then
 * the client sends the arguments of the server's own command line, each with an end of its own (a line's
 * before version 30, a zero since), and an empty one behind them; what follows "." are paths. */
#include "protocols/lines.h"

static const char greeting[] = "@RSYNCD: ";

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	(void)side;
	return transport == TRANSPORT_TCP ? recognise_text(first, greeting) : NO;
}

struct conversation {
	char versions[2][16], module[128], user[64], error[128], path[256];
	bool greeted[2], asked, let_in, told;
	bool arguments, sends, dotted; /* they have begun; the server is the sender; paths have begun */
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	emit_text(json, "client_version", state->versions[SIDE_CLIENT]);
	emit_text(json, "server_version", state->versions[SIDE_SERVER]);
	emit_text(json, "module", state->module);
	json_bool(json, "auth_required", state->asked);
	emit_text(json, "user", state->user);
	if (state->let_in || state->error[0] != '\0')
		json_bool(json, "accepted", state->let_in);
	if (state->arguments)
		json_text(json, "direction", state->sends ? "download" : "upload");
	emit_text(json, "path", state->path);
	emit_text(json, "error", state->error);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told && (state->greeted[SIDE_CLIENT] || state->greeted[SIDE_SERVER]))
		parse_event(parse, state);
	state->told = true;
}

static void read_client_line(struct conversation *state, struct span line)
{
	if (state->module[0] == '\0')
		span_copy_text(span_left(line) > 0 ? line : span_text("#list"), state->module,
			       sizeof(state->module));
	else if (state->asked && state->user[0] == '\0') /* the hash stands behind it */
		span_copy_text(text_word(&line), state->user, sizeof(state->user));
}

static void read_argument(struct conversation *state, struct span argument)
{
	if (state->dotted && state->path[0] == '\0')
		span_copy_text(argument, state->path, sizeof(state->path));
	else if (span_is(argument, "."))
		state->dotted = true;
	else if (span_is(argument, "--sender"))
		state->sends = true;
}

static enum parse_step read_arguments(struct conversation *state, struct parse *parse, struct span *bytes)
{
	enum { ARGUMENT_MOST = 4096 };

	state->arguments = true;
	while (span_left(*bytes) > 0) {
		struct span argument = *bytes;

		for (argument.end = argument.at;
		     argument.end < bytes->end && *argument.end != 0 && *argument.end != '\n'; argument.end++)
			;
		if (argument.end == bytes->end)
			return span_left(argument) < ARGUMENT_MOST ? PARSE_ON : PARSE_BROKEN;
		bytes->at = argument.end + 1;
		if (span_left(argument) == 0) {
			end(state, parse);
			return PARSE_DONE;
		}
		read_argument(state, argument);
	}
	return PARSE_ON;
}

/* True at the end; what the server sends behind its OK is not read. */
static bool read_server_line(struct conversation *state, struct span line)
{
	if (span_begins(line, "@ERROR")) {
		span_copy_text(line, state->error, sizeof(state->error));
		return true;
	}
	state->asked = state->asked || span_begins(line, "@RSYNCD: AUTHREQD ");
	state->let_in = state->let_in || span_is(line, "@RSYNCD: OK");
	return span_is(line, "@RSYNCD: EXIT");
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	const enum side side = parse->side;
	struct span line;

	if (side == SIDE_SERVER && state->let_in) {
		bytes->at = bytes->end;
		return PARSE_ON;
	}
	while (span_left(*bytes) > 0) {
		struct span rest = *bytes;

		enum verdict whole;

		if (side == SIDE_CLIENT && state->module[0] != '\0') {
			const enum verdict begins = state->arguments ? YES : recognise_text(rest, "--server");

			if (begins != NO)
				return begins == MORE ? PARSE_ON : read_arguments(state, parse, bytes);
		}
		whole = line_take(&rest, &line);
		if (whole == MORE)
			return PARSE_ON;
		if (whole == NO || !text_is_plain(line) ||
		    (!state->greeted[side] && !span_begins(line, greeting)))
			return PARSE_BROKEN;
		*bytes = rest;
		if (!state->greeted[side]) {
			state->greeted[side] = true;
			span_skip(&line, strlen(greeting));
			span_copy_text(text_word(&line), state->versions[side],
				       sizeof(state->versions[side]));
		} else if (side == SIDE_CLIENT) {
			read_client_line(state, line);
		} else if (read_server_line(state, line)) {
			end(state, parse);
			return PARSE_DONE;
		} else if (state->let_in) {
			bytes->at = bytes->end;
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

const struct protocol protocol_rsync = {
	.name = "rsync",
	.title = "rsync",
	DOORS(TCP(873)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.parser = &parser,
};
