/* frame_sum.h: what frames were, in a number, to hold one way of reading them to another. */
#ifndef TEST_FRAME_SUM_H
#define TEST_FRAME_SUM_H

#include "base/hash.h"
#include "capture/capture.h"

struct frame_sum {
	uint64_t frames, left, digest; /* of those some were left in the file */
};

static inline void frame_sum_add(struct frame_sum *sum, const struct frame *frame)
{
	const int64_t facts[] = { frame->time_ns, frame->captured, frame->length, frame->interface };
	const struct span bytes = capture_fetch(frame);

	sum->frames++;
	sum->left += frame->rest.length > 0;
	sum->digest = sum->digest * 31 + hash_bytes(facts, sizeof(facts)) +
		      hash_bytes(bytes.at, span_left(bytes));
}

/* Reads on, to the end or until some frame was left in the file. */
static inline void frame_sum_read(struct frame_sum *sum, struct capture *capture, bool to_the_end)
{
	struct frame frames[CAPTURE_BATCH];
	size_t count;

	while ((to_the_end || sum->left == 0) && (count = capture_read(capture, frames)) > 0) {
		for (size_t i = 0; i < count; i++)
			frame_sum_add(sum, &frames[i]);
	}
}

#endif
