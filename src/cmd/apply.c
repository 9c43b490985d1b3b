/* doorward apply: puts a policy into the kernel's firewall, and takes it back unless it is confirmed. */
#include "cmd/compiled.h"
#include "cmd/enforcing.h"
#include "cmd/gather.h"
#include "output/plan.h"

#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_DEFAULT_S = 60, TIMEOUT_LEAST_S = 1, TIMEOUT_MOST_S = 86400 };

struct applying {
	struct enforcing *e;
	struct compiled compiled;
	struct decider *decider;
	struct host host;
	struct live_view live;
	const char *unseen;
	struct tracked *tracked;
	size_t tracked_count;
	uint32_t timeout_s;
};

/* "90", "90s", "5m", "1h" */
static bool read_timeout(const char *text, uint32_t *ret_s)
{
	struct span s = span_text(text);
	const char *const unit = text + strspn(text, "0123456789");
	const unsigned times = strcmp(unit, "m") == 0 ? 60 : strcmp(unit, "h") == 0 ? 3600 : 1;
	uint64_t number;

	if (strlen(unit) > 1 || (*unit != '\0' && strchr("smh", *unit) == NULL))
		return false;
	s.end -= strlen(unit);
	if (!span_number(s, TIMEOUT_MOST_S, &number) || number * times < TIMEOUT_LEAST_S ||
	    number * times > TIMEOUT_MOST_S)
		return false;
	*ret_s = (uint32_t)(number * times);
	return true;
}

/* ---- the policy ---- */

static const char *policy_path(const struct invocation *invocation)
{
	return invocation->argument_count > 0 ? invocation->arguments[0] : POLICY_IN_FORCE;
}

static bool compile(struct applying *a, struct error *err)
{
	const struct invocation *const invocation = a->e->invocation;

	if (invocation->argument_count == 0 && !policy_is_in_force(err))
		return false;
	return compile_policy(&a->compiled, &a->e->state, policy_path(invocation), NAMES_FRESH, err);
}

/* ---- live connections ---- */

/* Where nothing is alive, nobody is asked. */
static bool make_decider(struct applying *a, struct error *err)
{
	if (a->decider == NULL && (a->host.socket_count > 0 || a->tracked_count > 0))
		a->decider = decider_new(a->compiled.policy, &a->compiled.around, err);
	return a->decider != NULL || (a->host.socket_count == 0 && a->tracked_count == 0);
}

static bool ask_about_connections(struct applying *a, const struct host_options *options, struct error *err)
{
	struct live_input input = { .policy = a->compiled.policy,
				    .host = &a->host,
				    .tracked = a->tracked,
				    .tracked_count = a->tracked_count,
				    .ssh_connection = getenv("SSH_CONNECTION") };

	host_free(&a->host);
	if (!host_read(&a->host, options, err) || !make_decider(a, err))
		return false;
	input.decider = a->decider;
	return audit_live(a->e->arena, &input, &a->live, err);
}

/* Whose the connections are takes the longest to find out, and is asked where some are denied. */
static bool look_at_connections(struct applying *a, struct error *err)
{
	const struct host_options sockets = { .no_filters = true, .attribution = ATTRIBUTE_NONE };
	const struct host_options whole = { .no_filters = true, .details = true };
	const int error = tracked_list(a->e->arena, &a->tracked, &a->tracked_count);

	if (error != 0)
		a->unseen =
			"The connection tracker does not tell what it knows: forwarded connections are not "
			"looked at.";
	return ask_about_connections(a, &sockets, err) &&
	       (a->live.denied_count == 0 || ask_about_connections(a, &whole, err));
}

/* What began before the tracker looked would be strange to it, and judged as new in the middle of it. */
static void keep_connections(const struct applying *a)
{
	for (size_t i = 0; i < a->live.untracked_count; i++)
		(void)tracked_keep(&a->live.untracked[i]);
}

/* The socket first: its reset still belongs to a connection that is known. */
static void cut_connections(const struct applying *a)
{
	for (size_t i = 0; i < a->live.denied_count; i++) {
		const struct live *const live = &a->live.denied[i];

		if (live->depends)
			continue;
		if (live->socket != NULL)
			(void)socket_end(live->socket);
		(void)tracked_forget(&live->connection);
	}
}

/* ---- applying ---- */

static bool show_plan(struct applying *a, const struct loaded *loaded, struct error *err)
{
	struct firewall_plan plan;
	const struct plan_view view = { .policy = a->compiled.policy,
					.firewall = a->compiled.firewall,
					.loaded = loaded,
					.plan = &plan };
	const struct live_connections live = {
		.view = &a->live,
		.host = &a->host,
		.cut = invocation_has(a->e->invocation, "cut"),
		.unseen = a->unseen,
	};

	if (!firewall_compare(a->compiled.firewall, loaded, a->e->arena, &plan, err))
		return false;
	a->e->out.format->plan(&a->e->out, &view);
	a->e->out.format->live(&a->e->out, &live);
	out_flush(&a->e->out);
	(void)fflush(a->e->out.screen.file); /* while the connection that shows it still stands */
	return true;
}

static bool is_in_force(const struct applying *a, const struct standing_view *now)
{
	return now->entry != NULL && now->entry->standing == STANDING_CONFIRMED && now->drift == DRIFT_NONE &&
	       now->entry->digest == firewall_digest(a->compiled.firewall);
}

static int put_in_place(struct applying *a, struct error *err)
{
	struct enforcing *const e = a->e;
	struct standing_view now;
	struct entry *entry;

	if (!enforce_look(&e->state, false, &now, err))
		return command_trouble(e->invocation, err);
	if (is_in_force(a, &now))
		return enforcing_tell(e, ACTION_UNCHANGED, now.entry);
	if (!look_at_connections(a, err) || !show_plan(a, &now.loaded, err))
		return command_trouble(e->invocation, err);
	if (a->live.session_count > 0 && !invocation_has(e->invocation, "force")) {
		error_set(err,
			  "the policy denies the connection of this very session, so that you could not come "
			  "back: nothing was changed; --force does it all the same");
		return command_trouble(e->invocation, err);
	}
	keep_connections(a);
	compiled_texts(&a->compiled, e->arena);
	if (!enforce_apply(&e->state, &a->compiled.what, a->timeout_s, &entry, err))
		return command_trouble(e->invocation, err);
	if (invocation_has(e->invocation, "cut"))
		cut_connections(a);
	return enforcing_tell(e, ACTION_APPLIED, entry);
}

static int apply(struct enforcing *e)
{
	struct applying a = { .e = e, .timeout_s = TIMEOUT_DEFAULT_S };
	const char *const timeout = invocation_value(e->invocation, "timeout");
	struct error err;
	int status;

	if (timeout != NULL)
		(void)read_timeout(timeout, &a.timeout_s);
	status = compile(&a, &err) ? put_in_place(&a, &err) : command_trouble(e->invocation, &err);
	decider_free(a.decider);
	compiled_free(&a.compiled);
	host_free(&a.host);
	return status;
}

static int boot(struct enforcing *e)
{
	struct entry *entry;
	struct error err;

	if (!enforce_boot(&e->state, &entry, &err))
		return command_trouble(e->invocation, &err);
	return enforcing_tell(e, entry != NULL && entry->digest != 0 ? ACTION_LOADED : ACTION_NOTHING, entry);
}

static int run(const struct invocation *invocation)
{
	const char *const timeout = invocation_value(invocation, "timeout");
	uint32_t seconds;

	if (timeout != NULL && !read_timeout(timeout, &seconds))
		return command_usage(
			invocation, "--timeout: '%s' is no time from a second to a day, such as 90, 5m or 1h",
			timeout);
	if (!invocation_has(invocation, "boot"))
		return enforcing_with(invocation, true, apply);
	if (invocation->argument_count > 0)
		return command_usage(invocation, "--boot loads what was confirmed last, and takes no policy");
	return enforcing_with(invocation, true, boot);
}

static const struct command_option options[] = {
	{ .letter = 't',
	  .name = "timeout",
	  .argument = "TIME",
	  .help = "take it back after this time: 90, 5m, 1h (default: 60 seconds)" },
	{ .name = "cut", .help = "end the live connections that the policy denies" },
	{ .name = "force", .help = "even if the policy denies the connection of this very session" },
	{ .name = "boot", .help = "load what was confirmed last, as the host does when it comes up" },
	STATE_OPTION,
	{ 0 },
};

const struct command command_apply = {
	.name = "apply",
	.arguments = "[POLICY]",
	.summary = "puts a policy into the kernel's firewall, and takes it back unless confirmed",
	.description =
		"Compiles the policy (default: " POLICY_IN_FORCE ") and puts it into the kernel as the table "
		"inet doorward, in one transaction; no other table is touched. Shown before are what "
		"changes, "
		"and the live connections that the policy denies: they go on, unless --cut ends them. Unless "
		"'doorward confirm' comes in time, all becomes as it was before, whatever became of this "
		"program, its terminal or its session. Needs root.",
	.options = options,
	.most_arguments = 1,
	.completes = COMPLETES_POLICY,
	.run = run,
};
