/* rsync.c: rsync's daemon, as "clientserver.c" of its sources has it: both sides begin with "@RSYNCD: 31.0",
 * the client names a module, and the server lets it in or asks for a name and the hash of a password. */
#include "protocols/lines.h"

static const char greeting[] = "@RSYNCD: ";

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	(void)side;
	return transport == TRANSPORT_TCP ? recognise_text(first, greeting) : NO;
}

struct conversation {
	char versions[2][16], module[128], user[64], error[128];
	bool greeted[2], asked, let_in, told;
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

/* True where the files begin, or the end. */
static bool read_server_line(struct conversation *state, struct span line)
{
	if (span_begins(line, "@ERROR")) {
		span_copy_text(line, state->error, sizeof(state->error));
		return true;
	}
	state->asked = state->asked || span_begins(line, "@RSYNCD: AUTHREQD ");
	state->let_in = span_is(line, "@RSYNCD: OK");
	return state->let_in || span_is(line, "@RSYNCD: EXIT");
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	const enum side side = parse->side;
	struct span line;

	while (span_left(*bytes) > 0) {
		struct span rest = *bytes;
		const enum verdict whole = line_take(&rest, &line);

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
		}
	}
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = sizeof(struct conversation),
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
