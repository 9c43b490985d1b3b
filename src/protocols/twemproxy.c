/* twemproxy.c: the figures of twemproxy (nutcracker), a proxy of Redis and memcached, nc_stats.c of its
 * sources: an object of JSON for whoever connects, unasked, and the end. */
#include "protocols/text.h"

enum { FIRST = 512 };

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	return transport == TRANSPORT_TCP && side == SIDE_SERVER
		       ? recognise_text(first, "{\"service\":\"nutcracker\"")
		       : NO;
}

/* ---- asking ---- */

static struct span value_of(struct span text, const char *key)
{
	const size_t at = span_find(text, key);

	span_skip(&text, at == SIZE_MAX ? span_left(text) : at + strlen(key));
	return span_until(&text, '"');
}

/* {"service":"nutcracker", "source":"host", "version":"0.5.0", ... */
static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);
	struct span version;

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	version = value_of(*heard, "\"version\":\"");
	if (version.failed && !ended && span_left(*heard) < FIRST)
		return PROBE_WAIT;
	answer_product(answer, span_text("twemproxy"), version.failed ? span_of(NULL, 0) : version);
	answer_fact(answer, "host", value_of(*heard, "\"source\":\""));
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .transports = PROBE_TCP, .server_speaks_first = true, .hear = hear };

const struct protocol protocol_twemproxy = {
	.name = "twemproxy",
	.title = "Figures of twemproxy",
	DOORS(TCP(22222)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.server_tells = true,
	.probe = &probe,
};
