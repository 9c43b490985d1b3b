/* The flow table: packets in, flows out, in every order that a wire can have. */
#include "base/hash.h"
#include "flow/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { SECONDS = 1000000000, ENDED_MOST = 256 };

/* What a table told of the flows that ended. */
struct endings {
	struct flow flows[ENDED_MOST];
	enum flow_reason reasons[ENDED_MOST];
	size_t count;
};

static void on_end(void *context, struct flow *flow, enum flow_reason reason)
{
	struct endings *const endings = context;

	if (endings->count < ENDED_MOST) {
		endings->flows[endings->count] = *flow;
		endings->reasons[endings->count] = reason;
	}
	endings->count++;
}

static struct flow_table *table_of(struct endings *endings, size_t memory)
{
	const struct flow_limits limits = { .memory = memory, .timeouts = flow_timeouts_usual };
	const struct flow_ending ending = { on_end, endings };
	struct error err;
	struct flow_table *const table = flow_table_new(&limits, &ending, &err);

	memset(endings, 0, sizeof(*endings));
	assert_non_null(table);
	return table;
}

static struct packet packet_of(const char *source, uint16_t sport, const char *destination, uint16_t dport,
			       uint8_t transport)
{
	struct packet packet = { .source_port = sport,
				 .destination_port = dport,
				 .transport = transport,
				 .version = 4,
				 .length = 40 };

	assert_true(address_parse(span_text(source), &packet.source));
	assert_true(address_parse(span_text(destination), &packet.destination));
	return packet;
}

static struct flow *touch(struct flow_table *table, const struct packet *packet, int64_t now,
			  unsigned *ret_side)
{
	return flow_table_touch(table, packet, flow_hash(packet, 0), 0, now, 0, ret_side);
}

/* One TCP packet of a conversation between 192.0.2.1:1000, which calls, and 192.0.2.2:80. */
static struct flow *tcp(struct flow_table *table, unsigned side, uint8_t flags, uint32_t sequence,
			uint32_t acknowledgement, uint32_t length, int64_t now)
{
	struct packet packet = side == 0 ? packet_of("192.0.2.1", 1000, "192.0.2.2", 80, TRANSPORT_TCP)
					 : packet_of("192.0.2.2", 80, "192.0.2.1", 1000, TRANSPORT_TCP);
	unsigned seen;

	packet.tcp_flags = flags;
	packet.sequence = sequence;
	packet.acknowledgement = acknowledgement;
	packet.payload_length = length;
	packet.window = 1000;
	return touch(table, &packet, now, &seen);
}

static void both_directions_are_one_flow(void **unused)
{
	struct endings endings;
	struct flow_table *const table = table_of(&endings, 0);
	struct packet there = packet_of("192.0.2.1", 5353, "192.0.2.2", 53, TRANSPORT_UDP);
	struct packet back = packet_of("192.0.2.2", 53, "192.0.2.1", 5353, TRANSPORT_UDP);
	unsigned side;
	struct flow *const flow = touch(table, &there, 1, &side);

	(void)unused;
	assert_int_equal(side, 0);
	assert_ptr_equal(touch(table, &back, 2, &side), flow);
	assert_int_equal(side, 1);
	assert_int_equal(flow->sides[0].packets, 1);
	assert_int_equal(flow->sides[1].packets, 1);
	assert_int_equal(flow_table_counts(table)->live, 1);
	flow_table_end_all(table, REASON_END_OF_INPUT);
	assert_int_equal(endings.count, 1);
	flow_table_free(table);
}

static void a_flow_between_equal_ends_keeps_its_sides(void **unused)
{
	struct endings endings;
	struct flow_table *const table = table_of(&endings, 0);
	struct packet self = packet_of("127.0.0.1", 9, "127.0.0.1", 9, TRANSPORT_UDP);
	unsigned side;

	(void)unused;
	assert_ptr_equal(touch(table, &self, 1, &side), touch(table, &self, 2, &side));
	assert_int_equal(side, 0);
	flow_table_free(table);
}

static void contexts_tell_flows_apart(void **unused)
{
	struct endings endings;
	struct flow_table *const table = table_of(&endings, 0);
	struct packet packet = packet_of("10.0.0.1", 1, "10.0.0.2", 2, TRANSPORT_UDP);
	unsigned side;

	(void)unused;
	for (uint32_t context = 0; context < 3; context++)
		flow_table_touch(table, &packet, flow_hash(&packet, context), context, 1, 0, &side);
	assert_int_equal(flow_table_counts(table)->live, 3);
	flow_table_free(table);
}

static void many_flows_are_all_found_again(void **unused)
{
	enum { FLOWS = 100000 };
	struct endings endings;
	struct flow_table *const table = table_of(&endings, 0);
	struct packet packet = packet_of("10.0.0.1", 0, "10.0.0.2", 0, TRANSPORT_UDP);
	unsigned side;

	(void)unused;
	for (int round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < FLOWS; i++) {
			packet.source = address_v4((uint32_t)hash_number(i));
			packet.source_port = (uint16_t)(hash_number(i) >> 32);
			touch(table, &packet, round + 1, &side);
		}
		assert_int_equal(flow_table_counts(table)->flows, FLOWS);
	}
	flow_table_end_all(table, REASON_END_OF_INPUT);
	assert_int_equal(endings.count, FLOWS);
	assert_int_equal(flow_table_counts(table)->live, 0);
	flow_table_free(table);
}

static void flows_end_when_their_time_is_over(void **unused)
{
	struct endings endings;
	struct flow_table *const table = table_of(&endings, 0);
	struct packet there = packet_of("192.0.2.1", 1, "192.0.2.2", 2, TRANSPORT_UDP);
	struct packet back = packet_of("192.0.2.2", 2, "192.0.2.1", 1, TRANSPORT_UDP);
	unsigned side;

	(void)unused;
	touch(table, &there, 0, &side);
	assert_false(flow_table_expire(table, (int64_t)59 * SECONDS, UINT64_MAX));
	assert_int_equal(endings.count, 0);
	touch(table, &back, (int64_t)59 * SECONDS, &side); /* answered: it may now be silent for longer */
	assert_false(flow_table_expire(table, (int64_t)200 * SECONDS, UINT64_MAX));
	assert_int_equal(endings.count, 0);
	assert_false(flow_table_expire(table, (int64_t)241 * SECONDS, UINT64_MAX));
	assert_int_equal(endings.count, 1);
	assert_int_equal(endings.reasons[0], REASON_TIMEOUT);
	touch(table, &there, (int64_t)242 * SECONDS, &side);
	assert_int_equal(flow_table_counts(table)->flows, 2);
	assert_false(flow_table_expire(table, (int64_t)1000000 * SECONDS,
				       UINT64_MAX)); /* a silence longer than the wheel */
	assert_int_equal(endings.count, 2);
	flow_table_free(table);
}

static void past_its_bound_the_table_ends_idle_flows_and_counts_them(void **unused)
{
	struct endings endings;
	struct flow_table *const table = table_of(&endings, 8 << 20);
	struct packet busy = packet_of("10.9.9.9", 9, "10.9.9.8", 9, TRANSPORT_UDP);
	struct packet packet = packet_of("10.0.0.1", 0, "10.0.0.2", 0, TRANSPORT_UDP);
	unsigned side;

	(void)unused;
	touch(table, &busy, 0, &side);
	for (uint32_t i = 0; i < 100000; i++) {
		packet.source = address_v4(i);
		touch(table, &packet, (int64_t)i * 1000000, &side);
		if (i % 100 == 0)
			touch(table, &busy, (int64_t)i * 1000000, &side);
	}
	assert_true(flow_table_counts(table)->memory <= 8 << 20);
	assert_int_equal(flow_table_counts(table)->flows, 100001); /* the busy one was never ended */
	assert_int_equal(flow_table_counts(table)->ended[REASON_MEMORY] + flow_table_counts(table)->live,
			 100001);
	assert_true(flow_table_counts(table)->ended[REASON_MEMORY] > 50000);
	flow_table_free(table);
}

static void a_connection_from_its_beginning_to_its_end(void **unused)
{
	struct endings endings;
	struct flow_table *const table = table_of(&endings, 0);
	struct flow *flow = tcp(table, 0, TCP_SYN, 100, 0, 0, 0);

	(void)unused;
	assert_int_equal(flow_conn_state(flow), CONN_S0);
	tcp(table, 1, TCP_SYN | TCP_ACK, 500, 101, 0, 20000);
	tcp(table, 0, TCP_ACK, 101, 501, 0, 30000);
	assert_int_equal(flow_conn_state(flow), CONN_S1);
	assert_int_equal(flow->handshake_us, 30);
	tcp(table, 0, TCP_ACK | TCP_PSH, 101, 501, 10, 40000);
	tcp(table, 1, TCP_ACK, 501, 111, 0, 50000);
	tcp(table, 1, TCP_ACK, 501, 111, 100, 60000);
	tcp(table, 1, TCP_ACK | TCP_FIN, 601, 111, 0, 70000);
	assert_int_equal(flow_conn_state(flow), CONN_S3);
	tcp(table, 0, TCP_ACK | TCP_FIN, 111, 602, 0, 80000);
	tcp(table, 1, TCP_ACK, 602, 112, 0, 90000);
	assert_int_equal(flow_conn_state(flow), CONN_SF);
	assert_int_equal(flow->history_length, 8);
	assert_memory_equal(flow->history, "ShADadfF", 8);
	assert_int_equal(flow->sides[0].retransmissions + flow->sides[1].retransmissions, 0);
	assert_int_equal(flow->sides[0].gaps + flow->sides[1].gaps, 0);
	assert_false(flow_table_expire(table, (int64_t)20 * SECONDS, UINT64_MAX));
	assert_int_equal(endings.count, 1);
	assert_int_equal(endings.reasons[0], REASON_CLOSED);
	flow_table_free(table);
}

static void refused_reset_and_unanswered_connections(void **unused)
{
	static const struct {
		struct {
			uint8_t side, flags;
		} packets[4];
		enum conn_state state;
	} cases[] = {
		{ { { 0, TCP_SYN } }, CONN_S0 },
		{ { { 0, TCP_SYN }, { 1, TCP_RST | TCP_ACK } }, CONN_REJ },
		{ { { 0, TCP_SYN }, { 0, TCP_RST } }, CONN_RSTOS0 },
		{ { { 0, TCP_SYN }, { 0, TCP_FIN } }, CONN_SH },
		{ { { 1, TCP_SYN | TCP_ACK }, { 1, TCP_RST } }, CONN_RSTRH },
		{ { { 1, TCP_SYN | TCP_ACK }, { 1, TCP_FIN } }, CONN_SHR },
		{ { { 0, TCP_SYN }, { 1, TCP_SYN | TCP_ACK }, { 0, TCP_ACK }, { 0, TCP_RST } }, CONN_RSTO },
		{ { { 0, TCP_SYN }, { 1, TCP_SYN | TCP_ACK }, { 0, TCP_ACK }, { 1, TCP_RST } }, CONN_RSTR },
		{ { { 0, TCP_SYN }, { 1, TCP_SYN | TCP_ACK }, { 0, TCP_ACK }, { 0, TCP_FIN | TCP_ACK } },
		  CONN_S2 },
		{ { { 0, TCP_ACK }, { 1, TCP_ACK } }, CONN_OTH },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct endings endings;
		struct flow_table *const table = table_of(&endings, 0);
		struct flow *flow = NULL;

		for (size_t p = 0; p < 4 && cases[i].packets[p].flags != 0; p++)
			flow = tcp(table, cases[i].packets[p].side, cases[i].packets[p].flags, 1, 1, 0,
				   (int64_t)p);
		assert_string_equal(conn_state_text(flow_conn_state(flow)), conn_state_text(cases[i].state));
		flow_table_free(table);
	}
}

static void a_syn_ack_that_comes_first_was_sent_by_the_one_called(void **unused)
{
	struct endings endings;
	struct flow_table *const table = table_of(&endings, 0);
	const struct flow *const flow = tcp(table, 1, TCP_SYN | TCP_ACK, 1, 1, 0, 0);

	(void)unused;
	assert_int_equal(flow->ports[0], 1000);
	assert_int_equal(flow->sides[1].packets, 1);
	flow_table_free(table);
}

static void what_is_sent_twice_or_lost_is_counted(void **unused)
{
	struct endings endings;
	struct flow_table *const table = table_of(&endings, 0);
	struct flow *const flow = tcp(table, 0, TCP_SYN, 100, 0, 0, 0);

	(void)unused;
	tcp(table, 1, TCP_SYN | TCP_ACK, 500, 101, 0, 1);
	tcp(table, 0, TCP_ACK, 101, 501, 10, 2);
	tcp(table, 0, TCP_ACK, 101, 501, 10, 3);
	assert_int_equal(flow->sides[0].retransmissions, 1);
	tcp(table, 0, TCP_ACK, 110, 501, 0,
	    4); /* a keep-alive: one below what comes next, and nothing in it */
	assert_int_equal(flow->sides[0].retransmissions, 1);
	tcp(table, 0, TCP_ACK, 200, 501, 10, 5);
	assert_int_equal(flow->sides[0].gaps, 1);
	tcp(table, 0, TCP_ACK, 150, 501, 10, 6); /* not acknowledged yet, and soon: it was delayed */
	assert_int_equal(flow->sides[0].out_of_order, 1);
	tcp(table, 0, TCP_ACK, 160, 501, 10, SECONDS); /* after a time: it was sent again */
	assert_int_equal(flow->sides[0].out_of_order, 1);
	assert_int_equal(flow->sides[0].retransmissions, 2);
	flow_table_free(table);
}

static void a_closed_window_is_counted(void **unused)
{
	struct endings endings;
	struct flow_table *const table = table_of(&endings, 0);
	struct packet packet = packet_of("192.0.2.1", 1000, "192.0.2.2", 80, TRANSPORT_TCP);
	const struct flow *flow;
	unsigned side;

	(void)unused;
	for (int i = 0; i < 3; i++) {
		packet.tcp_flags = i == 2 ? TCP_RST : TCP_ACK; /* a reset has no window to speak of */
		flow = touch(table, &packet, i, &side);
	}
	assert_int_equal(flow->sides[0].zero_windows, 2);
	assert_memory_equal(flow->history, "AWR", 3);
	flow_table_free(table);
}

static void a_new_call_between_the_same_ports_is_a_new_flow(void **unused)
{
	struct endings endings;
	struct flow_table *const table = table_of(&endings, 0);

	(void)unused;
	tcp(table, 0, TCP_SYN, 100, 0, 0, 0);
	assert_int_equal(tcp(table, 0, TCP_SYN, 100, 0, 0, 1)->sides[0].retransmissions,
			 1); /* the same call */
	assert_int_equal(flow_table_counts(table)->flows, 1);
	tcp(table, 1, TCP_RST | TCP_ACK, 0, 101, 0, 2);
	tcp(table, 0, TCP_SYN, 9000, 0, 0, 3);
	assert_int_equal(flow_table_counts(table)->flows, 2);
	assert_int_equal(endings.count, 1);
	assert_int_equal(endings.reasons[0], REASON_REPLACED);
	assert_false(flow_table_expire(table, (int64_t)10000 * SECONDS, UINT64_MAX));
	assert_int_equal(endings.count, 2);
	flow_table_free(table);
}

/* Flows of a frame each, begun in the order of `frames`, all at the same time. */
static void begin_at_frames(struct flow_table *table, const uint64_t *frames, size_t count)
{
	struct packet packet = packet_of("10.0.0.1", 0, "10.0.0.2", 53, TRANSPORT_UDP);
	unsigned side;

	for (size_t i = 0; i < count; i++) {
		packet.source_port = (uint16_t)(1000 + i);
		flow_table_touch(table, &packet, flow_hash(&packet, 0), 0, 1, frames[i], &side);
	}
}

static void flows_end_in_the_order_of_their_first_frames(void **unused)
{
	static const uint64_t frames[] = { 9, 3, 7, 7, 1, 1u << 31, 4, 8, 2 },
			      sorted[] = { 1, 2, 3, 4, 7, 7, 8, 9 };
	struct endings endings;
	struct flow_table *const table = table_of(&endings, 0);

	(void)unused;
	begin_at_frames(table, frames, 9);
	assert_false(flow_table_expire(table, (int64_t)100 * SECONDS, UINT64_MAX));
	assert_int_equal(endings.count, 9);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(endings.flows[i].first_frame, sorted[i]);
	assert_int_equal(endings.flows[4].nth, 0);
	assert_int_equal(endings.flows[5].nth, 1);
	assert_int_equal(endings.flows[8].first_frame, 1u << 31);
	begin_at_frames(table, frames, 9);
	endings.count = 0;
	flow_table_end_all(table, REASON_END_OF_INPUT);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(endings.flows[i].first_frame, sorted[i]);
	flow_table_free(table);
}

static void flows_can_be_ended_in_portions(void **unused)
{
	static const uint64_t frames[] = { 5, 6, 2, UINT64_MAX - 1 };
	struct endings endings;
	struct flow_table *const table = table_of(&endings, 0);

	(void)unused;
	begin_at_frames(table, frames, 4);
	assert_true(flow_table_end_some(table, REASON_END_OF_INPUT, 0));
	assert_int_equal(endings.count, 0);
	assert_true(flow_table_end_some(table, REASON_END_OF_INPUT, 2));
	assert_int_equal(endings.count, 2);
	assert_true(flow_table_end_some(table, REASON_END_OF_INPUT, 1));
	assert_false(flow_table_end_some(table, REASON_END_OF_INPUT, 1));
	assert_int_equal(endings.count, 4);
	assert_int_equal(flow_table_counts(table)->live, 0);
	begin_at_frames(table, frames, 4); /* and it can be used again */
	assert_int_equal(flow_table_counts(table)->live, 4);
	assert_true(flow_table_expire(table, (int64_t)100 * SECONDS, 3));
	assert_int_equal(endings.flows[6].first_frame, 6);
	assert_int_equal(flow_table_counts(table)->live, 1);
	assert_false(flow_table_end_some(table, REASON_END_OF_INPUT, UINT64_MAX)); /* in the middle of it */
	assert_int_equal(endings.flows[7].first_frame, UINT64_MAX - 1);
	assert_int_equal(endings.reasons[7], REASON_END_OF_INPUT);
	assert_false(flow_table_expire(table, (int64_t)200 * SECONDS, UINT64_MAX));
	assert_int_equal(endings.count, 8);
	flow_table_free(table);
}

static void ends_are_exchanged_with_all_that_is_theirs(void **unused)
{
	struct endings endings;
	struct flow_table *const table = table_of(&endings, 0);
	struct flow *const flow = tcp(table, 1, TCP_ACK | TCP_PSH, 500, 101, 20, 0);
	const uint64_t id = flow_id(flow);

	(void)unused;
	tcp(table, 0, TCP_ACK, 101, 520, 0, 0);
	assert_memory_equal(flow->history, "Da", 2);
	flow->stopped = STOP_DAMAGED;
	flow_swap_ends(flow);
	assert_int_equal(flow->ports[0], 1000);
	assert_int_equal(flow->sides[1].bytes, 40);
	assert_int_equal(flow->sides[1].next_sequence, 520);
	assert_memory_equal(flow->history, "dA", 2);
	assert_true(flow->swapped);
	assert_true(flow->stopped_side);
	assert_int_equal(flow_id(flow), id);
	assert_ptr_equal(tcp(table, 0, TCP_ACK, 101, 520, 5, 0), flow);
	assert_int_equal(flow->sides[0].packets, 2);
	flow_swap_ends(flow);
	assert_false(flow->swapped);
	assert_false(flow->stopped_side);
	flow_table_end_all(table, REASON_END_OF_INPUT);
	assert_int_equal(endings.count, 1);
	flow_table_free(table);
}

static void ids_tell_flows_apart(void **unused)
{
	struct endings endings;
	struct flow_table *const table = table_of(&endings, 0);
	const struct packet packet = packet_of("10.0.0.1", 1, "10.0.0.2", 2, TRANSPORT_UDP);
	uint64_t ids[3];
	unsigned side;

	(void)unused;
	for (uint32_t i = 0; i < 3; i++) /* two in one frame, which only their tunnels tell apart */
		ids[i] = flow_id(
			flow_table_touch(table, &packet, flow_hash(&packet, i), i, 1, 1 + i / 2, &side));
	assert_true(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2]);
	assert_true((ids[0] | ids[1] | ids[2]) < (uint64_t)1 << 53);
	flow_table_free(table);
}

static void community_ids_are_those_of_the_specification(void **unused)
{
	static const struct {
		const char *source;
		uint16_t sport;
		const char *destination;
		uint16_t dport;
		uint8_t transport;
		const char *id;
	} cases[] = {
		{ "128.232.110.120", 34855, "66.35.250.204", 80, 6, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=" },
		{ "66.35.250.204", 80, "128.232.110.120", 34855, 6, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=" },
		{ "192.168.1.52", 54585, "8.8.8.8", 53, 17, "1:d/FP5EW3wiY1vCndhwleRRKHowQ=" },
		{ "192.168.0.89", 8, "192.168.0.1", 0, 1, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=" },
		{ "192.168.0.1", 0, "192.168.0.89", 0, 1, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=" },
		{ "fe80::200:86ff:fe05:80da", 135, "fe80::260:97ff:fe07:69ea", 0, 58,
		  "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=" },
		{ "192.168.170.8", 7, "192.168.170.56", 80, 132, "1:jQgCxbku+pNGw8WPbEc/TS/uTpQ=" },
	};
	struct digester sha1 = { .kind = DIGEST_SHA1 };
	char text[COMMUNITY_ID];

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct address source, destination;

		assert_true(address_parse(span_text(cases[i].source), &source));
		assert_true(address_parse(span_text(cases[i].destination), &destination));
		assert_string_equal(community_id(&sha1, &source, &destination, cases[i].transport,
						 cases[i].sport, cases[i].dport, text),
				    cases[i].id);
	}
	digester_free(&sha1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_directions_are_one_flow),
		cmocka_unit_test(a_flow_between_equal_ends_keeps_its_sides),
		cmocka_unit_test(contexts_tell_flows_apart),
		cmocka_unit_test(many_flows_are_all_found_again),
		cmocka_unit_test(flows_end_when_their_time_is_over),
		cmocka_unit_test(past_its_bound_the_table_ends_idle_flows_and_counts_them),
		cmocka_unit_test(a_connection_from_its_beginning_to_its_end),
		cmocka_unit_test(refused_reset_and_unanswered_connections),
		cmocka_unit_test(a_syn_ack_that_comes_first_was_sent_by_the_one_called),
		cmocka_unit_test(what_is_sent_twice_or_lost_is_counted),
		cmocka_unit_test(a_closed_window_is_counted),
		cmocka_unit_test(a_new_call_between_the_same_ports_is_a_new_flow),
		cmocka_unit_test(flows_end_in_the_order_of_their_first_frames),
		cmocka_unit_test(flows_can_be_ended_in_portions),
		cmocka_unit_test(ends_are_exchanged_with_all_that_is_theirs),
		cmocka_unit_test(ids_tell_flows_apart),
		cmocka_unit_test(community_ids_are_those_of_the_specification),
	};

	return cmocka_run_group_tests_name("flow", tests, NULL, NULL);
}
