/* minetest.c: Minetest (Luanti), src/network/mtp of its sources: datagrams of a number for the protocol, the
 * sender's number, a channel, and packets that may be confirmed. Who has no number yet is given one, as lists
 * of servers ask for; the next datagram gives it back. */
#include "protocols/protocols.h"

enum {
	PROTOCOL_ID = 0x4f457403,
	HEAD = 7,
	SERVER = 1,
	CHANNELS = 3,
	CONTROL = 0,
	ORIGINAL = 1,
	KINDS = 4,
	SET_NUMBER = 1,
	DISCONNECT = 3,
};

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	const uint32_t id = span_u32(&first);
	const uint16_t sender = span_u16(&first);
	const uint8_t channel = span_u8(&first), kind = span_u8(&first);

	if (transport != TRANSPORT_UDP || first.failed || id != PROTOCOL_ID || channel >= CHANNELS ||
	    kind >= KINDS)
		return NO;
	return (sender == SERVER) == (side == SIDE_SERVER) ? YES : NO;
}

/* ---- asking ---- */

/* An empty packet from nobody. */
static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_u32(out, PROTOCOL_ID);
	buffer_u16(out, 0);
	buffer_u8(out, 0);
	buffer_u8(out, ORIGINAL);
}

static void leave(struct buffer *out, uint16_t number)
{
	buffer_u32(out, PROTOCOL_ID);
	buffer_u16(out, number);
	buffer_u8(out, 0);
	buffer_u8(out, CONTROL);
	buffer_u8(out, DISCONNECT);
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct span s = *heard;
	uint16_t number;

	(void)state;
	if (span_left(*heard) == 0)
		return ended ? PROBE_NOT : PROBE_WAIT;
	if (recognise(*heard, SIDE_SERVER, TRANSPORT_UDP) != YES)
		return PROBE_NOT;
	span_skip(&s, HEAD + 1 + 2); /* a confirmed packet, and its number */
	if (span_u16(&s) == (CONTROL << 8 | SET_NUMBER)) {
		number = span_u16(&s);
		if (!s.failed)
			leave(out, number);
	}
	answer_product(answer, span_text("Minetest"), span_of(NULL, 0));
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_UDP, .greet = greet, .hear = hear };

const struct protocol protocol_minetest = {
	.name = "minetest",
	.title = "Minetest",
	DOORS(UDP(30000)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = HEAD + 1,
	MARKS(OCTET(0, 0x4f), OCTET(1, 0x45), OCTET(2, 0x74), OCTET(3, 0x03)),
	.probe = &probe,
};
