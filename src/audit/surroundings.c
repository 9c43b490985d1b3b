#include "audit/audit.h"
#include "base/clock.h"

static const uint8_t v6_loopback[16] = { [15] = 1 };

static size_t own_addresses(const struct host *host)
{
	size_t count = 0;

	for (size_t i = 0; i < host->interface_count; i++)
		count += host->interfaces[i].space == 0 ? host->interfaces[i].address_count : 0;
	return count;
}

/* Fills the three lists; they have room for every address, and two more. */
static void add_interface(const struct host_interface *interface, struct address_range *self,
			  struct address_range *local, struct address_range *broadcast,
			  struct surroundings *around)
{
	for (size_t i = 0; i < interface->address_count; i++) {
		const struct address *const address = &interface->addresses[i];
		const struct address_range *const network = &interface->networks[i];

		self[around->self_count++] = (struct address_range){ *address, *address };
		if (interface->loopback)
			continue;
		local[around->local_count++] = *network;
		if (address_is_v4(address) && address_range_bits(network) < 31)
			broadcast[around->broadcast_count++] = (struct address_range){ network->last,
										       network->last };
	}
}

struct surroundings audit_surroundings(struct arena *arena, const struct host *host)
{
	const size_t most = own_addresses(host) + 2;
	struct address_range *const self = arena_array(arena, most, sizeof(*self));
	struct address_range *const local = arena_array(arena, most, sizeof(*local));
	struct address_range *const broadcast = arena_array(arena, most, sizeof(*broadcast));
	const struct address v4 = address_v4(0x7f000000), v6 = address_v6(v6_loopback);
	const struct address everybody = address_v4(0xffffffff);
	struct surroundings around = { .today = clock_today() };

	if (self == NULL || local == NULL || broadcast == NULL)
		return around;
	around.self = self;
	around.local = local;
	around.broadcast = broadcast;
	self[around.self_count++] = address_prefix(&v4, 8);
	self[around.self_count++] = (struct address_range){ v6, v6 };
	broadcast[around.broadcast_count++] = (struct address_range){ everybody, everybody };
	for (size_t i = 0; i < host->interface_count; i++) {
		if (host->interfaces[i].space == 0)
			add_interface(&host->interfaces[i], self, local, broadcast, &around);
	}
	return around;
}
