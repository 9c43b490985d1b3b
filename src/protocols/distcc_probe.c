/* distcc_probe.c: what a server of distcc is asked: to compile an empty file. It has no smaller question. */
#include "protocols/probes.h"

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_text(out, "DIST00000001ARGC00000005ARGV00000002ccARGV00000002-cARGV0000000adoorward.c"
			 "ARGV00000002-oARGV0000000adoorward.oDOTI00000000");
}

extern const struct protocol protocol_distcc;

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = span_left(*heard) > 0
					     ? protocol_distcc.recognise(*heard, SIDE_SERVER, TRANSPORT_TCP)
					     : MORE;

	(void)state;
	(void)out;
	if (verdict == YES)
		answer_product(answer, span_text("distccd"), span_text(""));
	return probe_step_for(verdict, ended);
}

const struct probe distcc_probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };
