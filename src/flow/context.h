/* context.h: numbers that tell apart flows with the same ends: what different tunnels carry, and what
 * different workers may have read. They depend on packets alone, and are the same in each run. */
#ifndef FLOW_CONTEXT_H
#define FLOW_CONTEXT_H

#include "packet/packet.h"

/* Of a packet inside another one, by the ends of that, the kind of tunnel and the virtual network, where both
 * directions have it in common. The same addresses may be in use in several networks. */
uint32_t context_inside(uint32_t context, const struct packet *outside, enum tunnel tunnel);

/* The number by which the tunnel tells what it carries apart: VNI, TEID, GRE key, SPI, label; 0 without. */
uint32_t context_key(const struct packet *outside, enum tunnel tunnel);

/* Of an ICMP error, by the ends of the packet that it quotes. */
uint32_t context_of_error(uint32_t context, const struct packet *quoted);

#endif
