/* bacnet.c: BACnet over IP, ASHRAE 135: the virtual link (annex J), the network (clause 6) and the kinds of
 * application messages (clause 20).
 *
 * Devices are not asked: controllers in buildings have been seen to stop on words that they did not expect.
 */
#include "protocols/bacnet.h"
#include "protocols/probes.h"

enum {
	BVLL = 0x81,
	BVLL_HEADER = 4,
	RESULT = 0,
	READ_TABLE = 2,
	FORWARDED = 4,
	REGISTER = 5,
	DISTRIBUTE = 9,
	SECURE = 12,
	VERSION = 1,
	NETWORK = 0x80, /* bits of the network's control octet */
	DESTINATION = 0x20,
	SOURCE = 0x08,
	RESERVED = 0x50,
	ADDRESS = 6,
};

static const struct weakness *const weaknesses[] = { &bacnet_clear_control, NULL };

/* The network's header: where to, where from, and for where it goes on, how far. */
static bool read_network(struct span *s, struct bacnet_message *ret)
{
	const uint8_t version = span_u8(s), control = span_u8(s);

	if (version != VERSION || (control & RESERVED) != 0)
		return false;
	for (unsigned which = DESTINATION; which >= SOURCE; which >>= 2) {
		if ((control & which) == 0)
			continue;
		span_skip(s, 2);
		span_skip(s, span_u8(s));
	}
	if (control & DESTINATION)
		span_skip(s, 1);
	ret->network = control & NETWORK;
	if (ret->network)
		ret->network_type = span_u8(s);
	return !s->failed;
}

static bool read_application(struct span *s, struct bacnet_message *ret)
{
	const uint8_t first = span_u8(s);

	ret->application = true;
	ret->kind = first >> 4;
	switch (ret->kind) {
	case BACNET_CONFIRMED:
		span_skip(s, 2);
		if (first & 8) /* of a message in segments: number and window */
			span_skip(s, 2);
		break;
	case BACNET_UNCONFIRMED: break;
	case BACNET_COMPLEX_ACK: span_skip(s, first & 8 ? 3 : 1); break;
	case BACNET_SIMPLE_ACK:
	case BACNET_SEGMENT_ACK:
	case BACNET_ERROR:
	case BACNET_REJECT:
	case BACNET_ABORT: span_skip(s, 1); break;
	default: return false;
	}
	ret->service = span_u8(s);
	ret->content = *s;
	return !s->failed && (ret->kind != BACNET_UNCONFIRMED || ret->service <= 12) &&
	       (ret->kind != BACNET_CONFIRMED || ret->service <= 34);
}

/* Messages of the link itself, which carry none of the network: their lengths are fixed. */
static bool is_link_message(const struct bacnet_message *message, size_t length, struct span s)
{
	switch (message->function) {
	case RESULT: return length == 6 && span_peek(s, 0) == 0 && (span_peek(s, 1) & 15) == 0;
	case READ_TABLE:
	case READ_TABLE + 4: return length == BVLL_HEADER;
	case REGISTER: return length == 6;
	case 1:
	case 3: return length > BVLL_HEADER && (length - BVLL_HEADER) % 10 == 0;
	case 7: return (length - BVLL_HEADER) % 10 == 0 && length > BVLL_HEADER;
	case 8: return length == BVLL_HEADER + ADDRESS;
	default: return false;
	}
}

bool bacnet_read(struct span datagram, struct bacnet_message *ret)
{
	const size_t length = span_left(datagram);
	struct span s = datagram;
	const uint8_t kind = span_u8(&s);

	*ret = (struct bacnet_message){ .function = span_u8(&s), .content = span_of(NULL, 0) };
	if (kind != BVLL || span_u16(&s) != length || s.failed || ret->function >= SECURE)
		return false;
	if (ret->function == FORWARDED)
		span_skip(&s, ADDRESS);
	else if (ret->function < DISTRIBUTE)
		return is_link_message(ret, length, s);
	return read_network(&s, ret) && (ret->network || read_application(&s, ret));
}

/* Who asks is the client; what all are told of themselves (I-Am) may be an answer. */
static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct bacnet_message message;

	if (transport != TRANSPORT_UDP || !bacnet_read(first, &message))
		return NO;
	if (message.application && message.kind != BACNET_UNCONFIRMED)
		return (message.kind == BACNET_CONFIRMED) == (side == SIDE_CLIENT) ? YES : NO;
	if (!message.application && !message.network && message.function == RESULT)
		return side == SIDE_SERVER ? YES : NO;
	return YES;
}

const struct protocol protocol_bacnet = {
	.name = "bacnet",
	.title = "BACnet",
	DOORS(UDP(47808)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = 4,
	MARKS(OCTET(0, BVLL)),
	.parser = &bacnet_parser,
	.probe = &bacnet_probe,
	.probe_state_size = BACNET_PROBE_STATE,
	.weaknesses = weaknesses,
};
