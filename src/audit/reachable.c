#include "audit/reachable.h"
#include "base/buffer.h"

#include <stdio.h>

enum { SOURCES = 8, SCRATCH = 64 << 20, SHOWN = 2, WAYS_MOST = 4096 };

/* Who can send to an address of this kind. RFC 1122, 1918, 3927, 4193, 4291, 6598. */
static const char *const sources_v4[][SOURCES] = {
	[SCOPE_LINK] = { "169.254.0.0/16" },
	[SCOPE_PRIVATE] = { "10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12",
			    "192.168.0.0/16" },
	[SCOPE_GLOBAL] = { "1.0.0.0-126.255.255.255", "128.0.0.0-223.255.255.255" },
};
static const char *const sources_v6[][SOURCES] = {
	[SCOPE_LINK] = { "fe80::/10" },
	[SCOPE_PRIVATE] = { "fc00::/7", "fe80::/10" },
	[SCOPE_GLOBAL] = { "2000::/3", "fc00::/7", "fe80::/10" },
};

/* One way in: an address of the host, and the interface that packets to it come by; all ports at once. */
struct way {
	uint16_t transport;
	struct address address;
	uint32_t interface;
	struct netfilter_answer answer;
};

struct reachability {
	struct arena *arena;
	const struct host *host;
	const struct netfilter *netfilter; /* NULL: it could not be read */
	struct error problem;
	struct way *ways;
	size_t count, capacity;
};

/* Besides, neighbours on the host's own networks have whatever addresses these have. */
static bool add_neighbours(struct arena *arena, const struct host_interface *interface,
			   const struct address *address, struct ranges *set)
{
	for (size_t a = 0; a < interface->address_count; a++) {
		if (interface->space == 0 && !interface->loopback && interface->up &&
		    address_is_v4(&interface->addresses[a]) == address_is_v4(address) &&
		    !ranges_add(arena, set, &interface->networks[a]))
			return false;
	}
	return true;
}

static bool without_self(struct arena *arena, const struct host *host, struct ranges *set)
{
	for (size_t i = 0; i < host->interface_count; i++) {
		const struct host_interface *const interface = &host->interfaces[i];

		for (size_t a = 0; a < interface->address_count && interface->space == 0; a++) {
			struct address_range self = { interface->addresses[a], interface->addresses[a] };
			const struct ranges one = { &self, 1, 1 };

			if (!ranges_subtract(arena, set, &one))
				return false;
		}
	}
	return true;
}

bool sources_of(struct arena *arena, const struct host *host, const struct address *address,
		struct ranges *set)
{
	const enum scope scope = catalog_scope(address);
	const char *const *const texts = address_is_v4(address) ? sources_v4[scope] : sources_v6[scope];
	struct address_range range;

	for (size_t i = 0; i < SOURCES && texts[i] != NULL; i++) {
		if (address_range_parse(span_text(texts[i]), &range, NULL) && !ranges_add(arena, set, &range))
			return false;
	}
	return without_self(arena, host, set);
}

static bool senders_of(struct arena *arena, const struct host *host, const struct address *address,
		       struct ranges *set)
{
	for (size_t i = 0; i < host->interface_count; i++) {
		if (!add_neighbours(arena, &host->interfaces[i], address, set))
			return false;
	}
	return sources_of(arena, host, address, set);
}
struct reachability *reachability_new(struct arena *arena, const struct host *host)
{
	struct reachability *const r = arena_alloc(arena, sizeof(*r));

	if (r == NULL)
		return NULL;
	*r = (struct reachability){ .arena = arena, .host = host };
	if (host->legacy_filter)
		error_set(&r->problem, "rules of legacy iptables, which are not evaluated");
	else
		r->netfilter = netfilter_read(arena, &r->problem);
	return r;
}

const char *reachability_problem(const struct reachability *r)
{
	return r->netfilter != NULL ? NULL : r->problem.text;
}

/* ---- ways ---- */

/* The answer for all ports, kept; where that takes too long for all of them, for this port alone. */
static bool is_known(const struct netfilter_answer *answer)
{
	return answer->count > 0 && (answer->parts[0].fate != FATE_UNKNOWN || !answer->parts[0].whole);
}

static bool ask(struct reachability *r, const struct way *way, uint16_t first, uint16_t last,
		struct netfilter_answer *ret_answer)
{
	struct ranges sources = { 0 };
	struct netfilter_question question = { way->transport, way->address, first, last,
					       way->interface, NULL,         0 };

	if (!senders_of(r->arena, r->host, &way->address, &sources))
		return false;
	question.sources = sources.list;
	question.source_count = sources.count;
	return netfilter_ask(r->netfilter, r->host, &question, r->arena, ret_answer);
}

static const struct netfilter_answer *answer_for(struct reachability *r, uint16_t transport,
						 const struct address *address, uint32_t interface)
{
	struct way *ways, way = { transport, *address, interface, { 0 } };

	for (size_t i = 0; i < r->count; i++) {
		if (r->ways[i].transport == transport && r->ways[i].interface == interface &&
		    address_compare(&r->ways[i].address, address) == 0)
			return &r->ways[i].answer;
	}
	ways = arena_grow(r->arena, r->ways, r->count, &r->capacity, sizeof(*ways));
	if (ways == NULL || r->count >= WAYS_MOST || !ask(r, &way, 0, UINT16_MAX, &way.answer))
		return NULL;
	r->ways = ways;
	ways[r->count] = way;
	return &ways[r->count++].answer;
}

/* ---- one door ---- */

/* What is gathered of a door, over all its ways. */
struct gathering {
	struct reachability *r;
	const struct host_socket *socket;
	struct ranges all, in, unknown;
	struct reach *reach;
	bool failed;
};

static bool takes(const struct host_socket *socket, const struct address *address)
{
	if (!address_is_unspecified(&socket->local))
		return address_compare(&socket->local, address) == 0;
	return address_is_v4(address) ? !socket->v6_socket || !socket->v6_only : socket->v6_socket;
}

/* Whether packets of this part come to the door: to its port as it is, or by translation. */
static bool comes(const struct gathering *g, const struct netfilter_part *part, const struct address *address,
		  uint16_t door)
{
	const uint16_t port = part->port != 0 ? part->port : door;

	if (!part->translated)
		return takes(g->socket, address) && door >= part->first && door <= part->last;
	return part->local && takes(g->socket, &part->to) &&
	       (part->port != 0 ? port == door : door >= part->first && door <= part->last);
}

static void note_elsewhere(struct gathering *g, const struct netfilter_part *part, uint16_t door)
{
	char text[ADDRESS_TEXT];

	if (part->translated && !part->local && part->fate != FATE_REFUSED && door >= part->first &&
	    door <= part->last && g->reach->sent_on == NULL)
		g->reach->sent_on = arena_format(g->r->arena, "%s, port %u", address_text(&part->to, text),
						 part->port != 0 ? part->port : door);
}

static void take_part(struct gathering *g, const struct netfilter_part *part, const struct address *address,
		      uint16_t door)
{
	note_elsewhere(g, part, door);
	if (part->fate == FATE_REFUSED || !comes(g, part, address, door))
		return;
	if (part->fate == FATE_UNKNOWN) {
		g->failed |= !ranges_add(g->r->arena, &g->unknown, &part->sources);
		if (g->reach->unknown == NULL)
			g->reach->unknown = part->because;
		return;
	}
	g->reach->limited |= part->fate == FATE_PARTLY;
	g->failed |= !ranges_add(g->r->arena, &g->in, &part->sources);
}

/* Packets to an address of the host, by an interface that leads outside. */
static void try_way(struct gathering *g, const struct address *address,
		    const struct host_interface *interface)
{
	const uint16_t transport = g->socket->transport, door = g->socket->local_port;
	const struct netfilter_answer *answer = answer_for(g->r, transport, address, interface->index);
	const struct way way = { transport, *address, interface->index, { 0 } };
	struct netfilter_answer alone = { 0 };

	if (answer == NULL) {
		g->failed = true;
		return;
	}
	if (takes(g->socket, address))
		g->failed |= !senders_of(g->r->arena, g->r->host, address, &g->all);
	if (!is_known(answer) && takes(g->socket, address)) {
		g->failed |= !ask(g->r, &way, door, door, &alone);
		answer = &alone;
	}
	for (size_t i = 0; i < answer->count && !g->failed; i++)
		take_part(g, &answer->parts[i], address, door);
}

static bool leads_outside(const struct host_interface *interface, const struct host_socket *socket)
{
	return interface->space == 0 && interface->up && !interface->loopback &&
	       (socket->interface == 0 || socket->interface == interface->index);
}

static void try_interface(struct gathering *g, const struct host_interface *by)
{
	const struct host *const host = g->r->host;

	for (size_t i = 0; i < host->interface_count && !g->failed; i++) {
		const struct host_interface *const interface = &host->interfaces[i];

		if (interface->space != 0 || interface->loopback || !interface->up)
			continue;
		for (size_t a = 0; a < interface->address_count && !g->failed; a++) {
			/* What is said to a link's own addresses comes by that link. */
			if (catalog_scope(&interface->addresses[a]) == SCOPE_LINK && interface != by)
				continue;
			try_way(g, &interface->addresses[a], by);
		}
	}
}

static void conclude(struct gathering *g)
{
	struct reach *const reach = g->reach;
	struct ranges left = g->all;

	if (g->failed || !ranges_subtract(g->r->arena, &g->unknown, &g->in) ||
	    !ranges_subtract(g->r->arena, &left, &g->in)) {
		*reach = (struct reach){ 0 };
		return;
	}
	reach->from = g->in;
	if (g->unknown.count > 0)
		reach->kind = REACH_UNKNOWN;
	else if (left.count == 0 && g->all.count > 0)
		reach->kind = REACH_ALL;
	else
		reach->kind = g->in.count > 0 ? REACH_SOME : REACH_NOBODY;
	if (reach->kind != REACH_UNKNOWN)
		reach->unknown = NULL;
}

struct reach reachability_of(struct reachability *r, const struct host_socket *const *sockets, size_t count)
{
	struct reach reach = { 0 };
	struct gathering g = { .r = r, .reach = &reach };
	bool any = false;

	if (r->netfilter == NULL)
		return reach;
	for (size_t s = 0; s < count; s++) {
		const struct transport *const transport = catalog_transport(sockets[s]->transport);

		if (sockets[s]->space != 0 || sockets[s]->family != SOCKET_INET || sockets[s]->raw ||
		    transport == NULL || !transport->has_ports ||
		    host_exposure(r->host, sockets[s]) <= EXPOSED_HOST ||
		    catalog_cast(&sockets[s]->local) != CAST_UNICAST)
			continue;
		g.socket = sockets[s];
		any = true;
		for (size_t i = 0; i < r->host->interface_count; i++) {
			if (leads_outside(&r->host->interfaces[i], sockets[s]))
				try_interface(&g, &r->host->interfaces[i]);
		}
	}
	if (any)
		conclude(&g);
	return reach;
}

/* ---- words ---- */

const char *reach_kind_text(enum reach_kind kind)
{
	static const char *const words[] = {
		[REACH_ALL] = "all",
		[REACH_SOME] = "some",
		[REACH_NOBODY] = "nobody",
		[REACH_UNKNOWN] = "unknown",
	};

	return words[kind];
}

const char *reach_text(const struct reach *reach, const char *all, char text[static REACH_TEXT])
{
	char range[ADDRESS_RANGE_TEXT];
	size_t length = 0;

	if (reach->kind == REACH_NOT_JUDGED || reach->kind == REACH_ALL)
		return all;
	if (reach->kind == REACH_NOBODY)
		return "nobody outside";
	for (size_t i = 0; i < reach->from.count && i < SHOWN; i++)
		length += (size_t)snprintf(text + length, REACH_TEXT - length, "%s%s", i > 0 ? ", " : "",
					   address_range_text(&reach->from.list[i], range));
	if (reach->from.count > SHOWN)
		length += (size_t)snprintf(text + length, REACH_TEXT - length, ", +%zu",
					   reach->from.count - SHOWN);
	if (reach->kind == REACH_UNKNOWN)
		snprintf(text + length, REACH_TEXT - length, "%sunknown", length > 0 ? ", else " : "");
	return text;
}
