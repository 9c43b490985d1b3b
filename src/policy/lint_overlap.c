/* Rules that overlap: those that add nothing to later ones (redundant), and those that cross an earlier one
 * of the opposite verdict (contradiction).
 *
 * The parts of all rules stand in one table, sorted by where they are: direction and transport, then the
 * storeys of all ports, then the source. What overlaps a part is then found without looking at the others:
 * in each storey a stretch of rooms, and in each room by the ends of the sources, of which the table keeps
 * the greatest behind each middle. A rule is compared with at most RULE_NEIGHBOURS others. */
#include "policy/lint.h"
#include "policy/rule_pair.h"

#include <stdio.h>
#include <stdlib.h>

/* One source range of one match of a rule, in one room of ports. */
struct part {
	uint64_t room; /* direction and transport, storey, room */
	struct number first, last;
	struct number reach; /* the last of all in the half of the room that this is the middle of */
	uint32_t rule;
};

static const struct storeys all_ports = { .base = 0, .width = PORTS, .bits = 4, .height = 5 };
enum { ROOM_BITS = 20 }; /* 65,536 + 4,096 + 256 + 16 + 1 rooms */

struct overlaps {
	struct linter *linter;
	struct part *parts;
	size_t count, capacity;
	uint32_t *seen;   /* by rule: the rule that it was compared with last, plus one */
	uint64_t *groups; /* directions and transports that have parts, sorted */
	size_t group_count;
};

static uint64_t group_of(enum direction direction, uint16_t transport)
{
	return (uint64_t)direction * TRANSPORTS + transport;
}

static bool add_part(struct overlaps *o, uint64_t room, const struct number_range *source, uint32_t rule)
{
	struct part *const parts = arena_grow(o->linter->scratch, o->parts, o->count, &o->capacity,
					      sizeof(*parts));

	if (parts == NULL)
		return false;
	o->parts = parts;
	parts[o->count++] = (struct part){ .room = room,
					   .first = source->first,
					   .last = source->last,
					   .reach = source->last,
					   .rule = rule };
	return true;
}

static bool add_match(struct overlaps *o, const struct rule *rule, const struct match *match)
{
	const struct address_set *const sources = o->linter->decider->ends[rule->number].source;
	const uint64_t group = group_of(rule->direction, match->transport) << ROOM_BITS;
	struct cover cover = cover_of(&all_ports, match->first, match->last);
	uint32_t room;

	while (cover_next(&cover, &room)) {
		for (size_t i = 0; i < sources->count; i++) {
			if (!add_part(o, group + room, &sources->ranges[i], (uint32_t)rule->number))
				return false;
		}
	}
	return true;
}

static bool add_rule(struct overlaps *o, const struct rule *rule)
{
	for (size_t i = 0; i < rule->door_count; i++) {
		for (size_t k = 0; k < rule->doors[i].match_count; k++) {
			if (!add_match(o, rule, &rule->doors[i].matches[k]))
				return false;
		}
	}
	return true;
}

static int by_place(const void *a, const void *b)
{
	const struct part *x = a, *y = b;
	const int source = number_compare(x->first, y->first);

	if (x->room != y->room)
		return x->room < y->room ? -1 : 1;
	if (source != 0)
		return source;
	return x->rule < y->rule ? -1 : x->rule > y->rule;
}

/* Sets the reach of the middle of every half, from the smallest up: the depth is that of a search by halves.
 */
static struct number set_reach(struct part *parts, size_t from, size_t behind)
{
	const size_t middle = from + (behind - from) / 2;
	struct number below;

	if (from == behind)
		return (struct number){ 0, 0 };
	below = set_reach(parts, from, middle);
	if (number_less(parts[middle].reach, below))
		parts[middle].reach = below;
	below = set_reach(parts, middle + 1, behind);
	if (number_less(parts[middle].reach, below))
		parts[middle].reach = below;
	return parts[middle].reach;
}

static size_t end_of_room(const struct overlaps *o, size_t from)
{
	size_t behind = from + 1;

	while (behind < o->count && o->parts[behind].room == o->parts[from].room)
		behind++;
	return behind;
}

static bool collect_groups(struct overlaps *o)
{
	o->groups = arena_array(o->linter->scratch, (size_t)DIRECTIONS * TRANSPORTS, sizeof(*o->groups));
	if (o->groups == NULL)
		return false;
	for (size_t i = 0; i < o->count; i++) {
		const uint64_t group = o->parts[i].room >> ROOM_BITS;

		if (o->group_count == 0 || o->groups[o->group_count - 1] != group)
			o->groups[o->group_count++] = group;
	}
	return true;
}

static bool build(struct overlaps *o)
{
	const struct policy *const policy = o->linter->policy;

	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct rule *const rule = &policy->rules[i];

		if (!rule_is_live(o->linter, rule) || o->linter->shadowed[i])
			continue;
		if (o->count > LINT_PARTS)
			return true;
		if (!add_rule(o, rule))
			return false;
	}
	if (o->count > 0)
		qsort(o->parts, o->count, sizeof(*o->parts), by_place);
	for (size_t i = 0, behind; i < o->count; i = behind) {
		behind = end_of_room(o, i);
		set_reach(o->parts, i, behind);
	}
	o->seen = arena_array(o->linter->scratch, policy->rule_count + 1, sizeof(*o->seen));
	return o->seen != NULL && collect_groups(o);
}

/* ---- one rule and its neighbours ---- */

struct neighbours {
	struct overlaps *all;
	const struct rule *rule;
	const struct rule *same;     /* the first later one of its verdict that holds all of it */
	const struct rule *opposite; /* the first later one of another verdict that overlaps it */
	const struct rule *crossed;  /* the first earlier one of the opposite verdict that crosses it */
	size_t crossings, visited;
	enum lint_bound bound; /* that was reached */
};

static bool permits(const struct rule *rule)
{
	return rule->verdict == VERDICT_ALLOW;
}

static const struct ends *ends_of(const struct neighbours *n, const struct rule *rule)
{
	return &n->all->linter->decider->ends[rule->number];
}

static bool holds(const struct neighbours *n, const struct rule *whole, const struct rule *part)
{
	return doors_within(part, whole) && interfaces_within(part, whole) &&
	       address_set_within(ends_of(n, part)->source, ends_of(n, whole)->source) &&
	       address_set_within(ends_of(n, part)->destination, ends_of(n, whole)->destination);
}

/* Narrower in one of its ends or in its doors and nowhere disjoint: an exception on purpose. */
static bool is_exception(const struct neighbours *n, const struct rule *early, const struct rule *late)
{
	const struct ends *const a = ends_of(n, early), *const b = ends_of(n, late);
	const bool source = address_set_within(a->source, b->source) &&
			    !address_set_within(b->source, a->source);
	const bool destination = address_set_within(a->destination, b->destination) &&
				 !address_set_within(b->destination, a->destination);
	const bool doors = doors_within(early, late) && !doors_within(late, early);
	const bool interfaces = interfaces_within(early, late) && !interfaces_within(late, early);

	return source || destination || doors || interfaces;
}

/* An allow that leaves a hole in a later deny is said whenever it is not the deny's own exception, narrower
 * in all; a deny before an allow only if neither is an exception to the other in anything. */
static bool crosses(const struct neighbours *n, const struct rule *early, const struct rule *late)
{
	if (permits(early) == permits(late) || holds(n, late, early))
		return false;
	return permits(early) || !is_exception(n, early, late);
}

static void meet_later(struct neighbours *n, const struct rule *other)
{
	if (other->verdict != n->rule->verdict) {
		if (n->opposite == NULL || other->number < n->opposite->number)
			n->opposite = other;
	} else if ((n->same == NULL || other->number < n->same->number) && holds(n, other, n->rule)) {
		n->same = other;
	}
}

/* Whether the earlier rule truly decides something that both are about: at the lowest corner of what they
 * share. A rule before both may have decided that already, and then nothing is said. */
static bool is_felt(const struct neighbours *n, const struct rule *early)
{
	const struct ends *const a = ends_of(n, early), *const b = ends_of(n, n->rule);
	const struct rule *const bound = n->rule->interface_count > 0 ? n->rule : early;
	struct question q = { .direction = early->direction, .has_source = true, .has_destination = true };
	bool found = false;

	for (size_t i = 0; i < n->rule->door_count && !found; i++) {
		for (size_t k = 0; k < n->rule->doors[i].match_count && !found; k++)
			found = common_door(early, &n->rule->doors[i].matches[k], &q.door);
	}
	if (!found || !common_address(a->source, b->source, &q.source) ||
	    !common_address(a->destination, b->destination, &q.destination))
		return false;
	q.interface = bound->interface_count > 0 ? bound->interfaces[0] : "?";
	return policy_decide(n->all->linter->decider, &q).rule == early;
}

static void meet_earlier(struct neighbours *n, const struct rule *other)
{
	if (!crosses(n, other, n->rule) || !is_felt(n, other))
		return;
	n->crossings++;
	if (n->crossed == NULL || other->number < n->crossed->number)
		n->crossed = other;
}

static void meet(struct neighbours *n, uint32_t number)
{
	const struct rule *const other = &n->all->linter->policy->rules[number];
	struct address shared;

	if (other == n->rule || n->all->seen[number] == n->rule->number + 1)
		return;
	n->all->seen[number] = (uint32_t)n->rule->number + 1;
	if (!common_address(ends_of(n, n->rule)->destination, ends_of(n, other)->destination, &shared) ||
	    !interfaces_meet(n->rule, other))
		return;
	if (other->number > n->rule->number)
		meet_later(n, other);
	else
		meet_earlier(n, other);
}

/* The parts of one room that overlap a range of sources, in the halves of [from, behind). */
static void meet_sources(struct neighbours *n, size_t from, size_t behind, const struct number_range *range)
{
	const struct part *const parts = n->all->parts;

	while (from < behind && n->bound == WITHIN_BOUNDS) {
		const size_t middle = from + (behind - from) / 2;

		if (number_less(parts[middle].reach, range->first))
			return;
		meet_sources(n, from, middle, range);
		if (number_less(range->last, parts[middle].first))
			return;
		if (!number_less(parts[middle].last, range->first)) {
			meet(n, parts[middle].rule);
			n->all->linter->neighbours++;
			if (++n->visited > RULE_NEIGHBOURS)
				n->bound = BOUND_RULE_NEIGHBOURS;
		}
		from = middle + 1;
	}
}

static size_t first_part(const struct overlaps *o, uint64_t room)
{
	size_t low = 0, high = o->count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (o->parts[middle].room < room)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void meet_room(struct neighbours *n, size_t from, size_t behind)
{
	const struct address_set *const sources = ends_of(n, n->rule)->source;

	for (size_t i = 0; i < sources->count && n->bound == WITHIN_BOUNDS; i++)
		meet_sources(n, from, behind, &sources->ranges[i]);
}

/* In each storey the rooms from that of the first port to that of the last one overlap the ports. */
static void meet_group(struct neighbours *n, uint64_t group, const struct match *match)
{
	struct climb first = climb_from(&all_ports, match->first), last = climb_from(&all_ports, match->last);
	const struct overlaps *const o = n->all;

	for (; climb_on(&first); climb_up(&first), climb_up(&last)) {
		const uint64_t base = group << ROOM_BITS;
		size_t at = first_part(o, base + first.base + first.index);

		while (at < o->count && o->parts[at].room <= base + last.base + last.index &&
		       n->bound == WITHIN_BOUNDS) {
			const size_t behind = end_of_room(o, at);

			meet_room(n, at, behind);
			if (++n->visited > RULE_ROOMS && n->bound == WITHIN_BOUNDS)
				n->bound = BOUND_RULE_ROOMS;
			at = behind;
		}
	}
}

static void meet_match(struct neighbours *n, const struct match *match)
{
	const struct overlaps *const o = n->all;

	for (size_t i = 0; i < o->group_count; i++) {
		const uint64_t transport = o->groups[i] % TRANSPORTS;
		const bool same = transport == match->transport || transport == TRANSPORT_ANY ||
				  match->transport == TRANSPORT_ANY;

		if (o->groups[i] / TRANSPORTS == (uint64_t)n->rule->direction && same)
			meet_group(n, o->groups[i], match);
	}
}

/* A rule for everything is crossed by none, and only a later one like it could make it redundant. */
static bool is_catch_all(const struct neighbours *n, const struct rule *rule)
{
	const struct ends *const ends = ends_of(n, rule);

	return ends->source->everything && ends->destination->everything && rule->interface_count == 0 &&
	       rule->door_count == 1 && rule->doors[0].matches[0].transport == TRANSPORT_ANY;
}

static bool is_documented(const struct rule *rule)
{
	return rule->service != NULL || rule->owner != NULL || rule->because != NULL ||
	       rule->mitigation != NULL;
}

/* Whether a rule does nothing but what its verdict says, now and later. */
static bool is_plain(const struct rule *rule)
{
	return !rule->log && !rule->strict && !rule->test && rule->limit.count == 0 && rule->by == NULL &&
	       rule->until == DATE_NONE;
}

/* The deny that ends many policies says what holds in any case; rules before it that deny are there to be
 * read. */
static void report_redundant(const struct neighbours *n)
{
	const bool between = n->opposite != NULL && n->same != NULL && n->opposite->number < n->same->number;
	char line[PLACE_TEXT];
	struct diagnostic *d;

	if (n->same == NULL || between || is_documented(n->rule) || !is_plain(n->rule) ||
	    !is_plain(n->same) || (!permits(n->same) && is_catch_all(n, n->same)))
		return;
	d = diagnostics_add(n->all->linter->diagnostics, SEVERITY_REMARK, "redundant", &n->rule->place,
			    "this rule adds nothing: without it the rule at %s decides the same",
			    line_text(&n->same->place, &n->rule->place, line));
	if (d != NULL) {
		d->other = n->same->place;
		d->fix = "remove it, or document what it is for";
	}
}

static void report_crossing(const struct neighbours *n)
{
	char line[PLACE_TEXT], more[64] = "";
	struct diagnostic *d;

	if (n->crossed == NULL || n->all->linter->partly[n->rule->number])
		return;
	if (n->crossings > 1)
		snprintf(more, sizeof(more), ", and so do %zu more", n->crossings - 1);
	d = diagnostics_add(n->all->linter->diagnostics, SEVERITY_WARNING, "contradiction", &n->rule->place,
			    "part of what this rule %s the rule at %s %s before%s; which of them is meant "
			    "depends on their order alone",
			    permits(n->rule) ? "allows" : "denies",
			    line_text(&n->crossed->place, &n->rule->place, line),
			    permits(n->crossed) ? "allows" : "denies", more);
	if (d != NULL)
		d->other = n->crossed->place;
}

static void compare(struct overlaps *o, const struct rule *rule)
{
	struct neighbours n = { .all = o, .rule = rule };

	if (is_catch_all(&n, rule))
		return;
	if (o->linter->neighbours > LINT_NEIGHBOURS)
		n.bound = BOUND_LINT_NEIGHBOURS;
	else if (o->count > LINT_PARTS)
		n.bound = BOUND_LINT_PARTS;
	for (size_t i = 0; i < rule->door_count && n.bound == WITHIN_BOUNDS; i++) {
		for (size_t k = 0; k < rule->doors[i].match_count; k++)
			meet_match(&n, &rule->doors[i].matches[k]);
	}
	if (n.bound != WITHIN_BOUNDS)
		give_up(o->linter, rule, n.bound);
	else
		report_redundant(&n);
	report_crossing(&n);
}

bool lint_overlaps(struct linter *l)
{
	struct overlaps o = { .linter = l };

	if (!build(&o))
		return false;
	for (size_t i = 0; i < l->policy->rule_count; i++) {
		const struct rule *const rule = &l->policy->rules[i];

		if (rule_is_live(l, rule) && !l->shadowed[i])
			compare(&o, rule);
	}
	return true;
}
