/* rtmp_probe.c: RTMP's handshake (5.2 of the specification): what the client draws comes back to it. */
#include "protocols/probes.h"

extern const struct protocol protocol_rtmp;

enum { HANDSHAKE = 1536, DRAWN_AT = 8, VERSION = 3 };

static const char drawn[] = "doorward";

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_u8(out, VERSION);
	buffer_fill(out, 0, DRAWN_AT);
	for (size_t i = 0; i < HANDSHAKE - DRAWN_AT; i++)
		buffer_u8(out, (uint8_t)drawn[i % (sizeof(drawn) - 1)]);
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct span s = *heard;

	(void)state;
	(void)out;
	(void)answer;
	if (span_left(s) > 0 && span_peek(s, 0) != VERSION)
		return PROBE_NOT;
	span_skip(&s, 1 + HANDSHAKE + DRAWN_AT);
	if (!s.failed && span_begins(s, drawn))
		return PROBE_DONE;
	return probe_step_for(
		span_left(*heard) > 0 ? protocol_rtmp.recognise(*heard, SIDE_SERVER, TRANSPORT_TCP) : MORE,
		ended);
}

const struct probe rtmp_probe = {
	.rare = true, .knows = true, .transports = PROBE_TCP, .greet = greet, .hear = hear
};
