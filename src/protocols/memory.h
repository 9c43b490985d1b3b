/* memory.h: what protocols remember beyond one flow: names of addresses, who was given which address, calls.
 *
 * There is one memory, whatever the number of workers. A parser does not see it: it hands over a record of
 * what is new (parse.h), and where all that is told has been put into one order, a function of the protocol
 * is given the memory and the record, one after the other. So what is remembered is the same on every run.
 *
 * Each kind of things has a room of its own, with a bound: the oldest entry gives way to a new one, and is
 * counted. A room takes its memory when the first entry comes. */
#ifndef PROTOCOLS_MEMORY_H
#define PROTOCOLS_MEMORY_H

#include <stddef.h>
#include <stdint.h>

enum {
	MEMORY_ROOMS = 8,
	MEMORY_RECORD = 224, /* most bytes of a record that is handed over */
};

/* A kind of things; one constant for each. Keys are compared byte by byte: set them to zeros first. */
struct memory_room {
	const char *name; /* "names" */
	size_t key_size, value_size;
	uint32_t limit; /* entries */
};

struct memory;

/* NULL without memory. */
struct memory *memory_new(void);
void memory_free(struct memory *memory);

/* The value under this key, until the next memory_put() of its room; NULL where there is none. */
void *memory_find(struct memory *memory, const struct memory_room *room, const void *key);

/* The same, and where there is none a new one of zeros. NULL without memory. */
void *memory_put(struct memory *memory, const struct memory_room *room, const void *key);

struct memory_count {
	const char *name;
	uint64_t held, forgotten;
};

/* Of each room that was used, in the order of their first use: how many there are. */
size_t memory_counts(const struct memory *memory, struct memory_count counts[static MEMORY_ROOMS]);

#endif
