/* rip.c: the Routing Information Protocol. RFC 1058 (version 1), RFC 2453 (version 2), RFC 4822 (its
 * authentication). */
#include "base/address.h"
#include "protocols/parse.h"

static const struct weakness unproved = {
	"rip-no-authentication",
	"routes are believed from whoever sends RIP",
	3,
	"Use RIP version 2 with cryptographic authentication, or OSPF with it.",
};
static const struct weakness clear_password = {
	"rip-clear-password",
	"RIP shows its password to everybody",
	3,
	"Use cryptographic authentication (RFC 4822) instead of a simple password, or OSPF with it.",
};
static const struct weakness *const weaknesses[] = { &unproved, &clear_password, NULL };

enum {
	REQUEST = 1,
	RESPONSE = 2,
	ENTRY = 20,
	ENTRIES_MOST = 25,
	INFINITE = 16,
	INTERNET = 2,
	AUTHENTICATION = 0xffff,
	TRAILER = 1,
	SIMPLE = 2,
	DIGEST = 3,
};

struct record {
	uint8_t command, version;
	unsigned routes;
	uint16_t authentication; /* its type; 0: none */
	uint32_t first, mask, next_hop, metric;
};

/* RFC 4822 2.1: the digest stands behind the entries, where the entry of its kind says, and may have any
 * length. */
static bool cut_trailer(struct span whole, struct span entry, struct span *s)
{
	const uint16_t length = span_u16(&entry);
	struct span trailer = whole;
	uint16_t family, type;

	span_skip(&trailer, length);
	if (trailer.failed || trailer.at < s->at || span_left(trailer) < 4)
		return false;
	s->end = trailer.at;
	family = span_u16(&trailer);
	type = span_u16(&trailer);
	return family == AUTHENTICATION && type == TRAILER;
}

/* Who asks for all asks for nothing else. */
static bool read_route(struct record *record, uint16_t family, struct span entry, bool last)
{
	uint32_t address, mask, next_hop, metric;

	span_skip(&entry, 2);
	address = span_u32(&entry);
	mask = span_u32(&entry);
	next_hop = span_u32(&entry);
	metric = span_u32(&entry);
	if (metric > INFINITE)
		return false;
	if (family != INTERNET && (family != 0 || record->command != REQUEST || metric != INFINITE || !last))
		return false;
	if (record->routes++ == 0) {
		record->first = address;
		record->mask = mask;
		record->next_hop = next_hop;
		record->metric = metric;
	}
	return true;
}

static bool read_entry(struct record *record, struct span whole, struct span *s)
{
	struct span entry = span_take(s, ENTRY);
	const uint16_t family = span_u16(&entry);

	if (entry.failed)
		return false;
	if (family != AUTHENTICATION)
		return read_route(record, family, entry, span_left(*s) == 0);
	record->authentication = span_u16(&entry);
	return record->authentication != DIGEST || cut_trailer(whole, entry, s);
}

static bool read_message(struct span s, struct record *record)
{
	const struct span whole = s;
	unsigned entries = 0;

	record->command = span_u8(&s);
	record->version = span_u8(&s);
	if (span_u16(&s) != 0 || s.failed || record->command < REQUEST || record->command > RESPONSE ||
	    record->version < 1 || record->version > 2 || span_left(s) == 0)
		return false;
	for (; span_left(s) > 0; entries++)
		if (entries > ENTRIES_MOST || !read_entry(record, whole, &s))
			return false;
	return true;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct record record = { 0 };

	(void)side;
	return transport == TRANSPORT_UDP && read_message(first, &record) ? YES : NO;
}

static const char *address_v4_text(uint32_t number, char text[static ADDRESS_TEXT])
{
	const struct address address = address_v4(number);

	return address_text(&address, text);
}

/* Version 1 knows no mask, and no other next hop than the sender. */
static void write_route(struct json *json, const struct record *record)
{
	char text[ADDRESS_TEXT];

	json_text(json, "first_route", address_v4_text(record->first, text));
	if (record->version > 1)
		json_text(json, "first_mask", address_v4_text(record->mask, text));
	if (record->next_hop != 0)
		json_text(json, "first_next_hop", address_v4_text(record->next_hop, text));
	json_unsigned(json, "first_metric", record->metric);
}

static void emit(const void *memory, struct json *json)
{
	const struct record *const record = memory;

	json_text(json, "command", record->command == REQUEST ? "request" : "response");
	json_unsigned(json, "version", record->version);
	json_unsigned(json, "routes", record->routes);
	if (record->routes > 0)
		write_route(json, record);
	json_bool(json, "authenticated", record->authentication != 0);
	if (record->authentication != 0)
		json_text(json, "authentication",
			  record->authentication == SIMPLE   ? "simple_password"
			  : record->authentication == DIGEST ? "digest"
							     : "other");
}

static enum parse_step read_rip(void *state, struct parse *parse, struct span *bytes)
{
	struct record record = { 0 };
	char first[ADDRESS_TEXT];

	(void)state;
	if (!read_message(*bytes, &record))
		return parse->cut ? PARSE_ON : PARSE_BROKEN;
	if (record.command == RESPONSE && record.authentication == 0)
		parse_weakness(parse, &unproved, "%u routes, the first %s", record.routes,
			       address_v4_text(record.first, first));
	if (record.authentication == SIMPLE)
		parse_weakness(parse, &clear_password, "%u routes with a password in the clear",
			       record.routes);
	parse_event(parse, &record);
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(uint8_t),
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
	.secret_at = 8,
	.parser = &parser,
	.weaknesses = weaknesses,
};
