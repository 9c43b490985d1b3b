/* stretches.h: the line of all addresses cut into stretches, and for each stretch the first rule that holds
 * there. It answers by one binary search and is exact: there are at most two stretches more than twice the
 * ranges that it was made of, however they overlap. */
#ifndef POLICY_STRETCHES_H
#define POLICY_STRETCHES_H

#include "policy/address_set.h"

enum { NO_RULE = UINT32_MAX };

/* One stretch: it reaches to the next one of its family. The rule stands beside its key, so that a small map
 * is one or two cache lines. */
struct stretch_v4 {
	uint32_t start, rule;
};
struct stretch_v6 {
	struct number start;
	uint32_t rule;
};

/* Where the stretches of all maps of a decider live, one behind the other. */
struct stretch_pool {
	struct arena *arena;
	struct stretch_v4 *v4;
	struct stretch_v6 *v6;
	size_t v4_count, v4_capacity, v6_count, v6_capacity;
};

/* One map: its part of each pool. A family of which no rule holds anything has no stretch at all. */
struct stretches {
	uint32_t first; /* the lowest number of its rules */
	uint32_t v4, v4_count, v6, v6_count;
};

/* What a map is made of. Several ranges may have the same rule. */
struct stretch_range {
	struct number first, last;
	uint32_t rule;
};

/* Makes maps, and keeps its working memory, which is in `scratch`, from one to the next. NULL without memory.
 */
struct stretcher;
struct stretcher *stretcher_new(struct arena *scratch, struct stretch_pool *pool);

/* Begins a map, and adds ranges to it, in the order of their rules. False without memory. */
void stretcher_begin(struct stretcher *stretcher);
bool stretcher_add(struct stretcher *stretcher, const struct address_set *set, uint32_t rule);
bool stretcher_end(struct stretcher *stretcher, struct stretches *ret_stretches);

static inline uint32_t stretches_find_v4(const struct stretch_pool *pool, const struct stretches *s,
					 uint32_t key)
{
	const struct stretch_v4 *at = pool->v4 + s->v4;
	size_t n = s->v4_count;

	if (n == 0)
		return NO_RULE;
	while (n > 1) {
		const size_t half = n / 2;

		at += at[half].start <= key ? half : 0;
		n -= half;
	}
	return at->rule;
}

static inline uint32_t stretches_find_v6(const struct stretch_pool *pool, const struct stretches *s,
					 struct number key)
{
	const struct stretch_v6 *at = pool->v6 + s->v6;
	size_t n = s->v6_count;

	if (n == 0)
		return NO_RULE;
	while (n > 1) {
		const size_t half = n / 2;

		at += number_less(key, at[half].start) ? 0 : half;
		n -= half;
	}
	return at->rule;
}

/* The first rule at an address, or NO_RULE. */
static inline uint32_t stretches_find(const struct stretch_pool *pool, const struct stretches *s,
				      struct number n)
{
	return number_is_v4(n) ? stretches_find_v4(pool, s, (uint32_t)n.low) : stretches_find_v6(pool, s, n);
}

#endif
