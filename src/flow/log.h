/* log.h: what one engine tells, entry by entry, each with a key that says where it stands among those of all.
 * A log is written page by page: there is one for each round that is under way. */
#ifndef FLOW_LOG_H
#define FLOW_LOG_H

#include "flow/meeting.h"

/* Entries are ordered by frame; what is told between two frames by the flow's first one. */
struct log_key {
	uint64_t frame, flow;
};

struct log_entry {
	struct log_key key;
	size_t at;    /* in the page */
	size_t given; /* 1 + place of what is handed over with it; 0: nothing */
};

struct log_page {
	struct buffer bytes;       /* owned */
	size_t limit;              /* bytes after which it is full */
	struct log_entry *entries; /* owned; none where there is one worker only */
	size_t count, capacity;
	size_t next;         /* the first that was not handed on */
	struct given *given; /* owned */
	size_t given_count, given_capacity;
	bool failed;
};

enum log_phase { LOG_FRAME, LOG_TICK, LOG_FINISH };

struct worker_log {
	struct log_page *page; /* that is written */
	const struct engine *engine;
	enum log_phase phase;
	bool keyed;
	const struct meeting *meeting; /* of a lone worker and the last listener: what is handed over goes
					* there at once */
	bool none_announced;           /* the input has ended, and nothing was announced for elsewhere */
	bool late;                     /* it is of the last listener */
};

/* Where what stands in the pages goes. */
struct log_reader {
	void (*told)(void *context, struct span entries);
	void *context;
	const struct meeting *meeting;
	struct log_page *late; /* what comes of it */
};

struct log_page log_page_new(size_t limit);
void log_page_free(struct log_page *page);

static inline bool log_page_is_full(const struct log_page *page)
{
	return page->bytes.length + page->given_count * sizeof(*page->given) > page->limit;
}

void log_page_clear(struct log_page *page);

/* The key of the last entry; zeros without one. */
struct log_key log_last(const struct log_page *page);
static inline int log_compare(struct log_key a, struct log_key b)
{
	return a.frame != b.frame ? (a.frame > b.frame) - (a.frame < b.frame)
				  : (a.flow > b.flow) - (a.flow < b.flow);
}

/* Hands on the entries of all pages up to `most`, in their order. */
void log_merge(struct log_page *const *pages, size_t count, struct log_key most,
	       const struct log_reader *reader);

#endif
