/* What is read, or unpacked, behind one window. */
#include "capture/source.h"
#include "capture/mapping.h"
#include "capture/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	FIRST_PIECE = 1 << 16, /* which the beginning of a file is read in, before it is known what it is */
	READ_PIECE = 1 << 18,
	READ_LEAST = 1 << 14, /* room for less is no reason to stay in a buffer */
	COPY_PIECE = 1 << 12, /* of a mapped file, whose frames are copied by their reader as a rule */
};

struct source {
	struct feed feed;
	const char *path; /* borrowed */
	bool follow, owned, regular;
	const uint8_t *mapping; /* or NULL */
	uint64_t size, to_skip;
	struct window window;      /* its bytes are owned */
	struct shelf *shelf;       /* or NULL */
	uint64_t given;            /* frames that had been given when the window's buffer was empty */
	struct unpacker *unpacker; /* owned; NULL for plain files */
};

struct window *source_window(struct source *source)
{
	return &source->window;
}

/* ---- what is mapped ---- */

/* Offset in the file of what comes behind the window. */
static uint64_t copied_up_to(const struct window *window)
{
	return window->taken + (window->end - window->start);
}

/* From now on the file is read. What frames have left in the mapping can still be fetched. */
static void read_from_here(struct source *source)
{
	if (source->window.file == NULL)
		return;
	source->feed.position = copied_up_to(&source->window);
	source->window.file = NULL;
	lseek(source->feed.fd, (off_t)source->feed.position, SEEK_SET);
}

void source_map(struct source *source, bool mapped)
{
	struct window *const window = &source->window;

	if (!mapped || !source->regular || source->follow || source->unpacker != NULL ||
	    copied_up_to(window) > source->size) {
		read_from_here(source);
		return;
	}
	if (source->mapping == NULL)
		source->mapping = mapping_open(source->feed.fd, source->size);
	window->file = source->mapping;
	window->file_size = source->size;
	window->lent_end = source->shelf != NULL ? SOURCE_WINDOW : READ_PIECE;
}

/* Behind the end of a file that was cut, in the same page, stand zeros and nothing tells. */
static bool is_still_mapped(const struct source *source)
{
	struct stat now;

	return !mapping_is_broken() && fstat(source->feed.fd, &now) == 0 &&
	       (uint64_t)now.st_size >= source->size;
}

/* Returns the bytes; 0 where the file must be read from here on. */
static size_t copy_on(struct source *source, uint8_t *to, size_t room)
{
	const struct window *const window = &source->window;
	const uint64_t from = copied_up_to(window), left = window->file_size - from;
	size_t n = room < COPY_PIECE ? room : COPY_PIECE;

	if (n > left)
		n = (size_t)left;
	if (!is_still_mapped(source))
		return 0;
	memcpy(to, window->file + from, n);
	mapping_passed(window->taken);
	return mapping_is_broken() ? 0 : n;
}

/* ---- what is read ---- */

void source_skip(struct source *source, uint64_t n)
{
	const size_t here = source->window.end - source->window.start;

	if (n <= here) {
		window_take(&source->window, (size_t)n);
		return;
	}
	window_take(&source->window, here);
	n -= here;
	if (source->window.file != NULL && n <= source->window.file_size - source->window.taken) {
		source->window.taken += n;
		return;
	}
	read_from_here(source);
	source->to_skip += n;
}

uint64_t source_missing(const struct source *source)
{
	return source->to_skip;
}

uint64_t source_position(const struct source *source)
{
	return source->window.file != NULL ? copied_up_to(&source->window) : source->feed.position;
}

uint64_t source_size(const struct source *source)
{
	return source->size;
}

/* What was not taken yet moves to the front: of the same buffer, or of another one while this one is kept.
 * False without memory for that. */
static bool make_room(struct source *source, size_t n)
{
	struct window *const window = &source->window;
	struct shelf *const shelf = source->shelf;
	const bool kept = shelf != NULL && shelf->given > source->given;
	const uint8_t *const from = window->bytes + window->start;
	uint8_t *to = window->bytes;

	if (window->start == 0 ||
	    (kept && SOURCE_WINDOW - window->start >= n && SOURCE_WINDOW - window->end >= READ_LEAST))
		return true;
	if (kept) {
		to = shelf_exchange(shelf, window->bytes);
		source->given = shelf->given;
	}
	if (to == NULL)
		return false;
	memmove(to, from, window->end - window->start);
	window->bytes = to;
	window->end -= window->start;
	window->start = 0;
	return true;
}

/* Bytes that were stepped over before they were read. */
static void drop_skipped(struct source *source)
{
	const size_t here = source->window.end - source->window.start;
	const size_t now = source->to_skip < here ? (size_t)source->to_skip : here;

	if (now == here) {
		source->window.taken += now;
		source->window.end = source->window.start;
	} else {
		window_take(&source->window, now);
	}
	source->to_skip -= now;
}

/* Reads into the buffer. Returns the bytes; 0 at the end, -1 with words. */
static ssize_t read_on(struct source *source, size_t n, struct error *err)
{
	struct window *const window = &source->window;
	uint8_t *to;
	size_t room;
	ssize_t got;

	if (!make_room(source, n)) {
		error_memory(err);
		return -1;
	}
	to = window->bytes + window->end;
	room = SOURCE_WINDOW - window->end;
	if (window->file != NULL) {
		got = (ssize_t)copy_on(source, to, room);
		if (got > 0)
			return got;
		read_from_here(source);
	}
	if (source->unpacker != NULL)
		return unpacker_read(source->unpacker, to, room, err);
	got = feed_read(&source->feed, to, room < READ_PIECE ? room : READ_PIECE);
	if (got < 0)
		error_system(err, errno, "cannot be read");
	return got;
}

/* Nothing more comes of the file for now. False with words if it was cut meanwhile, or if it is followed and
 * its name has become another's: what is written from now on goes there. */
static bool is_still_itself(const struct source *source, struct error *err)
{
	const off_t at = lseek(source->feed.fd, 0, SEEK_CUR);
	struct stat now, named;

	if (!source->regular || at < 0 || fstat(source->feed.fd, &now) != 0)
		return true;
	if (now.st_size < at || (uint64_t)at < source->size)
		return error_set(err, "the file has become shorter while it was read");
	if (source->follow && source->owned && stat(source->path, &named) == 0 &&
	    (named.st_ino != now.st_ino || named.st_dev != now.st_dev))
		return error_set(err, "another file has taken the place of this one");
	return true;
}

enum source_state source_fill(struct source *source, size_t n, struct error *err)
{
	while (source->to_skip > 0 || source->window.end - source->window.start < n) {
		const ssize_t got = read_on(source, n, err);

		if (got < 0 || (got == 0 && !is_still_itself(source, err)))
			return SOURCE_FAILED;
		if (got == 0)
			return source->follow ? SOURCE_IDLE : SOURCE_END;
		source->window.end += (size_t)got;
		drop_skipped(source);
	}
	return SOURCE_MORE;
}

/* Looks at the first four bytes: a compressed file is read through its library. */
static bool detect_packing(struct source *source, struct error *err)
{
	struct window *const window = &source->window;

	while (window->end < 4) {
		const ssize_t got = feed_read(&source->feed, window->bytes + window->end,
					      FIRST_PIECE - window->end);

		if (got < 0)
			return error_system(err, errno, "cannot be read");
		if (got == 0)
			return true;
		window->end += (size_t)got;
	}
	if (!unpacker_knows(window_span(window)))
		return true;
	source->unpacker = unpacker_new(&source->feed, window_span(window), source->follow, err);
	window->end = 0;
	return source->unpacker != NULL;
}

static bool open_file(struct source *source, const char *path, struct error *err)
{
	struct feed *const feed = &source->feed;
	struct stat info;

	source->owned = strcmp(path, "-") != 0;
	feed->fd = source->owned ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY) : STDIN_FILENO;
	if (feed->fd < 0 || fstat(feed->fd, &info) != 0)
		return error_system(err, errno, "cannot be opened");
	if (S_ISDIR(info.st_mode))
		return error_set(err, "is a directory");
	source->regular = S_ISREG(info.st_mode);
	if (source->regular)
		source->size = (uint64_t)info.st_size;
	posix_fadvise(feed->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return true;
}

struct source *source_open(const char *path, bool follow, struct shelf *shelf, struct error *err)
{
	struct source *const source = calloc(1, sizeof(*source));

	if (source == NULL) {
		error_memory(err);
		return NULL;
	}
	source->feed.fd = -1;
	source->path = path;
	source->follow = follow;
	source->shelf = shelf;
	source->window.bytes = malloc(SOURCE_WINDOW);
	if (source->window.bytes == NULL)
		error_memory(err);
	else if (open_file(source, path, err) && detect_packing(source, err))
		return source;
	source_free(source);
	return NULL;
}

void source_free(struct source *source)
{
	if (source == NULL)
		return;
	unpacker_free(source->unpacker);
	if (source->mapping != NULL)
		mapping_close();
	if (source->owned && source->feed.fd >= 0)
		close(source->feed.fd);
	free(source->window.bytes);
	free(source);
}
