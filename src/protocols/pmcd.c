/* pmcd.c: Performance Co-Pilot's collector, pmcd(1) and the PDUs of libpcp: each has a length, a type from
 * 0x7000 on and who sent it. The collector greets with a status and the version that it speaks. */
#include "protocols/text.h"

enum {
	HEAD = 12,
	TYPE_FIRST = 0x7000,
	STATUS = TYPE_FIRST, /* which the server opens with */
	CREDENTIALS = 0x700c,
	GREETING = 20,
	VERSION = 2,
	LENGTH_MOST = 4096,
};

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct span s = first;
	uint32_t length, type;

	if (transport != TRANSPORT_TCP)
		return NO;
	if (span_left(first) < HEAD) {
		static const uint8_t greeting[HEAD] = { 0, 0, 0, GREETING, 0, 0, STATUS >> 8 };
		const size_t fixed = side == SIDE_SERVER ? 8 : 2, come = span_left(first);

		return memcmp(first.at, greeting, come < fixed ? come : fixed) != 0 ? NO : MORE;
	}
	length = span_u32(&s);
	type = span_u32(&s);
	span_skip(&s, sizeof(uint32_t));
	if (side == SIDE_CLIENT)
		return type == CREDENTIALS && length >= GREETING && length <= LENGTH_MOST ? YES : NO;
	if (type != STATUS || length != GREETING)
		return NO;
	if (span_left(first) < GREETING)
		return MORE;
	return span_u32(&s) == 0 && span_peek(s, 0) == VERSION ? YES : NO;
}

/* ---- asking ---- */

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	answer_fact_format(answer, "protocol_version", "%u", VERSION);
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .transports = PROBE_TCP, .server_speaks_first = true, .hear = hear };

const struct protocol protocol_pmcd = {
	.name = "pmcd",
	.title = "Performance Co-Pilot",
	DOORS(TCP(44321)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise,
	.probe = &probe,
};
