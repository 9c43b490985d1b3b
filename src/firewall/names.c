/* What lookups are called: by what they hold, so that one that stays as it is keeps its name, whatever the
 * rules around it become. */
#include "base/hash.h"
#include "firewall/lower.h"

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

static uint64_t hash_node(const struct firewall *firewall, const struct floor *floor, const struct node *node)
{
	uint64_t hash = join((uint64_t)node->by << 32 | node->transport,
			     hash_target(firewall, floor, node->otherwise));

	for (size_t i = 0; i < node->entry_count; i++) {
		const struct entry *const e = &node->entries[i];

		hash = join(hash, e->first.high);
		hash = join(hash, e->first.low);
		hash = join(hash, e->last.high);
		hash = join(hash, e->last.low);
		hash = join(hash, e->interface != NULL ? hash_text(e->interface) : 0);
		hash = join(hash, hash_target(firewall, floor, e->target));
	}
	return hash;
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

bool name_nodes(const struct firewall *firewall, struct floor *floor)
{
	size_t capacity = 64;
	uint32_t *taken;

	while (capacity < 2 * floor->node_count)
		capacity *= 2;
	taken = arena_array(firewall->arena, capacity, sizeof(*taken));
	if (taken == NULL)
		return false;
	for (size_t i = 0; i < floor->node_count; i++) {
		const uint32_t name = (uint32_t)hash_node(firewall, floor, &floor->nodes[i]);

		floor->nodes[i].name = take_name(taken, capacity, name != 0 ? name : 1);
	}
	return true;
}
