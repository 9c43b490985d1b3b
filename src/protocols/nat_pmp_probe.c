/* nat_pmp_probe.c: what a router is asked: its outer address (RFC 6886 3.2), or, where it speaks PCP alone,
 * which version it has (RFC 6887 9). Nothing is mapped. */
#include "base/address.h"
#include "protocols/probes.h"

extern const struct protocol protocol_nat_pmp;

enum { OWN_ADDRESS = 0x80, ANSWER = 12, ADDRESS_AT = 8 };

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_u16(out, 0);
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct span s = *heard;
	const enum probe_step step = probe_recognised(&protocol_nat_pmp, TRANSPORT_UDP, heard, ended);

	(void)state;
	(void)out;
	if (step == PROBE_DONE && span_left(s) == ANSWER && span_peek(s, 1) == OWN_ADDRESS) {
		char text[ADDRESS_TEXT];
		struct address outer;

		span_skip(&s, ADDRESS_AT);
		outer = address_v4(span_u32(&s));
		answer_fact(answer, "external_address", span_text(address_text(&outer, text)));
	}
	return step;
}

const struct probe nat_pmp_probe = {
	.rare = true,
	.knows = true,
	.transports = PROBE_UDP,
	.greet = greet,
	.hear = hear,
};
