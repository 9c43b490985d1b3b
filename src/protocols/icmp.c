/* icmp.c: the Internet Control Message Protocol (RFC 792, RFC 950, RFC 1256). All that two hosts say to each
 * other in it is one conversation, but for errors, which are one for each pair of hosts of which they speak.
 */
#include "protocols/icmp.h"

enum {
	ECHO_REPLY = 0,
	UNREACHABLE = 3,
	SOURCE_QUENCH = 4,
	REDIRECT = 5,
	ECHO_REQUEST = 8,
	ROUTER_ADVERTISEMENT = 9,
	TIME_EXCEEDED = 11,
	PARAMETER_PROBLEM = 12,
	TIMESTAMP_REPLY = 14,
	MASK_REPLY = 18,
	ROUTERS = 4,
};

static const struct weakness timestamp = {
	"icmp-timestamp",
	"a host tells its clock to whoever asks by ICMP",
	4,
	"Let no ICMP timestamp requests pass.",
};
static const struct weakness mask = {
	"icmp-address-mask",
	"a host tells its network mask to whoever asks by ICMP",
	4,
	"Let no ICMP address mask requests pass.",
};
static const struct weakness *const weaknesses[] = { &mask, &icmp_weakness_redirect, &timestamp,
						     &icmp_weakness_tunnel, NULL };

struct conversation {
	struct tally messages;
	struct icmp_echo echo;
	struct icmp_errors errors;
	/* The last router advertisement. */
	struct {
		struct address address;
		int32_t preference;
	} routers[ROUTERS];
	uint8_t router_count;
	uint16_t router_lifetime;
};

/* RFC 1256, section 3: how many, octets of each in fours, seconds. */
static bool read_routers(struct conversation *state, struct span s)
{
	const uint8_t count = span_u8(&s), size = span_u8(&s);

	state->router_lifetime = span_u16(&s);
	state->router_count = 0;
	if (s.failed || size < 2)
		return false;
	for (unsigned i = 0; i < count && !s.failed; i++) {
		struct span router = span_take(&s, size * 4u);

		if (router.failed || state->router_count == ROUTERS)
			continue;
		state->routers[state->router_count].address = address_v4(span_u32(&router));
		state->routers[state->router_count++].preference = (int32_t)span_u32(&router);
	}
	return !s.failed;
}

static bool read_message(struct conversation *state, struct parse *parse, struct span s)
{
	char text[ADDRESS_TEXT];

	switch (parse->packet->source_port) {
	case ECHO_REQUEST: return icmp_echo_read(&state->echo, parse, false, s);
	case ECHO_REPLY: return icmp_echo_read(&state->echo, parse, true, s);
	case UNREACHABLE:
	case SOURCE_QUENCH:
	case REDIRECT:
	case TIME_EXCEEDED:
	case PARAMETER_PROBLEM: return icmp_error_read(&state->errors, parse);
	case ROUTER_ADVERTISEMENT: return read_routers(state, s);
	case TIMESTAMP_REPLY:
		parse_weakness(parse, &timestamp, "%s answered",
			       address_text(&parse->addresses[parse->side], text));
		return span_left(s) >= 16;
	case MASK_REPLY:
		parse_weakness(parse, &mask, "%s answered",
			       address_text(&parse->addresses[parse->side], text));
		return span_left(s) >= 8;
	default: return true;
	}
}

static enum parse_step read_icmp(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;

	tally_add(&state->messages, parse->packet->source_port);
	if (!read_message(state, parse, *bytes) && !parse->cut)
		return PARSE_BROKEN;
	bytes->at = bytes->end;
	return PARSE_ON;
}

static void emit_routers(struct json *json, const struct conversation *state)
{
	char text[ADDRESS_TEXT];

	if (state->router_count == 0)
		return;
	json_unsigned(json, "router_lifetime", state->router_lifetime);
	json_open_array(json, "routers");
	for (size_t i = 0; i < state->router_count; i++) {
		json_begin(json);
		json_text(json, "address", address_text(&state->routers[i].address, text));
		json_number(json, "preference", state->routers[i].preference);
		json_end(json);
	}
	json_end(json);
}

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	icmp_messages_emit(json, &state->messages, TRANSPORT_ICMP);
	icmp_echo_emit(json, &state->echo);
	icmp_errors_emit(json, &state->errors, TRANSPORT_ICMP);
	emit_routers(json, state);
}

static void end(void *memory, struct parse *parse)
{
	const struct conversation *const state = memory;

	if (state->messages.places[0].count > 0)
		parse_event(parse, state);
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read_icmp,
	.end = end,
	.emit = emit,
};

const struct protocol protocol_icmp = {
	.name = "icmp",
	.title = "Internet Control Message Protocol",
	DOORS(IP(TRANSPORT_ICMP)),
	.privacy = PRIVACY_EITHER,
	.by_header = true,
	.recognise = recognise_nothing,
	.parser = &parser,
	.weaknesses = weaknesses,
};
