/* What holds for every probe: it opens in its own protocol, hears the same from the whole as from single
 * bytes, and survives whatever a server sends. The servers' words are those of test/data/first. */
#include "base/hash.h"
#include "words.h"

#include <stdlib.h>

enum { OUT_LIMIT = 64 * 1024, FLIPS = 200 };

/* One conversation with a server that says what it says, whatever it is told. */
struct talk {
	const struct protocol *protocol;
	int variant;
	void *state; /* from an allocation of its exact size */
	struct buffer out;
	struct answer answer;
};

static void begin(struct talk *talk, const struct protocol *protocol, int variant, unsigned transport)
{
	const struct probe *const probe = protocol->probe;

	*talk = (struct talk){ .protocol = protocol, .variant = variant, .out = buffer_new(OUT_LIMIT) };
	talk->state = calloc(1, protocol->probe_state_size > 0 ? protocol->probe_state_size : 1);
	assert_non_null(talk->state);
	if (variant >= 0)
		probe->greet_more(talk->state, (size_t)variant, &talk->answer, &talk->out);
	else if (probe->greet != NULL)
		probe->greet(talk->state, transport, &talk->out);
	assert_false(talk->out.failed);
}

static void end(struct talk *talk)
{
	free(talk->state);
	buffer_free(&talk->out);
}

/* As the engine does it: again, while the probe takes something. */
static enum probe_step hear(struct talk *talk, struct span *heard, bool ended)
{
	const struct probe *const probe = talk->protocol->probe;
	enum probe_step step;
	const uint8_t *before;

	do {
		before = heard->at;
		step = talk->variant >= 0 ? probe->hear_more(talk->state, (size_t)talk->variant, heard, ended,
							     &talk->answer)
					  : probe->hear(talk->state, heard, ended, &talk->out, &talk->answer);
		assert_true(heard->at >= before && heard->at <= heard->end);
		assert_false(talk->out.failed);
	} while (step == PROBE_WAIT && heard->at > before);
	return step;
}

/* Feeds the words in pieces; returns how it ended. */
static enum probe_step feed(struct talk *talk, struct span bytes, size_t piece)
{
	struct span heard = { .at = bytes.at, .end = bytes.at };
	enum probe_step step = PROBE_WAIT;

	while (step == PROBE_WAIT && heard.end < bytes.end) {
		const size_t left = (size_t)(bytes.end - heard.end);

		heard.end += left < piece ? left : piece;
		step = hear(talk, &heard, false);
	}
	return step == PROBE_WAIT ? hear(talk, &heard, true) : step;
}

/* What servers of rlogin and rsh say is a zero and no sign, so that their files hold what the client says;
 * test_probe_text.c has their answers. */
static bool is_for_a_probe(const struct words *w)
{
	const unsigned asks = w->transport == TRANSPORT_TCP ? PROBE_TCP : PROBE_UDP;

	return w->protocol->probe != NULL && (w->protocol->probe->transports & asks) != 0 &&
	       !w->protocol->probe->from_reserved && w->side == SIDE_SERVER &&
	       (w->variant >= 0 || w->protocol->probe->hear != NULL);
}

static void assert_same(const char *name, const struct answer *a, const struct answer *b)
{
	assert_string_equal(a->product, b->product);
	assert_string_equal(a->version, b->version);
	assert_int_equal(a->starttls, b->starttls);
	if (a->fact_count != b->fact_count || a->weakness_count != b->weakness_count)
		fail_msg("%s: pieces tell other facts than the whole", name);
	for (size_t i = 0; i < a->fact_count; i++) {
		assert_string_equal(a->facts[i].key, b->facts[i].key);
		assert_string_equal(a->facts[i].value, b->facts[i].value);
	}
	for (size_t i = 0; i < a->weakness_count; i++) {
		assert_ptr_equal(a->weaknesses[i].weakness, b->weaknesses[i].weakness);
		assert_string_equal(a->weaknesses[i].evidence, b->weaknesses[i].evidence);
	}
}

static bool reports(const struct protocol *protocol, const struct weakness *weakness)
{
	for (size_t i = 0; protocol->weaknesses != NULL && protocol->weaknesses[i] != NULL; i++)
		if (protocol->weaknesses[i] == weakness)
			return true;
	return false;
}

static void pieces_tell_what_the_whole_tells(void **unused)
{
	static const size_t pieces[] = { SIZE_MAX, 1, 2, 7, 100 };

	(void)unused;
	for (const struct words *w = words; w < words + words_count; w++) {
		struct talk whole;

		if (!is_for_a_probe(w))
			continue;
		begin(&whole, w->protocol, w->variant, w->transport);
		if (feed(&whole, w->bytes, pieces[0]) != PROBE_DONE)
			fail_msg("%s: the probe is not satisfied", w->name);
		for (size_t i = 0; i < whole.answer.weakness_count; i++)
			assert_true(reports(w->protocol, whole.answer.weaknesses[i].weakness));
		for (size_t i = 1; w->transport == TRANSPORT_TCP && i < sizeof(pieces) / sizeof(*pieces);
		     i++) {
			struct talk talk;

			begin(&talk, w->protocol, w->variant, w->transport);
			if (feed(&talk, w->bytes, pieces[i]) != PROBE_DONE)
				fail_msg("%s: the probe is not satisfied by pieces of %zu", w->name,
					 pieces[i]);
			assert_same(w->name, &whole.answer, &talk.answer);
			end(&talk);
		}
		end(&whole);
	}
}

/* The end must be told from what has come, whatever that is. */
static void feed_exact(const struct words *w, const uint8_t *bytes, size_t length)
{
	uint8_t *const exact = malloc(length > 0 ? length : 1);
	struct talk talk;

	assert_non_null(exact);
	memcpy(exact, bytes, length);
	begin(&talk, w->protocol, w->variant, w->transport);
	if (feed(&talk, span_of(exact, length), SIZE_MAX) == PROBE_WAIT)
		fail_msg("%s: the probe waits behind the end, %zu bytes", w->name, length);
	end(&talk);
	free(exact);
}

static void cut_answers_come_to_an_end(void **unused)
{
	(void)unused;
	for (const struct words *w = words; w < words + words_count; w++)
		for (size_t n = 0; is_for_a_probe(w) && n < span_left(w->bytes); n++)
			feed_exact(w, w->bytes.at, n);
}

static void flipped_answers_come_to_an_end(void **unused)
{
	(void)unused;
	for (const struct words *w = words; w < words + words_count; w++) {
		const size_t length = span_left(w->bytes);
		uint8_t *const copy = malloc(length);

		assert_non_null(copy);
		memcpy(copy, w->bytes.at, length);
		for (uint64_t n = 0; is_for_a_probe(w) && n < FLIPS; n++) {
			const uint64_t chance = hash_number(n + 1);
			const size_t where = (size_t)(chance % length);

			copy[where] = (uint8_t)(chance >> 56);
			feed_exact(w, copy, length);
			copy[where] = w->bytes.at[where];
		}
		free(copy);
	}
}

/* A server of another protocol that is heard by mistake must not become one of this. */
static void words_of_other_protocols_are_refused(void **unused)
{
	const struct protocol *protocol;

	(void)unused;
	for (const struct words *w = words; w < words + words_count; w++) {
		for (size_t i = 0; (protocol = protocol_nth(i)) != NULL; i++) {
			const unsigned asks = w->transport == TRANSPORT_TCP ? PROBE_TCP : PROBE_UDP;
			struct talk talk;

			if (protocol == w->protocol || protocol->probe == NULL ||
			    (protocol->probe->transports & asks) == 0 || protocol->probe->hear == NULL ||
			    w->side != SIDE_SERVER)
				continue;
			begin(&talk, protocol, -1, w->transport);
			if (feed(&talk, w->bytes, SIZE_MAX) == PROBE_DONE)
				fail_msg("the probe of %s takes %s for its own", protocol->name, w->name);
			end(&talk);
		}
	}
}

/* Some openings are too short to be told in traffic: their server's words tell, or the probe that knows what
 * it said. They are nobody else's either. */
static bool is_its_own(const struct protocol *protocol, const struct buffer *opening, unsigned transport)
{
	const bool short_words = protocol->server_tells || protocol->probe->knows;
	bool more;
	const struct protocol *const named = protocol_recognise(buffer_read(opening), SIDE_CLIENT, transport,
								NULL, &more);

	return named == protocol || (named == NULL && short_words);
}

static void openings_are_recognised_as_their_own_protocol(void **unused)
{
	const struct protocol *protocol;
	static const unsigned transports[] = { TRANSPORT_TCP, TRANSPORT_UDP };

	(void)unused;
	for (size_t i = 0; (protocol = protocol_nth(i)) != NULL; i++) {
		for (size_t t = 0; protocol->probe != NULL && protocol->probe->greet != NULL && t < 2; t++) {
			struct talk talk;

			if ((protocol->probe->transports & (t == 0 ? PROBE_TCP : PROBE_UDP)) == 0)
				continue;
			begin(&talk, protocol, -1, transports[t]);
			if (!is_its_own(protocol, &talk.out, transports[t]))
				fail_msg("%s: its opening is not its own", protocol->name);
			end(&talk);
		}
	}
}

static void other_openings_are_recognised_as_their_own_protocol(void **unused)
{
	const struct protocol *protocol;

	(void)unused;
	for (size_t i = 0; (protocol = protocol_nth(i)) != NULL; i++) {
		uint64_t state[PROBE_STATE_LIMIT / sizeof(uint64_t)] = { 0 };
		struct buffer out = buffer_new(4096);
		bool more;

		if (protocol->probe == NULL || protocol->probe->greet_other == NULL)
			continue;
		protocol->probe->greet_other(state, &out);
		assert_ptr_equal(
			protocol_recognise(buffer_read(&out), SIDE_CLIENT, TRANSPORT_TCP, NULL, &more),
			protocol);
		buffer_free(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_tell_what_the_whole_tells),
		cmocka_unit_test(cut_answers_come_to_an_end),
		cmocka_unit_test(flipped_answers_come_to_an_end),
		cmocka_unit_test(words_of_other_protocols_are_refused),
		cmocka_unit_test(openings_are_recognised_as_their_own_protocol),
		cmocka_unit_test(other_openings_are_recognised_as_their_own_protocol),
	};

	return cmocka_run_group_tests(tests, words_read, words_free);
}
