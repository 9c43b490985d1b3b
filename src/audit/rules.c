/* What the rules lack by themselves, whatever is open: owners, reviews, time, and their own expectations. */
#include "audit/rooms.h"
#include "base/buffer.h"
#include "base/clock.h"

static void find_no_owner(struct work *work, const struct rule *rule)
{
	const bool owner = rule->owner != NULL, reason = rule->because != NULL;

	if (rule->verdict != VERDICT_ALLOW || (owner && reason))
		return;
	finding_add(work, FINDING_NO_OWNER, NULL, rule, "no %s%s%s (%s:%u)", owner ? "" : "owner",
		    !owner && !reason ? " and no " : "", reason ? "" : "reason", rule->place.file,
		    rule->place.line);
}

static void find_review(struct work *work, const struct rule *rule, int32_t today)
{
	char date[DATE_TEXT];

	if (rule->review == DATE_NONE || rule->review >= today)
		return;
	finding_add(work, FINDING_REVIEW_DUE, NULL, rule, "its review was due on %s (%s:%u)",
		    date_text(rule->review, date), rule->place.file, rule->place.line);
}

/* A past rule whose door is open still has had its finding, with the door. */
static bool was_found(const struct work *work, const struct rule *rule, size_t of_doors)
{
	for (size_t i = 0; i < of_doors; i++) {
		const struct finding *const finding = &work->audit->findings[i];

		if (finding->kind == FINDING_EXPIRED && finding->rule == rule)
			return true;
	}
	return false;
}

static void find_expired(struct work *work, const struct rule *rule, int32_t today, size_t of_doors)
{
	struct finding *finding;
	char date[DATE_TEXT];

	if (!rule_is_past(rule, today) || was_found(work, rule, of_doors))
		return;
	finding = finding_add(work, FINDING_EXPIRED, NULL, rule,
			      "it ended on %s, and no open door needs it (%s:%u)",
			      date_text(rule->until, date), rule->place.file, rule->place.line);
	if (finding != NULL)
		finding->severity = AUDIT_MEDIUM;
}

static const char *decided_by(struct work *work, const struct rule *rule)
{
	if (rule == NULL)
		return "no rule matches, and what no rule allows is denied";
	return keep(work, arena_format(work->arena, "'%s' (%s:%u)", rule_words(work, rule), rule->place.file,
				       rule->place.line));
}

/* What the answer is instead of the expected one; NULL if it is the expected one. */
static const char *other_answer(const struct decision *decision, enum policy_verdict expected,
				const struct rule **ret_rule)
{
	if (decision->undecided != NULL && decision->undecided->verdict != expected) {
		*ret_rule = decision->undecided;
		return "open: it depends on what the line leaves out";
	}
	*ret_rule = decision->rule;
	return decision->verdict != expected ? verdict_text(decision->verdict) : NULL;
}

static void find_expectation(struct work *work, const struct policy_expectation *expectation)
{
	for (size_t q = 0; q < expectation->question_count; q++) {
		const struct decision decision = policy_decide(work->decider, &expectation->questions[q]);
		const struct rule *rule;
		const char *const answer = other_answer(&decision, expectation->verdict, &rule);
		struct finding *finding;

		if (answer == NULL)
			continue;
		finding = finding_add(work, FINDING_EXPECTATION, NULL, rule, "the answer is %s; %s (%s:%u)",
				      answer, decided_by(work, rule), expectation->place.file,
				      expectation->place.line);
		if (finding == NULL)
			return;
		finding->subject = keep(work,
					arena_format(work->arena, "expect %s %s",
						     verdict_text(expectation->verdict), expectation->text));
		finding->key = keep(work, arena_format(work->arena, "%s:%s", finding->id, expectation->text));
		return;
	}
}

void find_in_rules(struct work *work)
{
	const struct policy *const policy = work->input->policy;
	const int32_t today = work->input->around->today;
	const size_t of_doors = work->audit->finding_count;

	for (size_t r = 0; r < policy->rule_count; r++) {
		find_no_owner(work, &policy->rules[r]);
		find_review(work, &policy->rules[r], today);
		find_expired(work, &policy->rules[r], today, of_doors);
	}
	for (size_t e = 0; e < policy->expectation_count; e++)
		find_expectation(work, &policy->expectations[e]);
}
