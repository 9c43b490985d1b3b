/* From the rules to the trees: which rule goes into which tree. */
#include "policy/decide_build.h"

#include <stdlib.h>

/* Rules that cannot match at all are in no tree. */
static bool is_idle(const struct decider *d, size_t rule)
{
	return d->past[rule] || d->ends[rule].source->count == 0 || d->ends[rule].destination->count == 0;
}

static bool resolve_rules(struct decider *d)
{
	const struct policy *const policy = d->policy;
	const int32_t today = d->resolver->around.today;

	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct rule *const rule = &policy->rules[i];

		d->verdicts[i] = (uint8_t)rule->verdict;
		d->past[i] = rule->until != DATE_NONE && rule->until < today;
		d->ends[i].source = resolve_addresses(d->resolver, &rule->from);
		d->ends[i].destination = resolve_addresses(d->resolver, &rule->to);
		if (d->ends[i].source == NULL || d->ends[i].destination == NULL)
			return false;
	}
	return true;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* All interfaces that rules name, once each. */
static bool collect_interfaces(struct decider *d)
{
	const struct policy *const policy = d->policy;
	size_t count = 0, kept = 0;

	for (size_t i = 0; i < policy->rule_count; i++)
		count += policy->rules[i].interface_count;
	if (count == 0)
		return true;
	d->interfaces = arena_array(d->arena, count, sizeof(*d->interfaces));
	if (d->interfaces == NULL)
		return false;
	count = 0;
	for (size_t i = 0; i < policy->rule_count; i++) {
		for (size_t k = 0; k < policy->rules[i].interface_count; k++)
			d->interfaces[count++] = policy->rules[i].interfaces[k];
	}
	qsort(d->interfaces, count, sizeof(*d->interfaces), by_text);
	for (size_t i = 1; i < count; i++) {
		if (strcmp(d->interfaces[kept], d->interfaces[i]) != 0)
			d->interfaces[++kept] = d->interfaces[i];
	}
	d->interface_count = kept + 1;
	for (size_t i = 0; i <= kept; i++)
		d->has_patterns |= strchr(d->interfaces[i], '*') != NULL;
	return true;
}

uint32_t decider_scope(const struct decider *d, const char *interface)
{
	const char *const *const found = d->interface_count == 0
						 ? NULL
						 : bsearch(&interface, d->interfaces, d->interface_count,
							   sizeof(*d->interfaces), by_text);

	return found != NULL ? (uint32_t)(found - d->interfaces) + 1 : NOTHING;
}

size_t decider_scopes(const struct decider *d, const char *interface,
		      uint32_t scopes[static INTERFACE_SCOPES])
{
	const size_t length = strnlen(interface, INTERFACE_SCOPES - 2);
	char pattern[INTERFACE_SCOPES];
	uint32_t scope = decider_scope(d, interface);
	size_t count = 0;

	if (scope != NOTHING)
		scopes[count++] = scope;
	for (size_t i = 0; d->has_patterns && i <= length; i++) {
		memcpy(pattern, interface, i);
		memcpy(pattern + i, "*", 2);
		scope = decider_scope(d, pattern);
		if (scope != NOTHING && strcmp(pattern, interface) != 0)
			scopes[count++] = scope;
	}
	return count;
}

bool interface_matches(const char *written, const char *interface)
{
	const size_t length = strlen(written);

	if (length > 0 && written[length - 1] == '*')
		return strncmp(written, interface, length - 1) == 0;
	return strcmp(written, interface) == 0;
}

/* The items while they are collected. */
struct item_list {
	struct item *list;
	size_t count, capacity;
};

static bool add_matches(struct builder *b, struct item_list *items, uint32_t scope, uint32_t number)
{
	const struct rule *const rule = &b->decider->policy->rules[number];
	const uint64_t base = ((uint64_t)scope * DIRECTIONS + rule->direction) * TRANSPORTS;

	for (size_t i = 0; i < rule->door_count; i++) {
		for (size_t k = 0; k < rule->doors[i].match_count; k++) {
			const struct match *const match = &rule->doors[i].matches[k];
			struct item *const list = arena_grow(b->scratch, items->list, items->count,
							     &items->capacity, sizeof(*list));

			if (list == NULL)
				return false;
			items->list = list;
			list[items->count++] = (struct item){
				.tree = base + match->transport,
				.rule = number,
				.first = match->first,
				.last = match->last,
			};
		}
	}
	return true;
}

/* A rule with interfaces is in the scope of each, and in the one for questions that name none. */
static bool add_rule(struct builder *b, struct item_list *items, uint32_t number)
{
	const struct decider *const d = b->decider;
	const struct rule *const rule = &d->policy->rules[number];

	if (rule->interface_count == 0)
		return add_matches(b, items, 0, number);
	for (size_t i = 0; i < rule->interface_count; i++) {
		if (!add_matches(b, items, decider_scope(d, rule->interfaces[i]), number))
			return false;
	}
	return add_matches(b, items, (uint32_t)d->interface_count + 1, number);
}

static int by_tree(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->tree != y->tree)
		return x->tree < y->tree ? -1 : 1;
	return x->rule < y->rule ? -1 : x->rule > y->rule;
}

static bool build_trees(struct builder *b, const struct item_list *items)
{
	uint32_t *const table = &b->decider->scopes[0][0][0];

	for (size_t i = 0, behind; i < items->count; i = behind) {
		for (behind = i + 1; behind < items->count && items->list[behind].tree == items->list[i].tree;
		     behind++)
			;
		if (!build_tree(b, items->list + i, behind - i, &table[items->list[i].tree]))
			return false;
	}
	return true;
}

static bool allocate(struct decider *d)
{
	const size_t rules = d->policy->rule_count + 1;
	const size_t scopes = d->interface_count + (d->interface_count > 0 ? 2 : 1);

	d->scopes = arena_array(d->arena, scopes, sizeof(*d->scopes));
	if (d->scopes == NULL)
		return false;
	memset(d->scopes, 0xff, scopes * sizeof(*d->scopes)); /* NOTHING */
	d->ends = arena_array(d->arena, rules, sizeof(*d->ends));
	d->verdicts = arena_alloc(d->arena, rules);
	d->past = arena_alloc(d->arena, rules);
	return d->ends != NULL && d->verdicts != NULL && d->past != NULL;
}

static bool build(struct builder *b)
{
	struct decider *const d = b->decider;
	struct item_list items = { 0 };

	if (!collect_interfaces(d) || !allocate(d) || !resolve_rules(d))
		return false;
	for (size_t i = 0; i < d->policy->rule_count; i++) {
		if (!is_idle(d, i) && !add_rule(b, &items, (uint32_t)i))
			return false;
	}
	if (items.count > 0)
		qsort(items.list, items.count, sizeof(*items.list), by_tree);
	return build_trees(b, &items);
}

static struct decider *make(struct arena *arena, struct arena *scratch, const struct policy *policy,
			    const struct surroundings *around)
{
	struct decider *const d = arena_alloc(arena, sizeof(*d));
	struct builder b = { .decider = d, .scratch = scratch };

	if (d == NULL)
		return NULL;
	*d = (struct decider){ .arena = arena, .policy = policy, .pool.arena = arena };
	d->resolver = resolver_new(arena, policy, around);
	b.stretcher = stretcher_new(scratch, &d->pool);
	return d->resolver != NULL && b.stretcher != NULL && build(&b) ? d : NULL;
}

struct decider *decider_new(const struct policy *policy, const struct surroundings *around, struct error *err)
{
	struct arena *const arena = arena_new(DECIDER_LIMIT), *const scratch = arena_new(DECIDER_LIMIT);
	struct decider *d = NULL;

	if (policy->rule_count >= NO_RULE)
		error_set(err, "%s: more than %u rules", policy->path, NO_RULE - 1);
	else if (arena != NULL && scratch != NULL)
		d = make(arena, scratch, policy, around);
	if (d == NULL && policy->rule_count < NO_RULE)
		error_set(err,
			  "%s: no memory for deciding by these rules (at most %zu MiB); rules with long "
			  "lists of addresses or ports take the most",
			  policy->path, DECIDER_LIMIT >> 20);
	arena_free(scratch);
	if (d == NULL)
		arena_free(arena);
	return d;
}

void decider_free(struct decider *d)
{
	if (d != NULL)
		arena_free(d->arena);
}
