/* enip_probe.c: what a device of EtherNet/IP is asked: who it is ("The CIP Networks Library", volume 2, 2-4.2
 * ListIdentity), which every device answers to everybody, without a session. Nothing is read of its process.
 */
#include "protocols/lines.h"
#include "protocols/probes.h"

#include <stdio.h>

extern const struct protocol protocol_enip;

enum { LIST_IDENTITY = 0x63, HEADER = 24, IDENTITY = 0x0c, SOCKET = 18 };

struct state {
	unsigned transport;
};
_Static_assert(sizeof(struct state) <= ENIP_PROBE_STATE, "state of the probe");

static void greet(void *memory, unsigned transport, struct buffer *out)
{
	struct state *const state = memory;

	state->transport = transport;
	buffer_u8(out, LIST_IDENTITY);
	buffer_fill(out, 0, HEADER - 1);
}

/* Behind version and address of the encapsulation: vendor, type, code, revision, status, number, name. */
static void tell_identity(struct span s, struct answer *answer)
{
	uint16_t vendor, type;
	uint8_t major, minor;
	uint32_t serial;
	struct span name;
	char version[16];

	span_skip(&s, SOCKET);
	vendor = span_u16_le(&s);
	type = span_u16_le(&s);
	span_skip(&s, 2);
	major = span_u8(&s);
	minor = span_u8(&s);
	span_skip(&s, 2);
	serial = span_u32_le(&s);
	name = text_trim(span_take(&s, span_u8(&s)));
	if (s.failed || !text_is_plain(name))
		return;
	(void)snprintf(version, sizeof(version), "%u.%u", major, minor);
	answer_product(answer, name, span_text(version));
	answer_fact_format(answer, "vendor_id", "%u", vendor);
	answer_fact_format(answer, "device_type", "%u", type);
	answer_fact_format(answer, "serial", "%08x", serial);
}

static enum probe_step hear(void *memory, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const struct state *const state = memory;
	struct span s = *heard, rest = *heard, item;
	const enum probe_step step = probe_recognised(&protocol_enip, state->transport, &rest, ended);
	uint16_t length;

	(void)out;
	if (step != PROBE_DONE)
		return step;
	span_skip(&s, 2);
	length = span_u16_le(&s);
	span_skip(&s, HEADER - 4);
	if (span_left(s) < length && !ended)
		return PROBE_WAIT;
	if (span_peek(*heard, 0) == LIST_IDENTITY && span_u16_le(&s) > 0 && span_u16_le(&s) == IDENTITY) {
		item = span_take(&s, span_u16_le(&s));
		if (!s.failed)
			tell_identity(item, answer);
	}
	*heard = rest;
	return PROBE_DONE;
}

const struct probe enip_probe = {
	.rare = true,
	.knows = true,
	.transports = PROBE_TCP | PROBE_UDP,
	.greet = greet,
	.hear = hear,
};
