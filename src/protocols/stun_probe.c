/* stun_probe.c: what a server of STUN or TURN is asked: where the question came from (RFC 8489 2, Binding).
 * Servers may name their software (14.14). Nothing is allocated. */
#include "protocols/lines.h"
#include "protocols/probes.h"

extern const struct protocol protocol_stun;

enum { BINDING = 1, COOKIE = 0x2112a442, SOFTWARE = 0x8022, HEADER = 20 };

struct state {
	unsigned transport;
};
_Static_assert(sizeof(struct state) <= STUN_PROBE_STATE, "state of the probe");

static void greet(void *memory, unsigned transport, struct buffer *out)
{
	struct state *const state = memory;

	state->transport = transport;
	buffer_u16(out, BINDING);
	buffer_u16(out, 0);
	buffer_u32(out, COOKIE);
	buffer_text(out, "doorward.inv"); /* the twelve octets of the transaction */
}

static enum probe_step hear(void *memory, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const struct state *const state = memory;
	struct span s = *heard;
	const enum probe_step step = probe_recognised(&protocol_stun, state->transport, heard, ended);

	(void)out;
	if (step != PROBE_DONE)
		return step;
	span_skip(&s, HEADER);
	while (!s.failed && span_left(s) >= 4) {
		const uint16_t type = span_u16(&s), length = span_u16(&s);
		const struct span value = span_take(&s, length);

		if (type == SOFTWARE && text_is_plain(value))
			answer_fact(answer, "software", text_trim(value));
		span_skip(&s, (4u - length % 4) % 4);
	}
	return PROBE_DONE;
}

const struct probe stun_probe = {
	.rare = true,
	.transports = PROBE_TCP | PROBE_UDP,
	.greet = greet,
	.hear = hear,
};
