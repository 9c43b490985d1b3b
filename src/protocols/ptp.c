/* ptp.c: the Precision Time Protocol, IEEE 1588-2019 (version 2) over UDP (its annexes C and D). Version 1 is
 * in ptp1.c. */
#include "protocols/ptp1.h"

#include <stdio.h>

enum {
	HEADER = 34,
	VERSION = 2,
	DOMAIN_MOST = 239,
	CHECKSUM_PAD = 2, /* over IPv6 */
	ANNOUNCE = 11,
	MESSAGES = 14,
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
	const size_t come = span_left(s);
	uint8_t type;
	uint16_t length;

	if (come < HEADER)
		return false;
	type = s.at[0] & 15;
	length = load_u16(s.at + 2);
	return (s.at[1] & 15) == VERSION && s.at[1] >> 4 <= 1 && (s.at[1] >> 4 == 1 || s.at[5] == 0) &&
	       type < MESSAGES && shapes[type].length != 0 && length >= shapes[type].length &&
	       (length == come || come == (size_t)length + CHECKSUM_PAD) && s.at[4] <= DOMAIN_MOST &&
	       s.at[32] == shapes[type].control && load_u64(s.at + 20) != 0 && load_u16(s.at + 28) != 0 &&
	       is_interval(s.at[33]);
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	(void)side;
	return transport == TRANSPORT_UDP && (is_message(first) || ptp1_is_message(first)) ? YES : NO;
}

/* ---- reading ---- */

struct conversation {
	struct ptp1 old;
	struct tally messages;
	uint64_t clock, grandmaster;
	uint16_t port, steps_removed;
	uint8_t domain, minor, priority1, priority2, class, accuracy, source;
	bool begun, announced;
};

static void emit_identity(struct json *json, const char *key, uint64_t identity)
{
	char text[17];

	(void)snprintf(text, sizeof(text), "%016llx", (unsigned long long)identity);
	json_text(json, key, text);
}

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;
	char version[8];

	(void)snprintf(version, sizeof(version), "%d.%u", VERSION, state->minor);
	json_text(json, "version", version);
	json_unsigned(json, "domain", state->domain);
	emit_identity(json, "clock_identity", state->clock);
	json_unsigned(json, "port_number", state->port);
	EMIT_TALLY(json, "messages", &state->messages, message_names);
	if (!state->announced)
		return;
	emit_identity(json, "grandmaster_identity", state->grandmaster);
	json_unsigned(json, "priority1", state->priority1);
	json_unsigned(json, "priority2", state->priority2);
	json_unsigned(json, "clock_class", state->class);
	json_unsigned(json, "clock_accuracy", state->accuracy);
	json_unsigned(json, "steps_removed", state->steps_removed);
	json_unsigned(json, "time_source", state->source);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (state->begun)
		parse_event(parse, state);
	if (state->old.begun)
		parse_event_as(parse, "ptp", ptp1_emit, &state->old);
	state->begun = state->old.begun = false;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	const uint8_t *const at = bytes->at;

	if (ptp1_is_message(*bytes)) {
		ptp1_read(&state->old, *bytes);
		return PARSE_ON;
	}
	if (!is_message(*bytes))
		return parse->cut ? PARSE_ON : PARSE_BROKEN;
	if (!state->begun) {
		state->minor = at[1] >> 4;
		state->domain = at[4];
		state->clock = load_u64(at + 20);
		state->port = load_u16(at + 28);
		state->begun = true;
	}
	tally_add(&state->messages, at[0] & 15);
	if ((at[0] & 15) == ANNOUNCE) {
		state->announced = true;
		state->priority1 = at[47];
		state->class = at[48];
		state->accuracy = at[49];
		state->priority2 = at[52];
		state->grandmaster = load_u64(at + 53);
		state->steps_removed = load_u16(at + 61);
		state->source = at[63];
	}
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
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = 44,                                            /* that of the shortest messages */
	MARKS(OCTET(1, 1), OCTET(1, VERSION), OCTET(1, 0x10 | VERSION)), /* of version 1, and 2 */
	.parser = &parser,
};
