/* key.h: what finds a flow. */
#ifndef FLOW_KEY_H
#define FLOW_KEY_H

#include "flow/flow.h"

/* Draws the key of flow_hash(), once. */
void flow_key_draw(void);

/* The lower half of flow_hash() of the flow's packets. */
uint32_t flow_hash_again(const struct flow *flow);

/* Type and code of ICMP do not tell flows apart: a question and its answer belong together. */
static inline bool transport_has_ports(uint8_t transport)
{
	return transport != TRANSPORT_ICMP && transport != TRANSPORT_ICMPV6;
}

/* Nothing where the ends are these addresses. */
static inline uint64_t ends_differ(const struct flow *flow, const struct address *first,
				   const struct address *second)
{
	typedef uint64_t pair __attribute__((vector_size(16))); /* half the instructions of two numbers */
	pair mine[2], theirs[2], differ;

	memcpy(mine, flow->ends, sizeof(mine));
	memcpy(&theirs[0], first->bytes, sizeof(theirs[0]));
	memcpy(&theirs[1], second->bytes, sizeof(theirs[1]));
	differ = (mine[0] ^ theirs[0]) | (mine[1] ^ theirs[1]);
	return differ[0] | differ[1];
}

/* Whether this packet is of this flow, and which end sent it. Both ends are compared, without a branch
 * between them: nobody could guess which it is. */
static inline bool flow_has(const struct flow *flow, const struct packet *packet, uint32_t context,
			    unsigned *ret_side)
{
	const uint32_t mask = transport_has_ports(packet->transport) ? UINT32_MAX : 0;
	const uint32_t ports = (uint32_t)packet->destination_port << 16 | packet->source_port;
	const uint32_t one = (uint32_t)flow->ports[1] << 16 | flow->ports[0], other = one << 16 | one >> 16;
	const uint64_t there = ends_differ(flow, &packet->source, &packet->destination) |
			       ((one ^ ports) & mask);
	const uint64_t back = ends_differ(flow, &packet->destination, &packet->source) |
			      ((other ^ ports) & mask);

	*ret_side = there != 0;
	return flow->transport == packet->transport && flow->context == context && (there == 0) | (back == 0);
}

#endif
