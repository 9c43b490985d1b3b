/* Records of any bytes behind long frames, for which a file is mapped: read so, they give what they give when
 * they are read. The first byte chooses the format and the byte order. */
#include "base/buffer.h"
#include "frame_sum.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

enum { LONG_FRAMES = 60, LONG = 1500, MOST = 1 << 20, BIG = 1, BLOCKS = 2, MODIFIED = 4 };

static void put(struct buffer *b, uint8_t kind, uint32_t number)
{
	if (kind & BIG)
		buffer_u32(b, number);
	else
		buffer_u32_le(b, number);
}

static void put_all(struct buffer *b, uint8_t kind, const uint32_t *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		put(b, kind, numbers[i]);
}

#define PUT(b, kind, ...)                                                                                    \
	put_all(b, kind, (const uint32_t[]){ __VA_ARGS__ }, sizeof((const uint32_t[]){ __VA_ARGS__ }) / 4)

static void begin_file(struct buffer *b, uint8_t kind)
{
	if (kind & BLOCKS) {
		PUT(b, kind, 0x0a0d0d0a, 28, 0x1a2b3c4d, 1, UINT32_MAX, UINT32_MAX, 28);
		PUT(b, kind, 1, 20, kind & BIG ? 1 << 16 : 1, 0, 20);
	} else {
		PUT(b, kind, kind & MODIFIED ? 0xa1b2cd34 : 0xa1b2c3d4, 0, 0, 0, 65535, 1);
	}
}

static void add_frame(struct buffer *b, uint8_t kind, uint32_t n)
{
	if (kind & BLOCKS)
		PUT(b, kind, 6, LONG + 32, 0, 0, n, LONG, LONG);
	else
		PUT(b, kind, n, 0, LONG, LONG);
	if ((kind & (BLOCKS | MODIFIED)) == MODIFIED)
		buffer_fill(b, 0, 8);
	buffer_fill(b, (uint8_t)n, LONG);
	if (kind & BLOCKS)
		put(b, kind, LONG + 32);
}

static struct capture *opened(const char *path)
{
	const struct capture_options options = { .follow = false };
	struct capture *const capture = capture_new(&options, NULL);

	if (capture == NULL || !capture_add(capture, path, NULL))
		abort();
	return capture;
}

/* One mapping is there at a time: the second capture is read. */
static void compare(const char *path)
{
	struct capture *const mapped = opened(path), *const read = opened(path);
	const struct capture_file *one, *other;
	struct frame_sum sums[2] = { 0 };

	frame_sum_read(&sums[0], mapped, false);
	frame_sum_read(&sums[1], read, true);
	frame_sum_read(&sums[0], mapped, true);
	one = capture_file(mapped, 0);
	other = capture_file(read, 0);
	if (sums[0].left == 0 || sums[1].left > 0 || sums[0].frames != sums[1].frames ||
	    sums[0].digest != sums[1].digest || one->damaged != other->damaged ||
	    one->truncated != other->truncated || one->offset != other->offset ||
	    one->dropped != other->dropped || one->names != other->names || one->skipped != other->skipped ||
	    strcmp(one->problem.text, other->problem.text) != 0)
		abort();
	capture_free(mapped);
	capture_free(read);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	const int fd = memfd_create("capture", 0);
	struct buffer file = buffer_new(MOST);
	char path[64];

	if (length > 0 && length < MOST / 2) {
		begin_file(&file, bytes[0]);
		for (uint32_t n = 0; n < LONG_FRAMES; n++)
			add_frame(&file, bytes[0], n);
		buffer_add(&file, bytes + 1, length - 1);
		if (fd < 0 || file.failed || write(fd, file.bytes, file.length) != (ssize_t)file.length)
			abort();
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		compare(path);
	}
	buffer_free(&file);
	close(fd);
	return 0;
}
