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
	if (packets->count > nth && packets->list[nth].version == 6)
		packets->list[nth].extensions |= EXTENSION_FRAGMENT;
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

enum checksum packet_checksum(const struct packet *packet)
{
	struct span s = packet->ip;
	uint32_t sum = 0;

	span_skip(&s, packet->ip_header);
	if (packet->fragment || s.failed || packet->length < packet->ip_header ||
	    span_left(packet->ip) < packet->length)
		return CHECKSUM_UNKNOWN;
	s.end = packet->ip.at + packet->length;
	switch (packet->transport) {
	case TRANSPORT_UDP:
		if (span_peek(s, 6) == 0 && span_peek(s, 7) == 0)
			return CHECKSUM_UNKNOWN; /* the sender left it out */
		break;
	case TRANSPORT_TCP:
	case TRANSPORT_ICMPV6: break;
	case TRANSPORT_ICMP:
	case TRANSPORT_IGMP:
		return checksum_fold(checksum_add(0, s)) == 0xffff ? CHECKSUM_GOOD : CHECKSUM_BAD;
	default: return CHECKSUM_UNKNOWN;
	}
	/* The mapped form of an IPv4 address adds ffff, twice: nothing, as these sums go. */
	sum = checksum_add(sum, span_of(packet->source.bytes, 16));
	sum = checksum_add(sum, span_of(packet->destination.bytes, 16));
	sum += packet->transport + (uint32_t)span_left(s);
	return checksum_fold(checksum_add(sum, s)) == 0xffff ? CHECKSUM_GOOD : CHECKSUM_BAD;
}
