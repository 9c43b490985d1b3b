/* From a list of rules to a graph of lookups. */
#include "firewall/divide.h"
#include "base/hash.h"

static bool has_all_ports(const struct rule *rule, uint32_t transport)
{
	for (size_t i = 0; i < rule->door_count; i++) {
		for (size_t k = 0; k < rule->doors[i].match_count; k++) {
			const struct match *const match = &rule->doors[i].matches[k];

			if ((match->transport == transport || match->transport == TRANSPORT_ANY) &&
			    match->first == 0 && match->last == UINT16_MAX)
				return true;
		}
	}
	return false;
}

bool rule_asks(const struct firewall *firewall, uint32_t rule, enum dimension by, uint32_t transport)
{
	const struct rule *const r = &firewall->policy->rules[rule];

	switch (by) {
	case BY_INTERFACE: return r->interface_count > 0;
	case BY_TRANSPORT: return !has_all_ports(r, TRANSPORT_ANY);
	case BY_PORT: return transport != TRANSPORT_ANY && !has_all_ports(r, transport);
	case BY_SOURCE: return !firewall->ends[rule].source->everything;
	case BY_DESTINATION: return !firewall->ends[rule].destination->everything;
	case BY_TIME: return r->until != DATE_NONE;
	case BY_END: break;
	}
	return false;
}

bool rule_is_settled(const struct division *d, uint32_t rule, struct spot spot)
{
	for (uint32_t i = spot.depth; i < DIMENSIONS; i++) {
		if (rule_asks(d->firewall, rule, d->order[i], spot.transport))
			return false;
	}
	return true;
}

bool division_works(struct division *d, size_t work)
{
	d->work += work;
	return d->work <= d->limit;
}

void *division_array(struct division *d, size_t count, size_t size)
{
	void *const array = arena_array(d->scratch, count > 0 ? count : 1, size);

	d->no_memory |= array == NULL;
	return array;
}

/* Transports have names and no neighbours. */
static bool touches(const struct node *node, const struct entry *last, const struct entry *next)
{
	return node->by != BY_TRANSPORT && same_target(last->target, next->target) &&
	       last->interface == NULL && next->interface == NULL &&
	       number_equal(number_next(last->last), next->first) &&
	       number_is_v4(last->last) == number_is_v4(next->first);
}

bool node_add(struct division *d, struct node *node, size_t *capacity, struct entry entry)
{
	struct entry *entries;

	if (node->entry_count > 0 && touches(node, &node->entries[node->entry_count - 1], &entry)) {
		node->entries[node->entry_count - 1].last = entry.last;
		return true;
	}
	entries = arena_grow(d->scratch, node->entries, node->entry_count, capacity, sizeof(*entries));
	if (entries == NULL) {
		d->no_memory = true;
		return false;
	}
	node->entries = entries;
	entries[node->entry_count++] = entry;
	return true;
}

static bool list_asks(const struct division *d, struct spot spot, struct rule_list list)
{
	for (size_t i = 0; i < list.count; i++) {
		if (rule_asks(d->firewall, list.rules[i], d->order[spot.depth], spot.transport))
			return true;
	}
	return false;
}

/* The first dimension from here on that a rule of the list asks about. Behind the ports it does not matter
 * any more which transport it was, and lists that differ in nothing else are one. */
static struct spot next_spot(const struct division *d, struct spot spot, struct rule_list list)
{
	while (spot.depth < DIMENSIONS && !list_asks(d, spot, list))
		spot.depth++;
	for (uint32_t i = 0; i < spot.depth; i++) {
		if (d->order[i] == BY_PORT)
			spot.transport = TRANSPORT_ANY;
	}
	return spot;
}

static uint64_t hash_of(struct spot spot, struct rule_list list)
{
	return hash_bytes(list.rules, list.count * sizeof(*list.rules)) ^
	       hash_number((uint64_t)spot.depth << 32 | spot.transport);
}

/* The entry of a list, or the free one where it belongs. */
static struct divided *memo_slot(const struct division *d, uint64_t hash, struct spot spot,
				 struct rule_list list)
{
	size_t i = hash & (d->memo_capacity - 1);

	for (;; i = (i + 1) & (d->memo_capacity - 1)) {
		struct divided *const m = &d->memo[i];

		if (m->list.count == 0)
			return m;
		if (m->hash == hash && m->depth == spot.depth && m->transport == spot.transport &&
		    m->list.count == list.count &&
		    memcmp(m->list.rules, list.rules, list.count * sizeof(*list.rules)) == 0)
			return m;
	}
}

static bool memo_grow(struct division *d)
{
	const struct division old = *d;

	if (d->memo_count * 2 < d->memo_capacity)
		return true;
	d->memo_capacity = old.memo_capacity > 0 ? old.memo_capacity * 2 : 64;
	d->memo = division_array(d, d->memo_capacity, sizeof(*d->memo));
	if (d->memo == NULL)
		return false;
	for (size_t i = 0; i < old.memo_capacity; i++) {
		const struct divided *const m = &old.memo[i];

		if (m->list.count > 0)
			*memo_slot(d, m->hash, (struct spot){ m->depth, m->transport }, m->list) = *m;
	}
	return true;
}

static bool cut(struct division *d, struct spot spot, struct rule_list list, struct node *node)
{
	switch (node->by) {
	case BY_INTERFACE: return cut_interfaces(d, spot, list, node);
	case BY_TRANSPORT: return cut_transports(d, spot, list, node);
	case BY_TIME: return cut_times(d, list, node);
	default: return cut_numbers(d, spot, list, node);
	}
}

static uint64_t hash_target(uint64_t hash, struct target target)
{
	return hash_number(hash ^ ((uint64_t)target.kind << 32 | target.index));
}

static uint64_t hash_node(const struct node *node)
{
	uint64_t hash = hash_target((uint64_t)node->by << 32 | node->transport, node->otherwise);

	for (size_t i = 0; i < node->entry_count; i++) {
		const struct entry *const e = &node->entries[i];

		hash = hash_target(hash ^ hash_number(e->first.high ^ hash_number(e->first.low)), e->target);
		hash ^= hash_number(e->last.high ^ hash_number(e->last.low + 1));
		if (e->interface != NULL)
			hash ^= hash_bytes(e->interface, strlen(e->interface));
	}
	return hash;
}

static bool same_entry(const struct entry *a, const struct entry *b)
{
	return number_equal(a->first, b->first) && number_equal(a->last, b->last) &&
	       same_target(a->target, b->target) && (a->interface == NULL) == (b->interface == NULL) &&
	       (a->interface == NULL || strcmp(a->interface, b->interface) == 0);
}

static bool same_node(const struct node *a, const struct node *b)
{
	if (a->by != b->by || a->transport != b->transport || a->entry_count != b->entry_count ||
	    !same_target(a->otherwise, b->otherwise))
		return false;
	for (size_t i = 0; i < a->entry_count; i++) {
		if (!same_entry(&a->entries[i], &b->entries[i]))
			return false;
	}
	return true;
}

/* The place of a node in the table of those that are known: its own, or the free one where it belongs. */
static uint32_t *known_slot(const struct division *d, const struct node *node)
{
	size_t i = hash_node(node) & (d->known_capacity - 1);

	while (d->known[i] != 0 && !same_node(&d->made.nodes[d->known[i] - 1], node))
		i = (i + 1) & (d->known_capacity - 1);
	return &d->known[i];
}

static bool known_grow(struct division *d)
{
	if (d->made.node_count * 2 < d->known_capacity)
		return true;
	d->known_capacity = d->known_capacity > 0 ? d->known_capacity * 2 : 64;
	d->known = division_array(d, d->known_capacity, sizeof(*d->known));
	if (d->known == NULL)
		return false;
	for (uint32_t i = 0; i < d->made.node_count; i++)
		*known_slot(d, &d->made.nodes[i]) = i + 1;
	return true;
}

/* A node in which all ways lead to the same place is none, and one that is there already is not made twice.
 */
static bool add_node(struct division *d, const struct node *node, struct target *ret_target)
{
	struct node *nodes;
	uint32_t *known;

	if (node->entry_count == 0) {
		*ret_target = node->otherwise;
		return true;
	}
	if (!known_grow(d))
		return false;
	known = known_slot(d, node);
	if (*known != 0) {
		*ret_target = (struct target){ TO_NODE, *known - 1 };
		return true;
	}
	nodes = arena_grow(d->scratch, d->made.nodes, d->made.node_count, &d->made.node_capacity,
			   sizeof(*nodes));
	if (nodes == NULL) {
		d->no_memory = true;
		return false;
	}
	d->made.nodes = nodes;
	*known = (uint32_t)d->made.node_count + 1;
	*ret_target = (struct target){ TO_NODE, (uint32_t)d->made.node_count };
	nodes[d->made.node_count++] = *node;
	return true;
}

bool divide(struct division *d, struct spot spot, struct rule_list list, struct target *ret_target)
{
	struct node node = { 0 };
	struct divided *known;
	uint64_t hash;

	if (!division_works(d, list.count + 1) || !memo_grow(d))
		return false;
	if (list.count == 0) {
		*ret_target = (struct target){ TO_NEXT, 0 };
		return true;
	}
	spot = next_spot(d, spot, list);
	if (rule_is_settled(d, list.rules[0], spot)) {
		*ret_target = (struct target){ TO_RULE, list.rules[0] };
		return true;
	}
	hash = hash_of(spot, list);
	known = memo_slot(d, hash, spot, list);
	if (known->list.count > 0) {
		*ret_target = known->target;
		return true;
	}
	node.by = d->order[spot.depth];
	node.transport = node.by == BY_PORT ? (uint16_t)spot.transport : TRANSPORT_ANY;
	if (!cut(d, spot, list, &node) || !add_node(d, &node, ret_target) || !memo_grow(d))
		return false;
	/* Found anew: dividing what lies below has added to the table. */
	*memo_slot(d, hash, spot, list) = (struct divided){ list, spot.depth, spot.transport, hash,
							    *ret_target };
	d->memo_count++;
	return true;
}
