/* Streams: what is handed on, of segments in any order. fuzz/stream.c holds them to a model. */
#include "flow/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { START = 1000, TOLD = 1 << 20 };

struct heard {
	struct stream stream;
	struct stream_counts counts;
	uint32_t start;
	char *told; /* bytes as they came, gaps as "<5>" */
	size_t length, stop_at;
	uint64_t skip_behind_x; /* asked for when an x is taken */
	const uint8_t *last;
};

static bool take(void *context, struct span bytes, uint64_t gap)
{
	struct heard *const h = context;

	if (gap > 0)
		h->length += (size_t)snprintf(h->told + h->length, TOLD - h->length, "<%llu>",
					      (unsigned long long)gap);
	assert_true(h->length + span_left(bytes) < TOLD);
	memcpy(h->told + h->length, bytes.at, span_left(bytes));
	h->length += span_left(bytes);
	h->told[h->length] = '\0';
	h->last = bytes.at;
	if (span_left(bytes) > 0 && bytes.end[-1] == 'x')
		h->stream.skip += h->skip_behind_x;
	return h->stop_at == 0 || h->length < h->stop_at;
}

static struct heard *new_stream(uint32_t start)
{
	struct heard *const h = calloc(1, sizeof(*h));

	assert_non_null(h);
	h->told = calloc(1, TOLD);
	assert_non_null(h->told);
	h->start = start;
	return h;
}

static struct heard *opened_at(uint32_t start)
{
	struct heard *const h = new_stream(start);

	stream_open(&h->stream, start - 1);
	return h;
}

static struct heard *opened(void)
{
	return opened_at(START);
}

static bool send_cut(struct heard *h, uint32_t at, const char *text, uint32_t length)
{
	return stream_segment(&h->stream, h->start + at, span_text(text), length, false, &h->counts, take, h);
}

static bool segment(struct heard *h, uint32_t at, const char *text)
{
	return send_cut(h, at, text, (uint32_t)strlen(text));
}

static bool fin(struct heard *h, uint32_t at, const char *text)
{
	return stream_segment(&h->stream, h->start + at, span_text(text), (uint32_t)strlen(text), true,
			      &h->counts, take, h);
}

static bool acknowledge(struct heard *h, uint32_t at)
{
	return stream_acknowledged(&h->stream, h->start + at, &h->counts, take, h);
}

static void assert_told(struct heard *h, const char *told)
{
	assert_string_equal(h->told, told);
	stream_close(&h->stream, &h->counts);
	assert_int_equal(h->counts.waiting_bytes, 0);
	free(h->told);
	free(h);
}

static void segments_in_order_are_not_copied(void **unused)
{
	struct heard *const h = opened();
	static const char one[] = "one ", two[] = "two";

	(void)unused;
	assert_true(segment(h, 0, one));
	assert_ptr_equal(h->last, one);
	assert_true(segment(h, 4, two));
	assert_ptr_equal(h->last, two);
	assert_true(h->stream.from_start);
	assert_int_equal(h->stream.passed, 7);
	assert_told(h, "one two");
}

static void what_comes_early_waits(void **unused)
{
	struct heard *const h = opened();
	static const char first[] = "ab";

	(void)unused;
	assert_true(segment(h, 4, "ef"));
	assert_true(segment(h, 2, "cd"));
	assert_int_equal(h->stream.waiting_bytes, 4);
	assert_true(segment(h, 0, first));
	assert_int_equal(h->stream.waiting_bytes, 0);
	assert_int_equal(h->counts.gaps + h->counts.overlaps + h->counts.conflicts, 0);
	assert_told(h, "abcdef");
}

static void sequence_numbers_wrap(void **unused)
{
	struct heard *const h = opened_at(0xfffffffd);

	(void)unused;
	assert_true(segment(h, 5, "fg"));
	assert_true(segment(h, 2, "cde"));
	assert_true(segment(h, 0, "ab"));
	assert_true(fin(h, 7, ""));
	assert_true(h->stream.ended);
	assert_told(h, "abcdefg");
}

static void what_came_first_holds(void **unused)
{
	struct heard *const h = opened();

	(void)unused;
	assert_true(segment(h, 2, "CD"));
	assert_true(segment(h, 6, "GH"));
	assert_true(segment(h, 1, "bcdefghi")); /* other words for what waits */
	assert_int_equal(h->counts.overlaps, 1);
	assert_int_equal(h->counts.conflicts, 1);
	assert_true(segment(h, 0, "ABCD")); /* and now the same */
	assert_int_equal(h->counts.overlaps, 2);
	assert_int_equal(h->counts.conflicts, 2);
	assert_told(h, "AbCDefGHi");
}

static void the_same_again_is_no_conflict(void **unused)
{
	struct heard *const h = opened();

	(void)unused;
	assert_true(segment(h, 0, "abcd"));
	assert_true(segment(h, 0, "abcd"));
	assert_true(segment(h, 6, "gh"));
	assert_true(segment(h, 6, "gh"));
	assert_true(segment(h, 4, "ef"));
	assert_int_equal(h->counts.overlaps + h->counts.conflicts, 0);
	assert_told(h, "abcdefgh");
}

static void a_retransmission_in_other_words_is_counted(void **unused)
{
	struct heard *const h = opened();

	(void)unused;
	assert_true(segment(h, 0, "USER joe"));
	assert_true(segment(h, 8, "\r\n"));
	assert_true(segment(h, 0, "USER eve"));
	assert_int_equal(h->counts.conflicts, 1);
	assert_told(h, "USER joe\r\n");
}

static void keep_alives_and_probes_say_nothing(void **unused)
{
	struct heard *const h = opened();

	(void)unused;
	assert_true(segment(h, 0, "abc"));
	assert_true(segment(h, 2, ""));  /* keep-alive without a byte */
	assert_true(segment(h, 2, "?")); /* and with one */
	assert_true(
		segment(h, 3, "d")); /* a probe of a closed window, which is sent again with what follows */
	assert_true(segment(h, 3, "def"));
	assert_int_equal(h->counts.overlaps + h->counts.conflicts + h->counts.gaps, 0);
	assert_told(h, "abcdef");
}

static void a_stream_may_be_seen_from_its_middle(void **unused)
{
	struct heard *const h = new_stream(START);

	(void)unused;
	assert_true(acknowledge(h, 100));
	assert_true(segment(h, 0, "")); /* of no place yet */
	assert_true(segment(h, 50, "mid"));
	assert_true(segment(h, 53, "dle"));
	assert_false(h->stream.from_start);
	stream_open(&h->stream, START + 49); /* the SYN comes late */
	assert_true(h->stream.from_start);
	assert_told(h, "middle");
}

static void bytes_come_with_a_syn(void **unused)
{
	struct heard *const h = opened();

	(void)unused;
	assert_true(segment(h, 0, "early "));
	stream_open(&h->stream, START - 1); /* sent again */
	assert_true(segment(h, 0, "early "));
	assert_true(segment(h, 6, "bird"));
	assert_told(h, "early bird");
}

static void an_acknowledged_gap_is_given_up(void **unused)
{
	struct heard *const h = opened();

	(void)unused;
	assert_true(segment(h, 0, "ab"));
	assert_true(segment(h, 5, "fg"));
	assert_true(acknowledge(h, 2)); /* what was lost on the way will come again */
	assert_string_equal(h->told, "ab");
	assert_true(acknowledge(h, 7));
	assert_true(segment(h, 2, "cde")); /* too late */
	assert_int_equal(h->counts.gaps, 1);
	assert_int_equal(h->counts.gap_bytes, 3);
	assert_told(h, "ab<3>fg");
}

static void the_byte_of_a_fin_is_no_gap(void **unused)
{
	struct heard *const h = opened();

	(void)unused;
	assert_true(segment(h, 0, "ab"));
	assert_true(acknowledge(h, 3)); /* the FIN was not captured */
	assert_int_equal(h->counts.gaps, 0);
	assert_told(h, "ab");
}

static void what_was_not_captured_is_a_gap(void **unused)
{
	struct heard *const h = opened();

	(void)unused;
	assert_true(send_cut(h, 0, "ab", 10));
	assert_true(send_cut(h, 20, "u", 5));
	assert_true(segment(h, 2, "cdefghij")); /* sent again: the place is taken */
	assert_true(segment(h, 10, "klmnopqrst"));
	assert_int_equal(h->counts.gaps, 2);
	assert_told(h, "ab<8>klmnopqrstu<4>");
}

static void the_end_stands_at_the_fin(void **unused)
{
	struct heard *const h = opened();

	(void)unused;
	assert_true(fin(h, 3, "d"));
	assert_true(segment(h, 4, "behind"));
	assert_false(h->stream.ended);
	assert_true(segment(h, 0, "abc"));
	assert_true(h->stream.ended);
	assert_true(segment(h, 4, "behind"));
	assert_told(h, "abcd");
}

static void a_fin_among_old_bytes_ends_nothing(void **unused)
{
	struct heard *const h = opened();

	(void)unused;
	assert_true(segment(h, 0, "abcd"));
	assert_true(fin(h, 1, "b"));
	assert_false(h->stream.ended);
	assert_true(segment(h, 4, "ef"));
	assert_told(h, "abcdef");
}

static void at_the_end_what_waits_is_handed_on(void **unused)
{
	struct heard *const h = opened();

	(void)unused;
	assert_true(segment(h, 2, "c"));
	assert_true(segment(h, 5, "f"));
	assert_true(fin(h, 9, ""));
	assert_true(stream_flush(&h->stream, &h->counts, take, h));
	assert_true(h->stream.ended);
	assert_told(h, "<2>c<2>f<3>");
}

static void skipped_bytes_need_no_order(void **unused)
{
	struct heard *const h = opened();

	(void)unused;
	h->skip_behind_x = 10;
	assert_true(segment(h, 14, "opq")); /* behind what will be skipped */
	assert_true(segment(h, 0, "abcx"));
	assert_true(segment(h, 8, "----")); /* out of order, and not wanted */
	assert_string_equal(h->told, "abcxopq");
	assert_true(segment(h, 17, "r"));
	assert_int_equal(h->counts.gaps + h->counts.overlaps + h->counts.conflicts, 0);
	assert_told(h, "abcxopqr");
}

static void a_segment_may_begin_among_skipped_bytes(void **unused)
{
	struct heard *const h = opened();

	(void)unused;
	h->skip_behind_x = 5;
	assert_true(segment(h, 0, "x"));
	assert_true(segment(h, 1, "-----abx"));
	assert_true(acknowledge(h, 14)); /* nothing of this was seen, or wanted */
	assert_int_equal(h->counts.gaps + h->counts.overlaps, 0);
	assert_true(segment(h, 14, "end"));
	assert_told(h, "xabxend");
}

static void far_more_may_be_skipped_than_sequence_numbers_reach(void **unused)
{
	struct heard *const h = opened();
	const uint64_t much = 10000000000;
	const char *const block = "0123456789";
	uint64_t sent = 1;

	(void)unused;
	h->skip_behind_x = much;
	assert_true(segment(h, 0, "x"));
	for (; sent < much - 2000000; sent += 1000000)
		assert_true(segment(h, (uint32_t)sent, block));
	assert_string_equal(h->told, "x");
	assert_int_equal(h->counts.not_believed, 0);
	assert_true(segment(h, (uint32_t)(much + 1), "behind"));
	assert_int_equal(h->stream.passed, much + 7);
	assert_int_equal(h->counts.gaps, 0);
	assert_told(h, "xbehind");
}

static void a_fin_may_come_before_all_is_skipped(void **unused)
{
	struct heard *const h = opened();

	(void)unused;
	h->skip_behind_x = 100;
	assert_true(segment(h, 0, "x"));
	assert_true(fin(h, 1, "-----"));
	assert_true(h->stream.ended);
	assert_told(h, "x");
}

static void what_waits_has_a_bound(void **unused)
{
	struct heard *const h = opened();

	(void)unused;
	for (uint32_t i = 0; i < STREAM_SEGMENTS_LIMIT; i++)
		assert_true(segment(h, 10 + 2 * i, "s"));
	assert_string_equal(h->told, "");
	assert_true(segment(h, 9, "t")); /* one too many */
	assert_memory_equal(h->told, "<9>ts<1>s", 3);
	assert_true(h->stream.waiting_segments < STREAM_SEGMENTS_LIMIT);
	free(h->told);
	stream_close(&h->stream, &h->counts);
	assert_int_equal(h->counts.waiting_bytes, 0);
	free(h);
}

static void all_streams_together_have_a_bound(void **unused)
{
	struct heard *const h = opened();

	(void)unused;
	h->counts.waiting_bytes = STREAM_ALL_LIMIT;
	assert_true(segment(h, 5, "f"));
	h->counts.waiting_bytes -= STREAM_ALL_LIMIT;
	assert_told(h, "<5>f");
}

static void a_stray_segment_needs_another(void **unused)
{
	struct heard *const h = opened();
	const uint32_t far = 1u << 30;

	(void)unused;
	assert_true(segment(h, 0, "ab"));
	assert_true(segment(h, far, "stray"));
	assert_true(acknowledge(h, far));
	assert_true(segment(h, 2, "cd"));
	assert_int_equal(h->counts.not_believed, 1);
	assert_true(segment(h, far, "one"));
	assert_true(segment(h, far + 3, "two"));
	assert_int_equal(h->counts.not_believed, 2);
	assert_true(segment(h, far + 6, "three"));
	assert_int_equal(h->counts.gaps, 1);
	assert_told(h, "abcd<1073741823>twothree");
}

static void a_taker_that_wants_no_more_is_not_called_again(void **unused)
{
	struct heard *const h = opened();

	(void)unused;
	h->stop_at = 2;
	assert_true(segment(h, 3, "d"));
	assert_true(segment(h, 1, "b"));
	assert_false(segment(h, 0, "a"));
	assert_told(h, "ab");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(segments_in_order_are_not_copied),
		cmocka_unit_test(what_comes_early_waits),
		cmocka_unit_test(sequence_numbers_wrap),
		cmocka_unit_test(what_came_first_holds),
		cmocka_unit_test(the_same_again_is_no_conflict),
		cmocka_unit_test(a_retransmission_in_other_words_is_counted),
		cmocka_unit_test(keep_alives_and_probes_say_nothing),
		cmocka_unit_test(a_stream_may_be_seen_from_its_middle),
		cmocka_unit_test(bytes_come_with_a_syn),
		cmocka_unit_test(an_acknowledged_gap_is_given_up),
		cmocka_unit_test(the_byte_of_a_fin_is_no_gap),
		cmocka_unit_test(what_was_not_captured_is_a_gap),
		cmocka_unit_test(the_end_stands_at_the_fin),
		cmocka_unit_test(a_fin_among_old_bytes_ends_nothing),
		cmocka_unit_test(at_the_end_what_waits_is_handed_on),
		cmocka_unit_test(skipped_bytes_need_no_order),
		cmocka_unit_test(a_segment_may_begin_among_skipped_bytes),
		cmocka_unit_test(far_more_may_be_skipped_than_sequence_numbers_reach),
		cmocka_unit_test(a_fin_may_come_before_all_is_skipped),
		cmocka_unit_test(what_waits_has_a_bound),
		cmocka_unit_test(all_streams_together_have_a_bound),
		cmocka_unit_test(a_stray_segment_needs_another),
		cmocka_unit_test(a_taker_that_wants_no_more_is_not_called_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
