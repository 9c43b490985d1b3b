#include "scan/engine.h"

#include "base/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

enum { EVENTS = 256, FILES_LEFT = 32 };

/* ---- wishes ---- */

static bool push(struct wishes *wishes, const struct wish *wish)
{
	if (wishes->count == wishes->capacity) {
		const size_t capacity = wishes->capacity > 0 ? 2 * wishes->capacity : 256;
		struct wish *const list = realloc(wishes->list, capacity * sizeof(*list));

		if (list == NULL)
			return false;
		wishes->list = list;
		wishes->capacity = capacity;
	}
	wishes->list[wishes->count++] = *wish;
	return true;
}

static bool pop(struct wishes *wishes, struct wish *ret_wish)
{
	if (wishes->first == wishes->count) {
		wishes->first = wishes->count = 0;
		return false;
	}
	*ret_wish = wishes->list[wishes->first++];
	return true;
}

/* Who is known is asked first, so that as many doors as possible get a whole answer. */
bool engine_wish(struct engine *engine, const struct wish *wish)
{
	const bool known = wish->purpose == TO_ASK || wish->purpose == TO_SETTLE;

	return push(known ? &engine->urgent : &engine->usual, wish);
}

static bool next_wish(struct engine *engine, struct wish *ret_wish)
{
	while (pop(&engine->urgent, ret_wish) || pop(&engine->usual, ret_wish))
		if (door_wants(ret_wish))
			return true;
	return false;
}

static void begin_wishes(struct engine *engine)
{
	struct wish wish;
	int error;

	while (engine->live_count < engine->limits.at_once && next_wish(engine, &wish)) {
		struct conversation *const c = conversation_begin(engine, &wish, &error);

		if (c != NULL) {
			engine->live[engine->live_count++] = c;
			if (wish.door != NULL && c->stage == STAGE_TALKING)
				door_ready(c);
			continue;
		}
		if ((error == EMFILE || error == ENFILE) && engine->live_count > 0) {
			engine->limits.at_once = (unsigned)engine->live_count;
			if (push(&engine->urgent, &wish))
				return;
		}
		door_failed(&wish, error);
	}
}

/* ---- events and alarms ---- */

void engine_watch(struct engine *engine, struct conversation *c, bool write)
{
	struct epoll_event event = { .events = EPOLLIN | (write ? EPOLLOUT : 0u), .data.ptr = c };

	if (epoll_ctl(engine->epoll, EPOLL_CTL_MOD, c->fd, &event) != 0)
		(void)epoll_ctl(engine->epoll, EPOLL_CTL_ADD, c->fd, &event);
}

void engine_drop(struct engine *engine, const struct door *door, const struct conversation *keep)
{
	for (size_t i = 0; i < engine->live_count; i++) {
		struct conversation *const c = engine->live[i];

		if (c->wish.door == door && c != keep && c->wish.purpose != TO_TRY_OLD)
			c->over = true;
	}
}

static void remove_over(struct engine *engine)
{
	size_t kept = 0;

	for (size_t i = 0; i < engine->live_count; i++) {
		struct conversation *const c = engine->live[i];

		if (c->over)
			conversation_free(c);
		else
			engine->live[kept++] = c;
	}
	engine->live_count = kept;
}

static int time_to_wait(const struct engine *engine, int64_t now)
{
	int64_t next = engine->end;

	for (size_t i = 0; i < engine->live_count; i++)
		if (engine->live[i]->alarm < next)
			next = engine->live[i]->alarm;
	return next > now ? (int)(next - now) : 0;
}

static void ring_alarms(struct engine *engine, int64_t now)
{
	for (size_t i = 0; i < engine->live_count; i++) {
		struct conversation *const c = engine->live[i];

		if (c->over || c->alarm > now)
			continue;
		c->alarm = INT64_MAX;
		door_quiet(c);
	}
}

/* Who is being asked when the time is up has told a part. */
static void hear_the_last(struct engine *engine)
{
	for (size_t i = 0; i < engine->live_count; i++)
		if (!engine->live[i]->over && engine->live[i]->wish.purpose == TO_ASK)
			door_quiet(engine->live[i]);
}

void engine_run(struct engine *engine)
{
	for (;;) {
		struct epoll_event events[EVENTS];
		int64_t now;
		int count;

		begin_wishes(engine);
		remove_over(engine);
		now = clock_monotonic_ms();
		if (now >= engine->end || engine->live_count == 0)
			break;
		count = epoll_wait(engine->epoll, events, EVENTS, time_to_wait(engine, now));
		for (int i = 0; i < count; i++) {
			struct conversation *const c = events[i].data.ptr;

			if (!c->over)
				conversation_event(c, events[i].events);
		}
		ring_alarms(engine, clock_monotonic_ms());
		remove_over(engine);
	}
	hear_the_last(engine);
}

/* How many files may be open at one time. The soft limit, which is 1,024 by custom for the sake of select(),
 * is raised as far as is wanted and the hard one lets: nothing here asks select(). */
static rlim_t files_most(rlim_t wanted)
{
	struct rlimit limit;
	rlim_t before;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 0;
	before = limit.rlim_cur;
	if (before >= wanted)
		return before;
	limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
	return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : before;
}

/* Some files stay for the rest of the program. */
static unsigned files_allowed(unsigned wanted)
{
	const rlim_t most = files_most((rlim_t)wanted + FILES_LEFT);
	const rlim_t room = most > 2 * FILES_LEFT ? most - FILES_LEFT : most / 2 + 1;

	return room < wanted ? (unsigned)room : wanted;
}

bool engine_open(struct engine *engine, struct error *err)
{
	engine->limits.at_once = files_allowed(engine->limits.at_once);
	engine->live = calloc(engine->limits.at_once, sizeof(struct conversation *));
	engine->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (!openssl_load(err))
		return false;
	engine->tls = tls_client_settings();
	if (engine->epoll < 0)
		return error_system(err, errno, "cannot wait for answers: epoll");
	return (engine->live != NULL && engine->tls != NULL) || error_memory(err);
}

void engine_close(struct engine *engine)
{
	for (size_t i = 0; i < engine->live_count; i++)
		conversation_free(engine->live[i]);
	if (engine->epoll >= 0)
		(void)close(engine->epoll);
	if (engine->tls != NULL)
		SSL_CTX_free(engine->tls);
	free(engine->live);
	free(engine->urgent.list);
	free(engine->usual.list);
}
