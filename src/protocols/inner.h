/* inner.h: what a tunnel carries, as a sign that it is one. Headers of tunnels are short, and random octets
 * often look like one; that a whole packet with right lengths and checksum stands behind it is no chance. */
#ifndef PROTOCOLS_INNER_H
#define PROTOCOLS_INNER_H

#include "base/span.h"

/* INNER_FILLS: the packet ends where the bytes end. INNER_BEGINS: it may be padded, or be captured in part;
 * only for tunnels whose own header says enough. */
enum inner { INNER_FILLS, INNER_BEGINS };

/* An IPv4 packet whose header has the right checksum, or an IPv6 packet. */
bool inner_is_ip(struct span s, enum inner inner);

/* The length that the header of such a packet tells; 0 if it is none. */
size_t inner_ip_length(struct span s);

/* An Ethernet frame, with tags or without, that carries IP, ARP, or what bridges say to each other. */
bool inner_is_ethernet(struct span s, enum inner inner);

/* A PPP frame (RFC 1661), with address and control or without: IP, or a control packet whose length is right.
 */
bool inner_is_ppp(struct span s, enum inner inner);

#endif
