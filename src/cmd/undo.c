/* doorward undo: goes back to the rules that were in place before. */
#include "cmd/enforcing.h"

static int undo(struct enforcing *e)
{
	const struct invocation *const invocation = e->invocation;
	const bool numbered = invocation->argument_count > 0;
	uint64_t typed = 0;
	uint32_t number;
	struct entry *entry;
	struct error err;

	if (numbered)
		(void)span_number(span_text(invocation->arguments[0]), UINT32_MAX, &typed);
	number = (uint32_t)typed;
	if (!enforce_undo(&e->state, numbered ? &number : NULL, enforcing_user(e->arena), &entry, &err))
		return command_trouble(invocation, &err);
	return enforcing_tell(e, entry->standing == STANDING_CONFIRMED ? ACTION_UNDONE : ACTION_TAKEN_BACK,
			      entry);
}

static int keep(const struct invocation *invocation, uint32_t number)
{
	const char *const folder = invocation_value(invocation, "state");
	struct error err;

	return enforce_keep(folder != NULL ? folder : STATE_FOLDER, number, &err)
		       ? STATUS_AGREES
		       : command_trouble(invocation, &err);
}

static int run(const struct invocation *invocation)
{
	uint64_t number = 0;

	if (invocation->argument_count > 0 &&
	    (!span_number(span_text(invocation->arguments[0]), UINT32_MAX, &number)))
		return command_usage(invocation, "'%s' is no number that 'doorward history' shows",
				     invocation->arguments[0]);
	if (!invocation_has(invocation, "when-due"))
		return enforcing_with(invocation, true, undo);
	if (number == 0)
		return command_usage(invocation, "--when-due needs the number that it is about");
	return keep(invocation, (uint32_t)number);
}

static const struct command_option options[] = {
	{ .name = "when-due",
	  .help = "wait until its time is over, and take it back unless it was confirmed" },
	STATE_OPTION,
	{ 0 },
};

const struct command command_undo = {
	.name = "undo",
	.arguments = "[NUMBER]",
	.summary = "goes back to the rules that were in place before",
	.description =
		"Takes back at once what waits to be confirmed. If nothing waits, it goes back from what is "
		"in force to what stood before that, and once more to what stood before that; with a NUMBER "
		"of 'doorward history', to what was put in place then, and with 0 to no table at all. What "
		"it "
		"goes back to is in force at once. --when-due is what 'doorward apply' starts as the way "
		"back. Needs root.",
	.options = options,
	.most_arguments = 1,
	.run = run,
};
