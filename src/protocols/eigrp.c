/* eigrp.c: the Enhanced Interior Gateway Routing Protocol (RFC 7868). */
#include "protocols/tally.h"
#include "protocols/told.h"

#include <stdio.h>

enum {
	VERSION = 2,
	HELLO = 5,

	TLV_PARAMETERS = 0x0001,
	TLV_AUTHENTICATION = 0x0002,
	TLV_SOFTWARE = 0x0004,
	TLV_TERMINATION = 0x0007,
	TLV_IPV4_INTERNAL = 0x0102,
	TLV_IPV4_EXTERNAL = 0x0103,
	TLV_IPV6_INTERNAL = 0x0402,
	TLV_IPV6_EXTERNAL = 0x0403,
	TLV_INTERNAL = 0x0602,
	TLV_EXTERNAL = 0x0603,

	METRIC = 15,      /* octets of a classic metric, up to the length of the prefix */
	WIDE_METRIC = 24, /* octets of a wide one; more where its offset says so */
	EXTERNAL = 20,    /* octets that tell where an external route is from */
	FAMILY_IPV4 = 1,
	FAMILY_IPV6 = 2,
	K_VALUES = 6,
	ROUTES = 16,
};

static const struct weakness unproved = {
	"eigrp-no-authentication",
	"routes are believed from whoever sends EIGRP",
	3,
	"Have the routers authenticate with a key chain (HMAC-SHA-256, or MD5 where there is nothing "
	"better).",
};
static const struct weakness *const weaknesses[] = { &unproved, NULL };

static const struct code_name opcodes[] = {
	{ 1, "update" }, { 2, "request" },    { 3, "query" },      { 4, "reply" },
	{ 5, "hello" },  { 10, "sia-query" }, { 11, "sia-reply" },
};
static const struct code_name authentications[] = { { 0, "none" }, { 2, "md5" }, { 3, "sha256" } };

struct route {
	struct address address;
	uint8_t length;
	bool external;
};

struct message {
	uint8_t opcode;
	uint16_t as, virtual_router, hold_time, authentication;
	uint32_t flags, sequence, acknowledgement;
	bool has_parameters, terminates;
	uint8_t k[K_VALUES];
	char software[12], release[12];
	struct route routes[ROUTES];
	uint16_t route_count;
};

struct conversation {
	struct told told;
};

/* ---- routes ---- */

/* Destinations fill what is left: the length of a prefix, and as many octets as that needs. */
static bool read_destinations(struct message *m, struct span s, bool v6, bool external)
{
	while (span_left(s) > 0) {
		struct route route = { .length = span_u8(&s), .external = external };
		const struct span bytes = span_take(&s, (route.length + 7u) / 8);
		uint8_t whole[16] = { 0 };

		if (bytes.failed || route.length > (v6 ? 128 : 32))
			return false;
		memcpy(whole, bytes.at, span_left(bytes));
		route.address = v6 ? address_v6(whole) : address_v4(load_u32(whole));
		if (m->route_count < ROUTES)
			m->routes[m->route_count] = route;
		m->route_count++;
	}
	return true;
}

static bool read_classic(struct message *m, uint16_t type, struct span s)
{
	const bool v6 = type >= TLV_IPV6_INTERNAL, external = (type & 1) != 0;

	span_skip(&s, (v6 ? 16 : 4) + (external ? EXTERNAL : 0) + METRIC + 1);
	return !s.failed && read_destinations(m, s, v6, external);
}

static bool read_wide(struct message *m, uint16_t type, struct span s)
{
	const bool external = type == TLV_EXTERNAL;
	uint16_t family;
	uint8_t offset;

	span_skip(&s, 2);
	family = span_u16(&s);
	span_skip(&s, 4);
	offset = span_peek(s, 0); /* of attributes, in words */
	span_skip(&s,
		  WIDE_METRIC + offset * 2u + (family == FAMILY_IPV6 ? 16 : 4) + (external ? EXTERNAL : 0));
	if (s.failed || (family != FAMILY_IPV4 && family != FAMILY_IPV6))
		return false;
	return read_destinations(m, s, family == FAMILY_IPV6, external);
}

/* ---- messages ---- */

static void read_parameters(struct message *m, struct span s)
{
	for (size_t i = 0; i < K_VALUES; i++)
		m->k[i] = span_u8(&s);
	m->hold_time = span_u16(&s);
	m->has_parameters = !s.failed;
}

static void read_software(struct message *m, struct span s)
{
	const uint8_t major = span_u8(&s), minor = span_u8(&s), first = span_u8(&s), second = span_u8(&s);

	if (s.failed)
		return;
	(void)snprintf(m->software, sizeof(m->software), "%u.%u", major, minor);
	(void)snprintf(m->release, sizeof(m->release), "%u.%u", first, second);
}

static bool read_tlv(struct message *m, uint16_t type, struct span s)
{
	switch (type) {
	case TLV_PARAMETERS: read_parameters(m, s); return true;
	case TLV_AUTHENTICATION: m->authentication = span_u16(&s); return !s.failed;
	case TLV_SOFTWARE: read_software(m, s); return true;
	case TLV_TERMINATION: m->terminates = true; return true;
	case TLV_IPV4_INTERNAL:
	case TLV_IPV4_EXTERNAL:
	case TLV_IPV6_INTERNAL:
	case TLV_IPV6_EXTERNAL: return read_classic(m, type, s);
	case TLV_INTERNAL:
	case TLV_EXTERNAL: return read_wide(m, type, s);
	default: return true;
	}
}

static bool read_message(struct message *m, struct span s)
{
	const uint8_t version = span_u8(&s);

	m->opcode = span_u8(&s);
	span_skip(&s, 2);
	m->flags = span_u32(&s);
	m->sequence = span_u32(&s);
	m->acknowledgement = span_u32(&s);
	m->virtual_router = span_u16(&s);
	m->as = span_u16(&s);
	if (s.failed || version != VERSION)
		return false;
	while (span_left(s) > 0) {
		const uint16_t type = span_u16(&s), length = span_u16(&s);
		const struct span value = span_take(&s, length >= 4 ? length - 4u : SIZE_MAX);

		if (value.failed || !read_tlv(m, type, value))
			return false;
	}
	return true;
}

/* ---- the event ---- */

static void emit_routes(struct json *json, const struct message *m)
{
	char address[ADDRESS_TEXT], text[ADDRESS_TEXT + 8];

	if (m->route_count == 0)
		return;
	json_unsigned(json, "route_count", m->route_count);
	json_open_array(json, "routes");
	for (size_t i = 0; i < m->route_count && i < ROUTES; i++) {
		const struct route *const route = &m->routes[i];

		(void)snprintf(text, sizeof(text), "%s/%u", address_text(&route->address, address),
			       route->length);
		json_begin(json);
		json_text(json, "prefix", text);
		if (route->external)
			json_bool(json, "external", true);
		json_end(json);
	}
	json_end(json);
}

static bool is_acknowledgement(const struct message *m)
{
	return m->opcode == HELLO && m->acknowledgement != 0 && !m->has_parameters;
}

static void emit(const void *record, struct json *json)
{
	const struct message *const m = record;

	json_text(json, "type", is_acknowledgement(m) ? "acknowledgement" : CODE_TEXT(opcodes, m->opcode));
	json_unsigned(json, "as", m->as);
	if (m->virtual_router > 0)
		json_unsigned(json, "virtual_router", m->virtual_router);
	if (m->sequence > 0)
		json_unsigned(json, "sequence", m->sequence);
	if (m->acknowledgement > 0)
		json_unsigned(json, "acknowledges", m->acknowledgement);
	if (!is_acknowledgement(m))
		json_text(json, "authentication", CODE_TEXT(authentications, m->authentication));
	if (m->has_parameters) {
		json_open_array(json, "k");
		for (size_t i = 0; i < K_VALUES; i++)
			json_unsigned(json, NULL, m->k[i]);
		json_end(json);
		json_unsigned(json, "hold_time", m->hold_time);
	}
	if (m->terminates)
		json_bool(json, "goodbye", true);
	emit_text(json, "software", m->software);
	emit_text(json, "release", m->release);
	emit_routes(json, m);
}

/* ---- reading ---- */

/* Hellos are repeated; where they prove who sent them, each is another. */
static bool is_news(struct conversation *state, const struct parse *parse, const struct message *m,
		    struct span s)
{
	uint8_t facts[sizeof(m->k) + 8];

	if (m->opcode != HELLO || !m->has_parameters)
		return told_is_news(&state->told, parse, m->opcode, s);
	memcpy(facts, m->k, sizeof(m->k));
	facts[sizeof(m->k)] = (uint8_t)(m->hold_time >> 8);
	facts[sizeof(m->k) + 1] = (uint8_t)m->hold_time;
	facts[sizeof(m->k) + 2] = (uint8_t)(m->as >> 8);
	facts[sizeof(m->k) + 3] = (uint8_t)m->as;
	facts[sizeof(m->k) + 4] = (uint8_t)m->authentication;
	facts[sizeof(m->k) + 5] = m->terminates;
	facts[sizeof(m->k) + 6] = (uint8_t)m->virtual_router;
	facts[sizeof(m->k) + 7] = (uint8_t)(m->virtual_router >> 8);
	return told_is_news(&state->told, parse, m->opcode, span_of(facts, sizeof(facts)));
}

static enum parse_step read_eigrp(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	struct message m = { 0 };

	if (!read_message(&m, *bytes))
		return parse->cut ? PARSE_ON : PARSE_BROKEN;
	if (m.authentication == 0 && !is_acknowledgement(&m))
		parse_weakness(parse, &unproved, "autonomous system %u", m.as);
	if (is_news(state, parse, &m, *bytes))
		parse_event(parse, &m);
	bytes->at = bytes->end;
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read_eigrp,
	.emit = emit,
};

const struct protocol protocol_eigrp = {
	.name = "eigrp",
	.title = "Enhanced Interior Gateway Routing Protocol",
	DOORS(IP(TRANSPORT_EIGRP)),
	.privacy = PRIVACY_EITHER,
	.by_header = true,
	.recognise = recognise_nothing,
	.parser = &parser,
	.weaknesses = weaknesses,
};
