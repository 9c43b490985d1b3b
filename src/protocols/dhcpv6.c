/* dhcpv6.c: DHCP for IPv6. RFC 8415, RFC 3646 (name servers), RFC 4704 (names). */
#include "base/address.h"
#include "base/escape.h"
#include "protocols/dns_name.h"
#include "protocols/parse.h"

enum { SOLICIT = 1, INFORMATION = 11, RELAY_FORWARD = 12, RELAY_REPLY = 13, RELAYS_MOST = 8 };
enum option {
	CLIENT_ID = 1,
	SERVER_ID = 2,
	IA_NA = 3,
	IA_TA = 4,
	IA_ADDRESS = 5,
	ELAPSED = 8,
	RELAYED = 9,
	STATUS = 13,
	DNS = 23,
	IA_PD = 25,
	IA_PREFIX = 26,
	FQDN = 39,
	OPTIONS_LAST = 150,
};

static bool next_option(struct span *s, uint16_t *type, struct span *value)
{
	*type = span_u16(s);
	*value = span_take(s, span_u16(s));
	return !s->failed;
}

static struct span option(struct span options, enum option wanted)
{
	struct span value;
	uint16_t type;

	while (span_left(options) > 0 && next_option(&options, &type, &value))
		if (type == wanted)
			return value;
	return span_of(NULL, 0);
}

/* Options fill what is left; each message has one at least. */
static bool options_fill(struct span s)
{
	unsigned count = 0;

	for (; span_left(s) > 0; count++) {
		struct span value;
		uint16_t type;

		if (!next_option(&s, &type, &value) || type == 0 || type > OPTIONS_LAST)
			return false;
	}
	return count > 0;
}

/* Steps over the header: a type and three octets; of relays hops and two addresses. */
static uint8_t take_header(struct span *s)
{
	const uint8_t type = span_u8(s);

	span_skip(s, type == RELAY_FORWARD || type == RELAY_REPLY ? 1 + 16 + 16 : 3);
	return type;
}

/* RFC 8415 11.1: a type of four, and 128 octets at most. */
static bool is_duid(struct span s)
{
	enum { TYPES = 4, LENGTH_MOST = 130 };
	const uint16_t type = span_u16(&s);

	return type >= 1 && type <= TYPES && span_left(s) >= 2 && span_left(s) + 2 <= LENGTH_MOST;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	const uint8_t type = take_header(&first);
	const bool relayed = type == RELAY_FORWARD || type == RELAY_REPLY;

	(void)side; /* servers answer from another address than the one that was asked */
	if (transport != TRANSPORT_UDP || first.failed || type < SOLICIT || type > RELAY_REPLY ||
	    !options_fill(first))
		return NO;
	if (relayed)
		return span_left(option(first, RELAYED)) > 0 ? YES : NO;
	/* All but questions for information and reconfigurations name the client by a DUID of some length. */
	return is_duid(option(first, CLIENT_ID)) || is_duid(option(first, SERVER_ID)) ||
			       (type == INFORMATION && span_left(option(first, ELAPSED)) == 2)
		       ? YES
		       : NO;
}

static const char *type_text(uint8_t type)
{
	static const char *const names[] = {
		NULL,
		"solicit",
		"advertise",
		"request",
		"confirm",
		"renew",
		"rebind",
		"reply",
		"release",
		"decline",
		"reconfigure",
		"information-request",
		"relay-forward",
		"relay-reply",
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

static void write_address(struct json *json, const char *key, struct span value)
{
	const struct span octets = span_take(&value, 16);
	char text[ADDRESS_TEXT];
	struct address address;

	if (octets.failed)
		return;
	address = address_v6(octets.at);
	json_text(json, key, address_text(&address, text));
}

static void write_id(struct json *json, const char *key, struct span value)
{
	char text[3 * 64];

	if (span_left(value) > 0)
		json_text(json, key, hex_text(value, ':', text, sizeof(text)));
}

/* An association: its id, two times (not for IA_TA), and addresses or prefixes as options of its own. */
static void write_association(struct json *json, uint16_t kind, struct span s)
{
	struct span value;
	uint16_t type;

	json_begin(json);
	json_text(json, "type", kind == IA_NA ? "address" : kind == IA_TA ? "temporary" : "prefix");
	json_unsigned(json, "iaid", span_u32(&s));
	if (kind != IA_TA) {
		json_unsigned(json, "renewal_time", span_u32(&s));
		json_unsigned(json, "rebinding_time", span_u32(&s));
	}
	while (span_left(s) > 0 && next_option(&s, &type, &value)) {
		if (type == IA_ADDRESS) {
			write_address(json, "ip", value);
			span_skip(&value, 16 + 4);
			json_unsigned(json, "lease_time", span_u32(&value));
			break;
		}
		if (type == IA_PREFIX) {
			span_skip(&value, 4);
			json_unsigned(json, "lease_time", span_u32(&value));
			json_unsigned(json, "prefix_length", span_u8(&value));
			write_address(json, "prefix", value);
			break;
		}
	}
	json_end(json);
}

static void write_associations(struct json *json, struct span options)
{
	enum { SHOWN = 8 };
	struct span value;
	uint16_t type;
	int count = 0;

	while (span_left(options) > 0 && next_option(&options, &type, &value)) {
		if ((type != IA_NA && type != IA_TA && type != IA_PD) || span_left(value) < 4 ||
		    count >= SHOWN)
			continue;
		if (count++ == 0)
			json_open_array(json, "associations");
		write_association(json, type, value);
	}
	if (count > 0)
		json_end(json);
}

static void emit(const void *memory, struct json *json)
{
	struct span s = *(const struct span *)memory, name, servers;
	char text[DNS_NAME_TEXT];
	unsigned relays = 0;
	uint8_t type = span_peek(s, 0);

	for (; (type == RELAY_FORWARD || type == RELAY_REPLY) && relays < RELAYS_MOST; relays++) {
		(void)take_header(&s);
		s = option(s, RELAYED);
		type = span_peek(s, 0);
	}
	span_skip(&s, 1);
	json_text(json, "type", type_text(type));
	json_unsigned(json, "id", span_u24(&s));
	if (relays > 0)
		json_unsigned(json, "relays", relays);
	write_id(json, "client_id", option(s, CLIENT_ID));
	write_id(json, "server_id", option(s, SERVER_ID));
	write_associations(json, s);
	name = option(s, FQDN);
	span_skip(&name, 1);
	if (!name.failed && dns_name_read(name, &name, text))
		json_text(json, "hostname", text);
	servers = option(s, DNS);
	if (span_left(servers) >= 16) {
		json_open_array(json, "dns_servers");
		for (int i = 0; i < 8 && span_left(servers) >= 16; i++)
			write_address(json, NULL, span_take(&servers, 16));
		json_end(json);
	}
	if (span_left(option(s, STATUS)) >= 2) {
		struct span status = option(s, STATUS);

		json_unsigned(json, "status", span_u16(&status));
	}
}

static enum parse_step read_dhcpv6(void *state, struct parse *parse, struct span *bytes)
{
	(void)state;
	if (recognise(*bytes, parse->side, parse->transport) != YES && !parse->cut)
		return PARSE_BROKEN;
	parse_event(parse, bytes);
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = 1,
	.read = read_dhcpv6,
	.emit = emit,
};

const struct protocol protocol_dhcpv6 = {
	.name = "dhcpv6",
	.title = "DHCP for IPv6",
	DOORS(UDP(547), UDP(546)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = 10,
	MARKS(OCTETS(0, SOLICIT, RELAY_REPLY)),
	.parser = &parser,
};
