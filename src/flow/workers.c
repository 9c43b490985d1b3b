/* workers.c: rounds of frames, and the threads that read them. Two rounds take turns: one is filled by the
 * caller while the other is read by all workers at once. */
#include "flow/workers.h"
#include "base/openssl_calls.h"
#include "flow/log.h"
#include "flow/round.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

enum { TELL_BYTES = 64 << 10, SECOND = 1000000000 }; /* a lone worker's log is handed on in such pieces */

struct worker {
	struct workers *all;
	unsigned nth;
	struct engine *engine; /* owned */
	struct worker_log log;
	pthread_t thread;
	bool started;
	/* Under the lock. */
	bool reading; /* the round that was given to it */
	bool full;    /* it waits for room in its log */
};

struct workers {
	struct workers_options options;
	struct worker *list; /* owned: options.count of them */
	struct round rounds[2];
	unsigned filling; /* the round that the caller fills; the other is read */
	uint64_t frames;
	int64_t tick_ns; /* the last tick */
	bool ticking;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool ending;
};

/* ---- in the workers' threads ---- */

static void read_round(struct worker *worker, const struct round *round)
{
	const struct round_list *const list = &round->lists[worker->nth];
	size_t at = 0;

	for (size_t i = 0; i < round->tick_count; i++) {
		const struct tick *const tick = &round->ticks[i];

		at = round_read(worker->engine, list, at, tick->frame);
		worker->log.phase = LOG_TICK;
		engine_expire(worker->engine, tick->now_ns, tick->frame);
		worker->log.phase = LOG_FRAME;
	}
	(void)round_read(worker->engine, list, at, UINT64_MAX);
	if (round->finish) {
		worker->log.phase = LOG_FINISH;
		(void)engine_finish(worker->engine, UINT64_MAX);
		worker->log.phase = LOG_FRAME;
	}
}

static void *work(void *context)
{
	struct worker *const worker = context;
	struct workers *const all = worker->all;

	pthread_mutex_lock(&all->lock);
	for (;;) {
		while (!worker->reading && !all->ending)
			pthread_cond_wait(&all->changed, &all->lock);
		if (all->ending)
			break;
		pthread_mutex_unlock(&all->lock);
		read_round(worker, &all->rounds[!all->filling]);
		pthread_mutex_lock(&all->lock);
		worker->reading = false;
		pthread_cond_broadcast(&all->changed);
	}
	pthread_mutex_unlock(&all->lock);
	return NULL;
}

/* The log waits for the caller to read it. */
static void wait_for_room(struct worker_log *log)
{
	struct worker *const worker = log->context;
	struct workers *const all = worker->all;

	pthread_mutex_lock(&all->lock);
	worker->full = true;
	pthread_cond_broadcast(&all->changed);
	while (worker->full && !all->ending)
		pthread_cond_wait(&all->changed, &all->lock);
	if (all->ending)
		log_page_clear(log->page);
	pthread_mutex_unlock(&all->lock);
}

static void tell_at_once(struct worker_log *log)
{
	const struct worker *const worker = log->context;

	if (!log->page->bytes.failed && log->page->bytes.length > 0)
		worker->all->options.told(worker->all->options.context, buffer_read(&log->page->bytes));
	log_page_clear(log->page);
}

/* ---- in the caller's thread ---- */

/* Hands on what the pages hold, as far as nothing can come before it any more. */
static void merge(struct workers *all, unsigned nth_page, struct log_key most)
{
	struct log_page *pages[WORKERS_MOST];

	for (unsigned i = 0; i < all->options.count; i++)
		pages[i] = &all->list[i].log.pages[nth_page];
	log_merge(pages, all->options.count, most, all->options.told, all->options.context);
	for (unsigned i = 0; i < all->options.count; i++)
		if (pages[i]->next == pages[i]->count)
			log_page_clear(pages[i]);
}

/* All that read are at the end of the round, or wait for room: what is told up to the last entry of each that
 * waits is complete, and the one whose last entry comes first has room then. */
static void make_room(struct workers *all, unsigned nth_page)
{
	struct log_key most = { UINT64_MAX, UINT64_MAX };

	for (unsigned i = 0; i < all->options.count; i++) {
		const struct worker *const worker = &all->list[i];

		if (worker->full && log_compare(log_last(worker->log.page), most) < 0)
			most = log_last(worker->log.page);
	}
	merge(all, nth_page, most);
	for (unsigned i = 0; i < all->options.count; i++)
		if (all->list[i].log.page->count == 0)
			all->list[i].full = false;
}

/* Waits until all workers have read their round. */
static void wait_for_round(struct workers *all)
{
	pthread_mutex_lock(&all->lock);
	for (;;) {
		unsigned reading = 0, full = 0;

		for (unsigned i = 0; i < all->options.count; i++) {
			reading += all->list[i].reading;
			full += all->list[i].full;
		}
		if (reading == 0)
			break;
		if (reading == full) {
			make_room(all, !all->filling);
			pthread_cond_broadcast(&all->changed);
		} else {
			pthread_cond_wait(&all->changed, &all->lock);
		}
	}
	pthread_mutex_unlock(&all->lock);
}

/* The round that was filled is given to the workers, and what they told in the one before is handed on. */
static void turn(struct workers *all)
{
	const unsigned before = !all->filling;

	wait_for_round(all);
	pthread_mutex_lock(&all->lock);
	for (unsigned i = 0; i < all->options.count; i++) {
		all->list[i].log.page = &all->list[i].log.pages[all->filling];
		all->list[i].reading = true;
	}
	all->filling = before;
	pthread_cond_broadcast(&all->changed);
	pthread_mutex_unlock(&all->lock);
	merge(all, before, (struct log_key){ UINT64_MAX, UINT64_MAX });
	round_clear(&all->rounds[all->filling]);
}

/* Once in each second of the frames' time, before the first frame of it. */
static void tick(struct workers *all, int64_t now_ns)
{
	const int64_t second = now_ns - now_ns % SECOND;

	if (!all->ticking) {
		all->ticking = true;
		all->tick_ns = second;
	}
	if (second <= all->tick_ns)
		return;
	all->tick_ns = second;
	round_tick(&all->rounds[all->filling], all->frames, second);
}

static void read_alone(struct workers *all)
{
	read_round(&all->list[0], &all->rounds[all->filling]);
	round_clear(&all->rounds[all->filling]);
	if (all->list[0].log.page->bytes.length > TELL_BYTES)
		tell_at_once(&all->list[0].log);
}

void workers_read(struct workers *all, const struct frame *frames, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct frame *const frame = &frames[i];
		struct round *round = &all->rounds[all->filling];

		if (all->options.count > 1 && !round_has_room(round, frame)) {
			turn(all);
			round = &all->rounds[all->filling];
		}
		tick(all, frame->time_ns);
		if (all->options.count > 1)
			round_copy(round, frame, ++all->frames);
		else
			round_borrow(round, frame, ++all->frames);
	}
	if (all->options.count == 1)
		read_alone(all);
}

void workers_tick(struct workers *all, int64_t now_ns)
{
	tick(all, now_ns);
	if (all->options.count == 1)
		read_alone(all);
	else if (all->rounds[all->filling].tick_count > 0)
		turn(all);
}

static bool is_whole(const struct workers *all)
{
	for (unsigned i = 0; i < all->options.count; i++)
		for (unsigned page = 0; page < 2; page++)
			if (all->list[i].log.pages[page].failed)
				return false;
	return true;
}

bool workers_flush(struct workers *all)
{
	if (all->options.count == 1) {
		tell_at_once(&all->list[0].log);
	} else {
		turn(all);
		wait_for_round(all);
		merge(all, !all->filling, (struct log_key){ UINT64_MAX, UINT64_MAX });
	}
	return is_whole(all);
}

bool workers_finish(struct workers *all)
{
	struct round *const round = &all->rounds[all->filling];

	/* So that all ends are told at the last frame of all. */
	round_tick(round, all->frames, all->tick_ns);
	round->finish = true;
	if (all->options.count == 1)
		read_alone(all);
	return workers_flush(all);
}

struct engine_counts workers_counts(struct workers *all)
{
	struct engine_counts sum = { 0 };

	for (unsigned i = 0; i < all->options.count; i++)
		engine_counts_add(&sum, engine_counts(all->list[i].engine));
	return sum;
}

uint64_t workers_frames(const struct workers *all)
{
	return all->frames;
}

/* ---- beginning and end ---- */

static bool start_engine(struct worker *worker, const struct engine_options *options, struct error *err)
{
	const struct workers_options *const o = &worker->all->options;
	struct flow_listener listener = { 0 };

	log_init(&worker->log, o->count > 1, o->count > 1 ? wait_for_room : tell_at_once, worker);
	o->listen(o->context, worker->nth, &worker->log, &listener);
	worker->engine = engine_new(options, &listener, err);
	worker->log.engine = worker->engine;
	return worker->engine != NULL;
}

/* Signals are the caller's. */
static bool start_thread(struct worker *worker, struct error *err)
{
	sigset_t all_signals, before;
	int result;

	sigfillset(&all_signals);
	pthread_sigmask(SIG_SETMASK, &all_signals, &before);
	result = pthread_create(&worker->thread, NULL, work, worker);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	worker->started = result == 0;
	return worker->started || error_system(err, result, "cannot start a thread");
}

struct workers *workers_new(const struct workers_options *options, struct error *err)
{
	struct workers *const all = calloc(1, sizeof(*all));
	struct engine_options share = options->engine;
	bool good;

	if (all == NULL) {
		error_memory(err);
		return NULL;
	}
	all->options = *options;
	pthread_mutex_init(&all->lock, NULL);
	pthread_cond_init(&all->changed, NULL);
	all->list = calloc(options->count, sizeof(*all->list));
	good = all->list != NULL && round_init(&all->rounds[0], options->count) &&
	       round_init(&all->rounds[1], options->count);
	if (!good)
		error_memory(err);
	if (options->count > 1)
		(void)openssl_load(NULL); /* by one thread; who needs it will find it missing */
	share.limits.memory /= options->count;
	for (unsigned i = 0; i < options->count && good; i++) {
		all->list[i].all = all;
		all->list[i].nth = i;
		good = start_engine(&all->list[i], &share, err) &&
		       (options->count == 1 || start_thread(&all->list[i], err));
	}
	if (good)
		return all;
	workers_free(all);
	return NULL;
}

static void end_worker(struct worker *worker)
{
	if (worker->started)
		(void)pthread_join(worker->thread, NULL);
	engine_free(worker->engine);
	log_free(&worker->log);
}

void workers_free(struct workers *all)
{
	if (all == NULL)
		return;
	pthread_mutex_lock(&all->lock);
	all->ending = true;
	pthread_cond_broadcast(&all->changed);
	pthread_mutex_unlock(&all->lock);
	for (unsigned i = 0; all->list != NULL && i < all->options.count; i++)
		end_worker(&all->list[i]);
	free(all->list);
	round_free(&all->rounds[0]);
	round_free(&all->rounds[1]);
	pthread_cond_destroy(&all->changed);
	pthread_mutex_destroy(&all->lock);
	free(all);
}
