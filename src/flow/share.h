/* share.h: an engine with what it tells, and how far it has read its share of a round. */
#ifndef FLOW_SHARE_H
#define FLOW_SHARE_H

#include "flow/log.h"
#include "flow/round.h"

enum { ROUNDS = 4 }; /* that are filled, read and told at the same time */

struct share {
	struct engine *engine; /* owned */
	struct worker_log log;
	struct log_page pages[ROUNDS]; /* owned: what it tells in each */
	/* Where it stands in its round. */
	size_t at, tick;
	bool counted;    /* its flows at this tick */
	size_t portions; /* of the flows that end with the input; looked at when nobody reads for it */
	/* Of those that share the reading (crew.h), under their lock. */
	uint64_t round; /* that it reads now, or next */
	bool reading;   /* somebody reads for it */
	bool full;      /* it waits until its page was told */
};

/* The last listener, without an engine, and what is handed over to it. */
struct late {
	struct worker_log log;
	struct log_page page;   /* owned; of a lone worker the log writes to that one's */
	struct meeting meeting; /* owned */
};

/* False without memory. `page` is a lone worker's, or NULL. */
bool late_init(struct late *late, const struct workers_options *options, struct log_page *page);
void late_free(struct late *late);

/* An engine that listener_of() fills the listener of. NULL with words. */
struct share *share_new(const struct workers_options *options, const struct engine_options *engine,
			unsigned nth, size_t page_limit, struct error *err);
void share_free(struct share *share);

enum share_result {
	SHARE_DONE, /* with the round */
	SHARE_FULL, /* its page; it is to be called again when that was told */
	SHARE_MORE, /* is to do: whoever has time calls it again */
};

/* Reads its frames of the round on. */
enum share_result share_read(struct share *share, unsigned nth, struct round *round);

/* A portion of the flows that end at a tick, or at the end of the input; true if there are more. */
bool share_expire(struct share *share, const struct tick *tick);
bool share_finish(struct share *share);

/* Whether memory has sufficed for all that was told. */
bool share_is_whole(const struct share *share);

#endif
