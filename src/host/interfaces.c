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

static unsigned count_bits(const uint8_t *bytes, size_t length)
{
	unsigned bits = 0;

	for (size_t i = 0; i < length; i++)
		bits += (unsigned)__builtin_popcount(bytes[i]);
	return bits;
}

static bool read_address(const struct ifaddrs *entry, struct address *ret_address, unsigned *ret_bits)
{
	if (entry->ifa_addr == NULL || entry->ifa_netmask == NULL)
		return false;
	if (entry->ifa_addr->sa_family == AF_INET) {
		struct sockaddr_in address, mask;

		memcpy(&address, entry->ifa_addr, sizeof(address));
		memcpy(&mask, entry->ifa_netmask, sizeof(mask));
		*ret_address = address_v4(ntohl(address.sin_addr.s_addr));
		*ret_bits = count_bits((const uint8_t *)&mask.sin_addr, 4);
		return true;
	}
	if (entry->ifa_addr->sa_family == AF_INET6) {
		struct sockaddr_in6 address, mask;

		memcpy(&address, entry->ifa_addr, sizeof(address));
		memcpy(&mask, entry->ifa_netmask, sizeof(mask));
		*ret_address = address_v6(address.sin6_addr.s6_addr);
		*ret_bits = count_bits(mask.sin6_addr.s6_addr, 16);
		return true;
	}
	return false;
}

/* An interface has few addresses: two arrays that are made anew for each more are plain enough. */
static void add_address(struct snapshot *snapshot, struct host_interface *interface,
			const struct address *address, unsigned bits)
{
	const size_t count = interface->address_count;
	struct arena *const arena = snapshot->host->arena;
	const bool full = (count & (count - 1)) == 0;
	const size_t capacity = count > 0 ? 2 * count : 1;
	struct address *const addresses = full ? arena_array(arena, capacity, sizeof(*addresses))
					       : interface->addresses;
	struct address_range *const networks = full ? arena_array(arena, capacity, sizeof(*networks))
						    : interface->networks;

	if (addresses == NULL || networks == NULL) {
		snapshot->failed = true;
		return;
	}
	if (full && count > 0) {
		memcpy(addresses, interface->addresses, count * sizeof(*addresses));
		memcpy(networks, interface->networks, count * sizeof(*networks));
	}
	addresses[count] = *address;
	networks[count] = address_prefix(address, bits);
	interface->addresses = addresses;
	interface->networks = networks;
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
		struct address address;
		unsigned bits;

		if (interface != NULL && read_address(entry, &address, &bits))
			add_address(snapshot, interface, &address, bits);
	}
	freeifaddrs(list);
}
