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
	ZSTD_WINDOW_LOG = 27 /* 128 MiB, as zstd's own default bound */
};

enum packing { PLAIN, GZIP, ZSTD };

struct source {
	int fd;
	bool follow, file_ended, owned;
	enum packing packing;
	uint64_t size, position, to_skip;
	struct window window; /* its bytes are owned */
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

static void make_room(struct source *source)
{
	if (source->window.start == 0)
		return;
	memmove(source->window.bytes, source->window.bytes + source->window.start,
		source->window.end - source->window.start);
	source->window.end -= source->window.start;
	source->window.start = 0;
}

/* Bytes that were stepped over before they were read. */
static void drop_skipped(struct source *source)
{
	const size_t here = source->window.end - source->window.start;
	const size_t now = source->to_skip < here ? (size_t)source->to_skip : here;

	window_take(&source->window, now);
	source->to_skip -= now;
}

enum source_state source_fill(struct source *source, size_t n, struct error *err)
{
	make_room(source);
	while (source->to_skip > 0 || source->window.end - source->window.start < n) {
		const size_t room = SOURCE_WINDOW - source->window.end;
		ssize_t got;

		if (room == 0) { /* all of it is being skipped, else n would fit */
			make_room(source);
			continue;
		}
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
	if (S_ISREG(info.st_mode))
		source->size = (uint64_t)info.st_size;
	posix_fadvise(source->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return true;
}

struct source *source_open(const char *path, bool follow, struct error *err)
{
	struct source *const source = calloc(1, sizeof(*source));

	if (source == NULL) {
		error_memory(err);
		return NULL;
	}
	source->fd = -1;
	source->follow = follow;
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
