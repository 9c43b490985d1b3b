/* pptp.c: Point-to-Point Tunneling Protocol, its control connection (RFC 2637). The calls that it sets up are
 * GRE flows between the same two. */
#include "protocols/parse.h"
#include "protocols/probes.h"

#include <stdio.h>

enum {
	COOKIE = 0x1a2b3c4d,
	HEADER = 12,
	LENGTH_MOST = 220,
	TYPE_CONTROL = 1,
	TEXT = 64,
	GRE_SECONDS = 600,

	START_REQUEST = 1,
	START_REPLY = 2,
	STOP_REQUEST = 3,
	STOP_REPLY = 4,
	ECHO_REQUEST = 5,
	ECHO_REPLY = 6,
	OUT_REQUEST = 7,
	OUT_REPLY = 8,
	IN_REQUEST = 9,
	IN_REPLY = 10,
	IN_CONNECTED = 11,
	CLEAR_REQUEST = 12,
	DISCONNECT = 13,
	WAN_ERROR = 14,
	LINK_INFO = 15,
	TYPES,
};

static const struct weakness pptp_used = {
	"pptp",
	"PPTP is used",
	1,
	"Change to IKEv2 with IPsec, to OpenVPN or to WireGuard: MS-CHAP and MPPE, which protect PPTP, are "
	"broken.",
};

struct message {
	uint16_t type;
	struct span body; /* behind the header */
};

struct state {
	bool announced;
};

/* RFC 2637 2: how long each message is, by its type. */
static uint16_t length_of(uint16_t type)
{
	static const uint8_t lengths[TYPES] = { 0,  156, 156, 16, 16, 16,  20, 168,
						32, 220, 24,  28, 16, 148, 40, 24 };

	return type < TYPES ? lengths[type] : 0;
}

static const char *type_text(uint16_t type)
{
	static const char *const names[TYPES] = {
		NULL,
		"start_control_connection_request",
		"start_control_connection_reply",
		"stop_control_connection_request",
		"stop_control_connection_reply",
		"echo_request",
		"echo_reply",
		"outgoing_call_request",
		"outgoing_call_reply",
		"incoming_call_request",
		"incoming_call_reply",
		"incoming_call_connected",
		"call_clear_request",
		"call_disconnect_notify",
		"wan_error_notify",
		"set_link_info",
	};

	return type < TYPES ? names[type] : NULL;
}

/* NO: this is none. MORE: it has not come whole. */
static enum verdict take_message(struct span *s, struct message *ret_message)
{
	struct span rest = *s;
	const uint16_t length = span_u16(&rest), kind = span_u16(&rest);
	const uint32_t cookie = span_u32(&rest);
	const uint16_t type = span_u16(&rest);

	span_skip(&rest, 2);
	if (rest.failed)
		return MORE;
	if (kind != TYPE_CONTROL || cookie != COOKIE || length_of(type) == 0 || length != length_of(type))
		return NO;
	if (span_left(*s) < length)
		return MORE;
	ret_message->type = type;
	ret_message->body = span_take(&rest, length - (size_t)HEADER);
	*s = rest;
	return YES;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	static const uint8_t head[] = { 0, 0, 0, 1, 0x1a, 0x2b, 0x3c, 0x4d };

	(void)side; /* either may call */
	if (transport != TRANSPORT_TCP)
		return NO;
	for (size_t i = 0; i < sizeof(head); i++) {
		if (i >= span_left(first))
			return MORE;
		if (i != 1 && first.at[i] != head[i])
			return NO;
	}
	return YES;
}

/* ---- the event ---- */

/* Texts fill their field with zeros. */
static void write_text(struct json *json, const char *key, struct span *s)
{
	char text[TEXT + 1];

	(void)span_copy_text(span_take(s, TEXT), text, sizeof(text));
	if (text[0] != '\0')
		json_text(json, key, text);
}

static void write_start(struct json *json, struct span s, bool reply)
{
	char version[16];
	const uint16_t number = span_u16(&s);
	const uint8_t result = span_u8(&s), error = span_u8(&s);

	(void)snprintf(version, sizeof(version), "%u.%u", number >> 8, number & 0xff);
	json_text(json, "version", version);
	if (reply) {
		json_unsigned(json, "result", result);
		json_unsigned(json, "error", error);
	}
	span_skip(&s, 8); /* framing, bearer */
	json_unsigned(json, "channels", span_u16(&s));
	json_unsigned(json, "firmware", span_u16(&s));
	write_text(json, "host", &s);
	write_text(json, "vendor", &s);
}

static void write_call(struct json *json, const struct message *m)
{
	struct span s = m->body;

	json_unsigned(json, "call_id", span_u16(&s));
	switch (m->type) {
	case OUT_REQUEST:
		span_skip(&s, 22);
		write_text(json, "phone", &s);
		break;
	case OUT_REPLY:
	case IN_REPLY:
		json_unsigned(json, "peer_call_id", span_u16(&s));
		json_unsigned(json, "result", span_u8(&s));
		json_unsigned(json, "error", span_u8(&s));
		break;
	case DISCONNECT:
		json_unsigned(json, "result", span_u8(&s));
		json_unsigned(json, "error", span_u8(&s));
		break;
	default: break;
	}
}

static void emit(const void *memory, struct json *json)
{
	const struct message *const m = memory;

	json_text(json, "type", type_text(m->type));
	if (m->type == START_REQUEST || m->type == START_REPLY)
		write_start(json, m->body, m->type == START_REPLY);
	else if (m->type >= OUT_REQUEST)
		write_call(json, m);
}

/* ---- reading ---- */

static void tell_software(struct parse *parse, struct span body)
{
	char firmware[8], vendor[TEXT + 1];
	uint16_t number;

	span_skip(&body, 14);
	number = span_u16(&body);
	span_skip(&body, TEXT);
	(void)span_copy_text(span_take(&body, TEXT), vendor, sizeof(vendor));
	(void)snprintf(firmware, sizeof(firmware), "%u", number);
	if (vendor[0] != '\0')
		parse_software(parse, parse->side, span_text(vendor), span_text(number > 0 ? firmware : ""));
}

static void announce(struct state *state, struct parse *parse)
{
	if (!state->announced)
		parse_expect(parse, &(struct expectation){
					    .transport = TRANSPORT_GRE,
					    .address = parse->addresses[SIDE_SERVER],
					    .other = parse->addresses[SIDE_CLIENT],
					    .protocol = parse->protocol,
					    .waiting = SIDE_SERVER,
					    .seconds = GRE_SECONDS,
					    .many = true,
				    });
	state->announced = true;
}

static enum parse_step read_pptp(void *memory, struct parse *parse, struct span *bytes)
{
	struct state *const state = memory;
	struct message message = { .type = 0 };
	enum verdict verdict;

	while ((verdict = take_message(bytes, &message)) == YES) {
		parse_weakness(parse, &pptp_used, "%s", type_text(message.type));
		if (message.type == START_REQUEST || message.type == START_REPLY)
			tell_software(parse, message.body);
		if (message.type == OUT_REPLY || message.type == IN_REPLY)
			announce(state, parse);
		if (message.type != ECHO_REQUEST && message.type != ECHO_REPLY)
			parse_event(parse, &message);
	}
	return verdict == NO ? PARSE_BROKEN : PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct state),
	.read = read_pptp,
	.emit = emit,
	.leads = true,
};
static const struct weakness *const weaknesses[] = { &pptp_used, NULL };

const struct protocol protocol_pptp = {
	.name = "pptp",
	.title = "Point-to-Point Tunneling Protocol",
	DOORS(TCP(1723)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.parser = &parser,
	.probe = &pptp_probe,
	.weaknesses = weaknesses,
};
