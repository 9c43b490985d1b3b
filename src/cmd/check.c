/* doorward check: the views of this host side by side, and where they disagree. */
#include "cmd/command.h"
#include "cmd/gather.h"
#include "output/output.h"

static int show(const struct invocation *invocation, const struct gathered *gathered, bool knocked)
{
	const struct check_view view = {
		.audit = gathered->audit,
		.knocked = knocked,
		.knock_count = gathered->knock_count,
		.knock_ms = gathered->knock_ms,
		.filter_problem = reachability_problem(gathered->reachability),
		.exit_status = audit_status(gathered->audit),
	};
	struct error err;
	struct out out;

	if (!out_open(&out, invocation->json, invocation->colour)) {
		error_memory(&err);
		return command_trouble(invocation, &err);
	}
	out.format->check(&out, &view);
	if (!out_close(&out, &err))
		return command_trouble(invocation, &err);
	return view.exit_status;
}

static int run(const struct invocation *invocation)
{
	const struct gather_options options = {
		.policy = invocation_value(invocation, "policy"),
		.here = invocation_has(invocation, "here"),
		.no_knock = invocation_has(invocation, "no-knock"),
		.progress = true,
	};
	struct gathered gathered;
	struct error err;
	int status;

	if (gather(&gathered, &options, &err))
		status = show(invocation, &gathered, !options.no_knock);
	else
		status = command_trouble(invocation, &err);
	gathered_free(&gathered);
	return status;
}

static const struct command_option options[] = {
	{ .letter = 'P',
	  .name = "policy",
	  .argument = "FILE",
	  .help = "compare with this policy (default: " POLICY_IN_FORCE ")",
	  .completes = COMPLETES_POLICY },
	{ .name = "here", .help = "leave out what is open in other network namespaces of this host" },
	{ .name = "no-knock", .help = "do not ask the servers what they speak" },
	{ 0 },
};

const struct command command_check = {
	.name = "check",
	.summary = "what is open on this host, who stands behind it, and whether it should be",
	.description = "Shows every open door of this host: the process, user and unit behind it, what is "
		       "spoken there and "
		       "how that is known, from where it can be reached, and whether the policy documents "
		       "it; then the "
		       "findings, worst first, each with what to do about it. Without a policy it shows what "
		       "is there. "
		       "To learn what is spoken it knocks at this host's own doors, for 5 seconds at most, "
		       "with requests "
		       "that change nothing; never at doors such as a printer's, which act on any bytes. "
		       "Exit status: 0 all is as documented, 1 there are findings, 2 it could not be done, 3 "
		       "there are no "
		       "findings, but something could not be seen.",
	.options = options,
	.run = run,
};
