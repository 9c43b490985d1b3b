/* The engine: frames in, flows out, with what stands between them. */
#include "flow/flow.h"
#include "frames.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ENDED_MOST = 64 };
static const int64_t second = 1000000000;

/* What an engine told. */
struct told {
	struct flow ended[ENDED_MOST];
	enum flow_reason reasons[ENDED_MOST];
	uint64_t frames[ENDED_MOST];
	size_t count;
};

struct bench {
	struct frames frames;
	struct told told;
	struct engine *engine;
};

static void on_ended(void *context, const struct flow *flow, enum flow_reason reason, uint64_t frame)
{
	struct told *const told = context;

	assert_true(told->count < ENDED_MOST);
	told->ended[told->count] = *flow;
	told->reasons[told->count] = reason;
	told->frames[told->count] = frame;
	told->count++;
}

static int set_up(void **state)
{
	const struct engine_options options = { .limits = { .timeouts = flow_timeouts_usual } };
	struct bench *const bench = calloc(1, sizeof(*bench));
	const struct flow_listener listener = { .context = &bench->told, .ended = on_ended };

	bench->engine = engine_new(&options, &listener, NULL);
	*state = bench;
	return bench->engine != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
	struct bench *const bench = *state;

	engine_free(bench->engine);
	frames_free(&bench->frames);
	free(bench);
	return 0;
}

/* Reads all frames and ends all flows. */
static const struct engine_counts *run(struct bench *bench)
{
	const struct frames *const frames = &bench->frames;

	for (size_t at = 0; at < frames->count; at += CAPTURE_BATCH) {
		const size_t left = frames->count - at;

		engine_read(bench->engine, frames->list + at, frames->numbers + at,
			    left < CAPTURE_BATCH ? left : CAPTURE_BATCH);
	}
	while (engine_finish(bench->engine, UINT64_MAX))
		;
	return engine_counts(bench->engine);
}

static const struct ends call = { "192.0.2.1", 40000, "192.0.2.2", 9 };

static void a_datagram_and_its_answer_are_one_flow(void **state)
{
	struct bench *const bench = *state;
	const struct engine_counts *counts;

	frames_udp(&bench->frames, call, second, "\xf0\xf1", 2);
	frames_udp(&bench->frames, ends_back(call), 2 * second, "\xf2\xf3", 2);
	counts = run(bench);
	assert_int_equal(counts->frames, 2);
	assert_int_equal(counts->packets, 2);
	assert_int_equal(counts->bytes, 60);
	assert_int_equal(counts->flows.flows, 1);
	assert_int_equal(counts->bad_checksums, 0);
	assert_int_equal(bench->told.count, 1);
	assert_int_equal(bench->told.ended[0].first_frame, 1);
	assert_int_equal(bench->told.ended[0].sides[1].packets, 1);
	assert_string_equal(flow_app_proto(&bench->told.ended[0]), "unknown");
	assert_null(flow_turned_into(&bench->told.ended[0]));
	assert_int_equal(bench->told.reasons[0], REASON_END_OF_INPUT);
}

/* 192.88.99.1: what the catalog knows as anycast, of the end that is called alone. */
static void anycast_is_known_by_the_address(void **state)
{
	struct bench *const bench = *state;
	const struct ends any = { "192.0.2.1", 40000, "192.88.99.1", 9 };

	frames_udp(&bench->frames, any, second, "\xf0", 1);
	frames_udp(&bench->frames, call, 2 * second, "\xf0", 1);
	(void)run(bench);
	assert_int_equal(bench->told.count, 2);
	assert_int_equal(flow_cast(&bench->told.ended[0]), CAST_ANYCAST);
	assert_int_equal(flow_cast(&bench->told.ended[1]), CAST_UNICAST);
}

static void what_says_nothing_is_none(void **state)
{
	struct bench *const bench = *state;

	frames_tcp(&bench->frames, call, second, TCP_SYN, 100, 0, "");
	frames_tcp(&bench->frames, ends_back(call), second, TCP_RST | TCP_ACK, 0, 101, "");
	frames_udp(&bench->frames, call, second, "", 0);
	(void)run(bench);
	assert_int_equal(bench->told.count, 2);
	assert_string_equal(flow_app_proto(&bench->told.ended[0]), "none");
	assert_string_equal(flow_app_proto(&bench->told.ended[1]), "none");
	assert_int_equal(flow_conn_state(&bench->told.ended[0]), CONN_REJ);
}

/* The IP header names what has no ports. */
static void a_ping_is_icmp(void **state)
{
	struct bench *const bench = *state;
	struct buffer b = buffer_new(1 << 16);

	for (int i = 0; i < 2; i++) {
		buffer_add(&b, i == 0 ? "\x08\0\0\0\0\1\0\1ping" : "\0\0\0\0\0\1\0\1ping", 12);
		put_ip(&b, i == 0 ? call : ends_back(call), TRANSPORT_ICMP);
		frames_add(&bench->frames, &b, second);
	}
	buffer_free(&b);
	(void)run(bench);
	assert_int_equal(bench->told.count, 1);
	assert_string_equal(flow_app_proto(&bench->told.ended[0]), "icmp");
	assert_int_equal(bench->told.ended[0].identified, IDENTIFIED_TRANSPORT);
	assert_string_equal(identified_text(IDENTIFIED_TRANSPORT), "transport");
	assert_null(identified_text(IDENTIFIED_NOT));
}

/* ---- tunnels ---- */

static const struct ends outside = { "198.51.100.1", 0, "198.51.100.2", 0 };

static void a_packet_inside_another_is_a_flow_with_a_parent(void **state)
{
	struct bench *const bench = *state;
	struct buffer b = buffer_new(1 << 16);
	const struct engine_counts *counts;
	const struct flow *const flows = bench->told.ended;

	buffer_text(&b, "?");
	put_udp(&b, call);
	put_ip(&b, call, TRANSPORT_UDP);
	put_ip(&b, outside, 4);
	frames_add(&bench->frames, &b, second);
	frames_udp(&bench->frames, call, second, "?", 1); /* the same ends, but not in the tunnel */
	counts = run(bench);
	assert_int_equal(counts->packets, 3);
	assert_int_equal(counts->tunnelled, 1);
	assert_int_equal(bench->told.count, 3);
	assert_int_equal(flows[0].tunnel, TUNNEL_NONE);
	assert_string_equal(flow_app_proto(&flows[0]), "ipip");
	assert_int_equal(flows[1].tunnel, TUNNEL_IPIP);
	assert_int_equal(flows[1].parent, flow_id(&flows[0]));
	assert_int_equal(flows[2].tunnel, TUNNEL_NONE);
	assert_int_equal(flows[2].parent, 0);
	assert_int_not_equal(flow_id(&flows[1]), flow_id(&flows[2]));
}

/* GRE with a key that is a virtual network (RFC 7637). */
static void put_nvgre(struct buffer *b, uint32_t network, uint8_t sender, struct ends ends)
{
	const uint8_t header[] = {
		0x20,  0, 0x65, 0x58, (uint8_t)(network >> 16), (uint8_t)(network >> 8), (uint8_t)network,
		sender
	};

	put_ethernet(b);
	put_before(b, header, sizeof(header));
	put_ip(b, ends, TRANSPORT_GRE);
}

static void networks_keep_the_same_addresses_apart(void **state)
{
	struct bench *const bench = *state;
	struct buffer b = buffer_new(1 << 16);

	for (uint32_t i = 0; i < 4; i++) {
		const struct ends ends = i % 2 == 0 ? call : ends_back(call);

		buffer_text(&b, "?");
		put_udp(&b, ends);
		put_ip(&b, ends, TRANSPORT_UDP);
		put_nvgre(&b, 5000 + i / 2, (uint8_t)i, i % 2 == 0 ? outside : ends_back(outside));
		frames_add(&bench->frames, &b, second);
	}
	buffer_free(&b);
	(void)run(bench);
	assert_int_equal(bench->told.count, 3);
	assert_int_equal(bench->told.ended[0].transport, TRANSPORT_GRE);
	assert_int_equal(bench->told.ended[0].sides[0].packets, 2);
	for (size_t i = 1; i < 3; i++) {
		assert_int_equal(bench->told.ended[i].tunnel, TUNNEL_NVGRE);
		assert_int_equal(bench->told.ended[i].tunnel_key, 4999 + i);
		assert_int_equal(bench->told.ended[i].sides[0].packets, 1);
		assert_int_equal(bench->told.ended[i].sides[1].packets, 1);
	}
}

/* Tunnels that parsers open: VNI 100 and 101 between the same ends. */
static void networks_in_udp_are_kept_apart(void **state)
{
	struct bench *const bench = *state;
	struct buffer b = buffer_new(1 << 16);

	for (uint8_t i = 0; i < 4; i++) {
		const uint8_t header[8] = { 8, 0, 0, 0, 0, 0, (uint8_t)(100 + i / 2), 0 };
		const struct ends ends = i % 2 == 0 ? call : ends_back(call);
		struct ends around = { "198.51.100.1", 50000, "198.51.100.2", 4789 };

		if (i % 2 == 1)
			around = (struct ends){ "198.51.100.2", 50000, "198.51.100.1", 4789 };
		buffer_text(&b, "?");
		put_udp(&b, ends);
		put_ip(&b, ends, TRANSPORT_UDP);
		put_ethernet(&b);
		put_before(&b, header, sizeof(header));
		put_udp(&b, around);
		put_ip(&b, around, TRANSPORT_UDP);
		frames_add(&bench->frames, &b, second);
	}
	buffer_free(&b);
	(void)run(bench);
	assert_int_equal(bench->told.count, 4); /* each end of VXLAN calls the other's port */
	for (size_t i = 0, network = 100; i < 4; i++) {
		const struct flow *const flow = &bench->told.ended[i];

		if (flow->tunnel == TUNNEL_NONE)
			continue;
		assert_int_equal(flow->tunnel, TUNNEL_VXLAN);
		assert_int_equal(flow->tunnel_key, network++);
		assert_int_equal(flow->sides[0].packets, 1);
		assert_int_equal(flow->sides[1].packets, 1);
	}
}

/* ---- ICMP errors ---- */

static void add_error(struct bench *bench, uint8_t type, uint8_t code, struct ends about)
{
	const struct ends from = { "203.0.113.1", 0, about.source, 0 };
	struct buffer b = buffer_new(1 << 16);
	const uint8_t header[8] = { type, code };

	buffer_text(&b, "?");
	put_udp(&b, about);
	put_ip(&b, about, TRANSPORT_UDP);
	put_before(&b, header, sizeof(header));
	put_ip(&b, from, TRANSPORT_ICMP);
	frames_add(&bench->frames, &b, second);
	buffer_free(&b);
}

static void an_error_is_joined_to_its_flow(void **state)
{
	struct bench *const bench = *state;
	const struct ends other = { "192.0.2.1", 40001, "192.0.2.2", 9 };
	const struct engine_counts *counts;
	size_t parents = 0;

	frames_udp(&bench->frames, call, second, "?", 1);
	frames_udp(&bench->frames, other, second, "?", 1);
	add_error(bench, 3, 3, call);
	add_error(bench, 11, 0, other);          /* time exceeded: not unreachable */
	add_error(bench, 3, 1, ends_back(call)); /* the other way is the same flow; the first error stands */
	add_error(bench, 3, 1, (struct ends){ "192.0.2.9", 1, "192.0.2.8", 2 });
	counts = run(bench);
	assert_int_equal(counts->icmp_errors, 4);
	assert_int_equal(counts->icmp_errors_joined, 3);
	assert_int_equal(bench->told.ended[0].icmp_error, 1 + 3);
	assert_int_equal(bench->told.ended[1].icmp_error, 0);
	for (size_t i = 0; i < bench->told.count; i++) /* what it speaks of is its parent */
		parents += bench->told.ended[i].transport == TRANSPORT_ICMP &&
			   bench->told.ended[i].parent == flow_id(&bench->told.ended[0]);
	assert_int_equal(parents, 2); /* each side has heard of it */
}

/* ---- frames without a packet ---- */

struct heard {
	size_t count;
	const char *type;
	uint8_t source[6];
	uint16_t vlan;
	uint64_t frame;
};

static void on_frame_message(void *context, const struct packets *packets, const struct flow_message *message,
			     int64_t time_ns, uint64_t frame)
{
	struct heard *const heard = context;

	assert_int_equal(time_ns, second);
	heard->count++;
	heard->type = message->type;
	memcpy(heard->source, packets->source_mac, 6);
	heard->vlan = packets->vlan_count == 1 ? packets->vlans[0] : 0;
	heard->frame = frame;
}

static const char arp_in_vlan[] = "\xff\xff\xff\xff\xff\xff\2\0\0\0\0\1\x81\0\0\x0a\x08\x06\0\1\x08\0\6\4\0\1"
				  "\2\0\0\0\0\1\xc0\0\2\1\0\0\0\0\0\0\xc0\0\2\2";

static void a_frame_without_a_packet_is_told(void **state)
{
	enum { ETHERNET = 1 };
	const struct engine_options options = { .limits = { .timeouts = flow_timeouts_usual } };
	struct heard heard = { 0 };
	const struct flow_listener listener = { .context = &heard, .frame_message = on_frame_message };
	struct engine *const engine = engine_new(&options, &listener, NULL);
	struct bench *const bench = *state;
	struct buffer b = buffer_new(1 << 16);

	assert_non_null(engine);
	for (size_t i = 0; i < 3; i++) {
		buffer_add(&b, arp_in_vlan, i < 2 ? sizeof(arp_in_vlan) - 1 : 30);
		frames_add(&bench->frames, &b, second);
		bench->frames.list[i].link = ETHERNET;
	}
	buffer_free(&b);
	engine_read(engine, bench->frames.list, bench->frames.numbers, 3);
	assert_int_equal(heard.count, 1); /* what is said again is told once */
	assert_string_equal(heard.type, "arp");
	assert_memory_equal(heard.source, "\2\0\0\0\0\1", 6);
	assert_int_equal(heard.vlan, 10);
	assert_int_equal(heard.frame, 1);
	assert_int_equal(engine_counts(engine)->not_ip, 3);
	assert_int_equal(engine_counts(engine)->parse_errors, 1); /* the third is cut off */
	assert_int_equal(engine_counts(engine)->flows.flows, 0);
	engine_free(engine);
}

/* ---- fragments ---- */

static void pieces_are_one_datagram_of_one_flow(void **state)
{
	struct bench *const bench = *state;
	struct buffer whole = buffer_new(1 << 16), b = buffer_new(1 << 16);
	const struct engine_counts *counts;

	buffer_fill(&whole, 0xf5, 24);
	put_udp(&whole, call);
	for (unsigned i = 0; i < 2; i++) {
		buffer_add(&b, whole.bytes + 16 * i, 16);
		put_ip(&b, call, TRANSPORT_UDP);
		b.bytes[4] = 0x77;
		b.bytes[6] = i == 0 ? 0x20 : 0;
		b.bytes[7] = (uint8_t)(2 * i);
		b.bytes[10] = b.bytes[11] = 0; /* its checksum is wrong now */
		frames_add(&bench->frames, &b, second);
	}
	buffer_free(&whole);
	buffer_free(&b);
	counts = run(bench);
	assert_int_equal(counts->bad_checksums, 2);
	assert_int_equal(counts->fragments, 2);
	assert_int_equal(counts->reassembled, 1);
	assert_int_equal(counts->fragments_dropped, 0);
	assert_int_equal(counts->fragments_in_flows, 2);
	assert_int_equal(bench->told.count, 1);
	assert_int_equal(bench->told.ended[0].first_frame, 1);
	assert_int_equal(bench->told.ended[0].ports[1], 9);
	assert_int_equal(bench->told.ended[0].sides[0].packets, 2);
	assert_int_equal(bench->told.ended[0].sides[0].bytes, 72);
}

/* A piece of 16 octets at a place in a datagram that goes on. */
static void add_piece(struct bench *bench, uint8_t at)
{
	struct buffer b = buffer_new(1 << 16);

	buffer_fill(&b, 0xf5, 8);
	put_udp(&b, call);
	put_ip(&b, call, TRANSPORT_UDP);
	b.bytes[6] = 0x20;
	b.bytes[7] = at / 8;
	frames_add(&bench->frames, &b, second);
	buffer_free(&b);
}

/* The ports stand in the first piece, and its flow is known though the datagram is never whole. */
static void a_beginning_alone_is_a_flow(void **state)
{
	struct bench *const bench = *state;
	const struct engine_counts *counts;

	add_piece(bench, 32);
	add_piece(bench, 0);
	add_piece(bench, 0); /* the same again */
	counts = run(bench);
	assert_int_equal(counts->fragments, 3);
	assert_int_equal(counts->fragments_in_flows, 1);
	assert_int_equal(counts->fragments_dropped, 1);
	assert_int_equal(bench->told.count, 1);
	assert_int_equal(bench->told.ended[0].first_frame, 2);
	assert_int_equal(bench->told.ended[0].ports[1], 9);
	assert_int_equal(bench->told.ended[0].sides[0].packets, 1);
	assert_int_equal(bench->told.ended[0].sides[0].bytes, 36);
	assert_string_equal(flow_app_proto(&bench->told.ended[0]), "unknown");
}

static void a_piece_alone_is_counted(void **state)
{
	struct bench *const bench = *state;
	const struct engine_counts *counts;

	add_piece(bench, 16);
	counts = run(bench);
	assert_int_equal(counts->fragments, 1);
	assert_int_equal(counts->fragments_in_flows, 0);
	assert_int_equal(counts->fragments_dropped, 1);
	assert_int_equal(bench->told.count, 0);
}

/* ---- ends ---- */

static void flows_end_in_the_order_of_their_first_frames(void **state)
{
	struct bench *const bench = *state;
	struct told *const told = &bench->told;
	struct frames *const frames = &bench->frames;

	for (uint16_t i = 0; i < 20; i++)
		frames_udp(frames, (struct ends){ "192.0.2.1", (uint16_t)(1000 - i), "192.0.2.2", 9 },
			   i * second, "?", 1);
	engine_read(bench->engine, frames->list, frames->numbers, frames->count);
	assert_true(engine_expire(bench->engine, 66 * second, 20, 4));
	assert_int_equal(told->count, 4);
	assert_false(engine_expire(bench->engine, 66 * second, 20, UINT64_MAX));
	assert_true(told->count >= 6 && told->count <= 7);
	assert_int_equal(told->frames[0], 20);
	assert_int_equal(told->reasons[0], REASON_TIMEOUT);
	for (size_t count = told->count + 3; engine_finish(bench->engine, 3); count += 3)
		assert_int_equal(told->count, count);
	assert_int_equal(told->count, 20);
	for (uint64_t i = 0; i < told->count; i++)
		assert_int_equal(told->ended[i].first_frame, i + 1);
}

static void what_cannot_be_read_is_counted(void **state)
{
	struct bench *const bench = *state;
	struct buffer b = buffer_new(1 << 16);
	struct frames *const frames = &bench->frames;
	const struct engine_counts *counts;

	buffer_fill(&b, 0, 28); /* ARP */
	put_before(&b, "\x02\0\0\0\0\1\x02\0\0\0\0\2\x08\x06", 14);
	frames_add(frames, &b, second);
	frames->list[0].link = 1;
	buffer_fill(&b, 0xff, 10);
	frames_add(frames, &b, second);
	buffer_fill(&b, 0x45, 10);
	frames_add(frames, &b, second);
	buffer_free(&b);
	counts = run(bench);
	assert_int_equal(counts->not_ip, 1);
	assert_int_equal(counts->problems[PACKET_IP_HEADER], 1);
	assert_int_equal(counts->problems[PACKET_IP_SHORT], 1);
	assert_int_equal(counts->packets, 0);
	assert_int_equal(bench->told.count, 0);
}

static void too_little_memory_is_said(void **state)
{
	const struct engine_options options = { .limits = { .memory = 1, .timeouts = flow_timeouts_usual } };
	const struct flow_listener nobody = { 0 };
	struct error err;

	(void)state;
	assert_null(engine_new(&options, &nobody, &err));
	assert_non_null(strstr(err.text, "memory"));
}

/* Calls that say a little and never more: each is a flow, and those for which no room is left are not read.
 */
static void what_is_read_keeps_within_memory(void **state)
{
	static const size_t limits[] = { 4 << 20, 64 << 20 };
	struct bench *const bench = *state;
	char source[16];

	for (size_t i = 0; i < FRAMES_MOST; i++) {
		const struct ends ends = { source, (uint16_t)(1024 + i / 2), "192.0.2.2", 80 };

		(void)snprintf(source, sizeof(source), "10.0.%zu.1", i / 512);
		frames_tcp(&bench->frames, ends, second, i % 2 ? TCP_ACK | TCP_PSH : TCP_SYN,
			   i % 2 ? 101 : 100, 1,
			   i % 2 ? "GET /a-path-of-many-words HTTP/1.1\r\nHost: a" : "");
	}
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		const struct engine_options options = { .limits = { .memory = limits[i],
								    .timeouts = flow_timeouts_usual } };
		const struct flow_listener nobody = { 0 };
		const struct engine_counts *counts;

		engine_free(bench->engine);
		bench->engine = engine_new(&options, &nobody, NULL);
		assert_non_null(bench->engine);
		counts = run(bench);
		assert_int_equal(counts->flows.flows, FRAMES_MOST / 2);
		assert_int_equal(counts->flows.ended[REASON_END_OF_INPUT], FRAMES_MOST / 2);
		assert_int_equal(counts->given_up > 0, i == 0);
	}
}

static void counts_of_several_are_added(void **state)
{
	struct engine_counts sum = { .frames = 1, .ipsec_replayed = 2 };
	const struct engine_counts more = { .frames = 10, .ipsec_replayed = 20, .flows.live = 3 };

	(void)state;
	engine_counts_add(&sum, &more);
	assert_int_equal(sum.frames, 11);
	assert_int_equal(sum.ipsec_replayed, 22);
	assert_int_equal(sum.flows.live, 3);
	assert_int_equal(sum.packets, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_datagram_and_its_answer_are_one_flow, set_up, tear_down),
		cmocka_unit_test_setup_teardown(anycast_is_known_by_the_address, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_says_nothing_is_none, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_ping_is_icmp, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_frame_without_a_packet_is_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_packet_inside_another_is_a_flow_with_a_parent, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(networks_keep_the_same_addresses_apart, set_up, tear_down),
		cmocka_unit_test_setup_teardown(networks_in_udp_are_kept_apart, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_error_is_joined_to_its_flow, set_up, tear_down),
		cmocka_unit_test_setup_teardown(pieces_are_one_datagram_of_one_flow, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_beginning_alone_is_a_flow, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_piece_alone_is_counted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(flows_end_in_the_order_of_their_first_frames, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_cannot_be_read_is_counted, set_up, tear_down),
		cmocka_unit_test(too_little_memory_is_said),
		cmocka_unit_test_setup_teardown(what_is_read_keeps_within_memory, set_up, tear_down),
		cmocka_unit_test(counts_of_several_are_added),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
