/* places.h: where flows live. One stretch of address space as long as the table's bound allows, of which
 * memory is taken as flows come: a flow's number is its place, and it never moves. Number 0 is no flow. */
#ifndef FLOW_PLACES_H
#define FLOW_PLACES_H

#include "flow/flow.h"

enum { NO_FLOW = 0, HUGE_PAGE = 2 << 20 };

_Static_assert(sizeof(struct flow) <= FLOW_BYTES, "a flow fits its place");
_Static_assert(offsetof(struct flow, sides) == 64 && sizeof(struct flow_side) == 32,
	       "what each packet touches lies in two cache lines");

struct places {
	uint8_t *at;
	size_t bytes;       /* of address space */
	uint32_t next;      /* all from here on were never used */
	uint32_t free_list; /* through next_due */
};

static inline struct flow *place_of(const struct places *places, uint32_t number)
{
	return (struct flow *)(places->at + (size_t)number * FLOW_BYTES);
}

/* False without address space. */
bool places_init(struct places *places, size_t bytes);
void places_free(struct places *places);

/* The memory that so many places take, in whole pieces. */
static inline size_t places_memory(uint32_t next)
{
	return ((size_t)next * FLOW_BYTES + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
}

/* A place for a flow: one that was given back, or a new one as long as all of them stay within `bytes`; NULL
 * past that. Only `number` is filled in. */
struct flow *places_take(struct places *places, size_t bytes);
void places_give(struct places *places, struct flow *flow);

/* None is taken any more. */
void places_clear(struct places *places);

/* Memory in whole pages, all zero, in huge ones after the first `small` bytes where the system gives them.
 * NULL without memory. */
void *pages_new(size_t bytes, size_t small);
void pages_free(void *pages, size_t bytes);

/* A list of flows through next_due, by number of the first: put into the order of their first frames. */
uint32_t places_sort(const struct places *places, uint32_t list);

#endif
