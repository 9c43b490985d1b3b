/* layers.h: how the layers of this module call each other. Each takes the bytes of its header and what
 * follows, and the wire's length of them, and goes on to the next layer. */
#ifndef PACKET_LAYERS_H
#define PACKET_LAYERS_H

#include "packet/packet.h"

/* Link types of capture files, and EtherTypes. */
enum {
	LINK_NULL = 0,
	LINK_ETHERNET = 1,
	LINK_PPP = 9,
	LINK_RAW_BSD = 12,
	LINK_RAW_OPENBSD = 14,
	LINK_PPP_HDLC = 50,
	LINK_PPPOE = 51,
	LINK_RAW = 101,
	LINK_CISCO_HDLC = 104,
	LINK_80211 = 105,
	LINK_FRAME_RELAY = 107,
	LINK_LOOP = 108,
	LINK_SLL = 113,
	LINK_80211_PRISM = 119,
	LINK_80211_RADIOTAP = 127,
	LINK_80211_AVS = 163,
	LINK_IPV4 = 228,
	LINK_IPV6 = 229,
	LINK_SLL2 = 276,

	TYPE_IPV4 = 0x0800,
	TYPE_TRANSPARENT = 0x6558,
	TYPE_VLAN = 0x8100,
	TYPE_IPV6 = 0x86dd,
	TYPE_PPP = 0x880b,
	TYPE_MPLS = 0x8847,
	TYPE_MPLS_MULTICAST = 0x8848,
	TYPE_PPPOE_DISCOVERY = 0x8863,
	TYPE_PPPOE = 0x8864,
	TYPE_PROVIDER = 0x88a8,
	TYPE_BACKBONE = 0x88e7,
	TYPE_FABRIC_PATH = 0x8903,
	TYPE_QINQ = 0x9100,
	TYPE_LEAST = 0x0600, /* below it stands a length, and LLC follows */
};

static inline bool is_tag(uint16_t type)
{
	return type == TYPE_VLAN || type == TYPE_PROVIDER || type == TYPE_QINQ;
}

static inline bool is_ip(uint16_t type)
{
	return type == TYPE_IPV4 || type == TYPE_IPV6;
}

/* Bytes at hand, and how many they were on the wire. */
struct octets {
	struct span s;
	uint32_t wire;
};

/* Steps over n octets that are at hand. */
static inline void octets_skip(struct octets *o, uint32_t n)
{
	span_skip(&o->s, n);
	o->wire = o->wire > n ? o->wire - n : 0;
}

/* Cuts to what a length field says: padding behind it does not belong. */
static inline void octets_cut(struct octets *o, uint32_t length)
{
	if (o->wire > length)
		o->wire = length;
	if (span_left(o->s) > length)
		o->s.end = o->s.at + length;
}

void decode_link(struct packets *packets, uint16_t link, struct octets o);
void decode_ethernet(struct packets *packets, struct octets o);
void decode_ethertype(struct packets *packets, uint16_t type, struct octets o, enum tunnel tunnel);
void decode_llc(struct packets *packets, struct octets o, enum tunnel tunnel);
void decode_ppp(struct packets *packets, struct octets o, enum tunnel tunnel);
void decode_mpls(struct packets *packets, struct octets o, enum tunnel tunnel);
void decode_ip(struct packets *packets, struct octets o,
	       enum tunnel tunnel); /* version by the first nibble */
void decode_transport(struct packets *packets, struct packet *packet, struct octets o);
void decode_gre(struct packets *packets, struct packet *packet, struct octets o);
void decode_protected(struct packets *packets, struct packet *packet, enum tunnel tunnel, uint8_t next,
		      struct octets o);
void decode_ah(struct packets *packets, struct packet *packet, struct octets o);
void decode_etherip(struct packets *packets, struct octets o);

/* All zero. In pieces: of one long piece compilers make an instruction that is slow to begin. */
static inline void packet_clear(struct packet *packet)
{
	enum { PIECE = sizeof(*packet) / 3 };

	_Static_assert(sizeof(*packet) == 3 * (size_t)PIECE, "whole pieces");
	for (size_t i = 0; i < 3; i++)
		memset((uint8_t *)packet + i * PIECE, 0, PIECE);
}

/* Nothing has been read yet. */
static inline void packets_begin(struct packets *packets)
{
	packets->count = 0;
	packets->problem = PACKET_WHOLE;
	packets->ethertype = 0;
	packets->vlan_count = 0;
	packets->has_macs = false;
	packets->usual = false;
	packets->body = span_of(NULL, 0);
}

/* Begins a further packet; NULL, counted, past PACKET_DEPTH. */
struct packet *packets_add(struct packets *packets, enum tunnel tunnel);

/* Keeps the first problem of all, and of the packet, which may be NULL. */
void packets_problem(struct packets *packets, struct packet *packet, enum packet_problem problem);

/* The Internet checksum (RFC 1071) over bytes, added to a sum; folded, it is 0xffff where all is well. */
uint32_t checksum_add(uint32_t sum, struct span s);

static inline uint16_t checksum_fold(uint32_t sum)
{
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

#endif
