/* Ports, types and addresses: a line of numbers, cut wherever a rule begins or ends. */
#include "firewall/divide.h"

#include <stdlib.h>

/* A stretch of a rule begins or ends. */
struct event {
	struct number at; /* the first number of which it is true */
	uint32_t place;   /* of the rule in the list */
	bool begins;
};

/* The line while it is swept. */
struct sweep {
	struct division *d;
	struct spot spot;
	struct rule_list list;
	struct event *events;
	size_t event_count;
	uint32_t *open;     /* of each place, how many of its stretches hold here */
	uint32_t *asking;   /* places whose rule asks, that hold here, in order */
	uint32_t *unasking; /* places whose rule asks for nothing in this dimension, in order */
	uint32_t *piece;    /* rules of the piece that is put together */
	size_t asking_count, unasking_count;
	struct node *node;
	size_t capacity;
};

/* The end of the line: types of ICMP are of one byte. */
static struct number line_end(const struct node *node)
{
	if (node->by != BY_PORT)
		return NUMBER_MOST;
	if (node->transport == TRANSPORT_ICMP || node->transport == TRANSPORT_ICMPV6)
		return (struct number){ 0, UINT8_MAX };
	return (struct number){ 0, UINT16_MAX };
}

static int by_number(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	return number_compare(x->at, y->at);
}

static const struct address_set *set_of(const struct sweep *s, uint32_t rule)
{
	const struct rule_ends *const ends = &s->d->firewall->ends[rule];

	return s->node->by == BY_SOURCE ? ends->source : ends->destination;
}

static size_t stretches_of(const struct sweep *s, uint32_t rule)
{
	const struct rule *const r = &s->d->firewall->policy->rules[rule];
	size_t count = 0;

	if (s->node->by != BY_PORT)
		return set_of(s, rule)->count;
	for (size_t i = 0; i < r->door_count; i++)
		count += r->doors[i].match_count;
	return count;
}

static void add_event(struct sweep *s, struct number at, uint32_t place, bool begins)
{
	s->events[s->event_count++] = (struct event){ at, place, begins };
}

/* A stretch up to the end of the line never ends. */
static void add_stretch(struct sweep *s, uint32_t place, struct number first, struct number last)
{
	const struct number end = line_end(s->node);

	if (number_less(end, first))
		return;
	add_event(s, first, place, true);
	if (number_less(last, end))
		add_event(s, number_next(last), place, false);
}

static void add_stretches(struct sweep *s, uint32_t place)
{
	const uint32_t rule = s->list.rules[place];
	const struct rule *const r = &s->d->firewall->policy->rules[rule];

	if (s->node->by != BY_PORT) {
		const struct address_set *const set = set_of(s, rule);

		for (size_t i = 0; i < set->count; i++)
			add_stretch(s, place, set->ranges[i].first, set->ranges[i].last);
		return;
	}
	for (size_t i = 0; i < r->door_count; i++) {
		for (size_t k = 0; k < r->doors[i].match_count; k++) {
			const struct match *const m = &r->doors[i].matches[k];

			if (m->transport == s->node->transport)
				add_stretch(s, place, (struct number){ 0, m->first },
					    (struct number){ 0, m->last });
		}
	}
}

static bool collect(struct sweep *s)
{
	size_t stretches = 0;

	s->open = division_array(s->d, s->list.count, sizeof(*s->open));
	s->asking = division_array(s->d, s->list.count, sizeof(*s->asking));
	s->unasking = division_array(s->d, s->list.count, sizeof(*s->unasking));
	s->piece = division_array(s->d, s->list.count, sizeof(*s->piece));
	if (s->open == NULL || s->asking == NULL || s->unasking == NULL || s->piece == NULL)
		return false;
	for (uint32_t i = 0; i < s->list.count; i++) {
		if (rule_asks(s->d->firewall, s->list.rules[i], s->node->by, s->node->transport))
			stretches += stretches_of(s, s->list.rules[i]);
		else
			s->unasking[s->unasking_count++] = i;
	}
	if (!division_works(s->d, stretches))
		return false;
	s->events = division_array(s->d, 2 * stretches, sizeof(*s->events));
	if (s->events == NULL)
		return false;
	for (uint32_t i = 0; i < s->list.count; i++) {
		if (rule_asks(s->d->firewall, s->list.rules[i], s->node->by, s->node->transport))
			add_stretches(s, i);
	}
	qsort(s->events, s->event_count, sizeof(*s->events), by_number);
	return true;
}

/* Where a place stands among those that hold here, or belongs. */
static size_t asking_at(const struct sweep *s, uint32_t place)
{
	size_t low = 0, high = s->asking_count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (s->asking[middle] < place)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void apply(struct sweep *s, const struct event *event)
{
	const size_t at = asking_at(s, event->place);

	if (event->begins && s->open[event->place]++ == 0) {
		memmove(s->asking + at + 1, s->asking + at, (s->asking_count - at) * sizeof(*s->asking));
		s->asking[at] = event->place;
		s->asking_count++;
	} else if (!event->begins && --s->open[event->place] == 0) {
		s->asking_count--;
		memmove(s->asking + at, s->asking + at + 1, (s->asking_count - at) * sizeof(*s->asking));
	}
}

/* The rules that hold here, in order, up to the first that is settled. */
static bool piece(struct sweep *s, struct rule_list *ret_list)
{
	const struct spot below = { s->spot.depth + 1, s->spot.transport };
	size_t count = 0, a = 0, u = 0;
	uint32_t *rules;

	while (a < s->asking_count || u < s->unasking_count) {
		const bool asking = u == s->unasking_count ||
				    (a < s->asking_count && s->asking[a] < s->unasking[u]);
		const uint32_t rule = s->list.rules[asking ? s->asking[a++] : s->unasking[u++]];

		s->piece[count++] = rule;
		if (!division_works(s->d, 1))
			return false;
		if (rule_is_settled(s->d, rule, below))
			break;
	}
	rules = division_array(s->d, count, sizeof(*rules));
	if (rules == NULL)
		return false;
	memcpy(rules, s->piece, count * sizeof(*rules));
	*ret_list = (struct rule_list){ rules, count };
	return true;
}

/* An entry is of one family: what reaches over the bounds of the mapped block is parted there. */
static bool add_parted(struct sweep *s, struct entry entry)
{
	static const struct number bounds[] = { { 0, MAPPED_HIGH << 32 }, { 0, (MAPPED_HIGH + 1) << 32 } };

	for (size_t i = 0; i < 2; i++) {
		struct entry before = entry;

		if (!number_less(entry.first, bounds[i]) || number_less(entry.last, bounds[i]))
			continue;
		before.last = number_previous(bounds[i]);
		entry.first = bounds[i];
		if (!node_add(s->d, s->node, &s->capacity, before))
			return false;
	}
	return node_add(s->d, s->node, &s->capacity, entry);
}

static bool sweep_on(struct sweep *s, struct number first, struct number last)
{
	const struct spot below = { s->spot.depth + 1, s->spot.transport };
	struct entry entry = { .first = first, .last = last };
	struct rule_list list;

	if (s->asking_count == 0)
		return true;
	if (!piece(s, &list) || !divide(s->d, below, list, &entry.target))
		return false;
	return same_target(entry.target, s->node->otherwise) || add_parted(s, entry);
}

bool cut_numbers(struct division *d, struct spot spot, struct rule_list list, struct node *node)
{
	const struct spot below = { spot.depth + 1, spot.transport };
	const struct number end = line_end(node);
	struct sweep s = { .d = d, .spot = spot, .list = list, .node = node };
	struct rule_list rest;

	if (!collect(&s) || !piece(&s, &rest) || !divide(d, below, rest, &node->otherwise))
		return false;
	for (size_t i = 0; i < s.event_count;) {
		const struct number first = s.events[i].at;

		for (; i < s.event_count && number_equal(s.events[i].at, first); i++)
			apply(&s, &s.events[i]);
		if (!sweep_on(&s, first, i < s.event_count ? number_previous(s.events[i].at) : end))
			return false;
	}
	return true;
}
