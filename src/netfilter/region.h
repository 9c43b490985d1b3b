/* region.h: sets of packets that one question asks about: boxes of source addresses, their ports, and ports
 * of the destination. The boxes of a region do not overlap. A region is not changed once it is made, so that
 * many may share one. All work is counted against a bound. */
#ifndef NETFILTER_REGION_H
#define NETFILTER_REGION_H

#include "base/address.h"
#include "base/arena.h"

struct box {
	struct address_range sources;
	uint16_t source_first, source_last, first, last;
};

struct region {
	struct box *boxes;
	size_t count, capacity;
};

/* What regions are made with; `failed` when memory or the bound was reached. */
struct workshop {
	struct arena *arena;
	uint64_t steps, most;
	bool failed;
};

/* What a and b share; false if nothing. */
bool box_shared(const struct box *a, const struct box *b, struct box *ret_box);

void region_add(struct workshop *w, struct region *region, const struct box *box); /* overlaps none in it */
struct region region_within(struct workshop *w, const struct region *region, const struct box *box);
struct region region_without(struct workshop *w, const struct region *region, const struct region *what);
struct region region_both(struct workshop *w, const struct region *a, const struct region *b);

/* Adds those of `more` that are not in it. */
void region_unite(struct workshop *w, struct region *region, const struct region *more);

#endif
