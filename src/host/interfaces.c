#include "host/interfaces.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>

/* A list of addresses may name an interface as NAME:LABEL. */
static bool same_interface(const char *name, const char *labelled)
{
	const size_t length = strlen(name);

	return strncmp(name, labelled, length) == 0 && (labelled[length] == '\0' || labelled[length] == ':');
}

/* The list begins with the interfaces themselves, each with its number. */
static uint32_t index_of(const struct ifaddrs *entry)
{
	struct sockaddr_ll link;

	if (entry->ifa_addr == NULL || entry->ifa_addr->sa_family != AF_PACKET)
		return if_nametoindex(entry->ifa_name);
	memcpy(&link, entry->ifa_addr, sizeof(link));
	return (uint32_t)link.sll_ifindex;
}

/* The interface of that name in this space: it is new where none of the last ones is it. */
static struct host_interface *interface_named(struct snapshot *snapshot, const struct ifaddrs *entry,
					      uint32_t space)
{
	struct host *const host = snapshot->host;
	struct host_interface *interface;

	for (size_t i = host->interface_count; i > 0 && host->interfaces[i - 1].space == space; i--) {
		if (same_interface(host->interfaces[i - 1].name, entry->ifa_name))
			return &host->interfaces[i - 1];
	}
	interface = snapshot_add_interface(snapshot);
	if (interface == NULL)
		return NULL;
	interface->name = snapshot_text(snapshot, span_text(entry->ifa_name));
	if (interface->name == NULL) {
		host->interface_count--;
		return NULL;
	}
	interface->index = index_of(entry);
	interface->space = space;
	interface->up = (entry->ifa_flags & IFF_UP) != 0;
	interface->loopback = (entry->ifa_flags & IFF_LOOPBACK) != 0;
	return interface;
}

static bool read_address(const struct sockaddr *from, struct address *ret_address)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (from == NULL)
		return false;
	if (from->sa_family == AF_INET) {
		memcpy(&v4, from, sizeof(v4));
		*ret_address = address_v4(ntohl(v4.sin_addr.s_addr));
		return true;
	}
	if (from->sa_family == AF_INET6) {
		memcpy(&v6, from, sizeof(v6));
		*ret_address = address_v6(v6.sin6_addr.s6_addr);
		return true;
	}
	return false;
}

/* The length of the prefix that a netmask of IPv4 or IPv6 leaves. */
static unsigned prefix_bits(const struct address *mask, bool v4)
{
	unsigned bits = 0;

	for (size_t i = v4 ? 12 : 0; i < sizeof(mask->bytes); i++)
		bits += (unsigned)__builtin_popcount(mask->bytes[i]);
	return bits;
}

/* Room for one more in an array that doubles when it is full; NULL without memory. */
static void *grown(struct arena *arena, void *array, size_t count, size_t size)
{
	void *more;

	if ((count & (count - 1)) != 0)
		return array;
	more = arena_array(arena, count > 0 ? 2 * count : 1, size);
	if (more != NULL && count > 0)
		memcpy(more, array, count * size);
	return more;
}

static void add_address(struct snapshot *snapshot, struct host_interface *interface,
			const struct ifaddrs *entry)
{
	const size_t count = interface->address_count;
	struct arena *const arena = snapshot->host->arena;
	struct address address, mask, broadcast = { 0 };

	if (!read_address(entry->ifa_addr, &address) || !read_address(entry->ifa_netmask, &mask))
		return;
	if ((entry->ifa_flags & IFF_BROADCAST) != 0)
		(void)read_address(entry->ifa_broadaddr, &broadcast);
	interface->addresses = grown(arena, interface->addresses, count, sizeof(*interface->addresses));
	interface->networks = grown(arena, interface->networks, count, sizeof(*interface->networks));
	interface->broadcasts = grown(arena, interface->broadcasts, count, sizeof(*interface->broadcasts));
	if (interface->addresses == NULL || interface->networks == NULL || interface->broadcasts == NULL) {
		interface->address_count = 0;
		snapshot->failed = true;
		return;
	}
	interface->addresses[count] = address;
	interface->networks[count] = address_prefix(&address, prefix_bits(&mask, address_is_v4(&address)));
	interface->broadcasts[count] = broadcast;
	interface->address_count++;
}

void interfaces_read(struct snapshot *snapshot, uint32_t space)
{
	struct ifaddrs *list;

	if (getifaddrs(&list) != 0) {
		snapshot_unseen(snapshot, "interfaces: %s", strerror(errno));
		return;
	}
	for (const struct ifaddrs *entry = list; entry != NULL; entry = entry->ifa_next) {
		struct host_interface *const interface = interface_named(snapshot, entry, space);

		if (interface != NULL)
			add_address(snapshot, interface, entry);
	}
	freeifaddrs(list);
}
