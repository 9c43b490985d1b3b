/* dhcpv6_event.c: options of DHCP for IPv6, and the members of its events. RFC 8415, RFC 3646 (name servers),
 * RFC 4649 (Remote-Id), RFC 4704 (names). */
#include "base/escape.h"
#include "protocols/dhcpv6_message.h"
#include "protocols/dns_name.h"

#define FOR_EVER UINT32_MAX

/* ---- options ---- */

bool dhcpv6_is_relayed(struct span message)
{
	const uint8_t type = span_peek(message, 0);

	return type == DHCPV6_RELAY_FORWARD || type == DHCPV6_RELAY_REPLY;
}

uint8_t dhcpv6_header(struct span *s)
{
	const bool relayed = dhcpv6_is_relayed(*s);
	const uint8_t type = span_u8(s);

	span_skip(s, relayed ? 1 + 16 + 16 : 3);
	return type;
}

bool dhcpv6_next(struct span *s, uint16_t *type, struct span *value)
{
	*type = span_u16(s);
	*value = span_take(s, span_u16(s));
	return !s->failed;
}

struct span dhcpv6_option(struct span options, enum dhcpv6_option wanted)
{
	struct span value;
	uint16_t type;

	while (span_left(options) > 0 && dhcpv6_next(&options, &type, &value))
		if (type == wanted)
			return value;
	return span_of(NULL, 0);
}

bool dhcpv6_association(struct span *options, struct dhcpv6_association *association)
{
	struct span value;
	uint16_t type;

	while (span_left(*options) > 0 && dhcpv6_next(options, &type, &value)) {
		if ((type != DHCPV6_IA_NA && type != DHCPV6_IA_TA && type != DHCPV6_IA_PD) ||
		    span_left(value) < 4)
			continue;
		*association = (struct dhcpv6_association){ .kind = type, .id = span_u32(&value) };
		if (type != DHCPV6_IA_TA) {
			association->renewal = span_u32(&value);
			association->rebinding = span_u32(&value);
		}
		association->options = value;
		return true;
	}
	return false;
}

bool dhcpv6_given(struct span *options, struct dhcpv6_given *given)
{
	struct span value, octets;
	uint16_t type;

	while (span_left(*options) > 0 && dhcpv6_next(options, &type, &value)) {
		if (type != DHCPV6_IA_ADDRESS && type != DHCPV6_IA_PREFIX)
			continue;
		*given = (struct dhcpv6_given){ .is_prefix = type == DHCPV6_IA_PREFIX };
		octets = given->is_prefix ? span_of(NULL, 0) : span_take(&value, 16);
		given->preferred = span_u32(&value);
		given->valid = span_u32(&value);
		if (given->is_prefix) {
			given->prefix_length = span_u8(&value);
			octets = span_take(&value, 16);
		}
		if (value.failed)
			continue;
		given->address = address_v6(octets.at);
		return true;
	}
	return false;
}

/* ---- values ---- */

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

static void write_hex(struct json *json, const char *key, struct span value)
{
	char text[3 * 64];

	if (span_left(value) > 0)
		json_text(json, key, hex_text(value, ':', text, sizeof(text)));
}

static void write_status(struct json *json, struct span options)
{
	struct span status = dhcpv6_option(options, DHCPV6_STATUS);

	if (span_left(status) >= 2)
		json_unsigned(json, "status", span_u16(&status));
}

static void write_servers(struct json *json, struct span options)
{
	enum { SHOWN = 8 };
	struct span servers = dhcpv6_option(options, DHCPV6_DNS);

	if (span_left(servers) < 16)
		return;
	json_open_array(json, "dns_servers");
	for (int i = 0; i < SHOWN && span_left(servers) >= 16; i++)
		write_address(json, NULL, span_take(&servers, 16));
	json_end(json);
}

/* ---- associations ---- */

static void write_given(struct json *json, const struct dhcpv6_given *given)
{
	char text[ADDRESS_TEXT];

	if (given->is_prefix) {
		json_text(json, "prefix", address_text(&given->address, text));
		json_unsigned(json, "prefix_length", given->prefix_length);
	} else {
		json_text(json, "ip", address_text(&given->address, text));
	}
	json_unsigned(json, "preferred_time", given->preferred);
	json_unsigned(json, "lease_time", given->valid);
}

static const char *kind_text(uint16_t kind)
{
	return kind == DHCPV6_IA_NA ? "address" : kind == DHCPV6_IA_TA ? "temporary" : "prefix";
}

static void write_association(struct json *json, const struct dhcpv6_association *association)
{
	enum { SHOWN = 16 };
	struct span rest = association->options;
	struct dhcpv6_given given;
	unsigned count = 0;

	json_begin(json);
	json_text(json, "type", kind_text(association->kind));
	json_unsigned(json, "iaid", association->id);
	if (association->kind != DHCPV6_IA_TA) {
		json_unsigned(json, "renewal_time", association->renewal);
		json_unsigned(json, "rebinding_time", association->rebinding);
	}
	write_status(json, association->options);
	for (; count < SHOWN && dhcpv6_given(&rest, &given); count++) {
		if (count == 1)
			json_open_array(json, "others");
		if (count >= 1)
			json_begin(json);
		write_given(json, &given);
		if (count >= 1)
			json_end(json);
	}
	if (count > 1)
		json_end(json);
	json_end(json);
}

static void write_associations(struct json *json, struct span options)
{
	enum { SHOWN = 8 };
	struct dhcpv6_association association;
	int count = 0;

	for (; count < SHOWN && dhcpv6_association(&options, &association); count++) {
		if (count == 0)
			json_open_array(json, "associations");
		write_association(json, &association);
	}
	if (count > 0)
		json_end(json);
}

/* ---- events ---- */

/* Whom a relay heard, on which link, and what it adds of the port. The vendor's number is what a Remote-Id
 * begins with. */
static void write_relay(struct json *json, struct span header, struct span options)
{
	struct span s = header;

	span_skip(&s, 2);
	json_begin(json);
	write_address(json, "link", span_take(&s, 16));
	write_address(json, "peer", span_take(&s, 16));
	write_hex(json, "interface_id", dhcpv6_option(options, DHCPV6_INTERFACE_ID));
	write_hex(json, "remote_id", dhcpv6_option(options, DHCPV6_REMOTE_ID));
	json_end(json);
}

/* What the relays hold inside; the outermost is told first. */
static struct span write_relays(struct json *json, struct span message, unsigned *count)
{
	for (; dhcpv6_is_relayed(message) && *count < DHCPV6_RELAYS; ++*count) {
		struct span options = message;

		(void)dhcpv6_header(&options);
		if (*count == 0)
			json_open_array(json, "relay_agents");
		write_relay(json, message, options);
		message = dhcpv6_option(options, DHCPV6_RELAYED);
	}
	if (*count > 0)
		json_end(json);
	return message;
}

void dhcpv6_emit(const void *memory, struct json *json)
{
	unsigned relays = 0;
	struct span s = write_relays(json, *(const struct span *)memory, &relays), name;
	const uint8_t type = span_u8(&s);
	char text[DNS_NAME_TEXT];

	json_text(json, "type", type_text(type));
	json_unsigned(json, "id", span_u24(&s));
	if (relays > 0)
		json_unsigned(json, "relays", relays);
	write_hex(json, "client_id", dhcpv6_option(s, DHCPV6_CLIENT_ID));
	write_hex(json, "server_id", dhcpv6_option(s, DHCPV6_SERVER_ID));
	write_associations(json, s);
	name = dhcpv6_option(s, DHCPV6_FQDN);
	span_skip(&name, 1);
	if (!name.failed && dns_name_read(name, &name, text))
		json_text(json, "hostname", text);
	write_servers(json, s);
	write_status(json, s);
}

void dhcpv6_emit_lease(const void *memory, struct json *json)
{
	const struct dhcpv6_lease *const lease = memory;

	write_given(json, &lease->given);
	write_hex(json, "client_id", dhcpv6_option(lease->options, DHCPV6_CLIENT_ID));
	json_unsigned(json, "iaid", lease->association.id);
	json_text(json, "allocation", lease->given.valid == FOR_EVER ? "permanent" : "dynamic");
	if (lease->association.kind != DHCPV6_IA_TA) {
		json_unsigned(json, "renewal_time", lease->association.renewal);
		json_unsigned(json, "rebinding_time", lease->association.rebinding);
	}
	write_hex(json, "server_id", dhcpv6_option(lease->options, DHCPV6_SERVER_ID));
	write_servers(json, lease->options);
}
