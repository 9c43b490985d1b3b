/* lint: what is wrong or doubtful in a policy, and its normal form. */
#include "cmd/command.h"
#include "cmd/gather.h"
#include "cmd/host_names.h"
#include "cmd/surroundings.h"
#include "output/output.h"
#include "policy/policy.h"

#include <sys/stat.h>

enum { POLICY_MEMORY = 2000000000, NORMAL_FORM_LIMIT = 1 << 30 };

static void count_words(FILE *file, size_t count, const char *what, bool *first)
{
	if (count == 0)
		return;
	fprintf(file, "%s%zu %s%s", *first ? "" : ", ", count, what, count == 1 ? "" : "s");
	*first = false;
}

static void say_summary(const char *path, const struct policy *policy, const struct diagnostics *d)
{
	const struct screen screen = screen_of(stderr, COLOUR_NEVER);
	bool first = true;

	fflush(stdout);
	screen_print(&screen, STYLE_PLAIN, path);
	fputs(": ", stderr);
	count_words(stderr, d->errors, "error", &first);
	count_words(stderr, d->warnings, "warning", &first);
	count_words(stderr, d->remarks, "remark", &first);
	if (first)
		fputs("nothing to say against it", stderr);
	if (policy != NULL)
		fprintf(stderr, " (%zu rule%s)", policy->rule_count, policy->rule_count == 1 ? "" : "s");
	fputc('\n', stderr);
}

static int status_of(const struct diagnostics *d)
{
	return d->errors > 0 ? STATUS_TROUBLE : d->warnings > 0 ? STATUS_FINDINGS : STATUS_AGREES;
}

static bool print_normal_form(struct out *out, const struct policy *policy)
{
	struct buffer text = buffer_new(NORMAL_FORM_LIMIT);
	bool whole;

	policy_format(policy, &text);
	whole = !text.failed;
	if (whole)
		out->format->normal_form(out, policy, buffer_read(&text));
	buffer_free(&text);
	return whole;
}

/* Errors belong on stderr when the normal form was asked for: stdout may be a file that becomes the policy.
 */
static void show(struct out *out, const struct diagnostics *diagnostics, bool format)
{
	const struct screen screen = screen_of(stderr, COLOUR_AUTO);

	if (format)
		diagnostics_print(&screen, diagnostics);
	else
		out->format->diagnostics(out, diagnostics);
}

static int lint_one(const struct invocation *invocation, struct out *out, struct arena *arena,
		    const char *path)
{
	const bool format = invocation_has(invocation, "format");
	struct diagnostics *const diagnostics = diagnostics_new(arena);
	struct surroundings around;
	struct policy *policy;
	struct error err;

	if (diagnostics == NULL) {
		error_memory(&err);
		return command_trouble(invocation, &err);
	}
	policy = policy_read(arena, path, host_names_lookup(arena, NULL), diagnostics);
	if (policy != NULL && format) {
		if (!print_normal_form(out, policy)) {
			error_memory(&err);
			return command_trouble(invocation, &err);
		}
		return STATUS_AGREES;
	}
	around = surroundings_of_host(arena);
	if (policy != NULL && !policy_lint(policy, &around, diagnostics, &err))
		return command_trouble(invocation, &err);
	show(out, diagnostics, format);
	say_summary(path, policy, diagnostics);
	return status_of(diagnostics);
}

static bool is_directory(const char *path)
{
	struct stat found;

	return stat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

static int lint_path(const struct invocation *invocation, struct out *out, const char *path)
{
	struct arena *const arena = arena_new(POLICY_MEMORY);
	struct error err;
	int status;

	if (arena == NULL) {
		error_memory(&err);
		return command_trouble(invocation, &err);
	}
	status = lint_one(invocation, out, arena, path);
	arena_free(arena);
	return status;
}

static int run(const struct invocation *invocation)
{
	struct error err;
	struct out out;
	int status;

	if (invocation_has(invocation, "format") && invocation->argument_count > 1)
		return command_usage(invocation, "--format takes one policy");
	/* Its files run together would be another policy: which text came from which would be lost. */
	if (invocation_has(invocation, "format") && !invocation->json && invocation->argument_count == 1 &&
	    is_directory(invocation->arguments[0]))
		return command_usage(invocation,
				     "--format takes one file: '%s' is a directory, whose files are "
				     "put in order one by one",
				     invocation->arguments[0]);
	if (invocation->argument_count == 0 && !policy_is_in_force(&err))
		return command_trouble(invocation, &err);
	if (!out_open(&out, invocation->json, invocation->colour)) {
		error_memory(&err);
		return command_trouble(invocation, &err);
	}
	status = invocation->argument_count == 0 ? lint_path(invocation, &out, POLICY_IN_FORCE)
						 : STATUS_AGREES;
	for (size_t i = 0; i < invocation->argument_count; i++) {
		const int one = lint_path(invocation, &out, invocation->arguments[i]);

		status = one > status ? one : status;
	}
	return out_close(&out, &err) ? status : command_trouble(invocation, &err);
}

static const struct command_option lint_options[] = {
	{ .letter = 'f', .name = "format", .help = "print the normal form instead; with --json, the model" },
	{ 0 },
};

const struct command command_lint = {
	.name = "lint",
	.arguments = "[POLICY...]",
	.summary = "what is wrong or doubtful in a policy",
	.description =
		"Reads a policy file, or a directory of them, and shows every error with its line and a "
		"proposal, then what is legal and yet doubtful: rules that can never match, that add nothing "
		"or contradict each other, protocols on the ports of others, missing owners and reasons, "
		"dates "
		"that are past, expectations that fail. Without a POLICY, " POLICY_IN_FORCE " is read.",
	.options = lint_options,
	.most_arguments = 64,
	.completes = COMPLETES_POLICY,
	.run = run,
};
