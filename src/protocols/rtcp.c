/* rtcp.c: RTP Control Protocol: RFC 3550 6 (reports, descriptions, farewells), RFC 4585 (feedback), RFC 3611
 * (extended reports). A datagram is a row of packets whose lengths fill it. */
#include "protocols/tally.h"

#include <stdio.h>

enum {
	HEADER = 8,
	SENDER = 200,
	RECEIVER = 201,
	DESCRIPTION = 202,
	FIRST = 200,
	LAST = 207,
	CNAME = 1,
	SIGN = 1 << 23
};

static const struct code_name type_names[] = {
	{ 200, "sender_report" },
	{ 201, "receiver_report" },
	{ 202, "source_description" },
	{ 203, "bye" },
	{ 204, "app" },
	{ 205, "transport_feedback" },
	{ 206, "payload_feedback" },
	{ 207, "extended_report" },
};

/* Takes the next packet: its type, how many blocks, and its content behind the first word. */
static bool take_packet(struct span *s, uint8_t *ret_type, uint8_t *ret_count, struct span *ret_body)
{
	const uint8_t begin = span_u8(s);

	*ret_type = span_u8(s);
	*ret_count = begin & 0x1f;
	*ret_body = span_take(s, (size_t)span_u16(s) * 4);
	return !s->failed && begin >> 6 == 2 && *ret_type >= FIRST && *ret_type <= LAST &&
	       ((begin & 0x20) == 0 || span_left(*s) == 0);
}

/* Whether the blocks that it says it has fit into it. */
static bool fits(uint8_t type, uint8_t count, size_t length)
{
	switch (type) {
	case SENDER: return length >= 24 + (size_t)count * 24;
	case RECEIVER: return length >= 4 + (size_t)count * 24;
	case 203: return length >= (size_t)count * 4;
	case 204:
	case 205:
	case 206: return length >= 8;
	default: return length >= 4 || count == 0;
	}
}

static bool is_rtcp(struct span s)
{
	uint8_t type, count;
	struct span body;
	size_t packets = 0;

	for (; span_left(s) > 0; packets++) {
		if (!take_packet(&s, &type, &count, &body) || !fits(type, count, span_left(body)))
			return false;
		if (packets == 0 && type != SENDER && type != RECEIVER && type < 205)
			return false;
	}
	return packets > 0;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	(void)side;
	return transport == TRANSPORT_UDP && *first.at >> 6 == 2 && span_left(first) >= HEADER &&
			       span_left(first) % 4 == 0 && is_rtcp(first)
		       ? YES
		       : NO;
}

/* ---- reading ---- */

struct conversation {
	struct tally types;
	uint32_t source[2], jitter[2];
	int32_t lost[2]; /* below zero where packets came twice (RFC 3550 6.4.1) */
	uint8_t fraction_most[2];
	bool reported[2], told;
	char cname[2][128];
};

static void emit(const void *record, struct json *json)
{
	static const char *const keys[] = { "client", "server" };
	const struct conversation *const state = record;
	char text[16];

	EMIT_TALLY(json, "packets", &state->types, type_names);
	for (unsigned side = 0; side < 2; side++) {
		if (state->source[side] == 0)
			continue;
		json_open_object(json, keys[side]);
		(void)snprintf(text, sizeof(text), "0x%08x", state->source[side]);
		json_text(json, "ssrc", text);
		emit_text(json, "cname", state->cname[side]);
		if (state->reported[side]) {
			json_number(json, "lost", state->lost[side]);
			json_unsigned(json, "fraction_lost", state->fraction_most[side]);
			json_unsigned(json, "jitter", state->jitter[side]);
		}
		json_end(json);
	}
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told && state->types.places[0].count > 0)
		parse_event(parse, state);
	state->told = true;
}

static void read_report(struct conversation *state, enum side side, struct span s)
{
	uint8_t fraction;

	span_skip(&s, 4); /* of whom */
	fraction = span_u8(&s);
	state->lost[side] = (int32_t)((span_u24(&s) ^ SIGN) - SIGN);
	span_skip(&s, 4);
	state->jitter[side] = span_u32(&s);
	if (fraction > state->fraction_most[side])
		state->fraction_most[side] = fraction;
	state->reported[side] = true;
}

static void read_packet(struct conversation *state, enum side side, uint8_t type, uint8_t count,
			struct span s)
{
	tally_add(&state->types, type);
	switch (type) {
	case SENDER:
	case RECEIVER:
		state->source[side] = span_u32(&s);
		if (type == SENDER)
			span_skip(&s, 20);
		if (count > 0 && span_left(s) >= 24)
			read_report(state, side, s);
		break;
	case DESCRIPTION:
		state->source[side] = span_u32(&s);
		if (span_u8(&s) == CNAME)
			span_copy_text(span_take(&s, span_u8(&s)), state->cname[side],
				       sizeof(state->cname[side]));
		break;
	default: break;
	}
}

/* What else comes in such a flow: media (RFC 5761), STUN, DTLS (RFC 7983). */
static bool is_another(struct span s)
{
	enum { CONTROL_FIRST = 192, CONTROL_LAST = 223 };

	return span_peek(s, 0) >> 6 != 2 || span_peek(s, 1) < CONTROL_FIRST || span_peek(s, 1) > CONTROL_LAST;
}

/* Behind the first packet everything may be encrypted (RFC 3711 3.4). */
static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	struct span first = *bytes, body;
	uint8_t type, count;

	if (is_another(first)) {
		bytes->at = bytes->end;
		return PARSE_ON;
	}
	if (!take_packet(&first, &type, &count, &body) || !fits(type, count, span_left(body)))
		return parse->cut ? PARSE_ON : PARSE_BROKEN;
	while (span_left(*bytes) > 0 && take_packet(bytes, &type, &count, &body))
		read_packet(state, parse->side, type, count, body);
	bytes->at = bytes->end;
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};

const struct protocol protocol_rtcp = {
	.name = "rtcp",
	.title = "RTP Control Protocol",
	.announced = true,
	DOORS(UDP(5005)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = HEADER,
	MARKS(OCTETS(0, 0x80, 0xbf), OCTETS(1, SENDER, RECEIVER), OCTETS(1, 205, LAST), OCTETS(2, 0, 0x3f)),
	.parser = &parser,
};
