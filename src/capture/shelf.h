/* shelf.h: buffers that are full, and stay until nobody needs the frames in them any more. */
#ifndef CAPTURE_SHELF_H
#define CAPTURE_SHELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHELF_BUFFER = 1 << 20, SHELF_SPARE = 8, SHELF_MOST = 64 };

/* Each buffer with the number of frames that had been given when it was full. */
struct shelf {
	struct shelved {
		uint8_t *bytes; /* owned */
		uint64_t given;
	} * list; /* owned; in the order in which they came */
	size_t count, capacity;
	uint64_t given, released; /* frames so far; nobody needs those that were released */
};

void shelf_free(struct shelf *shelf);

/* False if more than SHELF_MOST buffers are still needed. */
bool shelf_release(struct shelf *shelf, uint64_t frames);

/* Puts a full buffer on the shelf, and returns an empty one, of SHELF_BUFFER bytes. NULL without memory: then
 * the full one stays its owner's. */
uint8_t *shelf_exchange(struct shelf *shelf, uint8_t *full);

#endif
