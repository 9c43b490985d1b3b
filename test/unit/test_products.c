/* data/products.tsv: every row knows its own example, and is the one that names it. */
#include "scan/products.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void every_row_matches_its_example(void **unused)
{
	const struct product_row *row;
	struct span version;

	(void)unused;
	for (size_t i = 0; (row = products_nth(i)) != NULL; i++) {
		if (protocol_named(span_text(row->protocol)) == NULL)
			fail_msg("no protocol is called %s", row->protocol);
		if (row->pattern == NULL)
			continue;
		assert_non_null(row->example);
		if (!products_match(row, span_text(row->example), &version))
			fail_msg("%s: '%s' is not in '%s'", row->product, row->pattern, row->example);
		if (row->version > 0 && span_left(version) == 0 && strstr(row->pattern, "*)") == NULL)
			fail_msg("%s: '%s' has no version", row->product, row->example);
	}
}

static void the_first_row_that_fits_names_its_example(void **unused)
{
	const struct product_row *row;

	(void)unused;
	for (size_t i = 0; (row = products_nth(i)) != NULL; i++) {
		struct answer answer = { 0 };
		char cpe[PRODUCT_CPE];

		if (row->pattern == NULL)
			continue;
		products_tell(protocol_named(span_text(row->protocol)), span_text(row->example), &answer,
			      cpe);
		if (strcmp(answer.product, row->product) != 0)
			fail_msg("'%s' is called %s", row->example, answer.product);
		if (row->cpe != NULL)
			assert_memory_equal(cpe, "cpe:2.3:", 8);
		else
			assert_string_equal(cpe, "");
	}
}

static void what_a_probe_told_stays(void **unused)
{
	const struct protocol *const ssh = protocol_named(span_text("ssh"));
	struct answer answer = { .product = "OpenSSH", .version = "9.2p1" };
	char cpe[PRODUCT_CPE];

	(void)unused;
	products_tell(ssh, span_text("SSH-2.0-dropbear_2022.83\r\n"), &answer, cpe);
	assert_string_equal(answer.product, "OpenSSH");
	assert_string_equal(answer.version, "9.2p1");
	assert_string_equal(cpe, "cpe:2.3:a:openbsd:openssh:9.2p1:*:*:*:*:*:*:*");
	answer = (struct answer){ .product = "Nobody's" };
	products_tell(ssh, span_text("SSH-2.0-nobody\r\n"), &answer, cpe);
	assert_string_equal(answer.product, "Nobody's");
	assert_string_equal(cpe, "");
}

static void what_a_probe_named_has_its_name_though_it_is_not_said_again(void **unused)
{
	struct answer answer = { .product = "Prometheus", .version = "2.42.0" };
	char cpe[PRODUCT_CPE];

	(void)unused;
	products_tell(protocol_named(span_text("http")), span_text("{\"version\":\"2.42.0\"}"), &answer, cpe);
	assert_string_equal(answer.product, "Prometheus");
	assert_string_equal(answer.version, "2.42.0");
	assert_string_equal(cpe, "cpe:2.3:a:prometheus:prometheus:2.42.0:*:*:*:*:*:*:*");
}

static void zeros_between_words_are_as_blanks(void **unused)
{
	static const char vendor[] = "local\0\0\0linux";
	struct answer answer = { 0 };
	char cpe[PRODUCT_CPE];

	(void)unused;
	products_tell(protocol_named(span_text("pptp")), span_of(vendor, sizeof(vendor) - 1), &answer, cpe);
	assert_string_equal(answer.product, "pptpd");
}

static void words_without_an_end_or_with_zeros_are_bounded(void **unused)
{
	static char words[1 << 20];
	struct answer answer = { 0 };
	char cpe[PRODUCT_CPE];

	(void)unused;
	memset(words, 'a', sizeof(words));
	products_tell(protocol_named(span_text("http")), span_of(words, sizeof(words)), &answer, cpe);
	assert_string_equal(answer.product, "");
	memset(words, 0, 64);
	products_tell(protocol_named(span_text("http")), span_of(words, 64), &answer, cpe);
	assert_string_equal(cpe, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_matches_its_example),
		cmocka_unit_test(the_first_row_that_fits_names_its_example),
		cmocka_unit_test(what_a_probe_told_stays),
		cmocka_unit_test(what_a_probe_named_has_its_name_though_it_is_not_said_again),
		cmocka_unit_test(zeros_between_words_are_as_blanks),
		cmocka_unit_test(words_without_an_end_or_with_zeros_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
