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

/* Nothing where end and port are those. */
static inline uint64_t end_differs(const struct flow *flow, unsigned side, const struct address *a,
				   uint16_t port, uint16_t port_mask)
{
	uint64_t mine[2], theirs[2];

	memcpy(mine, flow->ends[side].bytes, sizeof(mine));
	memcpy(theirs, a->bytes, sizeof(theirs));
	return (mine[0] ^ theirs[0]) | (mine[1] ^ theirs[1]) |
	       (uint64_t)((flow->ports[side] ^ port) & port_mask);
}

/* Whether this packet is of this flow, and which end sent it. Both ends are compared, without a branch
 * between them: nobody could guess which it is. */
static inline bool flow_has(const struct flow *flow, const struct packet *packet, uint32_t context,
			    unsigned *ret_side)
{
	const uint16_t mask = transport_has_ports(packet->transport) ? UINT16_MAX : 0;
	const struct address *const source = &packet->source, *const destination = &packet->destination;
	const uint16_t sport = packet->source_port, dport = packet->destination_port;
	const uint64_t there = end_differs(flow, 0, source, sport, mask) |
			       end_differs(flow, 1, destination, dport, mask);
	const uint64_t back = end_differs(flow, 1, source, sport, mask) |
			      end_differs(flow, 0, destination, dport, mask);

	*ret_side = there != 0;
	return flow->transport == packet->transport && flow->context == context && (there == 0) | (back == 0);
}

#endif
