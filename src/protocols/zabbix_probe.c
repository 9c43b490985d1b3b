/* zabbix_probe.c: what is asked at a door of Zabbix ("Zabbix protocols" of its documentation): to take
 * values, none of which follows. A server or proxy has then processed nothing, and an agent does not know the
 * question: that one is asked for its version. Whom an agent does not know it closes. */
#include "protocols/lines.h"
#include "protocols/probes.h"

extern const struct protocol protocol_zabbix;

enum { CONTENT_MOST = 4096 };

static const char agent[] = "Zabbix agent";

static void write_message(struct buffer *out, const char *content)
{
	buffer_text(out, "ZBXD\1");
	buffer_u32_le(out, (uint32_t)strlen(content));
	buffer_u32_le(out, 0);
	buffer_text(out, content);
}

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	write_message(out, "{\"request\":\"sender data\",\"data\":[]}");
}

static void greet_agent(void *state, size_t variant, const struct answer *known, struct buffer *out)
{
	(void)state;
	(void)variant;
	(void)known;
	write_message(out, "agent.version");
}

static bool is_agent(const struct answer *known, size_t variant)
{
	(void)variant;
	return strcmp(known->product, agent) == 0;
}

/* "6.0.14" is an agent's answer to the question for its version. */
static void tell(struct answer *answer, struct span content)
{
	if (span_begins(content, "ZBX_NOTSUPPORTED"))
		answer_product(answer, span_text(agent), span_text(""));
	else if (span_peek(content, 0) >= '0' && span_peek(content, 0) <= '9')
		answer_product(answer, span_text(agent), text_version(content));
	else if (text_find(content, "\"processed: ") != SIZE_MAX)
		answer_product(answer, span_text("Zabbix"), span_text(""));
}

static enum probe_step hear_message(struct span *heard, bool ended, struct answer *answer)
{
	const enum verdict verdict = span_left(*heard) > 0
					     ? protocol_zabbix.recognise(*heard, SIDE_SERVER, TRANSPORT_TCP)
					     : MORE;
	struct span s = *heard, content;
	uint32_t length;

	if (verdict != YES)
		return probe_step_for(verdict, ended);
	span_skip(&s, 5);
	length = span_u32_le(&s);
	span_skip(&s, 4);
	content = span_take(&s, length < CONTENT_MOST ? length : CONTENT_MOST);
	if (s.failed)
		return ended ? PROBE_DONE : PROBE_WAIT;
	tell(answer, content);
	return PROBE_DONE;
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	(void)state;
	(void)out;
	return hear_message(heard, ended, answer);
}

static enum probe_step hear_agent(void *state, size_t variant, struct span *heard, bool ended,
				  struct answer *answer)
{
	(void)state;
	(void)variant;
	return hear_message(heard, ended, answer);
}

const struct probe zabbix_probe = {
	.rare = true,
	.transports = PROBE_TCP,
	.greet = greet,
	.hear = hear,
	.variants = 1,
	.wants_more = is_agent,
	.greet_more = greet_agent,
	.hear_more = hear_agent,
};
