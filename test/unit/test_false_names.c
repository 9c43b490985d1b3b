/* Nothing that is no protocol is given a name (noise.h), as datagrams, two in a row, and as streams, from
 * either end, on any port. DOORWARD_FALSE_NAMES asks for more rounds of each kind (68,200 make a
 * million flows), DOORWARD_NOISE_SEED for other numbers. */
#include "flow/identify.h"
#include "noise.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ROUNDS = 5000, LENGTH_MOST = 1400, STREAM_LENGTH = 1024 };

/* All false names are shown, and then the test fails. */
static unsigned false_names;

static void note_name(const struct protocol *protocol, const char *what, const uint8_t *bytes, size_t length)
{
	char hex[97] = "";

	if (protocol == NULL)
		return;
	for (size_t i = 0; i < length && i < 48; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	print_error("%s of %zu octets is named %s: %s\n", what, length, protocol->name, hex);
	false_names++;
}

static void ask_alone(const uint8_t *bytes, size_t length, bool stream, const char *what)
{
	struct identify_question question = {
		.from_start = stream,
		.transport = stream ? TRANSPORT_TCP : TRANSPORT_UDP,
		.ports = { (uint16_t)noise_number(), (uint16_t)noise_number() },
	};
	struct identify_answer answer;
	const unsigned end = noise_number() % 2;

	question.first[end] = span_of(bytes, length);
	question.first[!end] = span_of(NULL, 0);
	identify(&question, &answer);
	note_name(answer.protocol, what, bytes, length);
}

static void check(const struct noise *noise, unsigned long rounds)
{
	uint8_t bytes[2][LENGTH_MOST];
	size_t lengths[2] = { 0 };

	for (unsigned long i = 0; i < rounds; i++) {
		uint8_t *const now = bytes[i % 2], *const before = bytes[(i + 1) % 2];

		lengths[i % 2] = 1 + noise_number() % LENGTH_MOST;
		noise->fill(now, lengths[i % 2]);
		ask_alone(now, lengths[i % 2], false, noise->name);
		if (i > 0)
			note_name(identify_continued(span_of(before, lengths[(i + 1) % 2]),
						     span_of(now, lengths[i % 2])),
				  noise->name, now, lengths[i % 2]);
		if (i % 3 != 0)
			continue;
		lengths[i % 2] = STREAM_LENGTH;
		noise->fill(now, STREAM_LENGTH);
		ask_alone(now, STREAM_LENGTH, true, noise->name);
	}
}

static void noise_has_no_name(void **unused)
{
	const char *const wanted = getenv("DOORWARD_FALSE_NAMES");
	const char *const seed = getenv("DOORWARD_NOISE_SEED");
	const unsigned long rounds = wanted != NULL ? strtoul(wanted, NULL, 10) : ROUNDS;

	(void)unused;
	false_names = 0;
	if (seed != NULL)
		noise_seed(strtoull(seed, NULL, 10));
	for (size_t i = 0; i < noise_count; i++)
		check(&noises[i], rounds);
	if (false_names > 0)
		fail_msg("%u false names", false_names);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(noise_has_no_name) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
