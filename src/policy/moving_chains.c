#include "policy/moving_chains.h"

#include <stdlib.h>

enum { STEPS_MOST = 200000, DEPTH_MOST = 32 };

struct moving_chain *moving_chain_add(struct moving *m, struct moving_chains *chains, unsigned table,
				      struct span name)
{
	struct moving_chain *const list = arena_grow(m->arena, chains->list, chains->count, &chains->capacity,
						     sizeof(*list));

	if (list == NULL) {
		moving_no_memory(m);
		return NULL;
	}
	chains->list = list;
	list[chains->count] = (struct moving_chain){
		.table = table, .name = name, .line = m->line, .number = m->number
	};
	return &list[chains->count++];
}

void moving_step_add(struct moving *m, struct moving_chain *chain, const struct moving_step *step)
{
	struct moving_step *const copy = arena_alloc(m->arena, sizeof(*copy));

	if (copy == NULL) {
		moving_no_memory(m);
		return;
	}
	*copy = *step;
	copy->line = m->line;
	copy->number = m->number;
	if (chain->last == NULL)
		chain->first = copy;
	else
		chain->last->next = copy;
	chain->last = copy;
}

void moving_step_refuse(struct moving_step *step, const char *why)
{
	if (step->why == NULL)
		step->why = why;
}

/* ---- by name ---- */

static int compare(const void *a, const void *b)
{
	const struct moving_chain *const one = a, *const other = b;
	const size_t length = span_left(one->name) < span_left(other->name) ? span_left(one->name)
									    : span_left(other->name);
	int order = (one->table > other->table) - (one->table < other->table);

	if (order == 0 && length > 0)
		order = memcmp(one->name.at, other->name.at, length);
	if (order == 0)
		order = (span_left(one->name) > span_left(other->name)) -
			(span_left(one->name) < span_left(other->name));
	return order;
}

/* ---- walking ---- */

/* What a packet meets when it comes back from a chain. */
struct behind {
	const struct behind *further;
	struct moving_step *step;
};

struct walk {
	struct moving *m;
	const struct moving_chain *sorted;
	size_t count;
	const struct moving_chain *entry;
	size_t steps, depth;
};

static bool walk(struct walk *w, struct moving_step *step, const struct behind *behind,
		 const struct moving_rule *given, bool on);

static void leave(struct walk *w, const struct moving_step *step, const char *why)
{
	w->m->line = step->line;
	w->m->number = step->number;
	moving_leave(w->m, why);
}

static bool has_conditions(const struct moving_rule *rule)
{
	return span_left(rule->transport) + span_left(rule->ports) + span_left(rule->from) +
		       span_left(rule->to) + span_left(rule->on) + span_left(rule->leaves) +
		       span_left(rule->not_from) + span_left(rule->not_to) + rule->family >
	       0;
}

/* What these packets meet behind the chain, down to the verdict of the one that the kernel enters. */
static void go_on(struct walk *w, const struct behind *behind, const struct moving_rule *given)
{
	struct moving_rule rule = *given;

	if (behind != NULL) {
		(void)walk(w, behind->step, behind->further, given, true);
	} else if (has_conditions(given)) {
		w->m->line = w->entry->line;
		w->m->number = w->entry->number;
		rule.verdict = w->entry->lets_pass ? VERDICT_ALLOW : VERDICT_DENY;
		moving_write(w->m, &rule);
	}
}

/* How it goes on for what met a step. */
enum after { NEXT, BACK, OVER };

/* Follows a jump. `all`: it has no conditions of its own. */
static enum after follow(struct walk *w, struct moving_step *step, const struct behind *behind,
			 const struct moving_rule *rule, bool on)
{
	const bool all = !has_conditions(&step->rule), goes = step->end == MOVING_GOES;
	const struct moving_chain key = { .table = w->entry->table, .name = step->target };
	const struct moving_chain *const chain = bsearch(&key, w->sorted, w->count, sizeof(key), compare);
	const struct behind here = { .further = behind, .step = step->next };
	bool ended;

	if (chain == NULL || w->depth == DEPTH_MOST) {
		leave(w, step, chain == NULL ? "there is no chain of this name" : "chains lead too deep");
		return NEXT;
	}
	w->depth++;
	ended = walk(w, chain->first, goes ? behind : &here, rule, goes && (on || !all));
	w->depth--;
	if (!all)
		return NEXT;
	return ended ? OVER : goes ? BACK : NEXT;
}

static enum after take(struct walk *w, struct moving_step *step, const struct behind *behind,
		       const struct moving_rule *given, bool on)
{
	const bool all = !has_conditions(&step->rule);
	struct moving_rule rule = step->rule;

	if (rule.local && given->direction != DIRECTION_IN)
		return NEXT;
	switch (moving_narrow(w->m->arena, given, &rule)) {
	case MOVING_NEVER: return NEXT;
	case MOVING_CANNOT:
		leave(w, step, "its conditions and those of what leads to it cannot be said in one rule");
		return NEXT;
	case MOVING_FITS: break;
	}
	if (step->end == MOVING_DECIDES) {
		if (rule.local && span_left(rule.to) == 0)
			rule.to = span_text("self");
		w->m->line = step->line;
		w->m->number = step->number;
		moving_write(w->m, &rule);
		return all && !rule.local ? OVER : NEXT;
	}
	if (step->end != MOVING_RETURNS)
		return follow(w, step, behind, &rule, on);
	if (all && !on)
		return BACK;
	go_on(w, behind, &rule);
	return all ? OVER : NEXT;
}

/* What cannot be said is said once, and what a policy has by itself is counted once. */
static enum after meet(struct walk *w, struct moving_step *step, const struct behind *behind,
		       const struct moving_rule *given, bool on)
{
	const bool seen = step->reached;

	step->reached = true;
	if (++w->steps > STEPS_MOST) {
		w->m->failed = true;
		error_set(w->m->err, "its chains lead to each other in more than %d ways", STEPS_MOST);
		return OVER;
	}
	if (!step->implied && step->why == NULL && step->end != MOVING_NOTHING)
		return take(w, step, behind, given, on);
	if (step->implied)
		w->m->moved.implied += !seen;
	else if (!seen)
		leave(w, step, step->why != NULL ? step->why : "it decides nothing");
	return NEXT;
}

/* Writes what packets with the given conditions meet from this step on; if `on`, behind the chain as well.
 * True if none of them is left. */
static bool walk(struct walk *w, struct moving_step *step, const struct behind *behind,
		 const struct moving_rule *given, bool on)
{
	enum after after = NEXT;

	for (; step != NULL && after == NEXT && !w->m->failed; step = step->next)
		after = meet(w, step, behind, given, on);
	if (after != OVER && on)
		go_on(w, behind, given);
	return after == OVER || on;
}

/* ---- all of them ---- */

static void enter(struct walk *w, const struct moving_chain *entry, bool further)
{
	const struct moving_rule given = { .direction = entry->direction, .family = entry->family };

	w->entry = entry;
	w->m->line = entry->line;
	w->m->number = entry->number;
	if (entry->lets_pass)
		moving_leave(w->m, "what no rule names is let pass there; here it is denied");
	if (further)
		moving_leave(w->m, "a further chain for the same packets: what one lets pass another may "
				   "refuse, here the first rule decides");
	(void)walk(w, entry->first, NULL, &given, false);
}

static void leave_others(struct walk *w, const struct moving_chain *chain)
{
	for (const struct moving_step *step = chain->first; step != NULL; step = step->next) {
		if (!step->reached)
			leave(w, step,
			      chain->apart != NULL ? chain->apart
						   : "nothing that was carried over leads here");
	}
}

void moving_chains_write(struct moving *m, struct moving_chains *chains)
{
	struct moving_chain *const sorted = arena_array(m->arena, chains->count + 1,
							sizeof(struct moving_chain));
	struct walk w = { .m = m, .sorted = sorted, .count = chains->count };
	bool had[DIRECTION_THROUGH + 1][7] = { 0 };

	if (sorted == NULL) {
		moving_no_memory(m);
		return;
	}
	if (chains->count > 0)
		memcpy(sorted, chains->list, chains->count * sizeof(*sorted));
	qsort(sorted, chains->count, sizeof(*sorted), compare);
	for (size_t i = 0; i < chains->count && !m->failed; i++) {
		const struct moving_chain *const chain = &chains->list[i];
		bool *const of = had[chain->direction];

		if (!chain->entered)
			continue;
		enter(&w, chain,
		      chain->first != NULL &&
			      (of[0] || of[chain->family] || (chain->family == 0 && (of[4] || of[6]))));
		of[chain->family] |= chain->first != NULL;
	}
	for (size_t i = 0; i < chains->count; i++)
		leave_others(&w, &chains->list[i]);
}
