/* icmpv6_discovery.c: neighbour discovery (RFC 4861) with its options: prefixes, routes (RFC 4191), servers
 * of names (RFC 8106), captive portals (RFC 8910), prefixes of NAT64 (RFC 8781). */
#include "protocols/dns_name.h"
#include "protocols/icmp.h"

#include <stdio.h>

enum {
	ROUTER_SOLICITATION = 133,
	ROUTER_ADVERTISEMENT = 134,
	NEIGHBOR_SOLICITATION = 135,
	NEIGHBOR_ADVERTISEMENT = 136,
	REDIRECT = 137,

	OPTION_SOURCE = 1,
	OPTION_TARGET = 2,
	OPTION_PREFIX = 3,
	OPTION_MTU = 5,
	OPTION_ROUTE = 24,
	OPTION_SERVERS = 25,
	OPTION_SEARCH = 31,
	OPTION_PORTAL = 37,
	OPTION_PREFIX_64 = 38,

	NO_LONGER_NEAR = 255, /* the hop limit that only neighbours can send */
	LIST = 4,
	NAMES = 256,
};

const struct weakness icmpv6_weakness_from_afar = {
	"icmpv6-discovery-from-afar",
	"neighbour discovery came from beyond the link",
	2,
	"Drop neighbour discovery whose hop limit is not 255; find out who sends it.",
};

struct prefix {
	struct address address;
	uint8_t length, flags;
	uint32_t valid, preferred;
};

struct discovery {
	uint8_t type, hop_limit, flags;
	uint16_t lifetime;
	uint32_t reachable, retransmit, mtu;
	bool has_target, has_destination, has_source_mac, has_target_mac;
	struct address target, destination;
	uint8_t source_mac[6], target_mac[6];
	struct prefix prefixes[LIST], routes[LIST];
	struct address servers[LIST];
	uint8_t prefix_count, route_count, server_count;
	char search[NAMES], portal[NAMES], nat64[ADDRESS_TEXT + 8];
};

static struct address read_address(struct span *s)
{
	const struct span bytes = span_take(s, 16);

	return bytes.failed ? (struct address){ { 0 } } : address_v6(bytes.at);
}

/* ---- options ---- */

static void read_mac(struct span s, uint8_t mac[static 6], bool *ret_has)
{
	if (span_left(s) < 6)
		return;
	memcpy(mac, s.at, 6);
	*ret_has = true;
}

static void read_prefix(struct discovery *d, struct span s)
{
	struct prefix prefix = { .length = span_u8(&s), .flags = span_u8(&s) };

	prefix.valid = span_u32(&s);
	prefix.preferred = span_u32(&s);
	span_skip(&s, 4);
	prefix.address = read_address(&s);
	if (!s.failed && prefix.length <= 128 && d->prefix_count < LIST)
		d->prefixes[d->prefix_count++] = prefix;
}

/* As many octets of the prefix stand there as its length needs. */
static void read_route(struct discovery *d, struct span s)
{
	struct prefix route = { .length = span_u8(&s), .flags = span_u8(&s) };
	size_t octets;

	route.valid = span_u32(&s);
	octets = span_left(s) < 16 ? span_left(s) : 16;
	memcpy(route.address.bytes, s.at, octets);
	if (!s.failed && route.length <= octets * 8 && d->route_count < LIST)
		d->routes[d->route_count++] = route;
}

static void read_servers(struct discovery *d, struct span s)
{
	span_skip(&s, 6);
	while (span_left(s) >= 16 && d->server_count < LIST)
		d->servers[d->server_count++] = read_address(&s);
}

/* Names fill the option, and zeros behind them. */
static void read_search(struct discovery *d, struct span s)
{
	char name[DNS_NAME_TEXT];
	struct span names;

	span_skip(&s, 6);
	names = s;
	while (span_left(s) > 0 && span_peek(s, 0) != 0 && dns_name_read(names, &s, name))
		(void)texts_add(d->search, sizeof(d->search), span_text(name));
}

static void read_prefix_64(struct discovery *d, struct span s)
{
	static const uint8_t lengths[] = { 96, 64, 56, 48, 40, 32 };
	const uint16_t scaled = span_u16(&s);
	const struct span bytes = span_take(&s, 12);
	struct address prefix = { { 0 } };
	char text[ADDRESS_TEXT];

	if (bytes.failed || (scaled & 7) >= sizeof(lengths))
		return;
	memcpy(prefix.bytes, bytes.at, 12);
	(void)snprintf(d->nat64, sizeof(d->nat64), "%s/%u", address_text(&prefix, text), lengths[scaled & 7]);
}

static void read_option(struct discovery *d, uint8_t type, struct span s)
{
	switch (type) {
	case OPTION_SOURCE: read_mac(s, d->source_mac, &d->has_source_mac); break;
	case OPTION_TARGET: read_mac(s, d->target_mac, &d->has_target_mac); break;
	case OPTION_PREFIX: read_prefix(d, s); break;
	case OPTION_MTU:
		span_skip(&s, 2);
		d->mtu = span_u32(&s);
		break;
	case OPTION_ROUTE: read_route(d, s); break;
	case OPTION_SERVERS: read_servers(d, s); break;
	case OPTION_SEARCH: read_search(d, s); break;
	case OPTION_PORTAL: (void)span_copy_text(s, d->portal, sizeof(d->portal)); break;
	case OPTION_PREFIX_64: read_prefix_64(d, s); break;
	default: break;
	}
}

/* Lengths count eights of octets, and never nothing. */
static bool read_options(struct discovery *d, struct span s)
{
	while (span_left(s) > 0) {
		const uint8_t type = span_u8(&s), length = span_u8(&s);
		const struct span body = span_take(&s, length > 0 ? length * 8u - 2 : SIZE_MAX);

		if (body.failed)
			return false;
		read_option(d, type, body);
	}
	return !s.failed;
}

/* ---- messages ---- */

static bool read_message(struct discovery *d, struct span s)
{
	if (d->type == ROUTER_ADVERTISEMENT) {
		d->hop_limit = span_u8(&s);
		d->flags = span_u8(&s);
		d->lifetime = span_u16(&s);
		d->reachable = span_u32(&s);
		d->retransmit = span_u32(&s);
	} else {
		d->flags = span_u8(&s);
		span_skip(&s, 3);
	}
	if (d->type >= NEIGHBOR_SOLICITATION) {
		d->target = read_address(&s);
		d->has_target = true;
	}
	if (d->type == REDIRECT) {
		d->destination = read_address(&s);
		d->has_destination = true;
	}
	return !s.failed && read_options(d, s);
}

/* ---- the event ---- */

static const char *preference_text(uint8_t flags)
{
	static const char *const texts[] = { "medium", "high", NULL, "low" };

	return texts[flags >> 3 & 3];
}

static void emit_flag(struct json *json, const char *key, bool value)
{
	if (value)
		json_bool(json, key, true);
}

static void emit_mac(struct json *json, const char *key, const uint8_t mac[static 6])
{
	char text[18];

	(void)snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
		       mac[4], mac[5]);
	json_text(json, key, text);
}

static void emit_prefix_text(struct json *json, const struct prefix *prefix)
{
	char address[ADDRESS_TEXT], text[ADDRESS_TEXT + 8];

	(void)snprintf(text, sizeof(text), "%s/%u", address_text(&prefix->address, address), prefix->length);
	json_text(json, "prefix", text);
}

static void emit_prefixes(struct json *json, const struct discovery *d)
{
	if (d->prefix_count > 0)
		json_open_array(json, "prefixes");
	for (size_t i = 0; i < d->prefix_count; i++) {
		const struct prefix *const prefix = &d->prefixes[i];

		json_begin(json);
		emit_prefix_text(json, prefix);
		emit_flag(json, "on_link", (prefix->flags & 0x80) != 0);
		emit_flag(json, "autonomous", (prefix->flags & 0x40) != 0);
		json_unsigned(json, "valid", prefix->valid);
		json_unsigned(json, "preferred", prefix->preferred);
		json_end(json);
	}
	if (d->prefix_count > 0)
		json_end(json);
}

static void emit_routes(struct json *json, const struct discovery *d)
{
	if (d->route_count > 0)
		json_open_array(json, "routes");
	for (size_t i = 0; i < d->route_count; i++) {
		json_begin(json);
		emit_prefix_text(json, &d->routes[i]);
		json_text(json, "preference", preference_text(d->routes[i].flags));
		json_unsigned(json, "valid", d->routes[i].valid);
		json_end(json);
	}
	if (d->route_count > 0)
		json_end(json);
}

static void emit_servers(struct json *json, const struct discovery *d)
{
	char text[ADDRESS_TEXT];

	if (d->server_count > 0)
		json_open_array(json, "dns_servers");
	for (size_t i = 0; i < d->server_count; i++)
		json_text(json, NULL, address_text(&d->servers[i], text));
	if (d->server_count > 0)
		json_end(json);
}

static void emit_router(struct json *json, const struct discovery *d)
{
	json_unsigned(json, "hop_limit", d->hop_limit);
	emit_flag(json, "managed", (d->flags & 0x80) != 0);
	emit_flag(json, "other_config", (d->flags & 0x40) != 0);
	emit_flag(json, "home_agent", (d->flags & 0x20) != 0);
	json_text(json, "preference", preference_text(d->flags));
	json_unsigned(json, "lifetime", d->lifetime);
	json_unsigned(json, "reachable_ms", d->reachable);
	json_unsigned(json, "retransmit_ms", d->retransmit);
}

static void emit_addresses(struct json *json, const struct discovery *d)
{
	char text[ADDRESS_TEXT];

	if (d->has_target)
		json_text(json, "target", address_text(&d->target, text));
	if (d->has_destination)
		json_text(json, "destination", address_text(&d->destination, text));
	if (d->has_source_mac)
		emit_mac(json, "source_mac", d->source_mac);
	if (d->has_target_mac)
		emit_mac(json, "target_mac", d->target_mac);
}

static void emit(const void *record, struct json *json)
{
	const struct discovery *const d = record;
	const struct icmp_type *const type = catalog_icmp(TRANSPORT_ICMPV6, d->type);

	json_text(json, "message", type != NULL ? type->name : NULL);
	if (d->type == ROUTER_ADVERTISEMENT)
		emit_router(json, d);
	if (d->type == NEIGHBOR_ADVERTISEMENT) {
		emit_flag(json, "router", (d->flags & 0x80) != 0);
		emit_flag(json, "solicited", (d->flags & 0x40) != 0);
		emit_flag(json, "override", (d->flags & 0x20) != 0);
	}
	emit_addresses(json, d);
	if (d->mtu > 0)
		json_unsigned(json, "mtu", d->mtu);
	emit_prefixes(json, d);
	emit_routes(json, d);
	emit_servers(json, d);
	emit_texts(json, "search", d->search);
	emit_text(json, "captive_portal", d->portal);
	emit_text(json, "nat64_prefix", d->nat64);
}

static void tell_redirect(struct parse *parse, const struct discovery *d)
{
	char teller[ADDRESS_TEXT], to[ADDRESS_TEXT], by[ADDRESS_TEXT];

	parse_weakness(parse, &icmp_weakness_redirect, "%s says that %s is reached by way of %s",
		       address_text(&parse->addresses[parse->side], teller),
		       address_text(&d->destination, to), address_text(&d->target, by));
}

bool icmpv6_read_discovery(struct told *told, struct parse *parse, struct span s)
{
	struct discovery d = { .type = (uint8_t)parse->packet->source_port };
	char text[ADDRESS_TEXT];

	if (!told_is_news(told, parse, d.type, s))
		return true;
	if (!read_message(&d, s))
		return false;
	if (parse->packet->hop_limit != NO_LONGER_NEAR)
		parse_weakness(parse, &icmpv6_weakness_from_afar, "%s sent it with a hop limit of %u",
			       address_text(&parse->addresses[parse->side], text), parse->packet->hop_limit);
	if (d.type == REDIRECT)
		tell_redirect(parse, &d);
	parse_event_as(parse, "ndp", emit, &d);
	return true;
}
