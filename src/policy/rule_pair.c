#include "policy/rule_pair.h"

bool common_address(const struct address_set *a, const struct address_set *b, struct address *ret)
{
	size_t i = 0, k = 0;

	while (i < a->count && k < b->count) {
		const struct number_range *const x = &a->ranges[i], *const y = &b->ranges[k];

		if (number_less(x->last, y->first)) {
			i++;
		} else if (number_less(y->last, x->first)) {
			k++;
		} else {
			*ret = number_address(number_less(x->first, y->first) ? y->first : x->first);
			return true;
		}
	}
	return false;
}

static bool match_within(const struct match *part, const struct match *whole)
{
	return (whole->transport == part->transport || whole->transport == TRANSPORT_ANY) &&
	       whole->first <= part->first && part->last <= whole->last;
}

static bool within_doors(const struct match *part, const struct rule *whole)
{
	for (size_t i = 0; i < whole->door_count; i++) {
		for (size_t k = 0; k < whole->doors[i].match_count; k++) {
			if (match_within(part, &whole->doors[i].matches[k]))
				return true;
		}
	}
	return false;
}

bool doors_within(const struct rule *part, const struct rule *whole)
{
	for (size_t i = 0; i < part->door_count; i++) {
		for (size_t k = 0; k < part->doors[i].match_count; k++) {
			if (!within_doors(&part->doors[i].matches[k], whole))
				return false;
		}
	}
	return true;
}

static bool interface_within(const char *interface, const struct rule *whole)
{
	for (size_t i = 0; i < whole->interface_count; i++) {
		if (interface_matches(whole->interfaces[i], interface))
			return true;
	}
	return false;
}

bool interfaces_within(const struct rule *part, const struct rule *whole)
{
	if (whole->interface_count == 0)
		return true;
	for (size_t i = 0; i < part->interface_count; i++) {
		if (!interface_within(part->interfaces[i], whole))
			return false;
	}
	return part->interface_count > 0;
}

bool interfaces_meet(const struct rule *a, const struct rule *b)
{
	if (a->interface_count == 0 || b->interface_count == 0)
		return true;
	for (size_t i = 0; i < a->interface_count; i++) {
		if (interface_within(a->interfaces[i], b))
			return true;
	}
	for (size_t i = 0; i < b->interface_count; i++) {
		if (interface_within(b->interfaces[i], a))
			return true;
	}
	return false;
}

bool common_door(const struct rule *rule, const struct match *match, struct match *ret)
{
	for (size_t i = 0; i < rule->door_count; i++) {
		for (size_t k = 0; k < rule->doors[i].match_count; k++) {
			const struct match *const own = &rule->doors[i].matches[k];
			const uint16_t first = own->first > match->first ? own->first : match->first;
			const bool any = match->transport == TRANSPORT_ANY;

			if ((own->transport != match->transport && own->transport != TRANSPORT_ANY && !any) ||
			    first > own->last || first > match->last)
				continue;
			*ret = (struct match){ any ? own->transport : match->transport, first, first };
			return true;
		}
	}
	return false;
}
