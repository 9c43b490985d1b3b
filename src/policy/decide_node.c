/* A node: the rules of one room of ports, parted by the ends that they constrain. */
#include "policy/decide_build.h"

#include <stdlib.h>

/* Which ends a rule constrains: 0 neither, 1 the source, 2 the destination, 3 both. */
enum { SOURCE = 1, DESTINATION = 2, BOTH = 3 };

static unsigned constrains(const struct decider *d, uint32_t rule)
{
	return (d->ends[rule].source->everything ? 0 : SOURCE) |
	       (d->ends[rule].destination->everything ? 0 : DESTINATION);
}

static const struct address_set *end_of(const struct decider *d, uint32_t rule, unsigned end)
{
	return end == SOURCE ? d->ends[rule].source : d->ends[rule].destination;
}

/* The map of one end of some rules. */
static bool build_map(struct builder *b, const uint32_t *rules, size_t count, unsigned end,
		      struct stretches *ret_map)
{
	*ret_map = (struct stretches){ .first = NO_RULE };
	if (count == 0)
		return true;
	stretcher_begin(b->stretcher);
	for (size_t i = 0; i < count; i++) {
		if (!stretcher_add(b->stretcher, end_of(b->decider, rules[i], end), rules[i]))
			return false;
	}
	return stretcher_end(b->stretcher, ret_map);
}

/* The rules of one kind, in b->rules. A rule behind the first that constrains neither end never counts. */
static size_t select_rules(struct builder *b, const struct placed *placed, size_t count, unsigned kind,
			   uint32_t before)
{
	size_t selected = 0;

	for (size_t i = 0; i < count && placed[i].rule < before; i++) {
		if (constrains(b->decider, placed[i].rule) == kind)
			b->rules[selected++] = placed[i].rule;
	}
	return selected;
}

static bool reserve_rules(struct builder *b, size_t count)
{
	if (b->rule_capacity >= count)
		return true;
	b->rules = arena_array(b->scratch, 2 * count, sizeof(*b->rules));
	b->rule_capacity = b->rules != NULL ? 2 * count : 0;
	return b->rules != NULL;
}

static uint32_t first_of_all(const struct decider *d, const struct placed *placed, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (constrains(d, placed[i].rule) == 0)
			return placed[i].rule;
	}
	return NO_RULE;
}

bool build_node(struct builder *b, const struct placed *placed, size_t count, uint32_t *ret_node)
{
	struct decider *const d = b->decider;
	struct node node = { .first = placed[0].rule,
			     .any = first_of_all(d, placed, count),
			     .both = NOTHING };
	struct node *nodes;
	size_t both;

	if (!reserve_rules(b, count) ||
	    !build_map(b, b->rules, select_rules(b, placed, count, SOURCE, node.any), SOURCE, &node.source) ||
	    !build_map(b, b->rules, select_rules(b, placed, count, DESTINATION, node.any), DESTINATION,
		       &node.destination))
		return false;
	both = select_rules(b, placed, count, BOTH, node.any);
	if (both > 0 && !build_pair(b, b->rules, both, &node.both))
		return false;
	nodes = decider_grow(d, d->nodes, d->node_count, &d->node_capacity, sizeof(*nodes));
	if (nodes == NULL)
		return false;
	d->nodes = nodes;
	*ret_node = (uint32_t)d->node_count;
	nodes[d->node_count++] = node;
	return true;
}

static int by_number(const void *a, const void *b)
{
	return number_compare(*(const struct number *)a, *(const struct number *)b);
}

/* Where the classes of sources begin, in order; their number, or 0 without memory. */
static size_t collect_starts(struct builder *b, const uint32_t *rules, size_t count)
{
	size_t wanted = 1, starts = 0, kept = 0;

	for (size_t i = 0; i < count; i++)
		wanted += 2 * (size_t)b->decider->ends[rules[i]].source->count;
	if (b->start_capacity < wanted) {
		b->starts = arena_array(b->scratch, 2 * wanted, sizeof(*b->starts));
		b->start_capacity = b->starts != NULL ? 2 * wanted : 0;
	}
	if (b->starts == NULL)
		return 0;
	b->starts[starts++] = (struct number){ 0, 0 };
	for (size_t i = 0; i < count; i++) {
		const struct address_set *const set = b->decider->ends[rules[i]].source;

		for (size_t k = 0; k < set->count; k++) {
			b->starts[starts++] = set->ranges[k].first;
			if (!number_equal(set->ranges[k].last, NUMBER_MOST))
				b->starts[starts++] = number_next(set->ranges[k].last);
		}
	}
	qsort(b->starts, starts, sizeof(*b->starts), by_number);
	for (size_t i = 1; i < starts; i++) {
		if (!number_equal(b->starts[kept], b->starts[i]))
			b->starts[++kept] = b->starts[i];
	}
	return kept + 1;
}

static uint32_t class_of(const struct builder *b, size_t classes, struct number n)
{
	size_t low = 0, high = classes;

	while (low + 1 < high) {
		const size_t middle = low + (high - low) / 2;

		if (number_less(n, b->starts[middle]))
			high = middle;
		else
			low = middle;
	}
	return (uint32_t)low;
}

/* The map from sources to classes: every class is the only "rule" of its stretch. */
static bool build_classes(struct builder *b, size_t classes, struct stretches *ret_map)
{
	stretcher_begin(b->stretcher);
	for (size_t i = 0; i < classes; i++) {
		const struct number_range range = { b->starts[i], i + 1 < classes
									  ? number_previous(b->starts[i + 1])
									  : NUMBER_MOST };
		const struct address_set set = { &range, 1, false };

		if (!stretcher_add(b->stretcher, &set, (uint32_t)i))
			return false;
	}
	return stretcher_end(b->stretcher, ret_map);
}

static size_t rooms_needed(const struct builder *b, const struct storeys *storeys, const uint32_t *rules,
			   size_t count)
{
	size_t rooms = 0;

	for (size_t i = 0; i < count; i++) {
		const struct address_set *const set = b->decider->ends[rules[i]].source;
		const size_t weight = b->decider->ends[rules[i]].destination->count;

		for (size_t k = 0; k < set->count; k++) {
			struct cover cover = cover_of(storeys,
						      class_of(b, storeys->width, set->ranges[k].first),
						      class_of(b, storeys->width, set->ranges[k].last));
			uint32_t room;

			while (cover_next(&cover, &room))
				rooms += weight;
		}
	}
	return rooms;
}

static bool place_sources(struct builder *b, const struct storeys *storeys, const uint32_t *rules,
			  size_t count)
{
	b->sources.count = 0;
	for (size_t i = 0; i < count; i++) {
		const struct address_set *const set = b->decider->ends[rules[i]].source;

		for (size_t k = 0; k < set->count; k++) {
			if (!place(b, &b->sources, storeys, class_of(b, storeys->width, set->ranges[k].first),
				   class_of(b, storeys->width, set->ranges[k].last), rules[i]))
				return false;
		}
	}
	sort_placed(&b->sources);
	return true;
}

/* The maps of destinations of all rooms of sources. */
static bool build_rooms(struct builder *b)
{
	struct decider *const d = b->decider;
	const struct placed *const list = b->sources.list;

	for (size_t i = 0, behind; i < b->sources.count; i = behind) {
		struct stretches *const maps = decider_grow(d, d->maps, d->map_count, &d->map_capacity,
							    sizeof(*maps));

		if (maps == NULL)
			return false;
		d->maps = maps;
		stretcher_begin(b->stretcher);
		for (behind = i; behind < b->sources.count && list[behind].room == list[i].room; behind++) {
			if (!stretcher_add(b->stretcher, d->ends[list[behind].rule].destination,
					   list[behind].rule))
				return false;
		}
		if (!stretcher_end(b->stretcher, &maps[d->map_count]))
			return false;
		d->rooms[list[i].room] = (uint32_t)d->map_count++;
	}
	return true;
}

bool build_pair(struct builder *b, const uint32_t *rules, size_t count, uint32_t *ret_pair)
{
	struct decider *const d = b->decider;
	const size_t classes = collect_starts(b, rules, count);
	struct pair pair = { .storeys = { .width = (uint32_t)classes, .bits = 6 } }, *pairs;
	const size_t most = ROOMS_PER_ITEM * classes + ROOMS_FREE;

	if (classes == 0)
		return false;
	while (pair.storeys.bits > 1 && rooms_needed(b, &pair.storeys, rules, count) > most)
		pair.storeys.bits -= pair.storeys.bits > 2 ? 2 : 1;
	if (!build_map(b, rules, count, SOURCE, &pair.by_source) ||
	    !build_map(b, rules, count, DESTINATION, &pair.by_destination) ||
	    !build_classes(b, classes, &pair.classes) || !add_rooms(b, &pair.storeys) ||
	    !place_sources(b, &pair.storeys, rules, count) || !build_rooms(b))
		return false;
	pairs = decider_grow(d, d->pairs, d->pair_count, &d->pair_capacity, sizeof(*pairs));
	if (pairs == NULL)
		return false;
	d->pairs = pairs;
	*ret_pair = (uint32_t)d->pair_count;
	pairs[d->pair_count++] = pair;
	return true;
}
