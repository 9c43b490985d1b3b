/* gre.c: Generic Routing Encapsulation (RFC 2784) with keys and sequence numbers (RFC 2890), and the version
 * of PPTP (RFC 2637). What it carries is a flow of its own; here stand the tunnels between two ends. */
#include "protocols/sequences.h"
#include "protocols/tally.h"

#include <stdio.h>

enum {
	CHECKSUM = 0x8000,
	ROUTING = 0x4000,
	KEY = 0x2000,
	SEQUENCE = 0x1000,
	VERSION = 0x0007,
	TUNNELS_MOST = 8,
};

static const struct code_name carried_names[] = {
	{ 0x0000, "keepalive" }, { 0x0800, "ipv4" }, { 0x2001, "nhrp" },   { 0x22eb, "erspan-3" },
	{ 0x6558, "ethernet" },  { 0x86dd, "ipv6" }, { 0x880b, "ppp" },    { 0x8847, "mpls" },
	{ 0x8848, "mpls" },      { 0x883e, "wccp" }, { 0x88be, "erspan" },
};

/* What one end sends with one key. */
struct tunnel_seen {
	uint8_t side, version;
	uint16_t carried; /* EtherType */
	uint16_t flags;   /* of the last packet */
	uint32_t key;
	uint64_t packets, bytes;
	struct sequences sequences;
};

struct conversation {
	struct tunnel_seen list[TUNNELS_MOST];
	uint8_t count;
	uint64_t other_packets;
};

/* Of PPTP the upper half of the key is the length of the payload. */
static uint32_t key_of(const struct packet *packet, uint16_t flags)
{
	if ((flags & KEY) == 0)
		return 0;
	return (flags & VERSION) == 1 ? packet->tunnel_key & UINT16_MAX : packet->tunnel_key;
}

static struct tunnel_seen *find(struct conversation *state, const struct tunnel_seen *wanted)
{
	for (size_t i = 0; i < state->count; i++) {
		struct tunnel_seen *const tunnel = &state->list[i];

		if (tunnel->side == wanted->side && tunnel->version == wanted->version &&
		    tunnel->carried == wanted->carried && tunnel->key == wanted->key)
			return tunnel;
	}
	if (state->count == TUNNELS_MOST)
		return NULL;
	state->list[state->count] = *wanted;
	return &state->list[state->count++];
}

static enum parse_step read_gre(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	struct span header = *bytes;
	const uint16_t flags = span_u16(&header), carried = span_u16(&header);
	const struct tunnel_seen wanted = {
		.side = (uint8_t)parse->side,
		.version = flags & VERSION,
		.carried = carried,
		.key = key_of(parse->packet, flags),
	};
	struct tunnel_seen *tunnel;

	if (header.failed || wanted.version > 1)
		return parse->cut ? PARSE_ON : PARSE_BROKEN;
	tunnel = find(state, &wanted);
	if (tunnel == NULL) {
		state->other_packets++;
		return PARSE_ON;
	}
	tunnel->flags = flags;
	tunnel->packets++;
	tunnel->bytes += parse->packet->length;
	if ((flags & SEQUENCE) != 0)
		sequences_add(&tunnel->sequences, parse->packet->tunnel_sequence);
	bytes->at = bytes->end;
	return PARSE_ON;
}

/* ---- the event ---- */

static void emit_tunnel(struct json *json, const struct tunnel_seen *tunnel)
{
	const char *const name = CODE_TEXT(carried_names, tunnel->carried);
	char number[8];

	(void)snprintf(number, sizeof(number), "0x%04x", tunnel->carried);
	json_begin(json);
	json_text(json, "sender", tunnel->side == SIDE_CLIENT ? "client" : "server");
	json_unsigned(json, "version", tunnel->version);
	json_text(json, "carries", name != NULL ? name : number);
	if ((tunnel->flags & KEY) != 0)
		json_unsigned(json, tunnel->version == 1 ? "call_id" : "key", tunnel->key);
	if ((tunnel->flags & CHECKSUM) != 0)
		json_bool(json, "checksum", true);
	if ((tunnel->flags & ROUTING) != 0)
		json_bool(json, "routing", true);
	json_unsigned(json, "packets", tunnel->packets);
	json_unsigned(json, "bytes", tunnel->bytes);
	sequences_emit(json, &tunnel->sequences);
	json_end(json);
}

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	json_open_array(json, "tunnels");
	for (size_t i = 0; i < state->count; i++)
		emit_tunnel(json, &state->list[i]);
	json_end(json);
	if (state->other_packets > 0)
		json_unsigned(json, "other_packets", state->other_packets);
}

static void end(void *memory, struct parse *parse)
{
	const struct conversation *const state = memory;

	if (state->count > 0)
		parse_event(parse, state);
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read_gre,
	.end = end,
	.emit = emit,
};

const struct protocol protocol_gre = {
	.name = "gre",
	.title = "Generic Routing Encapsulation",
	DOORS(IP(TRANSPORT_GRE)),
	.privacy = PRIVACY_EITHER,
	.by_header = true,
	.recognise = recognise_nothing,
	.parser = &parser,
};
