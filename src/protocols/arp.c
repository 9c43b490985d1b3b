/* arp.c: address resolution: RFC 826, RFC 903 (reverse), RFC 5227 (probes, and addresses that two claim). It
 * is carried by frames and not by IP. */
#include "base/hash.h"
#include "protocols/tally.h"
#include "protocols/told.h"

#include <stdio.h>

static const struct weakness moved = {
	"arp-address-moved",
	"an address is claimed by one hardware address after another",
	3,
	"Find out whether a device was replaced, a standby took over or DHCP gave the address anew; if not, "
	"somebody "
	"takes what is meant for another: let switches inspect ARP.",
};
static const struct weakness *const weaknesses[] = { &moved, NULL };

enum {
	TYPE_ARP = 0x0806,
	TYPE_REVERSE = 0x8035,
	HARDWARE_ETHERNET = 1,
	PROTOCOL_IPV4 = 0x0800,
	MAC = 6,
	IPV4 = 4,
	CLAIMS = 128,
};

static const struct code_name hardware_names[] = { { HARDWARE_ETHERNET, "ethernet" },
						   { 6, "ieee802" },
						   { 7, "arcnet" },
						   { 15, "frame-relay" },
						   { 24, "ieee1394" },
						   { 32, "infiniband" } };
static const struct code_name protocol_names[] = { { PROTOCOL_IPV4, "ipv4" } };
static const struct code_name opcodes[] = {
	{ 1, "request" },       { 2, "reply" },           { 3, "request_reverse" },
	{ 4, "reply_reverse" }, { 8, "request_inverse" }, { 9, "reply_inverse" },
	{ 10, "nak" },
};

struct message {
	uint16_t hardware, protocol, opcode;
	uint8_t source_mac[MAC], destination_mac[MAC], previous_mac[MAC];
	struct address source, destination;
	bool is_taken; /* the address was somebody else's before */
};

/* Who was last seen at an address. */
struct claim {
	uint32_t address;
	uint8_t mac[MAC];
};

struct conversation {
	struct told_wide told;
	struct claim claims[CLAIMS];
};

/* Only Ethernet's and IPv4's are read: nobody has others. */
static bool read_message(struct message *m, struct span s)
{
	struct span source, destination;
	uint8_t mac, ip;

	m->hardware = span_u16(&s);
	m->protocol = span_u16(&s);
	mac = span_u8(&s);
	ip = span_u8(&s);
	m->opcode = span_u16(&s);
	if (s.failed || mac != MAC || ip != IPV4 || m->protocol != PROTOCOL_IPV4)
		return false;
	source = span_take(&s, MAC);
	m->source = address_v4(span_u32(&s));
	destination = span_take(&s, MAC);
	m->destination = address_v4(span_u32(&s));
	if (s.failed)
		return false;
	memcpy(m->source_mac, source.at, MAC);
	memcpy(m->destination_mac, destination.at, MAC);
	return true;
}

static void note_claim(struct conversation *state, struct message *m)
{
	const uint32_t address = address_to_v4(&m->source);
	struct claim *const claim = &state->claims[hash_number(address) % CLAIMS];

	if (address == 0) /* a probe claims nothing */
		return;
	if (claim->address == address && memcmp(claim->mac, m->source_mac, MAC) != 0) {
		m->is_taken = true;
		memcpy(m->previous_mac, claim->mac, MAC);
	}
	claim->address = address;
	memcpy(claim->mac, m->source_mac, MAC);
}

/* ---- the event ---- */

enum { MAC_TEXT = 18 };

static const char *mac_text(const uint8_t mac[static MAC], char text[static MAC_TEXT])
{
	(void)snprintf(text, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
		       mac[4], mac[5]);
	return text;
}

static void emit_mac(struct json *json, const char *key, const uint8_t mac[static MAC])
{
	char text[MAC_TEXT];

	json_text(json, key, mac_text(mac, text));
}

static void emit(const void *record, struct json *json)
{
	const struct message *const m = record;
	const bool is_probe = address_is_unspecified(&m->source);
	char text[ADDRESS_TEXT];

	json_text(json, "hw_type", CODE_TEXT(hardware_names, m->hardware));
	json_text(json, "proto_type", CODE_TEXT(protocol_names, m->protocol));
	json_text(json, "opcode", CODE_TEXT(opcodes, m->opcode));
	emit_mac(json, "src_mac", m->source_mac);
	json_text(json, "src_ip", address_text(&m->source, text));
	emit_mac(json, "dest_mac", m->destination_mac);
	json_text(json, "dest_ip", address_text(&m->destination, text));
	if (is_probe)
		json_bool(json, "probe", true);
	else if (address_compare(&m->source, &m->destination) == 0)
		json_bool(json, "gratuitous", true);
	if (m->is_taken)
		emit_mac(json, "previous_mac", m->previous_mac);
}

static void judge(struct parse *parse, const struct message *m)
{
	char before[MAC_TEXT], now[MAC_TEXT];

	if (m->is_taken)
		parse_weakness_about(parse, &moved, &m->source, "from %s to %s",
				     mac_text(m->previous_mac, before), mac_text(m->source_mac, now));
}

/* What is said again and again is told once, but for an address that changes hands. */
static enum parse_step read_arp(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	struct message m = { 0 };
	struct span whole = span_take(bytes, span_left(*bytes) < 28 ? span_left(*bytes) : 28);

	if (!read_message(&m, whole))
		return PARSE_BROKEN;
	note_claim(state, &m);
	judge(parse, &m);
	if (told_wide_is_news(&state->told, whole, whole) || m.is_taken)
		parse_event(parse, &m);
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read_arp,
	.emit = emit,
};

const struct protocol protocol_arp = {
	.name = "arp",
	.title = "Address Resolution Protocol",
	FRAMES(TYPE_ARP, TYPE_REVERSE),
	.privacy = PRIVACY_EITHER,
	.by_header = true,
	.recognise = recognise_nothing,
	.parser = &parser,
	.weaknesses = weaknesses,
};
