/* engine.h: the parts of the engine behind knock.h.
 *
 *     knock.c         takes the doors, begins them, and hands back the results
 *     door.c          one door: what its conversations report, and what to do then
 *     openings.c      while the protocol is not known: what is said, in which order
 *     known.c         when it is: asking for facts; the results
 *     upgrade.c       going on in TLS where the server offers it (STARTTLS)
 *     conversation.c  one connection: bytes in and out, TLS, the probe's words
 *     loop.c          all conversations side by side: events, deadlines, and wishes that wait their turn
 *     alarms.c        the conversations by their deadlines
 *     delay.c         how long answers take
 *     again.c         doors that are asked once more, as they were lost by time
 *     endpoint.c      addresses as sockets want them
 *
 * A door wishes for conversations; the loop begins them as there is room; a conversation reports to its
 * door what came. Nothing is freed while somebody may still look at it: what is over is marked, and the
 * loop removes it between two events. A door is done with when it has no conversation and no wish left. */
#ifndef SCAN_ENGINE_H
#define SCAN_ENGINE_H

#include "scan/alarms.h"
#include "scan/delay.h"
#include "scan/knock.h"
#include "scan/tls_client.h"

struct door;
struct lost;
struct engine;

/* What a conversation is for. */
enum purpose {
	TO_LISTEN,  /* says nothing until its door tells it to */
	TO_OPEN,    /* opens in the protocol, and any answer is recognised */
	TO_SETTLE,  /* the greeting fits several protocols: answers it in this one */
	TO_ASK,     /* the protocol is known: asks for its facts */
	TO_TRY_OLD, /* the protocol is known: its nth further opening */
	TO_UPGRADE, /* the server offers to go on in TLS: what it shows there */
};

/* What tells more of a door when the rest is known: no phase waits for it. */
static inline bool purpose_is_further(enum purpose purpose)
{
	return purpose == TO_TRY_OLD || purpose == TO_UPGRADE;
}

#define OTHER SIZE_MAX /* the variant that is the probe's greet_other() */

/* A conversation that a door wants. It lapses when the door's epoch has changed; further openings of TLS do
 * not lapse, as they tell of the outside while the inside is looked at. */
struct wish {
	struct door *door;
	enum purpose purpose;
	const struct protocol *protocol;
	size_t variant; /* of TO_TRY_OLD; of TO_UPGRADE 0 for a handshake, from 1 old hellos; of TO_OPEN
			   counted from 1, 0 being the usual opening, or OTHER */
	bool inside;    /* inside TLS */
	unsigned epoch;
};

/* STAGE_RESTING: there is no connection; the same is wished for again when the alarm rings. */
enum stage { STAGE_CONNECTING, STAGE_SHAKING, STAGE_TALKING, STAGE_RESTING };

struct conversation {
	struct engine *engine;
	struct wish wish;
	int fd;
	enum stage stage;
	bool over;     /* the loop removes it */
	bool said;     /* something was sent at the innermost layer */
	bool waited;   /* the door's phase waits for it */
	bool upgraded; /* of TO_UPGRADE: the server has agreed */
	bool refused;  /* the probe whose opening was said knows that this is no answer to it */
	int64_t begun; /* the engine's ms */
	int64_t asked; /* since then an answer is awaited; -1: none is */
	int64_t alarm; /* door_quiet() is called then */
	size_t place;  /* among the alarms */
	struct conversation *next_over;
	struct conversation *next, *previous; /* of the same door */
	struct tls_client *tls;
	bool tls_sure;         /* the peer speaks TLS; before, its bytes are recognised */
	struct buffer out;     /* goes to the socket */
	struct buffer heard;   /* all that was said at the innermost layer; over UDP the last datagram */
	size_t taken;          /* how much of it the probe took */
	struct buffer opening; /* what was said first, to know an echo */
	struct answer *answer; /* owned; made when there is something to tell */
	_Alignas(max_align_t) uint8_t state[PROBE_STATE_LIMIT];
};

/* ---- conversation.c ---- */

/* Connects. NULL, and *ret_error an errno, if that cannot even begin. */
struct conversation *conversation_begin(struct engine *engine, const struct wish *wish, int *ret_error);
void conversation_free(struct conversation *c);

/* For a wish that was refused, and may come true later: it only rests. NULL without memory. Rest: one that
 * was begun gives up its connection, and does. */
struct conversation *conversation_resting(struct engine *engine, const struct wish *wish);
void conversation_rest(struct conversation *c);

/* Reads and writes as far as goes. */
void conversation_event(struct conversation *c, uint32_t events);

/* Says the opening of c->wish.protocol, or answers the greeting where the server spoke first. */
void conversation_open(struct conversation *c);

/* Says the ClientHello: in TLS, where it is known, or to see whether it is TLS. */
bool conversation_open_tls(struct conversation *c);

/* The server has agreed to go on in TLS: forgets what was said before, and shakes hands. */
bool conversation_upgrade(struct conversation *c);

/* Says words that nobody's probe has; they are freed. */
void conversation_say(struct conversation *c, struct buffer *words);

/* Whether the peer has taken all that was said. */
bool conversation_all_taken(const struct conversation *c);

/* Goes on inside TLS with what was recognised as its first bytes. */
void conversation_is_tls(struct conversation *c);

/* Gives the probe of c->wish.protocol what was heard, and sends what it says. What it tells goes on from
 * `known`, unless that is NULL. */
enum probe_step conversation_hear(struct conversation *c, bool ended, const struct answer *known);

/* ---- door.c ---- */

/* `lost`, which the door owns, is what was heard of it before, or NULL. NULL without memory. */
struct door *door_new(struct engine *engine, const struct knock_door *where, struct lost *lost);
void door_begin(struct door *door);
const struct knock_door *door_where(const struct door *door);
bool door_wants(const struct wish *wish);

/* What is known already of the protocol that is asked further. */
const struct answer *door_known(const struct conversation *c);

/* A wish of it is gone, or a conversation. */
void door_let_go(struct door *door);

/* What a conversation reports. Each may end it, and others of the door. `error` is an errno, or 0 for a
 * close. */
void door_ready(struct conversation *c);
void door_heard(struct conversation *c);
void door_quiet(struct conversation *c);
void door_ended(struct conversation *c, int error);
void door_failed(const struct wish *wish, int error); /* it did not even begin */

/* Whether the door, which took a connection before, has turned this one away and is to be left in peace for a
 * moment; each such answer counts. Then: the rest begins, its alarm is set. */
bool door_turns_away(const struct wish *wish, int error);
void door_rest(struct conversation *c);

/* ---- loop.c ---- */

struct wishes {
	struct wish *list; /* owned */
	size_t first, count, capacity;
};

/* What is open with hosts, by a hash of their address. */
enum { HOST_SLOTS = 4096 };
struct host_share {
	unsigned doors, conversations;
};

/* Time here is that in which the loop looked: where the machine is too busy to run it, servers that have
 * answered long ago would be called slow otherwise. */
struct engine {
	int epoll;
	int64_t now;       /* ms; the time of alarms and of doors */
	int64_t looked_ms; /* monotonic: when that was made */
	SSL_CTX *tls;
	struct knock_limits limits;
	unsigned patience; /* percent: below 100 when many doors share the time */
	struct delay delay;
	bool crowded; /* rare openings are said where they are customary alone */
	struct alarms live;
	struct conversation *over; /* to be removed */
	struct wishes urgent, usual;
	struct wishes held; /* until a conversation with their host ends */
	bool some_ended;    /* so that what is held may be tried */
	struct host_share hosts[HOST_SLOTS];
	struct door *done; /* those that have nothing left to do, or had; knock.c takes them */
};

/* Among `hosts`. */
size_t engine_host(const struct knock_door *door);

/* At most `per_door` conversations of a door are wished for; the doors see to that. False without memory. */
bool engine_wish(struct engine *engine, const struct wish *wish);

/* Tells the loop whether the socket should be told when it can be written to. */
void engine_watch(struct engine *engine, struct conversation *c, bool write);

/* When door_quiet() is to be called. */
void engine_alarm(struct conversation *c, int64_t when);

/* Marks a conversation as over; all of a door but `keep` and those that only tell more of it. */
void engine_end(struct conversation *c);
void engine_drop(struct door *door, const struct conversation *keep);

bool engine_open(struct engine *engine, struct error *err);
void engine_turn(struct engine *engine, int wait_ms);
void engine_close(struct engine *engine);

#endif
