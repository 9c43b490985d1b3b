/* What lookups are called: by the way that leads to them, so that one keeps its name when what it holds
 * becomes something else, and from one rule set to the next only elements differ. */
#include "base/hash.h"
#include "firewall/lower.h"

/* Where a way begins, and the key that leads on where none of a node matches. */
enum { STAGE = 1, OTHERWISE = 2 };

static uint64_t hash_text(const char *text)
{
	return hash_bytes(text, strlen(text));
}

static uint64_t hash_target(const struct firewall *firewall, const struct floor *floor, struct target target)
{
	switch (target.kind) {
	case TO_RULE: return hash_text(firewall->policy->rules[target.index].id);
	case TO_NODE: return hash_number(floor->nodes[target.index].name);
	case TO_NEXT: break;
	}
	return 1;
}

static uint64_t join(uint64_t hash, uint64_t with)
{
	return hash_number(hash * 31 + with);
}

uint32_t entries_digest(const struct firewall *firewall, const struct floor *floor,
			const struct entry *entries, size_t count)
{
	uint64_t hash = count;

	for (size_t i = 0; i < count; i++) {
		const struct entry *const e = &entries[i];

		hash = join(hash, e->first.high);
		hash = join(hash, e->first.low);
		hash = join(hash, e->last.high);
		hash = join(hash, e->last.low);
		hash = join(hash, hash_target(firewall, floor, e->target));
	}
	return (uint32_t)hash;
}

/* Two that would have the same name get names that follow each other. */
static uint32_t take_name(uint32_t *taken, size_t capacity, uint32_t name)
{
	size_t at = hash_number(name) & (capacity - 1);

	while (taken[at] != 0) {
		if (taken[at] == name) {
			name = name != UINT32_MAX ? name + 1 : 1;
			at = hash_number(name) & (capacity - 1);
		} else {
			at = (at + 1) & (capacity - 1);
		}
	}
	taken[at] = name;
	return name;
}

/* The ways to the nodes: a node is known by the first that is found, from the stages down. */
struct naming {
	const struct floor *floor;
	uint64_t *ways; /* of each node; 0: none is found yet */
};

/* What is looked up there belongs to it: the sets of a name keep their types. */
static void find_way(const struct naming *n, uint64_t from, uint64_t key, struct target target)
{
	const struct node *node;
	uint64_t way;

	if (target.kind != TO_NODE || n->ways[target.index] != 0)
		return;
	node = &n->floor->nodes[target.index];
	way = join(join(from, key), (uint64_t)node->by << 32 | node->transport);
	n->ways[target.index] = way != 0 ? way : 1;
}

static void find_ways_on(const struct naming *n, size_t index)
{
	const struct node *const node = &n->floor->nodes[index];

	for (size_t i = 0; i < node->entry_count; i++) {
		const struct entry *const e = &node->entries[i];

		find_way(n, n->ways[index],
			 e->interface != NULL ? hash_text(e->interface) : join(e->first.high, e->first.low),
			 e->target);
	}
	find_way(n, n->ways[index], OTHERWISE, node->otherwise);
}

bool name_nodes(const struct firewall *firewall, struct floor *floor)
{
	struct naming n = { .floor = floor };
	size_t capacity = 64;
	uint32_t *taken;

	while (capacity < 2 * floor->node_count)
		capacity *= 2;
	taken = arena_array(firewall->arena, capacity, sizeof(*taken));
	n.ways = arena_array(firewall->arena, floor->node_count + 1, sizeof(*n.ways));
	if (taken == NULL || n.ways == NULL)
		return false;
	for (size_t i = 0; i < floor->stage_count; i++)
		find_way(&n, STAGE, i, floor->stages[i].target);
	for (size_t i = floor->node_count; i > 0; i--) { /* what a node leads to stands before it */
		uint32_t name;

		find_ways_on(&n, i - 1);
		name = (uint32_t)n.ways[i - 1];
		floor->nodes[i - 1].name = take_name(taken, capacity, name != 0 ? name : 1);
	}
	return true;
}
