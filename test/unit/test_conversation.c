/* Conversations: packets of a flow become what its parser tells. */
#include "flow/conversation.h"
#include "flow/identify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { TOLD = 1 << 20, MEMORY = 1 << 29 };

/* A flow with two parties, and what is told of it. */
struct talk {
	struct flow_listener listener;
	struct expectations *expectations;
	struct engine_counts counts;
	struct conversations *all;
	struct flow flow;
	uint32_t next[2]; /* sequence numbers by end, as the flow began */
	uint32_t begin[2];
	struct packets packets;
	int64_t time_ns;
	struct buffer told;
	unsigned party; /* which is the flow's end 0 */
};

static void on_identified(void *context, const struct flow *flow, int64_t time_ns, uint64_t frame)
{
	struct talk *const talk = context;

	(void)time_ns;
	(void)frame;
	buffer_format(&talk->told, "= %s\n",
		      flow->protocol != 0 ? identify_protocol(flow->protocol)->name : "lines");
}

static void on_message(void *context, const struct flow *flow, const struct flow_message *message,
		       int64_t time_ns, uint64_t frame)
{
	struct talk *const talk = context;
	struct json json = json_new(&talk->told);

	(void)flow;
	(void)time_ns;
	(void)frame;
	buffer_format(&talk->told, "%s ", message->type);
	json_begin(&json);
	message->emit(message->record, &json);
	json_end(&json);
	buffer_text(&talk->told, "\n");
}

static void on_weakness(void *context, const struct flow *flow, const struct weakness *weakness,
			const char *evidence, int64_t time_ns, uint64_t frame)
{
	struct talk *const talk = context;

	(void)flow;
	(void)time_ns;
	(void)frame;
	buffer_format(&talk->told, "! %s %s\n", weakness->id, evidence);
}

static struct talk *new_talk(uint8_t transport, uint16_t port, bool listened)
{
	struct talk *const talk = calloc(1, sizeof(*talk));

	assert_non_null(talk);
	talk->listener = (struct flow_listener){ .context = talk, .identified = on_identified };
	if (listened) {
		talk->listener.message = on_message;
		talk->listener.weakness = on_weakness;
	}
	talk->told = buffer_new(TOLD);
	talk->expectations = expectations_new();
	talk->all = conversations_new(MEMORY, &talk->listener, talk->expectations, &talk->counts);
	assert_true(talk->all != NULL && talk->expectations != NULL);
	talk->flow = (struct flow){
		.ends = { address_v4(0xc0000201), address_v4(0xc0000202) },
		.ports = { 40000, port },
		.transport = transport,
		.version = 4,
		.in_use = true,
	};
	talk->next[0] = talk->begin[0] = 0xfffffff0;
	talk->next[1] = talk->begin[1] = 5000;
	return talk;
}

/* What was told; the talk is gone. */
static char *told_by(struct talk *talk)
{
	char *text;

	conversation_end(talk->all, &talk->flow, 1);
	assert_null(talk->flow.work);
	buffer_u8(&talk->told, 0);
	text = strdup((const char *)talk->told.bytes);
	assert_non_null(text);
	buffer_free(&talk->told);
	conversations_free(talk->all);
	expectations_free(talk->expectations);
	free(talk);
	return text;
}

static void assert_told(struct talk *talk, const char *told)
{
	char *const text = told_by(talk);

	assert_string_equal(text, told);
	free(text);
}

static void assert_told_first(struct talk *talk, const char *told)
{
	char *const text = told_by(talk);

	assert_true(strlen(text) >= strlen(told));
	text[strlen(told)] = '\0';
	assert_string_equal(text, told);
	free(text);
}

/* As the table would do it for a connection in good order. */
static void count_packet(struct talk *talk, unsigned end, const struct packet *packet)
{
	struct flow_side *const side = &talk->flow.sides[end];

	side->packets++;
	side->bytes += packet->length;
	if ((packet->tcp_flags & TCP_SYN) != 0)
		side->seen |= end == 0 ? SEEN_SYN : SEEN_SYN_ACK;
	if (packet->payload_length > 0)
		side->seen |= SEEN_DATA;
	if ((packet->tcp_flags & TCP_ACK) != 0) {
		side->seen |= SEEN_ACK;
		side->acknowledged = packet->acknowledgement;
	}
}

/* A packet of a party, at a place of its stream; what is captured of it lies in an allocation of its own. */
static void packet(struct talk *talk, unsigned party, uint32_t sequence, struct span payload, uint32_t length,
		   uint8_t flags)
{
	const unsigned end = party ^ talk->party;
	uint8_t *const exact = malloc(span_left(payload) + 1);
	struct packet *const p = &talk->packets.list[0];

	assert_non_null(exact);
	memcpy(exact, payload.at, span_left(payload));
	talk->packets.count = 1;
	*p = (struct packet){
		.source = talk->flow.ends[end],
		.destination = talk->flow.ends[!end],
		.source_port = talk->flow.ports[end],
		.destination_port = talk->flow.ports[!end],
		.transport = talk->flow.transport,
		.version = 4,
		.payload = span_of(exact, span_left(payload)),
		.payload_length = length,
		.length = length + 40,
		.sequence = sequence,
		.acknowledgement = talk->next[!party],
		.tcp_flags = flags,
	};
	talk->time_ns += 1000;
	count_packet(talk, end, p);
	if (!talk->flow.settled) {
		const bool swapped = talk->flow.swapped;

		conversation_packet(talk->all, &talk->flow, end, &talk->packets, 0, talk->time_ns, 1);
		talk->party ^= talk->flow.swapped != swapped;
	}
	free(exact);
}

static void open_connection(struct talk *talk)
{
	packet(talk, 0, talk->next[0]++, span_of(NULL, 0), 0, TCP_SYN);
	packet(talk, 1, talk->next[1]++, span_of(NULL, 0), 0, TCP_SYN | TCP_ACK);
	packet(talk, 0, talk->next[0], span_of(NULL, 0), 0, TCP_ACK);
}

static void say_span(struct talk *talk, unsigned party, struct span bytes)
{
	const uint32_t length = (uint32_t)span_left(bytes);

	talk->next[party] += length;
	packet(talk, party, talk->next[party] - length, bytes, length, TCP_ACK | TCP_PSH);
}

static void say(struct talk *talk, unsigned party, const char *text)
{
	say_span(talk, party, span_text(text));
}

static void close_connection(struct talk *talk)
{
	packet(talk, 0, talk->next[0]++, span_of(NULL, 0), 0, TCP_FIN | TCP_ACK);
	packet(talk, 1, talk->next[1]++, span_of(NULL, 0), 0, TCP_FIN | TCP_ACK);
}

static struct talk *connection(bool listened)
{
	struct talk *const talk = new_talk(TRANSPORT_TCP, 4444, listened);

	open_connection(talk);
	return talk;
}

static const char *name_of(uint16_t number)
{
	return number != 0 ? identify_protocol(number)->name : "";
}

/* ---- identification ---- */

static void the_first_words_settle_a_flow_that_nobody_hears(void **unused)
{
	struct talk *const talk = connection(false);

	(void)unused;
	say(talk, 1, "SSH-2.0-OpenSSH_9.2p1\r\n");
	assert_true(talk->flow.settled);
	assert_null(talk->flow.work);
	assert_int_equal(talk->flow.identified, IDENTIFIED_BY_CONTENT);
	assert_memory_equal(talk->flow.evidence, "SSH-2.0-OpenSSH_", FLOW_EVIDENCE);
	assert_told(talk, "= ssh\n");
}

static void words_in_pieces_are_waited_for(void **unused)
{
	struct talk *const talk = connection(false);

	(void)unused;
	say(talk, 0, "SS");
	assert_false(talk->flow.settled);
	say(talk, 0, "H-2");
	say(talk, 0, ".0-PuTTY\r\n");
	assert_true(talk->flow.settled);
	assert_string_equal(name_of(talk->flow.protocol), "ssh");
	assert_told(talk, "= ssh\n");
}

static void either_side_may_tell(void **unused)
{
	struct talk *const talk = connection(false);

	(void)unused;
	say(talk, 0, "\x01\x02 no known words");
	assert_false(talk->flow.settled);
	assert_null(talk->flow.work);
	say(talk, 1, "SSH-2.0-OpenSSH_9.2p1\r\n");
	assert_true(talk->flow.settled);
	assert_told(talk, "= ssh\n");
}

static void what_nobody_knows_is_given_up(void **unused)
{
	struct talk *const talk = connection(false);

	(void)unused;
	say(talk, 0, "\x01\x02 no known words");
	for (int i = 0; i <= RECOGNISE_LIMIT / 16; i++) /* some wait to the limit */
		say(talk, 1, "\x05\x06\x07\x08 and so on\n");
	assert_true(talk->flow.settled);
	assert_int_equal(talk->flow.identified, IDENTIFIED_NOT);
	assert_int_equal(talk->flow.evidence_length, FLOW_EVIDENCE);
	assert_told(talk, "");
}

static void a_silent_side_is_not_waited_for_without_end(void **unused)
{
	struct talk *const talk = connection(false);
	char block[1024];

	(void)unused;
	memset(block, 1, sizeof(block));
	for (int i = 0; i < 100 && !talk->flow.settled; i++)
		say_span(talk, 0, span_of(block, sizeof(block)));
	assert_true(talk->flow.settled);
	assert_told(talk, "");
}

static void datagrams_that_nobody_knows_are_given_up(void **unused)
{
	struct talk *const talk = new_talk(TRANSPORT_UDP, 4444, true);

	(void)unused;
	for (int i = 0; i < CONVERSATION_DATAGRAMS; i++) {
		assert_false(talk->flow.settled);
		say(talk, 1, "\x01?");
	}
	assert_true(talk->flow.settled);
	assert_told(talk, "");
}

/* Two zeros: of no protocol while more may come, a question of NAT-PMP where nothing else was said. */
static void what_is_whole_alone_is_told_at_the_end(void **unused)
{
	static const uint8_t question[2] = { 0 };
	struct talk *talk = new_talk(TRANSPORT_UDP, 4444, true);

	(void)unused;
	say_span(talk, 0, span_of(question, sizeof(question)));
	assert_int_equal(talk->flow.identified, IDENTIFIED_NOT);
	assert_told(talk, "= nat-pmp\n");
	talk = new_talk(TRANSPORT_UDP, 5351, true);
	say_span(talk, 0, span_of(question, sizeof(question)));
	say(talk, 1, "\x01?");
	assert_told(talk, "");
}

static void from_the_middle_the_content_says_who_called(void **unused)
{
	struct talk *const talk = new_talk(TRANSPORT_TCP, 40001, false);

	(void)unused;
	talk->flow.ports[0] = 80;
	say(talk, 0, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	assert_true(talk->flow.swapped);
	assert_int_equal(talk->flow.ports[1], 80);
	assert_told(talk, "= http\n");
}

static void early_segments_wait_for_the_first(void **unused)
{
	struct talk *const talk = connection(false);
	const uint32_t begin = talk->next[0];

	(void)unused;
	talk->flow.sides[0].seen |= SEEN_GAP;
	packet(talk, 0, begin + 5, span_text(".0-PuTTY\r\n"), 10, TCP_ACK);
	assert_false(talk->flow.settled);
	packet(talk, 0, begin, span_text("SSH-2"), 5, TCP_ACK);
	assert_true(talk->flow.settled);
	assert_told(talk, "= ssh\n");
}

/* ---- a parser of the test's own ---- */

/* A line is a message. "skip N" steps over N bytes behind it, "want N" waits for N bytes, "to NAME" changes
 * to another protocol, "to" to any; "done" and "bad" end it; "call PORT" announces a flow; "weak" is a
 * weakness. */
struct state {
	uint64_t lines[2], lost[2];
};

static const struct weakness weakness = { .id = "weak", .title = "weak", .severity = 2, .remedy = "none" };
static const struct protocol lines;

static void emit_line(const void *record, struct json *json)
{
	json_span(json, "line", *(const struct span *)record);
}

static void expect_call(struct parse *parse, struct span port)
{
	struct expectation expectation = {
		.transport = TRANSPORT_TCP,
		.address = parse->addresses[SIDE_SERVER],
		.protocol = &lines,
		.waiting = SIDE_SERVER,
		.about = "a call",
	};
	uint64_t number = 0;

	if (span_number(port, 65535, &number)) {
		expectation.port = (uint16_t)number;
		parse_expect(parse, &expectation);
	}
}

static enum parse_step obey(struct parse *parse, struct span line)
{
	const struct span word = span_word(&line);
	uint64_t number = 0;

	span_skip(&line, span_left(line) > 0);
	if (span_is(word, "skip") && span_number(line, 1000000, &number))
		parse_skip(parse, number);
	else if (span_is(word, "want") && span_number(line, 1000000, &number))
		parse_want(parse, number);
	else if (span_is(word, "to"))
		parse_upgrade(parse, span_left(line) > 0 ? protocol_named(line) : NULL);
	else if (span_is(word, "call"))
		expect_call(parse, line);
	else if (span_is(word, "weak"))
		parse_weakness(parse, &weakness, "said by %d", (int)parse->side);
	return span_is(word, "done") ? PARSE_DONE : span_is(word, "bad") ? PARSE_BROKEN : PARSE_ON;
}

static enum parse_step read_lines(void *memory, struct parse *parse, struct span *bytes)
{
	struct state *const state = memory;

	assert_true(span_left(*bytes) > 0);
	while (true) {
		struct span rest = *bytes;
		const struct span line = span_line(&rest);
		enum parse_step step;

		if (line.failed)
			return PARSE_ON;
		state->lines[parse->side]++;
		parse_event(parse, &line);
		if (!span_is(line, "bad"))
			*bytes = rest;
		step = obey(parse, line);
		if (step != PARSE_ON || parse->skip > 0 || parse->want > 0 || parse->upgraded)
			return step;
	}
}

static enum parse_step lose(void *memory, struct parse *parse, uint64_t length)
{
	struct state *const state = memory;

	state->lost[parse->side] += length;
	return PARSE_ON;
}

static void emit_count(const void *record, struct json *json)
{
	const struct state *const state = record;

	json_unsigned(json, "client", state->lines[0]);
	json_unsigned(json, "server", state->lines[1]);
	json_unsigned(json, "lost", state->lost[0] + state->lost[1]);
}

static void end_lines(void *memory, struct parse *parse)
{
	parse_event_as(parse, "count", emit_count, memory);
}

static const struct parser parser = {
	.state_size = sizeof(struct state),
	.read = read_lines,
	.gap = lose,
	.end = end_lines,
	.emit = emit_line,
	.leads = true,
};
static const struct protocol lines = { .name = "lines", .parser = &parser };

#define LINE(text) "lines {\"line\":\"" text "\"}\n"
#define COUNTED(client, server, lost)                                                                        \
	"count {\"client\":" #client ",\"server\":" #server ",\"lost\":" #lost "}\n"

/* A flow that was announced and speaks lines. */
static struct talk *lines_on(uint8_t transport)
{
	struct talk *const talk = new_talk(transport, 4444, true);
	const struct expected expected = { .protocol = &lines, .waiting = 1, .side = SIDE_SERVER };

	conversation_expected(talk->all, &talk->flow, &expected, 0, 1);
	assert_int_equal(talk->flow.identified, IDENTIFIED_EXPECTED);
	if (transport == TRANSPORT_TCP)
		open_connection(talk);
	return talk;
}

/* ---- reading ---- */

static void a_parser_reads_both_sides_to_the_end(void **unused)
{
	struct talk *const talk = lines_on(TRANSPORT_TCP);

	(void)unused;
	say(talk, 0, "on");
	say(talk, 1, "two\nthr");
	say(talk, 0, "e\n");
	assert_false(talk->flow.settled);
	close_connection(talk);
	assert_true(talk->flow.settled);
	assert_told(talk, "= lines\n" LINE("two") LINE("one") COUNTED(1, 1, 0));
}

static void a_parser_may_end_the_reading(void **unused)
{
	struct talk *const talk = lines_on(TRANSPORT_TCP);

	(void)unused;
	say(talk, 0, "a\ndone\nb\n");
	assert_true(talk->flow.settled);
	assert_int_equal(talk->flow.stopped, STOP_NOT);
	assert_told(talk, "= lines\n" LINE("a") LINE("done") COUNTED(2, 0, 0));
}

/* Of media whose both ends are announced the one that sends first is the client, whichever was waited at. */
static void who_begins_is_the_client_of_media(void **unused)
{
	static const struct protocol media = { .name = "lines", .parser = &parser, .announced = true };
	struct talk *const talk = new_talk(TRANSPORT_TCP, 4444, true);
	const struct expected expected = { .protocol = &media, .waiting = 0, .side = SIDE_SERVER };

	(void)unused;
	conversation_expected(talk->all, &talk->flow, &expected, 0, 1);
	open_connection(talk);
	say(talk, 0, "one\n");
	close_connection(talk);
	assert_told(talk, "= lines\n" LINE("one") COUNTED(1, 0, 0));
}

/* A connection seen from the middle: what its parser cannot read may be the rest of a message. */
static void the_middle_of_a_message_is_no_damage(void **unused)
{
	struct talk *const talk = new_talk(TRANSPORT_TCP, 4444, true);
	const struct expected expected = { .protocol = &lines, .waiting = 1, .side = SIDE_SERVER };

	(void)unused;
	conversation_expected(talk->all, &talk->flow, &expected, 0, 1);
	say(talk, 1, "bad\n");
	assert_true(talk->flow.settled);
	assert_int_equal(talk->flow.stopped, STOP_MIDDLE);
	assert_int_equal(talk->flow.stopped_at, 0);
	assert_int_equal(talk->counts.stopped[STOP_MIDDLE], 1);
	assert_int_equal(talk->counts.parse_errors, 0);
	assert_told(talk, "= lines\n" LINE("bad") COUNTED(0, 1, 0));
}

static void damage_is_noted_where_it_stands(void **unused)
{
	struct talk *const talk = lines_on(TRANSPORT_TCP);

	(void)unused;
	say(talk, 1, "a\nskip 1000\n");
	talk->next[1] += 1000;
	say(talk, 1, "b\nbad\n");
	assert_true(talk->flow.settled);
	assert_true(talk->flow.stopped == STOP_DAMAGED && talk->flow.stopped_side);
	assert_int_equal(talk->flow.stopped_at, 2 + 10 + 1000 + 2);
	assert_int_equal(talk->counts.parse_errors, 1);
	assert_told(talk, "= lines\n" LINE("a") LINE("skip 1000") LINE("b") LINE("bad") COUNTED(0, 4, 0));
}

static void what_is_skipped_is_not_lost(void **unused)
{
	struct talk *const talk = lines_on(TRANSPORT_TCP);

	(void)unused;
	say(talk, 0, "skip 4\n\n\n\n\none\nskip 3000\n\n");
	talk->next[0] += 2000;
	say(talk, 1, "x\n"); /* acknowledges what was not seen */
	talk->next[0] += 999;
	say(talk, 0, "two\n");
	assert_int_equal(talk->counts.stream_gaps, 0);
	assert_told(talk, "= lines\n" LINE("skip 4") LINE("one") LINE("skip 3000") LINE("x") LINE("two")
				  COUNTED(4, 1, 0));
}

static void gaps_are_told_to_the_parser(void **unused)
{
	struct talk *const talk = lines_on(TRANSPORT_TCP);

	(void)unused;
	say(talk, 0, "one\nhalf");
	talk->next[0] += 100;
	say(talk, 0, "two\n");
	say(talk, 1, "three\n");
	assert_int_equal(talk->counts.stream_gap_bytes, 100);
	assert_told(talk, "= lines\n" LINE("one") LINE("two") LINE("three") COUNTED(2, 1, 104));
}

static void what_nobody_takes_has_a_bound(void **unused)
{
	struct talk *const talk = lines_on(TRANSPORT_TCP);
	char block[1000];

	(void)unused;
	memset(block, 'x', sizeof(block));
	for (int i = 0; i < 66; i++)
		say_span(talk, 0, span_of(block, sizeof(block)));
	assert_int_equal(talk->counts.unread_dropped, 66000);
	assert_told(talk, "= lines\n" COUNTED(0, 0, 66000));
}

static void a_parser_is_called_when_there_is_what_it_wants(void **unused)
{
	struct talk *const talk = lines_on(TRANSPORT_TCP);

	(void)unused;
	say(talk, 0, "want 8\na\n");
	say(talk, 0, "b\nc\n");
	assert_int_equal(talk->told.length, strlen("= lines\n" LINE("want 8")));
	say(talk, 0, "d\n");
	assert_told(talk,
		    "= lines\n" LINE("want 8") LINE("a") LINE("b") LINE("c") LINE("d") COUNTED(5, 0, 0));
}

static void a_weakness_is_told_once(void **unused)
{
	struct talk *const talk = lines_on(TRANSPORT_UDP);

	(void)unused;
	say(talk, 0, "weak\n");
	say(talk, 1, "weak\n");
	assert_told(talk, "= lines\n" LINE("weak") "! weak said by 0\n" LINE("weak") COUNTED(1, 1, 0));
}

static void a_flow_may_turn_into_another(void **unused)
{
	struct talk *const talk = lines_on(TRANSPORT_TCP);

	(void)unused;
	say(talk, 1, "hello\n");
	say(talk, 0, "to\n");
	assert_false(talk->flow.settled);
	say(talk, 1, "SSH-2.0-");
	say(talk, 1, "OpenSSH_9.2p1\r\n");
	assert_string_equal(name_of(talk->flow.protocol), "ssh");
	assert_told_first(talk, "= lines\n" LINE("hello") LINE("to") COUNTED(1, 1, 0) "= ssh\n");
}

static void what_the_other_side_sent_ahead_belongs_to_the_new_protocol(void **unused)
{
	struct talk *const talk = lines_on(TRANSPORT_TCP);

	(void)unused;
	say(talk, 0, "GET / HTTP/1.1"); /* no line yet */
	say(talk, 1, "to\n");
	say(talk, 0, "\r\n\r\n");
	assert_string_equal(name_of(talk->flow.protocol), "http");
	free(told_by(talk));
}

static void a_flow_may_be_announced(void **unused)
{
	struct talk *const talk = lines_on(TRANSPORT_TCP);
	struct flow called = { .ends = { talk->flow.ends[0], talk->flow.ends[1] },
			       .ports = { 50000, 2121 },
			       .transport = TRANSPORT_TCP,
			       .version = 4 };
	struct expected expected;

	(void)unused;
	say(talk, 0, "call 2121\n");
	assert_true(expectations_match(talk->expectations, &called, talk->time_ns, &expected));
	assert_ptr_equal(expected.protocol, &lines);
	assert_string_equal(expected.about, "a call");
	free(told_by(talk));
}

/* ---- however it is cut ---- */

static const char script[] = "one\nskip 7\n1234567two\nwant 6\nthree\nweak\nfour\n";

static struct talk *script_talk(size_t first, size_t second)
{
	struct talk *const talk = lines_on(TRANSPORT_TCP);
	const uint32_t begin = talk->next[0], length = sizeof(script) - 1;

	packet(talk, 0, begin, span_of(script, first), (uint32_t)first, TCP_ACK);
	packet(talk, 0, begin + (uint32_t)second, span_of(script + second, length - second),
	       length - (uint32_t)second, TCP_ACK);
	packet(talk, 0, begin + (uint32_t)first, span_of(script + first, second - first),
	       (uint32_t)(second - first), TCP_ACK);
	return talk;
}

static void every_cut_tells_the_same(void **unused)
{
	const size_t length = sizeof(script) - 1;
	char *const whole = told_by(script_talk(length, length));

	(void)unused;
	for (size_t first = 0; first <= length; first++) {
		for (size_t second = first; second <= length; second++) {
			char *const told = told_by(script_talk(first, second));

			assert_string_equal(told, whole);
			free(told);
		}
	}
	free(whole);
}

/* ---- few words ---- */

static const char greeting[] = "SSH-2.0-OpenSSH_9.2p1\r\n";

/* Both say the same, in pieces; a piece comes early, or twice. */
enum disorder { IN_ORDER, EARLY, TWICE, DISORDERS };

static void greet_in_pieces(struct talk *talk, unsigned party, size_t first, size_t second,
			    enum disorder disorder)
{
	const size_t cuts[4] = { 0, first, second, sizeof(greeting) - 1 };
	const unsigned orders[DISORDERS][4] = { { 0, 1, 2, 2 }, { 0, 2, 1, 1 }, { 0, 1, 1, 2 } };

	for (unsigned i = 0; i < (disorder == TWICE ? 4 : 3); i++) {
		const unsigned piece = orders[disorder][i];
		const size_t length = cuts[piece + 1] - cuts[piece];

		packet(talk, party, talk->next[party] + (uint32_t)cuts[piece],
		       span_of(greeting + cuts[piece], length), (uint32_t)length, TCP_ACK);
	}
	talk->next[party] += sizeof(greeting) - 1;
}

static char *greetings(size_t first, size_t second, enum disorder disorder)
{
	struct talk *const talk = connection(true);

	greet_in_pieces(talk, 1, first, second, disorder);
	greet_in_pieces(talk, 0, first, second, disorder);
	close_connection(talk);
	return told_by(talk);
}

static void few_words_are_heard_again_from_the_first(void **unused)
{
	const size_t length = sizeof(greeting) - 1;
	char *const whole = greetings(length, length, IN_ORDER);

	(void)unused;
	assert_non_null(strstr(whole, "= ssh\n"));
	assert_non_null(strstr(whole, "OpenSSH_9.2p1"));
	for (size_t first = 1; first < length; first++) {
		for (size_t second = first + 1; second < length; second++) {
			for (unsigned disorder = 0; disorder < DISORDERS; disorder++) {
				char *const told = greetings(first, second, disorder);

				assert_string_equal(told, whole);
				free(told);
			}
		}
	}
	free(whole);
}

/* What was acknowledged and never came is lost; the parser begins behind it. */
static void few_words_and_a_gap(void **unused)
{
	struct talk *const talk = connection(true);

	(void)unused;
	say(talk, 1, "SSH");
	talk->next[1] += 5;
	packet(talk, 0, talk->next[0], span_of(NULL, 0), 0, TCP_ACK);
	assert_int_equal(talk->counts.stream_gaps, 1);
	assert_int_equal(talk->counts.stream_gap_bytes, 5);
	assert_false(talk->flow.settled);
	free(told_by(talk));
}

static void few_words_of_nobody_are_kept_until_the_end(void **unused)
{
	struct talk *const talk = connection(true);

	(void)unused;
	say(talk, 0, "SS");
	say(talk, 1, "SS");
	assert_false(talk->flow.settled);
	close_connection(talk);
	assert_true(talk->flow.settled);
	assert_null(talk->flow.work);
	assert_int_equal(talk->flow.identified, IDENTIFIED_NOT);
	assert_told(talk, "");
}

static void few_words_that_turn_out_to_be_nobodys_are_given_up(void **unused)
{
	struct talk *const talk = connection(true);

	(void)unused;
	say(talk, 0, "\x01\x02 no known words");
	say(talk, 1, "SSH");
	assert_false(talk->flow.settled);
	say(talk, 1, "-x-");
	say(talk, 1, "\x05\n");
	assert_true(talk->flow.settled);
	assert_told(talk, "");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_words_settle_a_flow_that_nobody_hears),
		cmocka_unit_test(words_in_pieces_are_waited_for),
		cmocka_unit_test(either_side_may_tell),
		cmocka_unit_test(what_nobody_knows_is_given_up),
		cmocka_unit_test(a_silent_side_is_not_waited_for_without_end),
		cmocka_unit_test(datagrams_that_nobody_knows_are_given_up),
		cmocka_unit_test(what_is_whole_alone_is_told_at_the_end),
		cmocka_unit_test(from_the_middle_the_content_says_who_called),
		cmocka_unit_test(early_segments_wait_for_the_first),
		cmocka_unit_test(a_parser_reads_both_sides_to_the_end),
		cmocka_unit_test(a_parser_may_end_the_reading),
		cmocka_unit_test(who_begins_is_the_client_of_media),
		cmocka_unit_test(the_middle_of_a_message_is_no_damage),
		cmocka_unit_test(damage_is_noted_where_it_stands),
		cmocka_unit_test(what_is_skipped_is_not_lost),
		cmocka_unit_test(gaps_are_told_to_the_parser),
		cmocka_unit_test(what_nobody_takes_has_a_bound),
		cmocka_unit_test(a_parser_is_called_when_there_is_what_it_wants),
		cmocka_unit_test(a_weakness_is_told_once),
		cmocka_unit_test(a_flow_may_turn_into_another),
		cmocka_unit_test(what_the_other_side_sent_ahead_belongs_to_the_new_protocol),
		cmocka_unit_test(a_flow_may_be_announced),
		cmocka_unit_test(every_cut_tells_the_same),
		cmocka_unit_test(few_words_are_heard_again_from_the_first),
		cmocka_unit_test(few_words_and_a_gap),
		cmocka_unit_test(few_words_of_nobody_are_kept_until_the_end),
		cmocka_unit_test(few_words_that_turn_out_to_be_nobodys_are_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
