/* nat_pmp.c: port mappings of a router. RFC 6886 (NAT-PMP, version 0) and RFC 6887 (PCP, version 2). */
#include "protocols/parse.h"
#include "protocols/probes.h"

enum {
	RESPONSE = 0x80,
	V0 = 0,
	V2 = 2,
	V2_LEAST = 24,
	V2_MOST = 1100,
	V2_OPCODES = 3, /* announce, map, peer, authentication */
	V2_RESULTS = 15,
	V0_RESULTS = 5,
	MAP = 1,
	PEER = 2,
	MAP_LENGTH = 36,
	PEER_LENGTH = 56,
};

struct message {
	uint8_t version, opcode; /* without the bit of responses */
	bool response, has_external, is_mapping;
	uint16_t result, internal, external_port;
	uint32_t lifetime, epoch;
	uint8_t transport;
	struct address external, client;
};

static bool read_v0(struct span s, struct message *m)
{
	const size_t left = span_left(s);

	span_skip(&s, 2);
	m->is_mapping = m->opcode != 0;
	m->transport = m->opcode == 1 ? TRANSPORT_UDP : TRANSPORT_TCP;
	if (m->opcode > 2)
		return false;
	if (!m->response) {
		if (!m->is_mapping)
			return left == 2;
		if (left != 12 || span_u16(&s) != 0)
			return false;
		m->internal = span_u16(&s);
		m->external_port = span_u16(&s);
		m->lifetime = span_u32(&s);
		return m->internal != 0 || m->lifetime == 0;
	}
	m->result = span_u16(&s);
	m->epoch = span_u32(&s);
	if (s.failed || m->result > V0_RESULTS || left != (m->is_mapping ? 16 : 12))
		return m->response && !s.failed && left == 8 && m->result > 0 && m->result <= V0_RESULTS;
	if (m->is_mapping) {
		m->internal = span_u16(&s);
		m->external_port = span_u16(&s);
		m->lifetime = span_u32(&s);
		return true;
	}
	m->external = address_v4(span_u32(&s));
	m->has_external = true;
	return true;
}

static struct address take_address(struct span *s)
{
	const struct span bytes = span_take(s, 16);
	const uint8_t none[16] = { 0 };

	return address_v6(bytes.failed ? none : bytes.at);
}

/* RFC 6887 11.1 and 12.1; options, which a PCP message may have behind, are not read. */
static bool read_v2(struct span s, struct message *m)
{
	const size_t left = span_left(s);

	span_skip(&s, 2);
	m->result = span_u16(&s) & 0xff;
	m->lifetime = span_u32(&s);
	if (left < V2_LEAST || left > V2_MOST || left % 4 != 0 || m->opcode > V2_OPCODES)
		return false;
	if (m->response) {
		struct span reserved;

		m->epoch = span_u32(&s);
		reserved = span_take(&s, 12);
		for (; span_left(reserved) > 0; reserved.at++)
			if (*reserved.at != 0 && m->result == 0)
				return false;
	} else {
		m->client = take_address(&s);
	}
	if (m->opcode == 0)
		return m->response || left == V2_LEAST;
	if (m->opcode != MAP && m->opcode != PEER)
		return true;
	if (left < V2_LEAST + (m->opcode == MAP ? (size_t)MAP_LENGTH : (size_t)PEER_LENGTH))
		return false;
	span_skip(&s, 12); /* nonce */
	m->transport = span_u8(&s);
	if (span_u24(&s) != 0)
		return false;
	m->internal = span_u16(&s);
	m->external_port = span_u16(&s);
	m->external = take_address(&s);
	m->is_mapping = m->has_external = true;
	return !s.failed;
}

static bool read_message(struct span s, struct message *ret_message)
{
	struct message m = { .version = span_peek(s, 0), .opcode = span_peek(s, 1) & 0x7f };

	m.response = (span_peek(s, 1) & RESPONSE) != 0;
	if (span_left(s) < 2 || !(m.version == V0 ? read_v0(s, &m) : m.version == V2 && read_v2(s, &m)))
		return false;
	*ret_message = m;
	return true;
}

/* ---- recognising ---- */

/* IPv4, or what addresses of hosts in IPv6 begin with. */
static bool is_of_a_host(const struct address *a)
{
	return address_is_v4(a) ? address_to_v4(a) >> 24 != 0 : a->bytes[0] >> 5 == 1 || a->bytes[0] >= 0xfc;
}

/* A question for the outer address is two zeros, a sign that is too short for any until it is asked again;
 * the rest is sparse, and so must be plausible. */
static bool is_plausible(struct span s, const struct message *m)
{
	enum { YEAR = 365 * 86400 };

	if (m->version == V2 && m->response && m->result == 0 && m->epoch == 0)
		return false;
	if (m->version == V2)
		return m->result <= V2_RESULTS && m->lifetime <= YEAR && span_peek(s, 2) == 0 &&
		       (m->opcode == 0 ? m->lifetime == 0 : m->is_mapping) &&
		       (m->response || (is_of_a_host(&m->client) && span_peek(s, 3) == 0));
	if (!m->response)
		return m->is_mapping && m->lifetime <= YEAR && m->internal != 0;
	if (m->result != 0)
		return m->epoch < 10u * YEAR && span_left(s) == 8;
	return m->epoch > 0 && m->epoch < 10u * YEAR &&
	       (m->is_mapping ? m->lifetime <= YEAR && m->internal != 0
			      : !address_is_unspecified(&m->external));
}

static bool is_question(struct span s)
{
	return span_left(s) == 2 && span_u16(&s) == 0;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct message m;

	if (transport != TRANSPORT_UDP || (span_peek(first, 0) != V0 && span_peek(first, 0) != V2))
		return NO;
	if (is_question(first))
		return MORE;
	return read_message(first, &m) && m.response == (side == SIDE_SERVER) && is_plausible(first, &m) ? YES
													 : NO;
}

/* RFC 6886 3.1: who gets no answer asks again, nine times. */
static bool continues(struct span before, struct span now)
{
	return is_question(before) && is_question(now);
}

/* ---- the event ---- */

static void emit(const void *memory, struct json *json)
{
	static const char *const names_v0[] = { "external_address", "map", "map" };
	static const char *const names_v2[] = { "announce", "map", "peer", "authentication" };
	const struct message *const m = memory;
	char text[ADDRESS_TEXT];

	json_text(json, "protocol", m->version == V0 ? "nat-pmp" : "pcp");
	json_text(json, "operation", m->version == V0 ? names_v0[m->opcode] : names_v2[m->opcode & 3]);
	json_bool(json, "response", m->response);
	if (m->response) {
		json_unsigned(json, "result", m->result);
		json_unsigned(json, "epoch", m->epoch);
	}
	if (m->is_mapping) {
		json_text(json, "transport",
			  m->transport == TRANSPORT_UDP   ? "udp"
			  : m->transport == TRANSPORT_TCP ? "tcp"
			  : m->transport == 0             ? "all"
							  : "other");
		json_unsigned(json, "internal_port", m->internal);
		json_unsigned(json, "external_port", m->external_port);
		json_unsigned(json, "lifetime", m->lifetime);
	}
	if (m->has_external && !address_is_unspecified(&m->external))
		json_text(json, "external_address", address_text(&m->external, text));
}

/* The question for the outer address, which the recogniser leaves to its answer, is told where it comes. */
static enum parse_step read_nat_pmp(void *state, struct parse *parse, struct span *bytes)
{
	struct message m;

	(void)state;
	if (!read_message(*bytes, &m))
		return parse->cut ? PARSE_ON : PARSE_BROKEN;
	parse_event_as(parse, "nat_pmp", emit, &m);
	return PARSE_ON;
}

static const struct parser parser = { .state_size = PARSE_STATE(uint8_t),
				      .read = read_nat_pmp,
				      .emit = emit };

const struct protocol protocol_nat_pmp = {
	.name = "nat-pmp",
	.title = "NAT Port Mapping Protocol and Port Control Protocol",
	DOORS(UDP(5351)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.continues = continues,
	.whole_alone = true,
	.datagram_least = 2, /* a question for the outer address */
	MARKS(OCTET(0, V0), OCTET(0, V2), OCTETS(1, 0, V2_OPCODES),
	      OCTETS(1, RESPONSE, RESPONSE | V2_OPCODES)),
	.parser = &parser,
	.probe = &nat_pmp_probe,
};
