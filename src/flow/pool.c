#include "flow/pool.h"
#include "flow/places.h"

#include <stdlib.h>
#include <string.h>

enum { LEAST = 64, PIECE = 1 << 15, CHUNK = 1 << 18 };

struct pool_block {
	struct pool_block *following;
};

/* What is asked of the system: little at first, and huge pages once it is clear that much is needed. */
struct pool_chunk {
	struct pool_chunk *following;
	size_t size;
	char pieces[];
};

/* The sizes are 64, 80, 96, 112, 128, 160, 192, 224, 256 and so on: four to each doubling. */
static size_t class_of(size_t size, size_t *ret_room)
{
	unsigned shift;
	size_t quarter; /* in which the last byte lies, counted from nothing: 4 to 7 */

	*ret_room = LEAST;
	if (size <= LEAST)
		return 0;
	shift = (unsigned)(8 * sizeof(size) - 3) - (unsigned)__builtin_clzl(size - 1);
	quarter = (size - 1) >> shift;
	*ret_room = (quarter + 1) << shift;
	return (size_t)(shift - 4) * 4 + quarter - 3;
}

size_t pool_room(size_t size)
{
	size_t room;

	(void)class_of(size, &room);
	return room;
}

static void *take_large(struct pool *pool, size_t room)
{
	void *const block = pool->taken + room <= pool->limit ? malloc(room) : NULL;

	pool->taken += block != NULL ? room : 0;
	return block;
}

static bool add_chunk(struct pool *pool)
{
	const size_t size = pool->taken < HUGE_PAGE ? CHUNK : HUGE_PAGE;
	struct pool_chunk *const chunk = pool->taken + size <= pool->limit ? pages_new(size, 0) : NULL;

	if (chunk == NULL)
		return false;
	pool->taken += size;
	chunk->following = pool->chunks;
	chunk->size = size;
	pool->chunks = chunk;
	pool->at = (char *)chunk + LEAST;
	pool->end = (char *)chunk + size;
	return true;
}

/* Blocks of a class for a piece of a chunk, or for what is left of it. */
static void *refill(struct pool *pool, size_t class, size_t room)
{
	const char *end;

	if ((size_t)(pool->end - pool->at) < room && !add_chunk(pool))
		return NULL;
	end = pool->end - pool->at > PIECE ? pool->at + PIECE : pool->end;
	for (; (size_t)(end - pool->at) >= room; pool->at += room) {
		struct pool_block *const block = (struct pool_block *)(void *)pool->at;

		block->following = pool->spare[class];
		pool->spare[class] = block;
	}
	return pool->spare[class];
}

void *pool_take_unset(struct pool *pool, size_t size)
{
	size_t room;
	const size_t class = class_of(size, &room);
	struct pool_block *block;

	if (room > POOL_LARGE)
		return take_large(pool, room);
	block = pool->spare[class] != NULL ? pool->spare[class] : refill(pool, class, room);
	if (block == NULL)
		return NULL;
	pool->spare[class] = block->following;
	return block;
}

void *pool_take(struct pool *pool, size_t size)
{
	void *const block = pool_take_unset(pool, size);

	return block != NULL ? memset(block, 0, size) : NULL;
}

void pool_give(struct pool *pool, void *memory, size_t size)
{
	size_t room;
	const size_t class = class_of(size, &room);
	struct pool_block *const block = memory;

	if (memory == NULL)
		return;
	if (room > POOL_LARGE) {
		pool->taken -= room;
		free(memory);
		return;
	}
	block->following = pool->spare[class];
	pool->spare[class] = block;
}

void pool_free(struct pool *pool)
{
	while (pool->chunks != NULL) {
		struct pool_chunk *const chunk = pool->chunks;

		pool->chunks = chunk->following;
		pages_free(chunk, chunk->size);
	}
}
