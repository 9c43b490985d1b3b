#include "flow/share.h"

#include <stdlib.h>

enum {
	PIECE = 256,   /* frames that are read between two looks */
	PORTION = 128, /* flows that end between two looks at how full the page is */
	TURN = 16,     /* portions at the end of the input, after which another engine may be more behind */
};

struct share *share_new(const struct workers_options *options, const struct engine_options *engine,
			unsigned nth, size_t page_limit, struct error *err)
{
	struct share *const share = calloc(1, sizeof(*share));
	struct flow_listener listener = { 0 };

	if (share == NULL) {
		error_memory(err);
		return NULL;
	}
	for (size_t i = 0; i < ROUNDS; i++)
		share->pages[i] = log_page_new(page_limit);
	share->log.page = &share->pages[0];
	share->log.keyed = options->count > 1;
	options->listen(options->context, nth, &share->log, &listener);
	share->engine = engine_new(engine, &listener, err);
	share->log.engine = share->engine;
	if (share->engine != NULL)
		return share;
	share_free(share);
	return NULL;
}

void share_free(struct share *share)
{
	if (share == NULL)
		return;
	engine_free(share->engine);
	for (size_t i = 0; i < ROUNDS; i++)
		log_page_free(&share->pages[i]);
	free(share);
}

bool late_init(struct late *late, const struct workers_options *options, struct log_page *page)
{
	struct flow_listener listener = { 0 };

	late->page = log_page_new(SIZE_MAX / 2);
	late->log = (struct worker_log){ .page = page != NULL ? page : &late->page,
					 .meeting = &late->meeting,
					 .late = true };
	options->listen(options->context, workers_engines(options), &late->log, &listener);
	return meeting_init(&late->meeting, options, &listener);
}

void late_free(struct late *late)
{
	log_page_free(&late->page);
	meeting_free(&late->meeting);
}

bool share_expire(struct share *share, const struct tick *tick)
{
	bool more;

	share->log.phase = LOG_TICK;
	more = engine_expire(share->engine, tick->now_ns, tick->frame, PORTION);
	share->log.phase = LOG_FRAME;
	return more;
}

bool share_finish(struct share *share)
{
	bool more;

	share->log.phase = LOG_FINISH;
	more = engine_finish(share->engine, PORTION);
	share->log.phase = LOG_FRAME;
	return more;
}

/* Up to this number. False if the page is full. */
static bool read_frames(struct share *share, const struct round_list *list, uint64_t last_number)
{
	while (share->at < list->count && list->numbers[share->at] <= last_number) {
		const size_t at = share->at;
		size_t end = at + 1;

		while (end < list->count && end < at + PIECE && list->numbers[end] <= last_number)
			end++;
		engine_read(share->engine, list->frames + at, list->numbers + at, end - at);
		share->at = end;
		if (log_page_is_full(share->log.page))
			return false;
	}
	return true;
}

static bool expire_all(struct share *share, struct tick *tick)
{
	if (!share->counted)
		atomic_fetch_add_explicit(&tick->live, engine_counts(share->engine)->flows.live,
					  memory_order_relaxed);
	share->counted = true;
	while (share_expire(share, tick))
		if (log_page_is_full(share->log.page))
			return false;
	share->counted = false;
	return true;
}

/* Its flows that end with the input: in turns, so that all who read have some until the last. */
static enum share_result finish_some(struct share *share)
{
	do {
		if (!share_finish(share)) {
			share->portions = 0;
			return SHARE_DONE;
		}
		if (log_page_is_full(share->log.page))
			return SHARE_FULL;
	} while (++share->portions % TURN != 0);
	return SHARE_MORE;
}

enum share_result share_read(struct share *share, unsigned nth, struct round *round)
{
	const struct round_list *const list = &round->lists[nth];
	enum share_result result = SHARE_DONE;

	for (; share->tick < round->tick_count; share->tick++) {
		struct tick *const tick = &round->ticks[share->tick];

		if (!read_frames(share, list, tick->frame) || !expire_all(share, tick))
			return SHARE_FULL;
	}
	if (!read_frames(share, list, UINT64_MAX))
		return SHARE_FULL;
	if (round->finish)
		result = finish_some(share);
	if (result == SHARE_DONE)
		share->at = share->tick = 0;
	return result;
}

bool share_is_whole(const struct share *share)
{
	for (size_t i = 0; i < ROUNDS; i++)
		if (share->pages[i].failed || share->pages[i].bytes.failed)
			return false;
	return true;
}
