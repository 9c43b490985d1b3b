/* Frames, put together here layer by layer, and read again: every link type, every tunnel, every cut. */
#include "base/buffer.h"
#include "packet/packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { FRAME = 4096, PAYLOAD = 5 };

/* ---- putting together, from the inside out ---- */

static struct buffer frame(void)
{
	return buffer_new(FRAME);
}

/* Puts bytes in front of what is there. */
static void prepend(struct buffer *b, const void *bytes, size_t length)
{
	struct buffer whole = frame();

	buffer_add(&whole, bytes, length);
	buffer_add(&whole, b->bytes, b->length);
	buffer_free(b);
	*b = whole;
}

static void prepend_header(struct buffer *b, struct buffer *header)
{
	prepend(b, header->bytes, header->length);
	buffer_free(header);
}

static void prepend_u16(struct buffer *b, uint16_t n)
{
	struct buffer h = frame();

	buffer_u16(&h, n);
	prepend_header(b, &h);
}

static void set_checksum(struct buffer *b, size_t from, size_t to, size_t at)
{
	uint32_t sum = 0;

	buffer_set_u16(b, at, 0);
	for (size_t i = from; i < to; i += 2)
		sum += (uint32_t)(b->bytes[i] << 8) + (i + 1 < to ? b->bytes[i + 1] : 0);
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	buffer_set_u16(b, at, (uint16_t)~sum);
}

static void ipv4(struct buffer *b, uint8_t protocol)
{
	struct buffer h = frame();

	buffer_u16(&h, 0x4500);
	buffer_u16(&h, (uint16_t)(20 + b->length));
	buffer_u32(&h, 0x12344000);
	buffer_u8(&h, 64);
	buffer_u8(&h, protocol);
	buffer_u16(&h, 0);
	buffer_u32(&h, 0xc0000201); /* 192.0.2.1 */
	buffer_u32(&h, 0xc0000202);
	set_checksum(&h, 0, 20, 10);
	prepend_header(b, &h);
}

static void ipv6(struct buffer *b, uint8_t next)
{
	struct buffer h = frame();

	buffer_u32(&h, 0x60000000);
	buffer_u16(&h, (uint16_t)b->length);
	buffer_u8(&h, next);
	buffer_u8(&h, 64);
	for (uint8_t last = 1; last <= 2; last++) { /* 2001:db8::1, ::2 */
		buffer_u32(&h, 0x20010db8);
		buffer_fill(&h, 0, 11);
		buffer_u8(&h, last);
	}
	prepend_header(b, &h);
}

static struct buffer udp(void)
{
	struct buffer b = frame();

	buffer_u16(&b, 1000);
	buffer_u16(&b, 2000);
	buffer_u16(&b, 8 + PAYLOAD);
	buffer_u16(&b, 0);
	buffer_add(&b, "hello", PAYLOAD);
	return b;
}

static struct buffer udp_v4(void)
{
	struct buffer b = udp();

	ipv4(&b, 17);
	return b;
}

static void ethernet(struct buffer *b, uint16_t type)
{
	struct buffer h = frame();

	buffer_add(&h, "\x02\0\0\0\0\x02\x02\0\0\0\0\x01", 12);
	buffer_u16(&h, type);
	prepend_header(b, &h);
}

/* ---- reading ---- */

static struct packets decoded(const struct buffer *b, uint16_t link)
{
	struct packets packets;

	packet_decode(&packets, link, buffer_read(b), (uint32_t)b->length);
	return packets;
}

static void assert_is_the_datagram(const struct packet *packet)
{
	assert_int_equal(packet->transport, TRANSPORT_UDP);
	assert_int_equal(packet->source_port, 1000);
	assert_int_equal(packet->destination_port, 2000);
	assert_int_equal(packet->payload_length, PAYLOAD);
	assert_true(span_is(packet->payload, "hello"));
}

/* The innermost of `depth` packets is the datagram, by this tunnel; and every cut of the frame is harmless.
 */
static void expect(struct buffer *b, uint16_t link, unsigned depth, enum tunnel tunnel)
{
	const struct packets packets = decoded(b, link);

	assert_int_equal(packets.problem, PACKET_WHOLE);
	assert_int_equal(packets.count, depth);
	assert_is_the_datagram(&packets.list[depth - 1]);
	assert_int_equal(packets.list[depth - 1].tunnel, tunnel);
	for (size_t cut = 0; cut < b->length; cut++) {
		struct packets part;
		uint8_t *const exact = malloc(cut + 1);

		memcpy(exact, b->bytes, cut);
		packet_decode(&part, link, span_of(exact, cut), (uint32_t)b->length);
		assert_true(part.count <= depth);
		if (part.count == depth && part.problem == PACKET_WHOLE)
			assert_true(part.list[depth - 1].payload_length >=
				    span_left(part.list[depth - 1].payload));
		free(exact);
	}
	buffer_free(b);
}

/* ---- tests ---- */

static void link_types_lead_to_the_same_datagram(void **unused)
{
	static const struct {
		uint16_t link;
		uint8_t length;
		const char *header;
	} cases[] = {
		{ 101, 0, "" },                                    /* raw */
		{ 228, 0, "" },                                    /* IPv4 */
		{ 12, 0, "" },                                     /* raw, as BSD numbers it */
		{ 0, 4, "\2\0\0\0" },                              /* null, little endian */
		{ 108, 4, "\0\0\0\2" },                            /* loopback */
		{ 9, 4, "\xff\3\0\x21" },                          /* PPP */
		{ 9, 1, "\x21" },                                  /* PPP with both fields compressed */
		{ 50, 4, "\xff\3\0\x21" },                         /* PPP in HDLC framing */
		{ 51, 8, "\x11\0\0\1\0\x23\0\x21" },               /* PPPoE */
		{ 104, 4, "\x0f\0\x08\0" },                        /* Cisco HDLC */
		{ 107, 4, "\x18\x41\3\xcc" },                      /* frame relay */
		{ 113, 16, "\0\0\0\1\0\6\2\0\0\0\0\1\0\0\x08\0" }, /* SLL */
		{ 276, 20, "\x08\0\0\0\0\0\0\2\0\1\0\6\2\0\0\0\0\1\0\0" }, /* SLL2 */
		{ 105, 32, "\x08\1\0\0\2\0\0\0\0\1\2\0\0\0\0\2\2\0\0\0\0\3\0\0\xaa\xaa\3\0\0\0\x08\0" },
		{ 105, 34, "\x88\1\0\0\2\0\0\0\0\1\2\0\0\0\0\2\2\0\0\0\0\3\0\0\0\0\xaa\xaa\3\0\0\0\x08\0" },
		{ 127, 40,
		  "\0\0\x08\0\0\0\0\0\x08\1\0\0\2\0\0\0\0\1\2\0\0\0\0\2\2\0\0\0\0\3\0\0\xaa\xaa\3\0\0\0\x08"
		  "\0" },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buffer b = udp_v4();

		prepend(&b, cases[i].header, cases[i].length);
		expect(&b, cases[i].link, 1, TUNNEL_NONE);
	}
}

static void what_stands_between_ethernet_and_ip_is_stepped_over(void **unused)
{
	static const struct {
		uint16_t type;
		uint8_t length;
		const char *header;
		uint8_t vlans;
	} cases[] = {
		{ 0x0800, 0, "", 0 },
		{ 0x8100, 4, "\x20\x05\x08\0", 1 },
		{ 0x88a8, 8, "\0\x64\x81\0\0\5\x08\0", 2 },
		{ 0x9100, 8, "\0\x64\x81\0\0\5\x08\0", 2 },
		{ 0x8847, 8, "\0\1\0\x40\0\2\1\x40", 0 },   /* two labels */
		{ 0x8864, 8, "\x11\0\0\1\0\x23\0\x21", 0 }, /* PPPoE */
		{ 41, 8, "\xaa\xaa\3\0\0\0\x08\0", 0 },     /* LLC and SNAP: a length */
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buffer b = udp_v4();

		prepend(&b, cases[i].header, cases[i].length);
		ethernet(&b, cases[i].type);
		assert_int_equal(decoded(&b, 1).vlan_count, cases[i].vlans);
		expect(&b, 1, 1, TUNNEL_NONE);
	}
}

static void a_pseudowire_holds_a_frame(void **unused)
{
	struct buffer b = udp_v4();

	(void)unused;
	ethernet(&b, 0x0800);
	prepend(&b, "\0\1\1\x40\0\0\0\0", 8);
	ethernet(&b, 0x8847);
	expect(&b, 1, 1, TUNNEL_NONE);
}

static void padding_is_no_payload(void **unused)
{
	struct buffer b = udp_v4();
	struct packets packets;

	(void)unused;
	ethernet(&b, 0x0800);
	buffer_fill(&b, 0xee, 60 - b.length);
	packets = decoded(&b, 1);
	assert_is_the_datagram(&packets.list[0]);
	buffer_free(&b);
}

static void ip_in_ip_of_every_kind(void **unused)
{
	static const struct {
		bool inner_v6, outer_v6;
		enum tunnel tunnel;
	} cases[] = {
		{ false, false, TUNNEL_IPIP },
		{ true, false, TUNNEL_SIT },
		{ false, true, TUNNEL_IPV6 },
		{ true, true, TUNNEL_IPV6 },
	};

	(void)unused;
	for (size_t i = 0; i < 4; i++) {
		struct buffer b = udp();

		cases[i].inner_v6 ? ipv6(&b, 17) : ipv4(&b, 17);
		cases[i].outer_v6 ? ipv6(&b, cases[i].inner_v6 ? 41 : 4)
				  : ipv4(&b, cases[i].inner_v6 ? 41 : 4);
		expect(&b, 101, 2, cases[i].tunnel);
	}
}

static void gre_of_every_kind(void **unused)
{
	static const struct {
		uint8_t length;
		const char *header;
		bool frame;
		enum tunnel tunnel;
	} cases[] = {
		{ 4, "\0\0\x08\0", false, TUNNEL_GRE },
		{ 16, "\xb0\0\x08\0\x12\x34\0\0\0\0\0\x2a\0\0\0\7", false,
		  TUNNEL_GRE }, /* checksum, key, sequence */
		{ 16, "\x30\x81\x88\x0b\0\x26\0\1\0\0\0\1\0\0\0\2", false,
		  TUNNEL_PPTP }, /* then PPP, below */
		{ 4, "\0\0\x65\x58", true, TUNNEL_GRE },
		{ 8, "\x20\0\x65\x58\0\x12\x34\0", true, TUNNEL_NVGRE },
		{ 8, "\x20\0\x65\x58\0\x0f\xff\0", true, TUNNEL_GRE },                   /* of no network */
		{ 12, "\x30\0\x65\x58\0\x12\x34\0\0\0\0\1", true, TUNNEL_GRE },          /* numbered */
		{ 12, "\xa0\0\x65\x58\0\0\0\0\0\x12\x34\0", true, TUNNEL_GRE },          /* with a checksum */
		{ 4, "\0\0\x88\xbe", true, TUNNEL_ERSPAN },                              /* type I */
		{ 16, "\x10\0\x88\xbe\0\0\0\1\x10\0\0\0\0\0\0\0", true, TUNNEL_ERSPAN }, /* type II */
		{ 20, "\x10\0\x22\xeb\0\0\0\1\x20\0\0\0\0\0\0\0\0\0\0\0", true,
		  TUNNEL_ERSPAN }, /* type III */
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buffer b = udp_v4();

		if (cases[i].frame)
			ethernet(&b, 0x0800);
		if (cases[i].tunnel == TUNNEL_PPTP)
			prepend(&b, "\xff\3\0\x21", 4);
		prepend(&b, cases[i].header, cases[i].length);
		ipv4(&b, 47);
		expect(&b, 101, 2, cases[i].tunnel);
	}
}

static void gre_tells_key_and_sequence(void **unused)
{
	struct buffer b = udp_v4();
	struct packets packets;

	(void)unused;
	prepend(&b, "\x30\0\x08\0\0\0\0\x2a\0\0\0\7", 12);
	ipv4(&b, 47);
	packets = decoded(&b, 101);
	assert_int_equal(packets.list[0].tunnel_key, 42);
	assert_int_equal(packets.list[0].tunnel_sequence, 7);
	buffer_free(&b);
}

static void ah_in_transport_and_tunnel_mode(void **unused)
{
	static const char header[] = "\x11\4\0\0\0\0\x10\x01\0\0\0\3"
				     "0123456789ab";
	struct buffer b = udp();

	(void)unused;
	prepend(&b, header, 24);
	ipv4(&b, 51);
	assert_int_equal(decoded(&b, 101).list[0].tunnel_key, 0x1001);
	assert_int_equal(decoded(&b, 101).list[0].tunnel_sequence, 3);
	expect(&b, 101, 2, TUNNEL_AH);
	b = udp_v4();
	prepend(&b, header, 24);
	b.bytes[0] = 4;
	ipv6(&b, 51);
	expect(&b, 101, 2, TUNNEL_AH);
}

static void etherip_and_mpls_in_ip(void **unused)
{
	struct buffer b = udp_v4();

	(void)unused;
	ethernet(&b, 0x0800);
	prepend_u16(&b, 0x3000);
	ipv4(&b, 97);
	expect(&b, 101, 2, TUNNEL_ETHERIP);
	b = udp_v4();
	prepend(&b, "\0\1\1\x40", 4);
	ipv4(&b, 137);
	expect(&b, 101, 2, TUNNEL_MPLS);
}

static void extension_headers_are_stepped_over_and_noted(void **unused)
{
	struct buffer b = udp();
	struct packets packets;

	(void)unused;
	prepend(&b, "\x11\0\0\0\0\0\0\5", 8);                  /* an atomic fragment */
	prepend(&b, "\x2c\0\1\4\0\0\0\0", 8);                  /* destination options */
	prepend(&b, "\x3c\1\1\4\0\0\0\0\0\0\0\0\0\0\0\0", 16); /* hop by hop */
	ipv6(&b, 0);
	packets = decoded(&b, 101);
	assert_int_equal(packets.list[0].extensions,
			 EXTENSION_HOP_BY_HOP | EXTENSION_DESTINATION | EXTENSION_FRAGMENT);
	assert_int_equal(packets.list[0].ip_header, 40 + 32);
	assert_false(packets.list[0].fragment);
	expect(&b, 101, 1, TUNNEL_NONE);
}

static void extension_headers_without_end_are_refused(void **unused)
{
	struct buffer b = udp();
	struct packets packets;

	(void)unused;
	for (int i = 0; i < 40; i++)
		prepend(&b, "\x3c\0\1\4\0\0\0\0", 8);
	ipv6(&b, 60);
	packets = decoded(&b, 101);
	assert_int_equal(packets.problem, PACKET_IP_EXTENSION);
	buffer_free(&b);
}

/* What is usual is read in one way and what is not in another: raw IP of one link type goes the first way, of
 * another the second. Cut and flipped, the same must come out of both. */
static void the_usual_way_reads_as_the_layers_do(void **unused)
{
	struct buffer b[4] = { udp_v4(), udp(), frame(), frame() };
	static struct packets usual, layers;

	(void)unused;
	ipv6(&b[1], 17);
	buffer_add(&b[2], "\0\x50\1\xbb\0\0\0\1\0\0\0\2\x70\x12\2\0\0\0\0\0\2\4\5\xb4\1\3\3\7hi", 30);
	buffer_add(&b[3], b[2].bytes, b[2].length);
	ipv4(&b[2], 6);
	ipv6(&b[3], 6);
	for (size_t kind = 0; kind < 4; kind++) {
		for (size_t flip = 0; flip < 8 * b[kind].length; flip++) {
			const size_t cut = flip % 3 == 0 ? flip % b[kind].length : b[kind].length;
			uint8_t *const exact = malloc(cut + 1);

			memcpy(exact, b[kind].bytes, cut);
			if (flip / 8 < cut)
				exact[flip / 8] ^= (uint8_t)(1 << flip % 8);
			memset(&usual, 0xa5, sizeof(usual));
			memset(&layers, 0x5a, sizeof(layers));
			packet_decode(&usual, 101, span_of(exact, cut), (uint32_t)(cut + flip % 2));
			packet_decode(&layers, 228, span_of(exact, cut), (uint32_t)(cut + flip % 2));
			assert_int_equal(usual.count, layers.count);
			assert_int_equal(usual.problem, layers.problem);
			for (unsigned n = 0; n < usual.count; n++)
				assert_memory_equal(&usual.list[n], &layers.list[n], sizeof(struct packet));
			free(exact);
		}
		buffer_free(&b[kind]);
	}
}

/* The frame's worker, by a link type that is read at once and by one that is decoded, which must agree. */
static uint32_t steered(const struct buffer *ip)
{
	struct buffer b = frame();
	uint32_t number;

	buffer_add(&b, ip->bytes, ip->length);
	number = packet_steer(101, b.bytes, b.length);
	assert_int_equal(packet_steer(0, b.bytes, 0), 0);
	prepend_u16(&b, ip->bytes[0] >> 4 == 4 ? 0x0800 : 0x86dd);
	prepend(&b, "\x0f\0", 2);
	assert_int_equal(packet_steer(104, b.bytes, b.length), number);
	buffer_free(&b);
	return number;
}

/* Ethernet with a tag, and Linux' cooked frames. */
static void assert_links_steer_alike(const struct buffer *ip)
{
	const uint32_t number = steered(ip);
	struct buffer b = frame(), cooked = frame();

	buffer_add(&b, ip->bytes, ip->length);
	prepend(&b, "\0\7\x08\0", 4);
	ethernet(&b, 0x8100);
	assert_int_equal(packet_steer(1, b.bytes, b.length), number);
	buffer_add(&cooked, "\0\0\0\1\0\6\2\0\0\0\0\1\0\0\x08\0", 16);
	buffer_add(&cooked, ip->bytes, ip->length);
	assert_int_equal(packet_steer(113, cooked.bytes, cooked.length), number);
	buffer_free(&b);
	buffer_free(&cooked);
}

static void both_directions_and_their_errors_meet_the_same_worker(void **unused)
{
	struct buffer there = udp_v4(), back = udp_v4(), error = udp_v4(), v6 = udp(), other = udp_v4();
	uint8_t end[16];

	(void)unused;
	memcpy(end, back.bytes + 12, 4);
	memcpy(back.bytes + 12, back.bytes + 16, 4);
	memcpy(back.bytes + 16, end, 4);
	assert_int_equal(steered(&there), steered(&back));
	assert_links_steer_alike(&there);
	other.bytes[15] = 77;
	assert_true(steered(&there) != steered(&other));

	error.length = 28;
	prepend(&error, "\3\3\0\0\0\0\0\0", 8);
	ipv4(&error, 1);
	error.bytes[15] = 99; /* a router says it */
	assert_int_equal(steered(&error), steered(&there));
	buffer_set_u16(
		&error, 6,
		0x2000); /* of its pieces the later ones quote nothing, so the first one goes with them */
	assert_true(steered(&error) != steered(&there));
	buffer_set_u16(&error, 6, 0);
	error.bytes[9] = 58; /* ICMP of the other version is read all the same */
	assert_int_equal(packet_steer(101, error.bytes, error.length), steered(&error));
	there.bytes[6] = 0x20;
	assert_int_equal(steered(&there), steered(&back));

	ipv6(&v6, 17);
	assert_true(steered(&v6) != 0);
	memcpy(end, v6.bytes + 8, 16);
	buffer_free(&other);
	other = frame();
	buffer_add(&other, v6.bytes, v6.length);
	memcpy(other.bytes + 8, other.bytes + 24, 16);
	memcpy(other.bytes + 24, end, 16);
	assert_int_equal(steered(&v6), steered(&other));
	buffer_free(&there);
	buffer_free(&back);
	buffer_free(&error);
	buffer_free(&v6);
	buffer_free(&other);
}

static void a_fragment_has_no_ports(void **unused)
{
	struct buffer b = udp_v4();
	struct packets packets;

	(void)unused;
	buffer_set_u16(&b, 6, 0x2000); /* more to come */
	packets = decoded(&b, 101);
	assert_true(packets.list[0].fragment && packets.list[0].more_fragments);
	assert_int_equal(packets.list[0].source_port, 0);
	assert_int_equal(packets.list[0].payload_length, 8 + PAYLOAD);
	buffer_set_u16(&b, 6, 0);
	packet_reassembled(&packets, 0, buffer_read(&b), (uint32_t)b.length);
	assert_false(packets.list[0].fragment);
	assert_is_the_datagram(&packets.list[0]);
	buffer_free(&b);
}

static void nesting_ends_at_its_bound(void **unused)
{
	struct buffer b = udp_v4();
	struct packets packets;

	(void)unused;
	for (int i = 0; i < 20; i++)
		ipv4(&b, 4);
	packets = decoded(&b, 101);
	assert_int_equal(packets.count, PACKET_DEPTH);
	assert_int_equal(packets.problem, PACKET_TOO_DEEP);
	buffer_free(&b);
}

static void an_icmp_error_quotes_the_packet_that_it_is_about(void **unused)
{
	struct buffer b = udp_v4();
	struct packets packets;
	struct packet quoted;

	(void)unused;
	b.length = 28; /* the header and eight octets, as RFC 792 has it */
	prepend(&b, "\3\3\0\0\0\0\0\0", 8);
	ipv4(&b, 1);
	packets = decoded(&b, 101);
	assert_int_equal(packets.list[0].source_port, 3);
	assert_int_equal(packets.list[0].destination_port, 3);
	assert_true(packet_quoted(&packets.list[0], &quoted));
	assert_int_equal(quoted.transport, TRANSPORT_UDP);
	assert_int_equal(quoted.source_port, 1000);
	assert_int_equal(quoted.destination_port, 2000);
	buffer_free(&b);
}

/* The sum of RFC 9260, that of RFC 2960, and one that is neither. */
static void sctp_has_sums_of_its_own(void **unused)
{
	static const struct {
		const char *bytes;
		enum checksum sum;
	} cases[] = {
		{ "\003\350\007\320\000\000\000\001\123\157\234\250\016\000\000\004", CHECKSUM_GOOD },
		{ "\003\350\007\320\000\000\000\001\031\017\001\326\016\000\000\004", CHECKSUM_GOOD },
		{ "\003\350\007\320\000\000\000\001\000\000\000\000\016\000\000\004", CHECKSUM_BAD },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buffer b = buffer_new(200);
		struct packets packets;

		prepend(&b, cases[i].bytes, 16);
		ipv4(&b, 132);
		packets = decoded(&b, 101);
		assert_int_equal(packet_checksum(&packets.list[0]), cases[i].sum);
		buffer_free(&b);
	}
}

/* Ports 1 and 2, coverage, a sum, and two octets of which the last is not covered by 9. */
static void udplite_covers_what_it_says(void **unused)
{
	static const uint16_t coverage[] = { 0, 8, 9, 10 };

	(void)unused;
	for (size_t i = 0; i < sizeof(coverage) / sizeof(coverage[0]); i++) {
		struct buffer b = buffer_new(200);
		struct packets packets;
		uint32_t sum = 0;

		prepend(&b, "\0\1\0\2\0\0\0\0xy", 10);
		ipv6(&b, 136);
		buffer_set_u16(&b, 44, coverage[i]);
		packets = decoded(&b, 101);
		assert_int_equal(packet_checksum(&packets.list[0]), CHECKSUM_BAD);
		while (sum < UINT16_MAX && packet_checksum(&packets.list[0]) == CHECKSUM_BAD) {
			buffer_set_u16(&b, 46, (uint16_t)++sum);
			packets = decoded(&b, 101);
		}
		assert_int_equal(packet_checksum(&packets.list[0]), CHECKSUM_GOOD);
		b.bytes[49]++;
		packets = decoded(&b, 101);
		assert_int_equal(packet_checksum(&packets.list[0]),
				 coverage[i] == 8 || coverage[i] == 9 ? CHECKSUM_GOOD : CHECKSUM_BAD);
		buffer_set_u16(&b, 44, 11); /* more than there is */
		packets = decoded(&b, 101);
		assert_int_equal(packet_checksum(&packets.list[0]), CHECKSUM_BAD);
		buffer_free(&b);
	}
}

static void checksums_tell_good_from_bad(void **unused)
{
	struct buffer b = udp();
	struct packets packets;

	(void)unused;
	ipv6(&b, 17);
	packets = decoded(&b, 101);
	assert_int_equal(packet_checksum(&packets.list[0]), CHECKSUM_UNKNOWN); /* left out */
	buffer_set_u16(&b, 46, 0x0001);
	packets = decoded(&b, 101);
	assert_int_equal(packet_checksum(&packets.list[0]), CHECKSUM_BAD);
	for (uint32_t sum = 1; sum <= UINT16_MAX; sum++) { /* one of them is right */
		buffer_set_u16(&b, 46, (uint16_t)sum);
		packets = decoded(&b, 101);
		if (packet_checksum(&packets.list[0]) == CHECKSUM_GOOD)
			break;
	}
	assert_int_equal(packet_checksum(&packets.list[0]), CHECKSUM_GOOD);
	buffer_free(&b);
	b = udp_v4();
	assert_int_equal(decoded(&b, 101).list[0].ip_checksum, CHECKSUM_GOOD);
	b.bytes[8]--;
	assert_int_equal(decoded(&b, 101).list[0].ip_checksum, CHECKSUM_BAD);
	buffer_free(&b);
}

static void tcp_flags_lengths_and_scale(void **unused)
{
	struct buffer b = frame();
	struct packets packets;

	(void)unused;
	buffer_add(&b, "\x10\0\0\x50\0\0\0\1\0\0\0\2\x70\x02\xff\xff\0\0\0\0\2\4\5\xb4\3\3\7\0abc", 31);
	ipv4(&b, 6);
	packets = decoded(&b, 101);
	assert_int_equal(packets.problem, PACKET_WHOLE);
	assert_int_equal(packets.list[0].tcp_flags, TCP_SYN);
	assert_int_equal(packets.list[0].sequence, 1);
	assert_int_equal(packets.list[0].acknowledgement, 2);
	assert_int_equal(packets.list[0].window, 65535);
	assert_int_equal(packets.list[0].window_scale, 8);
	assert_int_equal(packets.list[0].payload_length, 3);
	b.bytes[20 + 12] = 0x40;
	assert_int_equal(decoded(&b, 101).problem, PACKET_TRANSPORT_HEADER);
	b.bytes[20 + 12] = 0xf0;
	assert_int_equal(decoded(&b, 101).problem, PACKET_TRANSPORT_HEADER);
	buffer_free(&b);
}

static void what_is_not_ip_is_kept_with_its_type(void **unused)
{
	struct buffer b = frame();
	struct packets packets;

	(void)unused;
	buffer_add(&b, "\0\1\x08\0\6\4\0\1", 8);
	ethernet(&b, 0x0806);
	packets = decoded(&b, 1);
	assert_int_equal(packets.count, 0);
	assert_int_equal(packets.ethertype, 0x0806);
	assert_int_equal(span_left(packets.body), 8);
	buffer_free(&b);
	b = frame();
	buffer_add(&b, "\x42\x42\3\0\0\0\0\0", 8); /* a bridge's spanning tree */
	ethernet(&b, 8);
	packets = decoded(&b, 1);
	assert_int_equal(packets.ethertype, 0x42);
	assert_int_equal(span_left(packets.body), 8);
	buffer_free(&b);
}

static void impossible_headers_are_named(void **unused)
{
	static const struct {
		const char *bytes;
		size_t length;
		enum packet_problem problem;
	} cases[] = {
		{ "", 0, PACKET_IP_SHORT },
		{ "\x45", 1, PACKET_IP_SHORT },
		{ "\x75\0\0\x14", 4, PACKET_IP_HEADER },
		{ "\x44\0\0\x14\0\0\0\0\x40\x11\0\0\xc0\0\2\1\xc0\0\2\2", 20, PACKET_IP_HEADER },
		{ "\x45\0\0\x10\0\0\0\0\x40\x11\0\0\xc0\0\2\1\xc0\0\2\2", 20, PACKET_IP_LENGTH },
		{ "\x45\0\0\x14\0\0\0\0\x40\x11\0\0\xc0\0\2\1\xc0\0\2\2", 20, PACKET_TRANSPORT_SHORT },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct packets packets;

		packet_decode(&packets, 101, span_of(cases[i].bytes, cases[i].length),
			      (uint32_t)cases[i].length);
		assert_int_equal(packets.problem, cases[i].problem);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(link_types_lead_to_the_same_datagram),
		cmocka_unit_test(what_stands_between_ethernet_and_ip_is_stepped_over),
		cmocka_unit_test(a_pseudowire_holds_a_frame),
		cmocka_unit_test(padding_is_no_payload),
		cmocka_unit_test(ip_in_ip_of_every_kind),
		cmocka_unit_test(gre_of_every_kind),
		cmocka_unit_test(gre_tells_key_and_sequence),
		cmocka_unit_test(ah_in_transport_and_tunnel_mode),
		cmocka_unit_test(etherip_and_mpls_in_ip),
		cmocka_unit_test(extension_headers_are_stepped_over_and_noted),
		cmocka_unit_test(extension_headers_without_end_are_refused),
		cmocka_unit_test(the_usual_way_reads_as_the_layers_do),
		cmocka_unit_test(both_directions_and_their_errors_meet_the_same_worker),
		cmocka_unit_test(a_fragment_has_no_ports),
		cmocka_unit_test(nesting_ends_at_its_bound),
		cmocka_unit_test(an_icmp_error_quotes_the_packet_that_it_is_about),
		cmocka_unit_test(sctp_has_sums_of_its_own),
		cmocka_unit_test(udplite_covers_what_it_says),
		cmocka_unit_test(checksums_tell_good_from_bad),
		cmocka_unit_test(tcp_flags_lengths_and_scale),
		cmocka_unit_test(what_is_not_ip_is_kept_with_its_type),
		cmocka_unit_test(impossible_headers_are_named),
	};

	return cmocka_run_group_tests_name("packet", tests, NULL, NULL);
}
