/* ident_probe.c: RFC 1413 4: whose a connection is that there cannot be. */
#include "protocols/lines.h"
#include "protocols/probes.h"

extern const struct protocol protocol_ident;

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_text(out, "1, 1\r\n");
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = span_left(*heard) > 0
					     ? protocol_ident.recognise(*heard, SIDE_SERVER, TRANSPORT_TCP)
					     : MORE;

	(void)state;
	(void)out;
	(void)answer;
	return probe_step_for(verdict, ended);
}

const struct probe ident_probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };
