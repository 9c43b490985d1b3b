/* gpsd.c: gpsd, "gpsd_json" of its documentation: objects of JSON, a line each; the server begins with its
 * version, clients ask in words behind "?". */
#include "protocols/local.h"
#include "protocols/tally.h"

#include <stdio.h>

enum { COMMANDS = 128, DEVICES = 384, NAME = 96, REQUEST_MOST = 4096 };

static const struct weakness open_position = {
	"gpsd-open",
	"gpsd tells other hosts where this one is",
	3,
	"Leave out -G, so that gpsd listens on loopback alone.",
};
static const struct weakness *const weaknesses[] = { &open_position, NULL };

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	static const char *const requests[] = { "?WATCH=", "?WATCH;", "?POLL;", "?DEVICES;", "?VERSION;" };

	if (transport != TRANSPORT_TCP)
		return NO;
	return side == SIDE_CLIENT ? recognise_texts(first, requests, sizeof(requests) / sizeof(*requests))
				   : recognise_text(first, "{\"class\":\"VERSION\",\"release\":\"");
}

/* ---- reading ---- */

enum { POSITION = 0, OTHER_CLASS = 100, NMEA };

static const struct code_name class_names[] = {
	{ POSITION, "TPV" }, { 1, "SKY" },    { 2, "GST" },     { 3, "ATT" },      { 4, "TOFF" },
	{ 5, "PPS" },        { 6, "OSC" },    { 7, "POLL" },    { 8, "AIS" },      { 9, "RTCM2" },
	{ 10, "RTCM3" },     { 11, "WATCH" }, { 12, "DEVICE" }, { 13, "DEVICES" }, { 14, "VERSION" },
	{ 15, "ERROR" },     { 16, "RAW" },   { 17, "IMU" },    { NMEA, "nmea" },  { OTHER_CLASS, "unknown" },
};

struct conversation {
	struct tally reports;
	char commands[COMMANDS], devices[DEVICES]; /* texts */
	char version[32], protocol[16], error[NAME];
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	emit_text(json, "version", state->version);
	emit_text(json, "protocol", state->protocol);
	emit_texts(json, "commands", state->commands);
	emit_texts(json, "devices", state->devices);
	EMIT_TALLY(json, "reports", &state->reports, class_names);
	emit_text(json, "error", state->error);
}

static void end(void *memory, struct parse *parse)
{
	parse_event(parse, memory);
}

/* The text or number behind "key":. Empty without. */
static struct span member(struct span json, const char *key)
{
	const size_t at = span_find(json, key);
	struct span value;

	if (at == SIZE_MAX)
		return span_of(NULL, 0);
	span_skip(&json, at + strlen(key));
	value = json;
	if (span_peek(json, 0) == '"') {
		span_skip(&value, 1);
		return text_first(span_until(&value, '"'), NAME);
	}
	value.end = value.at;
	while (value.end < json.end && *value.end >= '0' && *value.end <= '9')
		value.end++;
	return value;
}

static uint32_t class_of(struct span name)
{
	for (size_t i = 0; i < sizeof(class_names) / sizeof(*class_names); i++)
		if (span_is(name, class_names[i].name))
			return class_names[i].code;
	return OTHER_CLASS;
}

static void read_version(struct conversation *state, struct parse *parse, struct span line)
{
	const struct span release = member(line, "\"release\":"), major = member(line, "\"proto_major\":"),
			  minor = member(line, "\"proto_minor\":");

	if (state->version[0] != '\0')
		return;
	span_copy_text(release, state->version, sizeof(state->version));
	(void)snprintf(state->protocol, sizeof(state->protocol), "%.*s.%.*s",
		       (int)span_left(text_first(major, 6)), (const char *)major.at,
		       (int)span_left(text_first(minor, 6)), (const char *)minor.at);
	parse_software(parse, SIDE_SERVER, span_text("gpsd"), release);
}

static enum parse_step read_report(void *memory, struct parse *parse, struct span line)
{
	struct conversation *const state = memory;
	const struct span name = member(line, "\"class\":"), device = member(line, "\"path\":");
	const uint32_t class = class_of(name);

	if (span_peek(line, 0) != '{') { /* the receiver's own words, where they are asked for */
		tally_add(&state->reports, NMEA);
		return PARSE_ON;
	}
	tally_add(&state->reports, class);
	if (span_left(device) > 0)
		texts_note(state->devices, sizeof(state->devices), device);
	if (span_is(name, "VERSION"))
		read_version(state, parse, line);
	else if (span_is(name, "ERROR"))
		span_copy_text(member(line, "\"message\":"), state->error, sizeof(state->error));
	else if (class == POSITION && span_find(line, "\"lat\":") != SIZE_MAX && !is_local(parse))
		parse_weakness(parse, &open_position, "a position was told");
	return PARSE_ON;
}

/* "?WATCH={"enable":true};": ended by a semicolon, or by the line. */
static enum parse_step read_requests(struct conversation *state, struct span *bytes)
{
	while (span_left(*bytes) > 0) {
		struct span request = *bytes;

		for (request.end = request.at; request.end < bytes->end; request.end++)
			if (*request.end == ';' || *request.end == '\n')
				break;
		if (span_left(request) >= REQUEST_MOST || !text_is_plain(request))
			return PARSE_BROKEN;
		if (request.end == bytes->end)
			return PARSE_ON;
		bytes->at = request.end + 1;
		request = text_trim(request);
		for (const uint8_t *at = request.at; at < request.end; at++)
			if (*at == '=')
				request.end = at;
		texts_note(state->commands, sizeof(state->commands), request);
	}
	return PARSE_ON;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	if (parse->side == SIDE_CLIENT)
		return read_requests(memory, bytes);
	return lines_read(memory, parse, bytes, read_report);
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};

/* ---- asking ---- */

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);
	struct span rest = *heard, line = span_line(&rest);

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	if (line.failed && !ended)
		return PROBE_WAIT;
	line = *heard;
	span_skip(&line, strlen("{\"class\":\"VERSION\",\"release\":\""));
	answer_product(answer, span_text("gpsd"), span_until(&line, '"'));
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .transports = PROBE_TCP, .server_speaks_first = true, .hear = hear };

const struct protocol protocol_gpsd = {
	.name = "gpsd",
	.title = "Positions of gpsd",
	DOORS(TCP(2947)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.parser = &parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
