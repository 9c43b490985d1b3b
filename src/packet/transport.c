/* What the IP header's protocol field names: TCP (RFC 9293), UDP (RFC 768), UDP-Lite (RFC 3828), SCTP (RFC
 * 9260), DCCP (RFC 4340), ICMP (RFC 792, RFC 4443), and the tunnels; everything else is a payload without
 * ports. */
#include "packet/read.h"

enum {
	PROTOCOL_IPIP = 4,
	PROTOCOL_IPV6 = 41,
	PROTOCOL_ETHERIP = 97,
	PROTOCOL_MPLS = 137,
	PROTOCOL_ETHERNET = 143,

	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_WINDOW_SCALE = 3,
};

/* Only of a SYN, where the scale of the window is said. */
void read_tcp_options(struct packet *packet, struct span options)
{
	while (span_left(options) > 0) {
		const uint8_t kind = span_u8(&options);
		uint8_t length;
		struct span value;

		if (kind == OPTION_END)
			return;
		if (kind == OPTION_NOP)
			continue;
		length = span_u8(&options);
		value = span_take(&options, length >= 2 ? length - 2u : SIZE_MAX);
		if (value.failed)
			return;
		if (kind == OPTION_WINDOW_SCALE)
			packet->window_scale = span_u8(&value) + 1;
	}
}

enum packet_problem read_ports_part(struct packet *packet, struct span s)
{
	packet->source_port = span_u16(&s);
	packet->destination_port = span_u16(&s);
	return PACKET_TRANSPORT_SHORT;
}

enum packet_problem read_tcp_part(struct packet *packet, struct span s)
{
	packet->source_port = span_u16(&s);
	packet->destination_port = span_u16(&s);
	packet->sequence = span_u32(&s);
	packet->acknowledgement = span_u32(&s);
	packet->tcp_header = (uint8_t)((span_u8(&s) >> 4) * 4);
	packet->tcp_flags = span_u8(&s);
	packet->window = span_u16(&s);
	return PACKET_TRANSPORT_SHORT;
}

static void note_problem(struct packets *packets, struct packet *packet, enum packet_problem problem)
{
	if (problem != PACKET_WHOLE)
		packets_problem(packets, packet, problem);
}

/* The first data chunk's user data is the payload; a packet without one carries none. */
static void decode_sctp(struct packets *packets, struct packet *packet, struct octets o)
{
	packet->source_port = span_u16(&o.s);
	packet->destination_port = span_u16(&o.s);
	span_skip(&o.s, 8);
	if (o.s.failed) {
		packets_problem(packets, packet, PACKET_TRANSPORT_SHORT);
		return;
	}
	while (span_left(o.s) >= 4) {
		const uint8_t type = span_u8(&o.s);
		uint16_t length;
		struct span chunk;

		span_skip(&o.s, 1);
		length = span_u16(&o.s);
		chunk = span_take(&o.s,
				  length >= 4 && length - 4u < span_left(o.s) ? length - 4u : span_left(o.s));
		if (type == 0 && span_left(chunk) > 12) {
			span_skip(&chunk, 12);
			packet->payload = chunk;
			packet->payload_length = (uint32_t)span_left(chunk);
			return;
		}
		span_skip(&o.s, length % 4 != 0 && span_left(o.s) >= 4u - length % 4 ? 4u - length % 4 : 0);
	}
}

static void decode_dccp(struct packets *packets, struct packet *packet, struct octets o)
{
	const uint8_t header = (uint8_t)span_peek(o.s, 4);

	packet->source_port = span_u16(&o.s);
	packet->destination_port = span_u16(&o.s);
	span_skip(&o.s, header * 4u >= 12 ? header * 4u - 4 : 8);
	o.wire = o.wire > header * 4u ? o.wire - header * 4u : 0;
	if (o.s.failed)
		packets_problem(packets, packet, PACKET_TRANSPORT_SHORT);
	else
		keep_payload(packet, o);
}

static void decode_icmp(struct packets *packets, struct packet *packet, struct octets o)
{
	packet->source_port = span_u8(&o.s);
	packet->destination_port = span_u8(&o.s);
	span_skip(&o.s, 2);
	o.wire = o.wire > 4 ? o.wire - 4 : 0;
	if (o.s.failed)
		packets_problem(packets, packet, PACKET_TRANSPORT_SHORT);
	else
		keep_payload(packet, o);
}

static void decode_esp(struct packets *packets, struct packet *packet, struct octets o)
{
	packet->tunnel_key = span_u32(&o.s);
	packet->tunnel_sequence = span_u32(&o.s);
	o.wire = o.wire > 8 ? o.wire - 8 : 0;
	if (o.s.failed)
		packets_problem(packets, packet, PACKET_TRANSPORT_SHORT);
	else
		keep_payload(packet, o);
}

static void open_ip(struct packets *packets, struct packet *packet, struct octets o)
{
	const bool v6 = packet->version == 6, inner_v6 = packet->transport == PROTOCOL_IPV6;

	keep_payload(packet, o);
	decode_ip(packets, o, v6 ? TUNNEL_IPV6 : inner_v6 ? TUNNEL_SIT : TUNNEL_IPIP);
}

bool packet_begins(struct packet *piece)
{
	struct span s = piece->payload;
	uint16_t first;

	switch (piece->transport) {
	case TRANSPORT_TCP:
	case TRANSPORT_UDP:
	case TRANSPORT_UDPLITE:
	case TRANSPORT_SCTP:
	case TRANSPORT_DCCP: (void)read_ports_part(piece, s); return span_left(s) >= 4;
	case TRANSPORT_ICMP:
	case TRANSPORT_ICMPV6:
		first = span_u16(&s);
		piece->source_port = first >> 8;
		piece->destination_port = first & 0xff;
		return !s.failed;
	default: return piece->version == 4; /* of IPv6 it may be another extension */
	}
}

void decode_transport(struct packets *packets, struct packet *packet, struct octets o)
{
	if (packet->fragment) {
		keep_payload(packet, o);
		return;
	}
	switch (packet->transport) {
	case TRANSPORT_TCP: note_problem(packets, packet, read_tcp(packet, &o)); break;
	case TRANSPORT_UDP:
	case TRANSPORT_UDPLITE: note_problem(packets, packet, read_udp(packet, &o)); break;
	case TRANSPORT_ICMP:
	case TRANSPORT_ICMPV6: decode_icmp(packets, packet, o); break;
	case TRANSPORT_SCTP: decode_sctp(packets, packet, o); break;
	case TRANSPORT_DCCP: decode_dccp(packets, packet, o); break;
	case TRANSPORT_ESP: decode_esp(packets, packet, o); break;
	case TRANSPORT_GRE: decode_gre(packets, packet, o); break;
	case TRANSPORT_AH: decode_ah(packets, packet, o); break;
	case PROTOCOL_IPIP:
	case PROTOCOL_IPV6: open_ip(packets, packet, o); break;
	case PROTOCOL_MPLS:
		keep_payload(packet, o);
		decode_mpls(packets, o, TUNNEL_MPLS);
		break;
	case PROTOCOL_ETHERIP:
		keep_payload(packet, o);
		decode_etherip(packets, o);
		break;
	case PROTOCOL_ETHERNET:
		keep_payload(packet, o);
		decode_ethernet(packets, o);
		break;
	default: keep_payload(packet, o);
	}
}
