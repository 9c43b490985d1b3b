#include "policy/decide.h"

/* A question in numbers, and the lowest rules found for it so far. */
struct asking {
	const struct decider *decider;
	struct number source, destination;
	uint32_t port;
	bool has_source, has_destination;
	uint32_t rule, undecided;
};

static inline void lower(uint32_t *lowest, uint32_t rule)
{
	if (rule < *lowest)
		*lowest = rule;
}

/* Rules that constrain one end: they match where it is known, and depend on it where it is open. */
static void ask_end(struct asking *a, const struct stretches *map, bool known, struct number n)
{
	if (map->first >= a->rule)
		return;
	if (known)
		lower(&a->rule, stretches_find(&a->decider->pool, map, n));
	else
		lower(&a->undecided, map->first);
}

static void ask_pair_closed(struct asking *a, const struct pair *pair)
{
	const struct decider *const d = a->decider;
	const uint32_t class = stretches_find(&d->pool, &pair->classes, a->source);

	for (struct climb c = climb_from(&pair->storeys, class); climb_on(&c); climb_up(&c)) {
		const uint32_t map = d->rooms[c.base + c.index];

		if (map != NOTHING && d->maps[map].first < a->rule)
			lower(&a->rule, stretches_find(&d->pool, &d->maps[map], a->destination));
	}
}

static void ask_pair(struct asking *a, const struct pair *pair)
{
	const struct stretch_pool *const pool = &a->decider->pool;

	if (pair->by_source.first >= a->rule)
		return;
	if (a->has_source && a->has_destination)
		ask_pair_closed(a, pair);
	else if (a->has_source)
		lower(&a->undecided, stretches_find(pool, &pair->by_source, a->source));
	else if (a->has_destination)
		lower(&a->undecided, stretches_find(pool, &pair->by_destination, a->destination));
	else
		lower(&a->undecided, pair->by_source.first);
}

static void ask_node(struct asking *a, const struct node *node)
{
	lower(&a->rule, node->any);
	ask_end(a, &node->source, a->has_source, a->source);
	ask_end(a, &node->destination, a->has_destination, a->destination);
	if (node->both != NOTHING)
		ask_pair(a, &a->decider->pairs[node->both]);
}

static void ask_tree(struct asking *a, uint32_t number)
{
	const struct decider *const d = a->decider;
	const struct tree *tree;
	uint32_t class = 0;

	if (number == NOTHING)
		return;
	tree = &d->trees[number];
	if (tree->pages != NOTHING)
		class = d->classes[d->pages[tree->pages + a->port / PAGE] + a->port % PAGE];
	for (struct climb c = climb_from(&tree->storeys, class); climb_on(&c); climb_up(&c)) {
		const uint32_t node = d->rooms[c.base + c.index];

		if (node != NOTHING && d->nodes[node].first < a->rule)
			ask_node(a, &d->nodes[node]);
	}
}

static void ask_scope(struct asking *a, const struct question *question, uint32_t scope)
{
	const uint32_t *const trees = a->decider->scopes[scope][question->direction];

	if (question->door.transport < TRANSPORT_ANY)
		ask_tree(a, trees[question->door.transport]);
	ask_tree(a, trees[TRANSPORT_ANY]);
}

/* Rules that name an interface: they match on theirs; where the question names none, all depend on it. */
static void ask_interfaces(struct asking *a, const struct question *question)
{
	const struct decider *const d = a->decider;
	struct asking open = *a;
	uint32_t scope;

	if (question->interface != NULL) {
		scope = decider_scope(d, question->interface);
		if (scope != NOTHING)
			ask_scope(a, question, scope);
		return;
	}
	ask_scope(&open, question, (uint32_t)d->interface_count + 1);
	if (open.rule < a->rule)
		lower(&a->undecided, open.rule);
	lower(&a->undecided, open.undecided);
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

struct decision policy_decide(const struct decider *d, const struct question *question)
{
	struct asking a = {
		.decider = d,
		.port = question->door.first,
		.has_source = question->has_source,
		.has_destination = question->has_destination,
		.rule = NO_RULE,
		.undecided = NO_RULE,
	};
	struct decision decision = { .verdict = VERDICT_DENY, .spoken_agrees = true };

	if (a.has_source)
		a.source = number_of(&question->source);
	if (a.has_destination)
		a.destination = number_of(&question->destination);
	ask_scope(&a, question, 0);
	if (d->interface_count > 0)
		ask_interfaces(&a, question);
	if (a.undecided < a.rule)
		decision.undecided = &d->policy->rules[a.undecided];
	if (a.rule == NO_RULE)
		return decision;
	decision.rule = &d->policy->rules[a.rule];
	decision.verdict = (enum policy_verdict)d->verdicts[a.rule];
	decision.spoken_agrees = question->service == NULL || agrees(decision.rule, question);
	return decision;
}
