/* pool.h: memory for what lives as long as a conversation is read. Blocks are of few sizes and are used
 * again; what all of them take together has a bound. A pool belongs to one thread. */
#ifndef FLOW_POOL_H
#define FLOW_POOL_H

#include <stddef.h>

enum { POOL_CLASSES = 25, POOL_LARGE = 4096 }; /* larger ones are given back to the system each time */

struct pool {
	struct pool_block *spare[POOL_CLASSES];
	struct pool_chunk *chunks; /* owned */
	char *at, *end;            /* what is left of the newest chunk */
	size_t taken, limit;       /* bytes, of the system */
};

/* Zeroed bytes, aligned for any object; NULL past the limit. */
void *pool_take(struct pool *pool, size_t size);

/* The same without the zeros, for bytes that are written before they are read. */
void *pool_take_unset(struct pool *pool, size_t size);

/* Gives back a block of which this size was asked; NULL is none. */
void pool_give(struct pool *pool, void *block, size_t size);

/* What a block of this size holds in truth. */
size_t pool_room(size_t size);

void pool_free(struct pool *pool);

#endif
