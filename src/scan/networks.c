#include "scan/networks.h"

#include "scan/endpoint.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stdlib.h>

static struct address address_of(const struct sockaddr *address)
{
	struct sockaddr_storage endpoint = { 0 };

	memcpy(&endpoint, address,
	       address->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
	return endpoint_address(&endpoint);
}

/* A mask of IPv4 stands in the last four octets, where those of its addresses do. */
static struct address_range network_of(const struct address *own, const struct sockaddr *mask)
{
	struct address_range network = { *own, *own };
	const struct address bits = address_of(mask);
	const size_t first = mask->sa_family == AF_INET ? sizeof(bits.bytes) - 4 : 0;

	for (size_t i = first; i < sizeof(bits.bytes); i++) {
		network.first.bytes[i] &= bits.bytes[i];
		network.last.bytes[i] |= (uint8_t)~bits.bytes[i];
	}
	return network;
}

/* The hardware address stands in an entry of its own. */
static void find_hardware(struct network *link, const struct ifaddrs *all, const char *name)
{
	for (const struct ifaddrs *one = all; one != NULL; one = one->ifa_next) {
		const struct sockaddr_ll *const hardware = (const void *)one->ifa_addr;

		if (one->ifa_addr == NULL || one->ifa_addr->sa_family != AF_PACKET ||
		    strcmp(one->ifa_name, name) != 0 || hardware->sll_hatype != ARPHRD_ETHER ||
		    hardware->sll_halen != LINK_ADDRESS)
			continue;
		memcpy(link->hardware, hardware->sll_addr, LINK_ADDRESS);
		link->has_neighbours = (one->ifa_flags & IFF_NOARP) == 0;
		return;
	}
}

static bool is_usable(const struct ifaddrs *one)
{
	return one->ifa_addr != NULL && one->ifa_netmask != NULL && (one->ifa_flags & IFF_UP) != 0 &&
	       (one->ifa_addr->sa_family == AF_INET || one->ifa_addr->sa_family == AF_INET6);
}

bool networks_read(struct networks *networks, struct error *err)
{
	struct ifaddrs *all = NULL;
	size_t most = 0;

	*networks = (struct networks){ 0 };
	if (getifaddrs(&all) != 0)
		return error_system(err, errno, "cannot list the networks of this host");
	for (const struct ifaddrs *one = all; one != NULL; one = one->ifa_next)
		most += is_usable(one);
	networks->list = calloc(most + 1, sizeof(*networks->list));
	for (const struct ifaddrs *one = all; networks->list != NULL && one != NULL; one = one->ifa_next) {
		struct network *const link = &networks->list[networks->count];

		if (!is_usable(one))
			continue;
		link->own = address_of(one->ifa_addr);
		link->range = network_of(&link->own, one->ifa_netmask);
		link->interface = if_nametoindex(one->ifa_name);
		find_hardware(link, all, one->ifa_name);
		networks->count++;
	}
	freeifaddrs(all);
	return networks->list != NULL || error_memory(err);
}

void networks_free(struct networks *networks)
{
	free(networks->list);
	*networks = (struct networks){ 0 };
}

const struct network *networks_find(const struct networks *networks, const struct address *address,
				    uint32_t interface)
{
	const struct network *best = NULL;

	for (size_t i = 0; i < networks->count; i++) {
		const struct network *const link = &networks->list[i];

		if (!address_in(address, &link->range) || (interface != 0 && link->interface != interface))
			continue;
		if (best == NULL || address_in(&link->range.first, &best->range))
			best = link;
	}
	return best;
}

bool networks_own(const struct networks *networks, const struct address *address)
{
	for (size_t i = 0; i < networks->count; i++)
		if (address_compare(&networks->list[i].own, address) == 0)
			return true;
	return false;
}
