/* source.h: a stream of bytes from a file, plain or compressed, and a window on it.
 *
 * The window is one buffer that holds what was read and not taken yet. What has been taken stays readable
 * until source_fill(), which moves the rest to the front and reads more. With a shelf it stays longer: the
 * buffer is put there once it is full, and the rest moves to the front of another one.
 *
 * Of a file that is mapped, what long frames carry need not be copied into the window before somebody wants
 * it. */
#ifndef CAPTURE_SOURCE_H
#define CAPTURE_SOURCE_H

#include "base/error.h"
#include "base/span.h"
#include "capture/shelf.h"

struct source;

enum { SOURCE_WINDOW = SHELF_BUFFER };

/* Bytes from start to end were read and not taken yet. */
struct window {
	uint8_t *bytes;
	size_t start, end;
	uint64_t taken;      /* since the beginning */
	const uint8_t *file; /* where it is mapped, else NULL; see mapping.h */
	uint64_t file_size;
	size_t lent_end; /* up to where the buffer is lent */
};

/* Opens a path, or standard input for "-". The shelf is borrowed; NULL: taken bytes need not stay. NULL with
 * words. The path must outlive the source. */
struct source *source_open(const char *path, bool follow, struct shelf *shelf, struct error *err);
void source_free(struct source *source);

struct window *source_window(struct source *source);

/* What can be read without moving anything. */
static inline struct span window_span(const struct window *window)
{
	return (struct span){ .at = window->bytes + window->start, .end = window->bytes + window->end };
}

/* Takes n bytes, which must be in the window. */
static inline void window_take(struct window *window, size_t n)
{
	window->start += n;
	window->taken += n;
}

/* From here on the file is mapped, if it can be, so that window_lends() may be asked; or read. */
void source_map(struct source *source, bool mapped);

/* Of a mapped file: whether the next n bytes may be copied one by one, each to where it would lie in the
 * window, whether it lies there already or not. */
static inline bool window_lends(const struct window *window, uint64_t n)
{
	return window->file != NULL && window->start + n <= window->lent_end &&
	       n <= window->file_size - window->taken;
}

/* Copies some of those, and returns where they lie. */
static inline uint8_t *window_copy(const struct window *window, size_t from, size_t n)
{
	return memcpy(window->bytes + window->start + from, window->file + window->taken + from, n);
}

/* Takes n of those, copied or not. The window holds nothing then. */
static inline void window_take_lent(struct window *window, size_t n)
{
	window->start += n;
	window->end = window->start;
	window->taken += n;
}

/* Steps over n bytes, of which any part may not have been read yet. */
void source_skip(struct source *source, uint64_t n);

/* Bytes to step over that have not been read yet: at the end of the file, what it lacks. */
uint64_t source_missing(const struct source *source);

enum source_state { SOURCE_MORE, SOURCE_IDLE, SOURCE_END, SOURCE_FAILED };

/* Reads until the window holds at least n bytes (n at most SOURCE_WINDOW / 2), or until there is nothing
 * more: END at the end of the file, IDLE at the end of one that is followed, FAILED with words, also for a
 * file that was cut meanwhile. */
enum source_state source_fill(struct source *source, size_t n, struct error *err);

/* Bytes of the file read so far, and its size (0 if unknown). */
uint64_t source_position(const struct source *source);
uint64_t source_size(const struct source *source);

#endif
