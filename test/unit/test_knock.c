/* Which doors are never spoken to, and how a result is named. Conversations are tried in test/net. */
#include "scan/knock.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void doors_that_act_on_any_bytes_are_forbidden(void **unused)
{
	static const struct {
		uint16_t transport, port;
		bool forbidden;
	} cases[] = {
		{ TRANSPORT_TCP, 9099, false }, { TRANSPORT_TCP, 9100, true },  { TRANSPORT_TCP, 9107, true },
		{ TRANSPORT_TCP, 9108, false }, { TRANSPORT_UDP, 9100, false }, { TRANSPORT_TCP, 515, true },
		{ TRANSPORT_TCP, 514, true },   { TRANSPORT_UDP, 514, true },   { TRANSPORT_TCP, 502, true },
		{ TRANSPORT_TCP, 631, false },  { TRANSPORT_TCP, 6000, false }, { TRANSPORT_TCP, 22, false },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (knock_is_forbidden(cases[i].transport, cases[i].port) != cases[i].forbidden)
			fail_msg("port %u", cases[i].port);
}

static void what_must_not_be_asked_is_not(void **unused)
{
	const struct knock_door doors[] = {
		{ address_v4(0x7f000001), 0, TRANSPORT_TCP, 9100 },
		{ address_v4(0x7f000001), 0, TRANSPORT_SCTP, 22 },
	};
	struct knock_result results[2];
	char text[64];

	(void)unused;
	memset(results, 0xff, sizeof(results));
	assert_true(knock(doors, 2, NULL, results, NULL));
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(results[i].outcome, KNOCK_NOT_ASKED);
		assert_null(knock_spoken(&results[i], text));
		assert_int_equal(results[i].evidence_length, 0);
	}
	assert_true(knock(doors, 0, NULL, results, NULL));
}

static void what_is_spoken_is_named_from_the_outside_in(void **unused)
{
	struct knock_result result = { .outcome = KNOCK_IDENTIFIED,
				       .protocol = protocol_named(span_text("tls")) };
	char text[64];

	(void)unused;
	assert_string_equal(knock_spoken(&result, text), "tls");
	result.inside_tls = protocol_named(span_text("http"));
	assert_string_equal(knock_spoken(&result, text), "tls:http");
	result.outcome = KNOCK_UNFINISHED;
	assert_null(knock_spoken(&result, text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(doors_that_act_on_any_bytes_are_forbidden),
		cmocka_unit_test(what_must_not_be_asked_is_not),
		cmocka_unit_test(what_is_spoken_is_named_from_the_outside_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
