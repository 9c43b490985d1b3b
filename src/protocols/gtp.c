/* gtp.c: how GTP is recognised and read: user data is opened, control is told (gtp_control.c). */
#include "protocols/gtp.h"
#include "protocols/inner.h"
#include "protocols/networks.h"
#include "protocols/probes.h"

/* Those of version 1 stand in the order of their types. All fill the message. */
static bool are_elements(struct span s, uint8_t version)
{
	uint8_t last = 0;

	if (span_left(s) == 0)
		return false;
	while (span_left(s) > 0) {
		const struct gtp_element element = gtp_take_element(&s, version);

		if (s.failed || (version == 1 && element.type < last))
			return false;
		last = element.type;
	}
	return true;
}

static bool is_v1(struct span s)
{
	struct gtp_message message;
	bool whole;

	if (!gtp_read_v1(s, &message))
		return false;
	whole = message.length == span_left(s) - GTP_HEADER;
	switch (message.type) {
	case GTP_USER_DATA: /* the two lengths agree, also where the capture is cut */
		return message.length >= span_left(s) - GTP_HEADER &&
		       inner_ip_length(message.body) + message.before == message.length;
	case GTP_END_MARKER: return whole && message.tunnel != 0 && span_left(message.body) == 0;
	case GTP_ECHO_REQUEST:
		return whole && message.tunnel == 0 && (message.flags & GTP_HAS_SEQUENCE) != 0 &&
		       (span_left(message.body) == 0 || are_elements(message.body, 1));
	case 0: return false;
	default: return whole && are_elements(message.body, 1);
	}
}

/* One message, or two of which the first says so. */
static bool is_v2(struct span s)
{
	struct gtp_message message;
	bool followed = true;

	for (unsigned n = 0; n < 2 && followed; n++)
		if (!gtp_take_v2(&s, &message, &followed) || !are_elements(message.body, 2))
			return false;
	return !followed && span_left(s) == 0;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	(void)side;
	if (transport != TRANSPORT_UDP)
		return NO;
	switch (span_peek(first, 0) >> 5) {
	case 1: return is_v1(first) ? YES : NO;
	case 2: return is_v2(first) ? YES : NO;
	default: return NO;
	}
}

/* Whether the datagram is as long as its message says, and elements of control fit. Other versions than 1
 * are only looked through; GTP' (TS 32.295), without the bit for GTP, is none of them. */
static bool is_whole(struct span s)
{
	struct gtp_message message;

	switch (span_peek(s, 0) >> 5) {
	case 1:
		return (span_peek(s, 0) & GTP_IS_GTP) == 0 ||
		       (gtp_read_v1(s, &message) && message.length <= span_left(s) - GTP_HEADER &&
			message.length >= message.before);
	case 2: return is_v2(s);
	default: return false;
	}
}

struct conversation {
	struct networks tunnels;
	struct told told;
	uint32_t echoes[2]; /* requests, by side */
};

/* Who gets no answer says it again, octet for octet. Echoes are said all the time, and counted. */
static void hear_control(struct conversation *state, struct parse *parse, const struct gtp_message *message,
			 struct span whole)
{
	if (message->type == GTP_ECHO_REQUEST)
		state->echoes[parse->side]++;
	else if (message->type != GTP_ECHO_RESPONSE && message->type != GTP_END_MARKER &&
		 told_is_news(&state->told, parse, message->type, whole))
		gtp_tell(parse, message);
}

static void read_v1(struct conversation *state, struct parse *parse, struct span s)
{
	struct gtp_message message;

	if (!gtp_read_v1(s, &message))
		return;
	if (message.type != GTP_USER_DATA) {
		if (!parse->cut)
			message.body = span_take(&message.body, message.length - message.before);
		hear_control(state, parse, &message, s);
	} else if (message.length > message.before && inner_ip_length(message.body) > 0) {
		networks_add(&state->tunnels, parse, message.tunnel, span_left(message.body));
		parse_open(parse, TUNNEL_GTP, message.tunnel, CARRIED_IP, message.body);
	}
}

static void read_v2(struct conversation *state, struct parse *parse, struct span s)
{
	bool followed = true;

	for (unsigned n = 0; n < 2 && followed; n++) {
		struct span whole = s;
		struct gtp_message message;

		if (!gtp_take_v2(&s, &message, &followed))
			return;
		whole.end = s.at;
		hear_control(state, parse, &message, whole);
	}
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	if (!is_whole(*bytes) && !parse->cut)
		return PARSE_BROKEN;
	if (span_peek(*bytes, 0) >> 5 == 1)
		read_v1(memory, parse, *bytes);
	else
		read_v2(memory, parse, *bytes);
	bytes->at = bytes->end;
	return PARSE_ON;
}

static void end(void *memory, struct parse *parse)
{
	const struct conversation *const state = memory;

	if (state->tunnels.count > 0 || state->echoes[SIDE_CLIENT] + state->echoes[SIDE_SERVER] > 0)
		parse_event(parse, state);
}

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	networks_write(&state->tunnels, json, "tunnels", "teid");
	if (state->echoes[SIDE_CLIENT] > 0)
		json_unsigned(json, "echoes_toserver", state->echoes[SIDE_CLIENT]);
	if (state->echoes[SIDE_SERVER] > 0)
		json_unsigned(json, "echoes_toclient", state->echoes[SIDE_SERVER]);
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
	.leads = true,
};

const struct protocol protocol_gtp = {
	.name = "gtp",
	.title = "GPRS Tunnelling Protocol",
	DOORS(UDP(2152), UDP(2123)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = GTP_HEADER,
	MARKS(OCTETS(0, 0x30, 0x37), OCTET(0, 0x40), OCTET(0, 0x44), OCTET(0, 0x48), OCTET(0, 0x4c),
	      OCTET(0, 0x50), OCTET(0, 0x54), OCTET(0, 0x58), OCTET(0, 0x5c), OCTETS(1, 1, 255)),
	.parser = &parser,
	.probe = &gtp_probe,
};
