/* What is to be looked at: ports, addresses, and the order in which they come. */
#include "catalog/catalog.h"
#include "scan/ports.h"
#include "scan/shuffle.h"
#include "scan/targets.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- ports ---- */

static void ports_are(const char *text, uint32_t count, const uint16_t *some, size_t some_count)
{
	struct ports ports;
	struct error err;

	if (!ports_parse(&ports, span_text(text), TRANSPORT_TCP, &err))
		fail_msg("%s: %s", text, err.text);
	assert_int_equal(ports.count, count);
	for (size_t i = 0; i < some_count; i++)
		assert_int_equal(ports_nth(&ports, (uint32_t)i), some[i]);
	for (uint32_t i = 1; i < ports.count; i++)
		assert_true(ports_nth(&ports, i - 1) < ports_nth(&ports, i));
	for (uint32_t port = 0, seen = 0, nth; port <= 65535; port++) {
		if (ports_find(&ports, (uint16_t)port, &nth)) {
			assert_int_equal(nth, seen);
			seen++;
		}
		if (port == 65535)
			assert_int_equal(seen, count);
	}
	ports_free(&ports);
}

static void ports_are_numbers_ranges_and_services(void **unused)
{
	(void)unused;
	ports_are("22", 1, (const uint16_t[]){ 22 }, 1);
	ports_are("80,22,22,79-81", 4, (const uint16_t[]){ 22, 79, 80, 81 }, 4);
	ports_are("1-3,4-6", 6, (const uint16_t[]){ 1, 2, 3, 4, 5, 6 }, 6);
	ports_are("-", 65535, (const uint16_t[]){ 1, 2 }, 2);
	ports_are("65534-", 2, (const uint16_t[]){ 65534, 65535 }, 2);
	ports_are("-2,https", 3, (const uint16_t[]){ 1, 2, 443 }, 3);
	ports_are("5-10,1-20", 20, (const uint16_t[]){ 1 }, 1);
}

static void what_is_no_port_is_said(void **unused)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{ "", "no port is named" },
		{ "22,", "nothing stands behind the last comma" },
		{ "22,,80", "nothing stands between two commas" },
		{ "0", "'0' is no port" },
		{ "65536", "'65536' is no port" },
		{ "9-3", "9-3: a range begins with its lower port" },
		{ "htttps", "'htttps' is no port" },
		{ "1-2-3", "'1-2-3' is no port" },
		{ "tftp", "tftp has no port over tcp" },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct ports ports;
		struct error err;

		if (ports_parse(&ports, span_text(cases[i].text), TRANSPORT_TCP, &err))
			fail_msg("%s was taken", cases[i].text);
		if (strncmp(err.text, cases[i].said, strlen(cases[i].said)) != 0)
			fail_msg("%s: %s", cases[i].text, err.text);
		ports_free(&ports);
	}
}

static void the_catalogue_knows_ports(void **unused)
{
	struct ports ports;
	uint32_t nth;

	(void)unused;
	assert_true(ports_known(&ports, TRANSPORT_UDP, NULL));
	assert_true(ports_find(&ports, 53, &nth) && ports_find(&ports, 161, &nth) &&
		    !ports_find(&ports, 59999, &nth));
	assert_in_range(ports.count, 100, 20000);
	ports_free(&ports);
}

/* ---- addresses ---- */

static void addresses_come_in_their_order(void **unused)
{
	static const char *const words[] = { "192.0.2.7",        "192.0.2.254-192.0.3.1",
					     "2001:db8::fe/127", "10.0.0.0/30",
					     "192.0.2.7",        "10.0.0.2-10.0.0.3",
					     "192.0.3.0",        "10.0.0.0" };
	static const char *const all[] = { "10.0.0.0",  "10.0.0.1",     "10.0.0.2",    "10.0.0.3",
					   "192.0.2.7", "192.0.2.254",  "192.0.2.255", "192.0.3.0",
					   "192.0.3.1", "2001:db8::fe", "2001:db8::ff" };
	struct targets targets = { 0 };
	struct address beside;
	uint32_t none;

	(void)unused;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		assert_true(targets_add(&targets, words[i], NULL));
	targets_sort(&targets);
	assert_int_equal(targets.count, sizeof(all) / sizeof(*all));
	for (uint32_t i = 0; i < targets.count; i++) {
		char text[ADDRESS_TEXT];
		struct address address;
		uint32_t interface, nth;

		targets_nth(&targets, i, &address, &interface);
		assert_string_equal(address_text(&address, text), all[i]);
		assert_int_equal(interface, 0);
		assert_true(targets_find(&targets, &address, &nth));
		assert_int_equal(nth, i);
	}
	assert_true(address_parse(span_text("192.0.2.8"), &beside));
	assert_false(targets_find(&targets, &beside, &none));
	assert_true(address_parse(span_text("9.255.255.255"), &beside));
	assert_false(targets_find(&targets, &beside, &none));
	targets_free(&targets);
}

static void names_and_interfaces_are_found(void **unused)
{
	struct targets targets = { 0 };
	struct address address;
	uint32_t interface;

	(void)unused;
	assert_true(targets_add(&targets, "fe80::1%lo", NULL));
	targets_nth(&targets, 0, &address, &interface);
	assert_int_not_equal(interface, 0);
	assert_true(targets_add(&targets, "localhost", NULL));
	targets_nth(&targets, 1, &address, &interface);
	assert_int_equal(catalog_scope(&address), SCOPE_HOST);
	targets_free(&targets);
}

static void what_is_no_target_is_said(void **unused)
{
	static const struct {
		const char *word, *said;
	} cases[] = {
		{ "192.0.2.256", "'192.0.2.256': " },
		{ "192.0.2.0/33", "'192.0.2.0/33': " },
		{ "192.0.2.7/24", "'192.0.2.7/24': " },
		{ "2001:db8::/64", "'2001:db8::/64': more than 16777216 addresses" },
		{ "::/0", "'::/0': more than" },
		{ "0.0.0.0/0", "'0.0.0.0/0': more than" },
		{ "fe80::1%nowhere", "'fe80::1%nowhere': there is no interface nowhere" },
		{ "web%lo", "'web%lo': no address stands before %" },
		{ "2001:db8:::1", "'2001:db8:::1': " },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct targets targets = { 0 };
		struct error err;

		if (targets_add(&targets, cases[i].word, &err))
			fail_msg("%s was taken", cases[i].word);
		if (strncmp(err.text, cases[i].said, strlen(cases[i].said)) != 0)
			fail_msg("%s: %s", cases[i].word, err.text);
		targets_free(&targets);
	}
}

static void sums_of_targets_are_bounded(void **unused)
{
	struct targets targets = { 0 };

	(void)unused;
	assert_true(targets_add(&targets, "10.0.0.0/8", NULL));
	assert_int_equal(targets.count, 1 << 24);
	assert_false(targets_add(&targets, "192.0.2.1", NULL));
	assert_int_equal(targets.count, 1 << 24);
	targets_free(&targets);
}

static void files_name_targets(void **unused)
{
	static const char text[] = "# the office\n192.0.2.1 192.0.2.2\t# two\n\n10.0.0.0/30\r\n2001:db8::1";
	char path[] = "/tmp/targets-XXXXXX";
	const int fd = mkstemp(path);
	struct targets targets = { 0 };
	struct error err;

	(void)unused;
	assert_return_code(fd, errno);
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	assert_true(targets_add_file(&targets, path, &err));
	assert_int_equal(targets.count, 7);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(pwrite(fd, "192.0.2.1\n192.0.2.999\n", 22, 0), 22);
	assert_false(targets_add_file(&targets, path, &err));
	assert_non_null(strstr(err.text, ":2: '192.0.2.999'"));
	(void)close(fd);
	(void)unlink(path);
	assert_false(targets_add_file(&targets, path, &err));
	targets_free(&targets);
}

static void public_addresses_are_told(void **unused)
{
	struct targets targets = { 0 };

	(void)unused;
	assert_true(targets_add(&targets, "192.168.1.0/24", NULL) && targets_add(&targets, "::1", NULL));
	assert_null(targets_public(&targets));
	assert_true(targets_add(&targets, "192.168.255.255-192.169.0.0", NULL));
	assert_ptr_equal(targets_public(&targets), &targets.list[2]);
	targets_free(&targets);
}

/* ---- the order ---- */

/* Of ranges those whose bit is set; who was named by himself stays. */
static void some_targets_are_kept(void **unused)
{
	static const uint8_t bits[3] = { 0x0e, 0x80, 0x01 }; /* 1 to 3, 15, 16 */
	struct targets all = { 0 }, kept;
	struct address address;
	uint32_t interface, nth;
	char text[ADDRESS_TEXT];

	(void)unused;
	assert_true(targets_add(&all, "10.0.0.0-10.0.0.16", NULL));
	assert_true(targets_add(&all, "10.0.9.1", NULL));
	targets_sort(&all);
	assert_true(targets_have_ranges(&all));
	assert_true(targets_keep(&all, bits, &kept, NULL));
	assert_int_equal(kept.count, 6);
	assert_int_equal(kept.range_count, 3);
	targets_nth(&kept, 4, &address, &interface);
	assert_string_equal(address_text(&address, text), "10.0.0.16");
	targets_nth(&kept, 5, &address, &interface);
	assert_string_equal(address_text(&address, text), "10.0.9.1");
	assert_true(targets_find(&kept, &address, &nth) && nth == 5);
	targets_free(&kept);
	targets_free(&all);
	assert_true(targets_add(&all, "10.0.9.1", NULL));
	targets_sort(&all);
	assert_false(targets_have_ranges(&all));
	targets_free(&all);
}

static void a_shuffle_meets_each_number_once(void **unused)
{
	(void)unused;
	for (uint64_t count = 1; count <= 70000; count = count < 40 ? count + 1 : count * 3) {
		const struct shuffle shuffle = shuffle_of(count, count);
		uint8_t *const met = calloc(count, 1);
		uint64_t in_order = 0;

		assert_non_null(met);
		for (uint64_t i = 0; i < count; i++) {
			const uint64_t number = shuffle_nth(&shuffle, i);

			assert_true(number < count && !met[number]);
			met[number] = 1;
			in_order += number == i;
		}
		if (count > 1000)
			assert_true(in_order < count / 100);
		free(met);
	}
}

static void another_seed_is_another_order(void **unused)
{
	const struct shuffle one = shuffle_of(1 << 20, 1), same = shuffle_of(1 << 20, 1),
			     other = shuffle_of(1 << 20, 2);
	uint64_t alike = 0;

	(void)unused;
	for (uint64_t i = 0; i < 1000; i++) {
		assert_int_equal(shuffle_nth(&one, i), shuffle_nth(&same, i));
		alike += shuffle_nth(&one, i) == shuffle_nth(&other, i);
	}
	assert_true(alike < 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ports_are_numbers_ranges_and_services),
		cmocka_unit_test(what_is_no_port_is_said),
		cmocka_unit_test(the_catalogue_knows_ports),
		cmocka_unit_test(addresses_come_in_their_order),
		cmocka_unit_test(names_and_interfaces_are_found),
		cmocka_unit_test(what_is_no_target_is_said),
		cmocka_unit_test(sums_of_targets_are_bounded),
		cmocka_unit_test(files_name_targets),
		cmocka_unit_test(public_addresses_are_told),
		cmocka_unit_test(some_targets_are_kept),
		cmocka_unit_test(a_shuffle_meets_each_number_once),
		cmocka_unit_test(another_seed_is_another_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
