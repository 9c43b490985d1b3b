/* BER as SNMP and LDAP use it: what is read, what is refused, and that writing and reading agree. */
#include "protocols/ber.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define BYTES(...) span_of((const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

static void a_frame_is_known_before_its_content_has_come(void **unused)
{
	const struct {
		struct span bytes;
		enum ber_frame frame;
		size_t whole;
	} cases[] = {
		{ BYTES(0x30), BER_PARTIAL, 0 },
		{ BYTES(0x30, 0x05), BER_FRAMED, 7 },
		{ BYTES(0x30, 0x82, 0x01), BER_PARTIAL, 0 },
		{ BYTES(0x30, 0x82, 0x01, 0x00), BER_FRAMED, 260 },
		{ BYTES(0x30, 0x84, 0xff, 0xff, 0xff, 0xff), BER_FRAMED, (size_t)UINT32_MAX + 6 },
		{ BYTES(0x30, 0x80), BER_MALFORMED, 0 },
		{ BYTES(0x30, 0x85), BER_MALFORMED, 0 },
		{ BYTES(0x1f, 0x01), BER_MALFORMED, 0 },
		{ BYTES(0x00, 0x00), BER_MALFORMED, 0 },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint8_t tag = 0;
		size_t whole = 0;

		assert_int_equal(ber_frame(cases[i].bytes, &tag, &whole), cases[i].frame);
		assert_int_equal(whole, cases[i].whole);
	}
}

static void a_field_never_reaches_into_its_neighbour(void **unused)
{
	struct span s = BYTES(0x30, 0x03, 0x04, 0x02, 'a', 'b', 'c');
	struct span sequence = ber_take(&s, BER_SEQUENCE);

	(void)unused;
	assert_int_equal(span_left(sequence), 3);
	assert_true(ber_take(&sequence, BER_OCTETS).failed);
	assert_true(sequence.failed);
	assert_false(s.failed);
	assert_int_equal(span_left(s), 2);
}

static void another_tag_fails_the_span(void **unused)
{
	struct span s = BYTES(0x04, 0x01, 'a');

	(void)unused;
	assert_true(ber_take(&s, BER_SEQUENCE).failed);
	assert_true(s.failed);
}

static void what_has_come_of_an_element_can_be_read(void **unused)
{
	struct span s = BYTES(0x30, 0x82, 0x01, 0x00, 0x02, 0x01, 0x03);
	struct span begun = ber_begun(&s, BER_SEQUENCE);

	(void)unused;
	assert_false(s.failed);
	assert_int_equal(ber_integer(&begun, BER_INTEGER), 3);
	assert_int_equal(span_left(begun), 0);
	s = BYTES(0x30, 0x02, 0x05, 0x00, 0xff);
	begun = ber_begun(&s, BER_SEQUENCE);
	assert_int_equal(span_left(begun), 2);
	assert_int_equal(span_left(s), 1);
	s = BYTES(0x30, 0x82);
	assert_true(ber_begun(&s, BER_SEQUENCE).failed);
	s = BYTES(0x31, 0x00);
	assert_true(ber_begun(&s, BER_SEQUENCE).failed);
}

static void integers_are_read_in_twos_complement(void **unused)
{
	const struct {
		struct span bytes;
		bool good;
		int64_t number;
	} cases[] = {
		{ BYTES(2, 1, 0), true, 0 },
		{ BYTES(2, 1, 0xff), true, -1 },
		{ BYTES(2, 2, 0x00, 0x80), true, 128 },
		{ BYTES(2, 5, 0x00, 0xff, 0xff, 0xff, 0xff), true, UINT32_MAX },
		{ BYTES(2, 8, 0x80, 0, 0, 0, 0, 0, 0, 0), true, INT64_MIN },
		{ BYTES(2, 0), false, 0 },
		{ BYTES(2, 9, 0, 0x80, 0, 0, 0, 0, 0, 0, 0), false, 0 },
		{ BYTES(4, 1, 7), false, 0 },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct span s = cases[i].bytes;

		assert_true(ber_integer(&s, BER_INTEGER) == cases[i].number);
		assert_int_equal(s.failed, !cases[i].good);
	}
}

static void object_identifiers_are_written_with_dots(void **unused)
{
	const struct {
		struct span oid;
		size_t size;
		const char *text;
	} cases[] = {
		{ BYTES(0x2b, 6, 1, 2, 1, 1, 1, 0), 64, "1.3.6.1.2.1.1.1.0" },
		{ BYTES(0x2b, 6, 1, 4, 1, 0xbf, 0x08), 64, "1.3.6.1.4.1.8072" },
		{ BYTES(0x88, 0x37), 64, "2.999" },
		{ BYTES(0x2b, 6, 0x81), 64, "" },
		{ BYTES(0x2b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f), 64, "" },
		{ BYTES(0x2b, 6, 1, 2), 9, "" },
		{ BYTES(0x2b, 6, 1, 2), 10, "1.3.6.1.2" },
		{ span_of(NULL, 0), 64, "" },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[64];

		assert_int_equal(ber_oid_text(cases[i].oid, text, cases[i].size), cases[i].text[0] != '\0');
		assert_string_equal(text, cases[i].text);
	}
}

static void numbers_are_written_as_short_as_they_go(void **unused)
{
	const struct {
		int32_t number;
		size_t octets;
	} cases[] = { { 0, 1 },       { 127, 1 },       { 128, 2 },      { -128, 1 },
		      { -129, 2 },    { 32767, 2 },     { 32768, 3 },    { 8388607, 3 },
		      { 8388608, 4 }, { INT32_MAX, 4 }, { INT32_MIN, 4 } };

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buffer out = buffer_new(16);
		struct span s;

		ber_write_integer(&out, BER_INTEGER, cases[i].number);
		assert_int_equal(out.length, 2 + cases[i].octets);
		s = buffer_read(&out);
		assert_true(ber_integer(&s, BER_INTEGER) == cases[i].number);
		buffer_free(&out);
	}
}

static void an_element_of_any_length_is_read_as_it_was_written(void **unused)
{
	static const size_t lengths[] = { 0, 1, 126, 127, 128, 255, 256, 65535, 65536 };

	(void)unused;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		struct buffer out = buffer_new(1 << 20);
		const size_t outer = ber_begin(&out, BER_SEQUENCE), inner = ber_begin(&out, BER_OCTETS);
		struct span s, octets;

		buffer_fill(&out, 'x', lengths[i]);
		ber_end(&out, inner);
		ber_write_integer(&out, BER_INTEGER, 7);
		ber_end(&out, outer);
		s = buffer_read(&out);
		s = ber_take(&s, BER_SEQUENCE);
		octets = ber_take(&s, BER_OCTETS);
		assert_int_equal(span_left(octets), lengths[i]);
		assert_true(lengths[i] == 0 || (octets.at[0] == 'x' && octets.end[-1] == 'x'));
		assert_int_equal(ber_integer(&s, BER_INTEGER), 7);
		assert_int_equal(span_left(s), 0);
		assert_false(s.failed);
		buffer_free(&out);
	}
}

static void what_does_not_fit_fails_the_buffer(void **unused)
{
	struct buffer out = buffer_new(132);
	const size_t begun = ber_begin(&out, BER_OCTETS);

	(void)unused;
	buffer_fill(&out, 'x', 130);
	assert_false(out.failed);
	ber_end(&out, begun);
	assert_true(out.failed);
	buffer_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_is_known_before_its_content_has_come),
		cmocka_unit_test(a_field_never_reaches_into_its_neighbour),
		cmocka_unit_test(another_tag_fails_the_span),
		cmocka_unit_test(what_has_come_of_an_element_can_be_read),
		cmocka_unit_test(integers_are_read_in_twos_complement),
		cmocka_unit_test(object_identifiers_are_written_with_dots),
		cmocka_unit_test(numbers_are_written_as_short_as_they_go),
		cmocka_unit_test(an_element_of_any_length_is_read_as_it_was_written),
		cmocka_unit_test(what_does_not_fit_fails_the_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
