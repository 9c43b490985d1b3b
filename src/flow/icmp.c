#include "flow/icmp.h"
#include "flow/context.h"

enum {
	ICMP_UNREACHABLE = 3,
	ICMP_SOURCE_QUENCH = 4,
	ICMP_REDIRECT = 5,
	ICMP_TIME_EXCEEDED = 11,
	ICMP_PARAMETER_PROBLEM = 12,

	ICMPV6_UNREACHABLE = 1,
	ICMPV6_ERROR_LAST = 127, /* what has the highest bit is no error */
};

bool icmp_is_error(const struct packet *packet)
{
	if (packet->transport == TRANSPORT_ICMPV6)
		return packet->source_port <= ICMPV6_ERROR_LAST;
	if (packet->transport != TRANSPORT_ICMP)
		return false;
	switch (packet->source_port) {
	case ICMP_UNREACHABLE:
	case ICMP_SOURCE_QUENCH:
	case ICMP_REDIRECT:
	case ICMP_TIME_EXCEEDED:
	case ICMP_PARAMETER_PROBLEM: return true;
	default: return false;
	}
}

static bool is_unreachable(const struct packet *error)
{
	return error->source_port ==
	       (error->transport == TRANSPORT_ICMP ? ICMP_UNREACHABLE : ICMPV6_UNREACHABLE);
}

uint32_t icmp_join(struct flow_table *table, const struct packet *error, uint32_t context,
		   struct engine_counts *counts, const struct flow **ret_about)
{
	struct packet quoted;
	struct flow *flow;

	*ret_about = NULL;
	if (!packet_quoted(error, &quoted))
		return context;
	flow = flow_table_find(table, &quoted, flow_hash(&quoted, context), context);
	*ret_about = flow;
	if (flow != NULL) {
		counts->icmp_errors_joined++;
		if (is_unreachable(error) && flow->icmp_error == 0)
			flow->icmp_error = (uint8_t)(1 + (error->destination_port & 127));
	}
	return context_of_error(context, &quoted);
}
