/* A pair: the rules of a node that constrain both ends. The stretches of the node's sources are its classes;
 * a rule stands in the rooms above those of its sources, and every room has a map of destinations. */
#include "policy/decide_build.h"

/* A set of sources as classes: those of IPv4 and of IPv6 stand apart, so a range over both is two or three.
 */
struct class_range {
	uint32_t first, last;
};

enum { ZONES = 3 };

static size_t classes_of(const struct builder *b, const struct number_range *range,
			 struct class_range classes[static ZONES])
{
	const struct number_range zones[ZONES] = {
		{ { 0, 0 }, number_previous(MAPPED_FIRST) },
		{ MAPPED_FIRST, MAPPED_LAST },
		{ NUMBER_BEHIND, NUMBER_MOST },
	};
	size_t count = 0;

	for (size_t i = 0; i < ZONES; i++) {
		const struct number first = number_less(range->first, zones[i].first) ? zones[i].first
										      : range->first;
		const struct number last = number_less(zones[i].last, range->last) ? zones[i].last
										   : range->last;

		if (!number_less(last, first))
			classes[count++] = (struct class_range){ stretcher_index(b->stretcher, first),
								 stretcher_index(b->stretcher, last) };
	}
	return count;
}

/* Calls visit for every stretch of classes of the rules' sources. */
typedef bool visit_classes(struct builder *b, struct pair *pair, uint32_t rule, struct class_range classes);

static bool for_all_classes(struct builder *b, struct pair *pair, const uint32_t *rules, size_t count,
			    visit_classes *visit)
{
	for (size_t i = 0; i < count; i++) {
		const struct address_set *const set = b->decider->ends[rules[i]].source;

		for (size_t k = 0; k < set->count; k++) {
			struct class_range classes[ZONES];
			const size_t zones = classes_of(b, &set->ranges[k], classes);

			for (size_t z = 0; z < zones; z++) {
				if (!visit(b, pair, rules[i], classes[z]))
					return false;
			}
		}
	}
	return true;
}

static bool count_rooms(struct builder *b, struct pair *pair, uint32_t rule, struct class_range classes)
{
	const size_t weight = b->decider->ends[rule].destination->count;
	struct cover cover = cover_of(&pair->storeys, classes.first, classes.last);
	uint32_t room;

	while (cover_next(&cover, &room))
		b->rooms_needed += weight;
	return true;
}

static bool place_rule(struct builder *b, struct pair *pair, uint32_t rule, struct class_range classes)
{
	return place(b, &b->sources, &pair->storeys, classes.first, classes.last, rule);
}

/* The rooms where wide sources do not fill too many. */
static void choose_storeys(struct builder *b, struct pair *pair, const uint32_t *rules, size_t count)
{
	size_t most = ROOMS_FREE;

	for (size_t i = 0; i < count; i++)
		most += ROOMS_PER_ITEM * ((size_t)b->decider->ends[rules[i]].source->count +
					  b->decider->ends[rules[i]].destination->count);
	for (uint32_t bits = 6; bits > 0; bits -= bits > 2 ? 2 : 1) {
		pair->storeys = storeys_of(stretcher_count(b->stretcher), bits);
		b->rooms_needed = 0;
		for_all_classes(b, pair, rules, count, count_rooms);
		if (b->rooms_needed <= most)
			break;
	}
}

/* The lowest rule of each class: that of the rooms above it. */
static bool find_class_rules(struct builder *b, struct pair *pair)
{
	struct decider *const d = b->decider;

	pair->class_first = (uint32_t)d->class_rule_count;
	for (uint32_t class = 0; class < pair->storeys.width; class ++) {
		uint32_t *const rules = decider_grow(d, d->class_rules, d->class_rule_count,
						     &d->class_rule_capacity, sizeof(*rules));
		uint32_t lowest = NO_RULE;

		if (rules == NULL)
			return false;
		d->class_rules = rules;
		for (struct climb c = climb_from(&pair->storeys, class); climb_on(&c); climb_up(&c)) {
			const uint32_t first = d->rooms[c.base + c.index].first;

			lowest = first < lowest ? first : lowest;
		}
		rules[d->class_rule_count++] = lowest;
	}
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
		if (d->map_count == CONTENT_LIMIT)
			return false;
		d->rooms[list[i].room] = (struct room){ .first = maps[d->map_count].first,
							.content = (uint32_t)d->map_count };
		d->map_count++;
	}
	return true;
}

/* The order matters: classes are those of the map that the stretcher ended last, and the next map ends that.
 */
bool build_pair(struct builder *b, const struct stretches *source, const uint32_t *rules, size_t count,
		uint32_t *ret_pair)
{
	struct decider *const d = b->decider;
	const uint32_t v4_classes = stretcher_count(b->stretcher) - source->v6_count;
	struct pair pair = {
		.first = rules[0],
		.v4_slot = (uint32_t)(d->pool.leaf_count - (v4_classes + LEAF - 1) / LEAF) * LEAF,
		.v6_slot = source->v6 - v4_classes,
	};
	struct pair *pairs;

	choose_storeys(b, &pair, rules, count);
	b->sources.count = 0;
	if (!add_rooms(b, &pair.storeys) || !for_all_classes(b, &pair, rules, count, place_rule))
		return false;
	sort_placed(&b->sources);
	if (!build_rooms(b))
		return false;
	leave_out_empty_storeys(d, &pair.storeys);
	if (!find_class_rules(b, &pair) || !build_map(b, rules, count, END_SOURCE, &pair.by_source) ||
	    !build_map(b, rules, count, END_DESTINATION, &pair.by_destination))
		return false;
	pairs = decider_grow(d, d->pairs, d->pair_count, &d->pair_capacity, sizeof(*pairs));
	if (pairs == NULL)
		return false;
	d->pairs = pairs;
	*ret_pair = (uint32_t)d->pair_count;
	pairs[d->pair_count++] = pair;
	return true;
}
