/* Capture files, written here byte by byte as the formats say, and read again. */
#include "base/buffer.h"
#include "capture/capture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include <zlib.h>
#include <zstd.h>

enum { ETHERNET = 1, RAW = 101, FRAMES = 40 };

/* ---- writing ---- */

static void put16(struct buffer *b, bool big, uint16_t n)
{
	big ? buffer_u16(b, n) : buffer_u16_le(b, n);
}

static void put32(struct buffer *b, bool big, uint32_t n)
{
	big ? buffer_u32(b, n) : buffer_u32_le(b, n);
}

static void pcap_header(struct buffer *b, bool big, uint32_t magic, uint32_t link)
{
	put32(b, big, magic);
	put16(b, big, 2);
	put16(b, big, 4);
	put32(b, big, 0);
	put32(b, big, 0);
	put32(b, big, 65535);
	put32(b, big, link);
}

/* The nth frame of every test: some bytes that depend on n, a length, a time. */
static uint32_t frame_length(unsigned n)
{
	return 20 + (n * 37) % 1400;
}

static void frame_bytes(struct buffer *b, unsigned n, uint32_t captured)
{
	for (uint32_t i = 0; i < captured; i++)
		buffer_u8(b, (uint8_t)(n * 7 + i));
}

static void pcap_record(struct buffer *b, bool big, bool nano, bool modified, unsigned n)
{
	put32(b, big, 1000 + n);
	put32(b, big, nano ? 5000 * n : 5 * n);
	put32(b, big, frame_length(n));
	put32(b, big, frame_length(n) + 4);
	if (modified)
		buffer_fill(b, 0, 8);
	frame_bytes(b, n, frame_length(n));
}

static struct buffer pcap_file(bool big, uint32_t magic, unsigned from, unsigned to)
{
	struct buffer b = buffer_new(1 << 20);

	pcap_header(&b, big, magic, ETHERNET);
	for (unsigned n = from; n < to; n++)
		pcap_record(&b, big, magic == 0xa1b23c4d, magic == 0xa1b2cd34, n);
	return b;
}

static void block(struct buffer *b, bool big, uint32_t type, const struct buffer *body)
{
	const uint32_t padding = (4 - body->length % 4) % 4;

	put32(b, big, type);
	put32(b, big, (uint32_t)body->length + padding + 12);
	buffer_add(b, body->bytes, body->length);
	buffer_fill(b, 0, padding);
	put32(b, big, (uint32_t)body->length + padding + 12);
}

static void section_block(struct buffer *b, bool big)
{
	struct buffer body = buffer_new(1000);

	put32(&body, big, 0x1a2b3c4d);
	put32(&body, big, 1);
	buffer_fill(&body, 0xff, 8);
	block(b, big, 0x0a0d0d0a, &body);
	buffer_free(&body);
}

/* resolution 0: no option, and then microseconds */
static void interface_block(struct buffer *b, bool big, uint16_t link, uint8_t resolution, int32_t offset)
{
	struct buffer body = buffer_new(1000);

	put16(&body, big, link);
	put16(&body, big, 0);
	put32(&body, big, 65535);
	put16(&body, big, 2); /* if_name */
	put16(&body, big, 5);
	buffer_add(&body, "veth0\0\0", 8);
	if (resolution != 0) {
		put16(&body, big, 9);
		put16(&body, big, 1);
		buffer_u8(&body, resolution);
		buffer_fill(&body, 0, 3);
	}
	if (offset != 0) {
		put16(&body, big, 14);
		put16(&body, big, 8);
		put32(&body, big, big ? (offset < 0 ? UINT32_MAX : 0) : (uint32_t)offset);
		put32(&body, big, big ? (uint32_t)offset : (offset < 0 ? UINT32_MAX : 0));
	}
	put32(&body, big, 0);
	block(b, big, 1, &body);
	buffer_free(&body);
}

static void enhanced_block(struct buffer *b, bool big, uint32_t interface, uint64_t units, unsigned n)
{
	struct buffer body = buffer_new(1 << 17);

	put32(&body, big, interface);
	put32(&body, big, (uint32_t)(units >> 32));
	put32(&body, big, (uint32_t)units);
	put32(&body, big, frame_length(n));
	put32(&body, big, frame_length(n) + 4);
	frame_bytes(&body, n, frame_length(n));
	block(b, big, 6, &body);
	buffer_free(&body);
}

static struct buffer pcapng_file(bool big, unsigned from, unsigned to)
{
	struct buffer b = buffer_new(1 << 20);

	section_block(&b, big);
	interface_block(&b, big, ETHERNET, 0, 0);
	for (unsigned n = from; n < to; n++)
		enhanced_block(&b, big, 0, (uint64_t)(1000 + n) * 1000000 + 5 * n, n);
	return b;
}

static const char *written(const void *bytes, size_t length)
{
	static char paths[8][40];
	static unsigned next;
	char *const path = strcpy(paths[next++ % 8], "/tmp/doorward-capture-XXXXXX");
	const int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, length), length);
	close(fd);
	return path;
}

/* ---- reading ---- */

/* What reading gave: a text with a line for each frame, and what was said of the first file. */
struct reading {
	char frames[16384];
	size_t count;
	struct capture_file file;
	bool opened;
	struct error err;
};

static void note(struct reading *reading, const struct frame *frame)
{
	const size_t at = strlen(reading->frames);
	uint32_t sum = 0;

	capture_fetch(frame);
	for (uint32_t i = 0; i < frame->captured; i++)
		sum = sum * 31 + frame->bytes[i];
	snprintf(reading->frames + at, sizeof(reading->frames) - at, "%lld %u/%u link %u sum %08x\n",
		 (long long)frame->time_ns, frame->captured, frame->length, frame->link, sum);
	reading->count++;
}

static struct reading *read_paths(const char *const *paths, size_t count, const char *filter)
{
	const struct capture_options options = { .filter = filter };
	struct reading *const reading = calloc(1, sizeof(*reading));
	struct capture *const capture = capture_new(&options, &reading->err);
	struct frame frames[CAPTURE_BATCH];
	size_t got;

	assert_non_null(capture);
	reading->opened = true;
	for (size_t i = 0; i < count; i++)
		reading->opened &= capture_add(capture, paths[i], &reading->err);
	while ((got = capture_read(capture, frames)) > 0) {
		for (size_t i = 0; i < got; i++)
			note(reading, &frames[i]);
	}
	assert_true(capture_ended(capture));
	if (capture_file_count(capture) > 0)
		reading->file = *capture_file(capture, 0);
	capture_free(capture);
	for (size_t i = 0; i < count; i++)
		unlink(paths[i]);
	return reading;
}

static struct reading *read_bytes(const void *bytes, size_t length)
{
	const char *const path = written(bytes, length);

	return read_paths(&path, 1, NULL);
}

static struct reading *read_buffer(struct buffer b)
{
	struct reading *const reading = read_bytes(b.bytes, b.length);

	buffer_free(&b);
	return reading;
}

/* ---- tests ---- */

static void every_kind_of_pcap_gives_the_same_frames(void **unused)
{
	static const uint32_t magics[] = { 0xa1b2c3d4, 0xa1b23c4d, 0xa1b2cd34 };
	struct reading *const first = read_buffer(pcap_file(false, magics[0], 0, FRAMES));

	(void)unused;
	assert_int_equal(first->count, FRAMES);
	assert_int_equal(strncmp(first->frames, "1000000000000 20/24 link 1 sum ", 31), 0);
	for (int big = 0; big < 2; big++) {
		for (size_t m = 0; m < 3; m++) {
			struct reading *const other = read_buffer(pcap_file(big, magics[m], 0, FRAMES));

			assert_string_equal(other->frames, first->frames);
			assert_false(other->file.damaged);
			free(other);
		}
	}
	free(first);
}

static void pcapng_gives_what_pcap_gives(void **unused)
{
	struct reading *const pcap = read_buffer(pcap_file(false, 0xa1b2c3d4, 0, FRAMES));

	(void)unused;
	for (int big = 0; big < 2; big++) {
		struct reading *const pcapng = read_buffer(pcapng_file(big, 0, FRAMES));

		assert_string_equal(pcapng->frames, pcap->frames);
		free(pcapng);
	}
	free(pcap);
}

static void sections_and_interfaces_keep_their_own_link_and_clock(void **unused)
{
	struct buffer b = buffer_new(1 << 20);
	struct reading *reading;

	(void)unused;
	section_block(&b, false);
	interface_block(&b, false, ETHERNET, 9, 0);
	interface_block(&b, false, RAW, 0x80 | 10, -10);
	enhanced_block(&b, false, 0, 5000000001u, 1);
	enhanced_block(&b, false, 1, (uint64_t)20 << 10 | 512, 1);
	section_block(&b, true);
	interface_block(&b, true, 113, 3, 100);
	enhanced_block(&b, true, 0, 1500, 1);
	reading = read_buffer(b);
	assert_string_equal(reading->frames, "5000000001 57/61 link 1 sum 7c0fc323\n"
					     "10500000000 57/61 link 101 sum 7c0fc323\n"
					     "101500000000 57/61 link 113 sum 7c0fc323\n");
	assert_int_equal(reading->file.interfaces, 3);
	free(reading);
}

static void other_blocks_are_counted_or_stepped_over(void **unused)
{
	struct buffer b = buffer_new(4 << 20), body = buffer_new(3 << 20);
	struct reading *reading;

	(void)unused;
	section_block(&b, false);
	buffer_fill(&body, 0x5a, 2 << 20); /* larger than any window */
	block(&b, false, 0x0bad, &body);
	interface_block(&b, false, ETHERNET, 0, 0);
	buffer_clear(&body);
	buffer_fill(&body, 0, 12);
	buffer_u16_le(&body, 5); /* isb_ifdrop */
	buffer_u16_le(&body, 8);
	buffer_u32_le(&body, 77);
	buffer_u32_le(&body, 0);
	block(&b, false, 5, &body);
	buffer_clear(&body);
	buffer_u16_le(&body, 1); /* nrb_record_ipv4 */
	buffer_u16_le(&body, 9);
	buffer_add(&body, "\xc0\0\2\1host\0\0\0", 12);
	buffer_u32_le(&body, 0);
	block(&b, false, 4, &body);
	enhanced_block(&b, false, 0, 7, 2);
	buffer_clear(&body);
	buffer_u32_le(&body, 100); /* simple packet block, cut by the block's own length */
	frame_bytes(&body, 3, 40);
	block(&b, false, 3, &body);
	reading = read_buffer(b);
	buffer_free(&body);
	assert_int_equal(reading->count, 2);
	assert_non_null(strstr(reading->frames, "0 40/100 link 1"));
	assert_int_equal(reading->file.dropped, 77);
	assert_int_equal(reading->file.names, 1);
	assert_int_equal(reading->file.skipped, 1);
	free(reading);
}

/* Seconds, and far more of them than there were; what is told lies within 146 years of 1970. */
static void absurd_times_are_kept_within_bounds(void **unused)
{
	static const struct {
		uint64_t units;
		int32_t offset;
		const char *time;
	} cases[] = {
		{ UINT64_MAX, 0, "4611686017000000000 " },
		{ (uint64_t)1 << 40, INT32_MAX, "4611686017000000000 " },
		{ 4611686017u, 1, "4611686017000000000 " },
		{ 0, INT32_MIN, "-2147483648000000000 " },
		{ 4611686016u, 0, "4611686016000000000 " },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buffer b = buffer_new(1000);
		struct reading *reading;

		section_block(&b, false);
		interface_block(&b, false, ETHERNET, 0x80, cases[i].offset);
		enhanced_block(&b, false, 0, cases[i].units, 0);
		reading = read_buffer(b);
		assert_int_equal(reading->count, 1);
		assert_int_equal(strncmp(reading->frames, cases[i].time, strlen(cases[i].time)), 0);
		free(reading);
	}
}

static void compressed_files_read_as_plain_ones(void **unused)
{
	struct buffer plain = pcap_file(false, 0xa1b2c3d4, 0, FRAMES);
	struct reading *const first = read_bytes(plain.bytes, plain.length);
	uint8_t *const packed = malloc(1 << 20);
	struct reading *other;
	size_t length;
	z_stream gzip = { .next_in = plain.bytes,
			  .avail_in = (uInt)plain.length,
			  .next_out = packed,
			  .avail_out = 1 << 20 };

	(void)unused;
	assert_int_equal(deflateInit2(&gzip, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&gzip, Z_FINISH), Z_STREAM_END);
	length = gzip.total_out;
	deflateEnd(&gzip);
	other = read_bytes(packed, length);
	assert_string_equal(other->frames, first->frames);
	free(other);
	other = read_bytes(packed, length / 2);
	assert_true(other->file.damaged);
	assert_non_null(strstr(other->file.problem.text, "ends too early"));
	assert_true(other->count < FRAMES);
	free(other);
	length = ZSTD_compress(packed, 1 << 20, plain.bytes, plain.length, 3);
	other = read_bytes(packed, length);
	assert_string_equal(other->frames, first->frames);
	free(other);
	packed[length / 2] ^= 0xff;
	other = read_bytes(packed, length);
	assert_true(other->file.damaged);
	free(other);
	free(packed);
	free(first);
	buffer_free(&plain);
}

static void files_are_merged_in_the_order_of_time(void **unused)
{
	struct reading *const whole = read_buffer(pcap_file(false, 0xa1b2c3d4, 0, FRAMES));
	struct buffer late = pcap_file(true, 0xa1b23c4d, FRAMES / 2, FRAMES);
	struct buffer early = pcapng_file(false, 0, FRAMES / 2);
	const char *const paths[] = { written(late.bytes, late.length), written(early.bytes, early.length) };
	struct reading *const merged = read_paths(paths, 2, NULL);

	(void)unused;
	assert_string_equal(merged->frames, whole->frames);
	buffer_free(&late);
	buffer_free(&early);
	free(merged);
	free(whole);
}

static void a_file_cut_anywhere_is_read_up_to_the_cut(void **unused)
{
	struct buffer files[] = { pcap_file(false, 0xa1b2c3d4, 0, 4), pcapng_file(true, 0, 4) };

	(void)unused;
	for (size_t f = 0; f < 2; f++) {
		struct reading *const whole = read_bytes(files[f].bytes, files[f].length);

		for (size_t cut = 1; cut < files[f].length; cut++) {
			struct reading *const part = read_bytes(files[f].bytes, cut);

			assert_true(part->count <= whole->count);
			assert_true(!part->opened || part->file.truncated || part->file.damaged ||
				    part->count < whole->count);
			if (part->count > 1 && !part->file.truncated)
				assert_int_equal(strncmp(part->frames, whole->frames, strlen(part->frames)),
						 0);
			free(part);
		}
		free(whole);
		buffer_free(&files[f]);
	}
}

static void the_last_frame_is_read_as_far_as_it_goes(void **unused)
{
	struct buffer b = pcap_file(false, 0xa1b2c3d4, 1, 2);
	struct reading *reading = read_bytes(b.bytes, b.length - 7);

	(void)unused;
	assert_int_equal(reading->count, 1);
	assert_true(reading->file.truncated);
	assert_non_null(strstr(reading->frames, " 50/61 "));
	free(reading);
	buffer_free(&b);
	b = pcapng_file(false, 1, 2);
	reading = read_bytes(b.bytes, b.length - 14);
	assert_true(reading->file.truncated);
	assert_non_null(strstr(reading->frames, " 50/61 "));
	free(reading);
	buffer_free(&b);
}

static void what_is_no_capture_is_refused_in_words(void **unused)
{
	static const struct {
		const char *bytes;
		size_t length;
		const char *words;
	} cases[] = {
		{ "", 0, "is empty" },
		{ "\x7f"
		  "ELF and more of it",
		  18, "is no capture" },
		{ "GET", 3, "is no capture" },
	};
	const char *const missing = "/tmp/doorward-no-such-file", *const folder = "/tmp";
	struct reading *reading;

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		reading = read_bytes(cases[i].bytes, cases[i].length);
		assert_false(reading->opened);
		assert_non_null(strstr(reading->err.text, cases[i].words));
		free(reading);
	}
	reading = read_paths(&missing, 1, NULL);
	assert_non_null(strstr(reading->err.text, "No such file"));
	free(reading);
	reading = read_paths(&folder, 1, NULL);
	assert_non_null(strstr(reading->err.text, "is a directory"));
	free(reading);
}

static void lying_lengths_are_damage_with_an_offset(void **unused)
{
	struct buffer b = pcap_file(false, 0xa1b2c3d4, 0, 2);
	struct reading *reading;

	(void)unused;
	memset(b.bytes + 24 + 16 + 20 + 8, 0xff, 4); /* the second record's captured length */
	reading = read_buffer(b);
	assert_int_equal(reading->count, 1);
	assert_true(reading->file.damaged);
	assert_non_null(strstr(reading->file.problem.text, "at offset 60: a record claims 4294967295 bytes"));
	free(reading);
	b = pcapng_file(false, 0, 2);
	b.bytes[28 + 4] = 4; /* the length of the interface's block */
	reading = read_buffer(b);
	assert_int_equal(reading->count, 0);
	assert_non_null(strstr(reading->file.problem.text, "at offset 28: a block claims 4 bytes"));
	free(reading);
	b = buffer_new(1000);
	section_block(&b, false);
	enhanced_block(&b, false, 3, 0, 0);
	reading = read_buffer(b);
	assert_non_null(strstr(reading->file.problem.text, "interface 3, which was not described"));
	free(reading);
}

static void a_filter_keeps_frames_back_and_counts_them(void **unused)
{
	struct buffer b = pcap_file(false, 0xa1b2c3d4, 0, FRAMES);
	const char *const path = written(b.bytes, b.length);
	struct reading *const reading = read_paths(&path, 1, "greater 1000");
	const struct capture_options wrong = { .filter = "no such words" };
	struct error err;

	(void)unused;
	assert_true(reading->count > 0 && reading->count < FRAMES);
	assert_int_equal(reading->count + reading->file.filtered, FRAMES);
	free(reading);
	buffer_free(&b);
	assert_null(capture_new(&wrong, &err));
	assert_non_null(strstr(err.text, "no such words"));
}

static void a_growing_file_is_followed(void **unused)
{
	struct buffer b = pcap_file(false, 0xa1b2c3d4, 0, 3);
	const size_t cut = b.length - 30;
	const char *const path = written(b.bytes, cut);
	const struct capture_options options = { .follow = true };
	struct capture *const capture = capture_new(&options, NULL);
	struct frame frames[CAPTURE_BATCH];
	FILE *const more = fopen(path, "ab");
	struct error err;

	(void)unused;
	assert_true(capture_add(capture, path, &err));
	assert_int_equal(capture_read(capture, frames), 2);
	assert_int_equal(capture_read(capture, frames), 0);
	assert_false(capture_ended(capture));
	assert_int_equal(fwrite(b.bytes + cut, 1, 30, more), 30);
	fclose(more);
	assert_int_equal(capture_read(capture, frames), 1);
	assert_int_equal(frames[0].captured, frame_length(2));
	assert_false(capture_ended(capture));
	capture_free(capture);
	unlink(path);
	buffer_free(&b);
}

/* ---- frames that are kept ---- */

enum { KEPT_FRAMES = 20000, KEPT_LATER = 3000, JUNK = 3 << 20 };

/* Frames, and now and then a block that is stepped over and is larger than any window. */
static struct buffer large_pcapng(unsigned first, unsigned step)
{
	struct buffer b = buffer_new((size_t)1 << 30);

	section_block(&b, false);
	interface_block(&b, false, ETHERNET, 0, 0);
	for (unsigned n = first; n < KEPT_FRAMES; n += step) {
		if (n % 5000 == 77) {
			put32(&b, false, 0xbad);
			put32(&b, false, JUNK + 12);
			buffer_fill(&b, 0xee, JUNK);
			put32(&b, false, JUNK + 12);
		}
		enhanced_block(&b, false, 0, n, n);
	}
	assert_false(b.failed);
	return b;
}

static void check_kept(const struct frame *frame, unsigned n)
{
	assert_int_equal(frame->captured, frame_length(n));
	capture_fetch(frame);
	for (uint32_t i = 0; i < frame->captured; i++)
		if (frame->bytes[i] != (uint8_t)(n * 7 + i))
			fail_msg("frame %u has changed", n);
}

/* Each frame is looked at again when thousands more were read. */
static void read_kept(const char *const *paths, size_t count)
{
	static struct frame frames[KEPT_FRAMES + CAPTURE_BATCH];
	const struct capture_options options = { .keep = true };
	struct capture *const capture = capture_new(&options, NULL);
	unsigned read = 0, looked_at = 0;
	size_t got;

	for (size_t i = 0; i < count; i++)
		assert_true(capture_add(capture, paths[i], NULL));
	while (read < KEPT_FRAMES && (got = capture_read(capture, frames + read)) > 0) {
		read += (unsigned)got;
		for (; looked_at + KEPT_LATER < read; looked_at++)
			check_kept(&frames[looked_at], looked_at);
		assert_true(capture_release(capture, looked_at));
	}
	assert_int_equal(read, KEPT_FRAMES);
	for (; looked_at < read; looked_at++)
		check_kept(&frames[looked_at], looked_at);
	capture_free(capture);
}

static void frames_are_kept_until_they_are_released(void **unused)
{
	struct buffer b = large_pcapng(0, 1);
	const char *paths[2];

	(void)unused;
	paths[0] = written(b.bytes, b.length);
	read_kept(paths, 1);
	unlink(paths[0]);
	buffer_free(&b);
	for (unsigned i = 0; i < 2; i++) {
		b = large_pcapng(i, 2);
		paths[i] = strdup(written(b.bytes, b.length));
		buffer_free(&b);
	}
	read_kept(paths, 2);
	for (unsigned i = 0; i < 2; i++) {
		unlink(paths[i]);
		free((void *)paths[i]);
	}
}

/* A frame in each megabyte: what is kept for nothing has a bound, and is said. */
static void what_is_kept_has_a_bound(void **unused)
{
	const struct capture_options options = { .keep = true };
	struct capture *const capture = capture_new(&options, NULL);
	struct buffer b = buffer_new((size_t)1 << 30);
	struct frame frames[CAPTURE_BATCH];
	const char *path;
	uint64_t read = 0;
	size_t got;

	(void)unused;
	pcap_header(&b, false, 0xa1b2c3d4, ETHERNET);
	for (unsigned n = 0; n < 1000; n++) {
		put32(&b, false, 1000);
		put32(&b, false, 0);
		put32(&b, false, CAPTURE_FRAME_LIMIT);
		put32(&b, false, CAPTURE_FRAME_LIMIT);
		buffer_fill(&b, (uint8_t)n, CAPTURE_FRAME_LIMIT);
	}
	assert_false(b.failed);
	path = written(b.bytes, b.length);
	buffer_free(&b);
	assert_true(capture_add(capture, path, NULL));
	while (capture_release(capture, 0) && (got = capture_read(capture, frames)) > 0)
		read += got;
	assert_true(read > 100 && read < 300);
	assert_true(capture_release(capture, read));
	while ((got = capture_read(capture, frames)) > 0) {
		read += got;
		assert_true(capture_release(capture, read));
	}
	assert_int_equal(read, 1000);
	capture_free(capture);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_pcap_gives_the_same_frames),
		cmocka_unit_test(pcapng_gives_what_pcap_gives),
		cmocka_unit_test(sections_and_interfaces_keep_their_own_link_and_clock),
		cmocka_unit_test(other_blocks_are_counted_or_stepped_over),
		cmocka_unit_test(absurd_times_are_kept_within_bounds),
		cmocka_unit_test(compressed_files_read_as_plain_ones),
		cmocka_unit_test(files_are_merged_in_the_order_of_time),
		cmocka_unit_test(a_file_cut_anywhere_is_read_up_to_the_cut),
		cmocka_unit_test(the_last_frame_is_read_as_far_as_it_goes),
		cmocka_unit_test(what_is_no_capture_is_refused_in_words),
		cmocka_unit_test(lying_lengths_are_damage_with_an_offset),
		cmocka_unit_test(a_filter_keeps_frames_back_and_counts_them),
		cmocka_unit_test(a_growing_file_is_followed),
		cmocka_unit_test(frames_are_kept_until_they_are_released),
		cmocka_unit_test(what_is_kept_has_a_bound),
	};

	return cmocka_run_group_tests_name("capture", tests, NULL, NULL);
}
