#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { BLOCK_SIZE = 64 * 1024, FIRST_MOST = 8, FIRST_BYTES = 64 };

struct block {
	struct block *next;
	size_t used, size;
	alignas(max_align_t) uint8_t bytes[];
};

struct arena {
	struct block *blocks; /* the first is the one in use */
	size_t taken, limit;
};

struct arena *arena_new(size_t limit)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	if (arena != NULL)
		arena->limit = limit;
	return arena;
}

void arena_free(struct arena *arena)
{
	struct block *next;

	if (arena == NULL)
		return;
	for (struct block *block = arena->blocks; block != NULL; block = next) {
		next = block->next;
		free(block);
	}
	free(arena);
}

/* A block for at least `size` bytes. A large object gets a block of its own behind the one in use, so that
 * what is left of that one is not lost. */
static struct block *new_block(struct arena *arena, size_t size)
{
	const size_t room = size > BLOCK_SIZE / 4 ? size : BLOCK_SIZE;
	struct block *block;

	if (room > arena->limit - arena->taken)
		return NULL;
	block = calloc(1, sizeof(*block) + room);
	if (block == NULL)
		return NULL;
	block->size = room;
	arena->taken += room;
	if (room != BLOCK_SIZE && arena->blocks != NULL) {
		block->next = arena->blocks->next;
		arena->blocks->next = block;
	} else {
		block->next = arena->blocks;
		arena->blocks = block;
	}
	return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct block *block = arena->blocks;
	const size_t rounded = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	void *object;

	if (rounded < size)
		return NULL;
	if (block == NULL || rounded > block->size - block->used)
		block = new_block(arena, rounded);
	if (block == NULL)
		return NULL;
	object = block->bytes + block->used;
	block->used += rounded;
	return object;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
	return size > 0 && count > SIZE_MAX / size ? NULL : arena_alloc(arena, count * size);
}

/* Most lists are short, and of what is large there is often but one. */
static size_t first_of(size_t size)
{
	if (size >= FIRST_BYTES)
		return 1;
	return size > FIRST_BYTES / FIRST_MOST ? FIRST_BYTES / size : FIRST_MOST;
}

void *arena_grow(struct arena *arena, void *array, size_t count, size_t *capacity, size_t size)
{
	size_t wanted = *capacity * 2;
	void *larger;

	if (count < *capacity)
		return array;
	if (wanted == 0)
		wanted = first_of(size);
	larger = arena_array(arena, wanted, size);
	if (larger == NULL)
		return NULL;
	if (count > 0)
		memcpy(larger, array, count * size);
	*capacity = wanted;
	return larger;
}

char *arena_span_text(struct arena *arena, struct span s)
{
	char *copy = arena_alloc(arena, span_left(s) + 1);

	return copy != NULL ? span_copy_text(s, copy, span_left(s) + 1) : NULL;
}

char *arena_text(struct arena *arena, const char *text)
{
	return arena_span_text(arena, span_text(text));
}

char *arena_format(struct arena *arena, const char *format, ...)
{
	va_list list;
	int length;
	char *text;

	va_start(list, format);
	length = vsnprintf(NULL, 0, format, list);
	va_end(list);
	text = length >= 0 ? arena_alloc(arena, (size_t)length + 1) : NULL;
	if (text == NULL)
		return NULL;
	va_start(list, format);
	vsnprintf(text, (size_t)length + 1, format, list);
	va_end(list);
	return text;
}
