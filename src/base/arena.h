/* arena.h: memory for things that die together. Taken in large blocks, given back all at once. An arena has
 * a limit: past it, and when the machine has no memory left, every call returns NULL. What lives in an
 * arena is never freed by itself. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/span.h"

struct arena;

/* An arena that never takes more than about `limit` bytes from the system. NULL without memory. */
struct arena *arena_new(size_t limit);
void arena_free(struct arena *arena);

/* `size` zeroed bytes, aligned for any object. */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((malloc, alloc_size(2)));

/* The same for `count` objects of `size` bytes; NULL when the product overflows. */
void *arena_array(struct arena *arena, size_t count, size_t size) __attribute__((malloc, alloc_size(2, 3)));

/* Makes an array of `count` objects, grown by doubling, ready for one more; *capacity is kept by this
 * function and starts as 0. Returns the array, perhaps moved, or NULL (the old one is still good). */
void *arena_grow(struct arena *arena, void *array, size_t count, size_t *capacity, size_t size);

char *arena_text(struct arena *arena, const char *text);
char *arena_span_text(struct arena *arena, struct span s);
char *arena_format(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
