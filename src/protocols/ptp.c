/* ptp.c: the Precision Time Protocol, IEEE 1588-2019 (version 2) over UDP (its annexes C and D), and in
 * frames of their own type (annex E; IEEE 802.1AS). Version 1 is in ptp1.c. */
#include "protocols/ptp1.h"
#include "protocols/told.h"

#include <stdio.h>

enum {
	HEADER = 34,
	VERSION = 2,
	DOMAIN_MOST = 239,
	CHECKSUM_PAD = 2, /* over IPv6 */
	ANNOUNCE = 11,
	MESSAGES = 14,
	TYPE_PTP = 0x88f7,
};

static const struct code_name message_names[] = {
	{ 0, "sync" },
	{ 1, "delay_req" },
	{ 2, "pdelay_req" },
	{ 3, "pdelay_resp" },
	{ 8, "follow_up" },
	{ 9, "delay_resp" },
	{ 10, "pdelay_resp_follow_up" },
	{ 11, "announce" },
	{ 12, "signaling" },
	{ 13, "management" },
};

/* By type: the least octets of a message, and its control field. Zero: no such message. */
static const struct {
	uint8_t length, control;
} shapes[MESSAGES] = {
	{ 44, 0 }, { 44, 1 }, { 54, 5 }, { 54, 5 }, { 0, 0 },  { 0, 0 },  { 0, 0 },
	{ 0, 0 },  { 44, 2 }, { 54, 3 }, { 54, 5 }, { 64, 5 }, { 44, 5 }, { 48, 4 },
};

/* The logarithm of seconds between messages: 7f where there is none. */
static bool is_interval(uint8_t logarithm)
{
	enum { MOST = 22 };

	return logarithm == 0x7f || logarithm <= MOST || logarithm >= 0x100 - MOST;
}

static bool is_message(struct span s)
{
	uint8_t type;

	if (span_left(s) < HEADER)
		return false;
	type = s.at[0] & 15;
	return (s.at[1] & 15) == VERSION && s.at[1] >> 4 <= 1 && type < MESSAGES &&
	       shapes[type].length != 0 && load_u16(s.at + 2) >= shapes[type].length &&
	       load_u16(s.at + 2) <= span_left(s) && s.at[4] <= DOMAIN_MOST && load_u64(s.at + 20) != 0 &&
	       load_u16(s.at + 28) != 0 && is_interval(s.at[33]);
}

/* The message alone, and what version 2.1 calls reserved or obsolete as it was. In a frame both may differ:
 * short ones are filled up, and its type says what it is. */
static bool is_datagram(struct span s)
{
	const size_t come = span_left(s);
	size_t length;

	if (!is_message(s))
		return false;
	length = load_u16(s.at + 2);
	return (s.at[1] >> 4 == 1 || s.at[5] == 0) && (length == come || length + CHECKSUM_PAD == come) &&
	       s.at[32] == shapes[s.at[0] & 15].control;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	(void)side;
	return transport == TRANSPORT_UDP && (is_datagram(first) || ptp1_is_message(first)) ? YES : NO;
}

/* ---- reading ---- */

/* What a clock says. */
struct clock {
	struct tally messages;
	uint64_t clock, grandmaster;
	uint16_t port, steps_removed;
	uint8_t domain, minor, priority1, priority2, class, accuracy, source;
	bool begun, announced;
};

struct conversation {
	struct clock clock; /* of who spoke first */
	struct ptp1 old;
	struct told_wide told; /* of frames, in which all clocks of a link speak */
};

static void emit_identity(struct json *json, const char *key, uint64_t identity)
{
	char text[17];

	(void)snprintf(text, sizeof(text), "%016llx", (unsigned long long)identity);
	json_text(json, key, text);
}

static void emit(const void *record, struct json *json)
{
	const struct clock *const clock = record;
	char version[8];

	(void)snprintf(version, sizeof(version), "%d.%u", VERSION, clock->minor);
	json_text(json, "version", version);
	json_unsigned(json, "domain", clock->domain);
	emit_identity(json, "clock_identity", clock->clock);
	json_unsigned(json, "port_number", clock->port);
	EMIT_TALLY(json, "messages", &clock->messages, message_names);
	if (!clock->announced)
		return;
	emit_identity(json, "grandmaster_identity", clock->grandmaster);
	json_unsigned(json, "priority1", clock->priority1);
	json_unsigned(json, "priority2", clock->priority2);
	json_unsigned(json, "clock_class", clock->class);
	json_unsigned(json, "clock_accuracy", clock->accuracy);
	json_unsigned(json, "steps_removed", clock->steps_removed);
	json_unsigned(json, "time_source", clock->source);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (state->clock.begun)
		parse_event(parse, &state->clock);
	if (state->old.begun)
		parse_event_as(parse, "ptp", ptp1_emit, &state->old);
	state->clock.begun = state->old.begun = false;
}

static void hear(struct clock *clock, const uint8_t *at)
{
	if (!clock->begun) {
		clock->minor = at[1] >> 4;
		clock->domain = at[4];
		clock->clock = load_u64(at + 20);
		clock->port = load_u16(at + 28);
		clock->begun = true;
	}
	tally_add(&clock->messages, at[0] & 15);
	if ((at[0] & 15) == ANNOUNCE) {
		clock->announced = true;
		clock->priority1 = at[47];
		clock->class = at[48];
		clock->accuracy = at[49];
		clock->priority2 = at[52];
		clock->grandmaster = load_u64(at + 53);
		clock->steps_removed = load_u16(at + 61);
		clock->source = at[63];
	}
}

/* A clock speaks several times a second: each kind of its messages is news once, and when what it announces
 * is another than before. */
static void hear_frame(struct conversation *state, struct parse *parse, const uint8_t *at)
{
	enum { IDENTITY = 10, WHO = IDENTITY + 2, OFFER = 47, OFFER_END = 64 };
	const bool announces = (at[0] & 15) == ANNOUNCE;
	struct clock clock = { 0 };
	uint8_t who[WHO];

	memcpy(who, at + 20, IDENTITY);
	who[IDENTITY] = at[0];
	who[IDENTITY + 1] = at[4];
	if (!told_wide_is_news(&state->told, span_of(who, WHO),
			       span_of(at + OFFER, announces ? OFFER_END - OFFER : 0)))
		return;
	hear(&clock, at);
	parse_event(parse, &clock);
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;

	if (parse->transport != TRANSPORT_UDP) {
		if (!is_message(*bytes))
			return PARSE_BROKEN;
		hear_frame(state, parse, bytes->at);
		bytes->at = bytes->end;
		return PARSE_ON;
	}
	if (ptp1_is_message(*bytes)) {
		ptp1_read(&state->old, *bytes);
		return PARSE_ON;
	}
	if (!is_datagram(*bytes))
		return parse->cut ? PARSE_ON : PARSE_BROKEN;
	hear(&state->clock, bytes->at);
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};

const struct protocol protocol_ptp = {
	.name = "ptp",
	.title = "Precision Time Protocol",
	DOORS(UDP(319), UDP(320)),
	FRAMES(TYPE_PTP),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = 44,                                            /* that of the shortest messages */
	MARKS(OCTET(1, 1), OCTET(1, VERSION), OCTET(1, 0x10 | VERSION)), /* of version 1, and 2 */
	.parser = &parser,
};
