/* lint.h: what the rooms of the lint share. Each looks for one kind of doubt. What is claimed is exact: where
 * a comparison would cost more than its bound, it is given up, counted, and said. */
#ifndef POLICY_LINT_H
#define POLICY_LINT_H

#include "policy/decide.h"

enum {
	RULE_STEPS = 1024,     /* decisions for one rule, to see whether others take it all */
	LINT_STEPS = 4000000,  /* the same for all rules of a policy */
	RULE_PIECES = 256,     /* of what is left of one rule while others are cut off */
	RULE_NEIGHBOURS = 512, /* overlapping rules that one is compared with */
	RULE_ROOMS = 2048,     /* groups of ports in which they are looked for, with the neighbours found */
	LINT_NEIGHBOURS = 20000000,
	LINT_PARTS = 8000000, /* ranges of sources in rooms of ports, of all rules together */
	PLACE_TEXT = 512,
};
#define LINT_MEMORY ((size_t)1 << 30)

/* Why a comparison was given up. */
enum lint_bound {
	WITHIN_BOUNDS,
	BOUND_RULE_STEPS,
	BOUND_LINT_STEPS,
	BOUND_RULE_PIECES,
	BOUND_RULE_NEIGHBOURS,
	BOUND_RULE_ROOMS,
	BOUND_LINT_NEIGHBOURS,
	BOUND_LINT_PARTS,
};

struct linter {
	const struct policy *policy;
	const struct decider *decider;
	struct diagnostics *diagnostics;
	struct arena *scratch;
	int32_t today;
	bool *shadowed;           /* by rule: it never matches, and no more need be said of it */
	bool *partly;             /* by rule: a part of it never matches, which was said */
	bool *given_up;           /* by rule: it was not compared with all others */
	size_t steps, neighbours; /* used so far */
	size_t not_compared;      /* rules for which a bound was reached */
	const struct rule *first_not_compared;
	enum lint_bound first_bound; /* that was reached for it */
};

/* "line 12", or "line 12 of other.policy" where that is another file than `from`. */
const char *line_text(const struct place *place, const struct place *from, char text[static PLACE_TEXT]);

/* Whether a rule can match at all: not past its time, and with an address left at both ends. */
bool rule_is_live(const struct linter *linter, const struct rule *rule);

/* This bound was reached for this rule. */
void give_up(struct linter *linter, const struct rule *rule, enum lint_bound bound);

/* One kind each. False without memory. */
void lint_documents(struct linter *linter, const struct rule *rule); /* owner, reason, dates, clear text */
void lint_doors(struct linter *linter, const struct rule *rule);     /* ports of others */
void lint_addresses(struct linter *linter, const struct rule *rule); /* that leave nothing to match */
void lint_shadow(struct linter *linter, const struct rule *rule);    /* never matches */
bool lint_overlaps(struct linter *linter);                           /* redundant, contradiction */
bool lint_names(struct linter *linter);                              /* unused */
void lint_acceptances(struct linter *linter);
void lint_expectations(struct linter *linter);

#endif
