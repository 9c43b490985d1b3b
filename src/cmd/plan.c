/* doorward plan: what a policy would become in the kernel, without changing anything. */
#include "output/plan.h"
#include "cmd/command.h"
#include "cmd/gather.h"
#include "cmd/host_names.h"
#include "cmd/surroundings.h"

enum { PLAN_MEMORY = 2000000000 };

struct planning {
	const struct invocation *invocation;
	struct arena *arena;
	struct out *out;
	struct policy *policy;
	struct firewall *firewall;
};

static enum plan_form form_of(const struct invocation *invocation)
{
	if (invocation_has(invocation, "nft"))
		return PLAN_NFT;
	return invocation_has(invocation, "lowered") ? PLAN_LOWERED : PLAN_WORDS;
}

static int status_of(const struct loaded *loaded, const struct firewall_plan *plan)
{
	if (!loaded->seen)
		return STATUS_INCOMPLETE;
	return plan->same ? STATUS_AGREES : STATUS_FINDINGS;
}

static int show(struct planning *p)
{
	struct buffer text = buffer_new(FIREWALL_TEXT_LIMIT);
	struct plan_view view = {
		.policy = p->policy,
		.firewall = p->firewall,
		.form = form_of(p->invocation),
		.all = invocation_has(p->invocation, "all"),
	};
	struct firewall_plan plan;
	struct loaded loaded;
	struct error err;
	int status;

	if (!firewall_loaded(p->arena, NULL, &loaded, &err) ||
	    !firewall_compare(p->firewall, &loaded, p->arena, &plan, &err))
		return command_trouble(p->invocation, &err);
	if (view.form == PLAN_NFT)
		buffer_span(&text, firewall_text(p->firewall));
	else if (view.form == PLAN_LOWERED)
		firewall_lowered(p->firewall, &text);
	if (text.failed) {
		error_memory(&err);
		status = command_trouble(p->invocation, &err);
	} else {
		view.loaded = &loaded;
		view.plan = &plan;
		view.text = buffer_read(&text);
		p->out->format->plan(p->out, &view);
		/* The text is for a program, which asks nothing of what is loaded. */
		status = view.form == PLAN_WORDS ? status_of(&loaded, &plan) : STATUS_AGREES;
	}
	buffer_free(&text);
	return status;
}

static int with_policy(struct planning *p)
{
	const char *const named = invocation_value(p->invocation, "policy");
	const struct screen screen = screen_of(stderr, p->invocation->colour);
	struct diagnostics *const diagnostics = diagnostics_new(p->arena);
	const struct surroundings around = surroundings_of_host(p->arena);
	struct error err;
	int status;

	if (diagnostics == NULL) {
		error_memory(&err);
		return command_trouble(p->invocation, &err);
	}
	if (named == NULL && !policy_is_in_force(&err))
		return command_trouble(p->invocation, &err);
	p->policy = policy_read(p->arena, named != NULL ? named : POLICY_IN_FORCE,
				host_names_lookup(p->arena, NULL), diagnostics);
	if (p->policy == NULL) {
		diagnostics_print(&screen, diagnostics);
		return STATUS_TROUBLE;
	}
	p->firewall = firewall_new(p->policy, &around, &err);
	if (p->firewall == NULL)
		return command_trouble(p->invocation, &err);
	status = show(p);
	firewall_free(p->firewall);
	return status;
}

static int run(const struct invocation *invocation)
{
	struct planning p = { .invocation = invocation };
	struct error err;
	struct out out;
	int status;

	if (invocation_has(invocation, "nft") && invocation_has(invocation, "lowered"))
		return command_usage(invocation, "--nft and --lowered are two forms: one of them");
	p.arena = arena_new(PLAN_MEMORY);
	if (p.arena == NULL || !out_open(&out, invocation->json, invocation->colour)) {
		arena_free(p.arena);
		error_memory(&err);
		return command_trouble(invocation, &err);
	}
	p.out = &out;
	status = with_policy(&p);
	arena_free(p.arena);
	return out_close(&out, &err) ? status : command_trouble(invocation, &err);
}

static const struct command_option options[] = {
	{ .letter = 'P',
	  .name = "policy",
	  .argument = "FILE",
	  .help = "compile this policy (default: " POLICY_IN_FORCE ")",
	  .completes = COMPLETES_POLICY },
	{ .letter = 'n', .name = "nft", .help = "print the rule set, as nft -f reads it" },
	{ .name = "lowered", .help = "print the rules as lookups, before they become a rule set" },
	{ .letter = 'a', .name = "all", .help = "show rules that stay as they are as well" },
	{ 0 },
};

const struct command command_plan = {
	.name = "plan",
	.summary = "what a policy would become in the kernel's firewall",
	.description = "Compiles the policy into a table of nftables, inet doorward, and shows what each "
		       "rule becomes and, "
		       "where it may be seen, what would change against the table that is loaded. Nothing is "
		       "changed, and "
		       "root is not needed. Other tables that have a say are named: what one of them drops "
		       "stays dropped. "
		       "The exit status is 0 if this very rule set is loaded, 1 if loading it would change "
		       "something, 3 if "
		       "what is loaded could not be seen.",
	.options = options,
	.run = run,
};
