/* chrony.c: chrony's command protocol, version 6, as its source (candm.h) tells: requests and replies of
 * fixed fields, a request as long as its reply. */
#include "protocols/local.h"
#include "protocols/tally.h"

#include <stdio.h>

enum {
	VERSION = 6,
	REQUEST = 1,
	REPLY = 2,
	LEAST = 20,
	REPLY_LEAST = 28,
	REPLY_MOST = 600,
	COMMANDS = 80,
	STATUSES = 32,
	TRACKING = 33,
	TRACKED = 5,
	TRACKING_LENGTH = 104,
	SEQUENCE = 0x646f6f72,
	NUMBER_LEAST = 1 << 20,  /* numbers are drawn, those of others are mostly small */
	ADDRESS_LENGTH = 16 + 4, /* with its family: 1 for IPv4, 2 for IPv6 */
	SOURCES = 512,
};

static const struct weakness open_control = {
	"chrony-control-open",
	"chrony tells other hosts its sources and its state",
	3,
	"Leave bindcmdaddress at loopback, or name with cmdallow the hosts alone that watch this one.",
};
static const struct weakness *const weaknesses[] = { &open_control, NULL };

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	const size_t whole = span_left(first);
	const uint8_t version = span_u8(&first), type = span_u8(&first);
	const uint16_t reserved = span_u16(&first), command = span_u16(&first), second = span_u16(&first),
		       status = span_u16(&first);

	if (transport != TRANSPORT_UDP || whole < LEAST || whole > REPLY_MOST || version != VERSION ||
	    reserved != 0 || command >= COMMANDS)
		return NO;
	if (side == SIDE_CLIENT) { /* the attempt, the number, and eight octets that nobody uses */
		const uint32_t number = (uint32_t)status << 16 | span_u16(&first);
		const uint64_t unused = (uint64_t)span_u32(&first) << 32 | span_u32(&first);

		return type == REQUEST && second < 16 && whole >= REPLY_LEAST && number > NUMBER_LEAST &&
				       unused == 0
			       ? YES
			       : NO;
	}
	return type == REPLY && second < COMMANDS && status < STATUSES && whole >= REPLY_LEAST &&
			       span_u16(&first) == 0 && span_u32(&first) == 0 &&
			       span_u32(&first) > NUMBER_LEAST
		       ? YES
		       : NO;
}

/* ---- reading ---- */

enum { N_SOURCES = 14, SOURCE_DATA = 15, SUCCESS = 0, SOURCE_TOLD = 3, COUNT_TOLD = 2 };

static const struct code_name command_names[] = {
	{ 1, "online" },
	{ 2, "offline" },
	{ 3, "burst" },
	{ 6, "dump" },
	{ 11, "settime" },
	{ 12, "local" },
	{ 13, "manual" },
	{ N_SOURCES, "n_sources" },
	{ SOURCE_DATA, "source_data" },
	{ 16, "rekey" },
	{ 17, "allow" },
	{ 18, "allow_all" },
	{ 19, "deny" },
	{ 20, "deny_all" },
	{ 21, "cmdallow" },
	{ 22, "cmdallow_all" },
	{ 23, "cmddeny" },
	{ 24, "cmddeny_all" },
	{ 25, "accheck" },
	{ 26, "cmdaccheck" },
	{ 29, "delete_source" },
	{ 30, "write_rtc" },
	{ 31, "dfreq" },
	{ 32, "doffset" },
	{ TRACKING, "tracking" },
	{ 34, "sourcestats" },
	{ 35, "rtc_report" },
	{ 36, "trim_rtc" },
	{ 37, "cyclelogs" },
	{ 41, "manual_list" },
	{ 42, "manual_delete" },
	{ 43, "makestep" },
	{ 44, "activity" },
	{ 48, "reselect" },
	{ 50, "modify_makestep" },
	{ 51, "smoothing" },
	{ 52, "smoothtime" },
	{ 53, "refresh" },
	{ 54, "server_stats" },
	{ 57, "ntp_data" },
	{ 62, "shutdown" },
	{ 63, "onoffline" },
	{ 64, "add_source" },
	{ 65, "ntp_source_name" },
	{ 66, "reset_sources" },
	{ 67, "auth_data" },
	{ 68, "client_accesses" },
	{ 69, "select_data" },
	{ 70, "reload_sources" },
};
static const struct code_name status_names[] = {
	{ SUCCESS, "success" },     { 1, "failed" },
	{ 2, "unauthorized" },      { 3, "invalid" },
	{ 4, "no_such_source" },    { 6, "not_enabled" },
	{ 8, "access_allowed" },    { 9, "access_denied" },
	{ 10, "no_host_access" },   { 11, "source_already_known" },
	{ 12, "too_many_sources" }, { 13, "no_rtc" },
	{ 15, "inactive" },         { 17, "invalid_address_family" },
	{ 18, "bad_version" },      { 19, "bad_length" },
	{ 21, "invalid_name" },
};

struct conversation {
	struct tally commands, statuses;
	char sources[SOURCES]; /* texts */
	uint32_t reference_id, source_count;
	uint16_t stratum, leap;
	bool tracked, counted;
};

static void emit(const void *record, struct json *json)
{
	static const char *const leaps[] = { "normal", "insert", "delete", "unsynchronised" };
	const struct conversation *const state = record;
	char id[16];

	EMIT_TALLY(json, "commands", &state->commands, command_names);
	EMIT_TALLY(json, "statuses", &state->statuses, status_names);
	if (state->tracked) {
		(void)snprintf(id, sizeof(id), "%08x", state->reference_id);
		json_text(json, "reference_id", id);
		json_unsigned(json, "stratum", state->stratum);
		json_text(json, "leap", state->leap < 4 ? leaps[state->leap] : NULL);
	}
	if (state->counted)
		json_unsigned(json, "source_count", state->source_count);
	emit_texts(json, "sources", state->sources);
}

static void end(void *memory, struct parse *parse)
{
	parse_event(parse, memory);
}

/* Behind sixteen octets stands their family: 1 for IPv4, in the first four of them, and 2 for IPv6. */
static void note_source(struct conversation *state, struct span s)
{
	const struct span octets = span_take(&s, 16);
	const uint16_t family = span_u16(&s);
	char text[ADDRESS_TEXT];
	struct address address;

	if (s.failed || family < 1 || family > 2)
		return;
	address = family == 1 ? address_v4(load_u32(octets.at)) : address_v6(octets.at);
	texts_note(state->sources, sizeof(state->sources), span_text(address_text(&address, text)));
}

static void read_reply(struct conversation *state, struct parse *parse, struct span s)
{
	uint16_t command, code, status;

	span_skip(&s, 4);
	command = span_u16(&s);
	code = span_u16(&s);
	status = span_u16(&s);
	span_skip(&s, REPLY_LEAST - 10);
	tally_add(&state->statuses, status);
	if (status != SUCCESS || s.failed)
		return;
	if (!is_local(parse))
		parse_weakness(parse, &open_control, "%s was answered",
			       CODE_TEXT(command_names, command) != NULL ? CODE_TEXT(command_names, command)
									 : "a command");
	if (code == SOURCE_TOLD) {
		note_source(state, s);
	} else if (code == COUNT_TOLD && span_left(s) >= 4) {
		state->source_count = span_u32(&s);
		state->counted = true;
	} else if (code == TRACKED && span_left(s) >= 4 + ADDRESS_LENGTH + 4) {
		state->reference_id = span_u32(&s);
		span_skip(&s, ADDRESS_LENGTH);
		state->stratum = span_u16(&s);
		state->leap = span_u16(&s);
		state->tracked = true;
	}
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;

	if (recognise(*bytes, parse->side, parse->transport) != YES)
		return PARSE_BROKEN;
	if (parse->side == SIDE_CLIENT)
		tally_add(&state->commands, load_u16(bytes->at + 4));
	else
		read_reply(state, parse, *bytes);
	bytes->at = bytes->end;
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
	buffer_u8(out, VERSION);
	buffer_u8(out, REQUEST);
	buffer_u16(out, 0);
	buffer_u16(out, TRACKING);
	buffer_u16(out, 0);
	buffer_u32(out, SEQUENCE);
	buffer_fill(out, 0, TRACKING_LENGTH - out->length);
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	enum { STATUS_AT = 8, CODE_AT = 6, REFERENCE_AT = REPLY_LEAST, STRATUM_AT = REPLY_LEAST + 24 };
	const uint8_t *const at = heard->at;

	(void)state;
	(void)out;
	if (span_left(*heard) == 0)
		return probe_step_for(MORE, ended);
	if (recognise(*heard, SIDE_SERVER, TRANSPORT_UDP) != YES)
		return PROBE_NOT;
	answer_fact_format(answer, "status", "%u", load_u16(at + STATUS_AT));
	if (load_u16(at + CODE_AT) == TRACKED && span_left(*heard) >= STRATUM_AT + 2) {
		answer_fact_format(answer, "reference_id", "%08x", load_u32(at + REFERENCE_AT));
		answer_fact_format(answer, "stratum", "%u", load_u16(at + STRATUM_AT));
	}
	answer_product(answer, span_text("chrony"), span_text(""));
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_UDP, .greet = greet, .hear = hear };

const struct protocol protocol_chrony = {
	.name = "chrony",
	.title = "Control of chrony",
	DOORS(UDP(323)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = LEAST,
	MARKS(OCTET(0, VERSION), OCTETS(1, REQUEST, REPLY), OCTET(2, 0), OCTET(3, 0)),
	.parser = &parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
