/* ntp_parse.c: reads conversations of NTP. RFC 5905 (8: offset and delay from four times), RFC 8915 (NTS
 * extension fields), RFC 9327 (control), the private mode of ntpd. The third and the fourth time of an
 * exchange are the server's and the packet's; as the client's own clock is not seen, offset and delay are
 * those of who captured. */
#include "protocols/ntp.h"
#include "protocols/parse.h"

#include <stdio.h>
#include <stdlib.h>

const struct weakness ntp_monlist = {
	"ntp-monlist",
	"NTP gives away the list of its clients",
	2,
	"Write \"disable monitor\" and \"restrict default noquery\" in ntp.conf, or install ntpd 4.2.8 or "
	"later: short "
	"questions with long answers are used in attacks on others.",
};
const struct weakness ntp_clock = {
	"ntp-clock-off",
	"a time server's clock is far off",
	2,
	"Compare the server with others, and correct its own sources.",
};

enum {
	ERA_SECONDS = 2208988800u, /* from 1900 to 1970 */
	OFF_SECONDS = 10,
	SECOND = 1000000000,
	PRIVATE_RESPONSE = 0x80,
	MONLIST = 20,
	MONLIST_1 = 42,
	NTS_COOKIE = 0x0204,        /* of a question; RFC 8915 5.7 */
	NTS_AUTHENTICATOR = 0x0404, /* of both, and what is encrypted in an answer is behind it */
	FIELD_LEAST = 16,           /* RFC 7822 3 */
	MAC_LEAST = 20,
};

struct state {
	int64_t asked_ns; /* when the client's packet passed; 0: none */
	struct ntp_stamp asked;
};

struct record {
	const struct ntp_packet *packet;
	bool synchronised, nts, authenticated;
	bool has_times;
	int64_t offset_ns, delay_ns;
	uint8_t opcode, request_code;
	bool response;
	unsigned items;
	struct span software;
};

/* ---- the event ---- */

static const char *mode_text(enum ntp_mode mode)
{
	static const char *const names[] = {
		"reserved", "symmetric_active", "symmetric_passive", "client",
		"server",   "broadcast",        "control",           "private",
	};

	return names[mode & 7];
}

static void write_seconds(struct json *json, const char *key, int64_t ns)
{
	char text[40];

	(void)snprintf(text, sizeof(text), "%s%lld.%09lld", ns < 0 ? "-" : "",
		       (long long)(llabs(ns) / SECOND), (long long)(llabs(ns) % SECOND));
	json_text(json, key, text);
}

/* RFC 5905 7.3: what the last minute of the day will be. */
static const char *leap_text(uint8_t leap)
{
	static const char *const names[] = { "none", "insert_second", "delete_second", "unknown" };

	return names[leap & 3];
}

static void write_time(const struct record *record, struct json *json)
{
	const struct ntp_packet *const p = record->packet;
	char reference[NTP_REFERENCE_TEXT];

	json_unsigned(json, "stratum", p->stratum);
	json_text(json, "reference_id", ntp_reference_text(p, reference));
	json_number(json, "poll", p->poll);
	json_number(json, "precision", p->precision);
	json_text(json, "leap", leap_text(p->leap));
	write_seconds(json, "root_delay", (int32_t)p->root_delay * (int64_t)SECOND / (1 << 16));
	write_seconds(json, "root_dispersion", p->root_dispersion * (int64_t)SECOND / (1 << 16));
	json_bool(json, "synchronised", record->synchronised);
	if (record->nts)
		json_bool(json, "nts", true);
	if (record->authenticated)
		json_bool(json, "authenticated", true);
	if (record->has_times) {
		write_seconds(json, "offset", record->offset_ns);
		write_seconds(json, "delay", record->delay_ns);
	}
}

static void emit(const void *memory, struct json *json)
{
	const struct record *const record = memory;
	const enum ntp_mode mode = record->packet->mode;

	json_unsigned(json, "version", record->packet->version);
	json_unsigned(json, "mode", mode);
	json_text(json, "mode_name", mode_text(mode));
	if (mode != NTP_CONTROL && mode != NTP_PRIVATE) {
		write_time(record, json);
		return;
	}
	json_bool(json, "response", record->response);
	if (mode == NTP_CONTROL)
		json_unsigned(json, "opcode", record->opcode);
	else
		json_unsigned(json, "request_code", record->request_code);
	if (record->items > 0)
		json_unsigned(json, "items", record->items);
	if (span_left(record->software) > 0)
		json_span(json, "software", record->software);
}

/* ---- time ---- */

/* Nanoseconds since 1970. Times of the next era, after 2036, are below 2^31. */
static int64_t to_ns(struct ntp_stamp stamp)
{
	const int64_t era = stamp.seconds < 0x80000000 ? (int64_t)1 << 32 : 0;
	const int64_t seconds = (int64_t)stamp.seconds + era - (int64_t)ERA_SECONDS;

	return seconds * SECOND + (int64_t)((uint64_t)stamp.fraction * SECOND >> 32);
}

/* Extension fields of version 4, and then perhaps a key's number with its digest: keys have small numbers,
 * and no field has type zero (RFC 7822). */
static void read_trailer(struct span s, struct record *record)
{
	while (record->packet->version == 4 && span_left(s) >= FIELD_LEAST) {
		struct span field = s;
		const uint16_t type = span_u16(&field), length = span_u16(&field);

		if (type == 0 || length < FIELD_LEAST || length % 4 != 0 || length > span_left(s))
			break;
		record->nts = record->nts || type == NTS_COOKIE || type == NTS_AUTHENTICATOR;
		span_skip(&s, length);
	}
	record->authenticated = span_left(s) >= MAC_LEAST;
}

/* An answer gives back the client's time of sending. */
static void hear_answer(struct state *state, struct parse *parse, struct record *record)
{
	const struct ntp_packet *const p = record->packet;
	int64_t server;

	if (state->asked_ns == 0 || p->transmit.seconds == 0 || p->origin.seconds != state->asked.seconds ||
	    p->origin.fraction != state->asked.fraction)
		return;
	server = to_ns(p->transmit) - to_ns(p->receive);
	record->delay_ns = parse->time_ns - state->asked_ns - server;
	record->offset_ns = (to_ns(p->receive) - state->asked_ns) / 2 +
			    (to_ns(p->transmit) - parse->time_ns) / 2;
	record->has_times = true;
	if (record->synchronised && llabs(record->offset_ns) / SECOND >= OFF_SECONDS)
		parse_weakness(parse, &ntp_clock, "%lld seconds off",
			       (long long)(record->offset_ns / SECOND));
}

static enum parse_step hear_time(struct state *state, struct parse *parse, struct span s)
{
	struct ntp_packet packet;
	struct record record = { .packet = &packet };

	if (!ntp_read_header(&s, &packet))
		return PARSE_BROKEN;
	record.synchronised = packet.leap != NTP_LEAP_UNKNOWN && packet.stratum > 0 && packet.stratum < 16;
	read_trailer(s, &record);
	/* RFC 1059 B: version 1 may have no mode. */
	if (packet.mode == NTP_CLIENT ||
	    (packet.mode == NTP_RESERVED && packet.version == 1 && parse->side == SIDE_CLIENT)) {
		state->asked_ns = parse->time_ns;
		state->asked = packet.transmit;
	} else if (packet.mode == NTP_SERVER || (packet.mode == NTP_RESERVED && packet.version == 1)) {
		hear_answer(state, parse, &record);
	}
	parse_event(parse, &record);
	return PARSE_ON;
}

/* ---- control and private ---- */

static void hear_variables(struct parse *parse, struct span list, struct record *record)
{
	struct span name, value;

	while (span_left(list) > 0 && ntp_next_variable(&list, &name, &value)) {
		if (!span_is(name, "version"))
			continue;
		record->software = value;
		for (size_t i = 0; i < NTP_PRODUCTS; i++) {
			const size_t at = text_find(value, ntp_products[i].sign);
			struct span rest = value;

			if (at == SIZE_MAX)
				continue;
			span_skip(&rest, at + strlen(ntp_products[i].sign));
			parse_software(parse, SIDE_SERVER, span_text(ntp_products[i].product),
				       text_version(rest));
			return;
		}
	}
}

static enum parse_step hear_control(struct parse *parse, struct span s)
{
	const uint8_t first = span_u8(&s), second = span_u8(&s);
	const struct ntp_packet packet = { .version = first >> 3 & 7, .mode = NTP_CONTROL };
	struct record record = { .packet = &packet, .software = span_of(NULL, 0) };
	uint16_t count;
	struct span data;

	span_skip(&s, 8);
	count = span_u16(&s);
	data = span_take(&s, count < span_left(s) ? count : span_left(s));
	if (s.failed)
		return PARSE_BROKEN;
	record.opcode = second & 0x1f;
	record.response = (second & NTP_CONTROL_RESPONSE) != 0;
	if (record.response && (second & NTP_CONTROL_ERROR) == 0 && count > 0) {
		parse_weakness(parse, &ntp_control, "%u octets are given to whoever asks", count);
		hear_variables(parse, data, &record);
	}
	parse_event(parse, &record);
	return PARSE_ON;
}

static enum parse_step hear_private(struct parse *parse, struct span s)
{
	const uint8_t first = span_u8(&s);
	const struct ntp_packet packet = { .version = first >> 3 & 7, .mode = NTP_PRIVATE };
	struct record record = { .packet = &packet, .software = span_of(NULL, 0) };

	span_skip(&s, 2);
	record.request_code = span_u8(&s);
	record.items = span_u16(&s) & 0xfff;
	if (s.failed)
		return PARSE_BROKEN;
	record.response = (first & PRIVATE_RESPONSE) != 0;
	if (record.response && record.items > 0 &&
	    (record.request_code == MONLIST || record.request_code == MONLIST_1)) {
		parse_weakness(parse, &ntp_monlist, "%u clients in one answer", record.items);
	}
	parse_event(parse, &record);
	return PARSE_ON;
}

static enum parse_step read_ntp(void *memory, struct parse *parse, struct span *bytes)
{
	switch ((enum ntp_mode)(span_peek(*bytes, 0) & 7)) {
	case NTP_CONTROL: return hear_control(parse, *bytes);
	case NTP_PRIVATE: return hear_private(parse, *bytes);
	default: return hear_time(memory, parse, *bytes);
	}
}

const struct parser ntp_parser = {
	.state_size = PARSE_STATE(struct state),
	.read = read_ntp,
	.emit = emit,
};
