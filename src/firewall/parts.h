/* parts.h: the text of a table as its parts: chains, sets, maps and other objects, each with its lines. */
#ifndef FIREWALL_PARTS_H
#define FIREWALL_PARTS_H

#include "base/arena.h"
#include "base/span.h"

/* "\tchain rule-web {", and what stands in it up to "\t}". */
struct part {
	struct span head, lines; /* "chain rule-web"; its lines, each with its end */
};
struct parts {
	struct part *list; /* as they stand in the text */
	size_t count, capacity;
};

/* Takes the text apart; spans point into it. False without memory. */
bool parts_read(struct arena *arena, struct span text, struct parts *ret_parts);

/* The same of two texts that are mostly one: parts that both have at the same place may be left out of both,
 * so that what it takes does not grow with them. */
bool parts_read_unlike(struct arena *arena, struct span a, struct span b, struct parts *ret_a,
		       struct parts *ret_b);

/* Whether the text has so many parts; it is read no further. */
bool parts_reach(struct span text, size_t count);

/* Whether two have the same head. */
bool parts_alike(const struct part *a, const struct part *b);

/* Whether two have the same lines. */
bool parts_equal(const struct part *a, const struct part *b);

/* The order of heads, as qsort() wants it. */
int parts_by_head(const void *a, const void *b);

#endif
