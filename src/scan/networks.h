/* networks.h: the networks that this host is connected to, where neighbours are asked for by ARP and ND. */
#ifndef SCAN_NETWORKS_H
#define SCAN_NETWORKS_H

#include "base/address.h"
#include "base/error.h"

#include <stdint.h>

enum { LINK_ADDRESS = 6 };

struct network {
	struct address_range range;
	struct address own;
	uint32_t interface;
	uint8_t hardware[LINK_ADDRESS];
	bool has_neighbours; /* an Ethernet, where each has a hardware address; else a loopback or a tunnel */
};

struct networks {
	struct network *list; /* owned */
	size_t count;
};

/* False with words. */
bool networks_read(struct networks *networks, struct error *err);
void networks_free(struct networks *networks);

/* The narrowest network that the address belongs to, or NULL. `interface` is the scope of a link-local
 * address, or 0. */
const struct network *networks_find(const struct networks *networks, const struct address *address,
				    uint32_t interface);

/* Whether it is an address of this host. */
bool networks_own(const struct networks *networks, const struct address *address);

#endif
