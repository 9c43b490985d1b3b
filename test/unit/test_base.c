/* The ground floor: reader, buffer, arena, addresses, dates, escaping, JSON, tables. */
#include "base/address.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/escape.h"
#include "base/file.h"
#include "base/json.h"
#include "base/library.h"
#include "base/suggest.h"
#include "base/table.h"

#include <arpa/inet.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void a_short_read_fails_and_stays_failed(void **unused)
{
	const uint8_t bytes[] = { 1, 2, 3 };
	struct span s = span_of(bytes, sizeof(bytes));

	(void)unused;
	assert_int_equal(span_u16(&s), 0x0102);
	assert_int_equal(span_u32(&s), 0);
	assert_true(s.failed);
	assert_int_equal(span_left(s), 1);
	assert_int_equal(span_u8(&s), 0);
	assert_true(span_take(&s, 0).failed);
}

static void numbers_are_read_in_both_orders(void **unused)
{
	const uint8_t bytes[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct span s = span_of(bytes, 8);

	(void)unused;
	assert_true(span_u64_le(&s) == 0x0807060504030201u);
	s = span_of(bytes, 8);
	assert_int_equal(span_u24(&s), 0x010203);
	assert_int_equal(span_u24_le(&s), 0x060504);
	assert_int_equal(span_u16_le(&s), 0x0807);
}

static void lines_end_with_lf_or_cr_lf(void **unused)
{
	struct span s = span_text("one\r\ntwo\nthree");

	(void)unused;
	assert_true(span_is(span_line(&s), "one"));
	assert_true(span_is(span_line(&s), "two"));
	assert_true(span_line(&s).failed);
	assert_true(s.failed);
	assert_int_equal(span_left(s), 5);
}

static void decimal_numbers_keep_their_bound(void **unused)
{
	uint64_t n = 7;

	(void)unused;
	assert_true(span_number(span_text("65535"), 65535, &n) && n == 65535);
	assert_false(span_number(span_text("65536"), 65535, &n));
	assert_true(span_number(span_text("2"), 2, &n) && n == 2);
	assert_false(span_number(span_text("3"), 2, &n));
	assert_false(span_number(span_text("20"), 2, &n));
	assert_false(span_number(span_text(""), 65535, &n));
	assert_false(span_number(span_text("+1"), 65535, &n));
	assert_true(span_number(span_text("18446744073709551615"), UINT64_MAX, &n) && n == UINT64_MAX);
	assert_false(span_number(span_text("18446744073709551616"), UINT64_MAX, &n));
}

static void a_buffer_stops_at_its_limit(void **unused)
{
	struct buffer b = buffer_new(5);

	(void)unused;
	buffer_u32(&b, 0x01020304);
	buffer_u16(&b, 5);
	assert_true(b.failed);
	assert_int_equal(b.length, 4);
	buffer_free(&b);
	b = buffer_new(4);
	buffer_format(&b, "%s", "abc");
	assert_false(b.failed);
	assert_int_equal(b.length, 3);
	buffer_free(&b);
}

static void an_arena_keeps_objects_apart_and_stops_at_its_limit(void **unused)
{
	struct arena *arena = arena_new(256 * 1024);
	char *small[100];
	size_t capacity = 0;
	int *numbers = NULL;
	volatile size_t huge = SIZE_MAX / 2; /* hidden from the compiler, which would refuse it */

	(void)unused;
	for (int i = 0; i < 100; i++) {
		small[i] = arena_format(arena, "number %d", i);
		assert_non_null(small[i]);
	}
	assert_non_null(arena_alloc(arena, 100 * 1024));
	for (int i = 0; i < 1000; i++) {
		numbers = arena_grow(arena, numbers, (size_t)i, &capacity, sizeof(int));
		assert_non_null(numbers);
		numbers[i] = i;
	}
	assert_string_equal(small[99], "number 99");
	assert_int_equal(numbers[999], 999);
	assert_null(arena_alloc(arena, 200 * 1024));
	assert_null(arena_array(arena, huge, 4));
	arena_free(arena);
}

/* However much it holds, objects are zeroed and apart, and its limit is kept. */
static void a_large_arena_keeps_its_promises(void **unused)
{
	enum { LIMIT = 16 << 20, OBJECT = 1000, MOST = LIMIT / OBJECT + 1, LARGE = 5 << 20 };
	static uint8_t *objects[MOST];
	struct arena *arena = arena_new(LIMIT);
	const uint8_t *const large = arena_alloc(arena, LARGE);
	size_t count = 0;

	(void)unused;
	assert_non_null(large);
	while (count < MOST && (objects[count] = arena_alloc(arena, OBJECT)) != NULL) {
		for (size_t i = 0; i < OBJECT; i++)
			assert_int_equal(objects[count][i], 0);
		memset(objects[count], (int)(count % 255 + 1), OBJECT);
		count++;
	}
	assert_in_range(count, (LIMIT - LARGE) / OBJECT / 2, (LIMIT - LARGE) / OBJECT);
	for (size_t i = 0; i < LARGE; i++)
		assert_int_equal(large[i], 0);
	for (size_t k = 0; k < count; k++) {
		assert_int_equal(objects[k][0], k % 255 + 1);
		assert_int_equal(objects[k][OBJECT - 1], k % 255 + 1);
	}
	assert_null(arena_alloc(arena, LARGE));
	arena_free(arena);
}

/* Written in one go or after it has grown, and cut by nothing but the limit. */
static void words_are_written_into_whatever_room_there_is(void **unused)
{
	struct buffer b = buffer_new(600);
	char expected[601] = "";

	(void)unused;
	for (size_t i = 0; i < 60; i++) {
		buffer_format(&b, "%05zu%s", i, "-and-");
		snprintf(expected + 10 * i, sizeof(expected) - 10 * i, "%05zu-and-", i);
		if (i == 59)
			break;
		assert_false(b.failed);
		assert_int_equal(b.length, 10 * (i + 1));
		assert_memory_equal(b.bytes, expected, b.length);
	}
	assert_true(b.failed); /* its NUL has no room */
	assert_int_equal(b.length, 590);
	buffer_free(&b);
}

static void files_are_read_to_their_end(void **unused)
{
	struct arena *arena = arena_new(1 << 24);
	char path[] = "/tmp/doorward-base-XXXXXX";
	const int fd = mkstemp(path);
	static uint8_t bytes[300000];
	struct span content = { 0 };
	struct error err;

	(void)unused;
	memset(bytes, 'x', sizeof(bytes));
	assert_true(fd >= 0 && file_read(arena, path, 100, &content, &err));
	assert_int_equal(span_left(content), 0);
	assert_int_equal(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
	assert_true(file_read(arena, path, sizeof(bytes), &content, &err));
	assert_int_equal(span_left(content), sizeof(bytes));
	assert_memory_equal(content.at, bytes, sizeof(bytes));
	assert_int_equal(content.end[0], 0);
	assert_false(file_read(arena, path, sizeof(bytes) - 1, &content, &err));
	/* of a size that nobody knows before */
	assert_true(file_read(arena, "/proc/self/maps", 1 << 20, &content, &err));
	assert_true(span_left(content) > 0);
	(void)close(fd);
	(void)unlink(path);
	arena_free(arena);
}

static void addresses_are_read_and_written(void **unused)
{
	static const struct {
		const char *text, *shown;
	} good[] = {
		{ "192.0.2.7", "192.0.2.7" },
		{ "2001:DB8:0:0::1", "2001:db8::1" },
		{ "::ffff:192.0.2.7", "192.0.2.7" },
		{ "192.0.2.0/24", "192.0.2.0/24" },
		{ "192.0.2.0-192.0.2.255", "192.0.2.0/24" },
		{ "192.0.2.1-192.0.2.9", "192.0.2.1-192.0.2.9" },
		{ "::/0", "::/0" },
		{ "0.0.0.0/0", "0.0.0.0/0" },
		{ "2001:db8::/32", "2001:db8::/32" },
		{ "10.0.0.1/32", "10.0.0.1" },
	};
	static const char *const bad[] = { "",
					   "192.0.2",
					   "192.0.2.07",
					   "192.0.2.1/24",
					   "192.0.2.0/33",
					   "2001:db8::/129",
					   "192.0.2.9-192.0.2.1",
					   "192.0.2.1-::1",
					   "192.0.2.0/",
					   "1.2.3.4 " };
	struct address_range range;
	char text[ADDRESS_RANGE_TEXT];

	(void)unused;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(address_range_parse(span_text(good[i].text), &range, NULL));
		assert_string_equal(address_range_text(&range, text), good[i].shown);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(address_range_parse(span_text(bad[i]), &range, NULL));
}

static void dates_are_those_of_the_calendar(void **unused)
{
	char text[DATE_TEXT];
	int32_t day;

	(void)unused;
	assert_true(date_parse("1970-01-01", &day) && day == 0);
	assert_true(date_parse("2000-02-29", &day));
	assert_string_equal(date_text(day, text), "2000-02-29");
	assert_true(date_parse("2027-03-01", &day));
	assert_string_equal(date_text(day, text), "2027-03-01");
	assert_false(date_parse("2100-02-29", &day));
	assert_false(date_parse("2027-3-1", &day));
	assert_false(date_parse("2027-00-10", &day));
}

static void what_a_terminal_would_obey_is_escaped(void **unused)
{
	static const struct {
		const char *text, *shown;
	} cases[] = {
		{ "plain ä 漢", "plain ä 漢" },
		{ "\033[31mred", "\\x1b[31mred" },
		{ "a\nb\tc\\d", "a\\nb\\tc\\\\d" },
		{ "\xc2\x9b"
		  "2J",
		  "\\u{9b}2J" },
		{ "\xff\xc0\x80", "\\xff\\xc0\\x80" },
		{ "\xe2\x80\xae"
		  "exe",
		  "\\u{202e}exe" },
		{ "\x7f", "\\x7f" },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buffer out = buffer_new(1000);

		escape_terminal(&out, span_text(cases[i].text));
		buffer_u8(&out, 0);
		assert_string_equal((char *)out.bytes, cases[i].shown);
		buffer_free(&out);
	}
}

static void json_is_valid_whatever_the_text_is(void **unused)
{
	struct buffer out = buffer_new(1000);
	struct json j = json_new(&out);

	(void)unused;
	json_begin(&j);
	json_text(&j, "text", "a\"b\\\n\x01\xff");
	json_text(&j, "absent", NULL);
	json_open_array(&j, "list");
	json_number(&j, NULL, -1);
	json_bool(&j, NULL, true);
	json_end(&j);
	json_end(&j);
	buffer_u8(&out, 0);
	assert_false(j.failed);
	assert_string_equal((char *)out.bytes,
			    "{\"text\":\"a\\\"b\\\\\\n\\u0001\xef\xbf\xbd\",\"list\":[-1,true]}");
	buffer_free(&out);
}

/* Each byte at each place of a text, which is looked at in pieces. */
static void every_byte_is_escaped_wherever_it_stands(void **unused)
{
	enum { LONGEST = 18 };

	(void)unused;
	for (size_t length = 1; length <= LONGEST; length++) {
		for (size_t n = 0; n < length * 256; n++) {
			const size_t at = n / 256;
			const uint8_t byte = (uint8_t)n;
			const bool bad = byte < 0x20 || byte >= 0x7f || byte == '"' || byte == '\\';
			struct buffer out = buffer_new(1000);
			struct json j = json_new(&out);
			uint8_t text[LONGEST];
			char shown[8] = { (char)byte }, expected[64];

			memset(text, 'a', sizeof(text));
			text[at] = byte;
			if (byte >= 0x80)
				snprintf(shown, sizeof(shown), "\xef\xbf\xbd");
			else if (byte == '\n')
				snprintf(shown, sizeof(shown), "\\n");
			else if (bad)
				snprintf(shown, sizeof(shown),
					 byte < 0x20 || byte == 0x7f ? "\\u%04x" : "\\%c", byte);
			snprintf(expected, sizeof(expected), "\"%.*s%s%.*s\"", (int)at, text, shown,
				 (int)(length - at - 1), text + at + 1);
			json_span(&j, NULL, span_of(text, length));
			buffer_u8(&out, 0);
			assert_string_equal((char *)out.bytes, expected);
			buffer_free(&out);
		}
	}
}

static void numbers_are_written_in_all_their_digits(void **unused)
{
	(void)unused;
	for (uint64_t power = 1, n = 1;; power *= 10, n = power) {
		const uint64_t around[] = { n - 1, n, n + 1, n * 7 / 3 };

		for (size_t i = 0; i < sizeof(around) / sizeof(around[0]); i++) {
			struct buffer out = buffer_new(100);
			char expected[32];

			buffer_decimal(&out, around[i]);
			buffer_u8(&out, 0);
			snprintf(expected, sizeof(expected), "%llu", (unsigned long long)around[i]);
			assert_string_equal((char *)out.bytes, expected);
			buffer_free(&out);
		}
		if (power > UINT64_MAX / 10)
			break;
	}
}

static void the_nearest_word_is_suggested(void **unused)
{
	struct suggestion s = { .typed = "alow" };

	(void)unused;
	suggest_offer(&s, "deny");
	suggest_offer(&s, "allow");
	assert_string_equal(s.best, "allow");
	s = (struct suggestion){ .typed = "htp" };
	suggest_offer(&s, "ftp");
	suggest_offer(&s, "http");
	suggest_offer(&s, "ntp");
	assert_string_equal(s.best, "http");
	s = (struct suggestion){ .typed = "ldpa" };
	suggest_offer(&s, "ldp");
	suggest_offer(&s, "ldap");
	assert_string_equal(s.best, "ldap");
	s = (struct suggestion){ .typed = "xyz" };
	suggest_offer(&s, "allow");
	assert_null(s.best);
}

static void bytes_become_digits_as_far_as_they_fit(void **unused)
{
	const struct span bytes = span_of("\x00\x9f\xa0", 3);
	char text[16];

	(void)unused;
	assert_string_equal(hex_text(bytes, 0, text, sizeof(text)), "009fa0");
	assert_string_equal(hex_text(bytes, 0, text, 7), "009fa0");
	assert_string_equal(hex_text(bytes, 0, text, 6), "009f");
	assert_string_equal(hex_text(bytes, ':', text, 9), "00:9f:a0");
	assert_string_equal(hex_text(bytes, ':', text, 8), "00:9f");
	assert_string_equal(hex_text(bytes, ':', text, 1), "");
}

static void an_end_is_found_where_it_is_whole(void **unused)
{
	(void)unused;
	assert_true(span_ends(span_text("ssh.service"), ".service"));
	assert_true(span_ends(span_text("ssh"), ""));
	assert_true(span_ends(span_text("ssh"), "ssh"));
	assert_false(span_ends(span_text("sh"), "ssh"));
	assert_false(span_ends(span_text("ssh.services"), ".service"));
}

static void utf8_refuses_what_is_not_the_shortest_form(void **unused)
{
	static const char *const bad[] = { "\xc0\xaf",         "\xe0\x80\xaf", "\xed\xa0\x80",
					   "\xf4\x90\x80\x80", "\x80",         "\xe2\x82" };

	(void)unused;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct span s = span_text(bad[i]);

		assert_int_equal(utf8_next(&s), -1);
		assert_int_equal(span_left(s), strlen(bad[i]) - 1);
	}
}

/* A reader may write what is left of a span that failed: it ends. */
static void json_ends_with_a_span_that_failed(void **unused)
{
	struct buffer b = buffer_new(256);
	struct json json = json_new(&b);
	struct span s = span_of("a\xff\nb", 4);

	(void)unused;
	span_skip(&s, 9);
	assert_true(s.failed);
	json_begin(&json);
	json_span(&json, "value", s);
	json_end(&json);
	assert_false(json.failed || b.failed);
	assert_true(b.length > 12 && b.length < 40);
	buffer_free(&b);
}

static void json_nested_too_deep_fails_and_keeps_its_bounds(void **unused)
{
	struct buffer out = buffer_new(1000);
	struct json j = json_new(&out);

	(void)unused;
	for (int i = 0; i < 2 * JSON_DEPTH; i++)
		json_open_array(&j, NULL);
	assert_true(j.failed);
	buffer_free(&out);
}

static void files_are_refused_in_words(void **unused)
{
	char path[] = "/tmp/doorward-test-XXXXXX";
	const int fd = mkstemp(path);
	struct arena *arena = arena_new(1 << 20);
	struct span content;
	struct error err;

	(void)unused;
	assert_true(fd >= 0);
	assert_true(file_read(arena, path, 10, &content, &err));
	assert_int_equal(span_left(content), 0);
	assert_int_equal(write(fd, "0123456789", 10), 10);
	assert_true(file_read(arena, path, 10, &content, &err));
	assert_true(span_is(content, "0123456789"));
	assert_int_equal(content.end[0], '\0');
	assert_int_equal(write(fd, "x", 1), 1);
	assert_false(file_read(arena, path, 10, &content, &err));
	assert_non_null(strstr(err.text, "larger than 10 bytes"));
	assert_int_equal(ftruncate(fd, (off_t)1 << 40), 0);
	assert_false(file_read(arena, path, 1 << 20, &content, &err));
	assert_false(file_read(arena, "/tmp", 10, &content, &err));
	assert_non_null(strstr(err.text, "is a directory"));
	assert_false(file_read(arena, "/dev/zero", 10, &content, &err));
	assert_non_null(strstr(err.text, "is not a file"));
	close(fd);
	unlink(path);
	assert_false(file_read(arena, path, 10, &content, &err));
	assert_non_null(strstr(err.text, "No such file"));
	arena_free(arena);
}

/* As a shell's <(command) is: the words come later than the question. */
static void a_pipe_is_read_to_its_end_however_late_it_speaks(void **unused)
{
	struct arena *arena = arena_new(1 << 20);
	struct span content;
	struct error err;
	char path[32];
	int ends[2];
	pid_t writer;

	(void)unused;
	assert_int_equal(pipe(ends), 0);
	snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
	writer = fork();
	assert_true(writer >= 0);
	if (writer == 0) {
		usleep(50000);
		_exit(write(ends[1], "late", 4) == 4 ? 0 : 1);
	}
	close(ends[1]);
	assert_true(file_read(arena, path, 10, &content, &err));
	assert_true(span_is(content, "late"));
	assert_int_equal(waitpid(writer, NULL, 0), writer);
	close(ends[0]);
	arena_free(arena);
}

static void colour_is_only_where_it_is_wanted(void **unused)
{
	FILE *const file = tmpfile();

	(void)unused;
	unsetenv("NO_COLOR");
	unsetenv("CLICOLOR_FORCE");
	assert_false(screen_of(file, COLOUR_AUTO).colour);
	assert_true(screen_of(file, COLOUR_ALWAYS).colour);
	assert_int_equal(screen_of(file, COLOUR_ALWAYS).width, 0);
	setenv("CLICOLOR_FORCE", "1", 1);
	assert_true(screen_of(file, COLOUR_AUTO).colour);
	assert_false(screen_of(file, COLOUR_NEVER).colour);
	setenv("NO_COLOR", "1", 1);
	assert_false(screen_of(file, COLOUR_AUTO).colour);
	setenv("NO_COLOR", "", 1);
	assert_true(screen_of(file, COLOUR_AUTO).colour);
	unsetenv("CLICOLOR_FORCE");
	fclose(file);
}

static void the_next_address_carries(void **unused)
{
	struct address a, b;

	(void)unused;
	assert_true(address_parse(span_text("192.0.2.255"), &a));
	assert_true(address_next(&a, &b));
	assert_true(address_parse(span_text("192.0.3.0"), &a));
	assert_int_equal(address_compare(&a, &b), 0);
	assert_true(address_previous(&a, &b));
	assert_true(address_parse(span_text("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), &a));
	assert_false(address_next(&a, &b));
	assert_true(address_parse(span_text("::"), &a));
	assert_false(address_previous(&a, &b));
}

/* What a table prints at a width, into one text. */
static char *printed(struct table *table, unsigned width)
{
	char *text = NULL;
	size_t length = 0;
	FILE *const file = open_memstream(&text, &length);
	const struct screen screen = { .file = file, .width = width };

	assert_true(table_print(table, &screen));
	fclose(file);
	return text;
}

static void tables_line_up_and_fit(void **unused)
{
	static const struct column columns[] = { { "NAME", ALIGN_LEFT, 6 },
						 { "N", ALIGN_RIGHT, 0 },
						 { "END", ALIGN_LEFT, 0 } };
	struct arena *arena = arena_new(1 << 20);
	struct table *table = table_new(arena, columns, 3);
	char *text;

	(void)unused;
	table_row(table);
	table_cell(table, 0, STYLE_PLAIN, "a long name here");
	table_format(table, 1, STYLE_PLAIN, "%d", 7);
	table_cell(table, 2, STYLE_PLAIN, "x");
	table_row(table);
	table_cell(table, 0, STYLE_BAD, "漢字");
	table_cell(table, 1, STYLE_PLAIN, "100");
	text = printed(table, 0);
	assert_string_equal(text, "NAME                N  END\n"
				  "a long name here    7  x\n"
				  "漢字              100\n");
	free(text);
	text = printed(table, 18);
	assert_string_equal(text, "NAME        N  END\n"
				  "a long …    7  x\n"
				  "漢字      100\n");
	free(text);
	arena_free(arena);
}

static void a_flexible_column_that_no_row_fills_is_left_out(void **unused)
{
	static const struct column columns[] = { { "A", ALIGN_LEFT, 0 },
						 { "UNIT", ALIGN_LEFT, 4 },
						 { "FIXED", ALIGN_LEFT, 0 },
						 { "LAST", ALIGN_LEFT, 4 } };
	struct arena *arena = arena_new(1 << 20);
	struct table *table = table_new(arena, columns, 4);
	char *text;

	(void)unused;
	table_row(table);
	table_cell(table, 0, STYLE_PLAIN, "a");
	table_line(table, STYLE_PLAIN, "a line over all columns fills none");
	text = printed(table, 0);
	assert_string_equal(text, "A  FIXED\na\na line over all columns fills none\n");
	free(text);
	table_row(table);
	table_cell(table, 3, STYLE_PLAIN, "x");
	text = printed(table, 0);
	assert_string_equal(text, "A  FIXED  LAST\n"
				  "a\n"
				  "a line over all columns fills none\n"
				  "          x\n");
	free(text);
	arena_free(arena);
}

static void every_prefix_knows_its_length(void **unused)
{
	const struct address v4 = address_v4(0xc0a8ff7f), last = address_v4(0xc0a8ff82);
	const uint8_t bytes[16] = { 0x20, 0x01, 0x0d, 0xb8, 0xff, 0, 0xff, 1, 2, 3, 4, 5, 6, 7, 0xff, 0xff };
	const struct address v6 = address_v6(bytes);

	(void)unused;
	for (unsigned bits = 0; bits <= 128; bits++) {
		const struct address_range of_v6 = address_prefix(&v6, bits);
		const struct address_range of_v4 = address_prefix(&v4, bits % 33);

		assert_int_equal(address_range_bits(&of_v6), bits);
		assert_int_equal(address_range_bits(&of_v4), bits % 33);
	}
	assert_int_equal(address_range_bits(&(struct address_range){ v4, last }), -1);
}

/* All patterns of zero groups, with groups of each length between. */
static void addresses_are_written_as_the_system_writes_them(void **unused)
{
	static const uint16_t groups[] = { 0x1, 0x20, 0x300, 0x4000, 0xffff, 0xa0b, 0xc, 0xfe80 };
	uint8_t bytes[16] = { 0 };
	char text[ADDRESS_TEXT], expected[ADDRESS_TEXT];
	struct address a;

	(void)unused;
	for (unsigned turn = 0; turn < 8; turn++) {
		for (unsigned pattern = 0; pattern < 256; pattern++) {
			for (unsigned i = 0; i < 8; i++) {
				const uint16_t group = pattern & 1u << i ? groups[(turn + i) % 8] : 0;

				bytes[2 * i] = (uint8_t)(group >> 8);
				bytes[2 * i + 1] = (uint8_t)group;
			}
			a = address_v6(bytes);
			if (address_is_v4(&a))
				continue;
			assert_non_null(inet_ntop(AF_INET6, bytes, expected, sizeof(expected)));
			assert_string_equal(address_text(&a, text), expected);
		}
	}
}

/* RFC 1321 A.5, FIPS 180-2 A.1 and B.1. */
static void digests_are_those_of_their_standards(void **unused)
{
	static const struct {
		enum digest_kind kind;
		const char *digits;
	} known[] = {
		{ DIGEST_MD5, "900150983cd24fb0d6963f7d28e17f72" },
		{ DIGEST_SHA1, "a9993e364706816aba3e25717850c26c9cd0d89d" },
		{ DIGEST_SHA256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	};
	struct span failed = span_text("abc");

	(void)unused;
	failed.failed = true;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		uint8_t memory[DIGEST_MOST];
		char digits[2 * DIGEST_MOST + 1];

		hex_text(digest(known[i].kind, span_text("abc"), memory), 0, digits, sizeof(digits));
		assert_string_equal(digits, known[i].digits);
		assert_int_equal(span_left(digest(known[i].kind, failed, memory)), 0);
	}
}

static void a_library_that_lacks_something_is_refused_in_words(void **unused)
{
	static const char *const names[] = { "puts", "no_such_function" };
	void *functions[2] = { NULL, NULL };
	struct library library = { "no_such_library.so.1", names, functions, 1 };
	struct error err;

	(void)unused;
	assert_false(library_load(&library, &err));
	assert_non_null(strstr(err.text, "no_such_library.so.1"));
	library.file = "libc.so.6";
	assert_true(library_load(&library, &err));
	assert_non_null(functions[0]);
	library.count = 2;
	assert_false(library_load(&library, &err));
	assert_non_null(strstr(err.text, "no_such_function"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_prefix_knows_its_length),
		cmocka_unit_test(a_short_read_fails_and_stays_failed),
		cmocka_unit_test(numbers_are_read_in_both_orders),
		cmocka_unit_test(lines_end_with_lf_or_cr_lf),
		cmocka_unit_test(decimal_numbers_keep_their_bound),
		cmocka_unit_test(a_buffer_stops_at_its_limit),
		cmocka_unit_test(an_arena_keeps_objects_apart_and_stops_at_its_limit),
		cmocka_unit_test(a_large_arena_keeps_its_promises),
		cmocka_unit_test(words_are_written_into_whatever_room_there_is),
		cmocka_unit_test(files_are_read_to_their_end),
		cmocka_unit_test(addresses_are_read_and_written),
		cmocka_unit_test(dates_are_those_of_the_calendar),
		cmocka_unit_test(what_a_terminal_would_obey_is_escaped),
		cmocka_unit_test(json_is_valid_whatever_the_text_is),
		cmocka_unit_test(every_byte_is_escaped_wherever_it_stands),
		cmocka_unit_test(numbers_are_written_in_all_their_digits),
		cmocka_unit_test(the_nearest_word_is_suggested),
		cmocka_unit_test(bytes_become_digits_as_far_as_they_fit),
		cmocka_unit_test(an_end_is_found_where_it_is_whole),
		cmocka_unit_test(utf8_refuses_what_is_not_the_shortest_form),
		cmocka_unit_test(json_ends_with_a_span_that_failed),
		cmocka_unit_test(json_nested_too_deep_fails_and_keeps_its_bounds),
		cmocka_unit_test(files_are_refused_in_words),
		cmocka_unit_test(a_pipe_is_read_to_its_end_however_late_it_speaks),
		cmocka_unit_test(colour_is_only_where_it_is_wanted),
		cmocka_unit_test(the_next_address_carries),
		cmocka_unit_test(a_flexible_column_that_no_row_fills_is_left_out),
		cmocka_unit_test(tables_line_up_and_fit),
		cmocka_unit_test(addresses_are_written_as_the_system_writes_them),
		cmocka_unit_test(digests_are_those_of_their_standards),
		cmocka_unit_test(a_library_that_lacks_something_is_refused_in_words),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
