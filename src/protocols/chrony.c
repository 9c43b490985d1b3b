/* chrony.c: chrony's command protocol, version 6, as its source (candm.h) tells: requests and replies of
 * fixed fields, a request as long as its reply. */
#include "protocols/lines.h"

enum {
	VERSION = 6,
	REQUEST = 1,
	REPLY = 2,
	LEAST = 20,
	REPLY_LEAST = 28,
	REPLY_MOST = 600,
	COMMANDS = 80,
	STATUSES = 32,
	TRACKING = 33,
	TRACKED = 5,
	TRACKING_LENGTH = 104,
	SEQUENCE = 0x646f6f72,
	NUMBER_LEAST = 1 << 20, /* numbers are drawn, those of others are mostly small */
};

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	const size_t whole = span_left(first);
	const uint8_t version = span_u8(&first), type = span_u8(&first);
	const uint16_t reserved = span_u16(&first), command = span_u16(&first), second = span_u16(&first),
		       status = span_u16(&first);

	if (transport != TRANSPORT_UDP || whole < LEAST || whole > REPLY_MOST || version != VERSION ||
	    reserved != 0 || command >= COMMANDS)
		return NO;
	if (side == SIDE_CLIENT) { /* the attempt, and the number */
		const uint32_t number = (uint32_t)status << 16 | span_u16(&first);

		return type == REQUEST && second < 16 && whole >= REPLY_LEAST && number > NUMBER_LEAST ? YES
												       : NO;
	}
	return type == REPLY && second < COMMANDS && status < STATUSES && whole >= REPLY_LEAST &&
			       span_u16(&first) == 0 && span_u32(&first) == 0 &&
			       span_u32(&first) > NUMBER_LEAST
		       ? YES
		       : NO;
}

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_u8(out, VERSION);
	buffer_u8(out, REQUEST);
	buffer_u16(out, 0);
	buffer_u16(out, TRACKING);
	buffer_u16(out, 0);
	buffer_u32(out, SEQUENCE);
	buffer_fill(out, 0, TRACKING_LENGTH - out->length);
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	enum { STATUS_AT = 8, CODE_AT = 6, REFERENCE_AT = REPLY_LEAST, STRATUM_AT = REPLY_LEAST + 24 };
	const uint8_t *const at = heard->at;

	(void)state;
	(void)out;
	if (span_left(*heard) == 0)
		return probe_step_for(MORE, ended);
	if (recognise(*heard, SIDE_SERVER, TRANSPORT_UDP) != YES)
		return PROBE_NOT;
	answer_fact_format(answer, "status", "%u", load_u16(at + STATUS_AT));
	if (load_u16(at + CODE_AT) == TRACKED && span_left(*heard) >= STRATUM_AT + 2) {
		answer_fact_format(answer, "reference_id", "%08x", load_u32(at + REFERENCE_AT));
		answer_fact_format(answer, "stratum", "%u", load_u16(at + STRATUM_AT));
	}
	answer_product(answer, span_text("chrony"), span_text(""));
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_UDP, .greet = greet, .hear = hear };

const struct protocol protocol_chrony = {
	.name = "chrony",
	.title = "Control of chrony",
	DOORS(UDP(323)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = LEAST,
	MARKS(OCTET(0, VERSION), OCTETS(1, REQUEST, REPLY), OCTET(2, 0), OCTET(3, 0)),
	.probe = &probe,
};
