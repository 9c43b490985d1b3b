#include "cmd/scan_keeper.h"

#include "base/buffer.h"
#include "base/clock.h"

#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

/* A slot is a door, or FREE and the next slot that is. */
#define FREE 0x80000000u
#define NONE 0x7fffffffu

enum {
	EVERY_MS = 2000,
	SHARE = 20, /* of the time at most one part in so many goes into writing */
};

static uint64_t draw_seed(void)
{
	uint64_t seed = (uint64_t)clock_monotonic_us();

	(void)!getrandom(&seed, sizeof(seed), 0);
	return seed;
}

bool keeper_open(struct keeper *keeper, const char *path, uint64_t scan, struct error *err)
{
	*keeper = (struct keeper){ .path = path, .scan = scan, .seed = draw_seed(), .free = NONE };
	if (path == NULL)
		return true;
	keeper->due_ms = clock_monotonic_ms() + EVERY_MS;
	keeper->arena = arena_new((size_t)1 << 31);
	if (keeper->arena == NULL)
		return error_memory(err);
	if (!resume_read(keeper->arena, path, scan, &keeper->from, &keeper->there, err))
		return false;
	if (keeper->there)
		keeper->seed = keeper->from.seed;
	return true;
}

void keeper_close(struct keeper *keeper)
{
	arena_free(keeper->arena);
	free(keeper->slots);
	*keeper = (struct keeper){ 0 };
}

static bool grow(struct keeper *keeper)
{
	const size_t capacity = keeper->slot_capacity > 0 ? 2 * keeper->slot_capacity : 256;
	uint32_t *slots;

	if (keeper->slot_count < keeper->slot_capacity)
		return true;
	slots = realloc(keeper->slots, capacity * sizeof(*slots));
	if (slots == NULL)
		return false;
	keeper->slots = slots;
	keeper->slot_capacity = capacity;
	return true;
}

/* Without memory the door is not remembered: slot 0, which nobody has. */
uint64_t keeper_add(struct keeper *keeper, uint64_t number)
{
	uint32_t slot = keeper->free;

	if (keeper->path == NULL)
		return 0;
	if (slot != NONE) {
		keeper->free = keeper->slots[slot] & ~FREE;
	} else if (grow(keeper)) {
		slot = (uint32_t)keeper->slot_count++;
	} else {
		return 0;
	}
	keeper->slots[slot] = (uint32_t)number;
	return (uint64_t)slot + 1;
}

void keeper_take_back(struct keeper *keeper, uint64_t slot)
{
	if (slot == 0)
		return;
	keeper->slots[slot - 1] = FREE | keeper->free;
	keeper->free = (uint32_t)(slot - 1);
}

bool keeper_is_due(const struct keeper *keeper)
{
	return keeper->path != NULL && clock_monotonic_ms() >= keeper->due_ms;
}

bool keeper_write(struct keeper *keeper, struct resume *now, struct error *err)
{
	struct buffer found = buffer_new((keeper->slot_count + 1) * sizeof(uint32_t));
	const int64_t begun = clock_monotonic_ms();
	int64_t took;
	bool good;

	for (size_t i = 0; i < keeper->slot_count; i++)
		if ((keeper->slots[i] & FREE) == 0)
			buffer_u32(&found, keeper->slots[i]);
	now->scan = keeper->scan;
	now->seed = keeper->seed;
	now->found = buffer_read(&found);
	good = !found.failed ? resume_write(keeper->path, now, err) : error_memory(err);
	buffer_free(&found);
	took = clock_monotonic_ms() - begun;
	keeper->due_ms = begun + took + (SHARE * took > EVERY_MS ? SHARE * took : EVERY_MS);
	return good;
}

void keeper_done(const struct keeper *keeper)
{
	if (keeper->path != NULL)
		(void)unlink(keeper->path);
}
