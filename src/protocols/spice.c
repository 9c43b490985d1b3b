/* spice.c: SPICE, the remote screen of virtual machines ("Spice protocol" of its documentation): both sides
 * open with "REDQ", a version, and a message that says which channel is wanted and how one may log in. */
#include "protocols/spice.h"

enum { LINK = 18, MAIN = 1 };

const char spice_mark[] = "REDQ";

const struct weakness spice_clear = {
	"spice-clear",
	"The screen and the keys of a machine go by in the clear (SPICE)",
	2,
	"Let it listen with TLS (tls-port, and tls-channel=default), and not at a port without.",
};
static const struct weakness *const weaknesses[] = { &spice_clear, NULL };

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	const enum verdict verdict = transport == TRANSPORT_TCP ? recognise_text(first, spice_mark) : NO;
	uint32_t major, minor, size;

	(void)side;
	if (verdict != YES || span_left(first) < SPICE_HEAD)
		return verdict == NO ? NO : MORE;
	span_skip(&first, strlen(spice_mark));
	major = span_u32_le(&first);
	minor = span_u32_le(&first);
	size = span_u32_le(&first);
	return major > 0 && major <= SPICE_MAJOR && minor < UINT8_MAX && size <= SPICE_LINK_MOST ? YES : NO;
}

/* ---- asking ---- */

/* The main channel of a new session; nobody logs in to it. */
static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_text(out, spice_mark);
	buffer_u32_le(out, SPICE_MAJOR);
	buffer_u32_le(out, 2);
	buffer_u32_le(out, LINK);
	buffer_u32_le(out, 0); /* the session */
	buffer_u8(out, MAIN);
	buffer_u8(out, 0);
	buffer_u32_le(out, 0); /* capabilities: none */
	buffer_u32_le(out, 0);
	buffer_u32_le(out, LINK);
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);
	struct span s = *heard;
	uint32_t major;

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	span_skip(&s, strlen(spice_mark));
	major = span_u32_le(&s);
	answer_fact_format(answer, "protocol_version", "%u.%u", (unsigned)major, (unsigned)span_u32_le(&s));
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_spice = {
	.name = "spice",
	.title = "SPICE",
	DOORS(TCP(5930)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise,
	.parser = &spice_parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
