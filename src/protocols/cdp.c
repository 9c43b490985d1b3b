/* cdp.c: the Cisco Discovery Protocol, as its vendor's documents and many years of captures have it:
 *
 *     version 1 | time to live 1 | checksum 2 | { type 2 | length 2, with these four octets | value }
 *
 * It is carried by frames (SNAP) and not by IP. */
#include "protocols/tally.h"
#include "protocols/told.h"

enum {
	TYPE_CDP = 0x2000, /* of SNAP */

	TLV_DEVICE = 0x0001,
	TLV_ADDRESSES = 0x0002,
	TLV_PORT = 0x0003,
	TLV_CAPABILITIES = 0x0004,
	TLV_SOFTWARE = 0x0005,
	TLV_PLATFORM = 0x0006,
	TLV_DOMAIN = 0x0009,
	TLV_NATIVE_VLAN = 0x000a,
	TLV_DUPLEX = 0x000b,
	TLV_VOICE_VLAN = 0x000e,
	TLV_MANAGEMENT = 0x0016,

	ADDRESSES = 4,
};

static const char *const capability_names[] = {
	"router", "transparent-bridge", "source-route-bridge", "switch", "host", "igmp", "repeater", "phone",
	"remote"
};

struct list {
	struct address addresses[ADDRESSES];
	uint8_t count;
};

struct message {
	uint8_t version, ttl;
	struct span device, port, software, platform, domain;
	struct list addresses, management;
	uint32_t capabilities;
	uint16_t native_vlan, voice_vlan;
	bool has_duplex, is_full;
};

struct conversation {
	struct told_wide told;
};

/* Each address says of what protocol it is, in a form of two lengths. */
static void read_addresses(struct list *list, struct span s)
{
	const uint32_t count = span_u32(&s);

	for (uint32_t i = 0; i < count && !s.failed; i++) {
		struct span protocol, address;

		span_skip(&s, 1);
		protocol = span_take(&s, span_u8(&s));
		address = span_take(&s, span_u16(&s));
		if (address.failed || list->count == ADDRESSES)
			return;
		if (span_left(protocol) == 1 && *protocol.at == 0xcc && span_left(address) == 4)
			list->addresses[list->count++] = address_v4(load_u32(address.at));
		else if (span_left(protocol) == 8 && load_u16(protocol.at + 6) == 0x86dd &&
			 span_left(address) == 16)
			list->addresses[list->count++] = address_v6(address.at);
	}
}

static void read_tlv(struct message *m, uint16_t type, struct span s)
{
	switch (type) {
	case TLV_DEVICE: m->device = s; break;
	case TLV_ADDRESSES: read_addresses(&m->addresses, s); break;
	case TLV_PORT: m->port = s; break;
	case TLV_CAPABILITIES: m->capabilities = span_u32(&s); break;
	case TLV_SOFTWARE: m->software = s; break;
	case TLV_PLATFORM: m->platform = s; break;
	case TLV_DOMAIN: m->domain = s; break;
	case TLV_NATIVE_VLAN: m->native_vlan = span_u16(&s); break;
	case TLV_DUPLEX:
		m->is_full = span_u8(&s) != 0;
		m->has_duplex = !s.failed;
		break;
	case TLV_VOICE_VLAN:
		span_skip(&s, 1);
		m->voice_vlan = span_u16(&s);
		break;
	case TLV_MANAGEMENT: read_addresses(&m->management, s); break;
	default: break;
	}
}

static bool read_message(struct message *m, struct span s)
{
	m->version = span_u8(&s);
	m->ttl = span_u8(&s);
	span_skip(&s, 2);
	if (s.failed || m->version < 1 || m->version > 2)
		return false;
	while (span_left(s) > 0) {
		const uint16_t type = span_u16(&s), length = span_u16(&s);
		const struct span value = span_take(&s, length >= 4 ? length - 4u : SIZE_MAX);

		if (value.failed)
			return false;
		read_tlv(m, type, value);
	}
	return true;
}

/* ---- the event ---- */

static void emit_list(struct json *json, const char *key, const struct list *list)
{
	char text[ADDRESS_TEXT];

	if (list->count == 0)
		return;
	json_open_array(json, key);
	for (size_t i = 0; i < list->count; i++)
		json_text(json, NULL, address_text(&list->addresses[i], text));
	json_end(json);
}

static void emit_capabilities(struct json *json, uint32_t bits)
{
	if (bits == 0)
		return;
	json_open_array(json, "capabilities");
	for (size_t i = 0; i < sizeof(capability_names) / sizeof(capability_names[0]); i++)
		if ((bits >> i & 1) != 0)
			json_text(json, NULL, capability_names[i]);
	json_end(json);
}

static void emit(const void *record, struct json *json)
{
	const struct message *const m = record;

	json_unsigned(json, "version", m->version);
	json_unsigned(json, "ttl", m->ttl);
	emit_span(json, "device_id", m->device);
	emit_span(json, "port", m->port);
	emit_span(json, "software", m->software);
	emit_span(json, "platform", m->platform);
	emit_capabilities(json, m->capabilities);
	emit_list(json, "addresses", &m->addresses);
	emit_list(json, "management_addresses", &m->management);
	emit_span(json, "vtp_domain", m->domain);
	if (m->native_vlan > 0)
		json_unsigned(json, "native_vlan", m->native_vlan);
	if (m->voice_vlan > 0)
		json_unsigned(json, "voice_vlan", m->voice_vlan);
	if (m->has_duplex)
		json_text(json, "duplex", m->is_full ? "full" : "half");
}

static enum parse_step read_cdp(void *memory, struct parse *parse, struct span *bytes)
{
	const struct span none = span_of(NULL, 0);
	struct conversation *const state = memory;
	struct message m = {
		.device = none, .port = none, .software = none, .platform = none, .domain = none
	};

	if (!read_message(&m, *bytes))
		return PARSE_BROKEN;
	if (told_wide_is_news(&state->told, span_left(m.port) > 0 ? m.port : m.device, *bytes))
		parse_event(parse, &m);
	bytes->at = bytes->end;
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read_cdp,
	.emit = emit,
};

const struct protocol protocol_cdp = {
	.name = "cdp",
	.title = "Cisco Discovery Protocol",
	FRAMES(TYPE_CDP),
	.privacy = PRIVACY_EITHER,
	.by_header = true,
	.recognise = recognise_nothing,
	.parser = &parser,
};
