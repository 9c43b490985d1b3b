/* wireguard.c: WireGuard, after its white paper ("WireGuard: Next Generation Kernel Network Tunnel",
 * section 5.4). Four kinds of messages, each with three zeros behind its number and, but for data, a length
 * of its own. */
#include "protocols/parse.h"

#include <stdio.h>

enum {
	INITIATION = 1,
	RESPONSE = 2,
	COOKIE = 3,
	DATA = 4,
	INITIATION_LENGTH = 148,
	RESPONSE_LENGTH = 92,
	DATA_LEAST = 32, /* a keepalive: header and tag */
	DATA_BLOCK = 16,
	COUNTER_LIMIT = 1 << 16, /* of a flow whose beginning was not seen: the fields must tell more */
};

struct end {
	uint32_t index;
	uint64_t packets, bytes, keepalives, last, old;
	bool heard;
};

struct state {
	struct end ends[2];
	unsigned handshakes, cookies;
};

struct message {
	uint8_t type;
	uint32_t sender, receiver;
	uint64_t counter;
	size_t length;
};

static bool read_message(struct span s, struct message *ret_message)
{
	struct message m = { .length = span_left(s), .type = span_peek(s, 0) };

	if (span_u32_le(&s) != m.type || s.failed)
		return false;
	switch (m.type) {
	case INITIATION: m.sender = span_u32_le(&s); break;
	case RESPONSE:
		m.sender = span_u32_le(&s);
		m.receiver = span_u32_le(&s);
		break;
	case COOKIE: m.receiver = span_u32_le(&s); break;
	case DATA:
		m.receiver = span_u32_le(&s);
		m.counter = span_u64_le(&s);
		break;
	default: return false;
	}
	if (s.failed)
		return false;
	*ret_message = m;
	return true;
}

/* How many different octets there are: what is encrypted has many. */
static unsigned octets_in_use(struct span s)
{
	uint64_t seen[4] = { 0 };
	unsigned count = 0;

	for (; span_left(s) > 0; s.at++)
		seen[*s.at >> 6] |= (uint64_t)1 << (*s.at & 63);
	for (size_t i = 0; i < 4; i++)
		count += (unsigned)__builtin_popcountll(seen[i]);
	return count;
}

static bool is_random(struct span s, size_t offset)
{
	span_skip(&s, offset);
	s = span_take(&s, span_left(s) < 64 ? span_left(s) : 64);
	return octets_in_use(s) * 3 >= span_left(s) * 2;
}

static bool is_message(struct span s)
{
	struct message m;

	if (!read_message(s, &m))
		return false;
	switch (m.type) {
	case INITIATION: return m.length == INITIATION_LENGTH && is_random(s, 8);
	case RESPONSE: return m.length == RESPONSE_LENGTH && is_random(s, 12);
	case COOKIE: return false; /* it answers one of the others, which are better signs */
	default:
		return m.length >= DATA_LEAST && m.length % DATA_BLOCK == 0 && m.receiver > UINT16_MAX &&
		       m.counter < COUNTER_LIMIT && is_random(s, 16);
	}
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	(void)side; /* either end begins anew */
	if (transport != TRANSPORT_UDP || span_peek(first, 0) < INITIATION || span_peek(first, 0) > DATA)
		return NO;
	return is_message(first) ? YES : NO;
}

/* ---- the event: once, at the end ---- */

static void write_end(struct json *json, const char *key, const struct end *end)
{
	char text[11];

	if (!end->heard)
		return;
	json_open_object(json, key);
	if (end->index != 0) {
		(void)snprintf(text, sizeof(text), "0x%08x", end->index);
		json_text(json, "index", text);
	}
	json_unsigned(json, "packets", end->packets);
	json_unsigned(json, "bytes", end->bytes);
	json_unsigned(json, "keepalives", end->keepalives);
	if (end->packets > 0)
		json_unsigned(json, "last_counter", end->last);
	if (end->old > 0)
		json_unsigned(json, "out_of_order", end->old);
	json_end(json);
}

static void emit(const void *memory, struct json *json)
{
	const struct state *const state = memory;

	json_unsigned(json, "handshakes", state->handshakes);
	if (state->cookies > 0)
		json_unsigned(json, "cookies", state->cookies);
	write_end(json, "client", &state->ends[SIDE_CLIENT]);
	write_end(json, "server", &state->ends[SIDE_SERVER]);
}

static void hear_data(struct end *end, const struct message *m)
{
	end->keepalives += m->length == DATA_LEAST;
	end->bytes += m->length - DATA_LEAST;
	if (end->packets > 0 && m->counter <= end->last)
		end->old += m->counter != 0; /* a new session counts from zero */
	if (m->counter > end->last || m->counter == 0)
		end->last = m->counter;
	end->packets++;
}

static enum parse_step read_wireguard(void *memory, struct parse *parse, struct span *bytes)
{
	struct state *const state = memory;
	struct end *const end = &state->ends[parse->side];
	struct message m;

	if (!read_message(*bytes, &m))
		return PARSE_BROKEN;
	m.length = parse->packet != NULL && parse->cut ? parse->packet->payload_length : m.length;
	end->heard = true;
	if (m.type == INITIATION || m.type == RESPONSE)
		end->index = m.sender;
	state->handshakes += m.type == RESPONSE;
	state->cookies += m.type == COOKIE;
	if (m.type == DATA && m.length >= DATA_LEAST)
		hear_data(end, &m);
	return PARSE_ON;
}

static void end(void *memory, struct parse *parse)
{
	struct state *const state = memory;

	if (state->ends[SIDE_CLIENT].heard || state->ends[SIDE_SERVER].heard)
		parse_event(parse, state);
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct state),
	.read = read_wireguard,
	.end = end,
	.emit = emit,
};

const struct protocol protocol_wireguard = {
	.name = "wireguard",
	.title = "WireGuard",
	DOORS(UDP(51820)),
	.privacy = PRIVACY_ENCRYPTED,
	.recognise = recognise,
	.datagram_least = DATA_LEAST,
	MARKS(OCTETS(0, INITIATION, RESPONSE), OCTET(0, DATA), OCTET(1, 0), OCTET(2, 0), OCTET(3, 0)),
	.parser = &parser,
};
