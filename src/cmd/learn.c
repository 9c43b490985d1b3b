/* doorward learn: a first policy from what is seen. */
#include "cmd/command.h"
#include "cmd/gather.h"
#include "output/output.h"

/* What is written must be readable: a policy that its own parser refuses is our mistake, and is not given
 * out. */
static const struct policy *parse(struct gathered *gathered, struct span text, struct error *err)
{
	const struct policy *const policy = policy_parse(gathered->arena, "learned", text,
							 gathered->diagnostics);

	if (policy == NULL)
		error_set(err, "what was learned cannot be written as a policy: %s",
			  gathered->diagnostics->count > 0 ? gathered->diagnostics->list[0].text
							   : "out of memory");
	return policy;
}

static bool print(const struct invocation *invocation, const struct policy *policy, struct span text,
		  struct error *err)
{
	struct out out;

	if (!out_open(&out, invocation->json, invocation->colour))
		return error_memory(err);
	out.format->normal_form(&out, policy, text);
	return out_close(&out, err);
}

static int show(const struct invocation *invocation, struct gathered *gathered)
{
	struct buffer text = buffer_new(POLICY_FILE_LIMIT);
	const struct policy *policy;
	struct error err;
	bool done;

	if (!audit_learn(gathered->arena, gathered->audit, &text)) {
		buffer_free(&text);
		error_memory(&err);
		return command_trouble(invocation, &err);
	}
	policy = parse(gathered, buffer_read(&text), &err);
	done = policy != NULL && print(invocation, policy, buffer_read(&text), &err);
	buffer_free(&text);
	if (!done)
		return command_trouble(invocation, &err);
	for (size_t i = 0; i < gathered->audit->incomplete_count; i++)
		fprintf(stderr, "doorward learn: not seen: %s\n", gathered->audit->incomplete[i]);
	return gathered->audit->incomplete_count > 0 ? STATUS_INCOMPLETE : STATUS_AGREES;
}

static int run(const struct invocation *invocation)
{
	const struct gather_options options = {
		.no_policy = true,
		.here = true,
		.no_knock = invocation_has(invocation, "no-knock"),
		.progress = true,
	};
	struct gathered gathered;
	struct error err;
	int status;

	if (gather(&gathered, &options, &err))
		status = show(invocation, &gathered);
	else
		status = command_trouble(invocation, &err);
	gathered_free(&gathered);
	return status;
}

static const struct command_option options[] = {
	{ .name = "no-knock", .help = "do not ask the servers what they speak" },
	{ 0 },
};

const struct command command_learn = {
	.name = "learn",
	.summary = "a first policy, written from what is seen",
	.description =
		"Writes a policy that allows what is open on this host now: a rule for each program, with "
		"what was "
		"observed as comments above it. Owner and reason are left for you to fill in: what is "
		"observed is "
		"not thereby approved, and 'doorward lint' asks for them. It knocks as 'doorward check' "
		"does. "
		"Exit status: 0 all doors were seen, 2 it could not be done, 3 something could not be seen.",
	.options = options,
	.run = run,
};
