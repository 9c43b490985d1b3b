#include "audit/ranges.h"

enum { NAME_DEPTH = 64 }; /* names in names; the parser refuses those that go round in circles */

static bool append(struct arena *arena, struct ranges *set, const struct address_range *range)
{
	struct address_range *const list = arena_grow(arena, set->list, set->count, &set->capacity,
						      sizeof(*list));

	if (list == NULL)
		return false;
	set->list = list;
	list[set->count++] = *range;
	return true;
}

bool ranges_subtract(struct arena *arena, struct ranges *set, const struct ranges *what)
{
	for (size_t w = 0; w < what->count; w++) {
		const struct address_range *const cut = &what->list[w];
		struct ranges left = { 0 };

		for (size_t i = 0; i < set->count; i++) {
			struct address_range part = set->list[i];

			if (address_compare(&part.last, &cut->first) < 0 ||
			    address_compare(&part.first, &cut->last) > 0) {
				if (!append(arena, &left, &part))
					return false;
				continue;
			}
			if (address_compare(&part.first, &cut->first) < 0) {
				struct address_range before = part;

				address_previous(&cut->first, &before.last);
				if (!append(arena, &left, &before))
					return false;
			}
			if (address_compare(&part.last, &cut->last) > 0) {
				address_next(&cut->last, &part.first);
				if (!append(arena, &left, &part))
					return false;
			}
		}
		*set = left;
	}
	return true;
}

bool ranges_add(struct arena *arena, struct ranges *set, const struct address_range *range)
{
	const struct ranges one = { .list = (struct address_range *)range, .count = 1 };
	size_t at;

	if (!ranges_subtract(arena, set, &one) || !append(arena, set, range))
		return false;
	for (at = set->count - 1; at > 0 && address_compare(&set->list[at - 1].first, &range->first) > 0;
	     at--)
		set->list[at] = set->list[at - 1];
	set->list[at] = *range;
	return true;
}

bool ranges_add_shared(struct arena *arena, struct ranges *set, const struct ranges *a,
		       const struct ranges *b)
{
	size_t i = 0, k = 0;

	while (i < a->count && k < b->count) {
		const struct address_range *const x = &a->list[i], *const y = &b->list[k];
		const struct address_range shared = {
			.first = address_compare(&x->first, &y->first) > 0 ? x->first : y->first,
			.last = address_compare(&x->last, &y->last) < 0 ? x->last : y->last,
		};

		if (address_compare(&shared.first, &shared.last) <= 0 && !ranges_add(arena, set, &shared))
			return false;
		if (address_compare(&x->last, &y->last) < 0)
			i++;
		else
			k++;
	}
	return true;
}

static bool add_all(struct arena *arena, struct ranges *set, const struct address_range *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!ranges_add(arena, set, &list[i]))
			return false;
	}
	return true;
}

static bool evaluate(struct arena *arena, const struct address_list *list, const struct surroundings *around,
		     unsigned depth, struct ranges *set);

static bool add_term(struct arena *arena, const struct address_term *term, const struct surroundings *around,
		     unsigned depth, struct ranges *set)
{
	struct address_range everything;

	switch (term->kind) {
	case ADDRESS_ANY:
		memset(&everything.first, 0, sizeof(everything.first));
		memset(&everything.last, 0xff, sizeof(everything.last));
		return ranges_add(arena, set, &everything);
	case ADDRESS_RANGE: return ranges_add(arena, set, &term->range);
	case ADDRESS_SELF: return add_all(arena, set, around->self, around->self_count);
	case ADDRESS_LOCAL: return add_all(arena, set, around->local, around->local_count);
	case ADDRESS_NAMED:
		return depth >= NAME_DEPTH || evaluate(arena, &term->name->addresses, around, depth + 1, set);
	case ADDRESS_MULTICAST:
	case ADDRESS_BROADCAST: break;
	}
	return true;
}

static bool evaluate(struct arena *arena, const struct address_list *list, const struct surroundings *around,
		     unsigned depth, struct ranges *set)
{
	static const struct address_term any = { .kind = ADDRESS_ANY };
	struct ranges in = { 0 }, out = { 0 };

	if (list->count == 0 && !add_term(arena, &any, around, depth, &in))
		return false;
	for (size_t i = 0; i < list->count; i++) {
		if (!add_term(arena, &list->terms[i], around, depth, &in))
			return false;
	}
	for (size_t i = 0; i < list->except_count; i++) {
		if (!add_term(arena, &list->except[i], around, depth, &out))
			return false;
	}
	return ranges_subtract(arena, &in, &out) && add_all(arena, set, in.list, in.count);
}

bool ranges_of_list(struct arena *arena, const struct address_list *list, const struct surroundings *around,
		    struct ranges *ret_set)
{
	*ret_set = (struct ranges){ 0 };
	return evaluate(arena, list, around, 0, ret_set);
}
