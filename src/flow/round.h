/* round.h: frames on their way to the workers, and the moments between them at which flows end. */
#ifndef FLOW_ROUND_H
#define FLOW_ROUND_H

#include "flow/flow.h"

enum { ROUND_FRAMES = 4096, ROUND_BYTES = 1 << 20 };

struct tick {
	uint64_t frame; /* it comes behind this one */
	int64_t now_ns;
};

struct round_list {
	struct frame *frames;
	uint64_t *numbers;
	size_t count;
};

struct round {
	struct round_list *lists; /* owned: one for each worker */
	unsigned workers;
	uint8_t *bytes; /* owned; of frames that are copied */
	size_t used, count;
	struct tick *ticks; /* owned */
	size_t tick_count;
	bool finish; /* nothing comes behind it */
};

/* False without memory. */
bool round_init(struct round *round, unsigned workers);
void round_free(struct round *round);
void round_clear(struct round *round);

/* Whether this frame, and a tick before it, fit in. */
bool round_has_room(const struct round *round, const struct frame *frame);

/* Adds a frame to the list of its worker, with a copy of its bytes; or to the only list, where it lies. */
void round_copy(struct round *round, const struct frame *frame, uint64_t number);
void round_borrow(struct round *round, const struct frame *frame, uint64_t number);

/* One behind the same frame as the last takes its place. */
void round_tick(struct round *round, uint64_t frame, int64_t now_ns);

/* Reads the frames of a list from `at` on, up to this number; returns where it ended. */
size_t round_read(struct engine *engine, const struct round_list *list, size_t at, uint64_t last_number);

#endif
