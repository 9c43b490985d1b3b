/* Identification: the same answers as from asking everybody, whatever the ports. */
#include "flow/identify.h"
#include "words.h"

static struct identify_answer asked(const struct words *w, size_t bytes, unsigned end, bool from_start,
				    uint16_t port)
{
	struct identify_question question = { .from_start = from_start,
					      .transport = (uint8_t)w->transport,
					      .ports = { port, port } };
	struct identify_answer answer;

	question.first[end] = span_of(w->bytes.at, bytes);
	question.first[!end] = span_of(NULL, 0);
	identify(&question, &answer);
	return answer;
}

/* Messages of kin are told apart by the port. */
static const struct protocol *expected_at(const struct words *w, uint16_t port)
{
	const struct protocol *const dns = protocol_named(span_text("dns"));

	return w->protocol->kin == dns && port == 53 ? dns : w->protocol;
}

static void each_word_is_identified_at_any_port(void **unused)
{
	static const uint16_t ports[] = { 0, 22, 53, 80, 123, 161, 443, 50000 };

	(void)unused;
	for (const struct words *w = words; w < words + words_count; w++) {
		for (size_t i = 0; i < sizeof(ports) / sizeof(*ports); i++) {
			const struct identify_answer answer = asked(w, span_left(w->bytes), w->side, true,
								    ports[i]);

			if (answer.protocol != expected_at(w, ports[i]) || answer.decided != w->side ||
			    answer.swapped)
				fail_msg("%s: %s", w->name,
					 answer.protocol ? answer.protocol->name : "nobody");
		}
	}
}

/* A query for the name of an address that wishes no recursion: the same octets in DNS, multicast DNS and
 * LLMNR. */
static void the_port_tells_kin_apart(void **unused)
{
	static const char query[] = "\x57\xd2\0\0\0\1\0\0\0\0\0\0\1"
				    "1\1"
				    "0\1"
				    "0\3"
				    "127\7in-addr\4arpa\0\0\x0c\0\1";
	static const struct {
		uint16_t port;
		const char *name;
	} rows[] = {
		{ 53, "dns" }, { 5353, "mdns" }, { 5355, "llmnr" }, { 40000, "llmnr" }, { 123, "llmnr" }
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct identify_question question = { .transport = TRANSPORT_UDP,
						      .ports = { 50000, rows[i].port },
						      .first = { span_of(query, sizeof(query) - 1) } };
		struct identify_answer answer;

		identify(&question, &answer);
		assert_non_null(answer.protocol);
		assert_string_equal(answer.protocol->name, rows[i].name);
	}
}

/* The filter by first byte leaves nobody out: at each length the answer is that of asking everybody. */
static void the_filter_changes_no_answer(void **unused)
{
	(void)unused;
	for (const struct words *w = words; w < words + words_count; w++) {
		const size_t whole = span_left(w->bytes) < 600 ? span_left(w->bytes) : 600;

		for (size_t n = 1; w->transport == TRANSPORT_TCP && n <= whole; n++) {
			const struct identify_answer answer = asked(w, n, w->side, true, 0);
			bool more = false;
			const struct protocol *const all = protocol_recognise(
				span_of(w->bytes.at, n), w->side, TRANSPORT_TCP, NULL, &more);

			if (answer.protocol != all)
				fail_msg("%s at %zu bytes: another answer", w->name, n);
			if (answer.protocol == NULL && answer.more && !more)
				fail_msg("%s at %zu bytes: nobody wants more", w->name, n);
		}
	}
}

/* What is left out by the first byte may never say YES, whatever follows. */
static void who_says_no_to_one_byte_never_says_yes(void **unused)
{
	const struct protocol *protocol;

	(void)unused;
	for (const struct words *w = words; w < words + words_count; w++)
		for (size_t i = 0; w->transport == TRANSPORT_TCP && (protocol = protocol_nth(i)) != NULL; i++)
			if (protocol->recognise(span_of(w->bytes.at, 1), w->side, TRANSPORT_TCP) == NO &&
			    protocol->recognise(w->bytes, w->side, TRANSPORT_TCP) == YES)
				fail_msg("%s says NO to the first byte of %s and then YES", protocol->name,
					 w->name);
}

/* Seen from the middle, the ends may stand the other way round; and some words fit both. */
static void the_middle_tells_who_is_the_server(void **unused)
{
	(void)unused;
	for (const struct words *w = words; w < words + words_count; w++) {
		const bool fits_both = w->protocol->recognise(w->bytes, !w->side, w->transport) == YES;

		for (unsigned end = 0; end < 2; end++) {
			const struct identify_answer answer = asked(w, span_left(w->bytes), end, false, 0);

			if (answer.protocol != w->protocol)
				fail_msg("%s at end %u is %s", w->name, end,
					 answer.protocol != NULL ? answer.protocol->name : "nobody");
			assert_int_equal(answer.decided, end);
			if (answer.swapped != (!fits_both && end != w->side))
				fail_msg("%s at end %u: swapped %d", w->name, end, answer.swapped);
		}
	}
}

static void numbers_lead_back(void **unused)
{
	const struct protocol *protocol;

	(void)unused;
	for (size_t i = 0; (protocol = protocol_nth(i)) != NULL; i++) {
		assert_int_equal(identify_number(protocol), i + 1);
		assert_ptr_equal(identify_protocol((uint16_t)(i + 1)), protocol);
	}
	assert_int_equal(identify_number(NULL), 0);
	assert_null(identify_protocol(0));
	assert_null(identify_protocol(65535));
}

static void nothing_and_strange_transports_are_nobodys(void **unused)
{
	struct identify_question question = { .transport = TRANSPORT_TCP };
	struct identify_answer answer;

	(void)unused;
	for (unsigned transport = 0; transport < 256; transport++) {
		question.transport = (uint8_t)transport;
		question.first[0] = question.first[1] = span_of(NULL, 0);
		identify(&question, &answer);
		assert_null(answer.protocol);
		assert_false(answer.more);
		question.first[1] = span_of("\x00\x00\x00\x01", 4);
		identify(&question, &answer);
		assert_null(answer.protocol);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_word_is_identified_at_any_port),
		cmocka_unit_test(the_port_tells_kin_apart),
		cmocka_unit_test(the_filter_changes_no_answer),
		cmocka_unit_test(who_says_no_to_one_byte_never_says_yes),
		cmocka_unit_test(the_middle_tells_who_is_the_server),
		cmocka_unit_test(numbers_lead_back),
		cmocka_unit_test(nothing_and_strange_transports_are_nobodys),
	};

	return cmocka_run_group_tests(tests, words_read, words_free);
}
