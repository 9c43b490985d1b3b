/* Over which transports a protocol is asked, and what marks promise of its datagrams: nobody says anything
 * but NO to a datagram without them, so that asking by marks gives the answers of asking everybody. */
#include "flow/identify.h"
#include "words.h"

#include <stdio.h>
#include <stdlib.h>

enum { FRONT = 16, CUTS = 80 };

static void check_datagram(const struct protocol *protocol, struct span datagram, enum side side,
			   const char *what)
{
	const enum verdict verdict = protocol->recognise(datagram, side, TRANSPORT_UDP);

	if (verdict != NO && !protocol_finds_marks(protocol, datagram))
		fail_msg("%s says %d to %zu octets of %s, which lack its marks", protocol->name, verdict,
			 span_left(datagram), what);
	if (verdict == MORE && protocol->continues == NULL)
		fail_msg("%s wants more of a datagram, which is whole: %s", protocol->name, what);
}

static void check_all(struct span datagram, const char *what)
{
	const struct protocol *protocol;

	for (size_t i = 0; (protocol = protocol_nth(i)) != NULL; i++) {
		if (!protocol_is_over(protocol, TRANSPORT_UDP))
			continue;
		check_datagram(protocol, datagram, SIDE_CLIENT, what);
		check_datagram(protocol, datagram, SIDE_SERVER, what);
	}
}

static void words_of_datagrams_bear_the_marks_of_their_protocol(void **unused)
{
	(void)unused;
	for (const struct words *w = words; w < words + words_count; w++)
		if (w->transport == TRANSPORT_UDP && !protocol_finds_marks(w->protocol, w->bytes))
			fail_msg("%s lacks marks", w->name);
}

/* Any words, of streams as well, whole and cut short. */
static void who_does_not_find_its_marks_says_no(void **unused)
{
	(void)unused;
	for (const struct words *w = words; w < words + words_count; w++) {
		for (size_t n = 1; n < CUTS && n < span_left(w->bytes); n++)
			check_all(span_of(w->bytes.at, n), w->name);
		check_all(w->bytes, w->name);
	}
}

/* A mark that leaves out an octet which the recogniser would take is found by trying them all. */
static void no_octet_that_is_taken_lacks_a_mark(void **unused)
{
	(void)unused;
	for (const struct words *w = words; w < words + words_count; w++) {
		const size_t length = span_left(w->bytes);
		uint8_t *const bytes = malloc(length);
		char what[sizeof(w->name) + 32];

		assert_non_null(bytes);
		for (size_t at = 0; w->transport == TRANSPORT_UDP && at < FRONT && at < length; at++) {
			memcpy(bytes, w->bytes.at, length);
			for (unsigned octet = 0; octet < 256; octet++) {
				bytes[at] = (uint8_t)octet;
				(void)snprintf(what, sizeof(what), "%s with %02x at %zu", w->name, octet, at);
				check_datagram(w->protocol, span_of(bytes, length), SIDE_CLIENT, what);
				check_datagram(w->protocol, span_of(bytes, length), SIDE_SERVER, what);
			}
		}
		free(bytes);
	}
}

static const struct protocol *identified(struct span datagram, enum side side, bool *ret_more)
{
	struct identify_question question = { .from_start = true, .transport = TRANSPORT_UDP };
	struct identify_answer answer;

	question.first[side] = datagram;
	question.first[!side] = span_of(NULL, 0);
	identify(&question, &answer);
	*ret_more = answer.more;
	return answer.protocol;
}

static void marks_change_no_answer(void **unused)
{
	(void)unused;
	for (const struct words *w = words; w < words + words_count; w++) {
		for (size_t n = 1; n <= span_left(w->bytes); n += n < CUTS ? 1 : span_left(w->bytes) / 4) {
			const struct span datagram = span_of(w->bytes.at, n);
			bool more, more_of_all;
			const struct protocol *const found = identified(datagram, w->side, &more),
						     *const all = protocol_recognise(datagram, w->side,
										     TRANSPORT_UDP, NULL,
										     &more_of_all);

			if (found != all || (found == NULL && more != more_of_all))
				fail_msg("%s at %zu octets: another answer", w->name, n);
		}
	}
}

static void marks_are_sound(void **unused)
{
	const struct protocol *protocol;

	(void)unused;
	for (size_t i = 0; (protocol = protocol_nth(i)) != NULL; i++) {
		if ((protocol->mark_count > 0 || protocol->datagram_least > 0) &&
		    !protocol_is_over(protocol, TRANSPORT_UDP))
			fail_msg("%s has marks of datagrams and no door for them", protocol->name);
		for (size_t m = 0; m < protocol->mark_count; m++)
			if (protocol->marks[m].at >= MARK_PLACES ||
			    protocol->marks[m].low > protocol->marks[m].high)
				fail_msg("%s: mark %zu is none", protocol->name, m);
	}
}

static void marks_are_found_in_whole_datagrams_only(void **unused)
{
	static const struct mark marks[] = { OCTETS(0, 1, 2), OCTET(0, 7), OCTET(3, 0) };
	const struct protocol marked = { .marks = marks, .mark_count = 3 }, none = { 0 },
			      least = { .datagram_least = 3 };

	(void)unused;
	assert_true(protocol_finds_marks(&marked, span_of("\1xx\0", 4)));
	assert_true(protocol_finds_marks(&marked, span_of("\2xx\0x", 5)));
	assert_true(protocol_finds_marks(&marked, span_of("\7xx\0", 4)));
	assert_false(protocol_finds_marks(&marked, span_of("\3xx\0", 4)));
	assert_false(protocol_finds_marks(&marked, span_of("\0xx\0", 4)));
	assert_false(protocol_finds_marks(&marked, span_of("\1xx\1", 4)));
	assert_false(protocol_finds_marks(&marked, span_of("\1xx", 3)));
	assert_false(protocol_finds_marks(&marked, span_of(NULL, 0)));
	assert_true(protocol_finds_marks(&none, span_of("x", 1)));
	assert_true(protocol_finds_marks(&least, span_of("xxx", 3)));
	assert_false(protocol_finds_marks(&least, span_of("xx", 2)));
}

static void doors_tell_the_transports(void **unused)
{
	static const struct {
		const char *name;
		unsigned transport;
		bool over;
	} rows[] = {
		{ "ssh", TRANSPORT_TCP, true },    { "ssh", TRANSPORT_UDP, false },
		{ "dns", TRANSPORT_TCP, true },    { "dns", TRANSPORT_UDP, true },
		{ "dhcp", TRANSPORT_TCP, false },  { "dhcp", TRANSPORT_UDP, true },
		{ "dhcp", TRANSPORT_SCTP, false }, { "bittorrent", TRANSPORT_UDP, true },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (protocol_is_over(protocol_named(span_text(rows[i].name)), rows[i].transport) !=
		    rows[i].over)
			fail_msg("%s over %u", rows[i].name, rows[i].transport);
}

/* The words of SSH in a datagram are nobody's, though its recogniser would not mind. */
static void nobody_is_asked_where_it_is_not_customary(void **unused)
{
	const struct span words_of_ssh = span_text("SSH-2.0-OpenSSH_9.2p1\r\n");
	const struct protocol *const ssh = protocol_named(span_text("ssh"));
	bool more;

	(void)unused;
	assert_ptr_equal(protocol_recognise(words_of_ssh, SIDE_SERVER, TRANSPORT_TCP, NULL, &more), ssh);
	assert_null(protocol_recognise(words_of_ssh, SIDE_SERVER, TRANSPORT_UDP, NULL, &more));
	assert_false(more);
	assert_null(protocol_recognise(words_of_ssh, SIDE_SERVER, TRANSPORT_UDP, ssh, &more));
	assert_false(more);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_of_datagrams_bear_the_marks_of_their_protocol),
		cmocka_unit_test(who_does_not_find_its_marks_says_no),
		cmocka_unit_test(no_octet_that_is_taken_lacks_a_mark),
		cmocka_unit_test(marks_change_no_answer),
		cmocka_unit_test(marks_are_sound),
		cmocka_unit_test(marks_are_found_in_whole_datagrams_only),
		cmocka_unit_test(doors_tell_the_transports),
		cmocka_unit_test(nobody_is_asked_where_it_is_not_customary),
	};

	return cmocka_run_group_tests(tests, words_read, words_free);
}
