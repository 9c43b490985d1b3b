/* lldp.c: the Link Layer Discovery Protocol, IEEE 802.1AB-2016: which system is at the other end of a cable.
 * Also what IEEE 802.1Q and 802.3 add. It is carried by frames and not by IP. */
#include "protocols/tally.h"
#include "protocols/told.h"

#include <stdio.h>

enum {
	TYPE_LLDP = 0x88cc,

	TLV_END = 0,
	TLV_CHASSIS = 1,
	TLV_PORT = 2,
	TLV_TIME = 3,
	TLV_PORT_DESCRIPTION = 4,
	TLV_NAME = 5,
	TLV_DESCRIPTION = 6,
	TLV_CAPABILITIES = 7,
	TLV_MANAGEMENT = 8,
	TLV_ORGANISATION = 127,

	CHASSIS_MAC = 4,
	CHASSIS_ADDRESS = 5,
	PORT_MAC = 3,
	PORT_ADDRESS = 4,
	FAMILY_IPV4 = 1,
	FAMILY_IPV6 = 2,

	PORT_VLAN = 0x0080c201, /* organisation and subtype */
	VLAN_NAME = 0x0080c203,
	FRAME_SIZE = 0x00120f04,

	IDENTITY = 128,
	ADDRESSES = 4,
	NAMES = 512,
};

static const char *const capability_names[] = { "other",  "repeater",  "bridge",  "wlan-access-point",
						"router", "telephone", "docsis",  "station",
						"c-vlan", "s-vlan",    "two-port" };

struct message {
	char chassis[IDENTITY], port[IDENTITY];
	uint16_t ttl, capabilities, enabled, vlan, frame_size;
	bool has_ttl, has_capabilities;
	struct span port_description, name, description;
	struct address management[ADDRESSES];
	uint8_t management_count;
	char vlans[NAMES];
};

struct conversation {
	struct told_wide told;
};

static bool read_address(struct span s, struct address *ret_address)
{
	const uint8_t family = span_u8(&s);

	if (family == FAMILY_IPV4 && span_left(s) == 4)
		*ret_address = address_v4(load_u32(s.at));
	else if (family == FAMILY_IPV6 && span_left(s) == 16)
		*ret_address = address_v6(s.at);
	else
		return false;
	return true;
}

/* Who a chassis or a port is: a MAC, an address or a name, as its first octet says. */
static void read_identity(struct span s, uint8_t mac, uint8_t network, char text[static IDENTITY])
{
	const uint8_t kind = span_u8(&s);
	struct address address;
	char number[ADDRESS_TEXT];

	if (kind == mac && span_left(s) == 6)
		(void)snprintf(text, IDENTITY, "%02x:%02x:%02x:%02x:%02x:%02x", s.at[0], s.at[1], s.at[2],
			       s.at[3], s.at[4], s.at[5]);
	else if (kind == network && read_address(s, &address))
		(void)snprintf(text, IDENTITY, "%s", address_text(&address, number));
	else
		(void)span_copy_text(s, text, IDENTITY);
}

static void read_management(struct message *m, struct span s)
{
	const struct span address = span_take(&s, span_u8(&s));

	if (!address.failed && m->management_count < ADDRESSES &&
	    read_address(address, &m->management[m->management_count]))
		m->management_count++;
}

static void read_organisation(struct message *m, struct span s)
{
	const uint32_t kind = span_u32(&s);
	char text[64];
	uint16_t vlan;
	struct span name;

	switch (kind) {
	case PORT_VLAN: m->vlan = span_u16(&s); break;
	case FRAME_SIZE: m->frame_size = span_u16(&s); break;
	case VLAN_NAME:
		vlan = span_u16(&s);
		name = span_take(&s, span_u8(&s));
		if (name.failed)
			return;
		(void)snprintf(text, sizeof(text), "%u %.*s", vlan, (int)span_left(name),
			       (const char *)name.at);
		(void)texts_add(m->vlans, sizeof(m->vlans), span_text(text));
		break;
	default: break;
	}
}

static void read_tlv(struct message *m, uint8_t type, struct span s)
{
	switch (type) {
	case TLV_CHASSIS: read_identity(s, CHASSIS_MAC, CHASSIS_ADDRESS, m->chassis); break;
	case TLV_PORT: read_identity(s, PORT_MAC, PORT_ADDRESS, m->port); break;
	case TLV_TIME:
		m->ttl = span_u16(&s);
		m->has_ttl = !s.failed;
		break;
	case TLV_PORT_DESCRIPTION: m->port_description = s; break;
	case TLV_NAME: m->name = s; break;
	case TLV_DESCRIPTION: m->description = s; break;
	case TLV_CAPABILITIES:
		m->capabilities = span_u16(&s);
		m->enabled = span_u16(&s);
		m->has_capabilities = !s.failed;
		break;
	case TLV_MANAGEMENT: read_management(m, s); break;
	case TLV_ORGANISATION: read_organisation(m, s); break;
	default: break;
	}
}

/* Seven bits of type, nine of length. Chassis, port and time come first, in this order. */
static bool read_message(struct message *m, struct span s)
{
	for (unsigned nth = 1; span_left(s) > 0; nth++) {
		const uint16_t head = span_u16(&s);
		const uint8_t type = (uint8_t)(head >> 9);
		const struct span value = span_take(&s, head & 0x1ffu);

		if (value.failed || (nth <= TLV_TIME && type != nth))
			return false;
		if (type == TLV_END)
			break;
		read_tlv(m, type, value);
	}
	return m->has_ttl;
}

/* ---- the event ---- */

static void emit_capabilities(struct json *json, const char *key, uint16_t bits)
{
	json_open_array(json, key);
	for (size_t i = 0; i < sizeof(capability_names) / sizeof(capability_names[0]); i++)
		if ((bits >> i & 1) != 0)
			json_text(json, NULL, capability_names[i]);
	json_end(json);
}

static void emit(const void *record, struct json *json)
{
	const struct message *const m = record;
	char text[ADDRESS_TEXT];

	emit_text(json, "chassis", m->chassis);
	emit_text(json, "port", m->port);
	json_unsigned(json, "ttl", m->ttl);
	emit_span(json, "port_description", m->port_description);
	emit_span(json, "system_name", m->name);
	emit_span(json, "system_description", m->description);
	if (m->has_capabilities) {
		emit_capabilities(json, "capabilities", m->capabilities);
		emit_capabilities(json, "enabled", m->enabled);
	}
	if (m->management_count > 0) {
		json_open_array(json, "management_addresses");
		for (size_t i = 0; i < m->management_count; i++)
			json_text(json, NULL, address_text(&m->management[i], text));
		json_end(json);
	}
	if (m->vlan > 0)
		json_unsigned(json, "native_vlan", m->vlan);
	emit_texts(json, "vlans", m->vlans);
	if (m->frame_size > 0)
		json_unsigned(json, "max_frame_size", m->frame_size);
}

static enum parse_step read_lldp(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	struct message m = { .port_description = span_of(NULL, 0),
			     .name = span_of(NULL, 0),
			     .description = span_of(NULL, 0) };

	if (!read_message(&m, *bytes))
		return PARSE_BROKEN;
	/* Who speaks is the first 128 octets: chassis and port stand there. */
	if (told_wide_is_news(&state->told, text_first(*bytes, IDENTITY), *bytes))
		parse_event(parse, &m);
	bytes->at = bytes->end;
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read_lldp,
	.emit = emit,
};

const struct protocol protocol_lldp = {
	.name = "lldp",
	.title = "Link Layer Discovery Protocol",
	FRAMES(TYPE_LLDP),
	.privacy = PRIVACY_EITHER,
	.by_header = true,
	.recognise = recognise_nothing,
	.parser = &parser,
};
