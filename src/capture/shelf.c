#include "capture/shelf.h"

#include <stdlib.h>
#include <string.h>

void shelf_free(struct shelf *shelf)
{
	for (size_t i = 0; i < shelf->count; i++)
		free(shelf->list[i].bytes);
	free(shelf->list);
}

bool shelf_release(struct shelf *shelf, uint64_t frames)
{
	size_t free_count = 0;

	shelf->released = frames;
	while (free_count < shelf->count && shelf->list[free_count].given <= frames)
		free_count++;
	if (free_count > SHELF_SPARE) {
		for (size_t i = SHELF_SPARE; i < free_count; i++)
			free(shelf->list[i].bytes);
		shelf->count -= free_count - SHELF_SPARE;
		memmove(shelf->list + SHELF_SPARE, shelf->list + free_count,
			(shelf->count - SHELF_SPARE) * sizeof(*shelf->list));
		free_count = SHELF_SPARE;
	}
	return shelf->count - free_count <= SHELF_MOST;
}

/* A buffer whose frames are all released, or a new one. NULL without memory. */
static uint8_t *take_buffer(struct shelf *shelf)
{
	uint8_t *bytes;

	if (shelf->count == 0 || shelf->list[0].given > shelf->released)
		return malloc(SHELF_BUFFER);
	bytes = shelf->list[0].bytes;
	memmove(shelf->list, shelf->list + 1, --shelf->count * sizeof(*shelf->list));
	return bytes;
}

uint8_t *shelf_exchange(struct shelf *shelf, uint8_t *full)
{
	uint8_t *empty;

	if (shelf->count == shelf->capacity) {
		const size_t capacity = shelf->capacity > 0 ? 2 * shelf->capacity : 8;
		struct shelved *const list = realloc(shelf->list, capacity * sizeof(*list));

		if (list == NULL)
			return NULL;
		shelf->list = list;
		shelf->capacity = capacity;
	}
	empty = take_buffer(shelf);
	if (empty != NULL)
		shelf->list[shelf->count++] = (struct shelved){ full, shelf->given };
	return empty;
}
