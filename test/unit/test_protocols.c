/* What holds for every descriptor and every recogniser, against the first words of real parties in
 * test/data/first and against noise. */
#include "base/hash.h"
#include "words.h"

#include <ctype.h>

static const unsigned transports[] = { TRANSPORT_TCP, TRANSPORT_UDP };
static const enum side sides[] = { SIDE_CLIENT, SIDE_SERVER };

/* ---- descriptors ---- */

static bool is_a_name(const char *name)
{
	if (!islower(name[0]))
		return false;
	while (islower(*name) || isdigit(*name) || *name == '-')
		name++;
	return *name == '\0';
}

static void names_are_lower_case_and_sorted_and_found(void **unused)
{
	const struct protocol *protocol, *before = NULL;

	(void)unused;
	for (size_t i = 0; (protocol = protocol_nth(i)) != NULL; i++) {
		assert_true(is_a_name(protocol->name));
		assert_true(before == NULL || strcmp(before->name, protocol->name) < 0);
		assert_ptr_equal(protocol_named(span_text(protocol->name)), protocol);
		before = protocol;
	}
	assert_null(protocol_named(span_text("")));
	assert_null(protocol_named(span_text("SSH")));
	assert_null(protocol_named(span_text("ss")));
	assert_null(protocol_named(span_text("sshd")));
	assert_null(protocol_named(span_text("a")));
	assert_null(protocol_named(span_text("zzz")));
	assert_null(protocol_nth(SIZE_MAX));
}

static void descriptors_are_whole(void **unused)
{
	const struct protocol *protocol;

	(void)unused;
	for (size_t i = 0; (protocol = protocol_nth(i)) != NULL; i++) {
		const struct probe *const probe = protocol->probe;

		assert_non_null(protocol->title);
		assert_non_null(protocol->recognise);
		assert_true(protocol->probe_state_size <= PROBE_STATE_LIMIT);
		if (probe == NULL)
			continue;
		assert_true((probe->transports & (PROBE_TCP | PROBE_UDP)) != 0);
		assert_true(probe->hear != NULL || probe->greet == NULL);
		assert_true(probe->server_speaks_first || probe->greet != NULL || probe->hear == NULL);
		assert_true(probe->variants == 0 || (probe->greet_more != NULL && probe->hear_more != NULL));
	}
}

static void weaknesses_have_ids_of_their_own_and_a_remedy(void **unused)
{
	const char *seen[256];
	const struct protocol *protocol;
	size_t count = 0;

	(void)unused;
	for (size_t i = 0; (protocol = protocol_nth(i)) != NULL; i++) {
		for (size_t w = 0; protocol->weaknesses != NULL && protocol->weaknesses[w] != NULL; w++) {
			const struct weakness *const weakness = protocol->weaknesses[w];

			assert_true(is_a_name(weakness->id));
			assert_true(weakness->severity >= 1 && weakness->severity <= 4);
			assert_true(strlen(weakness->title) > 0 && strlen(weakness->remedy) > 0);
			for (size_t k = 0; k < count; k++)
				if (seen[k] != weakness->id) /* two may share one */
					assert_string_not_equal(seen[k], weakness->id);
			assert_true(count < 256);
			seen[count++] = weakness->id;
		}
	}
}

static bool has_door(const struct service *service, const struct catalog_door *door)
{
	for (size_t i = 0; i < service->door_count; i++)
		if (service->doors[i].transport == door->transport &&
		    service->doors[i].first <= door->first && service->doors[i].last >= door->last)
			return true;
	return false;
}

/* Some are spoken inside TLS alone. */
static bool carries(struct span spoken, const char *name)
{
	if (span_begins(spoken, name))
		return true;
	(void)span_until(&spoken, ':');
	return !spoken.failed && span_is(spoken, name);
}

/* The catalogue's other services that carry the protocol count as well: https is a door of tls. */
static bool is_customary(const struct protocol *protocol, const struct catalog_door *door)
{
	const struct service *service;

	for (size_t i = 0; (service = catalog_service_nth(i)) != NULL; i++)
		if (service->spoken != NULL && carries(span_text(service->spoken), protocol->name) &&
		    has_door(service, door))
			return true;
	return false;
}

static void doors_and_privacy_are_those_of_the_catalogue(void **unused)
{
	const struct protocol *protocol;

	(void)unused;
	for (size_t i = 0; (protocol = protocol_nth(i)) != NULL; i++) {
		const struct service *const service = catalog_service(span_text(protocol->name));
		const struct transport *const transport = catalog_transport_named(span_text(protocol->name));

		if (protocol->by_header) { /* the catalogue has it among the transports */
			assert_int_equal(transport == NULL, protocol->frame_count > 0);
			assert_int_equal(protocol->privacy, PRIVACY_EITHER);
			if (transport == NULL)
				continue;
			assert_int_equal(transport->number, protocol->doors[0].transport);
			assert_false(transport->has_ports);
			continue;
		}
		if (service == NULL)
			fail_msg("the catalogue has no service %s", protocol->name);
		else if (service->privacy != protocol->privacy)
			fail_msg("%s: privacy is %s in the catalogue", protocol->name,
				 privacy_text(service->privacy));
		if (protocol->door_count == 0 || !is_customary(protocol, &protocol->doors[0]))
			fail_msg("%s: its first door is not its own in the catalogue", protocol->name);
	}
}

/* ---- recognisers ---- */

static size_t files_with(const struct protocol *protocol, enum side side, unsigned transport)
{
	size_t count = 0;

	for (const struct words *w = words; w < words + words_count; w++)
		count += w->protocol == protocol && w->side == side && w->variant < 0 &&
			 (transport == TRANSPORT_ANY || w->transport == transport);
	return count;
}

static void every_protocol_brings_words_of_both_sides(void **unused)
{
	const struct protocol *protocol;

	(void)unused;
	for (const struct words *w = words; w < words + words_count; w++)
		if (w->protocol == NULL)
			fail_msg("%s: no protocol is called so", w->name);
	for (size_t i = 0; (protocol = protocol_nth(i)) != NULL; i++) {
		const unsigned asks = protocol->probe != NULL ? protocol->probe->transports : 0;

		if (protocol->only_expected || protocol->by_header || protocol->continues != NULL ||
		    protocol->tells_time != NULL)
			continue;
		if ((files_with(protocol, SIDE_CLIENT, TRANSPORT_ANY) == 0 && !protocol->server_tells) ||
		    (files_with(protocol, SIDE_SERVER, TRANSPORT_ANY) == 0 && !protocol->client_alone) ||
		    (asks & PROBE_TCP && files_with(protocol, SIDE_SERVER, TRANSPORT_TCP) == 0) ||
		    (asks & PROBE_UDP && files_with(protocol, SIDE_SERVER, TRANSPORT_UDP) == 0))
			fail_msg("%s lacks a file in test/data/first", protocol->name);
	}
}

static void each_word_is_known_by_its_own_protocol(void **unused)
{
	(void)unused;
	for (const struct words *w = words; w < words + words_count; w++)
		if (w->protocol->recognise(w->bytes, w->side, w->transport) != YES)
			fail_msg("%s is not recognised", w->name);
}

static void no_protocol_takes_the_words_of_another(void **unused)
{
	const struct protocol *protocol;

	(void)unused;
	for (const struct words *w = words; w < words + words_count; w++) {
		const size_t whole = span_left(w->bytes);

		for (size_t n = w->transport == TRANSPORT_TCP ? 1 : whole; n <= whole; n++)
			for (size_t i = 0; (protocol = protocol_nth(i)) != NULL; i++)
				if (protocol != w->protocol &&
				    protocol->recognise(span_of(w->bytes.at, n), w->side, w->transport) ==
					    YES)
					fail_msg("%s takes the first %zu bytes of %s", protocol->name, n,
						 w->name);
	}
}

/* While more comes, MORE may become NO or YES, and neither changes again; it ends at the limit. */
static void check_verdicts(const struct protocol *protocol, struct span bytes, enum side side,
			   const char *what)
{
	const size_t whole = span_left(bytes);
	enum verdict before = MORE;

	for (size_t n = 1; n <= whole; n++) {
		const enum verdict now = protocol->recognise(span_of(bytes.at, n), side, TRANSPORT_TCP);

		if (before != MORE && now != before)
			fail_msg("%s changes its mind at byte %zu of %s", protocol->name, n, what);
		if (n >= RECOGNISE_LIMIT && now == MORE)
			fail_msg("%s wants more than %d bytes of %s", protocol->name, RECOGNISE_LIMIT, what);
		before = now;
	}
}

static void verdicts_stand_once_they_are_given(void **unused)
{
	const struct protocol *protocol;

	(void)unused;
	for (const struct words *w = words; w < words + words_count; w++)
		for (size_t i = 0; w->transport == TRANSPORT_TCP && (protocol = protocol_nth(i)) != NULL; i++)
			check_verdicts(protocol, w->bytes, w->side, w->name);
}

static void fill(uint8_t *bytes, size_t length, const char *pattern)
{
	for (size_t i = 0; i < length; i++)
		bytes[i] = pattern != NULL ? (uint8_t)pattern[i % strlen(pattern)]
					   : (uint8_t)(hash_number(i + 1) >> 32);
}

/* A verdict may change on noise that begins like the protocol; YES there would be a wrong name. */
static void noise_is_nobodys(void **unused)
{
	static const char *const patterns[] = { NULL,     "A",    "\r\n",     " ",    "hello, world\r\n",
						"<html>", "\xff", "\x01\x02", "{}\n", "0\r\n",
						"OK\r\n", "220 " };
	static uint8_t bytes[RECOGNISE_LIMIT];
	const struct protocol *protocol;

	(void)unused;
	for (size_t p = 0; p <= sizeof(patterns) / sizeof(*patterns); p++) {
		memset(bytes, 0, sizeof(bytes));
		if (p < sizeof(patterns) / sizeof(*patterns))
			fill(bytes, sizeof(bytes), patterns[p]);
		for (size_t i = 0; (protocol = protocol_nth(i)) != NULL; i++)
			for (size_t s = 0; s < 4; s++)
				for (size_t n = 1; n <= sizeof(bytes); n += n < 64 ? 1 : 448) {
					const enum verdict verdict = protocol->recognise(
						span_of(bytes, n), sides[s % 2], transports[s / 2]);

					if (verdict == YES || (verdict == MORE && n == sizeof(bytes)))
						fail_msg("%s says %d to %zu bytes of noise %zu",
							 protocol->name, verdict, n, p);
				}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_lower_case_and_sorted_and_found),
		cmocka_unit_test(descriptors_are_whole),
		cmocka_unit_test(weaknesses_have_ids_of_their_own_and_a_remedy),
		cmocka_unit_test(doors_and_privacy_are_those_of_the_catalogue),
		cmocka_unit_test(every_protocol_brings_words_of_both_sides),
		cmocka_unit_test(each_word_is_known_by_its_own_protocol),
		cmocka_unit_test(no_protocol_takes_the_words_of_another),
		cmocka_unit_test(verdicts_stand_once_they_are_given),
		cmocka_unit_test(noise_is_nobodys),
	};

	return cmocka_run_group_tests(tests, words_read, words_free);
}
