/* opcua_probe.c: what a server of OPC UA is asked: to agree on the size of messages (OPC 10000-6, 7.1.2 HEL
 * and ACK). No channel is opened, so that it has nothing to forget. */
#include "protocols/lines.h"
#include "protocols/probes.h"

extern const struct protocol protocol_opcua;

enum { FIXED = 32, BUFFER = 65536, VERSION_AT = 8 };

static void greet(void *state, unsigned transport, struct buffer *out)
{
	static const char url[] = "opc.tcp://localhost:4840/";

	(void)state;
	(void)transport;
	buffer_text(out, "HELF");
	buffer_u32_le(out, (uint32_t)(FIXED + strlen(url)));
	buffer_u32_le(out, 0);
	buffer_u32_le(out, BUFFER);
	buffer_u32_le(out, BUFFER);
	buffer_u32_le(out, 0); /* messages and chunks as large and many as there may be */
	buffer_u32_le(out, 0);
	buffer_u32_le(out, (uint32_t)strlen(url));
	buffer_text(out, url);
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct span s = *heard;
	struct span rest = s;
	const enum probe_step step = probe_recognised(&protocol_opcua, TRANSPORT_TCP, &rest, ended);
	uint32_t version;

	(void)state;
	(void)out;
	if (step != PROBE_DONE)
		return step;
	span_skip(&s, VERSION_AT);
	version = span_u32_le(&s);
	if (s.failed && !ended)
		return PROBE_WAIT;
	if (!s.failed && span_peek(*heard, 0) == 'A')
		answer_fact_format(answer, "version", "%u", version);
	*heard = rest;
	return PROBE_DONE;
}

const struct probe opcua_probe = {
	.rare = true,
	.transports = PROBE_TCP,
	.greet = greet,
	.hear = hear,
};
