/* apcupsd.c: apcupsd, "NIS network server protocol" of its manual: commands and lines behind a length of two
 * octets. */
#include "protocols/tally.h"

enum { LINE_MOST = 256, NAME = 64, COMMANDS = 64 };

static const char beginning[] = "APC      : ";

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct span rest = first;
	const uint16_t length = span_u16(&rest);

	if (transport != TRANSPORT_TCP || *first.at != 0)
		return NO;
	if (rest.failed)
		return MORE;
	if (side == SIDE_CLIENT)
		return length != strlen("status") ? NO
		       : recognise_text(rest, "status") > recognise_text(rest, "events")
			       ? recognise_text(rest, "status")
			       : recognise_text(rest, "events");
	return length >= sizeof(beginning) && length < LINE_MOST ? recognise_text(rest, beginning) : NO;
}

/* ---- reading ---- */

enum { VERSION, HOST, UPS, MODEL, SERIAL, STATUS, FIELDS };

static const struct {
	const char *name, *key;
} fields[FIELDS] = {
	[VERSION] = { "VERSION", "version" }, [HOST] = { "HOSTNAME", "hostname" },
	[UPS] = { "UPSNAME", "ups" },         [MODEL] = { "MODEL", "model" },
	[SERIAL] = { "SERIALNO", "serial" },  [STATUS] = { "STATUS", "status" },
};

struct conversation {
	char commands[COMMANDS]; /* texts */
	char fields[FIELDS][NAME];
	uint32_t lines;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	emit_texts(json, "commands", state->commands);
	for (size_t i = 0; i < FIELDS; i++)
		emit_text(json, fields[i].key, state->fields[i]);
	json_unsigned(json, "lines", state->lines);
}

static void end(void *memory, struct parse *parse)
{
	const struct conversation *const state = memory;

	if (state->commands[0] != '\0' || state->lines > 0)
		parse_event(parse, state);
}

/* "VERSION  : 3.14.14 (31 May 2016) debian"; what happened has no such names. */
static void read_line(struct conversation *state, struct parse *parse, struct span line)
{
	struct span name = text_trim(span_until(&line, ':'));

	state->lines++;
	line = text_trim(line);
	for (size_t i = 0; i < FIELDS; i++) {
		if (!span_is(name, fields[i].name))
			continue;
		if (i == VERSION && state->fields[i][0] == '\0')
			parse_software(parse, SIDE_SERVER, span_text("apcupsd"), text_version(line));
		span_copy_text(i == VERSION ? text_version(line) : line, state->fields[i], NAME);
	}
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;

	while (span_left(*bytes) > 1) {
		struct span rest = *bytes;
		const uint16_t length = span_u16(&rest);
		const struct span line = span_take(&rest, length);

		if (length > LINE_MOST)
			return PARSE_BROKEN;
		if (line.failed)
			return PARSE_ON;
		if (!text_is_plain(line))
			return PARSE_BROKEN;
		*bytes = rest;
		if (parse->side == SIDE_CLIENT)
			texts_note(state->commands, sizeof(state->commands), line);
		else if (length > 0)
			read_line(state, parse, line);
	}
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};

/* ---- asking ---- */

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_u16(out, (uint16_t)strlen("status"));
	buffer_text(out, "status");
}

/* "VERSION  : 3.14.14 (31 May 2016) debian". */
static void tell_line(struct span line, struct answer *answer)
{
	const struct span name = text_trim(span_until(&line, ':'));

	line = text_trim(line);
	if (span_is(name, fields[VERSION].name))
		answer_product(answer, span_text("apcupsd"), text_version(line));
	for (size_t i = UPS; i < FIELDS; i++)
		if (span_is(name, fields[i].name))
			answer_fact(answer, fields[i].key, line);
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	bool *const begun = state;
	const enum verdict verdict = *begun ? YES : verdict_on_answer(recognise, *heard);

	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	*begun = true;
	for (;;) {
		struct span rest = *heard, line = span_take(&rest, span_u16(&rest));

		if (rest.failed)
			return ended ? PROBE_DONE : PROBE_WAIT;
		if (span_left(line) == 0)
			return PROBE_DONE;
		*heard = rest;
		tell_line(line, answer);
	}
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_apcupsd = {
	.name = "apcupsd",
	.title = "Uninterruptible power supplies of APC",
	DOORS(TCP(3551)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.parser = &parser,
	.probe = &probe,
	.probe_state_size = sizeof(bool),
};
