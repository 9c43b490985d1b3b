/* door.c: what is asked of one door. In phases, each of which ends when nobody waits for its conversations:
 *
 *     LISTEN   one connection, on which the server may speak first
 *     FIRST    the opening that the port suggests, on the same connection; TLS and HTTP beside it
 *     OTHERS   all other openings, some at a time
 *     SETTLE   what was heard fits several protocols: each is answered in turn
 *     ASK      the protocol is known: its probe has the word, and then its further openings
 *
 * Whatever comes is shown to all recognisers, whoever was asked for; the port decides only about the order.
 * When the peer speaks TLS, the phases begin again inside.
 *
 * An answer that another could outdo is held until those beside it have ended: a TLS server may say in plain
 * HTTP that it wants TLS, and a server of several protocols may answer strange words in any of them. TLS
 * outdoes HTTP, and who answers in the protocol that he was asked in outdoes who was only provoked. */
#include "scan/engine.h"

#include "base/clock.h"
#include "protocols/tls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum phase { LISTEN, FIRST, OTHERS, SETTLE, ASK };

/* Milliseconds, less when many doors share the time. Servers on the way from a cold start, or that look a
 * name up, greet late: the first connection stays open beside the openings. */
enum {
	LISTEN_MS = 300,
	LISTEN_SUGGESTED_MS = 60, /* the port suggests that the client speaks first */
	FIRST_MS = 500,
	OTHERS_MS = 350,
	ASK_MS = 1200,
	SIDE_BY_SIDE = 3, /* some servers let no more than that wait to be accepted */
	PROTOCOLS_MOST = 256,
};

struct door {
	struct engine *engine;
	const struct knock_door *where;
	struct knock_result *result;
	const struct protocol *suggested[2]; /* outside TLS and inside, or NULL */
	enum phase phase;
	bool inside, reached, shaken, closed, done;
	unsigned epoch, begun;
	unsigned waiting; /* conversations and wishes that the phase waits for */
	const struct protocol *held;
	unsigned held_rank;
	bool said[PROTOCOLS_MOST], fits[PROTOCOLS_MOST]; /* by the place in the registry */
};

const struct knock_door *door_where(const struct door *door)
{
	return door->where;
}

static size_t place_of(const struct protocol *protocol)
{
	size_t place = 0;

	while (place < PROTOCOLS_MOST - 1 && protocol_nth(place) != protocol)
		place++;
	return place;
}

static bool is_stream(const struct door *door)
{
	return door->where->transport == TRANSPORT_TCP;
}

static bool can_be_asked(const struct door *door, const struct protocol *protocol)
{
	return protocol->probe != NULL && protocol->probe->hear != NULL &&
	       (protocol->probe->transports & (is_stream(door) ? PROBE_TCP : PROBE_UDP)) != 0;
}

/* Whether a client begins in this protocol, here. */
static bool can_be_opened(const struct door *door, const struct protocol *protocol)
{
	if (protocol == &protocol_tls)
		return is_stream(door) && !door->inside;
	return can_be_asked(door, protocol) && protocol->probe->greet != NULL &&
	       !protocol->probe->server_speaks_first;
}

static void set_alarm(struct conversation *c, unsigned ms)
{
	c->alarm = clock_monotonic_ms() + (int64_t)ms * c->engine->patience / 100;
}

static void wish_for(struct door *door, enum purpose purpose, const struct protocol *protocol, size_t variant,
		     bool inside)
{
	const struct wish wish = { door, purpose, protocol, variant, inside, door->epoch };

	if ((door->begun >= door->engine->limits.per_door && purpose != TO_ASK) ||
	    !engine_wish(door->engine, &wish))
		return;
	door->begun++;
	door->waiting += purpose != TO_TRY_OLD;
}

bool door_wants(const struct wish *wish)
{
	return wish->purpose == TO_TRY_OLD || (!wish->door->done && wish->epoch == wish->door->epoch);
}

/* ---- results ---- */

static void keep_evidence(struct door *door, const struct conversation *c)
{
	struct knock_result *const result = door->result;

	result->evidence_length = c->heard.length < KNOCK_EVIDENCE ? c->heard.length : KNOCK_EVIDENCE;
	memcpy(result->evidence, c->heard.bytes, result->evidence_length);
}

/* What was not understood is evidence as long as there is no better. */
static void keep_first_words(struct door *door, const struct conversation *c)
{
	if (c->heard.length > 0 && (door->result->evidence_length == 0 || door->inside))
		keep_evidence(door, c);
}

static void keep_problem(struct door *door, const char *problem)
{
	(void)snprintf(door->result->problem, sizeof(door->result->problem), "%s", problem);
}

static void finish(struct door *door)
{
	struct knock_result *const result = door->result;

	door->done = true;
	door->epoch++;
	engine_drop(door->engine, door, NULL);
	if (door->inside)
		return;
	result->outcome = result->evidence_length > 0 ? KNOCK_UNKNOWN : KNOCK_SILENT;
	if (result->outcome == KNOCK_SILENT && door->closed)
		keep_problem(door, "it closes the connection at once");
}

static void finish_as(struct door *door, enum knock_outcome outcome, int error)
{
	finish(door);
	door->result->outcome = outcome;
	keep_problem(door, strerror(error));
}

/* ---- the protocol is known ---- */

/* Answers to further openings join what is known already. */
static struct answer *answer_of(struct door *door, const struct conversation *c)
{
	return c->wish.protocol == &protocol_tls ? &door->result->tls : &door->result->answer;
}

static void asked(struct door *door, const struct protocol *protocol)
{
	door->done = true;
	if (protocol != &protocol_tls && protocol->probe != NULL && protocol->probe->variants > 0)
		wish_for(door, TO_TRY_OLD, protocol, 0, door->inside);
}

static void try_next(struct door *door, struct conversation *c)
{
	c->over = true;
	if (c->wish.variant + 1 < c->wish.protocol->probe->variants)
		wish_for(door, TO_TRY_OLD, c->wish.protocol, c->wish.variant + 1, c->wish.inside);
}

/* Gives the probe its words until it has enough. */
static void ask_on(struct conversation *c, bool ended)
{
	struct door *const door = c->wish.door;
	enum probe_step step;

	if (c->wish.purpose == TO_TRY_OLD)
		c->answer = *answer_of(door, c);
	step = conversation_hear(c, ended);
	if (step == PROBE_WAIT && !ended)
		return;
	if (step == PROBE_DONE)
		*answer_of(door, c) = c->answer;
	c->over = true;
	if (c->wish.purpose == TO_TRY_OLD)
		try_next(door, c);
	else
		asked(door, c->wish.protocol);
}

/* Every conversation but this one, which may be NULL, has lost its reason. */
static void identify(struct door *door, const struct protocol *protocol, struct conversation *c)
{
	engine_drop(door->engine, door, c);
	door->epoch++;
	if (c != NULL) {
		keep_evidence(door, c);
		c->wish.epoch = door->epoch;
		c->waited = false;
	}
	door->waiting = 0;
	door->held = NULL;
	door->held_rank = 0;
	door->phase = ASK;
	door->result->outcome = KNOCK_IDENTIFIED;
	if (door->inside)
		door->result->inside_tls = protocol;
	else
		door->result->protocol = protocol;
}

static void listen_inside(struct door *door, struct conversation *c)
{
	door->inside = true;
	door->phase = LISTEN;
	memset(door->said, 0, sizeof(door->said));
	wish_for(door, TO_TRY_OLD, &protocol_tls, 0, false);
	if (c->tls == NULL) {
		c->over = true;
		wish_for(door, TO_LISTEN, NULL, 0, true);
		return;
	}
	c->wish.purpose = TO_LISTEN;
	c->wish.inside = true;
	c->waited = true;
	door->waiting = 1;
	set_alarm(c, ASK_MS);
	conversation_is_tls(c);
}

/* The conversation goes on where it may: who was asked in his own protocol, and who spoke first and was not
 * spoken to. Anybody else is asked on a new connection. */
static void go_on_with(struct conversation *c, const struct protocol *protocol)
{
	struct door *const door = c->wish.door;
	const bool spoke_first = c->wish.purpose == TO_LISTEN && !c->said;

	identify(door, protocol, c);
	if (protocol == &protocol_tls && door->result->protocol == protocol && !door->inside) {
		listen_inside(door, c);
	} else if (!can_be_asked(door, protocol)) {
		c->over = true;
		asked(door, protocol);
	} else if (spoke_first ? protocol->probe->server_speaks_first
			       : c->wish.protocol == protocol && c->wish.purpose != TO_LISTEN) {
		c->wish.purpose = TO_ASK;
		c->wish.protocol = protocol;
		set_alarm(c, ASK_MS);
		if (spoke_first)
			conversation_open(c);
		ask_on(c, false);
	} else {
		c->over = true;
		wish_for(door, TO_ASK, protocol, 0, door->inside);
	}
}

/* ---- the protocol is not known yet ---- */

static void next_phase(struct door *door);
static void open_others(struct door *door);

static void drop(struct conversation *c)
{
	struct door *const door = c->wish.door;

	c->over = true;
	if (!c->waited)
		return;
	c->waited = false;
	door->waiting--;
	if (door->phase == OTHERS && door->held == NULL)
		open_others(door);
	if (door->waiting == 0)
		next_phase(door);
}

static void open_on(struct conversation *c, const struct protocol *protocol)
{
	c->wish.purpose = TO_OPEN;
	c->wish.protocol = protocol;
	set_alarm(c, c->wish.door->phase == FIRST ? FIRST_MS : OTHERS_MS);
	if (protocol != &protocol_tls)
		conversation_open(c);
	else if (!conversation_open_tls(c))
		drop(c);
}

static void wish_to_open(struct door *door, const struct protocol *protocol)
{
	const size_t place = protocol != NULL ? place_of(protocol) : 0;

	if (protocol == NULL || door->said[place] || !can_be_opened(door, protocol))
		return;
	door->said[place] = true;
	wish_for(door, TO_OPEN, protocol, 0, door->inside);
}

/* On the connection that listened, if it is still there. */
static void open_first(struct door *door, struct conversation *c)
{
	const struct protocol *const http = protocol_named(span_text("http"));
	const struct protocol *first = door->suggested[door->inside];

	door->phase = FIRST;
	if (first == NULL || !can_be_opened(door, first))
		first = is_stream(door) ? http : NULL;
	if (c == NULL || first == NULL) {
		wish_to_open(door, first);
	} else {
		door->said[place_of(first)] = true;
		open_on(c, first);
	}
	if (!is_stream(door))
		return;
	wish_to_open(door, &protocol_tls);
	wish_to_open(door, http);
}

/* A server that leaves the usual opening unanswered may answer a further one: SNMP 2c where version 3 is off.
 */
static void open_further(struct door *door)
{
	const struct protocol *const suggested = door->suggested[door->inside];

	if (is_stream(door) || suggested == NULL || !can_be_opened(door, suggested))
		return;
	for (size_t variant = 0; variant < suggested->probe->variants; variant++)
		wish_for(door, TO_OPEN, suggested, variant + 1, false);
}

static void open_others(struct door *door)
{
	const struct protocol *protocol;

	door->phase = OTHERS;
	for (size_t i = 0; door->waiting < SIDE_BY_SIDE && (protocol = protocol_nth(i)) != NULL; i++)
		wish_to_open(door, protocol);
}

/* Takes the next protocol that fits what was heard. */
static const struct protocol *next_that_fits(struct door *door)
{
	const struct protocol *protocol;

	door->phase = SETTLE;
	for (size_t i = 0; (protocol = protocol_nth(i)) != NULL; i++) {
		if (!door->fits[i])
			continue;
		door->fits[i] = false;
		return protocol;
	}
	return NULL;
}

static void note_what_fits(struct door *door, const struct conversation *c)
{
	const struct span heard = buffer_read(&c->heard);
	const struct protocol *protocol;

	for (size_t i = 0; (protocol = protocol_nth(i)) != NULL; i++)
		if (can_be_asked(door, protocol) && protocol->probe->server_speaks_first &&
		    protocol->recognise(heard, SIDE_SERVER, door->where->transport) == MORE)
			door->fits[i] = true;
}

/* ---- answers that may be outdone ---- */

static bool is_named(const struct protocol *protocol, const char *name)
{
	return strcmp(protocol->name, name) == 0;
}

/* TLS outside is outdone by nobody. Servers that speak first say who they are, whatever they are told. */
static bool is_sure(const struct door *door, const struct conversation *c, const struct protocol *protocol)
{
	const bool asked_for = protocol == c->wish.protocol;

	if (!is_stream(door) || c->wish.purpose != TO_OPEN || (protocol == &protocol_tls && !door->inside))
		return true;
	if (protocol->probe != NULL && protocol->probe->server_speaks_first)
		return true;
	if (door->waiting == c->waited && door->held == NULL)
		return true; /* nobody else is awaited */
	return asked_for && !is_named(protocol, "http") && !is_named(protocol, "http2");
}

static void hold(struct conversation *c, const struct protocol *protocol)
{
	struct door *const door = c->wish.door;
	const bool asked_for = protocol == c->wish.protocol;
	const unsigned rank = !asked_for ? 1 : is_named(protocol, "http") ? 3 : 2;

	if (rank > door->held_rank) {
		door->held = protocol;
		door->held_rank = rank;
		keep_evidence(door, c);
	}
	drop(c);
}

static void ask_held(struct door *door)
{
	const struct protocol *const protocol = door->held;

	identify(door, protocol, NULL);
	if (can_be_asked(door, protocol))
		wish_for(door, TO_ASK, protocol, 0, door->inside);
	else
		asked(door, protocol);
}

static void next_phase(struct door *door)
{
	const struct protocol *protocol;

	if (door->done || door->phase == ASK)
		return;
	if (door->held != NULL) {
		ask_held(door);
		return;
	}
	if (door->phase == LISTEN)
		open_first(door, NULL);
	if (door->phase == FIRST && door->waiting == 0) {
		open_further(door);
		open_others(door);
	}
	if (door->waiting > 0)
		return;
	protocol = next_that_fits(door);
	if (protocol != NULL)
		wish_for(door, TO_SETTLE, protocol, 0, door->inside);
	if (door->waiting == 0)
		finish(door);
}

/* The greeting fits several: the first is answered on the connection that is open. */
static void settle_on(struct conversation *c)
{
	struct door *const door = c->wish.door;
	const struct protocol *protocol;

	note_what_fits(door, c);
	keep_first_words(door, c);
	protocol = next_that_fits(door);
	if (protocol == NULL) {
		finish(door);
		return;
	}
	c->wish.purpose = TO_SETTLE;
	c->wish.protocol = protocol;
	set_alarm(c, FIRST_MS);
	conversation_open(c);
	door_heard(c);
}

/* What the probe alone can tell, as long as its recogniser does not know better. */
static void settle(struct conversation *c, bool ended)
{
	struct door *const door = c->wish.door;
	const struct protocol *const protocol = c->wish.protocol;
	const enum probe_step step = conversation_hear(c, ended);
	const struct span heard = buffer_read(&c->heard);

	if (step == PROBE_WAIT && !ended)
		return;
	if (step == PROBE_DONE && span_left(heard) > 0 &&
	    protocol->recognise(heard, SIDE_SERVER, door->where->transport) != NO) {
		identify(door, protocol, c);
		door->result->answer = c->answer;
		c->over = true;
		asked(door, protocol);
		return;
	}
	drop(c);
}

/* Some services send back what they get. */
static bool is_echo(const struct conversation *c)
{
	const size_t said = c->opening.length, heard = c->heard.length;

	return said > 0 && memcmp(c->opening.bytes, c->heard.bytes, said < heard ? said : heard) == 0;
}

static void hear_anybody(struct conversation *c)
{
	struct door *const door = c->wish.door;
	const struct protocol *protocol = NULL;
	bool more = c->heard.length < c->opening.length && is_stream(door);

	if (!is_echo(c))
		protocol = protocol_recognise(buffer_read(&c->heard), SIDE_SERVER, door->where->transport,
					      c->wish.protocol, &more);
	if (protocol != NULL && is_sure(door, c, protocol)) {
		go_on_with(c, protocol);
	} else if (protocol != NULL) {
		hold(c, protocol);
	} else if (more && c->wish.purpose == TO_SETTLE) {
		settle(c, false);
	} else if (!more) {
		keep_first_words(door, c);
		if (c->said)
			drop(c);
		else
			finish(door); /* it spoke first, and nobody knows such words */
	}
}

/* ---- what conversations report ---- */

void door_heard(struct conversation *c)
{
	if (c->wish.purpose == TO_ASK || c->wish.purpose == TO_TRY_OLD)
		ask_on(c, false);
	else
		hear_anybody(c);
}

void door_ready(struct conversation *c)
{
	struct door *const door = c->wish.door;
	const struct protocol *const suggested = door->suggested[door->inside];

	door->reached = true;
	if (door->inside && c->tls != NULL && !door->shaken) {
		door->shaken = true;
		tls_client_tell(c->tls, &door->result->tls);
	}
	switch (c->wish.purpose) {
	case TO_LISTEN:
		set_alarm(c, suggested != NULL && can_be_opened(door, suggested) ? LISTEN_SUGGESTED_MS
										 : LISTEN_MS);
		return;
	case TO_OPEN: open_on(c, c->wish.protocol); return;
	case TO_ASK:
	case TO_SETTLE:
	case TO_TRY_OLD:
		set_alarm(c, c->wish.purpose == TO_ASK ? ASK_MS : FIRST_MS);
		conversation_open(c);
		return;
	}
}

/* A connection, or a handshake, that did not come about. */
static void not_ready(struct conversation *c, int error)
{
	struct door *const door = c->wish.door;

	if (c->stage == STAGE_SHAKING && !door->shaken) {
		tls_client_tell(c->tls, &door->result->tls);
		keep_problem(door,
			     error == EPROTO ? tls_client_problem(c->tls) : "the handshake does not end");
		finish(door);
	} else if (error == ECONNRESET && c->wish.purpose == TO_LISTEN) {
		door->reached = door->closed = true; /* it took the connection before it broke it */
		drop(c);
	} else if (!door->reached && c->wish.purpose == TO_LISTEN) {
		finish_as(door, error == ECONNREFUSED ? KNOCK_REFUSED : KNOCK_UNREACHED, error);
	} else if (c->wish.purpose == TO_ASK) {
		c->over = true;
		asked(door, c->wish.protocol);
	} else if (c->wish.purpose == TO_TRY_OLD) {
		try_next(door, c);
	} else {
		drop(c);
	}
}

static void over_or_quiet(struct conversation *c, bool over)
{
	struct door *const door = c->wish.door;

	switch (c->wish.purpose) {
	case TO_ASK:
	case TO_TRY_OLD: ask_on(c, true); return;
	case TO_SETTLE: settle(c, true); return;
	case TO_LISTEN:
		if (c->heard.length == 0 && !over) {
			open_first(door, c);
		} else if (!over) {
			settle_on(c);
		} else {
			door->closed = door->closed || c->heard.length == 0;
			keep_first_words(door, c);
			note_what_fits(door, c);
			door->phase = c->heard.length > 0 ? SETTLE : door->phase;
			drop(c);
		}
		return;
	case TO_OPEN:
		if (c->heard.length > 0) {
			note_what_fits(door, c);
			keep_first_words(door, c);
		} else if (!over && door->phase == FIRST && c->waited) {
			c->waited = false; /* it stays, in case of a late greeting, and nobody waits for it */
			set_alarm(c, FIRST_MS);
			if (--door->waiting == 0)
				next_phase(door);
			return;
		}
		drop(c);
		return;
	}
}

void door_quiet(struct conversation *c)
{
	if (c->stage != STAGE_TALKING)
		not_ready(c, ETIMEDOUT);
	else
		over_or_quiet(c, false);
}

void door_ended(struct conversation *c, int error)
{
	struct door *const door = c->wish.door;

	if (c->stage != STAGE_TALKING)
		not_ready(c, error);
	else if (error == ECONNREFUSED && !is_stream(door) && door->result->outcome != KNOCK_IDENTIFIED)
		finish_as(door, KNOCK_REFUSED, error);
	else
		over_or_quiet(c, true);
	c->over = true;
}

void door_failed(const struct wish *wish, int error)
{
	struct door *const door = wish->door;

	if (wish->purpose == TO_TRY_OLD)
		return;
	door->waiting -= door->waiting > 0;
	if (wish->purpose == TO_ASK)
		asked(door, wish->protocol);
	else if (!door->reached)
		finish_as(door, error == ECONNREFUSED ? KNOCK_REFUSED : KNOCK_UNREACHED, error);
	else if (door->waiting == 0)
		next_phase(door);
}

/* ---- all doors ---- */

static void suggest(struct door *door)
{
	const struct service *const service = catalog_service_at(door->where->transport, door->where->port,
								 0);
	struct span outside, inside;

	if (service == NULL || service->spoken == NULL)
		return;
	inside = span_text(service->spoken);
	outside = span_until(&inside, ':');
	door->suggested[0] = protocol_named(inside.failed ? inside : outside);
	inside.failed = false;
	door->suggested[1] = protocol_named(inside);
}

struct door *doors_new(struct engine *engine, const struct knock_door *where, size_t count,
		       struct knock_result *results)
{
	struct door *const doors = calloc(count > 0 ? count : 1, sizeof(*doors));

	for (size_t i = 0; doors != NULL && i < count; i++) {
		doors[i].engine = engine;
		doors[i].where = &where[i];
		doors[i].result = &results[i];
		suggest(&doors[i]);
	}
	return doors;
}

void doors_begin(struct door *doors, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct door *const door = &doors[i];
		const unsigned transport = door->where->transport;

		door->done = (transport != TRANSPORT_TCP && transport != TRANSPORT_UDP) ||
			     knock_is_forbidden(door->where->transport, door->where->port);
		if (door->done)
			continue;
		door->result->outcome = KNOCK_UNFINISHED;
		if (is_stream(door)) {
			wish_for(door, TO_LISTEN, NULL, 0, false);
			continue;
		}
		open_first(door, NULL);
		if (door->waiting == 0)
			next_phase(door);
	}
}

void doors_end(struct door *doors, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct door *const door = &doors[i];

		if (door->done || door->result->outcome != KNOCK_UNFINISHED)
			continue;
		if (!door->reached && door->begun > 0 && door->waiting > 0)
			keep_problem(door, "no connection came about in time");
		else
			keep_problem(door, "the time was up before all was asked");
	}
	free(doors);
}
