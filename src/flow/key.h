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

/* Whether this packet is of this flow and was sent by this end. */
static inline bool flow_has(const struct flow *flow, const struct packet *packet, uint32_t context,
			    unsigned side)
{
	if (flow->transport != packet->transport || flow->context != context ||
	    address_compare(&flow->ends[side], &packet->source) != 0 ||
	    address_compare(&flow->ends[!side], &packet->destination) != 0)
		return false;
	return !transport_has_ports(packet->transport) ||
	       (flow->ports[side] == packet->source_port && flow->ports[!side] == packet->destination_port);
}

#endif
