/* i2cp.c: the I2P Client Protocol, "I2CP" of I2P's documentation: the client says an octet for the version,
 * then both send messages of a length of four octets and a kind. The date is asked with the client's version
 * and answered with the router's. */
#include "protocols/text.h"

enum {
	VERSION = 0x2a,
	GET_DATE = 32,
	SET_DATE = 33,
	DATE = 8,
	LENGTH_LEAST = 10,
	LENGTH_MOST = 300,
	VERSION_LEAST = 3, /* "0.9" */
	VERSION_MOST = 32,
};

static const char own_version[] = "0.9.0";

/* A text with its length before it, of a version's digits and dots. */
static enum verdict recognise_version(struct span s)
{
	const uint8_t length = span_u8(&s);

	if (s.failed)
		return MORE;
	if (length < VERSION_LEAST || length > VERSION_MOST)
		return NO;
	for (size_t i = 0; i < length && i < span_left(s); i++)
		if (s.at[i] != '.' && (s.at[i] < '0' || s.at[i] > '9') && (i < 5 || s.at[i] != '-'))
			return NO;
	return span_left(s) < length ? MORE : YES;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct span s = first;
	uint32_t length;
	uint8_t kind;

	if (transport != TRANSPORT_TCP || (side == SIDE_CLIENT && span_u8(&s) != VERSION) ||
	    span_peek(s, 0) != 0 || span_peek(s, 1) != 0)
		return NO;
	length = span_u32(&s);
	kind = span_u8(&s);
	if (s.failed)
		return MORE;
	if (length < (side == SIDE_CLIENT ? VERSION_LEAST : LENGTH_LEAST) || length > LENGTH_MOST ||
	    kind != (side == SIDE_CLIENT ? GET_DATE : SET_DATE))
		return NO;
	if (side == SIDE_SERVER && span_peek(s, 0) != 0)
		return NO; /* milliseconds since 1970, for ever so long */
	span_skip(&s, side == SIDE_SERVER ? DATE : 0);
	return s.failed ? MORE : recognise_version(s);
}

/* ---- asking ---- */

static void greet(void *state, unsigned transport, struct buffer *out)
{
	const size_t length = sizeof(own_version) - 1;

	(void)state;
	(void)transport;
	buffer_u8(out, VERSION);
	buffer_u32(out, (uint32_t)length + 3);
	buffer_u8(out, GET_DATE);
	buffer_u8(out, (uint8_t)length);
	buffer_text(out, own_version);
	buffer_u16(out, 0); /* no options */
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);
	struct span s = *heard;

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	span_skip(&s, 5 + DATE);
	answer_fact(answer, "protocol_version", span_take(&s, span_u8(&s)));
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_i2cp = {
	.name = "i2cp",
	.title = "I2P Client Protocol",
	DOORS(TCP(7654)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise,
	.probe = &probe,
};
