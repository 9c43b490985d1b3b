/* workers.h: several engines side by side, for several cores.
 *
 * A frame's engine is chosen by its outermost pair of addresses (packet_steer()), so that flows, those that
 * they announce, fragments and ICMP errors meet. Frames are gathered in rounds, of which some are filled,
 * read and told at the same time. The caller's thread is one of the workers: it reads with the others
 * whenever there is no room for another round. There are more engines than workers, and each is read for by
 * whoever has time, so that all are busy however the frames are spread. With one worker there is one engine,
 * no thread and no round. Flows end at ticks, once in each second of the frames' own time (ticker.h), at the
 * same frames for all engines. A flow that is announced for other addresses than those of the flow that
 * announces it may be read by another engine, and is known by its content alone while it is read; it is
 * joined to its parent when it has ended (elsewhere.h).
 *
 * Listeners are called in the workers' threads, each by one at a time, and write what they tell into a log,
 * entry by entry. The caller's thread is handed the entries in one order: that of the frames, and of flows
 * that end at the same tick that of their first frames. So what comes out is the same for any number of
 * workers, as long as no bound of memory, of which each engine has its share, is reached.
 *
 *     workers = workers_new(&options, &err);
 *     while ((count = capture_read(capture, frames)) > 0) {
 *             workers_read(workers, frames, count);
 *             capture_release(capture, workers_read_up_to(workers));
 *     }
 *     workers_finish(workers);
 *     counts = workers_counts(workers); */
#ifndef FLOW_WORKERS_H
#define FLOW_WORKERS_H

#include "base/buffer.h"
#include "flow/flow.h"

enum { WORKERS_MOST = 64 };

struct name;
struct workers;
struct worker_log;

struct workers_options {
	struct engine_options engine; /* limits.memory is shared out */
	unsigned count;               /* threads with the caller's: 1 to WORKERS_MOST */
	bool copies; /* frames are good only until workers_read() returns, and are copied if need be */
	void *context;

	/* Called by workers_new() for each of workers_listeners(): fills its listener, which writes to this
	 * log. The last one has no engine: it hears of ends that were told later. */
	void (*listen)(void *context, unsigned nth, struct worker_log *log,
		       struct flow_listener *ret_listener);

	/* Entries in their order, in the caller's thread, some or many at a time. */
	void (*told)(void *context, struct span entries);

	/* Adds what names the two ends of a flow have, of which one may have none (NULL), where
	 * worker_log_names() asked for it; in the caller's thread. */
	void (*named)(void *context, const struct name *const names[2], struct buffer *into);
};

/* How many engines there will be: at most WORKERS_MOST; and how many listeners. */
unsigned workers_engines(const struct workers_options *options);
static inline unsigned workers_listeners(const struct workers_options *options)
{
	return workers_engines(options) + 1;
}

/* NULL with words, without memory or threads. */
struct workers *workers_new(const struct workers_options *options, struct error *err);
void workers_free(struct workers *workers);

/* Begins an entry, which concerns this flow: it is what is added to the buffer before the next one begins.
 * For listeners, while they are called. NULL for a frame_message. */
struct buffer *worker_log_entry(struct worker_log *log, const struct flow *flow);

/* For listeners: what `announced` was called with. */
void worker_log_announced(struct worker_log *log, const struct flow *flow, const struct expectation *what,
			  int64_t time_ns);

/* For listeners, when a flow has ended that is to be told: whether it may have been announced by one that
 * another engine reads. Then the last listener hears of it, in its turn, with its parent if it has one. */
bool worker_log_ends_later(struct worker_log *log, const struct flow *flow, enum flow_reason reason,
			   uint64_t frame);

/* For listeners: what is to be remembered beyond the flow. Behind an event of which memory writes members,
 * `back` says how many of its bytes stand behind these; 0 without an event. */
void worker_log_remember(struct worker_log *log, const struct flow *flow, const struct parse_memo *memo,
			 size_t back);

/* The names of this flow's ends will be written so many bytes before the end of the entry begun last. */
void worker_log_names(struct worker_log *log, const struct flow *flow, size_t back);

/* Reads the next frames, at most CAPTURE_BATCH. They are numbered from 1. */
void workers_read(struct workers *workers, const struct frame *frames, size_t count);

/* The number up to which all frames have been read, so that their bytes may go. */
uint64_t workers_read_up_to(const struct workers *workers);

/* Time has come so far without frames: for live captures. */
void workers_tick(struct workers *workers, int64_t now_ns);

/* Waits until all that was read is told; false if memory ran out, and entries are missing. Finishing ends all
 * flows before. */
bool workers_flush(struct workers *workers);
bool workers_finish(struct workers *workers);

/* Of all engines; after one of the two above. */
struct engine_counts workers_counts(struct workers *workers);

/* What is remembered beyond flows; likewise. */
struct memory *workers_memory(struct workers *workers);

/* Frames that were given so far. */
uint64_t workers_frames(const struct workers *workers);

#endif
