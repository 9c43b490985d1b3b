#include "flow/round.h"

#include <stdlib.h>

bool round_init(struct round *round, unsigned workers)
{
	const size_t frames = workers > 1 ? ROUND_FRAMES : CAPTURE_BATCH;
	bool whole;

	*round = (struct round){ .workers = workers };
	round->lists = calloc(workers, sizeof(*round->lists));
	round->ticks = calloc(frames + 1, sizeof(*round->ticks));
	round->bytes = workers > 1 ? malloc(ROUND_BYTES) : NULL;
	whole = round->lists != NULL && round->ticks != NULL && (workers == 1 || round->bytes != NULL);
	for (unsigned i = 0; i < workers && whole; i++) {
		round->lists[i].frames = calloc(frames, sizeof(struct frame));
		round->lists[i].numbers = calloc(frames, sizeof(uint64_t));
		whole = round->lists[i].frames != NULL && round->lists[i].numbers != NULL;
	}
	return whole;
}

void round_free(struct round *round)
{
	for (unsigned i = 0; round->lists != NULL && i < round->workers; i++) {
		free(round->lists[i].frames);
		free(round->lists[i].numbers);
	}
	free(round->lists);
	free(round->ticks);
	free(round->bytes);
}

void round_clear(struct round *round)
{
	for (unsigned i = 0; i < round->workers; i++)
		round->lists[i].count = 0;
	round->used = round->count = round->tick_count = 0;
	round->finish = false;
}

bool round_has_room(const struct round *round, const struct frame *frame)
{
	return round->count < ROUND_FRAMES && round->used + frame->captured <= ROUND_BYTES;
}

static void add(struct round *round, unsigned worker, const struct frame *frame, uint64_t number)
{
	struct round_list *const list = &round->lists[worker];

	list->frames[list->count] = *frame;
	list->numbers[list->count] = number;
	list->count++;
	round->count++;
}

void round_borrow(struct round *round, const struct frame *frame, uint64_t number)
{
	add(round, 0, frame, number);
}

void round_copy(struct round *round, const struct frame *frame, uint64_t number)
{
	const struct span bytes = span_of(frame->bytes, frame->captured);
	const uint64_t steer = packet_steer(frame->link, bytes);
	struct frame copy = *frame;

	copy.bytes = round->bytes + round->used;
	memcpy(round->bytes + round->used, bytes.at, frame->captured);
	round->used += frame->captured;
	add(round, (unsigned)(steer * round->workers >> 32), &copy, number);
}

void round_tick(struct round *round, uint64_t frame, int64_t now_ns)
{
	if (round->tick_count == 0 || round->ticks[round->tick_count - 1].frame != frame)
		round->tick_count++;
	round->ticks[round->tick_count - 1] = (struct tick){ frame, now_ns };
}

size_t round_read(struct engine *engine, const struct round_list *list, size_t at, uint64_t last_number)
{
	while (at < list->count && list->numbers[at] <= last_number) {
		size_t end = at + 1;

		while (end < list->count && end < at + CAPTURE_BATCH && list->numbers[end] <= last_number)
			end++;
		engine_read(engine, list->frames + at, list->numbers + at, end - at);
		at = end;
	}
	return at;
}
