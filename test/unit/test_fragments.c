/* Datagrams cut into pieces here, and put together again: in any order, with overlaps, beyond every bound;
 * and those of real captures, counted against tshark 4.0. */
#include "base/buffer.h"
#include "capture/capture.h"
#include "packet/fragments.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)
enum { RAW = 101, DATA = 64, ID = 0x4242 };

static struct fragments *fragments;
static struct packets packets;
static struct datagram datagram;
static uint8_t frame[70000]; /* what the packets point into */

static int set_up(void **unused)
{
	(void)unused;
	fragments = fragments_new(0);
	return fragments == NULL;
}

static int tear_down(void **unused)
{
	(void)unused;
	fragments_free(fragments);
	return 0;
}

/* A UDP datagram without checksum, 1000 -> 2000: octet n behind its header is n. */
static struct buffer udp(uint16_t data)
{
	struct buffer b = buffer_new(sizeof(frame));

	buffer_u16(&b, 1000);
	buffer_u16(&b, 2000);
	buffer_u16(&b, 8 + data);
	buffer_u16(&b, 0);
	for (unsigned n = 0; n < data; n++)
		buffer_u8(&b, (uint8_t)n);
	return b;
}

/* ---- pieces ---- */

struct piece {
	uint16_t offset, length; /* octets of the datagram */
	bool last;
	uint8_t next;   /* IPv6: next header that the fragment header names; 0: UDP */
	uint8_t differ; /* added to each octet */
	uint16_t cut;   /* octets that were not captured */
	uint32_t context;
	int64_t at;
};

static void add_octets(struct buffer *b, const struct buffer *whole, const struct piece *piece)
{
	for (unsigned n = 0; n < piece->length; n++) {
		const unsigned at = piece->offset + n;

		buffer_u8(b, (uint8_t)((at < whole->length ? whole->bytes[at] : 0) + piece->differ));
	}
}

static enum fragments_result give(const struct buffer *b, unsigned nth, const struct piece *piece)
{
	memcpy(frame, b->bytes, b->length);
	packet_decode(&packets, RAW, span_of(frame, b->length - piece->cut), (uint32_t)b->length);
	assert_true(packets.count > nth);
	return fragments_add(fragments, &packets, nth, piece->context, piece->at, &datagram);
}

static void add_v4_header(struct buffer *b, size_t length, uint16_t id, uint16_t offset, uint8_t protocol)
{
	const size_t at = b->length;
	uint32_t sum = 0;

	buffer_u16(b, 0x4500);
	buffer_u16(b, (uint16_t)(20 + length));
	buffer_u16(b, id);
	buffer_u16(b, offset);
	buffer_u16(b, (uint16_t)(64 << 8 | protocol));
	buffer_u16(b, 0);
	buffer_u32(b, 0xc0000201);
	buffer_u32(b, 0xc0000202);
	for (size_t i = at; i < at + 20; i += 2)
		sum += (uint32_t)(b->bytes[i] << 8 | b->bytes[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	buffer_set_u16(b, at + 10, (uint16_t) ~(sum + (sum >> 16)));
}

static enum fragments_result v4_id(const struct buffer *whole, uint16_t id, struct piece piece)
{
	struct buffer b = buffer_new(sizeof(frame));
	enum fragments_result result;

	add_v4_header(&b, piece.length, id, (uint16_t)(piece.offset / 8 | (piece.last ? 0 : 0x2000)), 17);
	add_octets(&b, whole, &piece);
	result = give(&b, 0, &piece);
	buffer_free(&b);
	return result;
}

static enum fragments_result v4(const struct buffer *whole, struct piece piece)
{
	return v4_id(whole, ID, piece);
}

/* In front of the fragment header stands a hop-by-hop header. */
static enum fragments_result v6(const struct buffer *whole, struct piece piece)
{
	struct buffer b = buffer_new(sizeof(frame));
	enum fragments_result result;

	buffer_u32(&b, 0x60000000);
	buffer_u16(&b, (uint16_t)(16 + piece.length));
	buffer_u16(&b, 0x0040);
	for (uint8_t last = 1; last <= 2; last++) {
		buffer_u32(&b, 0x20010db8);
		buffer_fill(&b, 0, 11);
		buffer_u8(&b, last);
	}
	buffer_add(&b, "\x2c\0\1\4\0\0\0\0", 8);
	buffer_u16(&b, (uint16_t)((piece.next != 0 ? piece.next : 17) << 8));
	buffer_u16(&b, (uint16_t)(piece.offset | (piece.last ? 0 : 1)));
	buffer_u32(&b, ID);
	add_octets(&b, whole, &piece);
	result = give(&b, 0, &piece);
	buffer_free(&b);
	return result;
}

static void assert_is_the_datagram(const struct packet *packet, uint16_t data)
{
	assert_false(packet->fragment);
	assert_int_equal(packet->problem, PACKET_WHOLE);
	assert_int_equal(packet->transport, TRANSPORT_UDP);
	assert_int_equal(packet->source_port, 1000);
	assert_int_equal(packet->destination_port, 2000);
	assert_int_equal(packet->payload_length, data);
	assert_int_equal(span_left(packet->payload), data);
	for (unsigned n = 0; n < data; n++)
		assert_int_equal(packet->payload.at[n], (uint8_t)n);
}

/* ---- the tests ---- */

static void pieces_come_in_any_order(void **unused)
{
	static const uint8_t orders[][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
					     { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
	const struct piece pieces[] = { { .offset = 0, .length = 24 },
					{ .offset = 24, .length = 40 },
					{ .offset = 64, .length = 7, .last = true } };
	struct buffer whole = udp(63);

	(void)unused;
	for (unsigned n = 0; n < 12; n++) {
		enum fragments_result (*const add)(const struct buffer *, struct piece) = n < 6 ? v4 : v6;
		const uint8_t *const order = orders[n % 6];

		assert_int_equal(add(&whole, pieces[order[0]]), FRAGMENTS_HELD);
		assert_int_equal(add(&whole, pieces[order[1]]), FRAGMENTS_HELD);
		assert_int_equal(add(&whole, pieces[order[2]]), FRAGMENTS_WHOLE);
		assert_is_the_datagram(&packets.list[0], 63);
		assert_int_equal(datagram.pieces, 3);
		assert_int_equal(datagram.flags, 0);
		assert_int_equal(datagram.bytes, 71 + 3 * (n < 6 ? 20 : 56));
		assert_int_equal(packets.list[0].length, 71 + (n < 6 ? 20 : 48));
	}
	assert_int_equal(fragments_counts(fragments)->whole, 12);
	assert_int_equal(fragments_counts(fragments)->pieces, 36);
	assert_int_equal(fragments_counts(fragments)->live, 0);
	buffer_free(&whole);
}

static void what_is_no_fragment_is_left_alone(void **unused)
{
	struct buffer whole = udp(DATA);

	(void)unused;
	assert_int_equal(v4(&whole, (struct piece){ .length = 8 + DATA, .last = true }), FRAGMENTS_NOT);
	assert_int_equal(v6(&whole, (struct piece){ .length = 8 + DATA, .last = true }), FRAGMENTS_NOT);
	assert_is_the_datagram(&packets.list[0], DATA);
	assert_int_equal(fragments_counts(fragments)->pieces, 0);
	buffer_free(&whole);
}

/* The header is what it was before the datagram was cut, so its checksums hold. */
static void checksums_are_those_of_the_whole(void **unused)
{
	struct buffer whole = udp(DATA);
	uint32_t sum = 17 + 72 + 72 + 1000 + 2000 + 2 * 0xc000 + 0x0201 + 0x0202;

	(void)unused;
	for (unsigned n = 0; n < DATA; n += 2)
		sum += n << 8 | (n + 1);
	sum = (sum & 0xffff) + (sum >> 16);
	buffer_set_u16(&whole, 6, (uint16_t) ~(sum + (sum >> 16)));
	v4(&whole, (struct piece){ .length = 40 });
	assert_int_equal(v4(&whole, (struct piece){ .offset = 40, .length = 32, .last = true }),
			 FRAGMENTS_WHOLE);
	assert_int_equal(packets.list[0].ip_checksum, CHECKSUM_GOOD);
	assert_int_equal(packet_checksum(&packets.list[0]), CHECKSUM_GOOD);
	buffer_free(&whole);
}

/* RFC 8200: what stands behind the fragment header is read once it is whole, and only the first piece names
 * it. */
static void headers_behind_the_fragment_header_are_read(void **unused)
{
	struct buffer whole = udp(DATA), with_options = buffer_new(sizeof(frame));
	struct piece first = { .length = 8, .next = 60 },
		     second = { .offset = 8, .length = 8 + DATA, .last = true, .next = 6 };

	(void)unused;
	buffer_add(&with_options, "\x11\0\1\4\0\0\0\0", 8);
	buffer_add(&with_options, whole.bytes, whole.length);
	assert_int_equal(v6(&with_options, second), FRAGMENTS_HELD);
	assert_int_equal(v6(&with_options, first), FRAGMENTS_WHOLE);
	assert_is_the_datagram(&packets.list[0], DATA);
	assert_int_equal(packets.list[0].extensions,
			 EXTENSION_HOP_BY_HOP | EXTENSION_FRAGMENT | EXTENSION_DESTINATION);
	buffer_free(&with_options);
	buffer_free(&whole);
}

static void what_came_first_is_kept(void **unused)
{
	struct buffer whole = udp(DATA);

	(void)unused;
	v4(&whole, (struct piece){ .length = 32 });
	v4(&whole, (struct piece){ .length = 32 });
	assert_int_equal(fragments_counts(fragments)->duplicates, 1);
	v4(&whole, (struct piece){ .offset = 8, .length = 16, .differ = 1 });
	assert_int_equal(fragments_counts(fragments)->conflicts, 1);
	v4(&whole, (struct piece){ .offset = 24, .length = 16 });
	assert_int_equal(fragments_counts(fragments)->overlaps, 1);
	assert_int_equal(v4(&whole, (struct piece){ .offset = 40, .length = 32, .last = true }),
			 FRAGMENTS_WHOLE);
	assert_is_the_datagram(&packets.list[0], DATA);
	assert_int_equal(datagram.flags, DATAGRAM_OVERLAP | DATAGRAM_CONFLICT);
	assert_int_equal(datagram.pieces, 5);
	buffer_free(&whole);
}

static void two_ends_contradict_each_other(void **unused)
{
	struct buffer whole = udp(DATA);

	(void)unused;
	v4(&whole, (struct piece){ .offset = 40, .length = 32, .last = true });
	assert_int_equal(v4(&whole, (struct piece){ .offset = 40, .length = 24, .last = true }),
			 FRAGMENTS_REFUSED);
	assert_int_equal(v4(&whole, (struct piece){ .offset = 72, .length = 8 }), FRAGMENTS_REFUSED);
	assert_int_equal(v4(&whole, (struct piece){ .length = 40 }), FRAGMENTS_WHOLE);
	assert_is_the_datagram(&packets.list[0], DATA);
	assert_int_equal(datagram.flags, DATAGRAM_REFUSED);
	v4(&whole, (struct piece){ .length = 80 });
	assert_int_equal(v4(&whole, (struct piece){ .offset = 40, .length = 32, .last = true }),
			 FRAGMENTS_REFUSED);
	assert_int_equal(fragments_counts(fragments)->refused, 3);
	buffer_free(&whole);
}

static void pieces_that_cannot_be_are_refused(void **unused)
{
	struct buffer whole = udp(DATA);

	(void)unused;
	assert_int_equal(v4(&whole, (struct piece){ .offset = 8, .last = true }), FRAGMENTS_REFUSED);
	assert_int_equal(v4(&whole, (struct piece){ .length = 7 }), FRAGMENTS_REFUSED);
	assert_int_equal(v6(&whole, (struct piece){ .length = 12 }), FRAGMENTS_REFUSED);
	assert_int_equal(v4(&whole, (struct piece){ .offset = 65528, .length = 8, .last = true }),
			 FRAGMENTS_REFUSED);
	assert_int_equal(v6(&whole, (struct piece){ .offset = 65520, .length = 16, .last = true }),
			 FRAGMENTS_REFUSED);
	assert_int_equal(fragments_counts(fragments)->refused, 5);
	assert_int_equal(fragments_counts(fragments)->datagrams, 0);
	/* An odd tail of IPv4 is let fall, as hosts do. */
	assert_int_equal(v4(&whole, (struct piece){ .length = 44 }), FRAGMENTS_HELD);
	assert_int_equal(v4(&whole, (struct piece){ .offset = 40, .length = 32, .last = true }),
			 FRAGMENTS_WHOLE);
	assert_is_the_datagram(&packets.list[0], DATA);
	buffer_free(&whole);
}

static void the_longest_datagram_is_put_together(void **unused)
{
	const unsigned data = 65535 - 28;
	struct buffer whole = udp((uint16_t)data);
	unsigned at = 0;

	(void)unused;
	for (; at + 8 < 8 + data; at += 8)
		assert_int_equal(v4(&whole, (struct piece){ .offset = (uint16_t)at, .length = 8 }),
				 FRAGMENTS_HELD);
	assert_int_equal(v4(&whole, (struct piece){ .offset = (uint16_t)at,
						    .length = (uint16_t)(8 + data - at),
						    .last = true }),
			 FRAGMENTS_WHOLE);
	assert_is_the_datagram(&packets.list[0], (uint16_t)data);
	buffer_free(&whole);
}

static void a_datagram_is_given_up_in_time(void **unused)
{
	struct buffer whole = udp(DATA);
	const struct piece first = { .length = 40 };
	struct piece last = { .offset = 40, .length = 32, .last = true };

	(void)unused;
	v4(&whole, first);
	v6(&whole, first);
	last.at = (FRAGMENTS_V4_SECONDS + 1) * SECOND;
	assert_int_equal(v4(&whole, last), FRAGMENTS_HELD);
	assert_int_equal(fragments_counts(fragments)->timeouts, 1);
	assert_int_equal(v6(&whole, last), FRAGMENTS_WHOLE);
	fragments_expire(fragments, 100 * SECOND);
	assert_int_equal(fragments_counts(fragments)->timeouts, 2);
	assert_int_equal(fragments_counts(fragments)->live, 0);
	buffer_free(&whole);
}

static void contexts_and_datagrams_are_told_apart(void **unused)
{
	struct buffer whole = udp(DATA);
	struct piece last = { .offset = 40, .length = 32, .last = true };

	(void)unused;
	v4(&whole, (struct piece){ .length = 40 });
	last.context = 7;
	assert_int_equal(v4(&whole, last), FRAGMENTS_HELD);
	last.context = 0;
	assert_int_equal(v4_id(&whole, ID + 1, last), FRAGMENTS_HELD);
	assert_int_equal(v4(&whole, last), FRAGMENTS_WHOLE);
	buffer_free(&whole);
}

/* Where the capture holds the beginning of each frame, the beginning of the datagram is known. */
static void a_cut_capture_gives_the_beginning(void **unused)
{
	struct buffer whole = udp(DATA);

	(void)unused;
	v4(&whole, (struct piece){ .length = 40, .cut = 12 });
	assert_int_equal(v4(&whole, (struct piece){ .offset = 40, .length = 32, .last = true, .cut = 12 }),
			 FRAGMENTS_WHOLE);
	assert_int_equal(datagram.flags, DATAGRAM_CUT);
	assert_int_equal(packets.list[0].source_port, 1000);
	assert_int_equal(packets.list[0].payload_length, DATA);
	assert_int_equal(span_left(packets.list[0].payload), 20);
	buffer_free(&whole);
}

/* IP in IP: the inner packet is cut, and then the outer ones of its second piece. */
static void fragments_inside_a_tunnel_that_is_cut_itself(void **unused)
{
	struct buffer whole = udp(DATA), piece = buffer_new(sizeof(frame)), b = buffer_new(sizeof(frame));

	(void)unused;
	add_v4_header(&b, 20 + 40, 1, 0, 4);
	add_v4_header(&b, 40, ID, 0x2000, 17);
	buffer_add(&b, whole.bytes, 40);
	assert_int_equal(give(&b, 1, &(struct piece){ .at = 0 }), FRAGMENTS_HELD);
	add_v4_header(&piece, 32, ID, 5, 17);
	buffer_add(&piece, whole.bytes + 40, 32);
	buffer_clear(&b);
	add_v4_header(&b, 24, 2, 0x2000, 4);
	buffer_add(&b, piece.bytes, 24);
	assert_int_equal(give(&b, 0, &(struct piece){ .at = 0 }), FRAGMENTS_HELD);
	buffer_clear(&b);
	add_v4_header(&b, 28, 2, 3, 4);
	buffer_add(&b, piece.bytes + 24, 28);
	assert_int_equal(give(&b, 0, &(struct piece){ .at = 0 }), FRAGMENTS_WHOLE);
	assert_int_equal(packets.count, 2);
	assert_int_equal(fragments_add(fragments, &packets, 1, 0, 0, NULL), FRAGMENTS_WHOLE);
	assert_is_the_datagram(&packets.list[1], DATA);
	assert_int_equal(packets.list[1].tunnel, TUNNEL_IPIP);
	assert_int_equal(packets.list[0].transport, 4);
	buffer_free(&b);
	buffer_free(&piece);
	buffer_free(&whole);
}

/* A flood of beginnings: all are counted, the oldest give way, and the newest is still put together. */
static void a_flood_stays_within_its_bound(void **unused)
{
	struct buffer whole = udp(DATA), large = udp(60000);
	const struct fragments_counts *const counts = fragments_counts(fragments);
	const unsigned flood = 20000;

	(void)unused;
	for (unsigned n = 0; n < flood; n++)
		v4_id(&whole, (uint16_t)n, (struct piece){ .length = 40, .context = n >> 16 });
	for (unsigned n = 0; n < 200; n++)
		v4_id(&large, (uint16_t)n, (struct piece){ .length = 60000, .context = 9 });
	assert_int_equal(counts->datagrams, flood + 200);
	assert_int_equal(counts->live + counts->evicted, flood + 200);
	assert_true(counts->live < 2000);
	assert_int_equal(v4_id(&large, 199,
			       (struct piece){ .offset = 60000, .length = 8, .last = true, .context = 9 }),
			 FRAGMENTS_WHOLE);
	buffer_free(&large);
	buffer_free(&whole);
}

/* ---- real captures ---- */

static void put_together(struct capture *capture)
{
	struct frame frames[CAPTURE_BATCH];
	size_t count;

	while ((count = capture_read(capture, frames)) > 0) {
		for (size_t i = 0; i < count; i++) {
			packet_decode(&packets, frames[i].link, span_of(frames[i].bytes, frames[i].captured),
				      frames[i].length);
			for (unsigned n = 0; n < packets.count; n++)
				fragments_add(fragments, &packets, n, 0, frames[i].time_ns, &datagram);
		}
	}
}

static void captures_give_what_tshark_finds(void **unused)
{
	/* tshark shows one piece more in frag-22, which an ICMP error only quotes, and calls zeek's whole,
	 * though one of its pieces reaches beyond the end that the last one has: no host takes that. */
	static const struct {
		const char *name;
		unsigned pieces, whole, refused;
	} captures[] = {
		{ "corrupt/ndpi-quic-fuzz-overflow.pcapng", 1, 0, 0 },
		{ "corrupt/tcpdump-rx-serviceid-oobr.pcap", 1, 0, 0 },
		{ "fragments/suricata-defrag-bug-6887-defrag-eth-vlan-ipv4-tcp-syn-frag-"
		  "eth-vlan-ip-tcp-syn.pcap",
		  3, 1, 0 },
		{ "fragments/suricata-defrag-bug-6942-6887-defrag-eth-ip-gre-ppp-ip-udp-data-"
		  "eth-ip-gre-ppp-max-ip-packet.pcap",
		  1024, 1, 0 },
		{ "fragments/suricata-ipv6-evasion-ipv6-malformed-fragments-22-frag-22.pcap", 3, 0, 1 },
		{ "fragments/zeek-ipv4-fragmented-1.pcap", 3, 0, 1 },
		{ "ipv6-extensions/ndpi-fuzz-2006-06-26-2594.pcap", 29, 0, 3 },
		{ "ipv6-extensions/ndpi-fuzz-2020-02-16-11740.pcapng", 22, 0, 1 },
	};
	const struct capture_options options = { 0 };
	struct error err;
	const char *const data = getenv("DOORWARD_TEST_DATA");

	(void)unused;
	for (size_t i = 0; i < sizeof(captures) / sizeof(*captures); i++) {
		struct capture *capture = capture_new(&options, NULL);
		char path[1024];

		snprintf(path, sizeof(path), "%s/../../../shared/captures/%s", data != NULL ? data : ".",
			 captures[i].name);
		if (!capture_add(capture, path, &err)) {
			capture_free(capture);
			skip();
		}
		fragments_free(fragments);
		fragments = fragments_new(0);
		put_together(capture);
		capture_free(capture);
		assert_int_equal(fragments_counts(fragments)->pieces, captures[i].pieces);
		assert_int_equal(fragments_counts(fragments)->whole, captures[i].whole);
		assert_int_equal(fragments_counts(fragments)->refused, captures[i].refused);
	}
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pieces_come_in_any_order),          TEST(what_is_no_fragment_is_left_alone),
		TEST(checksums_are_those_of_the_whole),  TEST(headers_behind_the_fragment_header_are_read),
		TEST(what_came_first_is_kept),           TEST(two_ends_contradict_each_other),
		TEST(pieces_that_cannot_be_are_refused), TEST(the_longest_datagram_is_put_together),
		TEST(a_datagram_is_given_up_in_time),    TEST(contexts_and_datagrams_are_told_apart),
		TEST(a_cut_capture_gives_the_beginning), TEST(fragments_inside_a_tunnel_that_is_cut_itself),
		TEST(a_flood_stays_within_its_bound),    TEST(captures_give_what_tshark_finds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
