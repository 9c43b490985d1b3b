#include "scan/door.h"

#include "base/clock.h"
#include "protocols/tls.h"
#include "scan/again.h"

#include <errno.h>
#include <stdlib.h>

const struct knock_door *door_where(const struct door *door)
{
	return &door->where;
}

bool door_is_stream(const struct door *door)
{
	return door->where.transport == TRANSPORT_TCP;
}

bool door_can_ask(const struct door *door, const struct protocol *protocol)
{
	return protocol->probe != NULL && protocol->probe->hear != NULL &&
	       (protocol->probe->transports & (door_is_stream(door) ? PROBE_TCP : PROBE_UDP)) != 0;
}

bool door_is_customary(const struct door *door, const struct protocol *protocol)
{
	const struct catalog_door *const doors = protocol->doors;
	bool found = false;

	for (size_t i = 0; i < protocol->door_count && !found; i++)
		found = doors[i].transport == door->where.transport && doors[i].first <= door->where.port &&
			door->where.port <= doors[i].last;
	return found;
}

static bool is_for_its_own_doors(const struct protocol *protocol)
{
	return protocol->probe != NULL && (protocol->probe->takes_all || protocol->probe->from_reserved);
}

bool door_can_open(const struct door *door, const struct protocol *protocol)
{
	if (protocol == &protocol_tls)
		return door_is_stream(door) && !door->inside &&
		       !knock_is_delicate(door->where.transport, door->where.port);
	if ((knock_is_delicate(door->where.transport, door->where.port) || is_for_its_own_doors(protocol)) &&
	    !door_is_customary(door, protocol))
		return false;
	if (protocol->probe != NULL && protocol->probe->closes_on_others && !door->closed)
		return false;
	return door_can_ask(door, protocol) && protocol->probe->greet != NULL &&
	       !(door_is_stream(door) && protocol->probe->server_speaks_first);
}

/* What the servers of the protocol think for at this door, and some more; 0 where they do not. */
static unsigned thinks_ms(const struct door *door, const struct protocol *protocol)
{
	return protocol != NULL && protocol->probe != NULL && protocol->probe->thinks_ms > 0 &&
			       door_is_stream(door) && door_is_customary(door, protocol)
		       ? protocol->probe->thinks_ms + FIRST_MS
		       : 0;
}

bool door_lets_think(struct conversation *c)
{
	const unsigned ms = thinks_ms(c->wish.door, c->wish.protocol);
	const int64_t when = c->engine->now + ms;

	if (ms > 0)
		engine_alarm(c, when < c->wish.door->end ? when : c->wish.door->end);
	return ms > 0;
}

void door_alarm(struct conversation *c, unsigned ms)
{
	const int64_t shared = (int64_t)ms * c->engine->patience / 100 * delay_percent(&c->engine->delay) /
			       100;
	const bool opening = c->wish.purpose == TO_LISTEN || c->wish.purpose == TO_OPEN;

	const int64_t when = c->engine->now +
			     (c->wish.inside && opening ? shared * INSIDE_PERCENT / 100 : shared);

	engine_alarm(c, when < c->wish.door->end ? when : c->wish.door->end);
}

void door_wish(struct door *door, enum purpose purpose, const struct protocol *protocol, size_t variant,
	       bool inside)
{
	const struct wish wish = { door, purpose, protocol, variant, inside, door->epoch };

	if (door->late || (door->begun >= door->engine->limits.per_door && purpose != TO_ASK) ||
	    !engine_wish(door->engine, &wish))
		return;
	door->held_by++;
	door->begun++;
	door->waiting += !purpose_is_further(purpose);
}

bool door_wants(const struct wish *wish)
{
	const struct door *const door = wish->door;

	return !door->late &&
	       (purpose_is_further(wish->purpose) || (!door->done && wish->epoch == door->epoch));
}

void door_let_go(struct door *door)
{
	if (--door->held_by > 0 || door->listed)
		return;
	door->listed = true;
	door->next_done = door->engine->done;
	door->engine->done = door;
}

/* Servers of the time say nothing else, and close. */
static const struct protocol *who_tells_time(const struct conversation *c)
{
	const int64_t now = clock_wall_us() * 1000;
	const struct protocol *protocol;

	for (size_t i = 0; (protocol = protocol_nth(i)) != NULL; i++)
		if (protocol->tells_time != NULL && protocol->tells_time(buffer_read(&c->heard), now))
			return protocol;
	return NULL;
}

static void hear_anybody(struct conversation *c)
{
	struct door *const door = c->wish.door;
	const struct protocol *protocol = NULL;
	bool more = c->heard.length < c->opening.length && door_is_stream(door);

	if (door_hear_own(c, false))
		return;
	if (door_hears_echo(c) == ECHO_NOT)
		protocol = protocol_recognise(buffer_read(&c->heard), SIDE_SERVER, door->where.transport,
					      c->wish.protocol, &more);
	if (protocol == NULL && (!c->said || !door_is_stream(door)))
		protocol = who_tells_time(c);
	if (protocol != NULL && door_is_sure(door, c, protocol)) {
		door_go_on(c, protocol);
	} else if (protocol != NULL) {
		door_hold(c, protocol);
	} else if (more && c->wish.purpose == TO_SETTLE) {
		door_settle(c, false);
	} else if (!more) {
		door_keep_words(door, c);
		if (c->said)
			door_drop(c);
		else
			door_finish(door); /* it spoke first, and nobody knows such words */
	}
}

/* ---- what conversations report ---- */

void door_heard(struct conversation *c)
{
	if (c->wish.purpose == TO_UPGRADE)
		door_upgrade_on(c, false);
	else if (c->wish.purpose == TO_ASK || c->wish.purpose == TO_TRY_OLD)
		door_ask_on(c, false);
	else
		hear_anybody(c);
}

/* As long as connecting is as quick as it was at first, and nobody takes the words to work on them, more
 * openings may stand side by side. */
static void note_connected(struct door *door, const struct conversation *c)
{
	const int64_t took = c->engine->now - c->begun;

	if (!door->reached)
		door->connect_ms = took;
	else if (took > 2 * door->connect_ms + SLOW_MS || door->result.evidence_length > 0)
		door->beside = BESIDE_LEAST;
	else if (door->beside < BESIDE_MOST && door->turned_away == 0)
		door->beside++;
}

/* ---- doors that turn away ---- */

/* Some servers take so many connections at a time or in a second, and stop listening in between (xinetd's cps
 * and instances, a core of Quassel that nobody has set up): openings that come one by one are heard. */
bool door_turns_away(const struct wish *wish, int error)
{
	struct door *const door = wish->door;

	if (error != ECONNREFUSED || !door->reached || !door_is_stream(door) || door->lost != NULL ||
	    wish->inside || purpose_is_further(wish->purpose) || door->turned_away >= TURNED_AWAY_MOST)
		return false;
	door->turned_away++;
	door->beside = 1;
	return true;
}

void door_rest(struct conversation *c)
{
	const int64_t when = c->engine->now + REST_MS;

	engine_alarm(c, when < c->wish.door->end ? when : c->wish.door->end);
}

/* The rest is over: the same again. */
static void wish_again(struct conversation *c)
{
	struct door *const door = c->wish.door;

	engine_end(c);
	door_wish(door, c->wish.purpose, c->wish.protocol, c->wish.variant, false);
	if (!c->waited)
		return;
	c->waited = false;
	if (--door->waiting == 0)
		door_next_phase(door);
}

void door_ready(struct conversation *c)
{
	struct door *const door = c->wish.door;
	const struct protocol *const suggested = door->suggested[door->inside];

	if (c->tls == NULL)
		note_connected(door, c);
	door->reached = true;
	if (door->inside && c->tls != NULL && !door->shaken) {
		door->shaken = true;
		tls_client_tell(c->tls, &door->result.tls);
	}
	switch (c->wish.purpose) {
	case TO_LISTEN:
		door_alarm(c, door->lost != NULL                                    ? LISTEN_AGAIN_MS
			      : suggested != NULL && door_can_open(door, suggested) ? LISTEN_SUGGESTED_MS
										    : LISTEN_MS);
		return;
	case TO_OPEN: door_open_on(c, c->wish.protocol); return;
	case TO_UPGRADE:
		if (c->upgraded) {
			door_upgraded(c);
			return;
		}
		__attribute__((fallthrough));
	case TO_ASK:
	case TO_SETTLE:
	case TO_TRY_OLD:
		door_alarm(c, c->wish.purpose == TO_ASK || c->wish.purpose == TO_UPGRADE ? ASK_MS : FIRST_MS);
		conversation_open(c);
		return;
	}
}

/* A connection, or a handshake, that did not come about. */
static void not_ready(struct conversation *c, int error)
{
	struct door *const door = c->wish.door;

	if (c->wish.purpose == TO_UPGRADE) {
		door_not_upgraded(c);
	} else if (c->stage == STAGE_SHAKING && !door->shaken) {
		tls_client_tell(c->tls, &door->result.tls);
		door_keep_problem(door, error == EPROTO ? tls_client_problem(c->tls)
							: "the handshake does not end");
		door_finish(door);
	} else if (error == ECONNRESET && c->wish.purpose == TO_LISTEN) {
		door->reached = door->closed = true; /* it took the connection before it broke it */
		door_drop(c);
	} else if (!door->reached && c->wish.purpose == TO_LISTEN) {
		door_finish_as(door, error == ECONNREFUSED ? KNOCK_REFUSED : KNOCK_UNREACHED, error);
	} else if (c->wish.purpose == TO_ASK) {
		engine_end(c);
		door_asked(door, c->wish.protocol);
	} else if (c->wish.purpose == TO_TRY_OLD) {
		door_try_next(door, c);
	} else {
		door_drop(c);
	}
}

/* Who reads on and on, and says nothing. */
static void note_taken(const struct conversation *c, bool over)
{
	struct door *const door = c->wish.door;

	if (c->wish.protocol->probe == NULL || !c->wish.protocol->probe->takes_all)
		return;
	door->taken_by = !over && conversation_all_taken(c) ? c->wish.protocol : NULL;
}

static unsigned late_ms(const struct conversation *c)
{
	return door_is_stream(c->wish.door) && strcmp(c->wish.protocol->name, "http") != 0 &&
			       door_has_said(c->wish.door, "http")
		       ? LATE_BEFORE_HTTP_MS
		       : LATE_MS;
}

static void over_or_quiet(struct conversation *c, bool over)
{
	struct door *const door = c->wish.door;

	switch (c->wish.purpose) {
	case TO_UPGRADE: door_upgrade_on(c, true); return;
	case TO_ASK: /* a server that speaks it, and closes on its question, has not the time for us now */
		door->result.hurried = !over || c->heard.length == 0;
		__attribute__((fallthrough));
	case TO_TRY_OLD: door_ask_on(c, true); return;
	case TO_SETTLE: door_settle(c, true); return;
	case TO_LISTEN:
		if (c->heard.length == 0 && !over) {
			door_open_first(door, c);
		} else if (!over) {
			door_settle_on(c);
		} else {
			door->closed = door->closed || c->heard.length == 0;
			door_keep_words(door, c);
			door_note_fits(door, c);
			door->phase = c->heard.length > 0 ? SETTLE : door->phase;
			door_drop(c);
		}
		return;
	case TO_OPEN:
		if (c->heard.length > 0) {
			if (door_hear_own(c, true))
				return;
			door_note_fits(door, c);
			door_keep_words(door, c);
			door_drop(c);
			return;
		}
		note_taken(c, over);
		if (!over && door->phase == FIRST && c->waited) {
			c->waited = false; /* it stays, in case of a late greeting, and nobody waits for it */
			door_alarm(c, late_ms(c));
			if (--door->waiting == 0)
				door_next_phase(door);
			return;
		}
		door_drop(c);
		return;
	}
}

/* Who is being asked has told a part; it is kept. */
static void time_is_up(struct door *door)
{
	door->late = true;
	door_note_hurry(door);
	for (struct conversation *c = door->conversations; c != NULL; c = c->next)
		if (!c->over && c->wish.purpose == TO_ASK && c->stage == STAGE_TALKING)
			door_ask_on(c, true);
	if (!door->done)
		door_keep_problem(door, door->reached ? "the time was up before all was asked"
						      : "the time was up before it could be asked");
	door->done = true;
	for (struct conversation *c = door->conversations; c != NULL; c = c->next)
		engine_end(c);
}

void door_quiet(struct conversation *c)
{
	if (c->engine->now >= c->wish.door->end)
		time_is_up(c->wish.door);
	else if (c->stage == STAGE_RESTING)
		wish_again(c);
	else if (c->stage != STAGE_TALKING)
		not_ready(c, ETIMEDOUT);
	else
		over_or_quiet(c, false);
}

void door_ended(struct conversation *c, int error)
{
	struct door *const door = c->wish.door;

	if (c->stage == STAGE_CONNECTING && door_turns_away(&c->wish, error)) {
		conversation_rest(c);
		door_rest(c);
		return;
	}
	if (c->stage != STAGE_TALKING)
		not_ready(c, error);
	else if (error != 0 && !door_is_stream(door) && door->result.evidence_length == 0)
		door_finish_as(door, error == ECONNREFUSED ? KNOCK_REFUSED : KNOCK_UNREACHED, error);
	else
		over_or_quiet(c, true);
	engine_end(c);
}

void door_failed(const struct wish *wish, int error)
{
	struct door *const door = wish->door;

	if (purpose_is_further(wish->purpose))
		return;
	door->waiting -= door->waiting > 0;
	if (wish->purpose == TO_ASK)
		door_asked(door, wish->protocol);
	else if (!door->reached)
		door_finish_as(door, error == ECONNREFUSED ? KNOCK_REFUSED : KNOCK_UNREACHED, error);
	else if (door->waiting == 0)
		door_next_phase(door);
}

/* ---- beginning ---- */

static void suggest(struct door *door)
{
	const struct service *const service = catalog_service_at(door->where.transport, door->where.port, 0);
	struct span outside, inside;

	if (service == NULL || service->spoken == NULL)
		return;
	inside = span_text(service->spoken);
	outside = span_until(&inside, ':');
	door->suggested[0] = protocol_named(inside.failed ? inside : outside);
	inside.failed = false;
	door->suggested[1] = protocol_named(inside);
}

/* A door that may be asked once more has its time for both; what has to be thought about gets more. */
static int64_t time_for(const struct door *door)
{
	const int64_t all = door->engine->limits.door_ms;
	const unsigned thinks = thinks_ms(door, door->suggested[0]);

	if (door->lost != NULL)
		return all - door->lost->spent_ms;
	if (thinks > 0 && thinks + FIRST_MS > all)
		return thinks + FIRST_MS;
	return door->engine->limits.again && door_is_stream(door) ? all * ONCE_PERCENT / 100 : all;
}

struct door *door_new(struct engine *engine, const struct knock_door *where, struct lost *lost)
{
	struct door *const door = calloc(1, sizeof(*door));

	if (door == NULL)
		return NULL;
	door->engine = engine;
	door->where = *where;
	door->lost = lost;
	door->begun_ms = engine->now;
	door->beside = BESIDE_LEAST;
	door->others_ms = OTHERS_MS;
	suggest(door);
	door->end = engine->now + time_for(door);
	return door;
}

void door_begin(struct door *door)
{
	const unsigned transport = door->where.transport;

	door->held_by++; /* until it has begun */
	door->done = (transport != TRANSPORT_TCP && transport != TRANSPORT_UDP) ||
		     (knock_is_forbidden(door->where.transport, door->where.port) &&
		      !(door->where.no_printer &&
			knock_is_delicate(door->where.transport, door->where.port)));
	if (!door->done) {
		door->result.outcome = KNOCK_UNFINISHED;
		if (door_is_stream(door))
			door_wish(door, TO_LISTEN, NULL, 0, false);
		else
			door_open_first(door, NULL);
		if (door->waiting == 0)
			door_next_phase(door);
	}
	door_let_go(door);
}
