/* Plain, gzip (RFC 1952) and zstd (RFC 8878) behind one window. */
#include "capture/source.h"
#include "capture/zlib_calls.h"
#include "capture/zstd_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	PACKED_PIECE = 128 * 1024,
	READ_PIECE = 1 << 18,
	READ_LEAST = 1 << 14, /* room for less is no reason to stay in a buffer */
	ZSTD_WINDOW_LOG = 27  /* 128 MiB, as zstd's own default bound */
};

enum packing { PLAIN, GZIP, ZSTD };

struct source {
	int fd;
	const char *path; /* borrowed */
	bool follow, owned, regular;
	enum packing packing;
	uint64_t size, position, to_skip;
	struct window window; /* its bytes are owned */
	struct shelf *shelf;  /* or NULL */
	uint64_t given;       /* frames that had been given when the window's buffer was empty */
	uint8_t *packed;      /* PACKED_PIECE bytes; NULL for plain files */
	size_t packed_start, packed_end;
	z_stream gzip;
	ZSTD_DStream *zstd;
	bool inside; /* a compressed frame has begun and not ended */
};

struct window *source_window(struct source *source)
{
	return &source->window;
}

void source_skip(struct source *source, uint64_t n)
{
	const size_t here = source->window.end - source->window.start;

	if (n <= here) {
		window_take(&source->window, (size_t)n);
		return;
	}
	window_take(&source->window, here);
	source->to_skip += n - here;
}

uint64_t source_missing(const struct source *source)
{
	return source->to_skip;
}

uint64_t source_position(const struct source *source)
{
	return source->position;
}

uint64_t source_size(const struct source *source)
{
	return source->size;
}

/* Reads once; 0 at the end, -1 with errno. */
static ssize_t read_some(struct source *source, uint8_t *to, size_t room)
{
	ssize_t got;

	do
		got = read(source->fd, to, room);
	while (got < 0 && errno == EINTR);
	if (got > 0)
		source->position += (uint64_t)got;
	return got;
}

/* Reads the next piece of a compressed file. */
static ssize_t read_packed(struct source *source)
{
	const ssize_t got = read_some(source, source->packed, PACKED_PIECE);

	if (got >= 0) {
		source->packed_start = 0;
		source->packed_end = (size_t)got;
	}
	return got;
}

/* Unpacks what is at hand into room bytes. Returns the bytes made, or -1 with words. */
static ssize_t unpack_gzip(struct source *source, uint8_t *to, size_t room, struct error *err)
{
	int status;

	source->gzip.next_in = source->packed + source->packed_start;
	source->gzip.avail_in = (uInt)(source->packed_end - source->packed_start);
	source->gzip.next_out = to;
	source->gzip.avail_out = (uInt)room;
	status = inflate(&source->gzip, Z_NO_FLUSH);
	source->packed_start = source->packed_end - source->gzip.avail_in;
	source->inside = status != Z_STREAM_END;
	if (status == Z_STREAM_END && inflateReset(&source->gzip) != Z_OK) /* another member may follow */
		status = Z_STREAM_ERROR;
	if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) {
		error_set(err, "the gzip data is damaged (%s)",
			  source->gzip.msg != NULL ? source->gzip.msg : "?");
		return -1;
	}
	return (ssize_t)(room - source->gzip.avail_out);
}

static ssize_t unpack_zstd(struct source *source, uint8_t *to, size_t room, struct error *err)
{
	ZSTD_inBuffer in = { .src = source->packed, .size = source->packed_end, .pos = source->packed_start };
	ZSTD_outBuffer out = { .dst = to, .size = room };
	const size_t left = ZSTD_decompressStream(source->zstd, &out, &in);

	if (ZSTD_isError(left)) {
		error_set(err, "the zstd data is damaged (%s)", ZSTD_getErrorName(left));
		return -1;
	}
	source->packed_start = in.pos;
	source->inside = left != 0;
	return (ssize_t)out.pos;
}

/* Unpacks at least a byte. 0 at the end, -1 with words. */
static ssize_t read_unpacked(struct source *source, uint8_t *to, size_t room, struct error *err)
{
	for (;;) {
		const bool dry = source->packed_start == source->packed_end;
		const ssize_t got = dry ? read_packed(source) : 1;
		ssize_t made;

		if (got < 0) {
			error_system(err, errno, "cannot be read");
			return -1;
		}
		if (got == 0 && source->inside && !source->follow) {
			error_set(err, "the compressed data ends too early");
			return -1;
		}
		if (got == 0)
			return 0;
		made = source->packing == GZIP ? unpack_gzip(source, to, room, err)
					       : unpack_zstd(source, to, room, err);
		if (made != 0)
			return made;
	}
}

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
		return malloc(SOURCE_WINDOW);
	bytes = shelf->list[0].bytes;
	memmove(shelf->list, shelf->list + 1, --shelf->count * sizeof(*shelf->list));
	return bytes;
}

/* Puts a full buffer on the shelf, and returns an empty one. NULL without memory: then the full one stays its
 * owner's. */
static uint8_t *exchange(struct shelf *shelf, uint8_t *full)
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
		to = exchange(shelf, window->bytes);
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

/* Nothing more comes of the file for now. False with words if it was cut meanwhile, or if it is followed and
 * its name has become another's: what is written from now on goes there. */
static bool is_still_itself(const struct source *source, struct error *err)
{
	const off_t at = lseek(source->fd, 0, SEEK_CUR);
	struct stat now, named;

	if (!source->regular || at < 0 || fstat(source->fd, &now) != 0)
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
		size_t room;
		ssize_t got;

		if (!make_room(source, n)) {
			error_memory(err);
			return SOURCE_FAILED;
		}
		room = SOURCE_WINDOW - source->window.end;

		if (source->packing == PLAIN) {
			got = read_some(source, source->window.bytes + source->window.end,
					room < READ_PIECE ? room : READ_PIECE);
			if (got < 0)
				error_system(err, errno, "cannot be read");
		} else {
			got = read_unpacked(source, source->window.bytes + source->window.end, room, err);
		}
		if (got < 0)
			return SOURCE_FAILED;
		if (got == 0 && !is_still_itself(source, err))
			return SOURCE_FAILED;
		if (got == 0)
			return source->follow ? SOURCE_IDLE : SOURCE_END;
		source->window.end += (size_t)got;
		drop_skipped(source);
	}
	return SOURCE_MORE;
}

static bool unpack_from(struct source *source, enum packing packing, struct error *err)
{
	const size_t length = source->window.end;

	if (packing == ZSTD ? !zstd_load(err) : !zlib_load(err))
		return false;
	source->packed = malloc(PACKED_PIECE);
	if (source->packed == NULL)
		return error_memory(err);
	memcpy(source->packed, source->window.bytes, length);
	source->packed_end = length;
	source->window.end = 0;
	if (packing == ZSTD) {
		source->zstd = ZSTD_createDStream();
		if (source->zstd == NULL)
			return error_memory(err);
		ZSTD_DCtx_setParameter(source->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG);
	} else if (inflateInit2(&source->gzip, 15 + 16) != Z_OK) {
		return error_memory(err);
	}
	source->packing = packing;
	return true;
}

/* Looks at the first four bytes: a compressed file is read through its library. */
static bool detect_packing(struct source *source, struct error *err)
{
	static const uint8_t zstd[] = { 0x28, 0xb5, 0x2f, 0xfd };

	while (source->window.end < sizeof(zstd)) {
		const ssize_t got = read_some(source, source->window.bytes + source->window.end,
					      PACKED_PIECE - source->window.end);

		if (got < 0)
			return error_system(err, errno, "cannot be read");
		if (got == 0)
			return true;
		source->window.end += (size_t)got;
	}
	if (memcmp(source->window.bytes, zstd, sizeof(zstd)) == 0)
		return unpack_from(source, ZSTD, err);
	if (source->window.bytes[0] == 0x1f && source->window.bytes[1] == 0x8b)
		return unpack_from(source, GZIP, err);
	return true;
}

static bool open_file(struct source *source, const char *path, struct error *err)
{
	struct stat info;

	source->owned = strcmp(path, "-") != 0;
	source->fd = source->owned ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY) : STDIN_FILENO;
	if (source->fd < 0 || fstat(source->fd, &info) != 0)
		return error_system(err, errno, "cannot be opened");
	if (S_ISDIR(info.st_mode))
		return error_set(err, "is a directory");
	source->regular = S_ISREG(info.st_mode);
	if (source->regular)
		source->size = (uint64_t)info.st_size;
	posix_fadvise(source->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return true;
}

struct source *source_open(const char *path, bool follow, struct shelf *shelf, struct error *err)
{
	struct source *const source = calloc(1, sizeof(*source));

	if (source == NULL) {
		error_memory(err);
		return NULL;
	}
	source->fd = -1;
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
	if (source->owned && source->fd >= 0)
		close(source->fd);
	if (source->packing == GZIP)
		inflateEnd(&source->gzip);
	if (source->zstd != NULL)
		ZSTD_freeDStream(source->zstd);
	free(source->packed);
	free(source->window.bytes);
	free(source);
}
