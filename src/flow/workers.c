/* workers.c: one engine that is given frames at once, or a crew that is given rounds of them. */
#include "flow/workers.h"
#include "flow/crew.h"
#include "flow/ticker.h"

#include <stdlib.h>

enum {
	TELL_BYTES = 64 << 10,  /* a lone worker's log is handed on in such pieces */
	LEAST_MEMORY = 4 << 20, /* of an engine */
};

struct workers {
	struct workers_options options;
	struct share *alone; /* owned; with one worker */
	struct late late;    /* the same */
	struct crew *crew;   /* owned; with several */
	struct ticker ticker;
	uint64_t frames;
};

unsigned workers_engines(const struct workers_options *options)
{
	const size_t memory = options->engine.limits.memory;
	const size_t fit = (memory > 0 ? memory : FLOW_MEMORY) / LEAST_MEMORY;
	size_t count = (size_t)options->count * 3 / 2; /* more would be spread better, and cost more */

	if (options->count == 1)
		return 1;
	if (count > WORKERS_MOST)
		count = WORKERS_MOST;
	return (unsigned)(fit == 0 ? 1 : fit < count ? fit : count);
}

/* ---- alone ---- */

static void tell_alone(struct workers *all)
{
	struct log_page *const page = all->alone->log.page;

	if (!page->bytes.failed && page->bytes.length > 0)
		all->options.told(all->options.context, buffer_read(&page->bytes));
	log_page_clear(page);
}

static void tell_if_full(struct workers *all)
{
	if (log_page_is_full(all->alone->log.page))
		tell_alone(all);
}

static void expire_alone(struct workers *all)
{
	const struct tick tick = { .frame = all->frames, .now_ns = all->ticker.now_ns };

	while (share_expire(all->alone, &tick))
		tell_if_full(all);
}

static void read_alone(struct workers *all, const struct frame *frames, size_t count)
{
	uint64_t numbers[CAPTURE_BATCH];
	size_t from = 0;

	for (size_t i = 0; i < count; i++) {
		if (ticker_sees(&all->ticker, frames[i].time_ns)) {
			engine_read(all->alone->engine, frames + from, numbers + from, i - from);
			from = i;
			expire_alone(all);
		}
		numbers[i] = ++all->frames;
	}
	engine_read(all->alone->engine, frames + from, numbers + from, count - from);
	tell_if_full(all);
}

static void finish_alone(struct workers *all)
{
	expire_alone(all);
	all->alone->log.none_announced = elsewhere_is_empty(all->late.meeting.elsewhere);
	while (share_finish(all->alone))
		tell_if_full(all);
}

/* ---- together ---- */

static void read_together(struct workers *all, const struct frame *frames, size_t count)
{
	for (size_t i = 0; i < count; i++)
		__builtin_prefetch(frames[i].bytes + 16); /* addresses stand thereabouts */
	for (size_t i = 0; i < count; i++) {
		struct round *round = crew_round(all->crew);

		if (!round_has_room(round, &frames[i])) {
			crew_turn(all->crew, all->frames);
			round = crew_round(all->crew);
		}
		if (ticker_sees(&all->ticker, frames[i].time_ns))
			round_tick(round, all->frames, all->ticker.now_ns);
		round_add(round, &frames[i]);
		all->frames++;
	}
}

static void turn_and_wait(struct workers *all)
{
	if (!round_is_empty(crew_round(all->crew)))
		crew_turn(all->crew, all->frames);
	crew_wait(all->crew);
}

static void finish_together(struct workers *all)
{
	/* So that all ends are told at the last frame of all. */
	round_tick(crew_round(all->crew), all->frames, all->ticker.now_ns);
	turn_and_wait(all);
	crew_finish(all->crew);
}

/* ---- both ---- */

void workers_read(struct workers *all, const struct frame *frames, size_t count)
{
	if (all->alone != NULL)
		read_alone(all, frames, count);
	else
		read_together(all, frames, count);
}

uint64_t workers_read_up_to(const struct workers *all)
{
	return all->alone != NULL ? all->frames : crew_read(all->crew);
}

void workers_tick(struct workers *all, int64_t now_ns)
{
	if (!ticker_sees(&all->ticker, now_ns))
		return;
	if (all->alone != NULL) {
		expire_alone(all);
		tell_if_full(all);
	} else {
		round_tick(crew_round(all->crew), all->frames, all->ticker.now_ns);
		crew_turn(all->crew, all->frames);
	}
}

bool workers_flush(struct workers *all)
{
	if (all->alone != NULL) {
		tell_alone(all);
		return share_is_whole(all->alone);
	}
	turn_and_wait(all);
	return crew_is_whole(all->crew);
}

bool workers_finish(struct workers *all)
{
	if (all->alone != NULL)
		finish_alone(all);
	else
		finish_together(all);
	return workers_flush(all);
}

struct engine_counts workers_counts(struct workers *all)
{
	struct engine_counts counts;

	if (all->alone == NULL)
		return crew_counts(all->crew);
	counts = *engine_counts(all->alone->engine);
	counts.expected += elsewhere_met(all->late.meeting.elsewhere);
	return counts;
}

struct memory *workers_memory(struct workers *all)
{
	return all->alone != NULL ? all->late.meeting.memory : crew_memory(all->crew);
}

uint64_t workers_frames(const struct workers *all)
{
	return all->frames;
}

static bool make_alone(struct workers *all, struct error *err)
{
	all->alone = share_new(&all->options, &all->options.engine, 0, TELL_BYTES, err);
	if (all->alone == NULL)
		return false;
	if (!late_init(&all->late, &all->options, all->alone->log.page))
		return error_memory(err);
	all->alone->log.meeting = &all->late.meeting;
	return true;
}

struct workers *workers_new(const struct workers_options *options, struct error *err)
{
	struct workers *const all = calloc(1, sizeof(*all));

	if (all == NULL) {
		error_memory(err);
		return NULL;
	}
	all->options = *options;
	if (options->engine.limits.memory == 0)
		all->options.engine.limits.memory = FLOW_MEMORY;
	if (options->count == 1 ? make_alone(all, err) : (all->crew = crew_new(&all->options, err)) != NULL)
		return all;
	workers_free(all);
	return NULL;
}

void workers_free(struct workers *all)
{
	if (all == NULL)
		return;
	share_free(all->alone);
	late_free(&all->late);
	crew_free(all->crew);
	free(all);
}
