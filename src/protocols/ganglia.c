/* ganglia.c: Ganglia's daemons, gmond and gmetad: whoever connects is told everything that they measure, in
 * XML that begins with its own definition. */
#include "protocols/text.h"

enum { DECLARATION = 128, LOOKED_AT = 4096 };

static const char begins[] = "<?xml ", type[] = "<!DOCTYPE GANGLIA_XML", root[] = "<GANGLIA_XML ";

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	const enum verdict verdict = transport == TRANSPORT_TCP && side == SIDE_SERVER
					     ? recognise_text(first, begins)
					     : NO;
	const size_t end = span_find(text_first(first, DECLARATION), "?>");

	if (verdict != YES)
		return verdict;
	if (end == SIZE_MAX)
		return span_left(first) < DECLARATION ? MORE : NO;
	span_skip(&first, end + 2);
	if (span_peek(first, 0) == '\r')
		span_skip(&first, 1);
	if (span_left(first) == 0)
		return MORE;
	if (span_u8(&first) != '\n')
		return NO;
	return span_left(first) > 0 ? recognise_text(first, type) : MORE;
}

/* ---- asking ---- */

/* <GANGLIA_XML VERSION="3.7.2" SOURCE="gmond">, behind the definition. */
static struct span value_of(struct span element, const char *key)
{
	const size_t at = span_find(element, key);

	span_skip(&element, at == SIZE_MAX ? at : at + strlen(key));
	return span_until(&element, '"');
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);
	const size_t at = span_find(text_first(*heard, LOOKED_AT), root);
	struct span rest = *heard, element;

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	span_skip(&rest, at);
	element = span_until(&rest, '>');
	if (element.failed && !ended && span_left(*heard) < LOOKED_AT)
		return PROBE_WAIT;
	if (!element.failed) {
		const bool gathers = span_is(value_of(element, "SOURCE=\""), "gmetad");

		answer_product(answer, span_text(gathers ? "Ganglia gmetad" : "Ganglia gmond"),
			       value_of(element, "VERSION=\""));
	}
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .transports = PROBE_TCP, .server_speaks_first = true, .hear = hear };

const struct protocol protocol_ganglia = {
	.name = "ganglia",
	.title = "Ganglia",
	DOORS(TCP(8649), TCP(8651)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.server_tells = true,
	.probe = &probe,
};
