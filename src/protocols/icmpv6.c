/* icmpv6.c: ICMP for IPv6 (RFC 4443). Neighbour discovery and multicast listener discovery, which are spoken
 * in it, have files and events of their own. */
#include "protocols/icmp.h"

enum {
	ERROR_LAST = 4,
	ECHO_REQUEST = 128,
	ECHO_REPLY = 129,
	LISTENER_QUERY = 130,
	LISTENER_DONE = 132,
	ROUTER_SOLICITATION = 133,
	REDIRECT = 137,
	LISTENER_REPORT_2 = 143,
};

static const struct weakness *const weaknesses[] = { &icmp_weakness_redirect, &icmp_weakness_tunnel,
						     &icmpv6_weakness_from_afar, NULL };

struct conversation {
	struct tally messages;
	struct icmp_echo echo;
	struct icmp_errors errors;
	struct told told;
};

static bool read_message(struct conversation *state, struct parse *parse, struct span s)
{
	const uint16_t type = parse->packet->source_port;

	if (type >= 1 && type <= ERROR_LAST)
		return icmp_error_read(&state->errors, parse);
	if (type == ECHO_REQUEST || type == ECHO_REPLY)
		return icmp_echo_read(&state->echo, parse, type == ECHO_REPLY, s);
	if ((type >= LISTENER_QUERY && type <= LISTENER_DONE) || type == LISTENER_REPORT_2)
		return icmpv6_read_listener(&state->told, parse, s);
	if (type >= ROUTER_SOLICITATION && type <= REDIRECT)
		return icmpv6_read_discovery(&state->told, parse, s);
	return true;
}

static enum parse_step read_icmpv6(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;

	tally_add(&state->messages, parse->packet->source_port);
	if (!read_message(state, parse, *bytes) && !parse->cut)
		return PARSE_BROKEN;
	bytes->at = bytes->end;
	return PARSE_ON;
}

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	icmp_messages_emit(json, &state->messages, TRANSPORT_ICMPV6);
	icmp_echo_emit(json, &state->echo);
	icmp_errors_emit(json, &state->errors, TRANSPORT_ICMPV6);
}

static void end(void *memory, struct parse *parse)
{
	const struct conversation *const state = memory;

	if (state->messages.places[0].count > 0)
		parse_event(parse, state);
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read_icmpv6,
	.end = end,
	.emit = emit,
};

const struct protocol protocol_icmpv6 = {
	.name = "icmpv6",
	.title = "Internet Control Message Protocol for IPv6",
	DOORS(IP(TRANSPORT_ICMPV6)),
	.privacy = PRIVACY_EITHER,
	.by_header = true,
	.recognise = recognise_nothing,
	.parser = &parser,
	.weaknesses = weaknesses,
};
