#include "policy/stretches.h"

#include <stdlib.h>

enum {
	LEVELS = 9,           /* of guides, at most: sixteenths of 2^32 */
	SHELVES_PER_LEAF = 8, /* so that few leaves meet on one */
	SHELF_BITS = 16,      /* of shelves in one slice, at most */
};

/* What a map is made of. Several ranges may have the same rule. */
struct painted_range {
	struct number first, last;
	uint32_t rule;
};

/* A stretch of IPv4 while its map is put together. */
struct stretch_v4 {
	uint32_t start, rule;
};

/* Ranges are painted over the elementary intervals between all their ends, the first rule first, and paint
 * does not cover paint. `free_from` leads over what is painted already (a union of neighbours, with path
 * halving), so that every interval is painted once. */
struct stretcher {
	struct arena *scratch;     /* borrowed */
	struct stretch_pool *pool; /* borrowed */
	struct painted_range *ranges;
	struct number *starts; /* of the elementary intervals */
	uint32_t *paint, *free_from;
	struct stretch_v4 *v4;
	size_t v4_from, v4_behind; /* the intervals of IPv4 */
	size_t range_count, range_capacity, start_count, start_capacity, paint_capacity, free_capacity,
		v4_capacity;
	bool cut; /* some ranges only cut: equal neighbours stay apart */
};

struct stretcher *stretcher_new(struct arena *scratch, struct stretch_pool *pool)
{
	struct stretcher *const s = arena_alloc(scratch, sizeof(*s));

	if (s != NULL)
		*s = (struct stretcher){ .scratch = scratch, .pool = pool };
	return s;
}

/* Makes room for `count` objects in working memory, whose content is not kept; the array, or NULL. */
static void *room(struct stretcher *s, void *array, size_t *capacity, size_t count, size_t size)
{
	const size_t wanted = count > 2 * *capacity ? count : 2 * *capacity;
	void *larger;

	if (count <= *capacity)
		return array;
	larger = arena_array(s->scratch, wanted, size);
	if (larger != NULL)
		*capacity = wanted;
	return larger;
}

void stretcher_begin(struct stretcher *s)
{
	s->range_count = 0;
	s->cut = false;
}

bool stretcher_add(struct stretcher *s, const struct address_set *set, uint32_t rule)
{
	s->cut |= rule == NO_RULE;
	for (size_t i = 0; i < set->count; i++) {
		struct painted_range *const ranges = arena_grow(s->scratch, s->ranges, s->range_count,
								&s->range_capacity, sizeof(*ranges));

		if (ranges == NULL)
			return false;
		s->ranges = ranges;
		ranges[s->range_count++] = (struct painted_range){ set->ranges[i].first, set->ranges[i].last,
								   rule };
	}
	return true;
}

static int by_number(const void *a, const void *b)
{
	return number_compare(*(const struct number *)a, *(const struct number *)b);
}

/* The starts of the elementary intervals: every first and every end's next, and the borders of the mapped
 * block, so that none belongs to both families. */
static bool collect_starts(struct stretcher *s)
{
	struct number *const starts = room(s, s->starts, &s->start_capacity, 2 * s->range_count + 3,
					   sizeof(*starts));
	size_t count = 0, kept = 0;

	if (starts == NULL)
		return false;
	s->starts = starts;
	starts[count++] = (struct number){ 0, 0 };
	starts[count++] = MAPPED_FIRST;
	starts[count++] = NUMBER_BEHIND;
	for (size_t i = 0; i < s->range_count; i++) {
		starts[count++] = s->ranges[i].first;
		if (!number_equal(s->ranges[i].last, NUMBER_MOST))
			starts[count++] = number_next(s->ranges[i].last);
	}
	qsort(starts, count, sizeof(*starts), by_number);
	for (size_t i = 1; i < count; i++) {
		if (!number_equal(starts[kept], starts[i]))
			starts[++kept] = starts[i];
	}
	s->start_count = kept + 1;
	return true;
}

/* The elementary interval that begins at n, which is one of the starts. */
static size_t interval_at(const struct stretcher *s, struct number n)
{
	size_t low = 0, high = s->start_count;

	while (low + 1 < high) {
		const size_t middle = low + (high - low) / 2;

		if (number_less(n, s->starts[middle]))
			high = middle;
		else
			low = middle;
	}
	return low;
}

static size_t next_free(struct stretcher *s, size_t i)
{
	while (s->free_from[i] != i) {
		s->free_from[i] = s->free_from[s->free_from[i]];
		i = s->free_from[i];
	}
	return i;
}

static void paint_range(struct stretcher *s, const struct painted_range *range)
{
	const size_t from = interval_at(s, range->first);
	const size_t to = number_equal(range->last, NUMBER_MOST) ? s->start_count
								 : interval_at(s, number_next(range->last));

	for (size_t i = next_free(s, from); i < to; i = next_free(s, i)) {
		s->paint[i] = range->rule;
		s->free_from[i] = (uint32_t)i + 1;
	}
}

static bool paint_all(struct stretcher *s)
{
	uint32_t *const paint = room(s, s->paint, &s->paint_capacity, s->start_count, sizeof(*paint));
	uint32_t *free_from;

	if (paint == NULL)
		return false;
	s->paint = paint;
	free_from = room(s, s->free_from, &s->free_capacity, s->start_count + 1, sizeof(*free_from));
	if (free_from == NULL)
		return false;
	s->free_from = free_from;
	for (size_t i = 0; i < s->start_count; i++) {
		paint[i] = NO_RULE;
		free_from[i] = (uint32_t)i;
	}
	free_from[s->start_count] = (uint32_t)s->start_count;
	for (size_t i = 0; i < s->range_count; i++) {
		if (s->ranges[i].rule != NO_RULE)
			paint_range(s, &s->ranges[i]);
	}
	return true;
}

static bool append_v6(struct stretch_pool *pool, struct stretches *map, struct number start, uint32_t rule)
{
	struct stretch_v6 *const v6 = arena_grow(pool->arena, pool->v6, pool->v6_count, &pool->v6_capacity,
						 sizeof(*v6));

	if (v6 == NULL)
		return false;
	pool->v6 = v6;
	v6[pool->v6_count++] = (struct stretch_v6){ start, rule };
	map->v6_count++;
	return true;
}

/* The stretches of IPv6 on both sides of the mapped block, as one row. */
static bool end_v6(struct stretcher *s, struct stretches *map)
{
	struct stretch_pool *const pool = s->pool;

	map->v6 = (uint32_t)pool->v6_count;
	for (size_t i = 0; i < s->start_count; i++) {
		const bool again = map->v6_count > 0 && !s->cut &&
				   pool->v6[pool->v6_count - 1].rule == s->paint[i];

		if (number_is_v4(s->starts[i]) || again)
			continue;
		if (!append_v6(pool, map, s->starts[i], s->paint[i]))
			return false;
	}
	if (!s->cut && map->v6_count == 1 && pool->v6[map->v6].rule == NO_RULE) {
		pool->v6_count--;
		map->v6_count = 0;
	}
	return true;
}

/* The stretches of IPv4; their number, or SIZE_MAX without memory. */
static size_t gather_v4(struct stretcher *s)
{
	struct stretch_v4 *const v4 = room(s, s->v4, &s->v4_capacity, s->v4_behind - s->v4_from, sizeof(*v4));
	size_t count = 0;

	if (v4 == NULL)
		return SIZE_MAX;
	s->v4 = v4;
	for (size_t i = s->v4_from; i < s->v4_behind; i++) {
		if (count == 0 || s->cut || v4[count - 1].rule != s->paint[i])
			v4[count++] = (struct stretch_v4){ (uint32_t)s->starts[i].low, s->paint[i] };
	}
	return count == 1 && !s->cut && v4[0].rule == NO_RULE ? 0 : count;
}

/* The last address before stretch i, or what is behind all. */
static int32_t before(const struct stretcher *s, size_t count, size_t i)
{
	return i < count ? ordered(s->v4[i].start - 1) : INT32_MAX;
}

static void add_leaf(struct stretcher *s, size_t count, size_t from)
{
	struct leaf *const leaf = &s->pool->leaves[s->pool->leaf_count++];

	for (size_t i = 0; i < LEAF; i++) {
		leaf->before[i] = i + 1 < LEAF ? before(s, count, from + i + 1) : INT32_MAX;
		leaf->rule[i] = from + i < count ? s->v4[from + i].rule : NO_RULE;
	}
}

/* A guide to lines that each hold `reach` stretches. */
static void add_guide(struct stretcher *s, size_t count, size_t from, size_t reach, size_t below)
{
	struct stretch_pool *const pool = s->pool;
	struct guide *const guide = &pool->guides[pool->guide_count];

	for (size_t i = 0; i < GUIDE; i++)
		guide->before[i] = i + 1 < GUIDE ? before(s, count, from + (i + 1) * reach) : INT32_MAX;
	pool->below[pool->guide_count++] = (uint32_t)below;
}

void *reserve_lines(struct arena *arena, void *lines, size_t count, size_t more, size_t *capacity)
{
	const size_t wanted = count + more > 2 * *capacity ? count + more : 2 * *capacity;
	uint8_t *room;

	if (count + more <= *capacity)
		return lines;
	room = arena_array(arena, wanted + 1, LINE);
	if (room == NULL)
		return NULL;
	room += LINE - (uintptr_t)room % LINE;
	if (count > 0)
		memcpy(room, lines, count * LINE);
	*capacity = wanted;
	return room;
}

static bool reserve_leaves(struct stretch_pool *pool, size_t more)
{
	struct leaf *const leaves = reserve_lines(pool->arena, pool->leaves, pool->leaf_count, more,
						  &pool->leaf_capacity);

	if (leaves == NULL)
		return false;
	pool->leaves = leaves;
	return true;
}

static bool reserve_guides(struct stretch_pool *pool, size_t more)
{
	struct guide *const guides = reserve_lines(pool->arena, pool->guides, pool->guide_count, more,
						   &pool->guide_capacity);
	uint32_t *below;

	if (guides == NULL)
		return false;
	pool->guides = guides;
	if (pool->below_capacity == pool->guide_capacity)
		return true;
	below = arena_array(pool->arena, pool->guide_capacity, sizeof(*below));
	if (below == NULL)
		return false;
	if (pool->guide_count > 0)
		memcpy(below, pool->below, pool->guide_count * sizeof(*below));
	pool->below = below;
	pool->below_capacity = pool->guide_capacity;
	return true;
}

/* Leaves first, then level over level of guides, until one line holds all. */
static bool end_v4(struct stretcher *s, struct stretches *map)
{
	struct stretch_pool *const pool = s->pool;
	const size_t count = gather_v4(s);
	size_t width = (count + LEAF - 1) / LEAF, below = pool->leaf_count, reach = LEAF;

	if (count == 0)
		return true;
	if (count == SIZE_MAX || !reserve_leaves(pool, width))
		return false;
	if (width > 1 && !reserve_guides(pool, width / (GUIDE / 2) + LEVELS))
		return false;
	for (size_t i = 0; i < width; i++)
		add_leaf(s, count, i * LEAF);
	for (map->v4_levels = 1; width > 1; map->v4_levels++) {
		const size_t lines = (width + GUIDE - 1) / GUIDE, level = pool->guide_count;

		for (size_t i = 0; i < lines; i++)
			add_guide(s, count, i * GUIDE * reach, reach, below + i * GUIDE);
		width = lines;
		below = level;
		reach *= GUIDE;
	}
	map->v4_top = (uint32_t)below;
	return true;
}

static bool add_shelf(struct stretch_pool *pool, uint32_t leaf)
{
	uint32_t *const shelves = arena_grow(pool->arena, pool->shelves, pool->shelf_count,
					     &pool->shelf_capacity, sizeof(*shelves));

	if (shelves == NULL)
		return false;
	pool->shelves = shelves;
	shelves[pool->shelf_count++] = leaf;
	return true;
}

/* Cuts a slice by the number of its leaves, and asks the guides for both ends of each shelf. */
static bool add_slice(struct stretch_pool *pool, const struct stretches *map, uint32_t first)
{
	struct slice *const slices = arena_grow(pool->arena, pool->slices, pool->slice_count,
						&pool->slice_capacity, sizeof(*slices));
	const uint32_t end = first + ((UINT32_C(1) << SLICE_BITS) - 1);
	const uint32_t more_leaves = stretches_descend(pool, map, end) - stretches_descend(pool, map, first);
	uint32_t bits = 0;

	if (slices == NULL)
		return false;
	while (bits < SHELF_BITS && UINT32_C(1) << bits < more_leaves * SHELVES_PER_LEAF)
		bits++;
	pool->slices = slices;
	slices[pool->slice_count++] = (struct slice){ (uint32_t)pool->shelf_count, SLICE_BITS - bits };
	for (uint32_t i = 0; i < UINT32_C(1) << bits; i++) {
		const uint32_t from = first + (i << (SLICE_BITS - bits));
		const uint32_t to = from + ((UINT32_C(1) << (SLICE_BITS - bits)) - 1);
		const uint32_t leaf = stretches_descend(pool, map, from);

		if (!add_shelf(pool, leaf == stretches_descend(pool, map, to) ? leaf : CROWDED))
			return false;
	}
	return true;
}

static bool add_slices(struct stretch_pool *pool, struct stretches *map)
{
	if (map->v4_levels < SLICED_LEVELS)
		return true;
	map->v4_slices = (uint32_t)pool->slice_count;
	for (uint32_t i = 0; i < SLICES; i++) {
		if (!add_slice(pool, map, i << SLICE_BITS))
			return false;
	}
	return true;
}

bool stretcher_end(struct stretcher *s, struct stretches *ret_stretches)
{
	struct stretches map = { .first = NO_RULE };

	for (size_t i = 0; i < s->range_count && map.first == NO_RULE; i++)
		map.first = s->ranges[i].rule;
	if (!collect_starts(s) || !paint_all(s))
		return false;
	s->v4_from = interval_at(s, MAPPED_FIRST);
	s->v4_behind = interval_at(s, NUMBER_BEHIND);
	if (!end_v6(s, &map) || !end_v4(s, &map) || !add_slices(s->pool, &map))
		return false;
	*ret_stretches = map;
	return true;
}

uint32_t stretcher_count(const struct stretcher *s)
{
	return (uint32_t)s->start_count;
}

uint32_t stretcher_index(const struct stretcher *s, struct number n)
{
	const size_t i = interval_at(s, n), v4_count = s->v4_behind - s->v4_from;

	if (i < s->v4_from)
		return (uint32_t)(v4_count + i);
	return (uint32_t)(i < s->v4_behind ? i - s->v4_from : i);
}
