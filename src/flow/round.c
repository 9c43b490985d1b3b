#include "flow/round.h"

#include <stdlib.h>

_Static_assert((int)CAPTURE_FRAME_LIMIT <= (int)ROUND_BYTES, "any frame fits in a round");

/* What is not used of a list costs address space alone. */
static bool make_list(struct round_list *list)
{
	list->frames = malloc(ROUND_FRAMES * sizeof(*list->frames));
	list->numbers = malloc(ROUND_FRAMES * sizeof(*list->numbers));
	return list->frames != NULL && list->numbers != NULL;
}

bool round_init(struct round *round, unsigned engines, bool copies)
{
	bool good;

	*round = (struct round){
		.lists = calloc(engines, sizeof(*round->lists)),
		.engines = engines,
		.bytes = copies ? malloc(ROUND_BYTES) : NULL,
		.ticks = malloc((ROUND_FRAMES + 1) * sizeof(*round->ticks)),
	};
	good = round->lists != NULL && round->ticks != NULL && (!copies || round->bytes != NULL);
	for (unsigned i = 0; i < engines && good; i++)
		good = make_list(&round->lists[i]);
	return good;
}

void round_free(struct round *round)
{
	for (unsigned i = 0; round->lists != NULL && i < round->engines; i++) {
		free(round->lists[i].frames);
		free(round->lists[i].numbers);
	}
	free(round->lists);
	free(round->bytes);
	free(round->ticks);
}

void round_clear(struct round *round, uint64_t before)
{
	for (unsigned i = 0; i < round->engines; i++)
		round->lists[i].count = 0;
	round->count = round->used = round->tick_count = 0;
	round->before = before;
	round->finish = false;
}

bool round_has_room(const struct round *round, const struct frame *frame)
{
	return round->count < ROUND_FRAMES && round->used + frame->captured <= ROUND_BYTES;
}

/* Where the headers are not enough, the rest of the frame is fetched. */
static uint64_t steer(const struct frame *frame, bool *ret_fetched)
{
	const uint32_t here = frame->captured - frame->rest.length;
	uint32_t number;

	*ret_fetched = false;
	/* Not as a span, which would lie on the stack and wait for the stores before it. */
	if (packet_steer_beginning(frame->link, frame->bytes, here, &number))
		return number;
	*ret_fetched = frame->rest.length > 0;
	if (*ret_fetched)
		capture_fetch(frame);
	return packet_steer(frame->link, frame->bytes, frame->captured);
}

void round_add(struct round *round, const struct frame *frame)
{
	bool fetched;
	const uint64_t number = steer(frame, &fetched);
	struct round_list *const list = &round->lists[number * round->engines >> 32];
	struct frame *const added = &list->frames[list->count];

	*added = *frame;
	if (fetched)
		added->rest.length = 0;
	if (round->bytes != NULL) {
		memcpy(round->bytes + round->used, frame->bytes, frame->captured);
		added->bytes = round->bytes + round->used;
	}
	list->numbers[list->count++] = round->before + ++round->count;
	round->used += frame->captured;
}

void round_tick(struct round *round, uint64_t frame, int64_t now_ns)
{
	if (round->tick_count == 0 || round->ticks[round->tick_count - 1].frame != frame)
		round->tick_count++;
	round->ticks[round->tick_count - 1] = (struct tick){ .frame = frame, .now_ns = now_ns };
}
