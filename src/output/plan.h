/* plan.h: what a policy would become in the kernel, and what that would change. */
#ifndef OUTPUT_PLAN_H
#define OUTPUT_PLAN_H

#include "firewall/firewall.h"
#include "output/output.h"

enum plan_form { PLAN_WORDS, PLAN_NFT, PLAN_LOWERED };

struct plan_view {
	const struct policy *policy;
	const struct firewall *firewall;
	const struct loaded *loaded;
	const struct firewall_plan *plan;
	enum plan_form form;
	struct span text; /* the rule set or the lowered form, as `form` says */
	bool all;         /* show rules that stay as they are as well */
};

void plan_text(struct out *out, const struct plan_view *view);
void plan_json(struct out *out, const struct plan_view *view);

#endif
