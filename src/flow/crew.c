#include "flow/crew.h"
#include "base/openssl_calls.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

enum {
	LOG_BYTES = 16 << 20, /* that the pages of all may hold */
};

/* A thread beside the caller's. */
struct hand {
	struct crew *crew;
	unsigned nth; /* the caller is the first */
	pthread_t thread;
	bool started;
};

struct crew {
	const struct workers_options *options;
	struct share *shares[WORKERS_MOST]; /* owned */
	struct late late;
	unsigned share_count;
	struct hand hands[WORKERS_MOST];
	struct round rounds[ROUNDS]; /* round n has place n % ROUNDS */
	/* Of the caller. */
	uint64_t oldest;  /* round that is not read and told */
	size_t most_live; /* flows at once */
	/* Under the lock. */
	uint64_t filling;      /* round; all from the oldest up to it are there to be read */
	unsigned left[ROUNDS]; /* engines that have not read it yet */
	unsigned idle;         /* hands that wait */
	bool waiting;          /* the caller does */
	bool ending;
	pthread_mutex_t lock;
	pthread_cond_t work, progress;
};

static struct round *round_of(struct crew *crew, uint64_t round)
{
	return &crew->rounds[round % ROUNDS];
}

static struct log_page *page_of(struct share *share, uint64_t round)
{
	return &share->pages[round % ROUNDS];
}

/* ---- who reads what; under the lock ---- */

static bool is_behind(const struct share *share, const struct share *other)
{
	return share->round != other->round ? share->round < other->round : share->portions < other->portions;
}

/* The engine that is most behind, among some of them, and that can be read for; share_count without. */
static unsigned most_behind(const struct crew *crew, unsigned from, unsigned to)
{
	const struct share *behind = NULL;
	unsigned found = crew->share_count;

	for (unsigned i = from; i < to; i++) {
		const struct share *const share = crew->shares[i];

		if (share->reading || share->full || share->round == crew->filling ||
		    (behind != NULL && !is_behind(share, behind)))
			continue;
		found = i;
		behind = share;
	}
	return found;
}

/* Those that are one's own come first: what they touch is at hand. */
static unsigned choose(const struct crew *crew, unsigned hand)
{
	const unsigned count = crew->share_count, hands = crew->options->count;
	const unsigned own = most_behind(crew, hand * count / hands, (hand + 1) * count / hands);

	return own < count ? own : most_behind(crew, 0, count);
}

/* All engines have read the oldest round, or wait with a full page: the caller's turn. */
static bool is_blocked(const struct crew *crew)
{
	for (unsigned i = 0; i < crew->share_count; i++)
		if (crew->shares[i]->round == crew->oldest && !crew->shares[i]->full)
			return false;
	return true;
}

/* Reads for an engine, unlocked meanwhile. */
static void read_for(struct crew *crew, unsigned nth)
{
	struct share *const share = crew->shares[nth];
	const uint64_t round = share->round;
	enum share_result result;

	share->reading = true;
	pthread_mutex_unlock(&crew->lock);
	share->log.page = page_of(share, round);
	result = share_read(share, nth, round_of(crew, round));
	pthread_mutex_lock(&crew->lock);
	share->reading = false;
	share->full = result == SHARE_FULL;
	if (result == SHARE_DONE) {
		share->round++;
		crew->left[round % ROUNDS]--;
	}
	if (crew->waiting && is_blocked(crew))
		pthread_cond_signal(&crew->progress);
}

static void *work(void *context)
{
	const struct hand *const hand = context;
	struct crew *const crew = hand->crew;

	pthread_mutex_lock(&crew->lock);
	while (!crew->ending) {
		const unsigned nth = choose(crew, hand->nth);

		if (nth < crew->share_count) {
			read_for(crew, nth);
			continue;
		}
		crew->idle++;
		pthread_cond_wait(&crew->work, &crew->lock);
		crew->idle--;
	}
	pthread_mutex_unlock(&crew->lock);
	return NULL;
}

static void call_idle(struct crew *crew)
{
	if (crew->idle > 0)
		pthread_cond_broadcast(&crew->work);
}

/* ---- what was told; in the caller's thread ---- */

/* Hands on what was told in the oldest round, as far as nothing can come before it any more. */
static void merge(struct crew *crew, struct log_key most)
{
	const struct log_reader reader = { .told = crew->options->told,
					   .context = crew->options->context,
					   .meeting = &crew->late.meeting,
					   .late = &crew->late.page };
	struct log_page *pages[WORKERS_MOST];

	for (unsigned i = 0; i < crew->share_count; i++)
		pages[i] = page_of(crew->shares[i], crew->oldest);
	log_merge(pages, crew->share_count, most, &reader);
	for (unsigned i = 0; i < crew->share_count; i++)
		if (pages[i]->next == pages[i]->count)
			log_page_clear(pages[i]);
}

/* What is told up to the last entry of each that waits is complete, and the one whose last entry comes first
 * has room then. Nobody touches these pages meanwhile. */
static void make_room(struct crew *crew)
{
	struct log_key most = { UINT64_MAX, UINT64_MAX };

	for (unsigned i = 0; i < crew->share_count; i++) {
		const struct share *const share = crew->shares[i];
		const struct log_key last = log_last(page_of(crew->shares[i], crew->oldest));

		if (share->round == crew->oldest && log_compare(last, most) < 0)
			most = last;
	}
	pthread_mutex_unlock(&crew->lock);
	merge(crew, most);
	pthread_mutex_lock(&crew->lock);
	for (unsigned i = 0; i < crew->share_count; i++)
		if (crew->shares[i]->round == crew->oldest &&
		    page_of(crew->shares[i], crew->oldest)->count == 0)
			crew->shares[i]->full = false;
	call_idle(crew);
}

/* One step towards the end of the oldest round. */
static void help(struct crew *crew)
{
	unsigned nth;

	if (is_blocked(crew)) {
		make_room(crew);
		return;
	}
	nth = choose(crew, 0);
	if (nth < crew->share_count) {
		read_for(crew, nth);
		call_idle(crew);
		return;
	}
	crew->waiting = true;
	pthread_cond_wait(&crew->progress, &crew->lock);
	crew->waiting = false;
}

/* Between two ticks flows only come, or take the place of others: there were most of them before one. */
static void note_most_live(struct crew *crew, const struct round *round)
{
	for (size_t i = 0; i < round->tick_count; i++)
		if (round->ticks[i].live > crew->most_live)
			crew->most_live = round->ticks[i].live;
}

/* Until all rounds before this one are read and handed on. */
static void wait_until(struct crew *crew, uint64_t round)
{
	pthread_mutex_lock(&crew->lock);
	while (crew->oldest < round) {
		if (crew->left[crew->oldest % ROUNDS] > 0) {
			help(crew);
			continue;
		}
		pthread_mutex_unlock(&crew->lock);
		merge(crew, (struct log_key){ UINT64_MAX, UINT64_MAX });
		note_most_live(crew, round_of(crew, crew->oldest));
		pthread_mutex_lock(&crew->lock);
		crew->oldest++;
	}
	pthread_mutex_unlock(&crew->lock);
}

struct round *crew_round(struct crew *crew)
{
	return round_of(crew, crew->filling);
}

void crew_turn(struct crew *crew, uint64_t before)
{
	pthread_mutex_lock(&crew->lock);
	crew->left[crew->filling % ROUNDS] = crew->share_count;
	crew->filling++;
	call_idle(crew);
	pthread_mutex_unlock(&crew->lock);
	if (crew->filling >= ROUNDS)
		wait_until(crew, crew->filling - ROUNDS + 1);
	round_clear(crew_round(crew), before);
}

void crew_wait(struct crew *crew)
{
	wait_until(crew, crew->filling);
}

/* Ends are told by those who read, side by side, unless some may have to wait for a parent. */
void crew_finish(struct crew *crew)
{
	for (unsigned i = 0; i < crew->share_count; i++)
		crew->shares[i]->log.none_announced = elsewhere_is_empty(crew->late.meeting.elsewhere);
	crew_round(crew)->finish = true;
}

uint64_t crew_read(const struct crew *crew)
{
	return crew->rounds[crew->oldest % ROUNDS].before;
}

struct engine_counts crew_counts(struct crew *crew)
{
	struct engine_counts sum = { 0 };

	for (unsigned i = 0; i < crew->share_count; i++)
		engine_counts_add(&sum, engine_counts(crew->shares[i]->engine));
	sum.expected += elsewhere_met(crew->late.meeting.elsewhere);
	sum.flows.most_live = crew->most_live > sum.flows.live ? crew->most_live : sum.flows.live;
	return sum;
}

struct memory *crew_memory(struct crew *crew)
{
	return crew->late.meeting.memory;
}

bool crew_is_whole(const struct crew *crew)
{
	for (unsigned i = 0; i < crew->share_count; i++)
		if (!share_is_whole(crew->shares[i]))
			return false;
	return !crew->late.page.failed;
}

/* ---- beginning and end ---- */

/* Signals are the caller's. */
static bool start_hand(struct crew *crew, unsigned nth, struct error *err)
{
	struct hand *const hand = &crew->hands[nth];
	sigset_t all_signals, before;
	int result;

	*hand = (struct hand){ .crew = crew, .nth = nth };
	sigfillset(&all_signals);
	pthread_sigmask(SIG_SETMASK, &all_signals, &before);
	result = pthread_create(&hand->thread, NULL, work, hand);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	hand->started = result == 0;
	return hand->started || error_system(err, result, "cannot start a thread");
}

static bool make_shares(struct crew *crew, struct error *err)
{
	struct engine_options options = crew->options->engine;
	const unsigned count = workers_engines(crew->options);

	options.limits.memory /= count;
	options.handed = true;
	for (; crew->share_count < count; crew->share_count++) {
		struct share *const share = share_new(crew->options, &options, crew->share_count,
						      LOG_BYTES / ROUNDS / count, err);

		if (share == NULL)
			return false;
		crew->shares[crew->share_count] = share;
	}
	return true;
}

static bool make_late(struct crew *crew, struct error *err)
{
	return late_init(&crew->late, crew->options, NULL) || error_memory(err);
}

static bool make_rounds(struct crew *crew, struct error *err)
{
	for (size_t i = 0; i < ROUNDS; i++)
		if (!round_init(&crew->rounds[i], crew->share_count, crew->options->copies))
			return error_memory(err);
	return true;
}

struct crew *crew_new(const struct workers_options *options, struct error *err)
{
	struct crew *const crew = calloc(1, sizeof(*crew));
	bool good;

	if (crew == NULL) {
		error_memory(err);
		return NULL;
	}
	crew->options = options;
	pthread_mutex_init(&crew->lock, NULL);
	pthread_cond_init(&crew->work, NULL);
	pthread_cond_init(&crew->progress, NULL);
	(void)openssl_load(NULL); /* by one thread; who needs it will find it missing */
	good = make_shares(crew, err) && make_late(crew, err) && make_rounds(crew, err);
	for (unsigned i = 1; i < options->count && good; i++)
		good = start_hand(crew, i, err);
	if (good)
		return crew;
	crew_free(crew);
	return NULL;
}

void crew_free(struct crew *crew)
{
	if (crew == NULL)
		return;
	pthread_mutex_lock(&crew->lock);
	crew->ending = true;
	pthread_cond_broadcast(&crew->work);
	pthread_mutex_unlock(&crew->lock);
	for (unsigned i = 0; i < WORKERS_MOST; i++)
		if (crew->hands[i].started)
			(void)pthread_join(crew->hands[i].thread, NULL);
	for (unsigned i = 0; i < crew->share_count; i++)
		share_free(crew->shares[i]);
	late_free(&crew->late);
	for (size_t i = 0; i < ROUNDS; i++)
		round_free(&crew->rounds[i]);
	pthread_cond_destroy(&crew->work);
	pthread_cond_destroy(&crew->progress);
	pthread_mutex_destroy(&crew->lock);
	free(crew);
}
