/* mpd.c: Music Player Daemon, "The MPD protocol" of its documentation: the server greets with its version,
 * commands are lines, answers are lines that "OK" or "ACK" ends. */
#include "protocols/tally.h"

enum { NAME = 128, LIST = 512 };

static const struct weakness clear_login = {
	"mpd-clear-login",
	"MPD takes passwords in the clear",
	2,
	"Let it listen on a local socket or on addresses of this host alone, and reach it through ssh.",
};
static const struct weakness *const weaknesses[] = { &clear_login, NULL };

static const struct text_command commands[] = {
	{ "currentsong", YES },
	{ "command_list_begin", YES },
	{ "command_list_ok_begin", YES },
	{ "playlistinfo*", YES },
	{ "listplaylists", YES },
	{ "lsinfo*", YES },
	{ "playlistid*", YES },
	{ "plchanges *", YES },
	{ "tagtypes*", YES },
	{ "albumart ?*", YES },
	{ "status", MORE }, /* and words that others may have */
	{ "stats", MORE },
	{ "idle*", MORE },
	{ "noidle", MORE },
	{ "password ?*", MORE },
	{ "ping", MORE },
	{ "close", MORE },
	{ "play*", MORE },
	{ "pause*", MORE },
	{ "stop", MORE },
	{ "next", MORE },
	{ "previous", MORE },
	{ "setvol [0-9]*", MORE },
	{ "binarylimit [0-9]*", MORE },
	{ "outputs", MORE },
	{ "commands", MORE },
};

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	enum verdict greets;

	if (transport != TRANSPORT_TCP)
		return NO;
	if (side == SIDE_CLIENT) /* commands are written small */
		return span_peek(first, 0) < 'a'
			       ? NO
			       : text_commands(first, commands, sizeof(commands) / sizeof(*commands));
	greets = recognise_text(first, "OK MPD ");
	if (greets != YES)
		return greets;
	span_skip(&first, strlen("OK MPD "));
	if (span_left(first) == 0)
		return MORE;
	return span_peek(first, 0) >= '0' && span_peek(first, 0) <= '9' ? YES : NO;
}

struct conversation {
	char version[24], error[NAME];
	char commands[LIST]; /* texts */
	uint32_t command_count;
	bool told;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	emit_text(json, "version", state->version);
	emit_texts(json, "commands", state->commands);
	json_unsigned(json, "command_count", state->command_count);
	emit_text(json, "error", state->error);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told && (state->version[0] != '\0' || state->command_count > 0))
		parse_event(parse, state);
	state->told = true;
}

static enum parse_step read_client(void *memory, struct parse *parse, struct span line)
{
	struct conversation *const state = memory;
	const struct span verb = text_word(&line);

	texts_note(state->commands, sizeof(state->commands), verb);
	state->command_count++;
	if (span_is(verb, "password"))
		parse_weakness(parse, &clear_login, "the command password");
	return PARSE_ON;
}

static enum parse_step read_server(void *memory, struct parse *parse, struct span line)
{
	struct conversation *const state = memory;
	uint64_t length;

	if (span_begins(line, "OK MPD ") && state->version[0] == '\0') {
		span_skip(&line, strlen("OK MPD "));
		span_copy_text(text_trim(line), state->version, sizeof(state->version));
		parse_software(parse, SIDE_SERVER, span_text("Music Player Daemon"), text_trim(line));
	} else if (span_begins(line, "ACK [")) {
		span_copy_text(line, state->error, sizeof(state->error));
	} else if (span_begins(line, "binary: ")) { /* and a line's end behind it */
		span_skip(&line, strlen("binary: "));
		if (span_number(line, UINT32_MAX, &length))
			parse_skip(parse, length + 1);
	}
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
};

/* ---- asking ---- */

static enum probe_step hear(void *memory, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct span line;
	const enum verdict whole = line_hear(heard, ended, &line);

	(void)memory;
	if (whole != YES)
		return whole == MORE ? PROBE_WAIT : PROBE_NOT;
	if (!span_begins(line, "OK MPD "))
		return PROBE_NOT;
	span_skip(&line, strlen("OK MPD "));
	/* Of the protocol: the daemon does not tell its own. */
	answer_fact(answer, "protocol_version", text_trim(line));
	answer_product(answer, span_text("Music Player Daemon"), span_text(""));
	buffer_text(out, "close\n");
	return PROBE_DONE;
}

static const struct probe probe = { .transports = PROBE_TCP, .server_speaks_first = true, .hear = hear };

const struct protocol protocol_mpd = {
	.name = "mpd",
	.title = "Music Player Daemon",
	DOORS(TCP(6600)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.parser = &parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
