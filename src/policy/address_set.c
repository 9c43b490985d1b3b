#include "policy/address_set.h"

#include <stdlib.h>

static const struct number_range all_numbers[1] = { { { 0, 0 }, NUMBER_MOST } };
static const struct address_set everything = { all_numbers, 1, true };
static const struct address_set nothing = { NULL, 0, false };

/* RFC 5771, RFC 4291 section 2.7; RFC 919. */
const struct address_range multicast_ranges[2] = {
	{ { { [10] = 0xff, 0xff, 224, 0, 0, 0 } }, { { [10] = 0xff, 0xff, 239, 255, 255, 255 } } },
	{ { { 0xff } },
	  { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	      0xff } } },
};
const struct address_range broadcast_ranges[1] = {
	{ { { [10] = 0xff, 0xff, 255, 255, 255, 255 } }, { { [10] = 0xff, 0xff, 255, 255, 255, 255 } } },
};

/* A list of ranges while it is put together. */
struct gathering {
	struct arena *arena;
	struct number_range *ranges;
	size_t count, capacity;
	bool failed; /* without memory */
};

struct address number_address(struct number n)
{
	struct address a;

	for (int i = 0; i < 8; i++) {
		a.bytes[i] = (uint8_t)(n.high >> (56 - 8 * i));
		a.bytes[8 + i] = (uint8_t)(n.low >> (56 - 8 * i));
	}
	return a;
}

static void gather(struct gathering *g, struct number first, struct number last)
{
	struct number_range *ranges;

	if (number_less(last, first))
		return;
	ranges = arena_grow(g->arena, g->ranges, g->count, &g->capacity, sizeof(*ranges));
	if (ranges == NULL) {
		g->failed = true;
		return;
	}
	g->ranges = ranges;
	ranges[g->count++] = (struct number_range){ first, last };
}

/* The mapped block is cut out of an IPv6 range, since the two families do not hold each other. */
static void gather_range(struct gathering *g, const struct address_range *range)
{
	const struct number first = number_of(&range->first), last = number_of(&range->last);
	const bool reaches_v4 = number_less(first, MAPPED_FIRST) && !number_less(last, MAPPED_FIRST);

	if (!reaches_v4) {
		gather(g, first, last);
		return;
	}
	gather(g, first, number_previous(MAPPED_FIRST));
	gather(g, NUMBER_BEHIND, last);
}

static void gather_ranges(struct gathering *g, const struct address_range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		gather_range(g, &ranges[i]);
}

static void gather_set(struct gathering *g, const struct address_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		gather(g, set->ranges[i].first, set->ranges[i].last);
}

static void gather_term(const struct resolver *r, struct gathering *g, const struct address_term *term)
{
	switch (term->kind) {
	case ADDRESS_ANY: gather_set(g, &everything); break;
	case ADDRESS_RANGE: gather_range(g, &term->range); break;
	case ADDRESS_SELF: gather_ranges(g, r->around.self, r->around.self_count); break;
	case ADDRESS_LOCAL: gather_ranges(g, r->around.local, r->around.local_count); break;
	case ADDRESS_MULTICAST: gather_ranges(g, multicast_ranges, 2); break;
	case ADDRESS_BROADCAST:
		gather_ranges(g, broadcast_ranges, 1);
		gather_ranges(g, r->around.broadcast, r->around.broadcast_count);
		break;
	case ADDRESS_NAMED: gather_set(g, resolved_name(r, term->name)); break;
	}
}

static int by_first(const void *a, const void *b)
{
	const struct number_range *x = a, *y = b;

	return number_compare(x->first, y->first);
}

/* Sorts the ranges and makes one of those that overlap or touch. */
static void merge(struct gathering *g)
{
	size_t kept = 0;

	if (g->count < 2)
		return;
	qsort(g->ranges, g->count, sizeof(*g->ranges), by_first);
	for (size_t i = 1; i < g->count; i++) {
		struct number_range *const last = &g->ranges[kept];
		const bool apart = !number_equal(last->last, NUMBER_MOST) &&
				   number_less(number_next(last->last), g->ranges[i].first);

		if (apart)
			g->ranges[++kept] = g->ranges[i];
		else if (number_less(last->last, g->ranges[i].last))
			last->last = g->ranges[i].last;
	}
	g->count = kept + 1;
}

/* What is left of one range without the ranges of `except`, which are sorted; *at keeps the place in them. */
static void gather_rest(struct gathering *g, struct number_range range, const struct gathering *except,
			size_t *at)
{
	while (*at < except->count && number_less(except->ranges[*at].last, range.first))
		(*at)++;
	for (size_t i = *at; i < except->count && !number_less(range.last, except->ranges[i].first); i++) {
		if (number_less(range.first, except->ranges[i].first))
			gather(g, range.first, number_previous(except->ranges[i].first));
		if (!number_less(except->ranges[i].last, range.last))
			return;
		range.first = number_next(except->ranges[i].last);
	}
	gather(g, range.first, range.last);
}

static struct gathering without(const struct gathering *g, const struct gathering *except)
{
	struct gathering rest = { .arena = g->arena, .failed = g->failed || except->failed };
	size_t at = 0;

	for (size_t i = 0; i < g->count; i++)
		gather_rest(&rest, g->ranges[i], except, &at);
	return rest;
}

static struct gathering gather_terms(const struct resolver *r, const struct address_term *terms, size_t count)
{
	struct gathering g = { .arena = r->arena };

	for (size_t i = 0; i < count; i++)
		gather_term(r, &g, &terms[i]);
	merge(&g);
	return g;
}

static struct gathering gather_list(const struct resolver *r, const struct address_list *list)
{
	static const struct address_term any = { .kind = ADDRESS_ANY };
	const struct gathering terms = list->count > 0 ? gather_terms(r, list->terms, list->count)
						       : gather_terms(r, &any, 1);
	struct gathering except;

	if (list->except_count == 0)
		return terms;
	except = gather_terms(r, list->except, list->except_count);
	return without(&terms, &except);
}

static bool holds_everything(const struct gathering *g)
{
	return g->count == 1 && number_equal(g->ranges[0].first, (struct number){ 0, 0 }) &&
	       number_equal(g->ranges[0].last, NUMBER_MOST);
}

const struct address_set *resolve_addresses(struct resolver *r, const struct address_list *list)
{
	struct gathering g;
	struct address_set *set;

	if (list->count == 0 && list->except_count == 0)
		return &everything;
	if (list->except_count == 0 && list->count == 1 && list->terms[0].kind == ADDRESS_ANY)
		return &everything;
	if (list->except_count == 0 && list->count == 1 && list->terms[0].kind == ADDRESS_NAMED)
		return resolved_name(r, list->terms[0].name);
	g = gather_list(r, list);
	set = arena_alloc(r->arena, sizeof(*set));
	if (g.failed || set == NULL)
		return NULL;
	*set = (struct address_set){ g.ranges, (uint32_t)g.count, holds_everything(&g) };
	return set;
}

/* Names stand in the order in which they were defined, and one is used only behind its definition; while the
 * names are resolved, those further on have no set yet. */
const struct address_set *resolved_name(const struct resolver *r, const struct policy_name *name)
{
	const bool known = name >= r->policy->names && name < r->policy->names + r->policy->name_count;
	const struct address_set *const set = known ? r->names[name - r->policy->names] : NULL;

	return set != NULL ? set : &nothing;
}

struct resolver *resolver_new(struct arena *arena, const struct policy *policy,
			      const struct surroundings *around)
{
	struct resolver *const r = arena_alloc(arena, sizeof(*r));

	if (r == NULL)
		return NULL;
	*r = (struct resolver){ .arena = arena, .policy = policy, .around = *around };
	r->names = arena_array(arena, policy->name_count + 1, sizeof(void *));
	if (r->names == NULL)
		return NULL;
	for (size_t i = 0; i < policy->name_count; i++) {
		r->names[i] = resolve_addresses(r, &policy->names[i].addresses);
		if (r->names[i] == NULL)
			return NULL;
	}
	return r;
}

const struct number_range *address_set_find(const struct address_set *set, struct number n)
{
	size_t low = 0, high = set->count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (number_less(set->ranges[middle].last, n))
			low = middle + 1;
		else
			high = middle;
	}
	return low < set->count && !number_less(n, set->ranges[low].first) ? &set->ranges[low] : NULL;
}

bool address_set_within(const struct address_set *part, const struct address_set *whole)
{
	if (whole->everything || part == whole)
		return true;
	for (size_t i = 0; i < part->count; i++) {
		const struct number_range *const found = address_set_find(whole, part->ranges[i].first);

		if (found == NULL || number_less(found->last, part->ranges[i].last))
			return false;
	}
	return true;
}
