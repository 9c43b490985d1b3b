/* GTP, the tunnels of mobile networks: version 1 (3GPP TS 29.060 and TS 29.281) with user data and control,
 * and version 2 (TS 29.274), control alone. */
#include "protocols/inner.h"
#include "protocols/parse.h"
#include "protocols/probes.h"

enum {
	HEADER = 8,
	IS_GTP = 0x10,
	HAS_MORE = 0x07, /* of version 1: extension, sequence number or N-PDU number; all are there, then */
	HAS_EXTENSION = 0x04,
	HAS_SEQUENCE = 0x02,
	HAS_TUNNEL = 0x08, /* of version 2 */
	IS_FOLLOWED = 0x10,

	ECHO_REQUEST = 1,
	END_MARKER = 254,
	USER_DATA = 255,
	FIRST_WITH_LENGTH = 128, /* elements of version 1 from here on tell their length */
};

struct message {
	uint8_t flags, type;
	uint16_t length; /* of what follows the first eight octets, or of version 2 four */
	uint32_t tunnel;
	struct span body;
	size_t before; /* octets of optional fields and extensions before the body */
};

/* TS 29.281, section 5.2: each extension is some words long and names the next one in its last octet. */
static bool take_extensions(struct span *s, uint8_t next)
{
	while (next != 0) {
		const uint8_t words = span_peek(*s, 0);
		const struct span extension = span_take(s, words * 4u);

		if (extension.failed || words == 0)
			return false;
		next = extension.end[-1];
	}
	return true;
}

static bool read_v1(struct span s, struct message *message)
{
	message->flags = span_u8(&s);
	message->type = span_u8(&s);
	message->length = span_u16(&s);
	message->tunnel = span_u32(&s);
	message->body = s;
	if (s.failed || (message->flags & 0xf8) != 0x30)
		return false;
	if ((message->flags & HAS_MORE) != 0) {
		uint8_t next;

		span_skip(&message->body, 3);
		next = span_u8(&message->body);
		if (message->body.failed)
			return false;
		if ((message->flags & HAS_EXTENSION) != 0 && !take_extensions(&message->body, next))
			return false;
	}
	message->before = (size_t)(message->body.at - s.at);
	return true;
}

/* Octets of the elements that do not tell: by type (TS 29.060, section 7.7); 0 for none. */
static uint8_t element_length(uint8_t type)
{
	static const uint8_t lengths[FIRST_WITH_LENGTH] = {
		[1] = 1,  [2] = 8,  [3] = 6,  [4] = 4,  [5] = 4,  [8] = 1,   [9] = 28,
		[11] = 1, [12] = 3, [13] = 1, [14] = 1, [15] = 1, [16] = 4,  [17] = 4,
		[18] = 5, [19] = 1, [20] = 1, [21] = 1, [22] = 9, [23] = 1,  [24] = 1,
		[25] = 2, [26] = 2, [27] = 2, [28] = 2, [29] = 1, [126] = 1, [127] = 4,
	};

	return lengths[type];
}

/* They stand in the order of their types, and fill the message. */
static bool are_elements_v1(struct span s)
{
	uint8_t last = 0;

	if (span_left(s) == 0)
		return false;
	while (span_left(s) > 0) {
		const uint8_t type = span_u8(&s);

		if (type < last || (type < FIRST_WITH_LENGTH && element_length(type) == 0))
			return false;
		span_skip(&s, type < FIRST_WITH_LENGTH ? element_length(type) : span_u16(&s));
		if (s.failed)
			return false;
		last = type;
	}
	return true;
}

static bool is_v1(struct span s)
{
	struct message message;
	bool whole;

	if (!read_v1(s, &message))
		return false;
	whole = message.length == span_left(s) - HEADER;
	switch (message.type) {
	case USER_DATA: /* the two lengths agree, also where the capture is cut */
		return message.length >= span_left(s) - HEADER &&
		       inner_ip_length(message.body) + message.before == message.length;
	case END_MARKER: return whole && message.tunnel != 0 && span_left(message.body) == 0;
	case ECHO_REQUEST:
		return whole && message.tunnel == 0 && (message.flags & HAS_SEQUENCE) != 0 &&
		       (span_left(message.body) == 0 || are_elements_v1(message.body));
	case 0: return false;
	default: return whole && are_elements_v1(message.body);
	}
}

static bool are_elements_v2(struct span s)
{
	if (span_left(s) == 0)
		return false;
	while (span_left(s) > 0) {
		const uint8_t type = span_u8(&s);
		const uint16_t length = span_u16(&s);

		if (type == 0 || span_u8(&s) >> 4 != 0)
			return false;
		span_skip(&s, length);
		if (s.failed)
			return false;
	}
	return true;
}

/* One message, or two of which the first says so. */
static bool is_v2(struct span s)
{
	bool followed = true;

	for (unsigned n = 0; n < 2 && followed; n++) {
		const uint8_t flags = span_u8(&s), type = span_u8(&s);
		struct span rest = span_take(&s, span_u16(&s));

		if (rest.failed || (flags & 0xe3) != 0x40 || type == 0)
			return false;
		span_skip(&rest, (flags & HAS_TUNNEL) != 0 ? 7 : 3);
		if ((span_u8(&rest) & 0x0f) != 0 || rest.failed || !are_elements_v2(rest))
			return false;
		followed = (flags & IS_FOLLOWED) != 0;
	}
	return !followed && span_left(s) == 0;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	(void)side;
	if (transport != TRANSPORT_UDP)
		return NO;
	switch (span_peek(first, 0) >> 5) {
	case 1: return is_v1(first) ? YES : NO;
	case 2: return is_v2(first) ? YES : NO;
	default: return NO;
	}
}

/* Whether the datagram is as long as its message says, and elements of control fit. Other versions than 1
 * are only looked through; GTP' (TS 32.295), without the bit for GTP, is none of them. */
static bool is_whole(struct span s)
{
	struct message message;

	switch (span_peek(s, 0) >> 5) {
	case 1:
		return (span_peek(s, 0) & IS_GTP) == 0 ||
		       (read_v1(s, &message) && message.length <= span_left(s) - HEADER &&
			message.length >= message.before);
	case 2: return is_v2(s);
	default: return false;
	}
}

static enum parse_step read(void *state, struct parse *parse, struct span *bytes)
{
	struct message message;

	(void)state;
	if (!is_whole(*bytes) && !parse->cut)
		return PARSE_BROKEN;
	if (read_v1(*bytes, &message) && message.type == USER_DATA && message.length > message.before &&
	    inner_ip_length(message.body) > 0)
		parse_open(parse, TUNNEL_GTP, message.tunnel, CARRIED_IP, message.body);
	bytes->at = bytes->end;
	return PARSE_ON;
}

static const struct parser parser = { .read = read, .leads = true };

const struct protocol protocol_gtp = {
	.name = "gtp",
	.title = "GPRS Tunnelling Protocol",
	DOORS(UDP(2152), UDP(2123)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = HEADER,
	MARKS(OCTETS(0, 0x30, 0x37), OCTET(0, 0x40), OCTET(0, 0x44), OCTET(0, 0x48), OCTET(0, 0x4c),
	      OCTET(0, 0x50), OCTET(0, 0x54), OCTET(0, 0x58), OCTET(0, 0x5c), OCTETS(1, 1, 255)),
	.parser = &parser,
	.probe = &gtp_probe,
};
