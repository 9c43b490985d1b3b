/* beanstalkd_parse.c: reads conversations of beanstalkd: commands counted, tubes by name, what became of
 * jobs. What jobs say is not kept. */
#include "protocols/beanstalkd.h"
#include "protocols/tally.h"

enum { JOB_MOST = 1 << 30 };

enum kind {
	PUT,
	RESERVE,
	DELETE,
	RELEASE,
	BURY,
	TOUCH,
	KICK,
	PEEK,
	USE,
	WATCH,
	IGNORE,
	STATS,
	LIST,
	PAUSE,
	QUIT,
	OTHER,
};
static const struct code_name kinds[] = {
	{ PUT, "put" },   { RESERVE, "reserve" }, { DELETE, "delete" }, { RELEASE, "release" },
	{ BURY, "bury" }, { TOUCH, "touch" },     { KICK, "kick" },     { PEEK, "peek" },
	{ USE, "use" },   { WATCH, "watch" },     { IGNORE, "ignore" }, { STATS, "stats" },
	{ LIST, "list" }, { PAUSE, "pause" },     { QUIT, "quit" },     { OTHER, "other" },
};

struct conversation {
	struct tally commands;
	uint64_t put, reserved, deleted, bytes, errors;
	char used[512], watched[512], version[32];
	bool lost[2];
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	EMIT_TALLY(json, "commands", &state->commands, kinds);
	emit_texts(json, "tubes_used", state->used);
	emit_texts(json, "tubes_watched", state->watched);
	json_unsigned(json, "jobs_put", state->put);
	json_unsigned(json, "jobs_reserved", state->reserved);
	json_unsigned(json, "jobs_deleted", state->deleted);
	json_unsigned(json, "bytes", state->bytes);
	json_unsigned(json, "errors", state->errors);
	emit_text(json, "version", state->version);
}

static void end(void *memory, struct parse *parse)
{
	parse_event(parse, memory);
}

/* reserve-with-timeout, peek-ready, stats-tube and the like are counted with their first word. */
static enum kind kind_of(struct span verb)
{
	for (size_t i = 0; i < OTHER; i++) {
		const char *const name = kinds[i].name;

		if (span_is(verb, name) || (span_begins(verb, name) && span_peek(verb, strlen(name)) == '-'))
			return kinds[i].code;
	}
	return OTHER;
}

/* The octets of a job or of figures, which the last word of the line tells, and CR LF. */
static void skip_data(struct conversation *state, struct parse *parse, struct span line)
{
	const size_t blank = span_find_last(line, ' ');
	uint64_t length;

	span_skip(&line, blank == SIZE_MAX ? 0 : blank + 1);
	if (!span_number(line, JOB_MOST, &length))
		return;
	state->bytes += length;
	parse_skip(parse, length + 2);
}

static void read_request(struct conversation *state, struct parse *parse, struct span line)
{
	struct span rest = line;
	const struct span verb = text_word(&rest);
	const enum kind kind = kind_of(verb);

	tally_add(&state->commands, kind);
	if (kind == PUT)
		skip_data(state, parse, line);
	else if (kind == USE)
		texts_note(state->used, sizeof(state->used), text_word(&rest));
	else if (kind == WATCH)
		texts_note(state->watched, sizeof(state->watched), text_word(&rest));
}

static bool is_error(struct span verb)
{
	static const char *const errors[] = { "OUT_OF_MEMORY",   "INTERNAL_ERROR", "BAD_FORMAT",
					      "UNKNOWN_COMMAND", "EXPECTED_CRLF",  "JOB_TOO_BIG",
					      "DRAINING",        "NOT_FOUND",      "NOT_IGNORED" };

	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++)
		if (span_is(verb, errors[i]))
			return true;
	return false;
}

/* What is answered to whoever asks: the protocol has no login. */
static void judge(struct parse *parse, const char *what)
{
	parse_weakness(parse, &beanstalkd_no_auth, "%s without a login", what);
}

static void read_answer(struct conversation *state, struct parse *parse, struct span line)
{
	struct span rest = line;
	const struct span verb = text_word(&rest);

	if (span_is(verb, "INSERTED") || span_is(verb, "BURIED")) {
		state->put += span_is(verb, "INSERTED");
		judge(parse, "a job was put");
	} else if (span_is(verb, "RESERVED")) {
		state->reserved++;
		skip_data(state, parse, line);
		judge(parse, "a job was given out");
	} else if (span_is(verb, "FOUND")) {
		skip_data(state, parse, line);
		judge(parse, "a job was shown");
	} else if (span_is(verb, "DELETED")) {
		state->deleted++;
		judge(parse, "a job was deleted");
	} else if (span_is(verb, "USING") || span_is(verb, "WATCHING")) {
		judge(parse, "a tube was chosen");
	} else {
		state->errors += is_error(verb);
	}
}

/* "OK 971" and the figures behind it. */
static enum verdict read_figures(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct span rest = *bytes, line, figures, version;
	uint64_t length;

	if (line_take(&rest, &line) != YES)
		return MORE;
	(void)text_word(&line);
	if (!span_number(text_trim(line), JOB_MOST, &length))
		return NO;
	length += (uint64_t)(rest.at - bytes->at) + 2;
	if (message_take(parse, bytes, length, &figures) != YES)
		return MORE;
	judge(parse, "figures were told");
	version = beanstalkd_version(figures);
	if (version.failed || state->version[0] != '\0')
		return YES;
	span_copy_text(version, state->version, sizeof(state->version));
	parse_software(parse, SIDE_SERVER, span_text("beanstalkd"), version);
	return YES;
}

static enum verdict read_line(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct span rest = *bytes, line;
	const enum verdict whole = line_take(&rest, &line);

	if (whole != YES)
		return whole;
	if (!text_is_plain(line))
		return NO;
	if (parse->side == SIDE_SERVER && span_begins(line, "OK "))
		return read_figures(state, parse, bytes);
	*bytes = rest;
	if (parse->side == SIDE_CLIENT)
		read_request(state, parse, line);
	else
		read_answer(state, parse, line);
	return YES;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	enum verdict whole = YES;

	if (!line_resume(&state->lost[parse->side], bytes))
		return PARSE_ON;
	while (span_left(*bytes) > 0 && whole == YES && parse->skip == 0)
		whole = read_line(state, parse, bytes);
	return whole == NO ? PARSE_BROKEN : PARSE_ON;
}

static enum parse_step gap(void *memory, struct parse *parse, uint64_t length)
{
	struct conversation *const state = memory;

	(void)length;
	state->lost[parse->side] = true;
	return PARSE_ON;
}

const struct parser beanstalkd_parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.gap = gap,
	.end = end,
	.emit = emit,
};
