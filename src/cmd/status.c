/* doorward status: whether the kernel has what was applied, and what each rule has counted. */
#include "cmd/enforcing.h"

static int status_of(const struct standing_view *view)
{
	if (!view->loaded.seen)
		return STATUS_INCOMPLETE;
	if (view->drift == DRIFT_UNRECORDED)
		return STATUS_INCOMPLETE;
	if (view->drift != DRIFT_NONE && view->drift != DRIFT_NOTHING)
		return STATUS_FINDINGS;
	return view->entry != NULL && view->entry->standing == STANDING_ARMED && !view->kept ? STATUS_FINDINGS
											     : STATUS_AGREES;
}

static int show(struct enforcing *e)
{
	struct standing_view view;
	struct error err;

	if (!enforce_look(&e->state, true, &view, &err))
		return command_trouble(e->invocation, &err);
	e->out.format->standing(&e->out, &view);
	return status_of(&view);
}

static int run(const struct invocation *invocation)
{
	return enforcing_with(invocation, false, show);
}

static const struct command_option options[] = { STATE_OPTION, { 0 } };

const struct command command_status = {
	.name = "status",
	.summary = "whether the kernel has what was applied, and what each rule has counted",
	.description =
		"Compares the table that is loaded with what was put in place, and shows each change that "
		"others made to it; what waits to be confirmed, and how long still; and of each rule how "
		"many packets it decided since it stands, so that rules that nobody needs are seen. The "
		"exit status is 0 if it is as it was put in place, 1 if not, 3 if that could not be seen.",
	.options = options,
	.run = run,
};
