/* Which doors are never spoken to, and how a result is named. Conversations are tried in test/net. */
#include "scan/again.h"
#include "scan/delay.h"
#include "scan/knock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static void doors_that_act_on_any_bytes_are_forbidden(void **unused)
{
	static const struct {
		uint16_t transport, port;
		bool forbidden;
	} cases[] = {
		{ TRANSPORT_TCP, 9099, false },  { TRANSPORT_TCP, 9100, true },
		{ TRANSPORT_TCP, 9107, true },   { TRANSPORT_TCP, 1705, false },
		{ TRANSPORT_TCP, 9108, false },  { TRANSPORT_UDP, 9100, false },
		{ TRANSPORT_TCP, 515, true },    { TRANSPORT_TCP, 514, false },
		{ TRANSPORT_UDP, 2222, true },   { TRANSPORT_TCP, 502, false },
		{ TRANSPORT_UDP, 47808, false }, { TRANSPORT_TCP, 44818, false },
		{ TRANSPORT_TCP, 631, false },   { TRANSPORT_TCP, 6000, false },
		{ TRANSPORT_TCP, 22, false },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (knock_is_forbidden(cases[i].transport, cases[i].port) != cases[i].forbidden)
			fail_msg("port %u", cases[i].port);
	assert_true(knock_is_delicate(TRANSPORT_TCP, 514) && knock_is_delicate(TRANSPORT_UDP, 514));
	assert_true(knock_is_delicate(TRANSPORT_TCP, 44818) && knock_is_delicate(TRANSPORT_UDP, 44818));
	assert_true(knock_is_delicate(TRANSPORT_UDP, 47808) && knock_is_delicate(TRANSPORT_UDP, 47823));
	assert_true(knock_is_delicate(TRANSPORT_TCP, 502) && knock_is_delicate(TRANSPORT_UDP, 162));
	assert_true(knock_is_delicate(TRANSPORT_TCP, 4532) && knock_is_delicate(TRANSPORT_TCP, 4533));
	assert_true(knock_is_delicate(TRANSPORT_TCP, 1704) && knock_is_delicate(TRANSPORT_TCP, 1705));
	assert_false(knock_is_delicate(TRANSPORT_TCP, 9100) || knock_is_delicate(TRANSPORT_TCP, 22));
}

static void what_must_not_be_asked_is_not(void **unused)
{
	const struct knock_door doors[] = {
		{ address_v4(0x7f000001), 0, TRANSPORT_TCP, 9100, false, 0 },
		{ address_v4(0x7f000001), 0, TRANSPORT_SCTP, 22, false, 0 },
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

static void who_answers_late_is_waited_for_longer(void **unused)
{
	struct delay delay = { 0 };
	unsigned before;

	(void)unused;
	assert_int_equal(delay_percent(&delay), 100);
	for (int i = 0; i < 100; i++)
		delay_note(&delay, 3);
	assert_int_equal(delay_percent(&delay), 100);
	delay_note(&delay, 5000); /* one alone is no sign of a machine that is busy */
	assert_int_equal(delay_percent(&delay), 100);
	for (int i = 0; i < 20; i++)
		delay_note(&delay, 400);
	before = delay_percent(&delay);
	assert_in_range(before, 150, 400);
	for (int i = 0; i < 100; i++)
		delay_note(&delay, 60000);
	assert_int_equal(delay_percent(&delay), 400);
	for (int i = 0; i < 200; i++)
		delay_note(&delay, 3);
	assert_int_equal(delay_percent(&delay), 100);
}

static void of_two_results_the_one_counts_that_tells_more(void **unused)
{
	static const struct protocol ssh = { .name = "ssh" }, tls = { .name = "tls" };
	struct knock_result silent = { .outcome = KNOCK_SILENT },
			    named = { .outcome = KNOCK_IDENTIFIED, .protocol = &tls },
			    inside = { .outcome = KNOCK_IDENTIFIED, .protocol = &tls, .inside_tls = &ssh },
			    told = { .outcome = KNOCK_IDENTIFIED, .protocol = &tls };

	(void)unused;
	(void)strcpy(told.answer.product, "OpenSSH");
	assert_ptr_equal(again_better(&silent, &named), &named);
	assert_ptr_equal(again_better(&named, &silent), &named);
	assert_ptr_equal(again_better(&told, &named), &told);
	assert_ptr_equal(again_better(&inside, &told), &inside);
	assert_ptr_equal(again_better(&named, &(struct knock_result){ .outcome = KNOCK_UNFINISHED }), &named);
}

/* A port of loopback at which nobody listens, as long as the socket is open. */
static int closed_port(struct knock_door *door)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);
	const int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_return_code(bind(fd, (struct sockaddr *)&address, length), errno);
	assert_return_code(getsockname(fd, (struct sockaddr *)&address, &length), errno);
	door->address = address_v4(INADDR_LOOPBACK);
	door->transport = TRANSPORT_TCP;
	door->port = ntohs(address.sin_port);
	return fd;
}

struct refusals {
	struct knocking *knocking;
	size_t count;
	uint64_t tags;
};

static void note_refusal(void *context, const struct knock_door *door, const struct knock_result *result)
{
	struct refusals *const refusals = context;

	assert_int_equal(result->outcome, KNOCK_REFUSED);
	refusals->count++;
	refusals->tags += door->tag;
}

static void doors_are_added_while_others_are_asked(void **unused)
{
	const struct knock_limits limits = { .doors = 2 };
	struct refusals refusals = { 0 };
	struct knock_door door = { 0 };
	const int fd = closed_port(&door);

	(void)unused;
	refusals.knocking = knocking_new(&limits, note_refusal, &refusals, NULL);
	assert_non_null(refusals.knocking);
	assert_int_equal(knocking_left(refusals.knocking), 0);
	for (uint64_t i = 1; i <= 100; i++) {
		door.tag = i;
		assert_true(knocking_add(refusals.knocking, &door));
		assert_in_range(knocking_left(refusals.knocking), 1, i);
		if (i % 10 == 0)
			knocking_turn(refusals.knocking, 0);
	}
	while (knocking_left(refusals.knocking) > 0)
		knocking_turn(refusals.knocking, 1000);
	assert_int_equal(refusals.count, 100);
	assert_int_equal(refusals.tags, 5050);
	for (uint64_t i = 0; i < 5; i++)
		assert_true(knocking_add(refusals.knocking, &door));
	knocking_turn(refusals.knocking, 0);
	knocking_free(refusals.knocking); /* those that are not done with are not told of, and freed */
	(void)close(fd);
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
		cmocka_unit_test(who_answers_late_is_waited_for_longer),
		cmocka_unit_test(of_two_results_the_one_counts_that_tells_more),
		cmocka_unit_test(doors_are_added_while_others_are_asked),
		cmocka_unit_test(what_is_spoken_is_named_from_the_outside_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
