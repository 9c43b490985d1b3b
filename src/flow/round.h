/* round.h: frames on their way to the engines, and the moments between them at which flows end. */
#ifndef FLOW_ROUND_H
#define FLOW_ROUND_H

#include "flow/flow.h"

#include <stdatomic.h>

enum { ROUND_FRAMES = 2048, ROUND_BYTES = 1 << 20 };

struct tick {
	uint64_t frame; /* it comes behind this one */
	int64_t now_ns;
	atomic_size_t live; /* flows of all engines that have come so far, before some end */
};

struct round_list {
	struct frame *frames; /* owned */
	uint64_t *numbers;    /* owned */
	size_t count;
};

struct round {
	struct round_list *lists; /* owned: one for each engine */
	unsigned engines;
	size_t count, used; /* frames, and their bytes */
	uint64_t before;    /* number of the last frame that came before it */
	uint8_t *bytes;     /* owned; where frames are copied, else NULL */
	struct tick *ticks; /* owned */
	size_t tick_count;
	bool finish; /* nothing comes behind it */
};

/* False without memory. */
bool round_init(struct round *round, unsigned engines, bool copies);
void round_free(struct round *round);
void round_clear(struct round *round, uint64_t before);

static inline bool round_is_empty(const struct round *round)
{
	return round->count == 0 && round->tick_count == 0 && !round->finish;
}

/* Whether this frame, and a tick before it, fit in. */
bool round_has_room(const struct round *round, const struct frame *frame);

/* Adds a frame to the list of its engine, with its bytes if the round copies. */
void round_add(struct round *round, const struct frame *frame);

/* One behind the same frame as the last takes its place. */
void round_tick(struct round *round, uint64_t frame, int64_t now_ns);

#endif
