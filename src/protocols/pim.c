/* pim.c: Protocol Independent Multicast, version 2: RFC 7761 (sparse mode), RFC 5059 (bootstrap), RFC 3973
 * (dense mode). */
#include "protocols/tally.h"
#include "protocols/told.h"

#include <stdio.h>

enum {
	VERSION = 2,
	HELLO = 0,
	REGISTER = 1,
	REGISTER_STOP = 2,
	JOIN_PRUNE = 3,
	BOOTSTRAP = 4,
	ASSERT = 5,
	GRAFT = 6,
	GRAFT_ACK = 7,
	CANDIDATE = 8,
	STATE_REFRESH = 9,

	OPTION_HOLD_TIME = 1,
	OPTION_PRUNE_DELAY = 2,
	OPTION_PRIORITY = 19,
	OPTION_GENERATION = 20,
	OPTION_ADDRESSES = 24,

	FAMILY_IPV4 = 1,
	FAMILY_IPV6 = 2,
	NULL_REGISTER = 0x40000000,
	GROUPS = 8,
	ADDRESSES = 8,
};

static const struct code_name message_names[] = {
	{ HELLO, "hello" },
	{ REGISTER, "register" },
	{ REGISTER_STOP, "register-stop" },
	{ JOIN_PRUNE, "join-prune" },
	{ BOOTSTRAP, "bootstrap" },
	{ ASSERT, "assert" },
	{ GRAFT, "graft" },
	{ GRAFT_ACK, "graft-ack" },
	{ CANDIDATE, "candidate-rp" },
	{ STATE_REFRESH, "state-refresh" },
};

/* An address with the length of its prefix; of a source 0 stands for none. */
struct prefix {
	struct address address;
	uint8_t length;
};

/* What is wanted of a group, or who is the rendezvous point for it. */
struct group {
	struct prefix group;
	uint16_t joins, prunes;
	struct address sources[ADDRESSES]; /* joins, then prunes, then points */
	uint8_t source_count;
};

struct message {
	uint8_t type;
	bool has_hold_time, has_priority, has_generation, has_prune_delay, is_null;
	uint16_t hold_time, prune_delay_ms, override_ms;
	uint32_t priority, generation, preference, metric;
	struct address upstream, source, point;
	struct address addresses[ADDRESSES];
	struct group groups[GROUPS];
	uint8_t address_count;
	uint16_t group_count;
};

struct conversation {
	struct told told;
};

/* ---- encoded addresses: RFC 7761, section 4.9.1 ---- */

static struct address read_address(struct span *s, uint8_t family)
{
	const struct span bytes = span_take(s, family == FAMILY_IPV4   ? 4
					       : family == FAMILY_IPV6 ? 16
								       : SIZE_MAX);

	if (bytes.failed)
		return (struct address){ { 0 } };
	return family == FAMILY_IPV4 ? address_v4(load_u32(bytes.at)) : address_v6(bytes.at);
}

static struct address read_unicast(struct span *s)
{
	const uint8_t family = span_u8(s);

	span_skip(s, 1);
	return read_address(s, family);
}

/* Of a group or a source. */
static struct prefix read_prefix(struct span *s)
{
	const uint8_t family = span_u8(s);
	struct prefix prefix;

	span_skip(s, 2);
	prefix.length = span_u8(s);
	prefix.address = read_address(s, family);
	return prefix;
}

/* ---- messages ---- */

static void read_option(struct message *m, uint16_t type, struct span s)
{
	switch (type) {
	case OPTION_HOLD_TIME:
		m->hold_time = span_u16(&s);
		m->has_hold_time = !s.failed;
		break;
	case OPTION_PRUNE_DELAY:
		m->prune_delay_ms = span_u16(&s) & 0x7fff;
		m->override_ms = span_u16(&s);
		m->has_prune_delay = !s.failed;
		break;
	case OPTION_PRIORITY:
		m->priority = span_u32(&s);
		m->has_priority = !s.failed;
		break;
	case OPTION_GENERATION:
		m->generation = span_u32(&s);
		m->has_generation = !s.failed;
		break;
	case OPTION_ADDRESSES:
		while (span_left(s) > 0 && !s.failed && m->address_count < ADDRESSES)
			m->addresses[m->address_count++] = read_unicast(&s);
		break;
	default: break;
	}
}

static bool read_hello(struct message *m, struct span s)
{
	while (span_left(s) > 0) {
		const uint16_t type = span_u16(&s), length = span_u16(&s);
		const struct span value = span_take(&s, length);

		if (value.failed)
			return false;
		read_option(m, type, value);
	}
	return true;
}

static void add_source(struct group *group, const struct address *source)
{
	if (group->source_count < ADDRESSES)
		group->sources[group->source_count++] = *source;
}

static void keep(struct message *m, const struct group *group)
{
	if (m->group_count < GROUPS)
		m->groups[m->group_count] = *group;
	m->group_count++;
}

static bool read_join_prune(struct message *m, struct span s)
{
	uint8_t count;

	m->upstream = read_unicast(&s);
	span_skip(&s, 1);
	count = span_u8(&s);
	m->hold_time = span_u16(&s);
	m->has_hold_time = true;
	for (unsigned i = 0; i < count && !s.failed; i++) {
		struct group group = { .group = read_prefix(&s) };

		group.joins = span_u16(&s);
		group.prunes = span_u16(&s);
		for (uint32_t n = 0; n < (uint32_t)group.joins + group.prunes && !s.failed; n++) {
			const struct prefix source = read_prefix(&s);

			add_source(&group, &source.address);
		}
		keep(m, &group);
	}
	return !s.failed;
}

static bool read_bootstrap(struct message *m, struct span s)
{
	span_skip(&s, 3);
	m->priority = span_u8(&s);
	m->has_priority = true;
	m->source = read_unicast(&s);
	while (span_left(s) > 0 && !s.failed) {
		struct group group = { .group = read_prefix(&s) };
		uint8_t here;

		span_skip(&s, 1);
		here = span_u8(&s);
		span_skip(&s, 2);
		for (unsigned n = 0; n < here && !s.failed; n++) {
			const struct address point = read_unicast(&s);

			span_skip(&s, 4);
			add_source(&group, &point);
		}
		keep(m, &group);
	}
	return !s.failed;
}

static bool read_candidate(struct message *m, struct span s)
{
	const uint8_t count = span_u8(&s);

	m->priority = span_u8(&s);
	m->has_priority = true;
	m->hold_time = span_u16(&s);
	m->has_hold_time = true;
	m->point = read_unicast(&s);
	for (unsigned i = 0; i < count && !s.failed; i++) {
		const struct group group = { .group = read_prefix(&s) };

		keep(m, &group);
	}
	return !s.failed;
}

/* A group and a source stand at the beginning of these. */
static bool read_group_and_source(struct message *m, struct span s)
{
	const struct group group = { .group = read_prefix(&s) };

	keep(m, &group);
	m->source = read_unicast(&s);
	if (m->type == ASSERT) {
		m->preference = span_u32(&s) & 0x7fffffff;
		m->metric = span_u32(&s);
	}
	return !s.failed;
}

/* What is carried to the rendezvous point is a multicast packet: its ends are told. */
static bool read_register(struct message *m, struct span s)
{
	const uint32_t flags = span_u32(&s);
	struct group group = { .group = { .length = 32 } };

	m->is_null = (flags & NULL_REGISTER) != 0;
	if (span_peek(s, 0) >> 4 == 4 && span_left(s) >= 20) {
		m->source = address_v4(load_u32(s.at + 12));
		group.group.address = address_v4(load_u32(s.at + 16));
	} else if (span_peek(s, 0) >> 4 == 6 && span_left(s) >= 40) {
		m->source = address_v6(s.at + 8);
		group.group.address = address_v6(s.at + 24);
		group.group.length = 128;
	} else {
		return false;
	}
	keep(m, &group);
	return !s.failed;
}

static bool read_message(struct message *m, struct span s)
{
	const uint8_t first = span_u8(&s);

	span_skip(&s, 3);
	m->type = first & 15;
	if (s.failed || first >> 4 != VERSION)
		return false;
	switch (m->type) {
	case HELLO: return read_hello(m, s);
	case REGISTER: return read_register(m, s);
	case JOIN_PRUNE:
	case GRAFT:
	case GRAFT_ACK: return read_join_prune(m, s);
	case BOOTSTRAP: return read_bootstrap(m, s);
	case CANDIDATE: return read_candidate(m, s);
	case REGISTER_STOP:
	case ASSERT:
	case STATE_REFRESH: return read_group_and_source(m, s);
	default: return true;
	}
}

/* ---- the event ---- */

static void emit_address(struct json *json, const char *key, const struct address *address)
{
	static const struct address none;
	char text[ADDRESS_TEXT];

	if (address_compare(address, &none) != 0)
		json_text(json, key, address_text(address, text));
}

static void emit_list(struct json *json, const char *key, const struct address *list, size_t count)
{
	if (count == 0)
		return;
	json_open_array(json, key);
	for (size_t i = 0; i < count; i++)
		emit_address(json, NULL, &list[i]);
	json_end(json);
}

static void emit_group(struct json *json, const struct group *group)
{
	char address[ADDRESS_TEXT], text[ADDRESS_TEXT + 8];
	const size_t joins = group->joins < group->source_count ? group->joins : group->source_count;

	(void)snprintf(text, sizeof(text), "%s/%u", address_text(&group->group.address, address),
		       group->group.length);
	json_begin(json);
	json_text(json, "group", text);
	if (group->joins + group->prunes == 0) {
		emit_list(json, "rendezvous_points", group->sources, group->source_count);
	} else {
		json_unsigned(json, "join_count", group->joins);
		json_unsigned(json, "prune_count", group->prunes);
		emit_list(json, "joins", group->sources, joins);
		emit_list(json, "prunes", group->sources + joins, group->source_count - joins);
	}
	json_end(json);
}

static void emit_hello(struct json *json, const struct message *m)
{
	if (m->has_hold_time)
		json_unsigned(json, "hold_time", m->hold_time);
	if (m->has_priority)
		json_unsigned(json, "priority", m->priority);
	if (m->has_generation)
		json_unsigned(json, "generation_id", m->generation);
	if (m->has_prune_delay) {
		json_unsigned(json, "prune_delay_ms", m->prune_delay_ms);
		json_unsigned(json, "override_ms", m->override_ms);
	}
	emit_list(json, "addresses", m->addresses, m->address_count);
}

static void emit(const void *record, struct json *json)
{
	const struct message *const m = record;

	json_unsigned(json, "version", VERSION);
	json_text(json, "type", CODE_TEXT(message_names, m->type));
	emit_hello(json, m);
	emit_address(json, "upstream", &m->upstream);
	emit_address(json, m->type == BOOTSTRAP ? "bootstrap_router" : "source", &m->source);
	emit_address(json, "rendezvous_point", &m->point);
	if (m->is_null)
		json_bool(json, "null_register", true);
	if (m->type == ASSERT) {
		json_unsigned(json, "preference", m->preference);
		json_unsigned(json, "metric", m->metric);
	}
	if (m->group_count == 0)
		return;
	json_unsigned(json, "group_count", m->group_count);
	json_open_array(json, "groups");
	for (size_t i = 0; i < m->group_count && i < GROUPS; i++)
		emit_group(json, &m->groups[i]);
	json_end(json);
}

/* ---- reading ---- */

/* Of a register, what tells one from another: the ends of the packet, which stand behind eight octets. */
static struct span told_of(const struct message *m, struct span s)
{
	const bool v6 = span_peek(s, 8) >> 4 == 6;

	if (m->type != REGISTER)
		return s;
	span_skip(&s, v6 ? 16 : 20);
	return span_take(&s, v6 ? 32 : 8);
}

static enum parse_step read_pim(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	struct message m = { 0 };

	if (!read_message(&m, *bytes))
		return parse->cut ? PARSE_ON : PARSE_BROKEN;
	if (told_is_news(&state->told, parse, m.type, told_of(&m, *bytes)))
		parse_event(parse, &m);
	bytes->at = bytes->end;
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read_pim,
	.emit = emit,
};

const struct protocol protocol_pim = {
	.name = "pim",
	.title = "Protocol Independent Multicast",
	DOORS(IP(TRANSPORT_PIM)),
	.privacy = PRIVACY_EITHER,
	.by_header = true,
	.recognise = recognise_nothing,
	.parser = &parser,
};
