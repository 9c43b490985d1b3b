/* doorward learn: a first policy from what is seen. */
#include "cmd/command.h"
#include "cmd/gather.h"
#include "output/output.h"
#include "policy/moving_in.h"

#include <errno.h>
#include <stdlib.h>

enum { FROM_MOST = 16 << 20, LEARN_MEMORY = 1 << 30 };

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

/* ---- from what another tool has ---- */

/* The whole file; its length, or -1 with words. */
static long read_file(const char *path, char *text, struct error *err)
{
	FILE *const file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	size_t length;
	bool failed;

	if (file == NULL) {
		error_system(err, errno, "%s", path);
		return -1;
	}
	length = fread(text, 1, FROM_MOST, file);
	failed = ferror(file) != 0;
	if (failed)
		error_system(err, errno, "%s", path);
	if (file != stdin)
		fclose(file);
	if (!failed && length < FROM_MOST)
		return (long)length;
	if (!failed)
		error_set(err, "%s is larger than %d MiB", path, FROM_MOST >> 20);
	return -1;
}

static bool move_in(const struct invocation *invocation, struct gathered *gathered, struct span text,
		    struct moved *moved, struct error *err)
{
	struct buffer out = buffer_new(POLICY_FILE_LIMIT);
	const struct policy *policy = NULL;
	struct error problem;
	bool done = moving_in(invocation_value(invocation, "from"), text, &out, moved, &problem);

	if (done)
		policy = parse(gathered, buffer_read(&out), err);
	else
		error_set(err, "%s: %s", invocation->arguments[0], problem.text);
	done = policy != NULL && print(invocation, policy, buffer_read(&out), err);
	buffer_free(&out);
	return done;
}

static int learn_from(const struct invocation *invocation)
{
	struct gathered gathered = { .arena = arena_new(LEARN_MEMORY) };
	char *const text = malloc(FROM_MOST);
	struct moved moved = { 0 };
	struct error err;
	bool done = false;
	long length;

	if (gathered.arena != NULL)
		gathered.diagnostics = diagnostics_new(gathered.arena);
	if (gathered.diagnostics == NULL || text == NULL)
		error_memory(&err);
	else if ((length = read_file(invocation->arguments[0], text, &err)) >= 0)
		done = move_in(invocation, &gathered, span_of(text, (size_t)length), &moved, &err);
	free(text);
	arena_free(gathered.arena);
	if (!done)
		return command_trouble(invocation, &err);
	fprintf(stderr,
		"doorward learn: %zu rules; %zu lines not carried over, %zu that a policy has by itself\n",
		moved.rules, moved.left_out, moved.implied);
	return moved.left_out > 0 ? STATUS_INCOMPLETE : STATUS_AGREES;
}

static int run(const struct invocation *invocation)
{
	const bool from = invocation_has(invocation, "from");
	const struct gather_options options = {
		.no_policy = true,
		.here = true,
		.no_knock = invocation_has(invocation, "no-knock"),
		.progress = true,
	};
	struct gathered gathered;
	struct error err;
	int status;

	if (from != (invocation->argument_count > 0))
		return command_usage(invocation, "--from KIND and a FILE belong together");
	if (from)
		return learn_from(invocation);
	if (gather(&gathered, &options, &err))
		status = show(invocation, &gathered);
	else
		status = command_trouble(invocation, &err);
	gathered_free(&gathered);
	return status;
}

static const struct command_option options[] = {
	{ .name = "from",
	  .argument = "KIND",
	  .help = "from the rules of another tool, or open ports, in FILE (- is stdin)",
	  .completes = COMPLETES_WORDS,
	  .words = MOVING_KINDS },
	{ .name = "no-knock", .help = "do not ask the servers what they speak" },
	{ 0 },
};

const struct command command_learn = {
	.name = "learn",
	.arguments = "[FILE]",
	.most_arguments = 1,
	.completes = COMPLETES_FILE,
	.summary = "a first policy, written from what is seen",
	.description =
		"Writes a policy that allows what is open on this host now: a rule for each program, with "
		"what was "
		"observed as comments above it. Owner and reason are left for you to fill in: what is "
		"observed is "
		"not thereby approved, and 'doorward lint' asks for them. It knocks as 'doorward check' "
		"does. "
		"With --from it writes instead what the rules of ufw, firewalld, nft or iptables come to, "
		"the ports "
		"that a compose file publishes, or those that nmap found open: comments are kept, and what "
		"cannot "
		"be carried over is said in its place. "
		"Exit status: 0 all doors were seen, 2 it could not be done, 3 something could not be seen "
		"or "
		"carried over.",
	.options = options,
	.run = run,
};
