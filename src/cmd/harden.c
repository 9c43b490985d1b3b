/* doorward harden: how doors that the policy does not want would be closed. It never closes one. */
#include "base/draft.h"
#include "cmd/command.h"
#include "cmd/gather.h"
#include "output/hardening.h"

enum { SCRIPT_MOST = 16 << 20 };

static bool write_script(const struct hardening_view *view, const char *path, struct error *err)
{
	struct buffer text = buffer_new(SCRIPT_MOST);
	struct draft draft = { 0 };
	bool done;

	hardening_script(&text, view);
	done = text.failed ? error_memory(err) : draft_open(&draft, path, err);
	if (done) {
		(void)fwrite(text.bytes, 1, text.length, draft.file);
		done = draft_keep(&draft, err);
	}
	draft_drop(&draft);
	buffer_free(&text);
	return done;
}

static bool print(const struct invocation *invocation, const struct hardening_view *view, struct error *err)
{
	struct out out;

	if (!out_open(&out, invocation->json, invocation->colour))
		return error_memory(err);
	out.format->hardening(&out, view);
	return out_close(&out, err);
}

static int show(const struct invocation *invocation, struct gathered *gathered)
{
	const char *const path = invocation_value(invocation, "write");
	struct hardening_view view = { .audit = gathered->audit };
	struct error err;

	view.list = audit_hardening(gathered->arena, gathered->audit, &view.count);
	if (view.list == NULL) {
		error_memory(&err);
		return command_trouble(invocation, &err);
	}
	if (!print(invocation, &view, &err) || (path != NULL && !write_script(&view, path, &err)))
		return command_trouble(invocation, &err);
	if (view.count > 0)
		return STATUS_FINDINGS;
	return gathered->audit->incomplete_count > 0 ? STATUS_INCOMPLETE : STATUS_AGREES;
}

static int run(const struct invocation *invocation)
{
	const struct gather_options options = {
		.policy = invocation_value(invocation, "policy"),
		.here = true,
		.no_knock = true,
	};
	struct gathered gathered;
	struct error err;
	int status;

	/* Which doors are needed only a policy can say. */
	if (options.policy == NULL && !policy_is_in_force(&err))
		return command_trouble(invocation, &err);
	if (gather(&gathered, &options, &err))
		status = show(invocation, &gathered);
	else
		status = command_trouble(invocation, &err);
	gathered_free(&gathered);
	return status;
}

static const struct command_option options[] = {
	{ .letter = 'P',
	  .name = "policy",
	  .argument = "FILE",
	  .help = "doors that it allows are needed (default: " POLICY_IN_FORCE ")",
	  .completes = COMPLETES_POLICY },
	{ .name = "write",
	  .argument = "FILE",
	  .help = "save it as a script to review, too",
	  .completes = COMPLETES_FILE },
	{ 0 },
};

const struct command command_harden = {
	.name = "harden",
	.summary = "how doors that are not needed would be closed",
	.description =
		"For each open door that the policy does not allow: the unit of systemd to disable, where "
		"its "
		"program is told what to listen at, the package that brought it, "
		"and the rule that covers the door until then. Nothing is done. "
		"With --write the steps are saved as a script, in which every command is commented out and "
		"which refuses to run until somebody has reviewed it. "
		"Exit status: 0 every open door is wanted, 1 some are not, 2 it could not be done, "
		"3 something could not be seen.",
	.options = options,
	.run = run,
};
