/* activemq.c: OpenWire, which ActiveMQ speaks, "OpenWire Version 2 Specification" of its documentation: both
 * sides open with what they can: a length, a type, the name of the protocol and its version. */
#include "protocols/text.h"

enum {
	INFO = 1,
	LENGTH_MOST = 4096,
	BEFORE_MARK = 5,
	VERSION_MOST = 32,
};

static const char mark[] = "ActiveMQ", product_name[] = "ProviderName", product_version[] = "ProviderVersion";

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct span s = first;
	uint32_t length, version;
	enum verdict verdict;

	(void)side;
	if (transport != TRANSPORT_TCP || span_peek(first, 0) != 0 || span_peek(first, 1) != 0)
		return NO;
	length = span_u32(&s);
	if (s.failed || span_left(s) == 0)
		return MORE;
	if (length > LENGTH_MOST || span_u8(&s) != INFO)
		return NO;
	if (span_left(s) == 0)
		return MORE;
	verdict = recognise_text(s, mark);
	if (verdict != YES)
		return verdict;
	span_skip(&s, sizeof(mark) - 1);
	version = span_u32(&s);
	if (s.failed)
		return MORE;
	return version > 0 && version <= VERSION_MOST ? YES : NO;
}

/* ---- asking ---- */

/* A text of the map: its key, a kind, a length. */
static struct span value_of(struct span s, const char *key)
{
	enum { TEXT = 9 };
	const size_t at = span_find(s, key);

	span_skip(&s, at == SIZE_MAX ? span_left(s) : at + strlen(key));
	if (span_u8(&s) != TEXT)
		return span_of(NULL, 0);
	return span_take(&s, span_u16(&s));
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);
	struct span s = *heard, whole;

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	whole = span_take(&s, span_u32(&s));
	if (whole.failed && !ended)
		return PROBE_WAIT;
	whole = whole.failed ? s : whole;
	if (span_is(value_of(whole, product_name), mark))
		answer_product(answer, span_text(mark), text_version(value_of(whole, product_version)));
	span_skip(&whole, BEFORE_MARK - sizeof(uint32_t) + sizeof(mark) - 1);
	answer_fact_format(answer, "protocol_version", "%u", span_u32(&whole));
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .transports = PROBE_TCP, .server_speaks_first = true, .hear = hear };

const struct protocol protocol_activemq = {
	.name = "activemq",
	.title = "OpenWire",
	DOORS(TCP(61616)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.probe = &probe,
};
