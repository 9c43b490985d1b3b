/* stp.c: bridges that agree on a tree without loops: the Spanning Tree Protocol, its rapid and its multiple
 * form (IEEE 802.1D-2004, IEEE 802.1Q-2018 clause 14), and a tree for each VLAN as Cisco has it. It is
 * carried by frames (LLC, SNAP) and not by IP. */
#include "protocols/tally.h"
#include "protocols/told.h"

#include <stdio.h>

enum {
	SAP = 0x42,
	TYPE_PER_VLAN = 0x010b, /* of SNAP */
	LLC = 3,
	VERSION_MULTIPLE = 3,
	TYPE_CONFIGURATION = 0x00,
	TYPE_RAPID = 0x02,
	TYPE_CHANGE = 0x80,
	REGION_NAME = 32,
	PART_MS = 1000, /* times are in 256ths of a second */
};

static const struct code_name versions[] = { { 0, "stp" }, { 2, "rstp" }, { 3, "mstp" }, { 4, "spb" } };
static const struct code_name types[] = { { TYPE_CONFIGURATION, "configuration" },
					  { TYPE_RAPID, "rapid" },
					  { TYPE_CHANGE, "topology-change" } };
static const char *const roles[] = { NULL, "alternate", "root", "designated" };

struct bridge {
	uint16_t priority; /* four bits of it; the others are the number of a tree */
	uint8_t mac[6];
};

struct message {
	uint8_t version, type, flags;
	struct bridge root, bridge;
	uint32_t cost, age, most_age, hello, delay;
	uint16_t port, revision, vlan;
	char region[REGION_NAME + 1];
	bool per_vlan;
};

struct conversation {
	struct told_wide told;
};

static struct bridge read_bridge(struct span *s)
{
	struct bridge bridge = { .priority = span_u16(s) };
	const struct span mac = span_take(s, sizeof(bridge.mac));

	if (!mac.failed)
		memcpy(bridge.mac, mac.at, sizeof(bridge.mac));
	return bridge;
}

static uint32_t read_time(struct span *s)
{
	return span_u16(s) * PART_MS / 256u;
}

/* A region is those that have the same name, number and table. */
static void read_region(struct message *m, struct span s)
{
	struct span name;

	span_skip(&s, 1 + 2 + 1);
	name = span_take(&s, REGION_NAME);
	m->revision = span_u16(&s);
	if (!s.failed)
		(void)span_copy_text(name, m->region, sizeof(m->region));
}

/* Behind the tree, Cisco says of which VLAN it is: type 0, length 2. */
static void read_vlan(struct message *m, struct span s)
{
	span_skip(&s, 1); /* padding, or the length of an empty part */
	if (span_u32(&s) == 2)
		m->vlan = span_u16(&s) & 0x0fff;
}

static bool read_message(struct message *m, struct span s)
{
	const uint16_t protocol = span_u16(&s);

	m->version = span_u8(&s);
	m->type = span_u8(&s);
	if (s.failed || protocol != 0)
		return false;
	if (m->type == TYPE_CHANGE)
		return true;
	m->flags = span_u8(&s);
	m->root = read_bridge(&s);
	m->cost = span_u32(&s);
	m->bridge = read_bridge(&s);
	m->port = span_u16(&s);
	m->age = read_time(&s);
	m->most_age = read_time(&s);
	m->hello = read_time(&s);
	m->delay = read_time(&s);
	if (s.failed || CODE_TEXT(types, m->type) == NULL)
		return false;
	if (m->per_vlan)
		read_vlan(m, s);
	else if (m->version >= VERSION_MULTIPLE)
		read_region(m, s);
	return true;
}

/* ---- the event ---- */

static void emit_bridge(struct json *json, const char *key, const struct bridge *bridge)
{
	char text[18];

	(void)snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", bridge->mac[0], bridge->mac[1],
		       bridge->mac[2], bridge->mac[3], bridge->mac[4], bridge->mac[5]);
	json_open_object(json, key);
	json_unsigned(json, "priority", bridge->priority & 0xf000u);
	json_unsigned(json, "tree", bridge->priority & 0x0fffu);
	json_text(json, "mac", text);
	json_end(json);
}

static void emit_flag(struct json *json, const char *key, bool value)
{
	if (value)
		json_bool(json, key, true);
}

static void emit_flags(struct json *json, const struct message *m)
{
	emit_flag(json, "topology_change", (m->flags & 0x01) != 0);
	emit_flag(json, "acknowledgement", (m->flags & 0x80) != 0);
	if (m->type != TYPE_RAPID)
		return;
	emit_flag(json, "proposal", (m->flags & 0x02) != 0);
	json_text(json, "role", roles[m->flags >> 2 & 3]);
	emit_flag(json, "learning", (m->flags & 0x10) != 0);
	emit_flag(json, "forwarding", (m->flags & 0x20) != 0);
	emit_flag(json, "agreement", (m->flags & 0x40) != 0);
}

static void emit(const void *record, struct json *json)
{
	const struct message *const m = record;
	char port[8];

	json_text(json, "version", CODE_TEXT(versions, m->version));
	json_text(json, "type", CODE_TEXT(types, m->type));
	emit_flag(json, "per_vlan", m->per_vlan);
	if (m->type == TYPE_CHANGE)
		return;
	emit_flags(json, m);
	emit_bridge(json, "root", &m->root);
	json_unsigned(json, "root_cost", m->cost);
	emit_bridge(json, "bridge", &m->bridge);
	(void)snprintf(port, sizeof(port), "0x%04x", m->port);
	json_text(json, "port", port);
	json_unsigned(json, "age_ms", m->age);
	json_unsigned(json, "max_age_ms", m->most_age);
	json_unsigned(json, "hello_ms", m->hello);
	json_unsigned(json, "forward_delay_ms", m->delay);
	if (m->vlan > 0)
		json_unsigned(json, "originating_vlan", m->vlan);
	if (m->version >= VERSION_MULTIPLE && !m->per_vlan) {
		json_text(json, "region", m->region);
		json_unsigned(json, "revision", m->revision);
	}
}

/* A bridge says the same every two seconds. */
static enum parse_step read_stp(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	struct message m = { .per_vlan = span_peek(*bytes, 0) != SAP };
	struct span who;

	if (!m.per_vlan)
		span_skip(bytes, LLC);
	if (bytes->failed || !read_message(&m, *bytes))
		return PARSE_BROKEN;
	who = *bytes;
	span_skip(&who, span_left(who) >= 27 ? 17 : 0);
	who = text_first(who, 10); /* bridge and port */
	if (told_wide_is_news(&state->told, who, *bytes))
		parse_event(parse, &m);
	bytes->at = bytes->end;
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read_stp,
	.emit = emit,
};

const struct protocol protocol_stp = {
	.name = "stp",
	.title = "Spanning Tree Protocol",
	FRAMES(SAP, TYPE_PER_VLAN),
	.privacy = PRIVACY_EITHER,
	.by_header = true,
	.recognise = recognise_nothing,
	.parser = &parser,
};
