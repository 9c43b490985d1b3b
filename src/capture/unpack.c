#include "capture/unpack.h"
#include "capture/zlib_calls.h"
#include "capture/zstd_calls.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	PACKED_PIECE = 128 * 1024,
	ZSTD_WINDOW_LOG = 27 /* 128 MiB, as zstd's own default bound */
};

static const uint8_t zstd_magic[] = { 0x28, 0xb5, 0x2f, 0xfd }, gzip_magic[] = { 0x1f, 0x8b };

struct unpacker {
	struct feed *feed; /* borrowed */
	bool follow;
	bool inside;        /* a compressed frame has begun and not ended */
	ZSTD_DStream *zstd; /* NULL for gzip */
	z_stream gzip;
	size_t start, end; /* of what was read and not unpacked */
	uint8_t packed[PACKED_PIECE];
};

ssize_t feed_read(struct feed *feed, uint8_t *to, size_t room)
{
	ssize_t got;

	do
		got = read(feed->fd, to, room);
	while (got < 0 && errno == EINTR);
	if (got > 0)
		feed->position += (uint64_t)got;
	return got;
}

static bool begins_with(struct span s, const uint8_t *magic, size_t length)
{
	return span_left(s) >= length && memcmp(s.at, magic, length) == 0;
}

bool unpacker_knows(struct span beginning)
{
	return begins_with(beginning, zstd_magic, sizeof(zstd_magic)) ||
	       begins_with(beginning, gzip_magic, sizeof(gzip_magic));
}

static bool begin_zstd(struct unpacker *unpacker, struct error *err)
{
	if (!zstd_load(err))
		return false;
	unpacker->zstd = ZSTD_createDStream();
	if (unpacker->zstd == NULL)
		return error_memory(err);
	ZSTD_DCtx_setParameter(unpacker->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG);
	return true;
}

static bool begin_gzip(struct unpacker *unpacker, struct error *err)
{
	if (!zlib_load(err))
		return false;
	return inflateInit2(&unpacker->gzip, 15 + 16) == Z_OK || error_memory(err);
}

struct unpacker *unpacker_new(struct feed *feed, struct span beginning, bool follow, struct error *err)
{
	struct unpacker *const unpacker = calloc(1, sizeof(*unpacker));
	const bool zstd = begins_with(beginning, zstd_magic, sizeof(zstd_magic));

	if (unpacker == NULL || span_left(beginning) > PACKED_PIECE) {
		free(unpacker);
		error_memory(err);
		return NULL;
	}
	unpacker->feed = feed;
	unpacker->follow = follow;
	unpacker->end = span_left(beginning);
	memcpy(unpacker->packed, beginning.at, unpacker->end);
	if (zstd ? begin_zstd(unpacker, err) : begin_gzip(unpacker, err))
		return unpacker;
	free(unpacker);
	return NULL;
}

void unpacker_free(struct unpacker *unpacker)
{
	if (unpacker == NULL)
		return;
	if (unpacker->zstd != NULL)
		ZSTD_freeDStream(unpacker->zstd);
	else
		inflateEnd(&unpacker->gzip);
	free(unpacker);
}

/* Reads the next piece of the file. */
static ssize_t read_packed(struct unpacker *unpacker)
{
	const ssize_t got = feed_read(unpacker->feed, unpacker->packed, PACKED_PIECE);

	if (got >= 0) {
		unpacker->start = 0;
		unpacker->end = (size_t)got;
	}
	return got;
}

/* Unpacks what is at hand into room bytes. Returns the bytes made, or -1 with words. */
static ssize_t unpack_gzip(struct unpacker *unpacker, uint8_t *to, size_t room, struct error *err)
{
	z_stream *const gzip = &unpacker->gzip;
	int status;

	gzip->next_in = unpacker->packed + unpacker->start;
	gzip->avail_in = (uInt)(unpacker->end - unpacker->start);
	gzip->next_out = to;
	gzip->avail_out = (uInt)room;
	status = inflate(gzip, Z_NO_FLUSH);
	unpacker->start = unpacker->end - gzip->avail_in;
	unpacker->inside = status != Z_STREAM_END;
	if (status == Z_STREAM_END && inflateReset(gzip) != Z_OK) /* another member may follow */
		status = Z_STREAM_ERROR;
	if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) {
		error_set(err, "the gzip data is damaged (%s)", gzip->msg != NULL ? gzip->msg : "?");
		return -1;
	}
	return (ssize_t)(room - gzip->avail_out);
}

static ssize_t unpack_zstd(struct unpacker *unpacker, uint8_t *to, size_t room, struct error *err)
{
	ZSTD_inBuffer in = { .src = unpacker->packed, .size = unpacker->end, .pos = unpacker->start };
	ZSTD_outBuffer out = { .dst = to, .size = room };
	const size_t left = ZSTD_decompressStream(unpacker->zstd, &out, &in);

	if (ZSTD_isError(left)) {
		error_set(err, "the zstd data is damaged (%s)", ZSTD_getErrorName(left));
		return -1;
	}
	unpacker->start = in.pos;
	unpacker->inside = left != 0;
	return (ssize_t)out.pos;
}

ssize_t unpacker_read(struct unpacker *unpacker, uint8_t *to, size_t room, struct error *err)
{
	for (;;) {
		const bool dry = unpacker->start == unpacker->end;
		const ssize_t got = dry ? read_packed(unpacker) : 1;
		ssize_t made;

		if (got < 0) {
			error_system(err, errno, "cannot be read");
			return -1;
		}
		if (got == 0 && unpacker->inside && !unpacker->follow) {
			error_set(err, "the compressed data ends too early");
			return -1;
		}
		if (got == 0)
			return 0;
		made = unpacker->zstd == NULL ? unpack_gzip(unpacker, to, room, err)
					      : unpack_zstd(unpacker, to, room, err);
		if (made != 0)
			return made;
	}
}
