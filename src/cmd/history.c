/* doorward history: the policies that were applied, when, and by whom. */
#include "cmd/enforcing.h"

static int show(struct enforcing *e)
{
	struct error err;

	if (e->state.hidden) {
		error_set(&err, "%s may not be read (needs root)", e->state.folder);
		return command_trouble(e->invocation, &err);
	}
	e->out.format->history(&e->out, &e->state);
	return STATUS_AGREES;
}

static int run(const struct invocation *invocation)
{
	return enforcing_with(invocation, false, show);
}

static const struct command_option options[] = { STATE_OPTION, { 0 } };

const struct command command_history = {
	.name = "history",
	.summary = "the policies that were applied: when, by whom, confirmed or taken back",
	.description =
		"Shows each time that a rule set was put in place, with the user who asked for it, the "
		"SHA-256 of the policy's text, and whether it was confirmed or taken back. 'doorward undo "
		"NUMBER' goes back to one of them.",
	.options = options,
	.run = run,
};
