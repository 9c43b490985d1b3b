/* One rule read in the plain way, field by field as it was written. It shares nothing with the decider but
 * what names and `self` stand for, so that each can be the other's yardstick. */
#include "policy/decide.h"

static bool ranges_hold(const struct address_range *ranges, size_t count, const struct address *a)
{
	for (size_t i = 0; i < count; i++) {
		if (address_in(a, &ranges[i]))
			return true;
	}
	return false;
}

static bool term_holds(const struct resolver *r, const struct address_term *term, const struct address *a)
{
	switch (term->kind) {
	case ADDRESS_ANY: return true;
	case ADDRESS_RANGE: return ranges_hold(&term->range, 1, a);
	case ADDRESS_SELF: return ranges_hold(r->around.self, r->around.self_count, a);
	case ADDRESS_LOCAL: return ranges_hold(r->around.local, r->around.local_count, a);
	case ADDRESS_MULTICAST: return ranges_hold(multicast_ranges, 2, a);
	case ADDRESS_BROADCAST:
		return ranges_hold(broadcast_ranges, 1, a) ||
		       ranges_hold(r->around.broadcast, r->around.broadcast_count, a);
	case ADDRESS_NAMED: return address_set_find(resolved_name(r, term->name), number_of(a)) != NULL;
	}
	return false;
}

static bool terms_hold(const struct resolver *r, const struct address_term *terms, size_t count,
		       const struct address *a)
{
	for (size_t i = 0; i < count; i++) {
		if (term_holds(r, &terms[i], a))
			return true;
	}
	return false;
}

static bool list_holds(const struct resolver *r, const struct address_list *list, const struct address *a)
{
	return (list->count == 0 || terms_hold(r, list->terms, list->count, a)) &&
	       !terms_hold(r, list->except, list->except_count, a);
}

static bool match_holds(const struct match *match, const struct match *asked)
{
	return (match->transport == asked->transport || match->transport == TRANSPORT_ANY) &&
	       match->first <= asked->first && asked->first <= match->last;
}

bool door_holds(const struct door *door, const struct match *asked)
{
	for (size_t i = 0; i < door->match_count; i++) {
		if (match_holds(&door->matches[i], asked))
			return true;
	}
	return false;
}

static enum mismatch door_mismatch(const struct rule *rule, const struct match *asked)
{
	bool transport = false;

	for (size_t i = 0; i < rule->door_count; i++) {
		const struct door *const door = &rule->doors[i];

		if (door_holds(door, asked))
			return MATCHES;
		for (size_t k = 0; k < door->match_count; k++)
			transport |= door->matches[k].transport == asked->transport;
	}
	return transport ? OTHER_PORT : OTHER_TRANSPORT;
}

static bool names_interface(const struct rule *rule, const char *interface)
{
	for (size_t i = 0; i < rule->interface_count; i++) {
		if (interface_matches(rule->interfaces[i], interface))
			return true;
	}
	return false;
}

/* What is known is looked at before what is open: a rule depends on an open end only if all else matches. */
enum mismatch rule_mismatch(const struct decider *d, const struct rule *rule, const struct question *question)
{
	const struct ends *const ends = &d->ends[rule->number];
	const enum mismatch door = door_mismatch(rule, &question->door);

	if (rule->direction != question->direction)
		return OTHER_DIRECTION;
	if (door != MATCHES)
		return door;
	if (ends->source->count == 0 ||
	    (question->has_source && !list_holds(d->resolver, &rule->from, &question->source)))
		return OTHER_SOURCE;
	if (ends->destination->count == 0 ||
	    (question->has_destination && !list_holds(d->resolver, &rule->to, &question->destination)))
		return OTHER_DESTINATION;
	if (rule->interface_count > 0 && question->interface != NULL &&
	    !names_interface(rule, question->interface))
		return OTHER_INTERFACE;
	if (rule->until != DATE_NONE && rule->until < d->resolver->around.today)
		return PAST_UNTIL;
	if (!question->has_source && !ends->source->everything)
		return DEPENDS_ON_SOURCE;
	if (!question->has_destination && !ends->destination->everything)
		return DEPENDS_ON_DESTINATION;
	if (rule->interface_count > 0 && question->interface == NULL)
		return DEPENDS_ON_INTERFACE;
	return MATCHES;
}
