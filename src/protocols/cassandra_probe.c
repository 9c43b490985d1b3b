/* cassandra_probe.c: what a server of Cassandra's native protocol is asked: what it supports (version
 * 4, 4.1.2 OPTIONS and 4.2.4 SUPPORTED), which needs no login. */
#include "protocols/lines.h"
#include "protocols/probes.h"

extern const struct protocol protocol_cassandra;

enum { VERSION = 4, OPTIONS = 5, SUPPORTED = 6, OPERATION_AT = 4, ENTRIES_MOST = 16, VALUES_MOST = 32 };

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_u8(out, VERSION);
	buffer_fill(out, 0, 3); /* no flag, stream 0 */
	buffer_u8(out, OPTIONS);
	buffer_u32(out, 0);
}

static struct span take_string(struct span *s)
{
	return span_take(s, span_u16(s));
}

/* A map of texts to lists of texts. */
static void tell_supported(struct span s, struct answer *answer)
{
	const uint16_t entries = span_u16(&s);

	for (unsigned i = 0; i < entries && i < ENTRIES_MOST && !s.failed; i++) {
		const struct span key = take_string(&s);
		const uint16_t count = span_u16(&s);
		char list[FACT_VALUE] = { 0 };

		for (unsigned n = 0; n < count && n < VALUES_MOST && !s.failed; n++) {
			const struct span value = take_string(&s);

			if (!s.failed && text_is_plain(value))
				(void)texts_add(list, sizeof(list), value);
		}
		if (span_is(key, "CQL_VERSION"))
			answer_texts(answer, "cql_version", list);
		else if (span_is(key, "PROTOCOL_VERSIONS"))
			answer_texts(answer, "protocol_versions", list);
		else if (span_begins(key, "SCYLLA_"))
			answer_product(answer, span_text("ScyllaDB"), span_text(""));
	}
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct span s = *heard, body;
	const bool supported = span_peek(s, OPERATION_AT) == SUPPORTED;
	const enum probe_step step = probe_recognised(&protocol_cassandra, TRANSPORT_TCP, &s, ended);

	(void)state;
	(void)out;
	if (step != PROBE_DONE)
		return step;
	body = *heard;
	span_skip(&body, OPERATION_AT + 1);
	body = span_take(&body, span_u32(&body));
	if (body.failed && !ended)
		return PROBE_WAIT;
	if (supported && !body.failed)
		tell_supported(body, answer);
	*heard = s;
	return PROBE_DONE;
}

const struct probe cassandra_probe = {
	.rare = true,
	.knows = true,
	.transports = PROBE_TCP,
	.greet = greet,
	.hear = hear,
};
