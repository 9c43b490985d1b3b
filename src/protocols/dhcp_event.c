/* dhcp_event.c: the members of events of DHCP. RFC 2132 (options), RFC 3046 (of relays), RFC 3397 (domains to
 * search), RFC 3442 (routes), RFC 3527 (the link), RFC 3993 (subscribers), RFC 5859 (TFTP servers). */
#include "base/address.h"
#include "base/escape.h"
#include "protocols/dhcp_message.h"
#include "protocols/dns_name.h"

#include <stdio.h>

enum { ADDRESSES_SHOWN = 8, PARAMETERS_SHOWN = 64 };
#define FOR_EVER UINT32_MAX

/* ---- values ---- */

static const char *type_text(struct span value)
{
	static const char *const names[] = { NULL,  "discover", "offer",   "request", "decline",
					     "ack", "nak",      "release", "inform" };
	const uint8_t type = span_u8(&value);

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

static void write_address(struct json *json, const char *key, struct span value)
{
	char text[ADDRESS_TEXT];
	struct address address;

	address = address_v4(span_u32(&value));
	if (value.failed || address_is_unspecified(&address))
		return;
	json_text(json, key, address_text(&address, text));
}

static void write_addresses(struct json *json, const char *key, struct span list)
{
	if (span_left(list) < 4)
		return;
	json_open_array(json, key);
	for (int i = 0; i < ADDRESSES_SHOWN && span_left(list) >= 4; i++)
		write_address(json, NULL, span_take(&list, 4));
	json_end(json);
}

static void write_number(struct json *json, const char *key, struct span value)
{
	if (span_left(value) == 4)
		json_unsigned(json, key, span_u32(&value));
}

/* Some clients end their texts with a zero. */
static void write_text(struct json *json, const char *key, struct span value)
{
	while (span_left(value) > 0 && value.end[-1] == 0)
		value.end--;
	if (span_left(value) > 0)
		json_span(json, key, value);
}

static void write_hex(struct json *json, const char *key, struct span value)
{
	char text[3 * 64];

	if (span_left(value) > 0)
		json_text(json, key, hex_text(value, ':', text, sizeof(text)));
}

/* Names may go on at earlier places of the option's value. */
static void write_search(struct json *json, struct span value)
{
	struct span at = value;
	char name[DNS_NAME_TEXT];

	if (span_left(value) == 0)
		return;
	json_open_array(json, "domain_search");
	for (int i = 0; i < ADDRESSES_SHOWN && span_left(at) > 0 && dns_name_read(value, &at, name); i++)
		json_text(json, NULL, name);
	json_end(json);
}

/* The width of a prefix, as many octets of it as that needs, and the router. */
static void write_routes(struct json *json, struct span value)
{
	char text[ADDRESS_TEXT], destination[ADDRESS_TEXT + 4];

	if (span_left(value) == 0)
		return;
	json_open_array(json, "routes");
	for (int i = 0; i < ADDRESSES_SHOWN && span_left(value) > 0; i++) {
		const uint8_t width = span_u8(&value);
		uint32_t number = 0;
		struct address address;

		for (unsigned octet = 0; octet < (width + 7u) / 8 && octet < 4; octet++)
			number |= (uint32_t)span_u8(&value) << (24 - 8 * octet);
		address = address_v4(number);
		if (width > 32 || span_left(value) < 4)
			break;
		(void)snprintf(destination, sizeof(destination), "%s/%u", address_text(&address, text),
			       width);
		json_open_object(json, NULL);
		json_text(json, "destination", destination);
		write_address(json, "router", span_take(&value, 4));
		json_end(json);
	}
	json_end(json);
}

/* Option 82 has options of its own. */
static void write_relay(struct json *json, struct span value)
{
	enum { CIRCUIT = 1, REMOTE = 2, LINK = 5, SUBSCRIBER = 6 };

	write_hex(json, "relay_agent", value);
	while (span_left(value) > 1) {
		const uint8_t type = span_u8(&value);
		const struct span inner = span_take(&value, span_u8(&value));

		if (inner.failed || value.failed)
			return;
		if (type == CIRCUIT)
			write_hex(json, "relay_circuit_id", inner);
		else if (type == REMOTE)
			write_hex(json, "relay_remote_id", inner);
		else if (type == LINK)
			write_address(json, "relay_link", inner);
		else if (type == SUBSCRIBER)
			write_text(json, "relay_subscriber", inner);
	}
}

/* ---- events ---- */

static void write_settings(struct json *json, const struct dhcp_message *m)
{
	write_address(json, "subnet_mask", dhcp_option(m, DHCP_MASK));
	write_addresses(json, "routers", dhcp_option(m, DHCP_ROUTERS));
	write_routes(json, dhcp_option(m, DHCP_ROUTES));
	write_addresses(json, "dns_servers", dhcp_option(m, DHCP_DNS));
	write_text(json, "domain", dhcp_option(m, DHCP_DOMAIN));
	write_search(json, dhcp_option(m, DHCP_SEARCH));
	write_addresses(json, "ntp_servers", dhcp_option(m, DHCP_NTP));
	write_addresses(json, "tftp_servers", dhcp_option(m, DHCP_TFTP_SERVERS));
	write_text(json, "server_name", dhcp_server_name(m));
	write_text(json, "boot_file", dhcp_file(m));
	write_number(json, "lease_time", dhcp_option(m, DHCP_LEASE));
	write_number(json, "renewal_time", dhcp_option(m, DHCP_RENEWAL));
	write_number(json, "rebinding_time", dhcp_option(m, DHCP_REBINDING));
	write_address(json, "server_identifier", dhcp_option(m, DHCP_SERVER));
}

void dhcp_emit(const void *memory, struct json *json)
{
	const struct dhcp_message *const m = memory;
	struct span parameters = dhcp_option(m, DHCP_PARAMETERS), name = dhcp_option(m, DHCP_FQDN);
	const struct span type = dhcp_option(m, DHCP_TYPE);

	json_text(json, "type", m->op == DHCP_REQUEST ? "request" : "reply");
	json_unsigned(json, "id", m->id);
	write_hex(json, "client_mac", m->hardware);
	write_address(json, "assigned_ip", m->yours);
	write_address(json, "client_ip", m->client);
	write_address(json, "relay_ip", m->relay);
	write_address(json, "next_server_ip", m->next);
	json_text(json, "dhcp_type", span_left(type) > 0 ? type_text(type) : "bootp");
	write_hex(json, "client_id", dhcp_option(m, DHCP_CLIENT_ID));
	write_address(json, "requested_ip", dhcp_option(m, DHCP_REQUESTED));
	write_text(json, "hostname", dhcp_option(m, DHCP_HOST));
	if (span_left(name) > 3) {
		span_skip(&name, 3);
		json_span(json, "fqdn", name);
	}
	write_text(json, "vendor_class_identifier", dhcp_option(m, DHCP_VENDOR));
	write_relay(json, dhcp_option(m, DHCP_RELAY));
	write_settings(json, m);
	write_text(json, "message", dhcp_option(m, DHCP_TEXT));
	if (span_left(parameters) == 0)
		return;
	json_open_array(json, "params");
	for (int i = 0; i < PARAMETERS_SHOWN && span_left(parameters) > 0; i++)
		json_unsigned(json, NULL, span_u8(&parameters));
	json_end(json);
}

/* RFC 2131 1: manual allocation shows in BOOTP alone, which knows no time; of the other two, the time tells.
 */
static const char *allocation_of(const struct dhcp_message *m)
{
	struct span time = dhcp_option(m, DHCP_LEASE);

	if (span_left(time) != 4)
		return "static";
	return span_u32(&time) == FOR_EVER ? "permanent" : "dynamic";
}

void dhcp_emit_lease(const void *memory, struct json *json)
{
	const struct dhcp_message *const m = memory;

	write_address(json, "ip", m->yours);
	write_hex(json, "client_mac", m->hardware);
	json_text(json, "allocation", allocation_of(m));
	write_address(json, "relay_ip", m->relay);
	write_settings(json, m);
}
