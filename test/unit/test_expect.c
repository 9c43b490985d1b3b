/* Announced flows: found by the end that was named, once or often, for a time, within a bound. */
#include "flow/expect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const int64_t second = 1000000000;
static struct engine_counts counts;

static int fresh(void **state)
{
	counts = (struct engine_counts){ 0 };
	*state = expectations_new();
	return *state != NULL ? 0 : -1;
}

static int done(void **state)
{
	expectations_free(*state);
	return 0;
}

static struct address host(uint32_t n)
{
	return address_v4(0xc0000200 + n);
}

static struct expectation at(uint32_t n, uint16_t port)
{
	return (struct expectation){ .transport = TRANSPORT_TCP,
				     .address = host(n),
				     .port = port,
				     .protocol = protocol_nth(0),
				     .waiting = SIDE_SERVER };
}

static struct flow flow_of(uint32_t from, uint16_t port, uint32_t to, uint16_t to_port)
{
	return (struct flow){ .ends = { host(from), host(to) },
			      .ports = { port, to_port },
			      .transport = TRANSPORT_TCP };
}

static void the_named_end_is_found_once(void **state)
{
	struct expectation what = at(2, 2000);
	const struct flow flow = flow_of(1, 999, 2, 2000), other = flow_of(1, 999, 2, 2001);
	struct flow udp = flow;
	struct expected expected;

	udp.transport = TRANSPORT_UDP;
	what.about = "report.txt";
	assert_false(expectations_match(*state, &flow, 0, &expected));
	expectations_add(*state, &what, 77, 0, &counts);
	assert_false(expectations_match(*state, &other, 0, &expected));
	assert_false(expectations_match(*state, &udp, 0, &expected));
	assert_true(expectations_match(*state, &flow, 0, &expected));
	assert_ptr_equal(expected.protocol, protocol_nth(0));
	assert_int_equal(expected.parent, 77);
	assert_int_equal(expected.waiting, 1);
	assert_int_equal(expected.side, SIDE_SERVER);
	assert_string_equal(expected.about, "report.txt");
	assert_false(expectations_match(*state, &flow, 0, &expected));
	assert_int_equal(counts.expectations, 1);
	assert_int_equal(counts.expectations_dropped, 0);
}

static void words_may_come_when_the_flow_has_begun(void **state)
{
	struct expectation what = at(2, 2000);
	struct flow flow = flow_of(1, 999, 2, 2000);
	struct expected expected;
	char about[EXPECT_ABOUT] = "";

	assert_false(expectations_late_words(*state, &flow, 0, about));
	expectations_add(*state, &what, 77, 0, &counts);
	assert_true(expectations_match(*state, &flow, 0, &expected));
	flow.parent = expected.parent;
	what.about = "RETR report.txt";
	expectations_add(*state, &what, 78, 0, &counts); /* of another conversation */
	assert_false(expectations_late_words(*state, &flow, 0, about));
	expectations_add(*state, &what, 77, 0, &counts);
	assert_true(expectations_late_words(*state, &flow, 0, about));
	assert_string_equal(about, "RETR report.txt");
	assert_false(expectations_late_words(*state, &flow, 0, about));
	assert_false(expectations_match(*state, &flow, 0, &expected)); /* it was for this flow alone */
}

static void the_named_end_may_be_the_one_that_calls(void **state)
{
	struct expectation what = at(2, 2000);
	const struct flow flow = flow_of(2, 2000, 1, 20);
	struct expected expected;

	what.waiting = SIDE_CLIENT;
	expectations_add(*state, &what, 1, 0, &counts);
	assert_true(expectations_match(*state, &flow, 0, &expected));
	assert_int_equal(expected.waiting, 0);
	assert_int_equal(expected.side, SIDE_CLIENT);
	assert_string_equal(expected.about, "");
}

static void the_other_end_may_be_named_too(void **state)
{
	struct expectation narrow = at(2, 2000), wide = at(2, 2000);
	const struct flow of_one = flow_of(1, 999, 2, 2000), of_three = flow_of(3, 999, 2, 2000);
	struct expected expected;

	narrow.other = host(1);
	expectations_add(*state, &narrow, 10, 0, &counts);
	assert_false(expectations_match(*state, &of_three, 0, &expected));
	expectations_add(*state, &wide, 20, 0, &counts); /* newer, but less exact */
	assert_true(expectations_match(*state, &of_one, 0, &expected));
	assert_int_equal(expected.parent, 10);
	assert_true(expectations_match(*state, &of_three, 0, &expected));
	assert_int_equal(expected.parent, 20);
}

static void many_flows_may_come_of_one(void **state)
{
	struct expectation what = at(2, 2000);
	const struct flow flow = flow_of(1, 999, 2, 2000);
	struct expected expected;

	what.many = true;
	what.seconds = 5;
	expectations_add(*state, &what, 1, 0, &counts);
	for (int i = 0; i < 3; i++)
		assert_true(expectations_match(*state, &flow, 5 * second, &expected));
	assert_false(expectations_match(*state, &flow, 5 * second + 1, &expected));
}

static void it_is_waited_a_minute(void **state)
{
	const struct expectation what = at(2, 2000), later = at(2, 2001);
	const struct flow flow = flow_of(1, 999, 2, 2000), after = flow_of(1, 999, 2, 2001);
	struct expected expected;

	expectations_add(*state, &what, 1, 0, &counts);
	expectations_add(*state, &later, 1, second, &counts);
	assert_false(expectations_match(*state, &flow, 60 * second + 1, &expected));
	assert_true(expectations_match(*state, &after, 60 * second + 1, &expected));
}

static void what_is_repeated_stands_once(void **state)
{
	const struct expectation what = at(2, 2000);
	const struct flow flow = flow_of(1, 999, 2, 2000);
	struct expected expected;

	for (uint64_t i = 0; i < 3; i++)
		expectations_add(*state, &what, i, 0, &counts);
	assert_true(expectations_match(*state, &flow, 0, &expected));
	assert_int_equal(expected.parent, 2);
	assert_false(expectations_match(*state, &flow, 0, &expected));
}

static void the_oldest_gives_way(void **state)
{
	struct expected expected;

	for (uint32_t i = 0; i < EXPECT_LIMIT + 10; i++) {
		const struct expectation what = at(i / 60000, (uint16_t)(i % 60000));

		expectations_add(*state, &what, i, 0, &counts);
	}
	assert_int_equal(counts.expectations, EXPECT_LIMIT + 10);
	assert_int_equal(counts.expectations_dropped, 10);
	for (uint32_t i = 0; i < EXPECT_LIMIT + 10; i++) {
		const struct flow flow = flow_of(250, 65000, i / 60000, (uint16_t)(i % 60000));

		assert_int_equal(expectations_match(*state, &flow, 0, &expected), i >= 10);
	}
}

static void words_are_cut_to_their_bound(void **state)
{
	struct expectation what = at(2, 2000);
	const struct flow flow = flow_of(1, 999, 2, 2000);
	struct expected expected;
	char words[2 * EXPECT_ABOUT];

	memset(words, 'x', sizeof(words));
	words[sizeof(words) - 1] = '\0';
	what.about = words;
	expectations_add(*state, &what, 1, 0, &counts);
	words[0] = 'y';
	assert_true(expectations_match(*state, &flow, 0, &expected));
	assert_int_equal(strlen(expected.about), EXPECT_ABOUT - 1);
	assert_int_equal(expected.about[0], 'x');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_named_end_is_found_once, fresh, done),
		cmocka_unit_test_setup_teardown(words_may_come_when_the_flow_has_begun, fresh, done),
		cmocka_unit_test_setup_teardown(the_named_end_may_be_the_one_that_calls, fresh, done),
		cmocka_unit_test_setup_teardown(the_other_end_may_be_named_too, fresh, done),
		cmocka_unit_test_setup_teardown(many_flows_may_come_of_one, fresh, done),
		cmocka_unit_test_setup_teardown(it_is_waited_a_minute, fresh, done),
		cmocka_unit_test_setup_teardown(what_is_repeated_stands_once, fresh, done),
		cmocka_unit_test_setup_teardown(the_oldest_gives_way, fresh, done),
		cmocka_unit_test_setup_teardown(words_are_cut_to_their_bound, fresh, done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
