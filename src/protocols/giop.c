/* giop.c: objects of CORBA are spoken to in GIOP, OMG's formal/21-02-02 (CORBA 3.4, Interoperability, 9.4):
 * messages begin with their name, a version, flags, a type and a length. */
#include "protocols/protocols.h"

enum {
	HEAD = 12,
	MINOR_MOST = 3,
	LITTLE_END = 1,
	FLAGS = 3, /* that, and that fragments follow */
	LOCATE_REQUEST = 3,
	TYPES = 8,
	LENGTH_MOST = 0x100000,
};

/* What a side sends: a bit for each type. Errors and fragments come from both. */
static const uint8_t sent[] = { [SIDE_CLIENT] = 0xcd, [SIDE_SERVER] = 0xf2 };

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct span s = first;
	uint8_t minor, flags, type;
	enum verdict verdict;
	uint32_t length;

	if (transport != TRANSPORT_TCP)
		return NO;
	verdict = recognise_text(first, "GIOP\1");
	if (verdict != YES || span_left(first) < HEAD)
		return verdict == NO ? NO : MORE;
	span_skip(&s, 5);
	minor = span_u8(&s);
	flags = span_u8(&s);
	type = span_u8(&s);
	length = (flags & LITTLE_END) != 0 ? span_u32_le(&s) : span_u32(&s);
	return minor <= MINOR_MOST && flags <= FLAGS && type < TYPES && (sent[side] >> type & 1) != 0 &&
			       length <= LENGTH_MOST
		       ? YES
		       : NO;
}

/* ---- asking ---- */

/* Where the object of this name is, which changes nothing; who does not have it says so. */
static void greet(void *state, unsigned transport, struct buffer *out)
{
	static const char object[] = "NameService";
	const uint32_t length = sizeof(object) - 1;

	(void)state;
	(void)transport;
	buffer_text(out, "GIOP\1");
	buffer_u8(out, 0);
	buffer_u8(out, 0);
	buffer_u8(out, LOCATE_REQUEST);
	buffer_u32(out, 2 * sizeof(uint32_t) + length);
	buffer_u32(out, 1); /* the number by which it is answered */
	buffer_u32(out, length);
	buffer_text(out, object);
}

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

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_giop = {
	.name = "giop",
	.title = "General Inter-ORB Protocol",
	DOORS(TCP(683), TCP(2809)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.probe = &probe,
};
