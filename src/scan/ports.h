/* ports.h: the ports that are to be looked at, as they are asked for: "22,80,8000-8100,https", "-1023",
 * "60000-", "-" for all. */
#ifndef SCAN_PORTS_H
#define SCAN_PORTS_H

#include "base/error.h"
#include "base/span.h"

enum { PORT_RANGES_MOST = 4096, PORTS_ALL = 65535 };

/* Sorted, and no port stands in it twice. Port 0 is none. */
struct ports {
	struct ports_range {
		uint16_t first, last;
		uint32_t before; /* ports in the ranges before */
	} * list;                /* owned */
	size_t range_count;
	uint32_t count; /* ports in all */
};

/* Words that are no number are names of services, each of which stands for its ports over this transport.
 * False with words. What was read is given back by ports_free() in any case. */
bool ports_parse(struct ports *ports, struct span text, unsigned transport, struct error *err);

/* Those at which the catalogue knows a service over this transport. */
bool ports_known(struct ports *ports, unsigned transport, struct error *err);
void ports_free(struct ports *ports);

/* The nth of them, from 0, in ascending order. */
uint16_t ports_nth(const struct ports *ports, uint32_t nth);
bool ports_find(const struct ports *ports, uint16_t port, uint32_t *ret_nth);

#endif
