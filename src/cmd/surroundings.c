#include "cmd/surroundings.h"
#include "base/clock.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

/* Room for as many of each as there are entries in the list. */
struct gathering {
	struct address_range *self, *local, *broadcast;
	size_t self_count, local_count, broadcast_count;
};

static bool address_of(const struct sockaddr *socket_address, struct address *ret_address)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (socket_address == NULL)
		return false;
	if (socket_address->sa_family == AF_INET) {
		memcpy(&v4, socket_address, sizeof(v4));
		*ret_address = address_v4(ntohl(v4.sin_addr.s_addr));
		return true;
	}
	if (socket_address->sa_family == AF_INET6) {
		memcpy(&v6, socket_address, sizeof(v6));
		*ret_address = address_v6(v6.sin6_addr.s6_addr);
		return true;
	}
	return false;
}

/* The length of the prefix: the bits that are set in a netmask of the family. */
static unsigned prefix_bits(const struct address *mask, bool v4)
{
	unsigned bits = 0;

	for (size_t i = v4 ? 12 : 0; i < sizeof(mask->bytes); i++) {
		for (unsigned byte = mask->bytes[i]; byte != 0; byte &= byte - 1)
			bits++;
	}
	return bits;
}

/* Loopback is the host itself, all of it, and no network that it is connected to. */
static void add_entry(struct gathering *g, const struct ifaddrs *entry)
{
	const bool loopback = (entry->ifa_flags & IFF_LOOPBACK) != 0;
	struct address own, other;
	struct address_range network;

	if (!address_of(entry->ifa_addr, &own) || !address_of(entry->ifa_netmask, &other))
		return;
	network = address_prefix(&own, prefix_bits(&other, address_is_v4(&own)));
	g->self[g->self_count++] = loopback ? network : (struct address_range){ own, own };
	if (!loopback)
		g->local[g->local_count++] = network;
	if ((entry->ifa_flags & IFF_BROADCAST) != 0 && address_of(entry->ifa_broadaddr, &other))
		g->broadcast[g->broadcast_count++] = (struct address_range){ other, other };
}

struct surroundings surroundings_of_host(struct arena *arena)
{
	struct surroundings around = { .today = clock_today() };
	struct gathering g = { 0 };
	struct ifaddrs *list = NULL;
	size_t count = 0;

	if (getifaddrs(&list) != 0)
		return around;
	for (const struct ifaddrs *entry = list; entry != NULL; entry = entry->ifa_next)
		count++;
	g.self = arena_array(arena, count, sizeof(*g.self));
	g.local = arena_array(arena, count, sizeof(*g.local));
	g.broadcast = arena_array(arena, count, sizeof(*g.broadcast));
	for (const struct ifaddrs *entry = list;
	     entry != NULL && g.self != NULL && g.local != NULL && g.broadcast != NULL;
	     entry = entry->ifa_next)
		add_entry(&g, entry);
	freeifaddrs(list);
	around.self = g.self;
	around.self_count = g.self_count;
	around.local = g.local;
	around.local_count = g.local_count;
	around.broadcast = g.broadcast;
	around.broadcast_count = g.broadcast_count;
	return around;
}
