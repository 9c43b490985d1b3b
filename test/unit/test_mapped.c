/* Files of long frames, of which a mapping gives the beginning and fetches the rest: they read as what is not
 * mapped does, and may be cut meanwhile. */
#include "base/buffer.h"
#include "frame_sum.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { FRAMES = 3000, LONG = 1400, PAGE = 4096, LIE = 2001 };

/* Added to what the header of the frame LIE says of its length. */
static uint32_t lie;

static size_t starts[FRAMES]; /* of the records of the file that was made last */

/* Mostly long ones, as where a mapping is worth it; some of no octets, some longer than what is lent at once.
 */
static uint32_t length_of(unsigned n)
{
	if (n % 97 == 50)
		return 0;
	if (n % 701 == 700)
		return CAPTURE_FRAME_LIMIT - n % 16;
	if (n % 5 == 4)
		return 40 + n % 600;
	return LONG + n % 300;
}

static void add_frame(struct buffer *b, unsigned n)
{
	for (uint32_t i = 0; i < length_of(n); i++)
		buffer_u8(b, (uint8_t)(n * 31 + i * 7 + (i >> 8)));
}

static struct buffer pcap_file(void)
{
	struct buffer b = buffer_new(16 << 20);

	buffer_u32_le(&b, 0xa1b2c3d4);
	buffer_fill(&b, 0, 16);
	buffer_u32_le(&b, 1);
	for (unsigned n = 0; n < FRAMES; n++) {
		starts[n] = b.length;
		buffer_u32_le(&b, 1000 + n);
		buffer_u32_le(&b, n);
		buffer_u32_le(&b, length_of(n) + (n == LIE ? lie : 0));
		buffer_u32_le(&b, length_of(n) + n % 3);
		add_frame(&b, n);
	}
	assert_false(b.failed);
	return b;
}

/* A section and an interface now and then, blocks of a kind that nobody knows, and a comment behind frames.
 */
static struct buffer pcapng_file(void)
{
	struct buffer b = buffer_new(16 << 20);

	for (unsigned n = 0; n < FRAMES; n++) {
		const uint32_t padding = (4 - length_of(n) % 4) % 4, comment = n % 2 * 12;
		const uint32_t length = 32 + length_of(n) + padding + comment;
		static const uint32_t section[] = {
			0x0a0d0d0a, 28, 0x1a2b3c4d, 1, UINT32_MAX, UINT32_MAX, 28
		};
		static const uint32_t interface[] = { 1, 20, 1, 0, 20 };
		static const uint32_t unknown[] = { 0xbad, 16, 0, 16 };

		if (n % 1000 == 0) {
			buffer_add(&b, section, sizeof(section));
			buffer_add(&b, interface, sizeof(interface));
			buffer_add(&b, interface, sizeof(interface));
		}
		if (n % 100 == 99)
			buffer_add(&b, unknown, sizeof(unknown));
		starts[n] = b.length;
		buffer_u32_le(&b, 6);
		buffer_u32_le(&b, length);
		buffer_u32_le(&b, n % 2);
		buffer_u32_le(&b, 0);
		buffer_u32_le(&b, n);
		buffer_u32_le(&b, length_of(n) + (n == LIE ? lie : 0));
		buffer_u32_le(&b, length_of(n));
		add_frame(&b, n);
		buffer_fill(&b, 0, padding);
		if (comment > 0)
			buffer_add(&b, "\1\0\4\0odd\0\0\0\0\0", comment);
		buffer_u32_le(&b, length);
	}
	assert_false(b.failed);
	return b;
}

/* ---- reading ---- */

static char path[] = "/tmp/doorward-mapped-XXXXXX";

static void write_file(struct buffer b)
{
	FILE *const file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(b.bytes, 1, b.length, file), b.length);
	assert_int_equal(fclose(file), 0);
	buffer_free(&b);
}

static struct capture *opened(bool keep)
{
	const struct capture_options options = { .keep = keep };
	struct capture *const capture = capture_new(&options, NULL);

	assert_true(capture_add(capture, path, NULL));
	return capture;
}

/* ---- tests ---- */

static void read_beside(void)
{
	struct capture *const mapped = opened(false), *const read = opened(false);
	struct frame_sum one = { 0 }, other = { 0 };

	frame_sum_read(&one, mapped, false);
	assert_true(one.left > 0);
	frame_sum_read(&other, read, true);
	assert_int_equal(other.left, 0);
	frame_sum_read(&one, mapped, true);
	assert_true(one.left > FRAMES / 2);
	assert_int_equal(one.frames, lie > 0 ? LIE : FRAMES);
	assert_int_equal(one.frames, other.frames);
	assert_int_equal(one.digest, other.digest);
	assert_int_equal(capture_file(mapped, 0)->damaged, lie > 0);
	assert_int_equal(capture_file(read, 0)->damaged, lie > 0);
	assert_string_equal(capture_file(mapped, 0)->problem.text, capture_file(read, 0)->problem.text);
	assert_int_equal(capture_file(mapped, 0)->offset, capture_file(read, 0)->offset);
	assert_true(lie > 0 || capture_file(mapped, 0)->position == capture_file(mapped, 0)->size);
	assert_int_equal(capture_file(mapped, 0)->skipped, capture_file(read, 0)->skipped);
	capture_free(mapped);
	capture_free(read);
}

static void a_mapped_file_reads_as_another_does(void **unused)
{
	(void)unused;
	write_file(pcap_file());
	read_beside();
	write_file(pcapng_file());
	read_beside();
}

/* More octets than a frame may have, or than are left in its block. */
static void lengths_that_lie_are_damage(void **unused)
{
	(void)unused;
	lie = CAPTURE_FRAME_LIMIT;
	write_file(pcap_file());
	read_beside();
	for (lie = 16; lie < INT32_MAX; lie *= 2) {
		write_file(pcapng_file());
		read_beside();
	}
	lie = 0;
}

static void what_is_kept_can_be_fetched_until_it_is_released(void **unused)
{
	struct frame *const frames = calloc(FRAMES + CAPTURE_BATCH, sizeof(*frames));
	struct frame_sum sum = { 0 }, same = { 0 };
	struct capture *capture;
	size_t count = 0, got;

	(void)unused;
	write_file(pcap_file());
	capture = opened(true);
	while ((got = capture_read(capture, frames + count)) > 0)
		count += got;
	for (size_t i = 0; i < count; i++)
		frame_sum_add(&sum, &frames[i]);
	capture_free(capture);
	free(frames);
	assert_true(sum.left > 0);
	capture = opened(false);
	frame_sum_read(&same, capture, true);
	assert_int_equal(sum.digest, same.digest);
	capture_free(capture);
}

/* At the end of a page, in the midst of one, behind which zeros stand, and before what was read. */
static void a_mapped_file_that_is_cut_ends_with_words(void **unused)
{
	static const size_t places[] = { 300 * PAGE, 300 * PAGE + 1234, 100 };
	struct buffer (*const files[])(void) = { pcap_file, pcapng_file };

	(void)unused;
	for (size_t nth = 0; nth < 2 * sizeof(places) / sizeof(places[0]); nth++) {
		const size_t place = places[nth / 2];
		struct capture *capture;
		struct frame_sum sum = { 0 };
		uint64_t before;

		write_file(files[nth % 2]());
		capture = opened(false);
		frame_sum_read(&sum, capture, false);
		before = sum.frames;
		assert_int_equal(truncate(path, (off_t)place), 0);
		frame_sum_read(&sum, capture, true);
		assert_true(capture_file(capture, 0)->damaged);
		assert_non_null(strstr(capture_file(capture, 0)->problem.text,
				       "the file has become shorter while it was read"));
		assert_true(sum.frames == before || starts[sum.frames - 1] < place);
		capture_free(capture);
	}
}

/* Where the cut, what stood behind it, and the old end lie in one page, no access fails. */
static void zeros_behind_a_cut_are_no_frames(void **unused)
{
	struct buffer file = pcap_file();
	struct capture *capture;
	struct frame_sum sum = { 0 };
	size_t nth = FRAMES - 2;

	(void)unused;
	while (starts[nth] % PAGE == 0 || starts[nth] / PAGE != (starts[nth + 1] - 1) / PAGE)
		nth--;
	file.length = starts[nth + 1];
	write_file(file);
	capture = opened(false);
	frame_sum_read(&sum, capture, false);
	assert_int_equal(truncate(path, (off_t)starts[nth]), 0);
	frame_sum_read(&sum, capture, true);
	assert_int_equal(sum.frames, nth);
	assert_non_null(strstr(capture_file(capture, 0)->problem.text, "has become shorter"));
	capture_free(capture);
}

/* What a frame has left is gone: it holds zeros, and nobody is killed. */
static void the_rest_of_a_frame_may_be_gone(void **unused)
{
	struct capture *capture;
	struct frame frames[CAPTURE_BATCH];
	size_t count = 0, left = 0;

	(void)unused;
	write_file(pcap_file());
	capture = opened(false);
	while (left == count && (count = capture_read(capture, frames)) > 0) {
		for (left = 0; left < count && frames[left].rest.length == 0; left++)
			continue;
	}
	assert_true(left < count);
	assert_int_equal(truncate(path, 0), 0);
	capture_fetch(&frames[left]);
	assert_int_equal(frames[left].bytes[frames[left].captured - 1], 0);
	capture_free(capture);
}

static int make_file(void **unused)
{
	const int fd = mkstemp(path);

	(void)unused;
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **unused)
{
	(void)unused;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mapped_file_reads_as_another_does),
		cmocka_unit_test(lengths_that_lie_are_damage),
		cmocka_unit_test(what_is_kept_can_be_fetched_until_it_is_released),
		cmocka_unit_test(a_mapped_file_that_is_cut_ends_with_words),
		cmocka_unit_test(zeros_behind_a_cut_are_no_frames),
		cmocka_unit_test(the_rest_of_a_frame_may_be_gone),
	};

	return cmocka_run_group_tests_name("mapped", tests, make_file, remove_file);
}
