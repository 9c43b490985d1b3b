/* rip.c: the Routing Information Protocol. RFC 1058 (version 1), RFC 2453 (version 2), RFC 4822 (its
 * authentication). */
#include "protocols/parse.h"

#include <stdio.h>

static const struct weakness unproved = {
	"rip-no-authentication",
	"routes are believed from whoever sends RIP",
	3,
	"Use RIP version 2 with cryptographic authentication, or OSPF with it.",
};
static const struct weakness *const weaknesses[] = { &unproved, NULL };

enum {
	REQUEST = 1,
	RESPONSE = 2,
	ENTRY = 20,
	ENTRIES_MOST = 25,
	INFINITE = 16,
	INTERNET = 2,
	AUTHENTICATION = 0xffff
};

struct record {
	uint8_t command, version;
	unsigned routes;
	bool authenticated;
	char first[16];
};

static bool read_message(struct span s, struct record *record)
{
	unsigned entries = 0;

	record->command = span_u8(&s);
	record->version = span_u8(&s);
	if (span_u16(&s) != 0 || s.failed || record->command < REQUEST || record->command > RESPONSE ||
	    record->version < 1 || record->version > 2 || span_left(s) == 0 || span_left(s) % ENTRY != 0)
		return false;
	for (; span_left(s) >= ENTRY; entries++) {
		struct span entry = span_take(&s, ENTRY);
		const uint16_t family = span_u16(&entry);
		struct span address;
		uint32_t metric;

		if (family == AUTHENTICATION) {
			record->authenticated = true;
			continue;
		}
		span_skip(&entry, 2);
		address = span_take(&entry, 4);
		span_skip(&entry, 8);
		metric = span_u32(&entry);
		if (metric > INFINITE)
			return false;
		/* Who asks for all asks for nothing else. */
		if (family != INTERNET &&
		    (family != 0 || record->command != REQUEST || metric != INFINITE || span_left(s) > 0))
			return false;
		if (record->routes++ == 0)
			(void)snprintf(record->first, sizeof(record->first), "%u.%u.%u.%u", address.at[0],
				       address.at[1], address.at[2], address.at[3]);
	}
	return entries <= ENTRIES_MOST + 1;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct record record = { 0 };

	(void)side;
	return transport == TRANSPORT_UDP && read_message(first, &record) ? YES : NO;
}

static void emit(const void *memory, struct json *json)
{
	const struct record *const record = memory;

	json_text(json, "command", record->command == REQUEST ? "request" : "response");
	json_unsigned(json, "version", record->version);
	json_unsigned(json, "routes", record->routes);
	if (record->routes > 0)
		json_text(json, "first_route", record->first);
	json_bool(json, "authenticated", record->authenticated);
}

static enum parse_step read_rip(void *state, struct parse *parse, struct span *bytes)
{
	struct record record = { 0 };

	(void)state;
	if (!read_message(*bytes, &record))
		return parse->cut ? PARSE_ON : PARSE_BROKEN;
	if (record.command == RESPONSE && !record.authenticated)
		parse_weakness(parse, &unproved, "%u routes, the first %s", record.routes, record.first);
	parse_event(parse, &record);
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = 1,
	.read = read_rip,
	.emit = emit,
};

const struct protocol protocol_rip = {
	.name = "rip",
	.title = "Routing Information Protocol",
	DOORS(UDP(520)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = 4 + ENTRY,
	MARKS(OCTETS(0, REQUEST, RESPONSE), OCTETS(1, 1, 2), OCTET(2, 0), OCTET(3, 0)),
	.parser = &parser,
	.weaknesses = weaknesses,
};
