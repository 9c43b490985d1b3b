#include "policy/stretches.h"

#include <stdlib.h>

/* Ranges are painted over the elementary intervals between all their ends, the first rule first, and paint
 * does not cover paint. `free_from` leads over what is painted already (a union of neighbours, with path
 * halving), so that every interval is painted once. */
struct stretcher {
	struct arena *scratch;     /* borrowed */
	struct stretch_pool *pool; /* borrowed */
	struct stretch_range *ranges;
	struct number *starts; /* of the elementary intervals */
	uint32_t *paint, *free_from;
	size_t range_count, range_capacity, start_count, start_capacity, paint_capacity, free_capacity;
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
}

bool stretcher_add(struct stretcher *s, const struct address_set *set, uint32_t rule)
{
	for (size_t i = 0; i < set->count; i++) {
		struct stretch_range *const ranges = arena_grow(s->scratch, s->ranges, s->range_count,
								&s->range_capacity, sizeof(*ranges));

		if (ranges == NULL)
			return false;
		s->ranges = ranges;
		ranges[s->range_count++] = (struct stretch_range){ set->ranges[i].first, set->ranges[i].last,
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

static void paint_range(struct stretcher *s, const struct stretch_range *range)
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
	for (size_t i = 0; i < s->range_count; i++)
		paint_range(s, &s->ranges[i]);
	return true;
}

static bool append_v4(struct stretch_pool *pool, struct stretches *map, uint32_t start, uint32_t rule)
{
	struct stretch_v4 *v4;

	if (map->v4_count > 0 && pool->v4[pool->v4_count - 1].rule == rule)
		return true;
	v4 = arena_grow(pool->arena, pool->v4, pool->v4_count, &pool->v4_capacity, sizeof(*v4));
	if (v4 == NULL)
		return false;
	pool->v4 = v4;
	v4[pool->v4_count++] = (struct stretch_v4){ start, rule };
	map->v4_count++;
	return true;
}

static bool append_v6(struct stretch_pool *pool, struct stretches *map, struct number start, uint32_t rule)
{
	struct stretch_v6 *v6;

	if (map->v6_count > 0 && pool->v6[pool->v6_count - 1].rule == rule)
		return true;
	v6 = arena_grow(pool->arena, pool->v6, pool->v6_count, &pool->v6_capacity, sizeof(*v6));
	if (v6 == NULL)
		return false;
	pool->v6 = v6;
	v6[pool->v6_count++] = (struct stretch_v6){ start, rule };
	map->v6_count++;
	return true;
}

/* A family that nothing holds in came out as one empty stretch: it is taken back. */
static void drop_empty(struct stretch_pool *pool, struct stretches *map)
{
	if (map->v4_count == 1 && pool->v4[map->v4].rule == NO_RULE) {
		pool->v4_count--;
		map->v4_count = 0;
	}
	if (map->v6_count == 1 && pool->v6[map->v6].rule == NO_RULE) {
		pool->v6_count--;
		map->v6_count = 0;
	}
}

bool stretcher_end(struct stretcher *s, struct stretches *ret_stretches)
{
	struct stretch_pool *const pool = s->pool;
	struct stretches map = {
		.first = s->range_count > 0 ? s->ranges[0].rule : NO_RULE,
		.v4 = (uint32_t)pool->v4_count,
		.v6 = (uint32_t)pool->v6_count,
	};

	if (!collect_starts(s) || !paint_all(s))
		return false;
	for (size_t i = 0; i < s->start_count; i++) {
		const struct number start = s->starts[i];
		const bool good = number_is_v4(start)
					  ? append_v4(pool, &map, (uint32_t)start.low, s->paint[i])
					  : append_v6(pool, &map, start, s->paint[i]);

		if (!good)
			return false;
	}
	drop_empty(pool, &map);
	*ret_stretches = map;
	return true;
}
