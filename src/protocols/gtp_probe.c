/* gtp_probe.c: what a node of GTP is asked: whether it is there (TS 29.281, 7.2.1 Echo Request, which every
 * version knows and every node answers). No tunnel is made. */
#include "protocols/probes.h"

extern const struct protocol protocol_gtp;

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_u16(out, 0x3201); /* version 1, with a number; an echo is requested */
	buffer_u16(out, 4);
	buffer_u32(out, 0);          /* of no tunnel */
	buffer_u32(out, 0x00010000); /* the number, and no extension */
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const uint8_t flags = span_peek(*heard, 0);
	const enum probe_step step = probe_recognised(&protocol_gtp, TRANSPORT_UDP, heard, ended);

	(void)state;
	(void)out;
	if (step == PROBE_DONE)
		answer_fact_format(answer, "version", "%u", flags >> 5);
	return step;
}

const struct probe gtp_probe = {
	.rare = true,
	.transports = PROBE_UDP,
	.greet = greet,
	.hear = hear,
};
