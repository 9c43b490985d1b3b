/* doorward refresh: what is in force, with what its names of hosts stand for by now. */
#include "cmd/compiled.h"
#include "cmd/enforcing.h"

#include <stdio.h>

/* What is in force is refreshed, and never another policy put in its place unseen. */
static bool compile(struct enforcing *e, const struct entry *in_force, struct compiled *compiled,
		    struct error *err)
{
	if (!compile_policy(compiled, &e->state, in_force->policy, NAMES_KEPT, err))
		return false;
	return strcmp(compiled->what.policy_digest, in_force->policy_digest) == 0 ||
	       error_set(err,
			 "%s is not as it was when number %u was put in place: 'doorward apply' puts it in "
			 "place "
			 "as it is now; nothing was changed",
			 in_force->policy, in_force->number);
}

/* Names that nobody knows any more stay what they were; that is told, and not an end to the others. */
static int tell_stale(const struct compiled *compiled)
{
	struct span text = buffer_read(&compiled->names.stale);

	if (span_left(text) == 0)
		return STATUS_AGREES;
	while (span_left(text) > 0) {
		const struct span line = span_until(&text, '\n');

		if (line.failed)
			break;
		fprintf(stderr, "doorward refresh: its addresses stay as they were: %.*s\n",
			(int)span_left(line), (const char *)line.at);
	}
	return STATUS_INCOMPLETE;
}

static bool put_in_place(struct enforcing *e, struct compiled *compiled, const struct entry *in_force,
			 struct error *err)
{
	struct entry *entry;

	if (firewall_digest(compiled->firewall) == in_force->digest) {
		(void)enforcing_tell(e, ACTION_UNCHANGED, in_force);
		return true;
	}
	compiled_texts(compiled, e->arena);
	if (!enforce_refresh(&e->state, &compiled->what, &entry, err))
		return false;
	(void)enforcing_tell(e, ACTION_REFRESHED, entry);
	return true;
}

static int refresh(struct enforcing *e)
{
	struct compiled compiled = { 0 };
	struct entry *armed;
	const struct entry *in_force;
	struct error err;
	int status = STATUS_AGREES;

	if (!enforce_settle(&e->state, false, &armed, &err))
		return command_trouble(e->invocation, &err);
	in_force = state_in_force(&e->state);
	if (in_force == NULL || in_force->digest == 0 || in_force->policy[0] == '\0')
		return enforcing_tell(e, ACTION_NOTHING, NULL);
	if (compile(e, in_force, &compiled, &err) && put_in_place(e, &compiled, in_force, &err))
		status = tell_stale(&compiled);
	else
		status = command_trouble(e->invocation, &err);
	compiled_free(&compiled);
	return status;
}

static int run(const struct invocation *invocation)
{
	return enforcing_with(invocation, true, refresh);
}

static const struct command_option options[] = { STATE_OPTION, { 0 } };

const struct command command_refresh = {
	.name = "refresh",
	.summary = "looks names of hosts in the policy up anew",
	.description = "Looks up what the names of hosts stand for in the policy that is in force, and where "
		       "that is "
		       "something else by now, puts the rules in place with it, in one transaction and at "
		       "once; 'doorward "
		       "undo' goes back to what stood before the policy. Names that are not found stay what "
		       "they were; the "
		       "exit status is 3 then. A policy that was edited since is not put in place by this. "
		       "doorward-refresh.timer does it every five minutes. Needs root.",
	.options = options,
	.run = run,
};
