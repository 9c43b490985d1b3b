/* stretches.h: the line of all addresses cut into stretches, and for each stretch the first rule that holds
 * there. It is exact: there are at most two stretches more than twice the ranges that it was made of, however
 * they overlap.
 *
 * The stretches of IPv4 stand eight to a cache line, beside their rules, and above them guides of sixteen to
 * a line: a search reads one line of each level, one level more for each sixteenfold. Comparing a whole line
 * costs no branch. Large maps have shelves beside the guides, which lead from the leading bits of an address
 * to its leaf at once, wherever addresses do not crowd. IPv6, which is rarer in rules, is searched by halves.
 */
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

/* The addresses of IPv4 with one first byte, laid on shelves of 2^shift each. Every such slice has its own
 * width of shelves, so that a map of one network is cut as finely as one of the whole Internet. */
struct slice {
	uint32_t first, shift;
};
enum { SLICES = 256, SLICE_BITS = 24, SLICED_LEVELS = 3 }; /* below: no guide, or one */
#define CROWDED UINT32_MAX /* a shelf on which several leaves meet: the guides know */

/* Where the stretches of all maps of a decider live, one behind the other. The lines are aligned. */
struct stretch_pool {
	struct arena *arena;
	struct leaf *leaves;
	struct guide *guides;
	uint32_t *below; /* of each guide: the first of its lines */
	struct stretch_v6 *v6;
	struct slice *slices;
	uint32_t *shelves; /* of each: its leaf, or CROWDED */
	size_t slice_count, slice_capacity, shelf_count, shelf_capacity;
	size_t leaf_count, leaf_capacity, guide_count, guide_capacity, below_capacity, v6_count, v6_capacity;
};

/* One map: its part of the pool. A family of which no rule holds anything has no level and no stretch. */
struct stretches {
	uint32_t first; /* the lowest number of its rules */
	uint32_t v6, v6_count;
	uint32_t v4_top; /* the topmost line: a guide, or with one level a leaf */
	uint32_t v4_levels;
	uint32_t v4_slices; /* the first of its slices, where there are at least SLICED_LEVELS */
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

	memcpy(&loaded, __builtin_assume_aligned(numbers, sizeof(loaded)), sizeof(loaded));
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

/* The leaf that an IPv4 address is in, by the guides alone. The map must have a level. */
static inline uint32_t stretches_descend(const struct stretch_pool *pool, const struct stretches *s,
					 uint32_t address)
{
	uint32_t line = s->v4_top;

	for (uint32_t level = s->v4_levels; level > 1; level--)
		line = pool->below[line] + guide_rank(&pool->guides[line], ordered(address));
	return line;
}

/* The same, by the shelves where there are some. */
static inline uint32_t stretches_leaf(const struct stretch_pool *pool, const struct stretches *s,
				      uint32_t address)
{
	const struct slice *slice;
	uint32_t leaf;

	if (s->v4_levels == 1)
		return s->v4_top;
	if (s->v4_levels < SLICED_LEVELS)
		return pool->below[s->v4_top] + guide_rank(&pool->guides[s->v4_top], ordered(address));
	slice = &pool->slices[s->v4_slices + (address >> SLICE_BITS)];
	leaf = pool->shelves[slice->first + (address % (UINT32_C(1) << SLICE_BITS) >> slice->shift)];
	return leaf != CROWDED ? leaf : stretches_descend(pool, s, address);
}

/* The slot of an IPv4 address in the pool: its leaf times eight plus the rank in it. */
static inline uint32_t stretches_slot_v4(const struct stretch_pool *pool, const struct stretches *s,
					 uint32_t address)
{
	const uint32_t leaf = stretches_leaf(pool, s, address);

	return leaf * LEAF + leaf_rank(&pool->leaves[leaf], ordered(address));
}

static inline uint32_t stretches_rule_v4(const struct stretch_pool *pool, const struct stretches *s,
					 uint32_t address)
{
	const struct leaf *const leaf = &pool->leaves[stretches_leaf(pool, s, address)];

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
