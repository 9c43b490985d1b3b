/* Rules, and parts of rules, that can never match because others before them take all.
 *
 * The question is asked of the decider itself: what decides the lowest corner of what is left of the rule? If
 * it is the rule, it can match, and that is mostly the first answer. If it is another, all that the other
 * takes is cut off, and the next corner of what is left is asked about. When nothing is left, nothing is left
 * to the rule: the claim is exact, whatever number of rules it takes together. */
#include "policy/lint.h"

#include <assert.h>
#include <stdio.h>

enum { TAKERS = 3 };

/* Questions from corner to corner: four stretches, ends included. */
struct box {
	uint32_t transport[2], port[2];
	struct number_range source, destination;
};

enum taken { TAKEN, NOT_TAKEN, NOT_KNOWN };

struct search {
	struct linter *linter;
	const struct rule *rule;
	const char *interface; /* one that stands for all that the rule is about */
	struct box stack[RULE_PIECES];
	size_t depth, steps;
	enum lint_bound bound; /* that was reached */
	const struct rule *takers[TAKERS];
	size_t taker_count;
};

static struct question corner(const struct search *s, const struct box *box)
{
	return (struct question){
		.direction = s->rule->direction,
		.door = { (uint16_t)box->transport[0], (uint16_t)box->port[0], (uint16_t)box->port[0] },
		.has_source = true,
		.has_destination = true,
		.source = number_address(box->source.first),
		.destination = number_address(box->destination.first),
		.interface = s->interface,
	};
}

static void note_taker(struct search *s, const struct rule *taker)
{
	for (size_t i = 0; i < s->taker_count && i < TAKERS; i++) {
		if (s->takers[i] == taker)
			return;
	}
	if (s->taker_count < TAKERS)
		s->takers[s->taker_count] = taker;
	s->taker_count++;
}

static const struct match *match_at(const struct rule *rule, const struct box *box)
{
	for (size_t i = 0; i < rule->door_count; i++) {
		for (size_t k = 0; k < rule->doors[i].match_count; k++) {
			const struct match *const match = &rule->doors[i].matches[k];
			const bool transport = match->transport == TRANSPORT_ANY ||
					       match->transport == box->transport[0];

			if (transport && match->first <= box->port[0] && box->port[0] <= match->last)
				return match;
		}
	}
	return NULL;
}

/* The part of a rule around the lowest corner of a box; false if it is not there, which cannot be. */
static bool part_at(const struct search *s, const struct rule *rule, const struct box *box, struct box *ret)
{
	const struct ends *const ends = &s->linter->decider->ends[rule->number];
	const struct match *const match = match_at(rule, box);
	const struct number_range *const source = address_set_find(ends->source, box->source.first);
	const struct number_range *const destination = address_set_find(ends->destination,
									box->destination.first);

	if (match == NULL || source == NULL || destination == NULL)
		return false;
	*ret = (struct box){
		.transport = { box->transport[0], box->transport[0] },
		.port = { match->first, match->last },
		.source = *source,
		.destination = *destination,
	};
	if (match->transport == TRANSPORT_ANY)
		ret->transport[1] = TRANSPORT_ANY - 1;
	return true;
}

static bool push(struct search *s, const struct box *box)
{
	if (s->depth == RULE_PIECES)
		return false;
	s->stack[s->depth++] = *box;
	return true;
}

static bool cut_stretch(struct search *s, struct box *rest, uint32_t stretch[2], uint32_t last)
{
	const uint32_t kept = stretch[0];

	if (last >= stretch[1])
		return true;
	stretch[0] = last + 1;
	if (!push(s, rest))
		return false;
	stretch[0] = kept;
	stretch[1] = last;
	return true;
}

static bool cut_range(struct search *s, struct box *rest, struct number_range *range, struct number last)
{
	const struct number kept = range->first;

	if (!number_less(last, range->last))
		return true;
	range->first = number_next(last);
	if (!push(s, rest))
		return false;
	range->first = kept;
	range->last = last;
	return true;
}

/* Puts what the part, which holds the lowest corner, leaves of the box back on the stack. */
static bool cut(struct search *s, struct box rest, const struct box *part)
{
	return cut_stretch(s, &rest, rest.transport, part->transport[1]) &&
	       cut_stretch(s, &rest, rest.port, part->port[1]) &&
	       cut_range(s, &rest, &rest.source, part->source.last) &&
	       cut_range(s, &rest, &rest.destination, part->destination.last);
}

static enum lint_bound bound_of_steps(struct search *s)
{
	if (++s->steps > RULE_STEPS)
		return BOUND_RULE_STEPS;
	return s->linter->steps > LINT_STEPS ? BOUND_LINT_STEPS : WITHIN_BOUNDS;
}

static enum taken search_box(struct search *s, const struct box *whole)
{
	s->depth = 0;
	push(s, whole);
	while (s->depth > 0) {
		const struct box box = s->stack[--s->depth];
		const struct question question = corner(s, &box);
		const struct decision decision = policy_decide(s->linter->decider, &question);
		struct box part;

		s->linter->steps++;
		if (decision.rule == s->rule || decision.rule == NULL)
			return NOT_TAKEN;
		note_taker(s, decision.rule);
		s->bound = bound_of_steps(s);
		if (s->bound != WITHIN_BOUNDS)
			return NOT_KNOWN;
		if (!part_at(s, decision.rule, &box, &part) || !cut(s, box, &part)) {
			s->bound = BOUND_RULE_PIECES;
			return NOT_KNOWN;
		}
	}
	return TAKEN;
}

static enum taken search_match(struct search *s, const struct match *match)
{
	const struct ends *const ends = &s->linter->decider->ends[s->rule->number];
	const bool any = match->transport == TRANSPORT_ANY;
	struct box box = {
		.transport = { any ? 0 : match->transport, any ? TRANSPORT_ANY - 1 : match->transport },
		.port = { match->first, match->last },
	};

	for (size_t i = 0; i < ends->source->count; i++) {
		for (size_t k = 0; k < ends->destination->count; k++) {
			enum taken taken;

			box.source = ends->source->ranges[i];
			box.destination = ends->destination->ranges[k];
			taken = search_box(s, &box);
			if (taken != TAKEN)
				return taken;
		}
	}
	return TAKEN;
}

/* Whether others take all of a door. A name that no interface has stands for those that the rule does not
 * tell apart, and a pattern for what it matches beyond all names that are written. */
static enum taken search_door(struct search *s, const struct door *door)
{
	const size_t interfaces = s->rule->interface_count;

	for (size_t i = 0; i < (interfaces > 0 ? interfaces : 1); i++) {
		s->interface = interfaces > 0 ? s->rule->interfaces[i] : "?";
		for (size_t k = 0; k < door->match_count; k++) {
			const enum taken taken = search_match(s, &door->matches[k]);

			if (taken != TAKEN)
				return taken;
		}
	}
	return TAKEN;
}

static void describe_takers(const struct search *s, char *text, size_t size)
{
	char line[PLACE_TEXT];
	size_t used = 0;

	for (size_t i = 0; i < s->taker_count && i < TAKERS && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", i > 0 ? ", " : "",
					 line_text(&s->takers[i]->place, &s->rule->place, line));
	if (s->taker_count > TAKERS && used < size)
		snprintf(text + used, size - used, " and others");
}

static void report(const struct search *s, const struct place *place, const char *what)
{
	char lines[3 * PLACE_TEXT];
	enum policy_verdict verdict;
	struct diagnostic *d;

	assert(s->takers[0] != NULL); /* nothing is taken by nobody */
	verdict = s->takers[0]->verdict;
	describe_takers(s, lines, sizeof(lines));
	d = diagnostics_add(s->linter->diagnostics, SEVERITY_WARNING, "shadowed", place,
			    "%s can never match: %s before it (%s)", what,
			    s->taker_count == 1 ? "another rule decides all of it"
						: "others together decide all of it",
			    lines);
	if (d == NULL)
		return;
	d->other = s->takers[0]->place;
	if (s->taker_count == 1)
		d->fix = verdict == s->rule->verdict ? "remove it, or move it up if it should say more"
						     : "move it up if it is meant to be an exception";
}

/* A door of several that is taken wholly is reported at its own place. */
void lint_shadow(struct linter *l, const struct rule *rule)
{
	struct search all = { .linter = l, .rule = rule };
	enum lint_bound bound = WITHIN_BOUNDS;
	size_t taken = 0;

	for (size_t i = 0; i < rule->door_count; i++) {
		const enum taken answer = search_door(&all, &rule->doors[i]);

		taken += answer == TAKEN;
		bound = answer == NOT_KNOWN ? all.bound : bound;
	}
	if (bound != WITHIN_BOUNDS)
		give_up(l, rule, bound);
	if (taken == 0 || (bound != WITHIN_BOUNDS && taken < rule->door_count))
		return;
	l->shadowed[rule->number] = taken == rule->door_count;
	l->partly[rule->number] = taken < rule->door_count;
	if (l->shadowed[rule->number]) {
		report(&all, &rule->place, "this rule");
		return;
	}
	for (size_t i = 0; i < rule->door_count; i++) {
		struct search one = { .linter = l, .rule = rule };

		if (search_door(&one, &rule->doors[i]) == TAKEN)
			report(&one, &rule->doors[i].place, "this part of the rule");
	}
}
