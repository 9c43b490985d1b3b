/* From the rules of a direction to its stages. */
#include "firewall/divide.h"

/* What is looked at first decides what multiplies: many addresses with many ports, or the other way. Few
 * rules name an interface, so that it mostly comes last; where nearly all do, it parts them first. */
static const enum dimension orders[][DIMENSIONS] = {
	{ BY_TRANSPORT, BY_PORT, BY_SOURCE, BY_DESTINATION, BY_INTERFACE, BY_TIME },
	{ BY_INTERFACE, BY_TRANSPORT, BY_PORT, BY_SOURCE, BY_DESTINATION, BY_TIME },
	{ BY_TRANSPORT, BY_SOURCE, BY_PORT, BY_DESTINATION, BY_INTERFACE, BY_TIME },
};
enum { ORDERS = sizeof(orders) / sizeof(orders[0]) };

/* What a rule names. */
static size_t items_of(const struct firewall *firewall, uint32_t rule)
{
	const struct rule *const r = &firewall->policy->rules[rule];
	size_t items = r->interface_count + firewall->ends[rule].source->count +
		       firewall->ends[rule].destination->count;

	for (size_t i = 0; i < r->door_count; i++)
		items += r->doors[i].match_count;
	return items;
}

static struct division division_of(const struct firewall *firewall, const enum dimension *order,
				   struct rule_list list)
{
	struct division d = { .firewall = firewall, .order = order, .limit = WORK_FREE };

	for (size_t i = 0; i < list.count; i++)
		d.limit += WORK_PER_ITEM * items_of(firewall, list.rules[i]);
	return d;
}

/* A stage is kept: its nodes move behind those of the floor. */
static bool keep(struct firewall *firewall, struct floor *floor, const struct division *d, struct stage stage)
{
	const uint32_t base = (uint32_t)floor->node_count;
	struct stage *stages;

	for (size_t i = 0; i < d->made.node_count; i++) {
		struct node node = d->made.nodes[i];
		struct node *const nodes = arena_grow(firewall->arena, floor->nodes, floor->node_count,
						      &floor->node_capacity, sizeof(*nodes));
		struct entry *const entries = arena_array(firewall->arena, node.entry_count,
							  sizeof(*entries));

		if (nodes == NULL || entries == NULL)
			return false;
		memcpy(entries, node.entries, node.entry_count * sizeof(*entries));
		for (size_t k = 0; k < node.entry_count; k++)
			entries[k].target.index += entries[k].target.kind == TO_NODE ? base : 0;
		node.otherwise.index += node.otherwise.kind == TO_NODE ? base : 0;
		node.entries = entries;
		floor->nodes = nodes;
		nodes[floor->node_count++] = node;
	}
	stages = arena_grow(firewall->arena, floor->stages, floor->stage_count, &floor->stage_capacity,
			    sizeof(*stages));
	if (stages == NULL)
		return false;
	stage.target.index += stage.target.kind == TO_NODE ? base : 0;
	floor->stages = stages;
	stages[floor->stage_count++] = stage;
	return true;
}

enum outcome { FITS, TOO_MUCH, NO_MEMORY };

/* Divides the list in the first order that keeps to the limit; kept in the floor if there is one. */
static enum outcome try(struct firewall *firewall, struct floor *floor, struct rule_list list)
{
	enum outcome outcome = TOO_MUCH;

	for (size_t i = 0; i < ORDERS && outcome == TOO_MUCH; i++) {
		struct division d = division_of(firewall, orders[i], list);
		struct stage stage = { .first = list.rules[0], .last = list.rules[list.count - 1] };

		d.scratch = arena_new(FIREWALL_LIMIT);
		if (d.scratch == NULL)
			return NO_MEMORY;
		if (divide(&d, (struct spot){ 0, TRANSPORT_ANY }, list, &stage.target))
			outcome = floor == NULL || keep(firewall, floor, &d, stage) ? FITS : NO_MEMORY;
		else if (d.no_memory)
			outcome = NO_MEMORY;
		arena_free(d.scratch);
	}
	return outcome;
}

/* How many rules from the first on fit one stage: doubled until they do not, then halved in between. One rule
 * by itself always fits. */
static size_t longest(struct firewall *firewall, struct rule_list list)
{
	size_t fits = 1, too_many = 2;

	while (too_many < list.count &&
	       try(firewall, NULL, (struct rule_list){ list.rules, too_many }) == FITS) {
		fits = too_many;
		too_many *= 2;
	}
	if (too_many > list.count)
		too_many = list.count;
	while (fits + 1 < too_many) {
		const size_t middle = fits + (too_many - fits) / 2;

		if (try(firewall, NULL, (struct rule_list){ list.rules, middle }) == FITS)
			fits = middle;
		else
			too_many = middle;
	}
	return fits;
}

bool lower_direction(struct firewall *firewall, enum direction direction, const uint32_t *list, size_t count)
{
	struct floor *const floor = &firewall->floors[direction];

	for (size_t done = 0; done < count;) {
		struct rule_list rest = { list + done, count - done };
		enum outcome outcome = try(firewall, floor, rest);

		if (outcome == TOO_MUCH) {
			rest.count = longest(firewall, rest);
			outcome = try(firewall, floor, rest);
		}
		if (outcome != FITS)
			return false;
		done += rest.count;
	}
	return true;
}
