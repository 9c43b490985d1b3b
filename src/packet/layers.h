/* layers.h: how the layers of this module call each other. Each takes the bytes of its header and what
 * follows, and the wire's length of them, and goes on to the next layer. */
#ifndef PACKET_LAYERS_H
#define PACKET_LAYERS_H

#include "packet/packet.h"

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
void decode_ah(struct packets *packets, struct packet *packet, struct octets o);
void decode_etherip(struct packets *packets, struct octets o);

/* Begins a further packet; NULL, counted, past PACKET_DEPTH. */
struct packet *packets_add(struct packets *packets, enum tunnel tunnel);

/* Keeps the first problem of all, and of the packet, which may be NULL. */
void packets_problem(struct packets *packets, struct packet *packet, enum packet_problem problem);

/* The Internet checksum (RFC 1071) over bytes, added to a sum; folded, it is 0xffff where all is well. */
uint32_t checksum_add(uint32_t sum, struct span s);
uint16_t checksum_fold(uint32_t sum);

#endif
