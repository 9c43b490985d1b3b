/* finger_probe.c: RFC 1288 2.5.1, 2.5.4: the question without a name, who is there. */
#include "protocols/probes.h"

extern const struct protocol protocol_finger;

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_text(out, "/W\r\n");
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	(void)state;
	(void)out;
	(void)answer;
	return probe_step_for(
		span_left(*heard) > 0 ? protocol_finger.recognise(*heard, SIDE_SERVER, TRANSPORT_TCP) : MORE,
		ended);
}

const struct probe finger_probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };
