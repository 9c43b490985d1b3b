/* door.h: what is known of one door while it is asked, for the rooms that ask it: door.c, openings.c,
 * known.c, upgrade.c.
 *
 * It is asked in phases, each of which ends when nobody waits for its conversations:
 *
 *     LISTEN   one connection, on which the server may speak first
 *     FIRST    the opening that the port suggests, on the same connection; TLS and HTTP beside it
 *     OTHERS   all other openings, some at a time
 *     SETTLE   what was heard fits several protocols: each is answered in turn
 *     ASK      the protocol is known: its probe has the word, and then its further openings; where the
 *              server offers to go on in TLS, this as well
 *
 * Whatever comes is shown to all recognisers, whoever was asked for; the port decides only about the order.
 * When the peer speaks TLS, the phases begin again inside. */
#ifndef SCAN_DOOR_H
#define SCAN_DOOR_H

#include "scan/engine.h"

enum phase { LISTEN, FIRST, OTHERS, SETTLE, ASK };

/* Milliseconds, less when many doors share the time. Servers on the way from a cold start, or that look a
 * name up, greet late: the first connection stays open beside the openings. */
enum {
	LISTEN_MS = 300,
	LISTEN_SUGGESTED_MS = 60, /* the port suggests that the client speaks first */
	LISTEN_AGAIN_MS = 1500,   /* of a door that was lost by time: perhaps its greeting was late */
	FIRST_MS = 500,
	LATE_MS = 2000,             /* for a late greeting, while the other openings are tried */
	LATE_BEFORE_HTTP_MS = 1200, /* where HTTP stays: a server that has no time for two at once comes to
				       that when those before it have gone */
	OTHERS_MS = 250,
	OTHERS_LEAST_MS = 150, /* where there are many for the time */
	PACE_PERCENT = 90,     /* of what is left, for them: connecting takes some */
	ROUNDS_MORE = 5,       /* until as many as may be stand side by side, and for who is asked alone */
	ASK_MS = 1200,
	ONCE_PERCENT = 75,   /* of a door's time, where it may be asked once more */
	INSIDE_PERCENT = 60, /* of these, for openings inside TLS: its server has shown how quick it is */
	BESIDE_LEAST = 3, /* openings side by side: some servers let no more than that wait to be accepted */
	BESIDE_MOST = 12, /* where connecting goes on being quick */
	SLOW_MS = 50,
	REST_MS = 150, /* after a door has turned a connection away that took others before */
	TURNED_AWAY_MOST = 16,
	PROTOCOLS_MOST = 256,
};

struct door {
	struct engine *engine;
	struct knock_door where;
	struct knock_result result;
	struct lost *lost; /* owned: what was heard before, where it is asked once more; or NULL */
	struct door *next_done;
	struct conversation *conversations;
	unsigned held_by;                    /* wishes and conversations */
	int64_t begun_ms;                    /* the engine's ms */
	int64_t end;                         /* the engine's ms: what is not known by then is not told */
	int64_t connect_ms;                  /* the first connection took so long */
	unsigned beside;                     /* openings that may wait side by side */
	unsigned others_ms;                  /* how long each of them is waited for */
	const struct protocol *suggested[2]; /* outside TLS and inside, or NULL */
	enum phase phase;
	bool inside, reached, shaken, closed, done, late, listed;
	unsigned epoch, begun;
	unsigned turned_away;        /* connections, refused after others were taken */
	unsigned waiting;            /* conversations and wishes that the phase waits for */
	const struct protocol *held; /* who answered, while somebody else may outdo him; or NULL */
	unsigned held_rank;
	const struct protocol *taken_by; /* whose server has taken all that was said; or NULL */
	bool said[PROTOCOLS_MOST], fits[PROTOCOLS_MOST]; /* by the place in the registry */
};

/* ---- door.c ---- */

bool door_is_stream(const struct door *door);

/* Whether a server of the protocol can be asked here; whether a client begins in it. */
bool door_can_ask(const struct door *door, const struct protocol *protocol);
bool door_is_customary(const struct door *door, const struct protocol *protocol);
bool door_can_open(const struct door *door, const struct protocol *protocol);

/* When door_quiet() is to be called: in so many milliseconds of a door that has all the time. */
void door_alarm(struct conversation *c, unsigned ms);

/* The same for who says an opening to servers that think about it; false where they do not. */
bool door_lets_think(struct conversation *c);
void door_wish(struct door *door, enum purpose purpose, const struct protocol *protocol, size_t variant,
	       bool inside);

/* ---- openings.c: the protocol is not known yet ---- */

/* Says the first opening on a connection that listened, or, with NULL, on a new one; others beside it. */
void door_open_first(struct door *door, struct conversation *c);
void door_open_on(struct conversation *c, const struct protocol *protocol);
void door_next_phase(struct door *door);

/* Whether the opening of the protocol of this name was said, or will be. */
bool door_has_said(const struct door *door, const char *name);

/* Ends a conversation that the phase may have waited for. */
void door_drop(struct conversation *c);

/* Whether an answer can be trusted at once; if not, it is held until those beside it have ended. */
bool door_is_sure(const struct door *door, const struct conversation *c, const struct protocol *protocol);
void door_hold(struct conversation *c, const struct protocol *protocol);

/* Remembers which protocols of servers that speak first fit what was heard. */
void door_note_fits(struct door *door, const struct conversation *c);

/* Answers a greeting that fits several in the first of them; goes on with that. */
void door_settle_on(struct conversation *c);
void door_settle(struct conversation *c, bool ended);

/* ---- known.c: results, and asking who is known ---- */

void door_keep_evidence(struct door *door, const struct conversation *c);

/* What was not understood is evidence as long as there is no better. */
void door_keep_words(struct door *door, const struct conversation *c);
void door_keep_problem(struct door *door, const char *problem);

/* An end that came by time: where others answer quickly silence is an answer, and else it may be haste. */
void door_note_hurry(struct door *door);

/* No protocol was found. */
void door_finish(struct door *door);
void door_finish_as(struct door *door, enum knock_outcome outcome, int error);

/* The protocol is known; every conversation but this one, which may be NULL, has lost its reason. */
void door_identify(struct door *door, const struct protocol *protocol, struct conversation *c);

/* The same, and the conversation goes on where it may. */
void door_go_on(struct conversation *c, const struct protocol *protocol);

/* Whether what came is what was said to it, in part or whole; the ends of lines may differ. */
enum echo { ECHO_NOT, ECHO_BEGUN, ECHO_WHOLE };
enum echo door_hears_echo(const struct conversation *c);

/* Whether the probe whose opening was said knows its answer: the door is identified then, and asked. */
bool door_hear_own(struct conversation *c, bool ended);

/* Gives the probe its words until it has enough. */
void door_ask_on(struct conversation *c, bool ended);
void door_asked(struct door *door, const struct protocol *protocol);
void door_try_next(struct door *door, struct conversation *c);

/* ---- upgrade.c ---- */

/* All else is known of the door: where its server offers TLS, that is looked at as well. */
void door_upgrade(struct door *door, const struct protocol *protocol);

/* Asks for TLS until the server has agreed, and then hears whether it takes the old hello. */
void door_upgrade_on(struct conversation *c, bool ended);

/* The handshake has ended; did not come about. */
void door_upgraded(struct conversation *c);
void door_not_upgraded(struct conversation *c);

#endif
