/* ice.c: the Internet Communications Engine, "The Ice Protocol" of its manual: messages begin with a name and
 * the versions of protocol and encoding; a server opens with one that says no more than that it is there. */
#include "protocols/protocols.h"

enum {
	HEAD = 14,
	VALIDATE = 3,
	TYPES = 5,
	COMPRESSION_MOST = 2,
	LENGTH_MOST = 0x1000000,
};

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct span s = first;
	enum verdict verdict;
	uint8_t type, compression;
	uint32_t length;

	if (transport != TRANSPORT_TCP)
		return NO;
	verdict = recognise_text(first, "IceP\1");
	if (verdict != YES || span_left(first) < HEAD)
		return verdict == NO ? NO : MORE;
	span_skip(&s, HEAD - 2 - sizeof(uint32_t));
	type = span_u8(&s);
	compression = span_u8(&s);
	length = span_u32_le(&s);
	if (side == SIDE_SERVER && type != VALIDATE)
		return NO;
	return type < TYPES && compression <= COMPRESSION_MOST && length >= HEAD && length <= LENGTH_MOST
		       ? YES
		       : NO;
}

/* ---- asking ---- */

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	answer_fact_format(answer, "protocol_version", "1.%u", span_peek(*heard, 5));
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .transports = PROBE_TCP, .server_speaks_first = true, .hear = hear };

const struct protocol protocol_ice = {
	.name = "ice",
	.title = "Internet Communications Engine",
	DOORS(TCP(4061)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise,
	.probe = &probe,
};
