/* doorward confirm: keeps what apply has put in place. */
#include "cmd/enforcing.h"

static int confirm(struct enforcing *e)
{
	struct entry *entry;
	struct error err;

	if (!enforce_confirm(&e->state, &entry, &err))
		return command_trouble(e->invocation, &err);
	return enforcing_tell(e, ACTION_CONFIRMED, entry);
}

static int run(const struct invocation *invocation)
{
	return enforcing_with(invocation, true, confirm);
}

static const struct command_option options[] = { STATE_OPTION, { 0 } };

const struct command command_confirm = {
	.name = "confirm",
	.summary = "keeps the policy that 'doorward apply' has put in place",
	.description =
		"Says that you are still there: what waits to be confirmed stays, and is loaded again when "
		"the host comes up. Come by a new connection, as the one that applied it would go on in any "
		"case. Needs root.",
	.options = options,
	.run = run,
};
