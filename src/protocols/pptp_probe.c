/* pptp_probe.c: RFC 2637 2.1: a control connection is begun and ended; the server tells of itself. */
#include "protocols/lines.h"
#include "protocols/probes.h"

extern const struct protocol protocol_pptp;

enum { START = 156, COOKIE = 0x1a2b3c4d, NAME = 64, NAME_AT = 28, FIRMWARE_AT = 26, STOP = 3 };

static void begin(struct buffer *out, uint16_t length, uint16_t type)
{
	buffer_u16(out, length);
	buffer_u16(out, 1); /* a control message */
	buffer_u32(out, COOKIE);
	buffer_u16(out, type);
	buffer_u16(out, 0);
}

static void greet(void *state, unsigned transport, struct buffer *out)
{
	static const char name[] = "doorward";

	(void)state;
	(void)transport;
	begin(out, START, 1);
	buffer_u16(out, 0x0100);
	buffer_u16(out, 0);
	buffer_u32(out, 3);
	buffer_u32(out, 3);
	buffer_u32(out, 0);
	buffer_text(out, name);
	buffer_fill(out, 0, NAME - (sizeof(name) - 1) + NAME);
}

static struct span name_in(struct span *s)
{
	struct span name = span_take(s, NAME), text = span_until(&name, 0);

	return text.failed ? name : text;
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = span_left(*heard) > 0
					     ? protocol_pptp.recognise(*heard, SIDE_SERVER, TRANSPORT_TCP)
					     : MORE;
	struct span s = *heard;

	(void)state;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	if (span_left(s) < START)
		return ended ? PROBE_DONE : PROBE_WAIT;
	span_skip(&s, FIRMWARE_AT);
	answer_fact_format(answer, "firmware", "%u", span_u16(&s));
	answer_fact(answer, "host_name", name_in(&s));
	answer_fact(answer, "vendor", name_in(&s));
	begin(out, 16, STOP);
	buffer_u32(out, 0x01000000);
	return PROBE_DONE;
}

const struct probe pptp_probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };
