/* openings.c: how a door is opened whose protocol is not known.
 *
 * An answer that another could outdo is held until those beside it have ended: a TLS server may say in plain
 * HTTP that it wants TLS, and a server of several protocols may answer strange words in any of them. TLS
 * outdoes HTTP, and who answers in the protocol that he was asked in outdoes who was only provoked. */
#include "scan/door.h"

#include "protocols/tls.h"

static size_t place_of(const struct protocol *protocol)
{
	size_t place = 0;

	while (place < PROTOCOLS_MOST - 1 && protocol_nth(place) != protocol)
		place++;
	return place;
}

bool door_has_said(const struct door *door, const char *name)
{
	return door->said[place_of(protocol_named(span_text(name)))];
}

static void open_others(struct door *door);

void door_drop(struct conversation *c)
{
	struct door *const door = c->wish.door;

	engine_end(c);
	if (!c->waited)
		return;
	c->waited = false;
	door->waiting--;
	if (door->phase == OTHERS && door->held == NULL)
		open_others(door);
	if (door->waiting == 0)
		door_next_phase(door);
}

void door_open_on(struct conversation *c, const struct protocol *protocol)
{
	c->wish.purpose = TO_OPEN;
	c->wish.protocol = protocol;
	if (!door_lets_think(c))
		door_alarm(c, c->wish.door->phase == FIRST ? FIRST_MS : c->wish.door->others_ms);
	if (protocol != &protocol_tls)
		conversation_open(c);
	else if (!conversation_open_tls(c))
		door_drop(c);
}

/* The usual opening, or the one that the port has. */
static size_t opening_at(const struct door *door, const struct protocol *protocol)
{
	const struct probe *const probe = protocol->probe;

	return probe != NULL && !door_is_stream(door) && probe->port_of_variant != 0 &&
			       probe->port_of_variant == door->where.port
		       ? probe->variant_at_port + 1
		       : 0;
}

/* Of the protocol at this place of the registry. */
static void wish_at(struct door *door, size_t place)
{
	const struct protocol *const protocol = protocol_nth(place);

	if (door->said[place] || !door_can_open(door, protocol))
		return;
	door->said[place] = true;
	door_wish(door, TO_OPEN, protocol, opening_at(door, protocol), door->inside);
}

static void wish_to_open(struct door *door, const struct protocol *protocol)
{
	if (protocol != NULL)
		wish_at(door, place_of(protocol));
}

/* On the connection that listened, if it is still there. */
void door_open_first(struct door *door, struct conversation *c)
{
	const struct protocol *const http = protocol_named(span_text("http"));
	const struct protocol *first = door->suggested[door->inside];

	door->phase = FIRST;
	if (first == NULL || !door_can_open(door, first))
		first = door_is_stream(door) && door_can_open(door, http) ? http : NULL;
	if (c != NULL && first == NULL) {
		door_drop(c); /* nothing may be said here, and it has said nothing */
		return;
	}
	if (c == NULL || first == NULL) {
		wish_to_open(door, first);
	} else {
		door->said[place_of(first)] = true;
		door_open_on(c, first);
	}
	if (!door_is_stream(door))
		return;
	wish_to_open(door, &protocol_tls);
	wish_to_open(door, http);
}

/* SMB, where a NetBIOS session has to be asked for. */
static void open_otherwise(struct door *door)
{
	const struct protocol *protocol;

	for (size_t i = 0; (protocol = protocol_nth(i)) != NULL; i++) {
		if (door_can_open(door, protocol) && protocol->probe->greet_other != NULL &&
		    door_is_customary(door, protocol))
			door_wish(door, TO_OPEN, protocol, OTHER, door->inside);
	}
}

/* A server that leaves the usual opening unanswered may answer a further one: SNMP 2c where version 3 is off.
 */
static void open_further(struct door *door)
{
	const struct protocol *const suggested = door->suggested[door->inside];

	if (door_is_stream(door)) {
		open_otherwise(door);
		return;
	}
	if (suggested == NULL || !door_can_open(door, suggested))
		return;
	for (size_t variant = 0; variant < suggested->probe->variants; variant++)
		door_wish(door, TO_OPEN, suggested, variant + 1, false);
}

static bool is_rare(const struct door *door, const struct protocol *protocol)
{
	return protocol->probe != NULL && protocol->probe->rare && !door_is_customary(door, protocol);
}

/* Whether the protocol at this place can be asked, and was not yet. */
static bool is_left(const struct door *door, size_t place)
{
	return !door->said[place] && protocol_nth(place)->probe != NULL;
}

/* A door that stays silent hears all openings within its time, however many there are: each is waited for as
 * long as the rounds that they need leave to it. */
static void pace_others(struct door *door)
{
	const int64_t left = (door->end - door->engine->now) * PACE_PERCENT / 100;
	const struct protocol *protocol;
	size_t count = 0;
	int64_t share;

	for (size_t i = 0; (protocol = protocol_nth(i)) != NULL; i++)
		count += is_left(door, i) && door_can_open(door, protocol) &&
			 !(door->engine->crowded && is_rare(door, protocol));
	share = left / (int64_t)(count / BESIDE_MOST + ROUNDS_MORE);
	door->others_ms = share >= OTHERS_MS         ? OTHERS_MS
			  : share <= OTHERS_LEAST_MS ? OTHERS_LEAST_MS
						     : (unsigned)share;
}

static bool hears_any(const struct protocol *protocol)
{
	return protocol->probe != NULL && protocol->probe->hears_any;
}

static bool is_alone(const struct protocol *protocol)
{
	return protocol->probe != NULL && protocol->probe->alone;
}

/* The rare ones last, and where many doors share the time at their customary doors alone; behind all of them,
 * one by one, those that are heard only where nobody stands beside them. */
static void open_others(struct door *door)
{
	const struct protocol *protocol;
	const bool crowded = door->engine->crowded;

	if (door->phase != OTHERS)
		pace_others(door);
	door->phase = OTHERS;
	for (size_t i = 0; door->waiting < door->beside && (protocol = protocol_nth(i)) != NULL; i++)
		if (door->fits[i] && hears_any(protocol)) {
			door->fits[i] = door->said[i] = false;
			wish_at(door, i);
		}
	for (size_t i = 0; door->waiting < door->beside && (protocol = protocol_nth(i)) != NULL; i++)
		if (is_left(door, i) && !is_rare(door, protocol) && !is_alone(protocol))
			wish_at(door, i);
	for (size_t i = 0; door->waiting < door->beside && !crowded && (protocol = protocol_nth(i)) != NULL;
	     i++)
		if (is_left(door, i) && !is_alone(protocol))
			wish_at(door, i);
	for (size_t i = 0; door->waiting == 0 && !crowded && (protocol = protocol_nth(i)) != NULL; i++)
		if (is_left(door, i) && is_alone(protocol))
			wish_at(door, i);
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

static void note_fits(struct door *door, const struct conversation *c, bool speaks_first)
{
	const struct span heard = buffer_read(&c->heard);
	const struct protocol *protocol;

	for (size_t i = 0; (protocol = protocol_nth(i)) != NULL; i++)
		if (door_can_ask(door, protocol) && protocol->probe->server_speaks_first == speaks_first &&
		    (speaks_first || door_can_open(door, protocol)) &&
		    protocol->recognise(heard, SIDE_SERVER, door->where.transport) == MORE)
			door->fits[i] = true;
}

/* Who took these words for those of a client of his own is asked as such, before all others and alone. */
static void note_own_words(struct door *door, const struct conversation *c)
{
	const struct span heard = buffer_read(&c->heard);
	const struct protocol *protocol;

	for (size_t i = 0; c->wish.purpose == TO_OPEN && (protocol = protocol_nth(i)) != NULL; i++) {
		if (!hears_any(protocol) || protocol == c->wish.protocol || !door_can_open(door, protocol) ||
		    protocol->recognise(heard, SIDE_SERVER, door->where.transport) != MORE)
			continue;
		door->fits[i] = true;
		door->beside = 1;
	}
}

void door_note_fits(struct door *door, const struct conversation *c)
{
	note_fits(door, c, true);
	note_own_words(door, c);
}

/* ---- answers that may be outdone ---- */

static bool is_named(const struct protocol *protocol, const char *name)
{
	return strcmp(protocol->name, name) == 0;
}

/* TLS outside is outdone by nobody. Servers that speak first say who they are, whatever they are told. */
bool door_is_sure(const struct door *door, const struct conversation *c, const struct protocol *protocol)
{
	const bool asked_for = protocol == c->wish.protocol;

	if (!door_is_stream(door) || c->wish.purpose != TO_OPEN ||
	    (protocol == &protocol_tls && !door->inside))
		return true;
	if (protocol->probe != NULL && protocol->probe->server_speaks_first)
		return true;
	if (door->waiting == c->waited && door->held == NULL)
		return true; /* nobody else is awaited */
	return asked_for && !is_named(protocol, "http") && !is_named(protocol, "http2");
}

void door_hold(struct conversation *c, const struct protocol *protocol)
{
	struct door *const door = c->wish.door;
	const bool asked_for = protocol == c->wish.protocol;
	const unsigned rank = !asked_for ? 1 : is_named(protocol, "http") ? 3 : 2;

	if (rank > door->held_rank) {
		door->held = protocol;
		door->held_rank = rank;
		door_keep_evidence(door, c);
		memset(&door->result.answer, 0, sizeof(door->result.answer));
		products_tell(protocol, buffer_read(&c->heard), &door->result.answer, door->result.cpe);
	}
	door_drop(c);
}

static void ask_held(struct door *door)
{
	const struct protocol *const protocol = door->held;

	door_identify(door, protocol, NULL);
	if (door_can_ask(door, protocol))
		door_wish(door, TO_ASK, protocol, 0, door->inside);
	else
		door_asked(door, protocol);
}

void door_next_phase(struct door *door)
{
	const struct protocol *protocol;

	if (door->done || door->phase == ASK)
		return;
	if (door->held != NULL) {
		ask_held(door);
		return;
	}
	if (door->phase == LISTEN)
		door_open_first(door, NULL);
	if (door->phase == FIRST && door->waiting == 0) {
		open_further(door);
		open_others(door);
	}
	if (door->waiting > 0)
		return;
	protocol = next_that_fits(door);
	if (protocol != NULL)
		door_wish(door, TO_SETTLE, protocol, 0, door->inside);
	if (door->waiting == 0)
		door_finish(door);
}

/* ---- greetings that fit several protocols ---- */

/* The greeting fits several: the first is answered on the connection that is open. */
void door_settle_on(struct conversation *c)
{
	struct door *const door = c->wish.door;
	const struct protocol *protocol;

	door_note_fits(door, c);
	door_keep_words(door, c);
	protocol = next_that_fits(door);
	if (protocol == NULL) { /* some who should wait for a word do not: HTTP/2 in some programs */
		note_fits(door, c, false);
		protocol = next_that_fits(door);
	}
	if (protocol == NULL) {
		door_finish(door);
		return;
	}
	c->wish.purpose = TO_SETTLE;
	c->wish.protocol = protocol;
	door_alarm(c, FIRST_MS);
	conversation_open(c);
	door_heard(c);
}

/* What the probe alone can tell, as long as its recogniser does not know better. */
void door_settle(struct conversation *c, bool ended)
{
	struct door *const door = c->wish.door;
	const struct protocol *const protocol = c->wish.protocol;
	const enum probe_step step = conversation_hear(c, ended, NULL);
	const struct span heard = buffer_read(&c->heard);

	if (step == PROBE_WAIT && !ended)
		return;
	if (step == PROBE_DONE && span_left(heard) > 0 &&
	    protocol->recognise(heard, SIDE_SERVER, door->where.transport) != NO) {
		door_identify(door, protocol, c);
		door->result.answer = *c->answer;
		products_tell(protocol, heard, &door->result.answer, door->result.cpe);
		engine_end(c);
		door_asked(door, protocol);
		return;
	}
	door_drop(c);
}
