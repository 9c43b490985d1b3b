/* A node: the rules of one room of ports, parted by the ends that they constrain. */
#include "policy/decide_build.h"

/* Which ends a rule constrains: both is the sum. */
enum { NEITHER = 0, BOTH = END_SOURCE + END_DESTINATION };

static unsigned constrains(const struct decider *d, uint32_t rule)
{
	return (d->ends[rule].source->everything ? 0u : END_SOURCE) |
	       (d->ends[rule].destination->everything ? 0u : END_DESTINATION);
}

static bool add_ends(struct builder *b, const uint32_t *rules, size_t count, enum end end)
{
	for (size_t i = 0; i < count; i++) {
		const struct ends *const ends = &b->decider->ends[rules[i]];

		if (!stretcher_add(b->stretcher, end == END_SOURCE ? ends->source : ends->destination,
				   rules[i]))
			return false;
	}
	return true;
}

bool build_map(struct builder *b, const uint32_t *rules, size_t count, enum end end,
	       struct stretches *ret_map)
{
	*ret_map = (struct stretches){ .first = NO_RULE };
	if (count == 0)
		return true;
	stretcher_begin(b->stretcher);
	return add_ends(b, rules, count, end) && stretcher_end(b->stretcher, ret_map);
}

/* The rules of one kind go to `selected`. A rule behind the first that constrains neither end never counts.
 */
static size_t select_rules(const struct builder *b, const struct placed *placed, size_t count, unsigned kind,
			   uint32_t before, uint32_t *selected)
{
	size_t n = 0;

	for (size_t i = 0; i < count && placed[i].rule < before; i++) {
		if (constrains(b->decider, placed[i].rule) == kind)
			selected[n++] = placed[i].rule;
	}
	return n;
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
		if (constrains(d, placed[i].rule) == NEITHER)
			return placed[i].rule;
	}
	return NO_RULE;
}

/* The map of sources, cut where the rules of the pair have theirs. */
static bool build_cut_map(struct builder *b, const uint32_t *rules, size_t count, const uint32_t *both,
			  size_t both_count, struct stretches *ret_map)
{
	stretcher_begin(b->stretcher);
	if (!add_ends(b, rules, count, END_SOURCE))
		return false;
	for (size_t i = 0; i < both_count; i++) {
		if (!stretcher_add(b->stretcher, b->decider->ends[both[i]].source, NO_RULE))
			return false;
	}
	return stretcher_end(b->stretcher, ret_map);
}

/* The sources, and with them the rules that constrain both ends. */
static bool build_sources(struct builder *b, const struct placed *placed, size_t count, struct node *node)
{
	uint32_t *const rules = b->rules;
	const size_t sources = select_rules(b, placed, count, END_SOURCE, node->any, rules);
	uint32_t *const both = rules + sources;
	const size_t both_count = select_rules(b, placed, count, BOTH, node->any, both);

	if (both_count == 0)
		return build_map(b, rules, sources, END_SOURCE, &node->source);
	return build_cut_map(b, rules, sources, both, both_count, &node->source) &&
	       build_pair(b, &node->source, both, both_count, &node->both);
}

static bool only_a_leaf(const struct stretches *map)
{
	return map->v4_levels == 1 && map->v6_count == 0;
}

/* The short form of a node that has one, without the node. */
static bool shorten(const struct node *node, struct room *room)
{
	const bool no_source = node->source.first == NO_RULE && node->both == NOTHING;
	const bool no_destination = node->destination.first == NO_RULE && node->both == NOTHING;

	if (no_source && no_destination && node->any != NO_RULE) {
		room->kind = ROOM_ANY;
	} else if (no_destination && node->any == NO_RULE && only_a_leaf(&node->source)) {
		room->kind = ROOM_SOURCE;
		room->content = node->source.v4_top;
	} else if (no_source && node->any == NO_RULE && only_a_leaf(&node->destination)) {
		room->kind = ROOM_DESTINATION;
		room->content = node->destination.v4_top;
	} else {
		return false;
	}
	return true;
}

static bool add_node(struct decider *d, const struct node *node, struct room *room)
{
	struct node *const nodes = reserve_lines(d->arena, d->nodes, d->node_count, 1, &d->node_capacity);

	if (nodes == NULL || d->node_count == CONTENT_LIMIT)
		return false;
	d->nodes = nodes;
	room->kind = ROOM_NODE;
	room->content = (uint32_t)d->node_count;
	nodes[d->node_count++] = *node;
	return true;
}

bool build_room(struct builder *b, const struct placed *placed, size_t count, struct room *ret_room)
{
	struct decider *const d = b->decider;
	struct node node = {
		.any = first_of_all(d, placed, count),
		.both = NOTHING,
	};
	size_t destinations;

	if (!reserve_rules(b, count) || !build_sources(b, placed, count, &node))
		return false;
	destinations = select_rules(b, placed, count, END_DESTINATION, node.any, b->rules);
	if (!build_map(b, b->rules, destinations, END_DESTINATION, &node.destination) ||
	    d->pool.leaf_count >= CONTENT_LIMIT)
		return false;
	*ret_room = (struct room){ .first = placed[0].rule };
	return shorten(&node, ret_room) || add_node(d, &node, ret_room);
}
