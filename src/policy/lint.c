#include "policy/lint.h"
#include "base/clock.h"

#include <stdio.h>

const char *line_text(const struct place *place, const struct place *from, char text[static PLACE_TEXT])
{
	if (place->file == from->file || strcmp(place->file, from->file) == 0)
		snprintf(text, PLACE_TEXT, "line %u", place->line);
	else
		snprintf(text, PLACE_TEXT, "line %u of %s", place->line, place->file);
	return text;
}

bool rule_is_live(const struct linter *l, const struct rule *rule)
{
	const struct ends *const ends = &l->decider->ends[rule->number];

	return !l->decider->past[rule->number] && ends->source->count > 0 && ends->destination->count > 0;
}

void give_up(struct linter *l, const struct rule *rule, enum lint_bound bound)
{
	if (l->given_up[rule->number])
		return;
	l->given_up[rule->number] = true;
	if (l->first_not_compared == NULL) {
		l->first_not_compared = rule;
		l->first_bound = bound;
	}
	l->not_compared++;
}

static const struct {
	unsigned most;
	const char *of;
} bounds[] = {
	[BOUND_RULE_STEPS] = { RULE_STEPS, "questions are asked about one rule" },
	[BOUND_LINT_STEPS] = { LINT_STEPS, "questions are asked about all rules together" },
	[BOUND_RULE_PIECES] = { RULE_PIECES, "pieces of one rule are kept in mind" },
	[BOUND_RULE_NEIGHBOURS] = { RULE_NEIGHBOURS, "overlaps of one rule are looked at" },
	[BOUND_RULE_ROOMS] = { RULE_ROOMS, "groups of ports are searched for one rule" },
	[BOUND_LINT_NEIGHBOURS] = { LINT_NEIGHBOURS, "overlaps of all rules together are looked at" },
	[BOUND_LINT_PARTS] = { LINT_PARTS, "addresses by port are compared with each other" },
};

static void say_not_compared(struct linter *l)
{
	if (l->not_compared == 0)
		return;
	diagnostics_add(l->diagnostics, SEVERITY_REMARK, "not-compared", &l->first_not_compared->place,
			"%zu rule%s, this one first, %s not compared with all others: at most %u %s; whether "
			"they are shadowed, redundant or contradict others is not known",
			l->not_compared, l->not_compared == 1 ? "" : "s",
			l->not_compared == 1 ? "was" : "were", bounds[l->first_bound].most,
			bounds[l->first_bound].of);
}

static void question_text(const struct question *question, char *text, size_t size)
{
	struct buffer written = buffer_new(POLICY_LINE_LIMIT);

	question_format(question, &written);
	span_copy_text(buffer_read(&written), text, size);
	buffer_free(&written);
}

static void check_expectation(struct linter *l, const struct policy_expectation *expectation,
			      const struct question *question)
{
	const struct decision decision = policy_decide(l->decider, question);
	char text[256], line[PLACE_TEXT];
	struct diagnostic *d;

	question_text(question, text, sizeof(text));
	if (decision.undecided != NULL && decision.undecided->verdict != expectation->verdict) {
		d = diagnostics_add(l->diagnostics, SEVERITY_WARNING, "expectation", &expectation->place,
				    "%s is not decided: the rule at %s depends on what is left open", text,
				    line_text(&decision.undecided->place, &expectation->place, line));
		if (d != NULL)
			d->other = decision.undecided->place;
		return;
	}
	if (decision.verdict == expectation->verdict)
		return;
	if (decision.rule == NULL) {
		diagnostics_add(l->diagnostics, SEVERITY_WARNING, "expectation", &expectation->place,
				"%s is denied: no rule matches, and what no rule allows is denied", text);
		return;
	}
	d = diagnostics_add(l->diagnostics, SEVERITY_WARNING, "expectation", &expectation->place,
			    "expected %s, but %s is decided as %s by the rule at %s",
			    verdict_text(expectation->verdict), text, verdict_text(decision.verdict),
			    line_text(&decision.rule->place, &expectation->place, line));
	if (d != NULL)
		d->other = decision.rule->place;
}

void lint_expectations(struct linter *l)
{
	for (size_t i = 0; i < l->policy->expectation_count; i++) {
		const struct policy_expectation *const expectation = &l->policy->expectations[i];

		for (size_t k = 0; k < expectation->question_count; k++)
			check_expectation(l, expectation, &expectation->questions[k]);
	}
}

void lint_acceptances(struct linter *l)
{
	for (size_t i = 0; i < l->policy->acceptance_count; i++) {
		const struct acceptance *const acceptance = &l->policy->acceptances[i];
		char date[DATE_TEXT];

		if (acceptance->until < l->today)
			diagnostics_add(l->diagnostics, SEVERITY_WARNING, "acceptance-ended",
					&acceptance->place,
					"the finding is no longer accepted: that ended on %s",
					date_text(acceptance->until, date));
	}
}

static void lint_emptiness(struct linter *l)
{
	const struct place whole = { .file = l->policy->path };

	if (l->policy->rule_count + l->policy->expectation_count + l->policy->acceptance_count == 0)
		diagnostics_add(l->diagnostics, SEVERITY_REMARK, "empty", &whole,
				"there is no rule, and what no rule allows is denied; 'doorward learn' "
				"writes a first policy from what is open now");
}

static bool lint_rules(struct linter *l)
{
	for (size_t i = 0; i < l->policy->rule_count; i++) {
		const struct rule *const rule = &l->policy->rules[i];

		lint_documents(l, rule);
		lint_doors(l, rule);
		lint_addresses(l, rule);
		if (rule_is_live(l, rule))
			lint_shadow(l, rule);
	}
	return lint_overlaps(l) && lint_names(l);
}

static bool *marks(struct linter *l)
{
	return arena_array(l->scratch, l->policy->rule_count + 1, sizeof(bool));
}

static bool lint_all(struct linter *l)
{
	l->shadowed = marks(l);
	l->partly = marks(l);
	l->given_up = marks(l);
	if (l->shadowed == NULL || l->partly == NULL || l->given_up == NULL || !lint_rules(l))
		return false;
	lint_emptiness(l);
	lint_acceptances(l);
	lint_expectations(l);
	say_not_compared(l);
	diagnostics_sort(l->diagnostics);
	return true;
}

bool policy_lint(const struct policy *policy, const struct surroundings *around,
		 struct diagnostics *diagnostics, struct error *err)
{
	struct decider *const decider = decider_new(policy, around, err);
	struct linter linter = {
		.policy = policy,
		.decider = decider,
		.diagnostics = diagnostics,
		.today = around->today,
	};
	bool whole;

	if (decider == NULL)
		return false;
	linter.scratch = arena_new(LINT_MEMORY);
	whole = linter.scratch != NULL && lint_all(&linter);
	arena_free(linter.scratch);
	decider_free(decider);
	return whole || error_set(err, "%s: no memory for comparing its rules (at most %zu MiB)",
				  policy->path, LINT_MEMORY >> 20);
}
