/* doorward verdict: which rule of a policy decides a question, and why. */
#include "output/verdict.h"
#include "cmd/enforcing.h"
#include "cmd/gather.h"
#include "cmd/host_names.h"
#include "cmd/surroundings.h"
#include "output/output.h"

enum { VERDICT_MEMORY = 2000000000 };

struct asking {
	const struct invocation *invocation;
	struct arena *arena;
	struct diagnostics *diagnostics;
	struct policy *policy;
	struct decider *decider;
	struct out *out;
	bool denied, open; /* at least one answer */
};

/* The rules before the one that decides, with what differs. */
static struct passed_rule *passed_rules(struct asking *a, const struct question *question,
					const struct rule *decides, size_t *ret_count)
{
	const size_t count = decides != NULL ? decides->number : a->policy->rule_count;
	struct passed_rule *const passed = arena_array(a->arena, count + 1, sizeof(*passed));

	*ret_count = passed != NULL ? count : 0;
	for (size_t i = 0; i < *ret_count; i++) {
		passed[i].rule = &a->policy->rules[i];
		passed[i].why = rule_mismatch(a->decider, passed[i].rule, question);
	}
	return passed;
}

/* What is left open matters only if a rule that depends on it would decide otherwise. */
static bool is_open(const struct verdict_view *view)
{
	for (size_t i = 0; i < view->passed_count; i++) {
		if (view->passed[i].why >= DEPENDS_ON_SOURCE &&
		    view->passed[i].rule->verdict != view->decision.verdict)
			return true;
	}
	return false;
}

static bool answer(struct asking *a, const struct question *question)
{
	struct verdict_view view = {
		.policy = a->policy,
		.question = question,
		.decision = policy_decide(a->decider, question),
		.all = invocation_has(a->invocation, "all"),
	};

	view.passed = passed_rules(a, question, view.decision.rule, &view.passed_count);
	if (view.passed == NULL)
		return false;
	view.open = is_open(&view);
	a->open |= view.open;
	a->denied |= view.decision.verdict != VERDICT_ALLOW;
	a->out->format->verdict(a->out, &view);
	return true;
}

/* Errors in what was asked are shown like those of a policy. */
static bool ask(struct asking *a, const char *text)
{
	const struct screen screen = screen_of(stderr, a->invocation->colour);
	struct diagnostics *const diagnostics = diagnostics_new(a->arena);
	size_t count = 0;
	struct question *questions;

	if (diagnostics == NULL)
		return false;
	questions = question_parse(a->arena, text, &count, diagnostics);
	if (questions == NULL) {
		diagnostics_print(&screen, diagnostics);
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		if (!answer(a, &questions[i]))
			return false;
	}
	return true;
}

static int ask_all(struct asking *a)
{
	for (size_t i = 0; i < a->invocation->argument_count; i++) {
		if (!ask(a, a->invocation->arguments[i]))
			return STATUS_TROUBLE;
	}
	if (a->open)
		return STATUS_INCOMPLETE;
	return a->denied ? STATUS_FINDINGS : STATUS_AGREES;
}

static int with_policy(struct asking *a)
{
	const char *const named = invocation_value(a->invocation, "policy");
	const struct screen screen = screen_of(stderr, a->invocation->colour);
	const struct surroundings around = surroundings_of_host(a->arena);
	struct error err;
	int status;

	a->diagnostics = diagnostics_new(a->arena);
	if (a->diagnostics == NULL) {
		error_memory(&err);
		return command_trouble(a->invocation, &err);
	}
	if (named == NULL && !policy_is_in_force(&err))
		return command_trouble(a->invocation, &err);
	a->policy = policy_read(a->arena, named != NULL ? named : POLICY_IN_FORCE,
				host_names_lookup(a->arena, invocation_value(a->invocation, "state")),
				a->diagnostics);
	if (a->policy == NULL) {
		diagnostics_print(&screen, a->diagnostics);
		return STATUS_TROUBLE;
	}
	a->decider = decider_new(a->policy, &around, &err);
	if (a->decider == NULL)
		return command_trouble(a->invocation, &err);
	status = ask_all(a);
	decider_free(a->decider);
	return status;
}

static int run(const struct invocation *invocation)
{
	struct asking a = { .invocation = invocation, .arena = arena_new(VERDICT_MEMORY) };
	struct error err;
	struct out out;
	int status;

	if (a.arena == NULL || !out_open(&out, invocation->json, invocation->colour)) {
		arena_free(a.arena);
		error_memory(&err);
		return command_trouble(invocation, &err);
	}
	a.out = &out;
	status = with_policy(&a);
	arena_free(a.arena);
	return out_close(&out, &err) ? status : command_trouble(invocation, &err);
}

static const struct command_option options[] = {
	{ .letter = 'P',
	  .name = "policy",
	  .argument = "FILE",
	  .help = "ask this policy (default: " POLICY_IN_FORCE ")",
	  .completes = COMPLETES_POLICY },
	{ .letter = 'a',
	  .name = "all",
	  .help = "show every rule that does not match, not only the near ones" },
	STATE_OPTION,
	{ 0 },
};

const struct command command_verdict = {
	.name = "verdict",
	.arguments = "QUESTION...",
	.summary = "which rule of the policy decides a question, and why",
	.description =
		"A question is written as in a policy: 'mysql/3306 from 203.0.113.9', 'out dns/53 to "
		"192.0.2.53', 'icmp/echo-request from 192.0.2.1 on eth0'. Shown are the verdict, the rule "
		"that "
		"decides with its owner and reason, and what differs in the rules before it. A door with "
		"several transports has an answer for each. What the question does not say is left open; if "
		"the answer depends on it, that is the answer. The exit status is 0 if all is allowed, 1 if "
		"something is denied, 3 if an answer is open.",
	.options = options,
	.least_arguments = 1,
	.most_arguments = 1000,
	.run = run,
};
