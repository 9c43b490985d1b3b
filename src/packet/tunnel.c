/* Tunnels that stand right on IP: GRE (RFC 2784, RFC 2890) with NVGRE (RFC 7637), PPTP's version (RFC 2637)
 * and ERSPAN (draft-foschiano-erspan); AH (RFC 4302); EtherIP (RFC 3378). */
#include "packet/layers.h"

enum {
	GRE_CHECKSUM = 0x8000,
	GRE_ROUTING = 0x4000,
	GRE_KEY = 0x2000,
	GRE_SEQUENCE = 0x1000,
	GRE_ACKNOWLEDGEMENT = 0x0080,
	GRE_VERSION = 0x0007,

	TYPE_ERSPAN = 0x88be,
	TYPE_ERSPAN_3 = 0x22eb,
	TYPE_WCCP = 0x883e,

	VSID_FIRST = 0x1000, /* of NVGRE, in the upper three octets of the key */
};

/* Steps over the optional fields of the header that the flags announce. */
static void read_gre_fields(struct packet *packet, uint16_t flags, struct octets *o)
{
	if ((flags & (GRE_CHECKSUM | GRE_ROUTING)) != 0)
		octets_skip(o, 4);
	if ((flags & GRE_KEY) != 0) {
		packet->tunnel_key = span_u32(&o->s);
		o->wire = o->wire > 4 ? o->wire - 4 : 0;
	}
	if ((flags & GRE_SEQUENCE) != 0) {
		packet->tunnel_sequence = span_u32(&o->s);
		o->wire = o->wire > 4 ? o->wire - 4 : 0;
	}
	if ((flags & GRE_VERSION) == 1 && (flags & GRE_ACKNOWLEDGEMENT) != 0)
		octets_skip(o, 4);
	while ((flags & GRE_ROUTING) != 0 && !o->s.failed) { /* source routes: the last one is empty */
		const uint8_t length = span_peek(o->s, 3);
		const bool last = span_peek(o->s, 0) == 0 && span_peek(o->s, 1) == 0;

		octets_skip(o, 4u + length);
		if (last)
			return;
	}
}

/* Type I has no header of its own, type II has 8 octets, type III 12 and perhaps 8 more. */
static void decode_erspan(struct packets *packets, uint16_t type, bool sequence, struct octets o)
{
	const unsigned before = packets->count;

	if (type == TYPE_ERSPAN_3) {
		const bool more = (span_peek(o.s, 11) & 1) != 0;

		octets_skip(&o, more ? 20 : 12);
	} else if (sequence) {
		octets_skip(&o, 8);
	}
	if (o.s.failed)
		packets_problem(packets, NULL, PACKET_TUNNEL_SHORT);
	else
		decode_ethernet(packets, o);
	if (packets->count > before)
		packets->list[before].tunnel = TUNNEL_ERSPAN;
}

/* RFC 7637 3.2: no checksum, no numbers, and the lowest numbers of networks are no one's. A bridge that goes
 * through GRE with a key of its own is none. */
static bool is_nvgre(uint16_t flags, uint32_t key)
{
	return (flags & (GRE_CHECKSUM | GRE_KEY | GRE_SEQUENCE)) == GRE_KEY && key >> 8 >= VSID_FIRST;
}

static void decode_transparent(struct packets *packets, bool nvgre, struct octets o)
{
	const unsigned before = packets->count;

	decode_ethernet(packets, o);
	if (packets->count > before)
		packets->list[before].tunnel = nvgre ? TUNNEL_NVGRE : TUNNEL_GRE;
}

void decode_gre(struct packets *packets, struct packet *packet, struct octets o)
{
	uint16_t flags, type;

	packet->payload = o.s;
	packet->payload_length = o.wire;
	flags = span_u16(&o.s);
	type = span_u16(&o.s);
	o.wire = o.wire > 4 ? o.wire - 4 : 0;
	read_gre_fields(packet, flags, &o);
	if (o.s.failed) {
		packets_problem(packets, packet, PACKET_TUNNEL_SHORT);
		return;
	}
	if ((flags & GRE_VERSION) > 1) {
		packets_problem(packets, packet, PACKET_TUNNEL_HEADER);
		return;
	}
	if (span_left(o.s) == 0)
		return;
	if ((flags & GRE_VERSION) == 1)
		decode_ppp(packets, o, TUNNEL_PPTP);
	else if (type == TYPE_ERSPAN || type == TYPE_ERSPAN_3)
		decode_erspan(packets, type, (flags & GRE_SEQUENCE) != 0, o);
	else if (type == TYPE_TRANSPARENT)
		decode_transparent(packets, is_nvgre(flags, packet->tunnel_key), o);
	else if (type == TYPE_WCCP) { /* version 2 puts four octets before the packet */
		if (span_peek(o.s, 0) >> 4 != 4)
			octets_skip(&o, 4);
		decode_ip(packets, o, TUNNEL_GRE);
	} else if (type >= TYPE_LEAST) {
		decode_ethertype(packets, type, o, TUNNEL_GRE);
	}
}

/* What IPsec protects is a packet of its own with the same ends: in transport mode the transport that
 * follows, in tunnel mode an IP packet. */
void decode_protected(struct packets *packets, struct packet *packet, enum tunnel tunnel, uint8_t next,
		      struct octets o)
{
	struct packet *inner;

	packet->protects = next;
	if (next == 4 || next == 41) {
		decode_ip(packets, o, tunnel);
		return;
	}
	inner = packets_add(packets, tunnel);
	if (inner == NULL)
		return;
	inner->source = packet->source;
	inner->destination = packet->destination;
	inner->version = packet->version;
	inner->hop_limit = packet->hop_limit;
	inner->cast = packet->cast;
	inner->transport = next;
	inner->length = o.wire;
	inner->ip = o.s;
	decode_transport(packets, inner, o);
}

void decode_ah(struct packets *packets, struct packet *packet, struct octets o)
{
	uint8_t next;
	uint32_t length;

	packet->payload = o.s;
	packet->payload_length = o.wire;
	next = span_u8(&o.s);
	length = (span_u8(&o.s) + 2u) * 4;
	span_skip(&o.s, 2);
	packet->tunnel_key = span_u32(&o.s);
	packet->tunnel_sequence = span_u32(&o.s);
	if (o.s.failed || length < 12) {
		packets_problem(packets, packet, o.s.failed ? PACKET_TUNNEL_SHORT : PACKET_TUNNEL_HEADER);
		return;
	}
	span_skip(&o.s, length - 12);
	o.wire = o.wire > length ? o.wire - length : 0;
	if (o.s.failed) {
		packets_problem(packets, packet, PACKET_TUNNEL_SHORT);
		return;
	}
	decode_protected(packets, packet, TUNNEL_AH, next, o);
}

void decode_etherip(struct packets *packets, struct octets o)
{
	const unsigned before = packets->count;
	const uint16_t version = span_u16(&o.s);

	o.wire = o.wire > 2 ? o.wire - 2 : 0;
	if (o.s.failed || version != 0x3000) {
		packets_problem(packets, NULL, o.s.failed ? PACKET_TUNNEL_SHORT : PACKET_TUNNEL_HEADER);
		return;
	}
	decode_ethernet(packets, o);
	if (packets->count > before)
		packets->list[before].tunnel = TUNNEL_ETHERIP;
}
