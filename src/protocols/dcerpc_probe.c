/* dcerpc_probe.c: what a server of DCE/RPC is asked: to bind to the endpoint mapper (C706 12.6.4.3). No call
 * is made; its answer, also that it has none, tells what it speaks, and where. */
#include "protocols/lines.h"
#include "protocols/probes.h"

extern const struct protocol protocol_dcerpc;

enum { LENGTH_AT = 8, TYPE_AT = 2, BIND_ACK = 12, ENDPOINT_AT = 24, LITTLE = 0x10, ORDER_AT = 4 };

/* Version 5.0, bind, first and last fragment, little-endian; fragments of 4280; one context: the endpoint
 * mapper, version 3, in NDR, version 2. */
static const uint8_t bind_request[] = {
	0x05, 0x00, 0x0b, 0x03, 0x10, 0x00, 0x00, 0x00, 0x48, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00,
	0x00, 0xb8, 0x10, 0xb8, 0x10, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x01, 0x00, 0x08, 0x83, 0xaf, 0xe1, 0x1f, 0x5d, 0xc9, 0x11, 0x91, 0xa4, 0x08, 0x00, 0x2b,
	0x14, 0xa0, 0xfa, 0x03, 0x00, 0x00, 0x00, 0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11,
	0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60, 0x02, 0x00, 0x00, 0x00,
};

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_add(out, bind_request, sizeof(bind_request));
}

/* The port, or the pipe, at which the server is, ended by a zero. */
static void tell_endpoint(struct span s, struct answer *answer)
{
	struct span name;

	span_skip(&s, ENDPOINT_AT);
	name = span_take(&s, span_u16_le(&s));
	if (!s.failed && span_left(name) > 1 && text_is_plain(text_first(name, span_left(name) - 1)))
		answer_fact(answer, "endpoint", text_first(name, span_left(name) - 1));
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const struct span first = *heard;
	struct span s = first, length = first;
	const enum probe_step step = probe_recognised(&protocol_dcerpc, TRANSPORT_TCP, &s, ended);

	(void)state;
	(void)out;
	if (step != PROBE_DONE)
		return step;
	span_skip(&length, LENGTH_AT);
	if (span_peek(first, ORDER_AT) == LITTLE) {
		if (span_left(first) < span_u16_le(&length) && !ended)
			return PROBE_WAIT;
		if (span_peek(first, TYPE_AT) == BIND_ACK)
			tell_endpoint(first, answer);
	}
	*heard = s;
	return PROBE_DONE;
}

const struct probe dcerpc_probe = {
	.rare = true,
	.transports = PROBE_TCP,
	.greet = greet,
	.hear = hear,
};
