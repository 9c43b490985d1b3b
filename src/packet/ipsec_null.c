/* ESP whose encryption is NULL, without any key (RFC 5879). The length of the integrity value is not said in
 * the packet, so each that is in use is tried. For a yes the trailer must be right, and behind it lengths and
 * a checksum of sixteen bits; random octets pass about once in ten thousand million packets. */
#include "packet/ipsec_association.h"

enum { LINK_RAW = 101, NEXT_IPV4 = 4, NEXT_IPV6 = 41 };

static bool checksum_holds(const struct packet *packet, uint8_t next, struct span inner)
{
	struct packet carried = *packet;

	carried.fragment = false;
	carried.transport = next;
	carried.ip = inner;
	carried.ip_header = 0;
	carried.length = (uint32_t)span_left(inner);
	return packet_checksum(&carried) == CHECKSUM_GOOD;
}

/* The lengths must fill it wholly. */
static bool is_transport(const struct packet *packet, uint8_t next, struct span inner)
{
	const size_t length = span_left(inner);

	switch (next) {
	case TRANSPORT_TCP:
		return length >= 20 && span_peek(inner, 12) >> 4 >= 5 &&
		       (size_t)(span_peek(inner, 12) >> 4) * 4 <= length &&
		       checksum_holds(packet, next, inner);
	case TRANSPORT_UDP:
		return length >= 8 && (size_t)(span_peek(inner, 4) << 8 | span_peek(inner, 5)) == length &&
		       checksum_holds(packet, next, inner);
	case TRANSPORT_ICMP:
		return packet->version == 4 && length >= 8 && span_peek(inner, 0) <= 18 &&
		       checksum_holds(packet, next, inner);
	case TRANSPORT_ICMPV6:
		return packet->version == 6 && length >= 8 && checksum_holds(packet, next, inner);
	default: return false;
	}
}

/* Of IPv4 its header has a checksum; in IPv6 it is that of the transport. */
static bool carries_ip(uint8_t next, struct span inner)
{
	struct packets packets;

	if (span_peek(inner, 0) >> 4 != (next == NEXT_IPV4 ? 4 : 6))
		return false;
	packet_decode(&packets, LINK_RAW, inner, (uint32_t)span_left(inner));
	if (packets.count == 0 || packets.list[0].length != span_left(inner))
		return false;
	return next == NEXT_IPV4 ? packets.list[0].ip_checksum == CHECKSUM_GOOD
				 : packet_checksum(&packets.list[0]) == CHECKSUM_GOOD;
}

bool ipsec_is_null(const struct packet *packet, struct span body, uint8_t *ret_next, struct span *ret_inner)
{
	/* Octets of IV (RFC 4543 has one), octets of integrity value. */
	static const uint8_t shapes[][2] = {
		{ 0, 12 }, { 0, 16 }, { 0, 24 }, { 0, 32 }, { 8, 16 }, { 0, 0 }
	};

	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		struct span inner = body;

		span_skip(&inner, shapes[i][0]);
		inner = span_take(&inner,
				  span_left(inner) >= shapes[i][1] ? span_left(inner) - shapes[i][1] : 0);
		if (!ipsec_trailer(&inner, true, ret_next))
			continue;
		if (*ret_next == NEXT_IPV4 || *ret_next == NEXT_IPV6
			    ? carries_ip(*ret_next, inner)
			    : is_transport(packet, *ret_next, inner)) {
			*ret_inner = inner;
			return true;
		}
	}
	return false;
}
