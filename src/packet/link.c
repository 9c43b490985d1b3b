/* The link layers: Ethernet and what stands between it and IP, and the other link types of capture files. The
 * numbers are those of tcpdump.org's list of link types. */
#include "packet/layers.h"

static void read_macs(struct packets *packets, struct octets *o)
{
	struct span destination = span_take(&o->s, 6), source = span_take(&o->s, 6);

	o->wire = o->wire > 12 ? o->wire - 12 : 0;
	if (source.failed || packets->has_macs)
		return;
	memcpy(packets->destination_mac, destination.at, 6);
	memcpy(packets->source_mac, source.at, 6);
	packets->has_macs = true;
}

static uint16_t read_type(struct octets *o)
{
	o->wire = o->wire > 2 ? o->wire - 2 : 0;
	return span_u16(&o->s);
}

void decode_ethernet(struct packets *packets, struct octets o)
{
	uint16_t type;

	read_macs(packets, &o);
	type = read_type(&o);
	if (o.s.failed)
		packets_problem(packets, NULL, PACKET_LINK_SHORT);
	else
		decode_ethertype(packets, type, o, TUNNEL_NONE);
}

/* RFC 2516, section 4: version 1, type 1; the length counts what follows. */
static void decode_pppoe(struct packets *packets, struct octets o, enum tunnel tunnel)
{
	const uint8_t version = span_u8(&o.s), code = span_u8(&o.s);
	uint16_t length;

	span_skip(&o.s, 2);
	length = span_u16(&o.s);
	o.wire = o.wire > 6 ? o.wire - 6 : 0;
	if (o.s.failed) {
		packets_problem(packets, NULL, PACKET_LINK_SHORT);
	} else if (version != 0x11) {
		packets_problem(packets, NULL, PACKET_LINK_HEADER);
	} else if (code == 0) {
		octets_cut(&o, length);
		decode_ppp(packets, o, tunnel);
	}
}

/* What is not IP is left to whoever knows the type. */
static void keep_body(struct packets *packets, uint16_t type, struct octets o)
{
	if (packets->count > 0)
		return;
	packets->ethertype = type;
	packets->body = o.s;
}

static uint16_t read_tag(struct packets *packets, struct octets *o)
{
	const uint16_t tag = read_type(o);

	if (packets->vlan_count < PACKET_VLANS && packets->count == 0)
		packets->vlans[packets->vlan_count++] = tag & 0xfff;
	return read_type(o);
}

void decode_ethertype(struct packets *packets, uint16_t type, struct octets o, enum tunnel tunnel)
{
	while (is_tag(type) && !o.s.failed)
		type = read_tag(packets, &o);
	if (o.s.failed) {
		packets_problem(packets, NULL, PACKET_LINK_SHORT);
		return;
	}
	switch (type) {
	case TYPE_IPV4:
	case TYPE_IPV6: decode_ip(packets, o, tunnel); break;
	case TYPE_MPLS:
	case TYPE_MPLS_MULTICAST: decode_mpls(packets, o, tunnel); break;
	case TYPE_PPPOE: decode_pppoe(packets, o, tunnel); break;
	case TYPE_PPP: decode_ppp(packets, o, tunnel); break;
	case TYPE_TRANSPARENT: decode_ethernet(packets, o); break;
	case TYPE_BACKBONE: /* IEEE 802.1ah: four octets of service tag, then a whole frame */
		octets_skip(&o, 4);
		decode_ethernet(packets, o);
		break;
	case TYPE_FABRIC_PATH: /* Cisco's: two octets of tag, then a whole frame */
		octets_skip(&o, 2);
		decode_ethernet(packets, o);
		break;
	default:
		if (type < TYPE_LEAST) {
			octets_cut(&o, type);
			decode_llc(packets, o, tunnel);
		} else {
			keep_body(packets, type, o);
		}
	}
}

/* IEEE 802.2; with SNAP (RFC 1042) an EtherType follows. */
void decode_llc(struct packets *packets, struct octets o, enum tunnel tunnel)
{
	const struct octets whole = o;
	const uint8_t destination = span_u8(&o.s);
	uint16_t type;

	span_skip(&o.s, 2);
	if (destination == 0xaa) {
		span_skip(&o.s, 3);
		type = span_u16(&o.s);
		o.wire = o.wire > 8 ? o.wire - 8 : 0;
		if (o.s.failed)
			packets_problem(packets, NULL, PACKET_LINK_SHORT);
		else if (type >= TYPE_LEAST)
			decode_ethertype(packets, type, o, tunnel);
		else
			keep_body(packets, type, o);
		return;
	}
	if (destination == 0x06 && !o.s.failed) { /* IP without SNAP, as old token rings had it */
		o.wire = o.wire > 3 ? o.wire - 3 : 0;
		decode_ip(packets, o, tunnel);
		return;
	}
	if (o.s.failed)
		packets_problem(packets, NULL, PACKET_LINK_SHORT);
	else
		keep_body(packets, destination, whole);
}

/* RFC 1661, RFC 1662: address and control may be left out, and the protocol may be one octet. */
void decode_ppp(struct packets *packets, struct octets o, enum tunnel tunnel)
{
	uint16_t protocol;

	if (span_peek(o.s, 0) == 0xff && span_peek(o.s, 1) == 0x03)
		octets_skip(&o, 2);
	protocol = span_peek(o.s, 0) & 1;
	if (protocol != 0) {
		protocol = span_u8(&o.s);
		o.wire = o.wire > 1 ? o.wire - 1 : 0;
	} else {
		protocol = read_type(&o);
	}
	if (o.s.failed)
		packets_problem(packets, NULL, PACKET_LINK_SHORT);
	else if (protocol == 0x21 || protocol == 0x57)
		decode_ip(packets, o, tunnel);
	else if (protocol == 0x281 || protocol == 0x283)
		decode_mpls(packets, o, tunnel);
}

/* RFC 3032. What the last label carries is not said: IP begins with its version, a pseudowire (RFC 4385) with
 * a zero nibble and a control word, or at once with an Ethernet frame. */
void decode_mpls(struct packets *packets, struct octets o, enum tunnel tunnel)
{
	uint32_t label = 0;

	while ((label & 0x100) == 0 && !o.s.failed) {
		label = span_u32(&o.s);
		o.wire = o.wire > 4 ? o.wire - 4 : 0;
	}
	if (o.s.failed || span_left(o.s) == 0) {
		packets_problem(packets, NULL, PACKET_LINK_SHORT);
		return;
	}
	switch (span_peek(o.s, 0) >> 4) {
	case 4:
	case 6: decode_ip(packets, o, tunnel); break;
	case 0:
		octets_skip(&o, 4);
		decode_ethernet(packets, o);
		break;
	default: decode_ethernet(packets, o);
	}
}

/* BSD's loopback: the address family in the byte order of the machine that captured, or in the network's. */
static void decode_null(struct packets *packets, struct octets o)
{
	octets_skip(&o, 4);
	if (o.s.failed)
		packets_problem(packets, NULL, PACKET_LINK_SHORT);
	else
		decode_ip(packets, o, TUNNEL_NONE);
}

static void decode_cisco_hdlc(struct packets *packets, struct octets o)
{
	uint16_t type;

	octets_skip(&o, 2);
	type = read_type(&o);
	if (o.s.failed)
		packets_problem(packets, NULL, PACKET_LINK_SHORT);
	else
		decode_ethertype(packets, type, o, TUNNEL_NONE);
}

/* RFC 2427: an address whose last octet is odd, then 03 and a network protocol's number; or, as Cisco has it,
 * an EtherType. */
static void decode_frame_relay(struct packets *packets, struct octets o)
{
	uint8_t octet = 0;
	uint16_t type;

	for (unsigned n = 0; n < 4 && (octet & 1) == 0; n++) {
		octet = span_u8(&o.s);
		o.wire = o.wire > 1 ? o.wire - 1 : 0;
	}
	if (span_peek(o.s, 0) != 0x03) {
		type = read_type(&o);
		decode_ethertype(packets, type, o, TUNNEL_NONE);
		return;
	}
	octets_skip(&o, span_peek(o.s, 1) == 0 ? 2 : 1); /* a zero pads the header to an even length */
	octet = span_u8(&o.s);
	o.wire = o.wire > 1 ? o.wire - 1 : 0;
	if (o.s.failed)
		packets_problem(packets, NULL, PACKET_LINK_SHORT);
	else if (octet == 0xcc || octet == 0x8e)
		decode_ip(packets, o, TUNNEL_NONE);
	else if (octet == 0x80) { /* SNAP */
		octets_skip(&o, 3);
		type = read_type(&o);
		decode_ethertype(packets, type, o, TUNNEL_NONE);
	}
}

/* Linux "cooked" captures: the EtherType stands at 14 of 16 octets, or first of 20. ARPHRD says what the type
 * is a type of; where it is not Ethernet's, IP shows itself by its first nibble. */
static void decode_sll(struct packets *packets, struct octets o, bool second)
{
	uint16_t type, hardware;
	bool gre;

	if (second) {
		type = span_u16(&o.s);
		span_skip(&o.s, 6);
		hardware = span_u16(&o.s);
		span_skip(&o.s, 10);
	} else {
		span_skip(&o.s, 2);
		hardware = span_u16(&o.s);
		span_skip(&o.s, 10);
		type = span_u16(&o.s);
	}
	gre = hardware == 778; /* ARPHRD_IPGRE: the type is GRE's, which has no small numbers of its own */
	o.wire = o.wire > 20 ? o.wire - (second ? 20 : 16) : 0;
	if (o.s.failed)
		packets_problem(packets, NULL, PACKET_LINK_SHORT);
	else if (!gre && type == 4) /* LLC */
		decode_llc(packets, o, TUNNEL_NONE);
	else if (!gre && type == 1) /* Novell's raw 802.3 */
		keep_body(packets, type, o);
	else
		decode_ethertype(packets, type, o, TUNNEL_NONE);
}

/* IEEE 802.11 data frames, as far as they are not protected. */
static void decode_80211(struct packets *packets, struct octets o)
{
	const uint16_t control = span_u16_le(&o.s);
	const bool is_data = (control & 0x0c) == 0x08, has_body = (control & 0x40) == 0;
	const bool to_ds = (control & 0x100) != 0, from_ds = (control & 0x200) != 0;
	uint32_t header = 24;

	if (o.s.failed) {
		packets_problem(packets, NULL, PACKET_LINK_SHORT);
		return;
	}
	if (!is_data || !has_body || (control & 0x4000) != 0)
		return;
	header += to_ds && from_ds ? 6 : 0;
	header += (control & 0x80) != 0 ? 2 : 0;                            /* quality of service */
	header += (control & 0x80) != 0 && (control & 0x8000) != 0 ? 4 : 0; /* high throughput */
	span_skip(&o.s, header - 2);
	o.wire = o.wire > header ? o.wire - header : 0;
	if (o.s.failed)
		packets_problem(packets, NULL, PACKET_LINK_SHORT);
	else
		decode_llc(packets, o, TUNNEL_NONE);
}

/* A header in front of an 802.11 frame that tells its own length. */
static void skip_radio(struct packets *packets, uint16_t link, struct octets o)
{
	struct span s = o.s;
	uint32_t length;

	if (link == LINK_80211_RADIOTAP) {
		span_skip(&s, 2);
		length = span_u16_le(&s);
	} else {
		span_skip(&s, 4);
		length = span_u32(&s);
		if (link == LINK_80211_PRISM &&
		    length > 1024) /* written by machines of the other byte order */
			length = __builtin_bswap32(length);
	}
	if (s.failed || length > span_left(o.s)) {
		packets_problem(packets, NULL, PACKET_LINK_SHORT);
		return;
	}
	octets_skip(&o, length);
	decode_80211(packets, o);
}

void decode_link(struct packets *packets, uint16_t link, struct octets o)
{
	switch (link) {
	case LINK_ETHERNET: decode_ethernet(packets, o); break;
	case LINK_NULL:
	case LINK_LOOP: decode_null(packets, o); break;
	case LINK_RAW:
	case LINK_RAW_BSD:
	case LINK_RAW_OPENBSD:
	case LINK_IPV4:
	case LINK_IPV6: decode_ip(packets, o, TUNNEL_NONE); break;
	case LINK_PPP:
	case LINK_PPP_HDLC: decode_ppp(packets, o, TUNNEL_NONE); break;
	case LINK_PPPOE: decode_pppoe(packets, o, TUNNEL_NONE); break;
	case LINK_CISCO_HDLC: decode_cisco_hdlc(packets, o); break;
	case LINK_FRAME_RELAY: decode_frame_relay(packets, o); break;
	case LINK_SLL: decode_sll(packets, o, false); break;
	case LINK_SLL2: decode_sll(packets, o, true); break;
	case LINK_80211: decode_80211(packets, o); break;
	case LINK_80211_RADIOTAP:
	case LINK_80211_PRISM:
	case LINK_80211_AVS: skip_radio(packets, link, o); break;
	default: packets_problem(packets, NULL, PACKET_LINK_UNKNOWN);
	}
}
