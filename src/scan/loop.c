#include "scan/door.h"

#include "base/clock.h"
#include "base/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
	EVENTS = 256,
	LOOKS_AT_ONCE = 16, /* as much as may have come while nobody looked */
	FILES_LEFT = 32,
	AWAY_MS = 25, /* between two looks; beyond it the program was held up, and nobody's time goes by */
};

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

/* Those that nobody wants any more are let go. */
static bool next_wish(struct engine *engine, struct wish *ret_wish)
{
	while (pop(&engine->urgent, ret_wish) || pop(&engine->usual, ret_wish)) {
		if (door_wants(ret_wish))
			return true;
		door_let_go(ret_wish->door);
	}
	return false;
}

size_t engine_host(const struct knock_door *door)
{
	return hash_bytes(door->address.bytes, sizeof(door->address.bytes)) % HOST_SLOTS;
}

static struct host_share *host_of(struct engine *engine, const struct wish *wish)
{
	return &engine->hosts[engine_host(door_where(wish->door))];
}

/* What waited for a host is wished for anew, in its order. */
static void take_up_held(struct engine *engine)
{
	struct wish wish;

	if (!engine->some_ended)
		return;
	engine->some_ended = false;
	while (pop(&engine->held, &wish)) {
		if (!engine_wish(engine, &wish)) {
			door_failed(&wish, ENOMEM);
			door_let_go(wish.door);
		}
	}
}

/* False where its host has no place for it now, and it waits. */
static bool has_place(struct engine *engine, const struct wish *wish)
{
	return host_of(engine, wish)->conversations < engine->limits.per_host || !push(&engine->held, wish);
}

static void add_live(struct engine *engine, struct conversation *c)
{
	struct door *const door = c->wish.door;

	alarms_add(&engine->live, c);
	host_of(engine, &c->wish)->conversations++;
	c->next = door->conversations;
	if (c->next != NULL)
		c->next->previous = c;
	door->conversations = c;
	if (c->stage == STAGE_TALKING)
		door_ready(c);
	else if (c->stage == STAGE_RESTING)
		door_rest(c);
}

static void begin_wishes(struct engine *engine)
{
	struct wish wish;
	int error;

	take_up_held(engine);
	while (engine->live.count < engine->limits.at_once && next_wish(engine, &wish)) {
		struct conversation *c;

		if (!has_place(engine, &wish))
			continue;
		c = conversation_begin(engine, &wish, &error);
		if (c == NULL && door_turns_away(&wish, error))
			c = conversation_resting(engine, &wish);
		if (c != NULL) {
			add_live(engine, c);
			continue;
		}
		if ((error == EMFILE || error == ENFILE) && engine->live.count > 0) {
			engine->limits.at_once = (unsigned)engine->live.count;
			if (push(&engine->urgent, &wish))
				return;
		}
		door_failed(&wish, error);
		door_let_go(wish.door);
	}
}

/* ---- events and alarms ---- */

void engine_watch(struct engine *engine, struct conversation *c, bool write)
{
	struct epoll_event event = { .events = EPOLLIN | (write ? EPOLLOUT : 0u), .data.ptr = c };

	if (epoll_ctl(engine->epoll, EPOLL_CTL_MOD, c->fd, &event) != 0)
		(void)epoll_ctl(engine->epoll, EPOLL_CTL_ADD, c->fd, &event);
}

void engine_alarm(struct conversation *c, int64_t when)
{
	c->alarm = when;
	alarms_move(&c->engine->live, c);
}

void engine_end(struct conversation *c)
{
	if (c->over)
		return;
	c->over = true;
	c->next_over = c->engine->over;
	c->engine->over = c;
}

void engine_drop(struct door *door, const struct conversation *keep)
{
	for (struct conversation *c = door->conversations; c != NULL; c = c->next)
		if (c != keep && !purpose_is_further(c->wish.purpose))
			engine_end(c);
}

static void remove_one(struct engine *engine, struct conversation *c)
{
	struct door *const door = c->wish.door;

	if (c->previous != NULL)
		c->previous->next = c->next;
	else
		door->conversations = c->next;
	if (c->next != NULL)
		c->next->previous = c->previous;
	alarms_remove(&engine->live, c);
	host_of(engine, &c->wish)->conversations--;
	engine->some_ended = engine->held.count > 0;
	conversation_free(c);
	door_let_go(door);
}

static void remove_over(struct engine *engine)
{
	while (engine->over != NULL) {
		struct conversation *const c = engine->over;

		engine->over = c->next_over;
		remove_one(engine, c);
	}
}

/* A machine that is busy runs this program late. What it did not look at may have come long ago, so that time
 * is nobody's. */
static void pass_time(struct engine *engine, int waited_ms)
{
	const int64_t now = clock_monotonic_ms(), gone = now - engine->looked_ms;

	engine->now += gone < waited_ms + AWAY_MS ? gone : waited_ms + AWAY_MS;
	engine->looked_ms = now;
}

static int time_to_wait(const struct engine *engine, int wait_ms)
{
	const int64_t left = engine->live.list[0]->alarm - engine->now;

	return left <= 0 ? 0 : left < wait_ms ? (int)left : wait_ms;
}

static void ring_alarms(struct engine *engine, int64_t now)
{
	while (engine->live.count > 0 && engine->live.list[0]->alarm <= now) {
		struct conversation *const c = engine->live.list[0];

		engine_alarm(c, c->wish.door->end > now ? c->wish.door->end : INT64_MAX);
		if (!c->over)
			door_quiet(c);
	}
}

/* How many conversations had something to tell. */
static int hear_some(struct engine *engine, int wait_ms)
{
	struct epoll_event events[EVENTS];
	const int count = epoll_wait(engine->epoll, events, EVENTS, wait_ms);

	pass_time(engine, wait_ms);
	for (int i = 0; i < count; i++) {
		struct conversation *const c = events[i].data.ptr;

		if (!c->over)
			conversation_event(c, events[i].events);
	}
	return count;
}

/* All that has come is heard before anybody's time is up. */
void engine_turn(struct engine *engine, int wait_ms)
{
	int looks = 1;

	begin_wishes(engine);
	remove_over(engine);
	if (engine->live.count == 0) {
		pass_time(engine, wait_ms);
		return;
	}
	if (hear_some(engine, time_to_wait(engine, wait_ms)) == EVENTS)
		while (looks++ < LOOKS_AT_ONCE && hear_some(engine, 0) == EVENTS)
			;
	ring_alarms(engine, engine->now);
	remove_over(engine);
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
	engine->looked_ms = clock_monotonic_ms();
	engine->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (!openssl_load(err))
		return false;
	engine->tls = tls_client_settings();
	if (engine->epoll < 0)
		return error_system(err, errno, "cannot wait for answers: epoll");
	return (alarms_init(&engine->live, engine->limits.at_once) && engine->tls != NULL) ||
	       error_memory(err);
}

void engine_close(struct engine *engine)
{
	struct wish wish;

	while (engine->live.count > 0)
		remove_one(engine, engine->live.list[0]);
	while (pop(&engine->urgent, &wish) || pop(&engine->usual, &wish) || pop(&engine->held, &wish))
		door_let_go(wish.door);
	if (engine->epoll >= 0)
		(void)close(engine->epoll);
	if (engine->tls != NULL)
		SSL_CTX_free(engine->tls);
	alarms_free(&engine->live);
	free(engine->urgent.list);
	free(engine->usual.list);
	free(engine->held.list);
}
