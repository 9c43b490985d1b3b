/* IPv4 (RFC 791) and IPv6 (RFC 8200) with their options and extension headers. */
#include "packet/layers.h"

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

/* What each packet shows by itself; anycast, and a network's own broadcast, are known of a flow's address. */
static enum cast cast_v4(uint32_t destination)
{
	if (destination >> 28 == 0xe)
		return CAST_MULTICAST;
	return destination == UINT32_MAX ? CAST_BROADCAST : CAST_UNICAST;
}

static enum checksum header_checksum(struct span header)
{
	return checksum_fold(checksum_add(0, header)) == 0xffff ? CHECKSUM_GOOD : CHECKSUM_BAD;
}

/* A frame of a machine that hands its segmentation to the card shows length 0: then it is what was captured.
 */
static uint32_t length_or_all(uint32_t length, uint32_t wire)
{
	return length == 0 ? wire : length;
}

static void decode_v4(struct packets *packets, struct octets o, enum tunnel tunnel)
{
	const struct span start = o.s;
	const uint8_t header = (uint8_t)((span_u8(&o.s) & 0x0f) * 4);
	struct packet *packet;
	uint32_t destination;
	uint16_t fragment;

	if (header < 20) {
		packets_problem(packets, NULL, PACKET_IP_HEADER);
		return;
	}
	packet = packets_add(packets, tunnel);
	if (packet == NULL)
		return;
	packet->version = 4;
	packet->traffic_class = span_u8(&o.s);
	packet->length = length_or_all(span_u16(&o.s), o.wire);
	packet->ip_identification = span_u16(&o.s);
	fragment = span_u16(&o.s);
	packet->hop_limit = span_u8(&o.s);
	packet->transport = span_u8(&o.s);
	span_skip(&o.s, 2);
	packet->source = address_v4(span_u32(&o.s));
	destination = span_u32(&o.s);
	packet->destination = address_v4(destination);
	packet->ip_header = header;
	packet->cast = (uint8_t)cast_v4(destination);
	span_skip(&o.s, header - 20u);
	if (o.s.failed) {
		packets_problem(packets, packet, PACKET_IP_SHORT);
		return;
	}
	if (packet->length < header) {
		packets_problem(packets, packet, PACKET_IP_LENGTH);
		return;
	}
	packet->ip = start;
	packet->ip_checksum = (uint8_t)header_checksum(span_of(start.at, header));
	o.wire = o.wire > header ? o.wire - header : 0;
	octets_cut(&o, packet->length - header);
	packet->fragment_id = packet->ip_identification;
	packet->fragment_offset = (fragment & 0x1fffu) * 8;
	packet->more_fragments = (fragment & 0x2000) != 0;
	packet->fragment = packet->fragment_offset != 0 || packet->more_fragments;
	decode_transport(packets, packet, o);
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
				return true; /* what follows is a piece, and its headers are read once it is whole */
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
	const struct span start = o.s;
	uint32_t first, payload;
	struct span source, destination;

	if (packet == NULL)
		return;
	first = span_u32(&o.s);
	payload = span_u16(&o.s);
	packet->version = 6;
	packet->traffic_class = (uint8_t)(first >> 20);
	packet->transport = span_u8(&o.s);
	packet->hop_limit = span_u8(&o.s);
	source = span_take(&o.s, 16);
	destination = span_take(&o.s, 16);
	if (o.s.failed) {
		packets->count--;
		packets_problem(packets, NULL, PACKET_IP_SHORT);
		return;
	}
	packet->ip = start;
	packet->source = address_v6(source.at);
	packet->destination = address_v6(destination.at);
	packet->cast = packet->destination.bytes[0] == 0xff ? CAST_MULTICAST : CAST_UNICAST;
	packet->ip_header = 40;
	o.wire = o.wire > 40 ? o.wire - 40 : 0;
	payload = length_or_all(payload, o.wire);
	packet->length = payload + 40;
	octets_cut(&o, payload);
	if (!read_extensions(packet, &o)) {
		packets_problem(packets, packet, PACKET_IP_EXTENSION);
		return;
	}
	decode_transport(packets, packet, o);
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
