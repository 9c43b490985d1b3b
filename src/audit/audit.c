#include "audit/rooms.h"

#include <stdlib.h>

static void add_incomplete(struct work *work, const char *text)
{
	work->audit->incomplete[work->audit->incomplete_count++] = text;
}

static size_t knocks_with(const struct audit_input *input, enum knock_outcome outcome)
{
	size_t count = 0;

	for (size_t i = 0; i < input->knock_count; i++)
		count += knock_result_nth(input, i)->outcome == outcome;
	return count;
}

/* What the views could not show: said once, in words, so that nobody takes silence for an answer. */
static void tell_incomplete(struct work *work)
{
	const struct host *const host = work->input->host;
	const size_t unfinished = knocks_with(work->input, KNOCK_UNFINISHED);
	const size_t unreached = knocks_with(work->input, KNOCK_UNREACHED);

	work->audit->incomplete = arena_array(work->arena, host->unseen_count + 2, sizeof(char *));
	if (work->audit->incomplete == NULL) {
		work->no_memory = true;
		return;
	}
	for (size_t i = 0; i < host->unseen_count; i++)
		add_incomplete(work, host->unseen[i]);
	if (unfinished > 0)
		add_incomplete(
			work,
			keep(work, arena_format(work->arena,
						"what is spoken at %zu door%s: the time for knocking was up",
						unfinished, unfinished == 1 ? "" : "s")));
	if (unreached > 0)
		add_incomplete(
			work,
			keep(work, arena_format(work->arena,
						"what is spoken at %zu door%s: no connection could be made",
						unreached, unreached == 1 ? "" : "s")));
}

static void find_all(struct work *work)
{
	find_spoken(work);
	if (work->decider != NULL) {
		find_undocumented(work);
		find_wider(work);
		find_wrong_process(work);
		find_in_rules(work);
		find_accepted(work);
	}
	findings_sort(work);
}

/* What the rules lack by themselves is `check`'s to say, who sees all of the host. */
static void find_from_outside(struct work *work)
{
	find_spoken(work);
	if (work->decider != NULL) {
		find_undocumented(work);
		find_answered(work);
		accept_findings(work);
	} else {
		find_reachable(work);
	}
	findings_sort(work);
}

struct audit *audit_run(struct arena *arena, const struct audit_input *input, struct error *err)
{
	struct audit *const audit = arena_alloc(arena, sizeof(*audit));
	struct work work = { .audit = audit, .input = input, .arena = arena };

	if (audit == NULL) {
		error_memory(err);
		return NULL;
	}
	*audit = (struct audit){ .arena = arena, .policy = input->policy, .host = input->host };
	if (input->policy != NULL) {
		work.decider = decider_new(input->policy, input->around, err);
		if (work.decider == NULL)
			return NULL;
	}
	doors_collect(&work);
	if (!work.no_memory)
		documented_judge(&work);
	if (!work.no_memory && input->outside != NULL)
		find_from_outside(&work);
	else if (!work.no_memory)
		find_all(&work);
	if (!work.no_memory)
		tell_incomplete(&work);
	decider_free(work.decider);
	if (work.no_memory) {
		error_memory(err);
		return NULL;
	}
	return audit;
}
