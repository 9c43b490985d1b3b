#include "policy/decide.h"

/* A question in numbers. */
struct asking {
	const struct decider *decider;
	struct number source, destination;
	uint32_t port;
	bool has_source, has_destination, v4_source, v4_destination;
};

/* The lowest rules found so far: one that matches, one that depends on what the question leaves open. The
 * whole is two numbers that stay in a register, which is why it is handed from function to function. */
struct found {
	uint32_t rule, undecided;
};

/* Nearly all questions name both ends. For them the functions below are compiled once more, with `closed`
 * true and all that is about open ends left out. */
#define TWICE static inline __attribute__((always_inline))

static inline uint32_t lower(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

TWICE uint32_t find(const struct stretch_pool *pool, const struct stretches *map, bool v4, struct number n)
{
	if (v4)
		return map->v4_levels > 0 ? stretches_rule_v4(pool, map, (uint32_t)n.low) : NO_RULE;
	return map->v6_count > 0 ? pool->v6[stretches_slot_v6(pool, map, n)].rule : NO_RULE;
}

/* Rules that constrain one end: they match where it is known, and depend on it where it is open. */
TWICE struct found ask_end(const struct asking *a, const struct stretches *map, bool known, bool v4,
			   struct number n, struct found f)
{
	if (map->first >= f.rule)
		return f;
	if (known)
		f.rule = lower(f.rule, find(&a->decider->pool, map, v4, n));
	else
		f.undecided = lower(f.undecided, map->first);
	return f;
}

/* Both ends are known: the rooms above the source's class, each with a map of destinations. */
static uint32_t ask_class(const struct asking *a, const struct pair *pair, uint32_t class, uint32_t rule)
{
	const struct decider *const d = a->decider;

	if (d->class_rules[pair->class_first + class] >= rule)
		return rule;
	for (struct climb c = climb_from(&pair->storeys, class); climb_on(&c); climb_up(&c)) {
		const struct room *const room = &d->rooms[c.base + c.index];

		if (room->first < rule)
			rule = lower(rule, find(&d->pool, &d->maps[room->content], a->v4_destination,
						a->destination));
	}
	return rule;
}

/* One search finds both the first rule for the source alone and the class for the pair. */
static uint32_t ask_source_and_pair(const struct asking *a, const struct node *node, const struct pair *pair,
				    uint32_t rule)
{
	const struct stretch_pool *const pool = &a->decider->pool;
	uint32_t slot;

	if (pair->first >= rule && node->source.first >= rule)
		return rule;
	if (a->v4_source) {
		slot = stretches_slot_v4(pool, &node->source, (uint32_t)a->source.low);
		rule = lower(rule, pool->leaves[slot / LEAF].rule[slot % LEAF]);
		return ask_class(a, pair, slot - pair->v4_slot, rule);
	}
	slot = stretches_slot_v6(pool, &node->source, a->source);
	rule = lower(rule, pool->v6[slot].rule);
	return ask_class(a, pair, slot - pair->v6_slot, rule);
}

static uint32_t depends_on(const struct asking *a, const struct pair *pair)
{
	const struct stretch_pool *const pool = &a->decider->pool;

	if (a->has_source)
		return find(pool, &pair->by_source, a->v4_source, a->source);
	if (a->has_destination)
		return find(pool, &pair->by_destination, a->v4_destination, a->destination);
	return pair->first;
}

TWICE struct found ask_node(const struct asking *a, const struct node *node, bool closed, struct found f)
{
	const bool source = closed || a->has_source, destination = closed || a->has_destination;
	const struct pair *const pair = node->both != NOTHING ? &a->decider->pairs[node->both] : NULL;

	f.rule = lower(f.rule, node->any);
	if (pair != NULL && source && destination) {
		f.rule = ask_source_and_pair(a, node, pair, f.rule);
	} else {
		f = ask_end(a, &node->source, source, a->v4_source, a->source, f);
		if (pair != NULL && pair->first < f.rule)
			f.undecided = lower(f.undecided, depends_on(a, pair));
	}
	return ask_end(a, &node->destination, destination, a->v4_destination, a->destination, f);
}

/* The short form of ask_end() for a map that is one leaf. */
TWICE struct found ask_leaf(const struct asking *a, const struct room *room, bool known, bool v4,
			    struct number n, struct found f)
{
	const struct leaf *const leaf = &a->decider->pool.leaves[room->content];

	if (!known)
		f.undecided = lower(f.undecided, room->first);
	else if (v4)
		f.rule = lower(f.rule, leaf->rule[leaf_rank(leaf, ordered((uint32_t)n.low))]);
	return f;
}

TWICE struct found ask_room(const struct asking *a, const struct room *room, bool closed, struct found f)
{
	switch ((enum room_kind)room->kind) {
	case ROOM_NODE: return ask_node(a, &a->decider->nodes[room->content], closed, f);
	case ROOM_ANY: f.rule = lower(f.rule, room->first); return f;
	case ROOM_SOURCE: return ask_leaf(a, room, closed || a->has_source, a->v4_source, a->source, f);
	case ROOM_DESTINATION:
		return ask_leaf(a, room, closed || a->has_destination, a->v4_destination, a->destination, f);
	}
	return f;
}

TWICE struct found ask_tree(const struct asking *a, uint32_t number, bool closed, struct found f)
{
	const struct decider *const d = a->decider;
	const struct tree *tree;

	if (number == NOTHING)
		return f;
	tree = &d->trees[number];
	for (struct climb c = climb_from(&tree->storeys, tree_class(d, tree, a->port)); climb_on(&c);
	     climb_up(&c)) {
		const struct room *const room = &d->rooms[c.base + c.index];

		if (room->first < f.rule)
			f = ask_room(a, room, closed, f);
	}
	return f;
}

static struct found ask_tree_open(const struct asking *a, uint32_t number, struct found f)
{
	return ask_tree(a, number, false, f);
}

static struct found ask_tree_closed(const struct asking *a, uint32_t number, struct found f)
{
	return ask_tree(a, number, true, f);
}

static struct found ask_scope(const struct asking *a, const struct question *question, uint32_t scope,
			      struct found f)
{
	const uint32_t *const trees = a->decider->scopes[scope][question->direction];
	const bool closed = a->has_source && a->has_destination;

	/* First the tree for all transports: it is the same in every question, and what it finds spares
	 * rooms of the other one. */
	f = closed ? ask_tree_closed(a, trees[TRANSPORT_ANY], f) : ask_tree_open(a, trees[TRANSPORT_ANY], f);
	if (question->door.transport >= TRANSPORT_ANY)
		return f;
	return closed ? ask_tree_closed(a, trees[question->door.transport], f)
		      : ask_tree_open(a, trees[question->door.transport], f);
}

/* Rules that name an interface: they match on theirs; where the question names none, all depend on it. */
static struct found ask_interfaces(const struct asking *a, const struct question *question, struct found f)
{
	const struct decider *const d = a->decider;
	uint32_t scopes[INTERFACE_SCOPES];
	struct found open;
	size_t count;

	if (question->interface != NULL) {
		count = decider_scopes(d, question->interface, scopes);
		for (size_t i = 0; i < count; i++)
			f = ask_scope(a, question, scopes[i], f);
		return f;
	}
	open = ask_scope(a, question, (uint32_t)d->interface_count + 1, f);
	f.undecided = lower(f.undecided, open.undecided);
	if (open.rule < f.rule)
		f.undecided = lower(f.undecided, open.rule);
	return f;
}

bool speak_alike(const struct service *a, const struct service *b)
{
	return a == b || (a->spoken != NULL && b->spoken != NULL && strcmp(a->spoken, b->spoken) == 0);
}

/* A door that names no protocol says nothing about it. With several doors one that agrees is enough. */
static bool agrees(const struct rule *rule, const struct question *question)
{
	bool differs = false;

	for (size_t i = 0; i < rule->door_count; i++) {
		const struct door *const door = &rule->doors[i];

		if (!door_holds(door, &question->door))
			continue;
		if (door->service == NULL || speak_alike(door->service, question->service))
			return true;
		differs = true;
	}
	return !differs;
}

static struct asking asking_of(const struct decider *d, const struct question *question)
{
	struct asking a = {
		.decider = d,
		.port = question->door.first,
		.has_source = question->has_source,
		.has_destination = question->has_destination,
	};

	if (a.has_source)
		a.source = number_of(&question->source);
	if (a.has_destination)
		a.destination = number_of(&question->destination);
	a.v4_source = number_is_v4(a.source);
	a.v4_destination = number_is_v4(a.destination);
	return a;
}

struct decision policy_decide(const struct decider *d, const struct question *question)
{
	const struct asking a = asking_of(d, question);
	struct found f = { NO_RULE, NO_RULE };
	struct decision decision = { .verdict = VERDICT_DENY, .spoken_agrees = true };

	f = ask_scope(&a, question, 0, f);
	if (d->interface_count > 0)
		f = ask_interfaces(&a, question, f);
	if (f.undecided < f.rule)
		decision.undecided = &d->policy->rules[f.undecided];
	if (f.rule == NO_RULE)
		return decision;
	decision.rule = &d->policy->rules[f.rule];
	decision.verdict = (enum policy_verdict)d->verdicts[f.rule];
	decision.spoken_agrees = question->service == NULL || agrees(decision.rule, question);
	return decision;
}
