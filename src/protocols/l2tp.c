/* L2TP over UDP: version 2 (RFC 2661), which carries PPP, and version 3 (RFC 3931), which carries frames. */
#include "protocols/inner.h"
#include "protocols/parse.h"

enum {
	HAS_LENGTH = 0x4000,
	HAS_SEQUENCE = 0x0800,
	HAS_OFFSET = 0x0200,
	PRIORITY = 0x0100,
	CONTROL_2 =
		0xc802, /* a control message has a length and sequence numbers, and no offset or priority */
	CONTROL_3 = 0xc803,
	DATA_3 = 0x0003,
	FLAGS = HAS_LENGTH | HAS_SEQUENCE | HAS_OFFSET | PRIORITY,

	CONTROL_HEADER = 12, /* in both versions */
	AVP_HEADER = 6,
	AVP_RESERVED = 0x3c00,
	AVP_LENGTH = 0x03ff,
	MESSAGE_LENGTH = 8,
	MESSAGES = 28, /* types; IANA's list ends there */
};

/* The first attribute of a message is its type, mandatory and not hidden; an acknowledgement has none. All
 * fill the message. */
static bool are_attributes(struct span s)
{
	for (bool first = true; span_left(s) > 0; first = false) {
		const uint16_t head = span_u16(&s), vendor = span_u16(&s), attribute = span_u16(&s);
		const uint16_t length = head & AVP_LENGTH;
		const uint16_t value = (uint16_t)(span_peek(s, 0) << 8 | span_peek(s, 1));

		if ((head & AVP_RESERVED) != 0 || length < AVP_HEADER)
			return false;
		if (first && (head != (0x8000 | MESSAGE_LENGTH) || vendor != 0 || attribute != 0 ||
			      value == 0 || value > MESSAGES))
			return false;
		span_skip(&s, length - AVP_HEADER);
		if (s.failed)
			return false;
	}
	return true;
}

static bool is_control(struct span s)
{
	const size_t left = span_left(s);

	span_skip(&s, 2);
	if (span_u16(&s) != left || left < CONTROL_HEADER)
		return false;
	span_skip(&s, CONTROL_HEADER - 4);
	return are_attributes(s);
}

/* Steps over the header of version 2's data; what is left is PPP. */
static bool take_data_header(struct span *s)
{
	const size_t left = span_left(*s);
	const uint16_t head = span_u16(s);

	if ((head & ~FLAGS) != 2) /* the version, and nothing that is reserved */
		return false;
	if ((head & HAS_LENGTH) != 0 && span_u16(s) != left)
		return false;
	span_skip(s, 4); /* tunnel and session */
	if ((head & HAS_SEQUENCE) != 0)
		span_skip(s, 4);
	if ((head & HAS_OFFSET) != 0)
		span_skip(s, span_u16(s));
	return !s->failed;
}

/* Version 3 does not say how long its cookie is, nor whether a sublayer follows: both are words, and the
 * frame behind them shows itself. */
static bool take_session(struct span *s)
{
	const uint32_t head = span_u32(s), session = span_u32(s);

	if (head != (uint32_t)DATA_3 << 16 || session == 0)
		return false;
	for (unsigned words = 0; words <= 3 && !s->failed; words++) {
		if (inner_is_ethernet(*s, INNER_FILLS))
			return true;
		span_skip(s, 4);
	}
	return false;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	const uint16_t head = (uint16_t)(span_peek(first, 0) << 8 | span_peek(first, 1));

	(void)side;
	if (transport != TRANSPORT_UDP)
		return NO;
	switch (head) {
	case CONTROL_2:
	case CONTROL_3: return is_control(first) ? YES : NO;
	case DATA_3: return take_session(&first) ? YES : NO;
	default: return take_data_header(&first) && inner_is_ppp(first, INNER_FILLS) ? YES : NO;
	}
}

/* Of version 2 the tunnel and the session, 16 bits each; of version 3 the session. */
static uint32_t key_of(struct span message)
{
	const uint16_t head = span_u16(&message);

	span_skip(&message, head == DATA_3 || (head & HAS_LENGTH) != 0 ? 2 : 0);
	return span_u32(&message);
}

static enum parse_step read(void *state, struct parse *parse, struct span *bytes)
{
	const uint32_t key = key_of(*bytes);
	struct span data = *bytes, frame = *bytes;

	(void)state;
	bytes->at = bytes->end;
	if (take_data_header(&data))
		parse_open(parse, TUNNEL_L2TP, key, CARRIED_PPP, data);
	else if (take_session(&frame))
		parse_open(parse, TUNNEL_L2TP, key, CARRIED_ETHERNET, frame);
	return PARSE_ON;
}

static const struct parser parser = { .read = read, .leads = true };

const struct protocol protocol_l2tp = {
	.name = "l2tp",
	.title = "Layer Two Tunneling Protocol",
	DOORS(UDP(1701)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = 8,
	MARKS(OCTET(0, 0xc8), OCTETS(0, 0x00, 0x03), OCTETS(0, 0x08, 0x0b), OCTETS(0, 0x40, 0x43),
	      OCTETS(0, 0x48, 0x4b), OCTETS(1, 2, 3)),
	.parser = &parser,
};
