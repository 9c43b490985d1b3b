/* openvpn.c: OpenVPN over UDP and TCP, after "OpenVPN Protocol" (openvpn-rfc) and its tls-crypt documents. A
 * packet begins with its opcode and the number of its key; control packets are plain, or signed (tls-auth: an
 * HMAC, then a counter and the time), or encrypted (tls-crypt: counter and time, then a tag). Over TCP each
 * has its length before it. */
#include "base/escape.h"
#include "protocols/parse.h"

enum {
	HARD_RESET_CLIENT_1 = 1,
	HARD_RESET_SERVER_1 = 2,
	SOFT_RESET = 3,
	CONTROL = 4,
	ACK = 5,
	DATA_1 = 6,
	HARD_RESET_CLIENT_2 = 7,
	HARD_RESET_SERVER_2 = 8,
	DATA_2 = 9,
	HARD_RESET_CLIENT_3 = 10,
	CONTROL_WRAPPED = 11,

	SESSION = 8,
	ACKS_MOST = 8,
	PACKET_MOST = 2048, /* of control */
	TAG = 32,
	STAMP = 8,          /* counter and time */
	COUNTER_MOST = 16,  /* of a first packet, sent again some times */
	FIRST_MOST = 64,    /* counters of the first packets */
	EARLY = 0x0f000000, /* of a client that takes a cookie (2.6) */
	TIME_LEAST = 1000000000,
};

static const struct weakness openvpn_open = {
	"openvpn-no-tls-auth",
	"OpenVPN takes handshakes from anybody",
	4,
	"Use tls-crypt (or tls-auth), so that only who has its key reaches the TLS server behind it.",
};

enum protection { UNKNOWN, PLAIN, TLS_AUTH, TLS_CRYPT };

struct side_state {
	uint8_t session[SESSION];
	bool heard;
	uint32_t control, data;
};

struct state {
	struct side_state sides[2];
	enum protection protection;
	uint8_t first; /* opcode of the client's first packet */
	uint8_t hmac;  /* octets */
};

static unsigned opcode_of(struct span packet)
{
	return span_peek(packet, 0) >> 3;
}

/* ---- recognising ---- */

static bool is_stamp(struct span s)
{
	const uint32_t counter = span_u32(&s), time = span_u32(&s);

	return !s.failed && ((counter > 0 && counter < COUNTER_MOST) || (counter & ~0xffu) == EARLY) &&
	       time >= TIME_LEAST && time <= INT32_MAX;
}

/* Acknowledgements, with the peer's session if there are any, and the number of the message. */
static bool is_body(struct span s, unsigned opcode)
{
	const uint8_t acks = span_u8(&s);
	uint32_t number;

	if (s.failed || acks > ACKS_MOST || (opcode == ACK && acks == 0))
		return false;
	for (unsigned i = 0; i < acks; i++)
		if (span_u32(&s) >= FIRST_MOST)
			return false;
	if (acks > 0)
		span_skip(&s, SESSION);
	if (opcode == ACK)
		return !s.failed && span_left(s) == 0;
	number = span_u32(&s);
	if (s.failed || number >= FIRST_MOST)
		return false;
	if (opcode != CONTROL)
		return number == 0 && span_left(s) == 0;
	return span_left(s) > 6 && span_peek(s, 0) >= 20 && span_peek(s, 0) <= 23 && span_peek(s, 1) == 3 &&
	       span_peek(s, 2) <= 4;
}

static bool is_reset(unsigned opcode)
{
	return opcode == HARD_RESET_CLIENT_1 || opcode == HARD_RESET_SERVER_1 ||
	       opcode == HARD_RESET_CLIENT_2 || opcode == HARD_RESET_SERVER_2 ||
	       opcode == HARD_RESET_CLIENT_3;
}

static bool is_crypted(struct span s, unsigned opcode)
{
	const size_t body = opcode == HARD_RESET_SERVER_2 ? 17 : 5, left = span_left(s);

	if (!is_stamp(s) || left < STAMP + TAG + body)
		return false;
	return opcode == HARD_RESET_CLIENT_3 ? left > STAMP + TAG + body + 2 + 256 /* its wrapped key */
	       : is_reset(opcode)            ? left == STAMP + TAG + body
					     : true;
}

/* Octets of the HMAC; 0 if it is none. */
static uint8_t hmac_length(struct span s, unsigned opcode)
{
	static const uint8_t lengths[] = { 20, 32, 64, 16, 48, 28 };

	for (size_t i = 0; i < sizeof(lengths); i++) {
		struct span rest = s;

		span_skip(&rest, lengths[i]);
		if (!rest.failed && is_stamp(rest)) {
			span_skip(&rest, STAMP);
			if (is_body(rest, opcode))
				return lengths[i];
		}
	}
	return 0;
}

static enum protection protection_of(struct span packet, uint8_t *ret_hmac)
{
	const unsigned opcode = opcode_of(packet);

	*ret_hmac = 0;
	span_skip(&packet, 1 + SESSION);
	if (packet.failed)
		return UNKNOWN;
	if (opcode != HARD_RESET_CLIENT_3 && is_body(packet, opcode))
		return PLAIN;
	if (is_reset(opcode) && is_crypted(packet, opcode))
		return TLS_CRYPT;
	*ret_hmac = opcode != HARD_RESET_CLIENT_3 ? hmac_length(packet, opcode) : 0;
	return *ret_hmac > 0 ? TLS_AUTH : UNKNOWN;
}

static bool is_of_side(unsigned opcode, enum side side)
{
	switch (opcode) {
	case HARD_RESET_CLIENT_1:
	case HARD_RESET_CLIENT_2:
	case HARD_RESET_CLIENT_3: return side == SIDE_CLIENT;
	case HARD_RESET_SERVER_1:
	case HARD_RESET_SERVER_2: return side == SIDE_SERVER;
	case CONTROL:
	case ACK: return true;
	default: return false;
	}
}

static bool is_session(struct span packet)
{
	enum { SMALL = 16 };
	unsigned same = 0, large = 0;

	for (size_t i = 1; i <= SESSION; i++)
		large += span_peek(packet, i) >= SMALL;
	for (size_t i = 2; i <= SESSION; i++)
		for (size_t before = 1; before < i; before++)
			same += span_peek(packet, i) == span_peek(packet, before);
	return same < SESSION / 2 && large >= SESSION / 2;
}

/* The key of a first packet has the number 0. */
static bool is_packet(struct span packet, enum side side)
{
	uint8_t hmac;

	return (span_peek(packet, 0) & 7) == 0 && is_of_side(opcode_of(packet), side) && is_session(packet) &&
	       protection_of(packet, &hmac) != UNKNOWN;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	uint16_t length;

	if (transport == TRANSPORT_UDP)
		return is_packet(first, side) ? YES : NO;
	if (transport != TRANSPORT_TCP || span_peek(first, 0) >= PACKET_MOST >> 8)
		return NO;
	if (span_left(first) < 3)
		return MORE;
	length = span_u16(&first);
	if (length < 14 || !is_reset(opcode_of(first)) || !is_of_side(opcode_of(first), side) ||
	    (span_peek(first, 0) & 7) != 0)
		return NO;
	if (span_left(first) < length)
		return MORE;
	return is_packet(span_take(&first, length), side) ? YES : NO;
}

/* ---- the event: once, at the end ---- */

static void write_side(struct json *json, const char *key, const struct side_state *side)
{
	char text[2 * SESSION + 1];

	if (!side->heard)
		return;
	json_open_object(json, key);
	json_text(json, "session_id", hex_text(span_of(side->session, SESSION), 0, text, sizeof(text)));
	json_unsigned(json, "control_packets", side->control);
	json_unsigned(json, "data_packets", side->data);
	json_end(json);
}

static void emit(const void *memory, struct json *json)
{
	const struct state *const state = memory;

	if (state->first != 0)
		json_unsigned(json, "key_method", state->first == HARD_RESET_CLIENT_1 ? 1 : 2);
	switch (state->protection) {
	case PLAIN: json_text(json, "protection", "none"); break;
	case TLS_AUTH:
		json_text(json, "protection", "tls-auth");
		json_unsigned(json, "hmac_bits", state->hmac * 8u);
		break;
	case TLS_CRYPT:
		json_text(json, "protection",
			  state->first == HARD_RESET_CLIENT_3 ? "tls-crypt-v2" : "tls-crypt");
		break;
	default: break;
	}
	write_side(json, "client", &state->sides[SIDE_CLIENT]);
	write_side(json, "server", &state->sides[SIDE_SERVER]);
}

/* ---- reading ---- */

static void hear_control(struct state *state, struct parse *parse, struct span packet)
{
	struct side_state *const side = &state->sides[parse->side];
	const unsigned opcode = opcode_of(packet);
	struct span s = packet, session;

	span_skip(&s, 1);
	session = span_take(&s, SESSION);
	side->control++;
	if (session.failed)
		return;
	memcpy(side->session, session.at, SESSION);
	side->heard = true;
	if (!is_reset(opcode))
		return;
	if (parse->side == SIDE_CLIENT)
		state->first = (uint8_t)opcode;
	if (state->protection == UNKNOWN && !parse->cut)
		state->protection = protection_of(packet, &state->hmac);
	if (parse->side == SIDE_SERVER && state->protection == PLAIN)
		parse_weakness(parse, &openvpn_open, "a first packet without a key is answered");
}

static enum parse_step hear(struct state *state, struct parse *parse, struct span packet)
{
	const unsigned opcode = opcode_of(packet);

	if (opcode == DATA_1 || opcode == DATA_2) {
		state->sides[parse->side].data++;
		return PARSE_ON;
	}
	if (opcode < HARD_RESET_CLIENT_1 || opcode > CONTROL_WRAPPED)
		return PARSE_BROKEN;
	hear_control(state, parse, packet);
	return PARSE_ON;
}

/* Of data over TCP only the opcode is looked at. */
static enum parse_step read_stream(struct state *state, struct parse *parse, struct span *bytes)
{
	while (span_left(*bytes) >= 3) {
		struct span s = *bytes;
		const uint16_t length = span_u16(&s);
		const unsigned opcode = opcode_of(s);
		const bool data = opcode == DATA_1 || opcode == DATA_2;

		if (length == 0)
			return PARSE_BROKEN;
		if (span_left(s) < length && !data) {
			parse_want(parse, 2u + length);
			return PARSE_ON;
		}
		if (hear(state, parse, span_take(&s, length < span_left(s) ? length : span_left(s))) ==
		    PARSE_BROKEN)
			return PARSE_BROKEN;
		if ((size_t)(s.at - bytes->at) < 2u + length)
			parse_skip(parse, 2u + length - (size_t)(s.at - bytes->at));
		*bytes = s;
	}
	return PARSE_ON;
}

static enum parse_step read_openvpn(void *memory, struct parse *parse, struct span *bytes)
{
	return parse->transport == TRANSPORT_TCP ? read_stream(memory, parse, bytes)
						 : hear(memory, parse, *bytes);
}

static void end(void *memory, struct parse *parse)
{
	struct state *const state = memory;

	if (state->sides[SIDE_CLIENT].heard || state->sides[SIDE_SERVER].heard)
		parse_event(parse, state);
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct state),
	.read = read_openvpn,
	.end = end,
	.emit = emit,
};

/* ---- asking a server ---- */

/* Our session; it need not be secret, and is known again in the answer. */
static const uint8_t our_session[SESSION] = { 0x9d, 0x72, 0xc2, 0x02, 0x33, 0x58, 0xdc, 0xfc };

struct probe_state {
	unsigned transport;
};

/* A first packet without a key. Servers with tls-auth or tls-crypt are silent. */
static void greet(void *memory, unsigned transport, struct buffer *out)
{
	struct probe_state *const state = memory;

	state->transport = transport;
	if (transport == TRANSPORT_TCP)
		buffer_u16(out, 1 + SESSION + 5);
	buffer_u8(out, HARD_RESET_CLIENT_2 << 3);
	buffer_add(out, our_session, SESSION);
	buffer_u8(out, 0);
	buffer_u32(out, 0);
}

static bool is_our_answer(struct span packet)
{
	if (opcode_of(packet) != HARD_RESET_SERVER_2 || !is_packet(packet, SIDE_SERVER))
		return false;
	span_skip(&packet, 1 + SESSION + 1 + 4);
	packet = span_take(&packet, SESSION);
	return !packet.failed && memcmp(packet.at, our_session, SESSION) == 0;
}

static enum probe_step hear_answer(void *memory, struct span *heard, bool ended, struct buffer *out,
				   struct answer *answer)
{
	const struct probe_state *const state = memory;
	struct span s = *heard, packet;

	(void)out;
	packet = state->transport == TRANSPORT_TCP ? span_take(&s, span_u16(&s)) : s;
	if (s.failed && !ended)
		return PROBE_WAIT;
	heard->at = heard->end;
	if (!is_our_answer(packet))
		return ended || state->transport == TRANSPORT_TCP ? PROBE_NOT : PROBE_WAIT;
	answer_fact(answer, "protection", span_text("none"));
	answer_weakness(answer, &openvpn_open, "a first packet without a key was answered");
	return PROBE_DONE;
}

static const struct probe probe = {
	.rare = true,
	.transports = PROBE_UDP | PROBE_TCP,
	.greet = greet,
	.hear = hear_answer,
};
static const struct weakness *const weaknesses[] = { &openvpn_open, NULL };

const struct protocol protocol_openvpn = {
	.name = "openvpn",
	.title = "OpenVPN",
	DOORS(UDP(1194), TCP(1194)),
	.privacy = PRIVACY_ENCRYPTED,
	.recognise = recognise,
	.datagram_least = 14,
	MARKS(OCTET(0, HARD_RESET_CLIENT_1 << 3), OCTET(0, HARD_RESET_SERVER_1 << 3), OCTET(0, CONTROL << 3),
	      OCTET(0, ACK << 3), OCTET(0, HARD_RESET_CLIENT_2 << 3), OCTET(0, HARD_RESET_SERVER_2 << 3),
	      OCTET(0, HARD_RESET_CLIENT_3 << 3)),
	.parser = &parser,
	.probe = &probe,
	.probe_state_size = sizeof(struct probe_state),
	.weaknesses = weaknesses,
};
