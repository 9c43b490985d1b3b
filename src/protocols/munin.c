/* munin.c: Munin's node, "Data exchange between master and node" of its documentation: the node greets with
 * its name, and is asked in lines. */
#include "protocols/lines.h"
#include "protocols/tls.h"

enum { NAME = 128, PLUGINS = 1024 };

static const char greeting[] = "# munin node at ";

static const struct text_command commands[] = {
	{ "cap multigraph*", YES }, { "cap dirtyconfig*", YES }, { "list", MORE },          { "nodes", MORE },
	{ "version", MORE },        { "fetch [a-z]*", MORE },    { "config [a-z]*", MORE }, { "quit", MORE },
	{ "starttls", MORE },
};

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	if (transport != TRANSPORT_TCP)
		return NO;
	return side == SIDE_SERVER ? recognise_text(first, greeting)
				   : text_commands(first, commands, sizeof(commands) / sizeof(*commands));
}

struct conversation {
	char node[NAME], plugins[PLUGINS]; /* plugins: texts, those that were asked for values */
	uint32_t commands;
	bool starttls, told;
	bool lost[2];
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	emit_text(json, "node", state->node);
	json_unsigned(json, "commands", state->commands);
	emit_texts(json, "fetched", state->plugins);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told)
		parse_event(parse, state);
	state->told = true;
}

/* "munins node on alpha version: 2.0.73"; empty where it is no such line. */
static struct span version_in(struct span line)
{
	const size_t at = span_find(line, " version: ");

	if (!span_begins(line, "munins node on ") || at == SIZE_MAX)
		return span_of(NULL, 0);
	span_skip(&line, at + strlen(" version: "));
	return text_version(line);
}

static void read_version(struct parse *parse, struct span line)
{
	const struct span version = version_in(line);

	if (span_left(version) > 0)
		parse_software(parse, SIDE_SERVER, span_text("Munin node"), version);
}

static void read_line(struct conversation *state, struct parse *parse, struct span line)
{
	if (parse->side == SIDE_SERVER) {
		if (span_begins(line, greeting)) {
			span_skip(&line, strlen(greeting));
			span_copy_text(text_trim(line), state->node, sizeof(state->node));
		}
		read_version(parse, line);
		return;
	}
	state->commands++;
	if (span_begins(line, "fetch ")) {
		span_skip(&line, strlen("fetch "));
		(void)texts_add(state->plugins, sizeof(state->plugins), text_trim(line));
	}
	state->starttls = span_begins_nocase(line, "starttls");
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	struct span line;

	if (!line_resume(&state->lost[parse->side], bytes))
		return PARSE_ON;
	while (span_left(*bytes) > 0) {
		struct span rest = *bytes;
		enum verdict whole;

		if (state->starttls && parse->side == SIDE_CLIENT && span_peek(rest, 0) == 0x16) {
			end(state, parse);
			parse_upgrade(parse, &protocol_tls);
			return PARSE_ON;
		}
		whole = line_take(&rest, &line);
		if (whole == NO || (whole == YES && !text_is_plain(line)))
			return PARSE_BROKEN;
		if (whole == MORE)
			return PARSE_ON;
		*bytes = rest;
		read_line(state, parse, line);
	}
	return PARSE_ON;
}

static enum parse_step gap(void *memory, struct parse *parse, uint64_t length)
{
	struct conversation *const state = memory;

	(void)length;
	state->lost[parse->side] = true;
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.gap = gap,
	.end = end,
	.emit = emit,
	.leads = true,
};

/* ---- asking ---- */

struct asking {
	bool greeted;
};

static enum probe_step hear_greeting(struct asking *asking, struct span *heard, bool ended,
				     struct buffer *out, struct answer *answer)
{
	struct span line;
	enum verdict whole;

	if (span_left(*heard) > 0 && recognise_text(*heard, greeting) == NO)
		return PROBE_NOT;
	whole = line_hear(heard, ended, &line);
	if (whole != YES || !span_begins(line, greeting))
		return whole == MORE ? PROBE_WAIT : PROBE_NOT;
	span_skip(&line, strlen(greeting));
	answer_fact(answer, "node", text_trim(line));
	answer_product(answer, span_text("Munin node"), span_text(""));
	asking->greeted = true;
	buffer_text(out, "version\nquit\n");
	return ended ? PROBE_DONE : PROBE_WAIT;
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct asking *const asking = state;
	struct span line;
	enum verdict whole;

	if (!asking->greeted)
		return hear_greeting(asking, heard, ended, out, answer);
	whole = line_hear(heard, ended, &line);
	if (whole == YES)
		answer_product(answer, span_text("Munin node"), version_in(line));
	return whole == MORE ? PROBE_WAIT : PROBE_DONE;
}

static const struct probe probe = { .transports = PROBE_TCP, .server_speaks_first = true, .hear = hear };

const struct protocol protocol_munin = {
	.name = "munin",
	.title = "Munin node",
	DOORS(TCP(4949)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise,
	.parser = &parser,
	.probe = &probe,
	.probe_state_size = sizeof(struct asking),
};
