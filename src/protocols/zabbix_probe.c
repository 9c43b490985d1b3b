/* zabbix_probe.c: what an agent of Zabbix is asked: its version. Whom it does not know it closes. */
#include "protocols/lines.h"
#include "protocols/probes.h"

extern const struct protocol protocol_zabbix;

enum { HEAD = 13 };

static void greet(void *state, unsigned transport, struct buffer *out)
{
	static const char key[] = "agent.version";

	(void)state;
	(void)transport;
	buffer_text(out, "ZBXD\1");
	buffer_u32_le(out, sizeof(key) - 1);
	buffer_u32_le(out, 0);
	buffer_text(out, key);
}

/* "6.0.14" is an agent's answer, JSON one of a server that knows no such question. */
static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = span_left(*heard) > 0
					     ? protocol_zabbix.recognise(*heard, SIDE_SERVER, TRANSPORT_TCP)
					     : MORE;
	struct span s = *heard, text;
	uint32_t length;

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	span_skip(&s, 5);
	length = span_u32_le(&s);
	span_skip(&s, 4);
	text = span_take(&s, length < 4096 ? length : 4096);
	if (text.failed)
		return ended ? PROBE_DONE : PROBE_WAIT;
	if (span_left(text) > 0 && span_peek(text, 0) >= '0' && span_peek(text, 0) <= '9')
		answer_product(answer, span_text("Zabbix agent"), text_version(text));
	return PROBE_DONE;
}

const struct probe zabbix_probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };
