/* verdict.h: what a policy says to one question: the verdict, the rule that decides with its document, and
 * why the rules before it did not. */
#ifndef OUTPUT_VERDICT_H
#define OUTPUT_VERDICT_H

#include "output/output.h"
#include "policy/policy.h"

/* A rule before the one that decides, and why it does not match. */
struct passed_rule {
	const struct rule *rule;
	enum mismatch why;
};

struct verdict_view {
	const struct policy *policy;
	const struct question *question;
	struct decision decision;
	bool open; /* a rule of another verdict stands before, and depends on what the question leaves open */
	const struct passed_rule *passed; /* all rules before the one that decides, in order */
	size_t passed_count;
	bool all; /* show every one of them */
};

void verdict_view_text(struct out *out, const struct verdict_view *view);
void verdict_view_json(struct out *out, const struct verdict_view *view);

/* "another source" */
const char *mismatch_text(enum mismatch why);

#endif
