#include "cmd/surroundings.h"
#include "base/clock.h"

/* Room for as many of each as the host has addresses. */
struct gathering {
	struct address_range *self, *local, *broadcast;
	size_t self_count, local_count, broadcast_count;
};

/* Loopback is the host itself, all of it, and no network that it is connected to. */
static void add_interface(struct gathering *g, const struct host_interface *interface)
{
	for (size_t i = 0; i < interface->address_count; i++) {
		const struct address *const own = &interface->addresses[i];
		const struct address *const broadcast = &interface->broadcasts[i];

		g->self[g->self_count++] = interface->loopback ? interface->networks[i]
							       : (struct address_range){ *own, *own };
		if (!interface->loopback)
			g->local[g->local_count++] = interface->networks[i];
		if (!address_is_unspecified(broadcast))
			g->broadcast[g->broadcast_count++] = (struct address_range){ *broadcast, *broadcast };
	}
}

struct surroundings surroundings_of(const struct host *host, struct arena *arena)
{
	struct surroundings around = { .today = clock_today() };
	struct gathering g = { 0 };
	size_t count = 0;

	for (size_t i = 0; i < host->interface_count; i++)
		count += host->interfaces[i].address_count;
	g.self = arena_array(arena, count + 1, sizeof(*g.self));
	g.local = arena_array(arena, count + 1, sizeof(*g.local));
	g.broadcast = arena_array(arena, count + 1, sizeof(*g.broadcast));
	if (g.self == NULL || g.local == NULL || g.broadcast == NULL)
		return around;
	for (size_t i = 0; i < host->interface_count; i++) {
		if (host->interfaces[i].space == 0)
			add_interface(&g, &host->interfaces[i]);
	}
	around.self = g.self;
	around.self_count = g.self_count;
	around.local = g.local;
	around.local_count = g.local_count;
	around.broadcast = g.broadcast;
	around.broadcast_count = g.broadcast_count;
	return around;
}

struct surroundings surroundings_of_host(struct arena *arena)
{
	static const struct host_options asked = { .interfaces_only = true };
	struct surroundings around = { .today = clock_today() };
	struct host host;

	if (host_read(&host, &asked, NULL))
		around = surroundings_of(&host, arena);
	host_free(&host);
	return around;
}
