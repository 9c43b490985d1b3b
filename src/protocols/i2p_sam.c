/* i2p_sam.c: Simple Anonymous Messaging, by which programs use I2P: "SAM V3" of its documentation. Lines of
 * words, which the client opens with HELLO VERSION. */
#include "protocols/text.h"

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	if (transport != TRANSPORT_TCP)
		return NO;
	return recognise_text(first, side == SIDE_CLIENT ? "HELLO VERSION" : "HELLO REPLY RESULT=");
}

/* ---- asking ---- */

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_text(out, "HELLO VERSION\n");
}

/* "HELLO REPLY RESULT=OK VERSION=3.1" */
static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	static const char key[] = "VERSION=";
	const enum verdict verdict = verdict_on_answer(recognise, *heard);
	struct span line = *heard;
	size_t at;

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	if (!ended && span_find(*heard, "\n") == SIZE_MAX && span_left(*heard) < TEXT_LINE_LIMIT)
		return PROBE_WAIT;
	at = span_find(line, key);
	span_skip(&line, at == SIZE_MAX ? span_left(line) : at + sizeof(key) - 1);
	answer_fact(answer, "protocol_version", text_version(line));
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_i2p_sam = {
	.name = "i2p-sam",
	.title = "Simple Anonymous Messaging of I2P",
	DOORS(TCP(7656)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise,
	.probe = &probe,
};
