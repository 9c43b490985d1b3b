/* The player of conversations, with a parser of its own; and what real parties have said, played into each
 * parser. */
#include "play.h"
#include "talk.h"
#include "words.h"

#include <stdlib.h>

/* A line is a message; "skip N" steps over N bytes behind it, "to" changes to another protocol, "done" ends.
 */
struct state {
	uint64_t lines[2], lost;
	bool over;
};

static void emit_line(const void *record, struct json *json)
{
	json_span(json, "line", *(const struct span *)record);
}

static enum parse_step read_lines(void *memory, struct parse *parse, struct span *bytes)
{
	struct state *const state = memory;

	for (struct span rest = *bytes, line = span_line(&rest); !line.failed; line = span_line(&rest)) {
		uint64_t length = 0;

		*bytes = rest;
		state->lines[parse->side]++;
		parse_event(parse, &line);
		if (span_is(line, "done") || span_is(line, "bad"))
			return span_is(line, "done") ? PARSE_DONE : PARSE_BROKEN;
		if (span_is(line, "to"))
			parse_upgrade(parse, NULL);
		if (!span_begins(line, "skip "))
			continue;
		span_skip(&line, strlen("skip "));
		if (span_number(line, 1000, &length))
			parse_skip(parse, length);
		return PARSE_ON;
	}
	return PARSE_ON;
}

static enum parse_step lose(void *memory, struct parse *parse, uint64_t length)
{
	struct state *const state = memory;

	(void)parse;
	state->lost += length;
	return PARSE_ON;
}

static void emit_count(const void *record, struct json *json)
{
	const struct state *const state = record;

	json_unsigned(json, "client", state->lines[0]);
	json_unsigned(json, "server", state->lines[1]);
	json_unsigned(json, "lost", state->lost);
}

static void end(void *memory, struct parse *parse)
{
	parse_event_as(parse, "count", emit_count, memory);
}

static const struct parser parser = {
	.state_size = sizeof(struct state),
	.read = read_lines,
	.gap = lose,
	.end = end,
	.emit = emit_line,
};
static const struct protocol lines = { .name = "lines", .parser = &parser };

static void say(struct play *play, enum side side, const char *text)
{
	(void)play_bytes(play, side, span_text(text), false);
}

#define COUNTED(client, server, lost)                                                                        \
	"{\"count\":{\"client\":" #client ",\"server\":" #server ",\"lost\":" #lost "}}\n"
#define LINE(text) "{\"lines\":{\"line\":\"" text "\"}}\n"

static void lines_are_told_when_they_are_whole(void **unused)
{
	struct play *const play = play_new(&lines, TRANSPORT_TCP);

	(void)unused;
	say(play, SIDE_CLIENT, "on");
	say(play, SIDE_SERVER, "two\nthr");
	say(play, SIDE_CLIENT, "e\n");
	assert_string_equal(play_end(play), LINE("two") LINE("one") COUNTED(1, 1, 0));
	play_free(play);
}

static void skipped_bytes_are_not_shown_and_not_lost(void **unused)
{
	struct play *const play = play_new(&lines, TRANSPORT_TCP);

	(void)unused;
	say(play, SIDE_CLIENT, "skip 4\n\n\n\n\none\nskip 9\n\n");
	assert_true(play_gap(play, SIDE_CLIENT, 8));
	say(play, SIDE_CLIENT, "two\nthree");
	assert_true(play_gap(play, SIDE_CLIENT, 3));
	assert_string_equal(play_end(play),
			    LINE("skip 4") LINE("one") LINE("skip 9") LINE("two") COUNTED(4, 0, 8));
	play_free(play);
}

static void reading_ends_as_the_parser_says(void **unused)
{
	static const struct {
		const char *text, *told;
	} cases[] = {
		{ "a\ndone\nb\n", LINE("a") LINE("done") COUNTED(2, 0, 0) "{\"done\":\"client\"}\n" },
		{ "a\nbad\nb\n",
		  LINE("a") LINE("bad") COUNTED(2, 0, 0) "{\"broken\":\"client\",\"at\":6}\n" },
		{ "to\n", LINE("to") COUNTED(1, 0, 0) "{\"upgrade\":\"\"}\n" },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct play *const play = play_new(&lines, TRANSPORT_TCP);

		assert_false(play_bytes(play, SIDE_CLIENT, span_text(cases[i].text), false));
		say(play, SIDE_CLIENT, "more\n");
		assert_string_equal(play_end(play), cases[i].told);
		play_free(play);
	}
}

static void what_no_parser_takes_is_lost_at_a_bound(void **unused)
{
	struct play *const play = play_new(&lines, TRANSPORT_TCP);

	(void)unused;
	for (size_t i = 0; i < PARSE_UNREAD_LIMIT + 1; i++)
		say(play, SIDE_CLIENT, "x");
	assert_string_equal(play_end(play), COUNTED(0, 0, 65537));
	play_free(play);
}

static void the_rest_of_a_datagram_is_gone(void **unused)
{
	struct play *const play = play_new(&lines, TRANSPORT_UDP);

	(void)unused;
	say(play, SIDE_CLIENT, "one\ntw");
	say(play, SIDE_CLIENT, "two\n");
	assert_string_equal(play_end(play), LINE("one") LINE("two") COUNTED(2, 0, 0));
	play_free(play);
}

static void first_words_are_read_alike_in_any_pieces(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < words_count; i++) {
		const struct words *const w = &words[i];
		const struct turn turn = { .side = w->side, .bytes = w->bytes };

		if (w->protocol != NULL && w->protocol->parser != NULL && w->variant < 0)
			talk(w->protocol->name, w->transport, NULL, &turn, 1);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_told_when_they_are_whole),
		cmocka_unit_test(skipped_bytes_are_not_shown_and_not_lost),
		cmocka_unit_test(reading_ends_as_the_parser_says),
		cmocka_unit_test(what_no_parser_takes_is_lost_at_a_bound),
		cmocka_unit_test(the_rest_of_a_datagram_is_gone),
		cmocka_unit_test_setup_teardown(first_words_are_read_alike_in_any_pieces, words_read,
						words_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
