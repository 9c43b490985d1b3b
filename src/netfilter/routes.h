/* routes.h: by which interface this host sends to an address, for rules that ask so of the sender: `fib saddr
 * . iif oif missing drop` refuses who would be answered by another interface. Known is what the main tables
 * say; with further tables and rules of routing (RTM_GETRULE) nothing is. */
#ifndef NETFILTER_ROUTES_H
#define NETFILTER_ROUTES_H

#include "base/address.h"
#include "base/arena.h"

struct route {
	struct address_range to;
	uint8_t length; /* of the prefix */
	uint32_t metric;
	uint32_t interface; /* 0: none, such packets are not sent */
	bool v4, unsure;    /* unsure: by one of several */
};

/* Of both families. The first that has an address in it decides, but for link-local ones: of these the first
 * of the interface that is asked about. */
struct routes {
	struct route *list;
	size_t count, capacity;
	bool known;
};

/* Reads them; where that fails, or there are too many, they are not known. */
struct routes routes_read(struct arena *arena);

#endif
