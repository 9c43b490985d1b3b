/* What the policy says of a flow. The host is told by its addresses; who began is told by the flow. */
#include "audit/traffic_rooms.h"

bool traffic_of_host(const struct traffic *traffic, const struct address *address)
{
	const struct surroundings *const around = traffic->options.around;

	for (size_t i = 0; around != NULL && i < around->self_count; i++) {
		if (address_in(address, &around->self[i]))
			return true;
	}
	return false;
}

bool flow_passed(const struct flow *flow)
{
	const struct flow_side *const originator = &flow->sides[0], *const responder = &flow->sides[1];
	const unsigned spoke = SEEN_SYN_ACK | SEEN_DATA | SEEN_FIN;

	if (flow->cast == CAST_MULTICAST || flow->cast == CAST_BROADCAST)
		return true;
	if (flow->transport != TRANSPORT_TCP)
		return responder->packets > 0;
	/* A resetting end has refused. Data is only sent by those who believe in a connection. */
	return (responder->seen & spoke) != 0 || (originator->seen & SEEN_DATA) != 0 ||
	       ((responder->seen & SEEN_ACK) != 0 && (responder->seen & SEEN_RST) == 0);
}

/* Errors speak of other flows; without neighbour discovery there is no IPv6. Neither is anybody's service. */
static bool is_housekeeping(const struct flow *flow)
{
	const unsigned type = flow->ports[0];

	if (flow->transport == TRANSPORT_ICMP)
		return type == 3 || type == 4 || type == 11 || type == 12;
	return flow->transport == TRANSPORT_ICMPV6 &&
	       (type < 128 || (type >= 130 && type <= 137) || type == 143);
}

static const struct service *spoken_service(const struct flow *flow, const char *protocol)
{
	return flow->identified == IDENTIFIED_BY_CONTENT || flow->identified == IDENTIFIED_EXPECTED
		       ? catalog_service(span_text(protocol))
		       : NULL;
}

static enum judged judge(const struct flow *flow, const char *protocol, const struct decision *decision)
{
	if (decision->verdict != VERDICT_ALLOW) {
		/* What an allowed flow has announced belongs to it; one that was not allowed is told already.
		 */
		if (flow->identified == IDENTIFIED_EXPECTED)
			return JUDGED_ALLOWED;
		return flow_passed(flow) ? JUDGED_DENIED : JUDGED_KEPT_OUT;
	}
	if (flow->identified == IDENTIFIED_BY_CONTENT &&
	    !spoken_is_documented(protocol, decision->rule, flow->transport, flow->ports[1], NULL))
		return JUDGED_PROTOCOL;
	return JUDGED_ALLOWED;
}

/* Of a flow of the host that is somebody's service. */
static void ask_policy(const struct decider *decider, const struct flow *flow, bool in, const char *protocol,
		       struct row_key *key)
{
	const uint16_t port = flow_door_number(flow);
	const struct question question = {
		.direction = in ? DIRECTION_IN : DIRECTION_OUT,
		.service = spoken_service(flow, protocol),
		.door = { flow->transport, port, port },
		.has_source = true,
		.has_destination = true,
		.source = flow->ends[0],
		.destination = flow->ends[1],
	};
	const struct decision decision = policy_decide(decider, &question);

	key->judged = (uint8_t)judge(flow, protocol, &decision);
	key->direction = (uint8_t)question.direction;
	key->rule = decision.rule != NULL ? (uint32_t)decision.rule->number + 1 : 0;
}

void judge_flow(const struct traffic *traffic, const struct flow *flow, const char *protocol,
		struct row_key *key)
{
	bool in;

	if (traffic->options.decider == NULL || is_housekeeping(flow))
		return;
	in = traffic_of_host(traffic, &flow->ends[1]);
	if (in || traffic_of_host(traffic, &flow->ends[0]))
		ask_policy(traffic->options.decider, flow, in, protocol, key);
}
