/* names.c: flows in words. */
#include "flow/identify.h"

const char *identified_text(enum identified identified)
{
	static const char *const texts[] = {
		[IDENTIFIED_NOT] = NULL,
		[IDENTIFIED_BY_CONTENT] = "content",
		[IDENTIFIED_EXPECTED] = "expected",
		[IDENTIFIED_TRANSPORT] = "transport",
	};

	return texts[identified];
}

const char *flow_stop_text(enum flow_stop stop)
{
	static const char *const texts[STOPS] = {
		[STOP_DAMAGED] = "damaged", [STOP_GAP] = "gap",       [STOP_BOUND] = "bound",
		[STOP_MEMORY] = "memory",   [STOP_MIDDLE] = "middle",
	};

	return texts[stop];
}

const char *flow_app_proto(const struct flow *flow)
{
	const uint16_t number = flow->protocol_first != 0 ? flow->protocol_first : flow->protocol;
	const struct protocol *const protocol = identify_protocol(number);
	const struct transport *transport;
	const bool spoke = ((flow->sides[0].seen | flow->sides[1].seen) & SEEN_DATA) != 0;

	if (protocol != NULL && (spoke || flow->identified != IDENTIFIED_EXPECTED))
		return protocol->name;
	if (flow->identified == IDENTIFIED_TRANSPORT) {
		transport = catalog_transport(flow->transport);
		return transport != NULL ? transport->name : "unknown";
	}
	return spoke ? "unknown" : "none";
}

const char *flow_turned_into(const struct flow *flow)
{
	const struct protocol *const protocol = identify_protocol(flow->protocol_first != 0 ? flow->protocol
											    : 0);

	return protocol != NULL ? protocol->name : NULL;
}

uint16_t flow_door_number(const struct flow *flow)
{
	const bool icmp = flow->transport == TRANSPORT_ICMP || flow->transport == TRANSPORT_ICMPV6;

	return flow->ports[icmp ? 0 : 1];
}

enum cast flow_cast(const struct flow *flow)
{
	if (flow->cast == CAST_UNICAST && catalog_cast(&flow->ends[1]) == CAST_ANYCAST)
		return CAST_ANYCAST;
	return (enum cast)flow->cast;
}
