/* ripng.c: the Routing Information Protocol for IPv6 (RFC 2080). A request for all routes is, octet for
 * octet, one of RIP version 1. */
#include "protocols/tally.h"

#include <stdio.h>

extern const struct protocol protocol_rip;

static const struct weakness unproved = {
	"ripng-no-authentication",
	"routes are believed from whoever sends RIPng",
	3,
	"Protect RIPng with IPsec, or use OSPF version 3 with authentication.",
};
static const struct weakness *const weaknesses[] = { &unproved, NULL };

enum {
	REQUEST = 1,
	RESPONSE = 2,
	VERSION = 1,
	ENTRY = 20,
	UNREACHABLE = 16,
	NEXT_HOP = 255, /* in place of a metric */
	ROUTES = 16,
};

static const struct code_name commands[] = { { REQUEST, "request" }, { RESPONSE, "response" } };

struct route {
	struct address address, next_hop;
	uint16_t tag;
	uint8_t length, metric;
};

struct message {
	uint8_t command;
	bool is_whole_table;
	uint16_t route_count;
	struct route routes[ROUTES];
};

/* Behind the length of a prefix all bits are zero. */
static bool is_prefix(const struct address *address, uint8_t length)
{
	for (unsigned bit = length; bit < 128; bit++) {
		if (bit % 8 == 0 && address->bytes[bit / 8] == 0)
			bit += 7;
		else if ((address->bytes[bit / 8] & 0x80 >> bit % 8) != 0)
			return false;
	}
	return true;
}

static bool is_zero(const struct address *address)
{
	static const struct address none;

	return address_compare(address, &none) == 0;
}

static bool read_entry(struct message *m, struct span s, struct address *next_hop)
{
	struct route route = { .address = address_v6(s.at), .next_hop = *next_hop };

	span_skip(&s, 16);
	route.tag = span_u16(&s);
	route.length = span_u8(&s);
	route.metric = span_u8(&s);
	if (route.metric == NEXT_HOP) {
		*next_hop = route.address;
		return route.tag == 0 && route.length == 0 &&
		       (is_zero(next_hop) || (next_hop->bytes[0] == 0xfe && next_hop->bytes[1] == 0x80));
	}
	if (route.length > 128 || route.metric < 1 || route.metric > UNREACHABLE ||
	    !is_prefix(&route.address, route.length) || route.address.bytes[0] == 0xff)
		return false;
	if (m->route_count < ROUTES)
		m->routes[m->route_count] = route;
	m->route_count++;
	return true;
}

static bool is_whole_table(const struct message *m)
{
	const struct route *const only = &m->routes[0];

	return m->command == REQUEST && m->route_count == 1 && only->length == 0 && only->tag == 0 &&
	       only->metric == UNREACHABLE && is_zero(&only->address);
}

static bool read_message(struct message *m, struct span s)
{
	struct address next_hop = { { 0 } };
	uint8_t version;

	m->command = span_u8(&s);
	version = span_u8(&s);
	if (span_u16(&s) != 0 || s.failed || m->command < REQUEST || m->command > RESPONSE ||
	    version != VERSION || span_left(s) == 0 || span_left(s) % ENTRY != 0)
		return false;
	while (span_left(s) >= ENTRY)
		if (!read_entry(m, span_take(&s, ENTRY), &next_hop))
			return false;
	m->is_whole_table = is_whole_table(m);
	return m->route_count > 0;
}

/* What could be of RIP as well is left to that. */
static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct message m = { 0 };

	(void)side;
	return transport == TRANSPORT_UDP && read_message(&m, first) && !m.is_whole_table ? YES : NO;
}

/* ---- the event ---- */

static void emit(const void *record, struct json *json)
{
	const struct message *const m = record;
	char address[ADDRESS_TEXT], text[ADDRESS_TEXT + 8];

	json_text(json, "command", CODE_TEXT(commands, m->command));
	json_unsigned(json, "version", VERSION);
	if (m->is_whole_table) {
		json_bool(json, "whole_table", true);
		return;
	}
	json_unsigned(json, "route_count", m->route_count);
	json_open_array(json, "routes");
	for (size_t i = 0; i < m->route_count && i < ROUTES; i++) {
		const struct route *const route = &m->routes[i];

		(void)snprintf(text, sizeof(text), "%s/%u", address_text(&route->address, address),
			       route->length);
		json_begin(json);
		json_text(json, "prefix", text);
		json_unsigned(json, "metric", route->metric);
		if (route->tag != 0)
			json_unsigned(json, "tag", route->tag);
		if (!is_zero(&route->next_hop))
			json_text(json, "next_hop", address_text(&route->next_hop, address));
		json_end(json);
	}
	json_end(json);
}

static enum parse_step read_ripng(void *memory, struct parse *parse, struct span *bytes)
{
	struct message m = { 0 };

	(void)memory;
	if (!read_message(&m, *bytes))
		return parse->cut ? PARSE_ON : PARSE_BROKEN;
	if (m.command == RESPONSE)
		parse_weakness(parse, &unproved, "%u routes", m.route_count);
	parse_event(parse, &m);
	bytes->at = bytes->end;
	return PARSE_ON;
}

static const struct parser parser = {
	.read = read_ripng,
	.emit = emit,
};

const struct protocol protocol_ripng = {
	.name = "ripng",
	.title = "Routing Information Protocol for IPv6",
	DOORS(UDP(521)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = 4 + ENTRY,
	MARKS(OCTETS(0, REQUEST, RESPONSE), OCTET(1, VERSION), OCTET(2, 0), OCTET(3, 0)),
	.kin = &protocol_rip,
	.parser = &parser,
	.weaknesses = weaknesses,
};
