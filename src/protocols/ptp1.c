/* ptp1.c: the Precision Time Protocol, version 1: IEEE 1588-2002, clause 8 and annex D (over UDP). */
#include "protocols/ptp1.h"

#include <stdio.h>

enum { SYNC, DELAY_REQUEST, FOLLOW_UP, DELAY_RESPONSE, MANAGEMENT, MESSAGES };

static const struct code_name message_names[] = {
	{ SYNC, "sync" },
	{ DELAY_REQUEST, "delay_req" },
	{ FOLLOW_UP, "follow_up" },
	{ DELAY_RESPONSE, "delay_resp" },
	{ MANAGEMENT, "management" },
};

/* By control: the octets of a message, and whether it is an event, whose time is taken, or another one. */
static const struct {
	uint8_t length, type;
} shapes[MESSAGES] = { { 124, 1 }, { 124, 1 }, { 52, 2 }, { 60, 2 }, { 60, 2 } };

enum { HEADER = 40, SUBDOMAIN = 16 };

/* Letters, then zeros: "_DFLT". */
static bool is_subdomain(struct span s)
{
	bool ended = false;

	if (*s.at == 0)
		return false;
	for (; s.at < s.end; s.at++) {
		if (*s.at != 0 && (ended || *s.at <= ' ' || *s.at >= 0x7f))
			return false;
		ended = *s.at == 0;
	}
	return true;
}

bool ptp1_is_message(struct span s)
{
	const size_t length = span_left(s);
	const uint8_t *const at = s.at;

	return length >= shapes[FOLLOW_UP].length && load_u16(at) == 1 && load_u16(at + 2) == 1 &&
	       is_subdomain(span_of(at + 4, SUBDOMAIN)) && at[32] < MESSAGES &&
	       at[20] == shapes[at[32]].type &&
	       (at[32] == MANAGEMENT ? length >= shapes[MANAGEMENT].length
				     : length == shapes[at[32]].length) &&
	       load_u32(at + 36) == 0;
}

void ptp1_read(struct ptp1 *state, struct span message)
{
	const uint8_t *const at = message.at;

	if (!state->begun) {
		span_copy_text(span_of(at + 4, SUBDOMAIN), state->subdomain, sizeof(state->subdomain));
		memcpy(state->clock, at + 22, sizeof(state->clock));
		state->port = load_u16(at + 28);
		state->begun = true;
	}
	tally_add(&state->messages, at[32]);
	if (at[32] != SYNC)
		return;
	state->announced = true;
	memcpy(state->grandmaster, at + HEADER + 14, sizeof(state->grandmaster));
	state->stratum = at[HEADER + 27];
	state->steps_removed = load_u16(at + HEADER + 50);
}

static void emit_identity(struct json *json, const char *key, const uint8_t clock[static 6])
{
	char text[13];

	(void)snprintf(text, sizeof(text), "%02x%02x%02x%02x%02x%02x", clock[0], clock[1], clock[2], clock[3],
		       clock[4], clock[5]);
	json_text(json, key, text);
}

void ptp1_emit(const void *record, struct json *json)
{
	const struct ptp1 *const state = record;

	json_text(json, "version", "1");
	emit_text(json, "subdomain", state->subdomain);
	emit_identity(json, "clock_identity", state->clock);
	json_unsigned(json, "port_number", state->port);
	EMIT_TALLY(json, "messages", &state->messages, message_names);
	if (!state->announced)
		return;
	emit_identity(json, "grandmaster_identity", state->grandmaster);
	json_unsigned(json, "clock_stratum", state->stratum);
	json_unsigned(json, "steps_removed", state->steps_removed);
}
