/* stretches.h: the line of all addresses cut into stretches, and for each stretch the first rule that holds
 * there. It is exact: there are at most two stretches more than twice the ranges that it was made of, however
 * they overlap.
 *
 * The stretches of IPv4 stand eight to a cache line, beside their rules, and above them guides of sixteen to
 * a line: a search reads one line of each level, one level more for each sixteenfold. Comparing a whole line
 * costs no branch. IPv6, which is rarer in rules, is searched by halves. */
#ifndef POLICY_STRETCHES_H
#define POLICY_STRETCHES_H

#include "policy/address_set.h"

enum { NO_RULE = UINT32_MAX, LEAF = 8, GUIDE = 16, LINE = 64 };

/* Eight neighbouring stretches. `before` holds the last address of each but the last one, moved into the
 * order of signed numbers, which is what processors compare sixteen bytes of at once; INT32_MAX behind. */
struct leaf {
	int32_t before[LEAF];
	uint32_t rule[LEAF];
};

/* The same for sixteen lines of the level below. */
struct guide {
	int32_t before[GUIDE];
};

/* One stretch of IPv6: it reaches to the next one. */
struct stretch_v6 {
	struct number start;
	uint32_t rule;
};

/* Where the stretches of all maps of a decider live, one behind the other. The lines are aligned. */
struct stretch_pool {
	struct arena *arena;
	struct leaf *leaves;
	struct guide *guides;
	uint32_t *below; /* of each guide: the first of its lines */
	struct stretch_v6 *v6;
	size_t leaf_count, leaf_capacity, guide_count, guide_capacity, below_capacity, v6_count, v6_capacity;
};

/* One map: its part of the pool. A family of which no rule holds anything has no level and no stretch. */
struct stretches {
	uint32_t first; /* the lowest number of its rules */
	uint32_t v6, v6_count;
	uint32_t v4_top; /* the topmost line: a guide, or with one level a leaf */
	uint32_t v4_levels;
};

/* Makes maps, and keeps its working memory, which is in `scratch`, from one to the next. NULL without memory.
 */
struct stretcher;
struct stretcher *stretcher_new(struct arena *scratch, struct stretch_pool *pool);

/* Begins a map, adds sets of addresses to it in the order of their rules, and ends it. NO_RULE only cuts, and
 * then equal neighbours are not joined. False without memory. */
void stretcher_begin(struct stretcher *stretcher);
bool stretcher_add(struct stretcher *stretcher, const struct address_set *set, uint32_t rule);
bool stretcher_end(struct stretcher *stretcher, struct stretches *ret_stretches);

/* Of the map ended last, if it was cut: how many stretches it has, and where a number is among them. Those
 * of IPv4 come first, so neighbours of one family are neighbours here. */
uint32_t stretcher_count(const struct stretcher *stretcher);
uint32_t stretcher_index(const struct stretcher *stretcher, struct number n);

/* Room for more objects that each fill a cache line, and begin with one; the array, or NULL. */
void *reserve_lines(struct arena *arena, void *lines, size_t count, size_t more, size_t *capacity);

static inline int32_t ordered(uint32_t n)
{
	return (int32_t)(n ^ UINT32_C(0x80000000));
}

/* Four numbers that the processor compares at once. Vectors are an extension of gcc and clang; written as a
 * loop of C the comparison takes twice the time, and a search consists of little else. */
typedef int32_t four __attribute__((vector_size(16)));

static inline four four_below(const int32_t numbers[static 4], four key)
{
	four loaded;

	memcpy(&loaded, numbers, sizeof(loaded));
	return loaded < key; /* -1 where it holds */
}

static inline uint32_t four_count(four below)
{
	uint64_t halves[2];

	below = -below;
	memcpy(halves, &below, sizeof(halves));
	halves[0] += halves[1];
	return (uint32_t)(halves[0] + (halves[0] >> 32));
}

/* Which of the eight holds the key; with the line's number, the slot of the key. */
static inline uint32_t leaf_rank(const struct leaf *leaf, int32_t key)
{
	const four keys = { key, key, key, key };

	return four_count(four_below(leaf->before, keys) + four_below(leaf->before + 4, keys));
}

static inline uint32_t guide_rank(const struct guide *guide, int32_t key)
{
	const four keys = { key, key, key, key };
	const int32_t *const before = guide->before;

	return four_count(four_below(before, keys) + four_below(before + 4, keys) +
			  four_below(before + 8, keys) + four_below(before + 12, keys));
}

/* The leaf that an IPv4 address is in. The map must have a level. */
static inline uint32_t stretches_leaf(const struct stretch_pool *pool, const struct stretches *s, int32_t key)
{
	uint32_t line = s->v4_top;

	for (uint32_t level = s->v4_levels; level > 1; level--)
		line = pool->below[line] + guide_rank(&pool->guides[line], key);
	return line;
}

/* The slot of an IPv4 address in the pool: its leaf times eight plus the rank in it. */
static inline uint32_t stretches_slot_v4(const struct stretch_pool *pool, const struct stretches *s,
					 uint32_t address)
{
	const uint32_t leaf = stretches_leaf(pool, s, ordered(address));

	return leaf * LEAF + leaf_rank(&pool->leaves[leaf], ordered(address));
}

static inline uint32_t stretches_rule_v4(const struct stretch_pool *pool, const struct stretches *s,
					 uint32_t address)
{
	const struct leaf *const leaf = &pool->leaves[stretches_leaf(pool, s, ordered(address))];

	return leaf->rule[leaf_rank(leaf, ordered(address))];
}

/* The index of an IPv6 address in the pool. The map must have a stretch. */
static inline uint32_t stretches_slot_v6(const struct stretch_pool *pool, const struct stretches *s,
					 struct number key)
{
	uint32_t at = s->v6, n = s->v6_count;

	while (n > 1) {
		const uint32_t half = n / 2;

		at += number_less(key, pool->v6[at + half].start) ? 0 : half;
		n -= half;
	}
	return at;
}

#endif
