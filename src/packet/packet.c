#include "packet/packet.h"
#include "packet/layers.h"

static const char *const problem_texts[PACKET_PROBLEMS] = {
	[PACKET_WHOLE] = "none",
	[PACKET_LINK_UNKNOWN] = "link type not known",
	[PACKET_LINK_SHORT] = "link header cut off",
	[PACKET_LINK_HEADER] = "link header impossible",
	[PACKET_IP_SHORT] = "ip header cut off",
	[PACKET_IP_HEADER] = "ip header impossible",
	[PACKET_IP_LENGTH] = "ip length impossible",
	[PACKET_IP_EXTENSION] = "ipv6 extension header impossible",
	[PACKET_TRANSPORT_SHORT] = "transport header cut off",
	[PACKET_TRANSPORT_HEADER] = "transport header impossible",
	[PACKET_TUNNEL_SHORT] = "tunnel header cut off",
	[PACKET_TUNNEL_HEADER] = "tunnel header impossible",
	[PACKET_TOO_DEEP] = "nested too deep",
};

static const char *const tunnel_texts[TUNNELS] = {
	[TUNNEL_NONE] = "none",     [TUNNEL_IPIP] = "ipip",       [TUNNEL_SIT] = "sit",
	[TUNNEL_IPV6] = "ipv6",     [TUNNEL_GRE] = "gre",         [TUNNEL_PPTP] = "pptp",
	[TUNNEL_NVGRE] = "nvgre",   [TUNNEL_ERSPAN] = "erspan",   [TUNNEL_AH] = "ah",
	[TUNNEL_ESP] = "esp",       [TUNNEL_ETHERIP] = "etherip", [TUNNEL_MPLS] = "mpls",
	[TUNNEL_L2TP] = "l2tp",     [TUNNEL_VXLAN] = "vxlan",     [TUNNEL_GENEVE] = "geneve",
	[TUNNEL_TEREDO] = "teredo", [TUNNEL_GTP] = "gtp",
};

const char *packet_problem_text(enum packet_problem problem)
{
	return problem_texts[problem];
}

const char *tunnel_text(enum tunnel tunnel)
{
	return tunnel_texts[tunnel];
}

struct packet *packets_add(struct packets *packets, enum tunnel tunnel)
{
	struct packet *packet;

	if (packets->count == PACKET_DEPTH) {
		packets_problem(packets, NULL, PACKET_TOO_DEEP);
		return NULL;
	}
	packet = &packets->list[packets->count++];
	packet_clear(packet);
	packet->tunnel = (uint8_t)tunnel;
	return packet;
}

void packets_problem(struct packets *packets, struct packet *packet, enum packet_problem problem)
{
	if (packets->problem == PACKET_WHOLE)
		packets->problem = problem;
	if (packet != NULL && packet->problem == PACKET_WHOLE)
		packet->problem = (uint8_t)problem;
}

bool packet_open(struct packets *packets, enum tunnel tunnel, enum carried carried, struct span bytes)
{
	const unsigned before = packets->count;
	const struct octets o = { .s = bytes, .wire = (uint32_t)span_left(bytes) };

	switch (carried) {
	case CARRIED_IP: decode_ip(packets, o, tunnel); break;
	case CARRIED_ETHERNET: decode_ethernet(packets, o); break;
	case CARRIED_PPP: decode_ppp(packets, o, tunnel); break;
	case CARRIED_MPLS: decode_mpls(packets, o, tunnel); break;
	}
	if (packets->count > before)
		packets->list[before].tunnel = (uint8_t)tunnel;
	return packets->count > before;
}

void packet_reassembled(struct packets *packets, unsigned nth, struct span datagram, uint32_t wire_length)
{
	const enum tunnel tunnel = (enum tunnel)packets->list[nth].tunnel;

	packets->count = nth;
	decode_ip(packets, (struct octets){ .s = datagram, .wire = wire_length }, tunnel);
	if (packets->count == nth)
		return;
	if (packets->list[nth].version == 6)
		packets->list[nth].extensions |= EXTENSION_FRAGMENT;
	/* A piece that was cut again (RFC 8200 4.5 knows none): nobody puts it together a second time. */
	if (packets->list[nth].fragment) {
		packets->list[nth].fragment = false;
		packets_problem(packets, &packets->list[nth], PACKET_IP_EXTENSION);
	}
}

bool packet_protected(struct packets *packets, unsigned nth, enum tunnel tunnel, uint8_t next,
		      struct span bytes)
{
	const unsigned before = packets->count;

	decode_protected(packets, &packets->list[nth], tunnel, next,
			 (struct octets){ .s = bytes, .wire = (uint32_t)span_left(bytes) });
	return packets->count > before;
}

bool packet_quoted(const struct packet *icmp, struct packet *ret_quoted)
{
	struct packets quoted;
	struct octets o = { .s = icmp->payload, .wire = UINT16_MAX };

	span_skip(&o.s, 4); /* unused, MTU, pointer or gateway */
	if (o.s.failed || span_left(o.s) < 20)
		return false;
	packets_begin(&quoted);
	decode_ip(&quoted, o, TUNNEL_NONE);
	if (quoted.count == 0 || quoted.list[0].problem == PACKET_IP_HEADER)
		return false;
	*ret_quoted = quoted.list[0];
	return true;
}

uint32_t checksum_add(uint32_t sum, struct span s)
{
	uint64_t wide = sum;

	while (span_left(s) >= 8) {
		const uint8_t *const at = span_header(&s, 8);

		wide += (uint64_t)load_u32(at) + load_u32(at + 4);
	}
	while (span_left(s) > 1)
		wide += span_u16(&s);
	if (span_left(s) > 0)
		wide += (uint32_t)(span_u8(&s) << 8);
	wide = (wide & UINT32_MAX) + (wide >> 32);
	return (uint32_t)((wide & 0xffff) + (wide >> 16 & 0xffff) + (wide >> 32));
}

static enum checksum sum_is_whole(uint32_t sum, struct span s)
{
	return checksum_fold(checksum_add(sum, s)) == 0xffff ? CHECKSUM_GOOD : CHECKSUM_BAD;
}

/* With the addresses before it, as a transport of this length has them; `covered` is what the sum is made of.
 */
static enum checksum sum_with_addresses(const struct packet *packet, size_t length, struct span covered)
{
	/* The mapped form of an IPv4 address adds ffff, twice: nothing, as these sums go. */
	uint32_t sum = checksum_add(0, span_of(packet->source.bytes, 16));

	sum = checksum_add(sum, span_of(packet->destination.bytes, 16));
	return sum_is_whole(sum + packet->transport + (uint32_t)length, covered);
}

/* RFC 768: a sum of zero was left out. What stands behind UDP's own length is none of it. */
static enum checksum udp_sum(const struct packet *packet, struct span s)
{
	const uint8_t *const header = span_left(s) >= 8 ? s.at : NULL;
	uint16_t length;

	if (header == NULL || load_u16(header + 6) == 0)
		return CHECKSUM_UNKNOWN;
	length = load_u16(header + 4);
	if (length >= 8 && length <= span_left(s))
		s.end = s.at + length;
	return sum_with_addresses(packet, span_left(s), s);
}

/* RFC 3828 3.1: the length tells how much is covered, zero all. A sum of zero is wrong. */
static enum checksum udplite_sum(const struct packet *packet, struct span s)
{
	const size_t length = span_left(s);
	uint16_t covered;

	if (length < 8)
		return CHECKSUM_UNKNOWN;
	covered = load_u16(s.at + 4);
	if ((covered > 0 && covered < 8) || covered > length || load_u16(s.at + 6) == 0)
		return CHECKSUM_BAD;
	if (covered > 0)
		s.end = s.at + covered;
	return sum_with_addresses(packet, length, s);
}

enum { SCTP_HEADER = 12, SCTP_SUM = 8, ADLER_BASE = 65521 };

/* RFC 9260 appendix A: CRC32c, with zeros in the place of the checksum. */
static uint32_t sctp_crc(struct span s)
{
	static const uint32_t nibbles[16] = { 0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1,
					      0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
					      0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
					      0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75 };
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < span_left(s); i++) {
		crc ^= i >= SCTP_SUM && i < SCTP_HEADER ? 0 : s.at[i];
		crc = crc >> 4 ^ nibbles[crc & 15];
		crc = crc >> 4 ^ nibbles[crc & 15];
	}
	return ~crc;
}

/* The sum that SCTP began with (RFC 2960 appendix B), and that old ones still have. */
static uint32_t sctp_adler(struct span s)
{
	uint32_t low = 1, high = 0;

	for (size_t i = 0; i < span_left(s); i++) {
		low = (low + (i >= SCTP_SUM && i < SCTP_HEADER ? 0 : s.at[i])) % ADLER_BASE;
		high = (high + low) % ADLER_BASE;
	}
	return high << 16 | low;
}

/* The octets of CRC32c stand the other way round. */
static enum checksum sctp_sum(struct span s)
{
	struct span told = s;

	if (span_left(s) < SCTP_HEADER)
		return CHECKSUM_UNKNOWN;
	span_skip(&told, SCTP_SUM);
	return load_u32(told.at) == __builtin_bswap32(sctp_crc(s)) || load_u32(told.at) == sctp_adler(s)
		       ? CHECKSUM_GOOD
		       : CHECKSUM_BAD;
}

enum checksum packet_checksum(const struct packet *packet)
{
	struct span s = packet->ip;

	span_skip(&s, packet->ip_header);
	/* A routing header means another destination than the one that stands in front. */
	if (packet->fragment || (packet->extensions & EXTENSION_ROUTING) != 0 || s.failed ||
	    packet->length < packet->ip_header || span_left(packet->ip) < packet->length)
		return CHECKSUM_UNKNOWN;
	s.end = packet->ip.at + packet->length;
	switch (packet->transport) {
	case TRANSPORT_UDP: return udp_sum(packet, s);
	case TRANSPORT_UDPLITE: return udplite_sum(packet, s);
	case TRANSPORT_SCTP: return sctp_sum(s);
	case TRANSPORT_TCP:
	case TRANSPORT_ICMPV6: return sum_with_addresses(packet, span_left(s), s);
	case TRANSPORT_ICMP:
	case TRANSPORT_IGMP: return sum_is_whole(0, s);
	default: return CHECKSUM_UNKNOWN;
	}
}
