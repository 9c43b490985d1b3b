/* ospf.c: Open Shortest Path First, version 2 (RFC 2328) and version 3 (RFC 5340), between routers. */
#include "protocols/ospf.h"

#include <stdio.h>

static const struct weakness unproved = {
	"ospf-no-authentication",
	"routes are believed from whoever sends OSPF",
	3,
	"Have the routers authenticate with keys: RFC 5709 for version 2, RFC 7166 or IPsec for version 3.",
};
static const struct weakness password = {
	"ospf-clear-password",
	"OSPF sends its password in clear text",
	2,
	"Use cryptographic authentication (RFC 5709) in place of simple passwords.",
};
static const struct weakness *const weaknesses[] = { &password, &unproved, NULL };

static const struct code_name type_names[] = {
	{ OSPF_HELLO, "hello" },
	{ OSPF_DESCRIPTION, "database-description" },
	{ OSPF_REQUEST, "link-state-request" },
	{ OSPF_UPDATE, "link-state-update" },
	{ OSPF_ACKNOWLEDGEMENT, "link-state-acknowledgement" },
};
static const struct code_name advertisement_names[] = {
	{ 1, "router" },
	{ 2, "network" },
	{ 3, "summary-network" },
	{ 4, "summary-asbr" },
	{ 5, "external" },
	{ 6, "group-membership" },
	{ 7, "nssa" },
	{ 8, "external-attributes" },
	{ 9, "opaque-link" },
	{ 10, "opaque-area" },
	{ 11, "opaque-as" },
};
/* Of version 3: the function code; how far they are flooded stands in the bits above it. */
static const struct code_name advertisement_names_3[] = {
	{ 1, "router" },
	{ 2, "network" },
	{ 3, "inter-area-prefix" },
	{ 4, "inter-area-router" },
	{ 5, "external" },
	{ 6, "group-membership" },
	{ 7, "nssa" },
	{ 8, "link" },
	{ 9, "intra-area-prefix" },
	{ 11, "grace" },
	{ 12, "router-information" },
};
static const char *const proof_texts[] = {
	[OSPF_UNPROVED] = "null", [OSPF_PASSWORD] = "simple",       [OSPF_CRYPTOGRAPHIC] = "cryptographic",
	[OSPF_IPSEC] = "ipsec",   [OSPF_PROOF_UNKNOWN] = "unknown",
};

struct conversation {
	struct told told;
};

/* ---- the event ---- */

static void emit_number(struct json *json, const char *key, uint32_t number)
{
	const struct address address = address_v4(number);
	char text[ADDRESS_TEXT];

	json_text(json, key, address_text(&address, text));
}

static void emit_hello(struct json *json, const struct ospf_packet *p)
{
	if (p->version == 2)
		emit_number(json, "mask", p->mask);
	else
		json_unsigned(json, "interface_id", p->interface);
	json_unsigned(json, "hello_interval", p->hello_interval);
	json_unsigned(json, "dead_interval", p->dead_interval);
	json_unsigned(json, "priority", p->priority);
	if (p->designated != 0)
		emit_number(json, "designated_router", p->designated);
	if (p->backup != 0)
		emit_number(json, "backup_designated_router", p->backup);
	json_unsigned(json, "neighbor_count", p->neighbour_count);
	if (p->neighbour_count == 0)
		return;
	json_open_array(json, "neighbors");
	for (size_t i = 0; i < p->neighbour_count && i < OSPF_NEIGHBOURS; i++)
		emit_number(json, NULL, p->neighbours[i]);
	json_end(json);
}

static void emit_advertisement(struct json *json, unsigned version, const struct ospf_advertisement *a)
{
	char number[16];

	json_begin(json);
	json_text(json, "type",
		  version == 2 ? CODE_TEXT(advertisement_names, a->type)
			       : CODE_TEXT(advertisement_names_3, a->type & 0x1fffu));
	emit_number(json, "id", a->id);
	emit_number(json, "advertising_router", a->router);
	if (!a->is_request) {
		(void)snprintf(number, sizeof(number), "0x%08x", a->sequence);
		json_text(json, "sequence", number);
		json_unsigned(json, "age", a->age & 0x7fffu);
	}
	json_end(json);
}

static void emit_advertisements(struct json *json, const struct ospf_packet *p)
{
	json_unsigned(json, "advertisement_count", p->advertisement_count);
	if (p->advertisement_count == 0)
		return;
	json_open_array(json, "advertisements");
	for (size_t i = 0; i < p->advertisement_count && i < OSPF_ADVERTISEMENTS; i++)
		emit_advertisement(json, p->version, &p->advertisements[i]);
	json_end(json);
}

static void emit(const void *record, struct json *json)
{
	const struct ospf_packet *const p = record;

	json_unsigned(json, "version", p->version);
	json_text(json, "type", CODE_TEXT(type_names, p->type));
	emit_number(json, "router_id", p->router);
	emit_number(json, "area", p->area);
	if (p->instance > 0)
		json_unsigned(json, "instance", p->instance);
	if (p->version == 2 || p->type <= OSPF_DESCRIPTION || p->proof == OSPF_IPSEC)
		json_text(json, "authentication", proof_texts[p->proof]);
	if (p->version == 2 && p->proof == OSPF_CRYPTOGRAPHIC)
		json_unsigned(json, "key_id", p->key_id);
	if (p->type == OSPF_HELLO) {
		emit_hello(json, p);
		return;
	}
	if (p->type == OSPF_DESCRIPTION) {
		json_unsigned(json, "mtu", p->mtu);
		json_bool(json, "master", (p->flags & 1) != 0);
	}
	emit_advertisements(json, p);
}

/* ---- reading ---- */

/* A router of version 3 says in its hellos alone whether it proves anything. */
static void judge(struct parse *parse, const struct ospf_packet *p)
{
	const struct address router = address_v4(p->router), area = address_v4(p->area);
	const bool shown = p->version == 2 || p->type == OSPF_HELLO;
	char who[ADDRESS_TEXT], where[ADDRESS_TEXT];

	if (p->proof == OSPF_PASSWORD)
		parse_weakness(parse, &password, "router %s in area %s", address_text(&router, who),
			       address_text(&area, where));
	else if (p->proof == OSPF_UNPROVED && shown)
		parse_weakness(parse, &unproved, "router %s in area %s", address_text(&router, who),
			       address_text(&area, where));
}

static bool is_in_ipsec(const struct packet *packet)
{
	return packet->tunnel == TUNNEL_AH || packet->tunnel == TUNNEL_ESP;
}

/* What proves a packet changes with each; so a packet that is repeated is known by what stands before. */
static enum parse_step read_ospf(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	struct ospf_packet packet = { 0 };
	const bool good = ospf_header_read(&packet, *bytes) && ospf_body_read(&packet);

	if (!good)
		return parse->cut ? PARSE_ON : PARSE_BROKEN;
	bytes->at = bytes->end;
	if (packet.proof == OSPF_UNPROVED && is_in_ipsec(parse->packet))
		packet.proof = OSPF_IPSEC;
	judge(parse, &packet);
	if (told_is_news(&state->told, parse, packet.type | packet.router << 3, packet.body))
		parse_event(parse, &packet);
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read_ospf,
	.emit = emit,
};

const struct protocol protocol_ospf = {
	.name = "ospf",
	.title = "Open Shortest Path First",
	DOORS(IP(TRANSPORT_OSPF)),
	.privacy = PRIVACY_EITHER,
	.by_header = true,
	.recognise = recognise_nothing,
	.parser = &parser,
	.weaknesses = weaknesses,
};
