/* workers.h: several engines side by side, one for each core.
 *
 * A frame's worker is chosen by its outermost pair of addresses (packet_steer()), so that flows, those that
 * they announce, fragments and ICMP errors meet. Frames are copied into rounds: while the workers read one,
 * the caller fills the next. With one worker there is no thread and no copy. Flows end at ticks, once in each
 * second of the frames' own time, at the same frames for all workers. A flow that is announced for other
 * addresses than those of the flow that announces it could not meet it, and is never expected: it is known by
 * its content alone.
 *
 * Listeners run in the threads of their workers and write what they tell into a log, entry by entry. The
 * caller's thread is handed the entries in one order: that of the frames, and of flows that end at the same
 * tick that of their first frames. So what comes out is the same for any number of workers, as long as no
 * bound of memory, of which each has its share, is reached.
 *
 *     workers = workers_new(&options, &err);
 *     while ((count = capture_read(capture, frames, CAPTURE_BATCH)) > 0)
 *             workers_read(workers, frames, count);
 *     workers_finish(workers);
 *     counts = workers_counts(workers); */
#ifndef FLOW_WORKERS_H
#define FLOW_WORKERS_H

#include "base/buffer.h"
#include "flow/flow.h"

enum { WORKERS_MOST = 64 };

struct workers;
struct worker_log;

struct workers_options {
	struct engine_options engine; /* limits.memory is shared out */
	unsigned count;               /* 1 to WORKERS_MOST */
	void *context;

	/* Called by workers_new() for each worker: fills its listener, which writes to this log. */
	void (*listen)(void *context, unsigned nth, struct worker_log *log,
		       struct flow_listener *ret_listener);

	/* Entries in their order, in the caller's thread, some or many at a time. */
	void (*told)(void *context, struct span entries);
};

/* NULL with words, without memory or threads. */
struct workers *workers_new(const struct workers_options *options, struct error *err);
void workers_free(struct workers *workers);

/* Begins an entry, which concerns this flow: it is what is added to the buffer before the next one begins.
 * For listeners, while they are called. */
struct buffer *worker_log_entry(struct worker_log *log, const struct flow *flow);

/* Reads the next frames, at most CAPTURE_BATCH. They are numbered from 1. */
void workers_read(struct workers *workers, const struct frame *frames, size_t count);

/* Time has come so far without frames: for live captures. */
void workers_tick(struct workers *workers, int64_t now_ns);

/* Waits until all that was read is told; false if memory ran out, and entries are missing. Finishing ends all
 * flows before. */
bool workers_flush(struct workers *workers);
bool workers_finish(struct workers *workers);

/* Of all workers; after one of the two above. */
struct engine_counts workers_counts(struct workers *workers);

/* Frames that were read so far. */
uint64_t workers_frames(const struct workers *workers);

#endif
