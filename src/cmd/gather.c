#include "cmd/gather.h"
#include "base/clock.h"
#include "cmd/command.h"
#include "cmd/host_names.h"
#include "cmd/surroundings.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

enum { GATHER_MEMORY = 1 << 30 };

bool policy_is_in_force(struct error *err)
{
	if (access(POLICY_IN_FORCE, F_OK) == 0 || errno != ENOENT)
		return true;
	return error_set(err, "there is no policy yet: " POLICY_IN_FORCE
			      " is not there; 'doorward learn' writes a "
			      "first one from what is open now");
}

/* The policy in force is read if it is there; one that was named must be there. */
static const char *policy_path(const struct gather_options *options)
{
	if (options->no_policy)
		return NULL;
	if (options->policy != NULL)
		return options->policy;
	return policy_is_in_force(NULL) ? POLICY_IN_FORCE : NULL;
}

/* The first error; the others are for `lint` to show. */
bool policy_refused(const struct diagnostics *diagnostics, const char *path, struct error *err)
{
	const struct diagnostic *first = NULL;
	char column[16] = "", others[64 + PATH_MAX] = "";

	for (size_t i = 0; i < diagnostics->count && first == NULL; i++) {
		if (diagnostics->list[i].severity == SEVERITY_ERROR)
			first = &diagnostics->list[i];
	}
	if (first == NULL)
		return error_memory(err);
	if (first->place.line == 0)
		return error_set(err, "%s: %s", path, first->text);
	if (first->place.column > 0)
		snprintf(column, sizeof(column), ":%u", first->place.column);
	if (diagnostics->errors > 1)
		snprintf(others, sizeof(others),
			 " (the first of %zu errors; 'doorward lint %s' shows them all)", diagnostics->errors,
			 path);
	return error_set(err, "%s:%u%s: %s%s", first->place.file, first->place.line, column, first->text,
			 others);
}

static bool read_policy(struct gathered *g, const struct gather_options *options, struct error *err)
{
	const char *const path = policy_path(options);

	g->diagnostics = diagnostics_new(g->arena);
	if (g->diagnostics == NULL)
		return error_memory(err);
	if (path == NULL)
		return true;
	g->policy = policy_read(g->arena, path, host_names_lookup(g->arena, NULL), g->diagnostics);
	return g->policy != NULL || policy_refused(g->diagnostics, path, err);
}

static void show_progress(const struct gather_options *options, size_t doors)
{
	if (options->progress && isatty(STDERR_FILENO))
		fprintf(stderr, "knocking at %zu doors of this host ...", doors);
}

static void clear_progress(const struct gather_options *options)
{
	if (options->progress && isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}

static bool knock_at_doors(struct gathered *g, const struct gather_options *options, struct error *err)
{
	const int64_t begun = clock_monotonic_ms();
	bool done;

	g->knocked = audit_knock_plan(g->arena, &g->host, &g->knock_count);
	g->results = arena_array(g->arena, g->knock_count + 1, sizeof(*g->results));
	if (g->knocked == NULL || g->results == NULL)
		return error_memory(err);
	if (g->knock_count == 0)
		return true;
	show_progress(options, g->knock_count);
	done = knock(g->knocked, g->knock_count, NULL, g->results, err);
	clear_progress(options);
	g->knock_ms = clock_monotonic_ms() - begun;
	return done;
}

static bool run_audit(struct gathered *g, struct error *err)
{
	struct reachability *const reachability = reachability_new(g->arena, &g->host);
	const struct audit_input input = {
		.policy = g->policy,
		.host = &g->host,
		.around = &g->around,
		.reachability = reachability,
		.knocked = g->knocked,
		.results = g->results,
		.knock_count = g->knock_count,
	};

	if (reachability == NULL)
		return error_memory(err);
	g->reachability = reachability;
	g->audit = audit_run(g->arena, &input, err);
	return g->audit != NULL;
}

bool gather(struct gathered *gathered, const struct gather_options *options, struct error *err)
{
	const struct host_options host = { .passive_only = true,
					   .all_spaces = !options->here,
					   .details = true };

	*gathered = (struct gathered){ .arena = arena_new(GATHER_MEMORY) };
	if (gathered->arena == NULL)
		return error_memory(err);
	if (!read_policy(gathered, options, err) || !host_read(&gathered->host, &host, err))
		return false;
	gathered->around = surroundings_of(&gathered->host, gathered->arena);
	if (!options->no_knock && !knock_at_doors(gathered, options, err))
		return false;
	return run_audit(gathered, err);
}

void gathered_free(struct gathered *gathered)
{
	host_free(&gathered->host);
	arena_free(gathered->arena);
	*gathered = (struct gathered){ 0 };
}

int audit_status(const struct audit *audit)
{
	if (audit_counting(audit) > 0)
		return STATUS_FINDINGS;
	return audit->incomplete_count > 0 ? STATUS_INCOMPLETE : STATUS_AGREES;
}
