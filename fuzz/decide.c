/* A policy, and in its first line a question: the decider must say what the plain reading of the rules says,
 * and the lint must come to an end. */
#include "base/arena.h"
#include "policy/policy.h"

#include <stdlib.h>

enum { FUZZ_MEMORY = 256 << 20, QUESTION_LIMIT = 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static const struct rule *first_match(const struct decider *decider, const struct policy *policy,
				      const struct question *question)
{
	for (size_t i = 0; i < policy->rule_count; i++) {
		if (rule_mismatch(decider, &policy->rules[i], question) == MATCHES)
			return &policy->rules[i];
	}
	return NULL;
}

static void ask(struct arena *arena, struct span line, const struct policy *policy,
		const struct decider *decider, struct diagnostics *diagnostics)
{
	char text[QUESTION_LIMIT];
	size_t count = 0;
	const struct question *const questions = question_parse(
		arena, span_copy_text(line, text, sizeof(text)), &count, diagnostics);

	for (size_t i = 0; questions != NULL && i < count; i++) {
		if (policy_decide(decider, &questions[i]).rule != first_match(decider, policy, &questions[i]))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	const struct surroundings around = { .today = 20000 };
	struct arena *const arena = arena_new(FUZZ_MEMORY);
	struct diagnostics *const diagnostics = diagnostics_new(arena);
	struct span rest = span_of(bytes, length);
	const struct span line = span_line(&rest);
	const struct policy *const policy = line.failed
						    ? NULL
						    : policy_parse(arena, "fuzz.policy", rest, diagnostics);
	struct decider *const decider = policy != NULL ? decider_new(policy, &around, NULL) : NULL;

	if (decider != NULL) {
		ask(arena, line, policy, decider, diagnostics);
		(void)policy_lint(policy, &around, diagnostics, NULL);
	}
	decider_free(decider);
	arena_free(arena);
	return 0;
}
