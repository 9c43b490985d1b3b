/* ranges.h: sets of addresses, as sorted ranges that do not touch each other's addresses. They answer who is
 * left when those are taken away whom a rule speaks of. */
#ifndef AUDIT_RANGES_H
#define AUDIT_RANGES_H

#include "base/arena.h"
#include "policy/policy.h"

struct ranges {
	struct address_range *list;
	size_t count, capacity;
};

/* All false without memory. */
bool ranges_add(struct arena *arena, struct ranges *set, const struct address_range *range);
bool ranges_subtract(struct arena *arena, struct ranges *set, const struct ranges *what);

/* Adds to set what a and b share. */
bool ranges_add_shared(struct arena *arena, struct ranges *set, const struct ranges *a,
		       const struct ranges *b);

/* What an address list of a rule comes to on this host. An empty list is any address. Whoever speaks from a
 * multicast or broadcast address does not exist: such terms add nothing. */
bool ranges_of_list(struct arena *arena, const struct address_list *list, const struct surroundings *around,
		    struct ranges *ret_set);

#endif
