/* Names as DNS messages pack them: what they read as, and which break a rule. */
#include "protocols/dns_name.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define BYTES(text) text, sizeof(text) - 1

static void names_are_written_as_people_write_them(void **unused)
{
	static const struct {
		const char *bytes;
		size_t length, from; /* where the name begins */
		const char *text;
		size_t taken;
	} cases[] = {
		{ BYTES("\0"), 0, ".", 1 },
		{ BYTES("\3www\7example\3com\0rest"), 0, "www.example.com", 17 },
		{ BYTES("\7example\0\3www\xc0\0rest"), 9, "www.example", 6 },
		{ BYTES("\1a\0\1b\xc0\0\xc0\3"), 7, "b.a", 2 },
		{ BYTES("\4a.b\\\0"), 0, "a\\.b\\\\", 6 },
		{ BYTES("\3\x1b \xff\0"), 0, "\\027\\032\\255", 5 },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct span message = span_of(cases[i].bytes, cases[i].length);
		struct span at = message;
		char text[DNS_NAME_TEXT];

		span_skip(&at, cases[i].from);
		assert_true(dns_name_read(message, &at, text));
		assert_string_equal(text, cases[i].text);
		assert_int_equal(at.at - message.at, cases[i].from + cases[i].taken);
	}
}

static void names_that_break_a_rule_are_refused(void **unused)
{
	static const struct {
		const char *what, *bytes;
		size_t length, from;
	} cases[] = {
		{ "nothing at all", BYTES(""), 0 },
		{ "a label that is cut", BYTES("\3ww"), 0 },
		{ "no end", BYTES("\3www"), 0 },
		{ "half a pointer", BYTES("\0\xc0"), 1 },
		{ "a pointer to itself", BYTES("\xc0\0"), 0 },
		{ "a pointer forwards", BYTES("\xc0\2\0"), 0 },
		{ "two pointers at each other", BYTES("\xc0\2\xc0\0"), 2 },
		{ "a pointer into the name's own labels", BYTES("\1a\1b\xc0\2"), 0 },
		{ "a pointer past the end", BYTES("\0\xc1\xff"), 1 },
		{ "a kind of label that is none",
		  BYTES("\x40"
			"a\0"),
		  0 },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct span message = span_of(cases[i].bytes, cases[i].length);
		struct span at = message;
		char text[DNS_NAME_TEXT];

		span_skip(&at, cases[i].from);
		if (dns_name_read(message, &at, text) || !at.failed)
			fail_msg("%s was read", cases[i].what);
	}
}

/* Three labels of 63 octets and one more, as long as a name may be and one octet longer. */
static void a_name_has_at_most_255_octets(void **unused)
{
	(void)unused;
	for (size_t last = 61; last <= 62; last++) {
		struct buffer message = buffer_new(512);
		struct span at;
		char text[DNS_NAME_TEXT];

		for (int i = 0; i < 3; i++) {
			buffer_u8(&message, 63);
			buffer_fill(&message, 0xff, 63);
		}
		buffer_u8(&message, (uint8_t)last);
		buffer_fill(&message, 0xff, last);
		buffer_u8(&message, 0);
		at = buffer_read(&message);
		assert_int_equal(dns_name_read(at, &at, text), last == 61);
		if (last == 61)
			assert_int_equal(strlen(text), 4 * (3 * 63 + 61) + 3);
		buffer_free(&message);
	}
}

/* A chain of pointers, each to the one before it: as long as it may be, and one longer. */
static void a_chain_of_pointers_has_an_end(void **unused)
{
	struct buffer message = buffer_new(512);
	struct span at;

	(void)unused;
	buffer_u16(&message, 0);
	for (unsigned i = 0; i <= DNS_NAME_JUMPS; i++)
		buffer_u16(&message, (uint16_t)(0xc000 | 2 * i));
	at = buffer_read(&message);
	span_skip(&at, 2 * DNS_NAME_JUMPS);
	assert_true(dns_name_read(buffer_read(&message), &at, NULL));
	assert_int_equal(span_left(at), 2);
	assert_false(dns_name_read(buffer_read(&message), &at, NULL));
	buffer_free(&message);
}

static void written_names_are_read_back(void **unused)
{
	static const char *const names[] = { ".", "version.bind", "1.0.0.127.in-addr.arpa" };

	(void)unused;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct buffer message = buffer_new(512);
		struct span at;
		char text[DNS_NAME_TEXT];

		dns_name_write(&message, names[i]);
		at = buffer_read(&message);
		assert_true(dns_name_read(at, &at, text));
		assert_string_equal(text, names[i]);
		assert_int_equal(span_left(at), 0);
		buffer_free(&message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_written_as_people_write_them),
		cmocka_unit_test(names_that_break_a_rule_are_refused),
		cmocka_unit_test(a_name_has_at_most_255_octets),
		cmocka_unit_test(a_chain_of_pointers_has_an_end),
		cmocka_unit_test(written_names_are_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
