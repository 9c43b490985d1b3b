/* log.h: what one worker tells, entry by entry, each with a key that says where it stands among those of all.
 * A log has two pages: one is written while the other is read. */
#ifndef FLOW_LOG_H
#define FLOW_LOG_H

#include "flow/workers.h"

enum { LOG_PAGE_LIMIT = 4 << 20 }; /* bytes after which a page is full */

/* Entries are ordered by frame; what is told between two frames by the flow's first one. */
struct log_key {
	uint64_t frame, flow;
};

struct log_entry {
	struct log_key key;
	size_t at; /* in the page */
};

struct log_page {
	struct buffer bytes;       /* owned */
	struct log_entry *entries; /* owned; none where there is one worker only */
	size_t count, capacity;
	size_t next; /* the first that was not handed on */
	bool failed;
};

enum log_phase { LOG_FRAME, LOG_TICK, LOG_FINISH };

struct worker_log {
	struct log_page pages[2];
	struct log_page *page; /* that is written */
	const struct engine *engine;
	enum log_phase phase;
	bool keyed;
	size_t limit;
	void (*full)(struct worker_log *log); /* empties the page, or makes room */
	void *context;
};

void log_init(struct worker_log *log, bool keyed, void (*full)(struct worker_log *log), void *context);
void log_free(struct worker_log *log);

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
	       void (*told)(void *context, struct span entries), void *context);

#endif
