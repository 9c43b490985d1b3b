/* IPv4 (RFC 791) and IPv6 (RFC 8200) with their options and extension headers. */
#include "packet/read.h"

enum {
	NEXT_HOP_BY_HOP = 0,
	NEXT_ROUTING = 43,
	NEXT_FRAGMENT = 44,
	NEXT_NONE = 59,
	NEXT_DESTINATION = 60,
	NEXT_MOBILITY = 135,
	NEXT_HIP = 139,
	NEXT_SHIM6 = 140,
};

static void decode_v4(struct packets *packets, struct octets o, enum tunnel tunnel)
{
	enum packet_problem problem;
	struct packet *packet;

	if ((span_peek(o.s, 0) & 0x0f) < 5) {
		packets_problem(packets, NULL, PACKET_IP_HEADER);
		return;
	}
	packet = packets_add(packets, tunnel);
	if (packet == NULL)
		return;
	problem = read_v4(packet, &o);
	if (problem == PACKET_WHOLE)
		decode_transport(packets, packet, o);
	else
		packets_problem(packets, packet, problem);
}

static void read_fragment_header(struct packet *packet, struct span *s)
{
	uint16_t field;

	span_skip(s, 1); /* the next header was read already, and an octet is reserved */
	field = span_u16(s);
	packet->fragment_id = span_u32(s);
	packet->fragment_offset = field & 0xfff8u;
	packet->more_fragments = (field & 1) != 0;
	packet->fragment = packet->fragment_offset != 0 || packet->more_fragments;
}

static uint16_t extension_bit(uint8_t next)
{
	switch (next) {
	case NEXT_HOP_BY_HOP: return EXTENSION_HOP_BY_HOP;
	case NEXT_ROUTING: return EXTENSION_ROUTING;
	case NEXT_FRAGMENT: return EXTENSION_FRAGMENT;
	case NEXT_DESTINATION: return EXTENSION_DESTINATION;
	case NEXT_MOBILITY: return EXTENSION_MOBILITY;
	case NEXT_HIP: return EXTENSION_HIP;
	case NEXT_SHIM6: return EXTENSION_SHIM6;
	default: return 0;
	}
}

/* A routing header that still has stops to make names the last of them; the checksum, and the flow, are with
 * that one (RFC 8200, section 8.1). Types 0, 2 (RFC 6275) and 4 (RFC 8754) keep it in their own places. */
static void read_routing(struct packet *packet, struct span body)
{
	const uint8_t type = span_u8(&body), left = span_u8(&body);
	struct span last;

	span_skip(&body, 4);
	if (body.failed || left == 0 || span_left(body) < 16)
		return;
	if (type == 0 && span_left(body) % 16 == 0)
		span_skip(&body, span_left(body) - 16);
	else if (type != 2 && type != 4)
		return;
	last = span_take(&body, 16);
	if (!last.failed)
		packet->destination = address_v6(last.at);
}

/* Steps over the extension headers; packet->transport is what stands behind them. False where one does not
 * fit. */
static bool read_extensions(struct packet *packet, struct octets *o)
{
	for (unsigned n = 0; n < PACKET_EXTENSIONS; n++) {
		const uint8_t kind = packet->transport;
		uint32_t length;
		struct span header;

		if (extension_bit(kind) == 0)
			return true;
		packet->transport = span_peek(o->s, 0);
		length = kind == NEXT_FRAGMENT ? 8 : (span_peek(o->s, 1) + 1u) * 8;
		header = span_take(&o->s, length);
		if (header.failed)
			return false;
		o->wire = o->wire > length ? o->wire - length : 0;
		packet->ip_header += (uint16_t)length;
		packet->extensions |= extension_bit(kind);
		if (kind == NEXT_FRAGMENT) {
			span_skip(&header, 1);
			read_fragment_header(packet, &header);
			if (packet->fragment)
				return true; /* what follows is a piece, and its headers are read once it is
						whole */
		} else if (kind == NEXT_ROUTING) {
			span_skip(&header, 2);
			read_routing(packet, header);
		} else if (kind == NEXT_MOBILITY || kind == NEXT_HIP || kind == NEXT_SHIM6) {
			if (packet->transport == NEXT_NONE) {
				packet->transport = kind; /* the message itself, with nothing behind it */
				return true;
			}
		}
	}
	return false;
}

static void decode_v6(struct packets *packets, struct octets o, enum tunnel tunnel)
{
	struct packet *const packet = packets_add(packets, tunnel);

	if (packet == NULL)
		return;
	if (read_v6(packet, &o) != PACKET_WHOLE) {
		packets->count--;
		packets_problem(packets, NULL, PACKET_IP_SHORT);
	} else if (!read_extensions(packet, &o)) {
		packets_problem(packets, packet, PACKET_IP_EXTENSION);
	} else {
		decode_transport(packets, packet, o);
	}
}

void decode_ip(struct packets *packets, struct octets o, enum tunnel tunnel)
{
	switch (span_peek(o.s, 0) >> 4) {
	case 4:
		if (span_left(o.s) < 20)
			packets_problem(packets, NULL, PACKET_IP_SHORT);
		else
			decode_v4(packets, o, tunnel);
		break;
	case 6: decode_v6(packets, o, tunnel); break;
	default: packets_problem(packets, NULL, span_left(o.s) == 0 ? PACKET_IP_SHORT : PACKET_IP_HEADER);
	}
}
