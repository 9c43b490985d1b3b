/* Which worker a frame belongs to. The addresses are read where they stand in the usual frame; all else is
 * decoded. Both ways must agree, or the halves of a flow would be parted. */
#include "base/hash.h"
#include "packet/layers.h"

enum { NO_IP = -1, TAGS = 2 };

/* Of one address in its sixteen bytes, IPv4 mapped. */
static uint64_t number_of(uint64_t high, uint64_t low)
{
	const uint64_t n = (low ^ high * 0x9e3779b97f4a7c15u) * 0xbf58476d1ce4e5b9u;

	return n ^ n >> 32;
}

/* The same for either order of the two. */
static uint32_t number_of_pair(uint64_t one, uint64_t other)
{
	return (uint32_t)(((one + other) * 0x94d049bb133111ebu) >> 32);
}

static uint64_t number_of_v4(const uint8_t *at)
{
	return number_of(0, 0xffff00000000u | load_u32(at));
}

static uint64_t number_of_v6(const uint8_t *at)
{
	return number_of(load_u64(at), load_u64(at + 8));
}

static bool is_error(const struct packet *packet)
{
	if (packet->transport == TRANSPORT_ICMPV6)
		return packet->source_port < 128;
	return packet->transport == TRANSPORT_ICMP &&
	       (packet->source_port == 3 || packet->source_port == 4 || packet->source_port == 5 ||
		packet->source_port == 11 || packet->source_port == 12);
}

static uint32_t steer_decoded(uint16_t link, struct span frame)
{
	struct packets packets;
	struct packet quoted;
	const struct packet *packet = &packets.list[0];

	packet_decode(&packets, link, frame, (uint32_t)span_left(frame));
	if (packets.count == 0)
		return 0;
	if (!packet->fragment && is_error(packet) && packet_quoted(packet, &quoted))
		packet = &quoted;
	return number_of_pair(number_of_v6(packet->source.bytes), number_of_v6(packet->destination.bytes));
}

/* Where IP begins; NO_IP where one must look closer. */
static int offset_of_ip(uint16_t link, struct span frame)
{
	const uint8_t *const at = frame.at;
	size_t offset = 14;
	uint16_t type;

	switch (link) {
	case LINK_ETHERNET: break;
	case LINK_RAW:
	case LINK_RAW_BSD:
	case LINK_RAW_OPENBSD:
	case LINK_IPV4:
	case LINK_IPV6: return 0;
	case LINK_SLL: offset = 16; break;
	case LINK_SLL2: return span_left(frame) >= 20 && is_ip(load_u16(at)) ? 20 : NO_IP;
	default: return NO_IP;
	}
	if (span_left(frame) < offset + 4 * (size_t)TAGS)
		return NO_IP;
	type = load_u16(at + offset - 2);
	for (int tag = 0; tag < TAGS && is_tag(type); tag++) {
		offset += 4;
		type = load_u16(at + offset - 2);
	}
	return is_ip(type) ? (int)offset : NO_IP;
}

static bool is_icmp(uint8_t transport)
{
	return transport == TRANSPORT_ICMP || transport == TRANSPORT_ICMPV6;
}

/* The pair of a plain packet: no error, and for IPv6 no extension header, which may name another destination.
 */
static bool steer_plain(struct span ip, uint32_t *ret_number)
{
	const uint8_t *const at = ip.at;
	const size_t left = span_left(ip);

	if (left >= 20 && at[0] >> 4 == 4 && (at[0] & 15) >= 5 && !is_icmp(at[9])) {
		*ret_number = number_of_pair(number_of_v4(at + 12), number_of_v4(at + 16));
		return true;
	}
	if (left >= 40 && at[0] >> 4 == 6 && (at[6] == TRANSPORT_TCP || at[6] == TRANSPORT_UDP)) {
		*ret_number = number_of_pair(number_of_v6(at + 8), number_of_v6(at + 24));
		return true;
	}
	return false;
}

bool packet_steer_beginning(uint16_t link, const uint8_t *bytes, size_t length, uint32_t *ret_number)
{
	struct span ip = span_of(bytes, length);
	const int offset = offset_of_ip(link, ip);

	if (offset == NO_IP)
		return false;
	span_skip(&ip, (size_t)offset);
	return steer_plain(ip, ret_number);
}

uint32_t packet_steer(uint16_t link, const uint8_t *bytes, size_t length)
{
	uint32_t number;

	return packet_steer_beginning(link, bytes, length, &number)
		       ? number
		       : steer_decoded(link, span_of(bytes, length));
}
