/* Captures for the benchmarks, the same bytes on each run:
 *
 *   make_captures mix   FILE MEGABYTES   conversations of many kinds and sizes, a thousand at a time
 *   make_captures small FILE MEGABYTES   frames of 60 bytes: ten packets in each of many flows, all alive
 * together and met in an order without locality, the worst for a flow table make_captures bulk  FILE
 * MEGABYTES   sixteen downloads in frames of 1514 bytes
 */
#include "base/buffer.h"
#include "base/hash.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	FRAME = 2048,
	MSS = 1460,
	FIN = 1,
	SYN = 2,
	PSH = 8,
	ACK = 16,
	FIRST_SECOND = 1700000000,
	SMALL_PACKETS = 10,
	SMALL_RECORD = 16 + 60,
	AT_ONCE = 1000,
};

static FILE *out;
static uint64_t written, limit, clock_us, drawn;

static uint32_t draw(uint32_t below)
{
	return (uint32_t)(hash_number(++drawn * 0x9e3779b97f4a7c15u) >> 33) % below;
}

struct words {
	const char *bytes;
	uint32_t length;
};
#define WORDS(text)                                                                                          \
	{                                                                                                    \
		text, sizeof(text) - 1                                                                       \
	}

/* A question for the name servers of the root, and an answer without any. */
#define DNS_QUESTION WORDS("\x12\x34\1\0\0\1\0\0\0\0\0\0\0\0\2\0\1")
#define DNS_ANSWER   WORDS("\x12\x34\x81\x80\0\1\0\0\0\0\0\0\0\0\2\0\1")

/* One conversation; it goes on by a packet at a time. */
struct talk {
	uint32_t client, server;
	uint16_t ports[2];
	uint32_t sequences[2];
	bool udp, v6, tagged;
	uint32_t step, answers; /* packets so far, and how many answers there will be */
	uint32_t answer_length;
	struct words question, answer;
};

static void write_record(struct buffer *frame)
{
	struct buffer header = buffer_new(16);

	while (frame->length < 60)
		buffer_u8(frame, 0);
	buffer_u32(&header, (uint32_t)(FIRST_SECOND + clock_us / 1000000));
	buffer_u32(&header, (uint32_t)(clock_us % 1000000));
	buffer_u32(&header, (uint32_t)frame->length);
	buffer_u32(&header, (uint32_t)frame->length);
	fwrite(header.bytes, 1, header.length, out);
	fwrite(frame->bytes, 1, frame->length, out);
	written += header.length + frame->length;
	buffer_free(&header);
	frame->length = 0;
}

static void add_checksum(struct buffer *b, size_t from, size_t at)
{
	uint32_t sum = 0;

	for (size_t i = from; i < b->length; i += 2)
		sum += (uint32_t)(b->bytes[i] << 8 | b->bytes[i + 1]);
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	buffer_set_u16(b, at, (uint16_t)~sum);
}

static void add_address(struct buffer *b, bool v6, uint32_t address)
{
	if (v6) {
		buffer_u32(b, 0x20010db8);
		buffer_fill(b, 0, 8);
	}
	buffer_u32(b, address);
}

static void add_network(struct buffer *b, const struct talk *talk, unsigned side, size_t length)
{
	const uint32_t ends[2] = { talk->client, talk->server };
	const uint8_t transport = talk->udp ? 17 : 6;
	size_t start;

	buffer_add(b, "\2\0\0\0\0\2\2\0\0\0\0\1", 12);
	if (talk->tagged)
		buffer_u32(b, 0x81000007);
	buffer_u16(b, talk->v6 ? 0x86dd : 0x0800);
	start = b->length;
	if (talk->v6) {
		buffer_u32(b, 0x60000000);
		buffer_u16(b, (uint16_t)length);
		buffer_u8(b, transport);
		buffer_u8(b, 64);
	} else {
		buffer_u16(b, 0x4500);
		buffer_u16(b, (uint16_t)(20 + length));
		buffer_u32(b, talk->step << 16 | 0x4000);
		buffer_u8(b, 64);
		buffer_u8(b, transport);
		buffer_u16(b, 0);
	}
	add_address(b, talk->v6, ends[side]);
	add_address(b, talk->v6, ends[!side]);
	if (!talk->v6)
		add_checksum(b, start, start + 10);
}

/* A packet of one side with so many octets, of which the first are words. */
static void say(struct talk *talk, unsigned side, uint8_t flags, struct words words, uint32_t length)
{
	static struct buffer b;
	const size_t said = words.length < length ? words.length : length;

	if (b.bytes == NULL)
		b = buffer_new(FRAME);
	add_network(&b, talk, side, (talk->udp ? 8 : 20) + length);
	buffer_u16(&b, talk->ports[side]);
	buffer_u16(&b, talk->ports[!side]);
	if (talk->udp) {
		buffer_u16(&b, (uint16_t)(8 + length));
		buffer_u16(&b, 0);
	} else {
		buffer_u32(&b, talk->sequences[side]);
		buffer_u32(&b, (flags & ACK) != 0 ? talk->sequences[!side] : 0);
		buffer_u16(&b, 0x5000 | flags);
		buffer_u16(&b, 65535);
		buffer_u32(&b, 0);
	}
	buffer_add(&b, words.bytes, said);
	buffer_fill(&b, 'x', length - said);
	talk->sequences[side] += length + ((flags & (SYN | FIN)) != 0);
	write_record(&b);
}

/* The next packet of a conversation; false after its last. */
static bool go_on(struct talk *talk)
{
	const struct words nothing = { "", 0 };
	const uint32_t step = talk->step++, data = step - 3, questions = 2 * talk->answers;

	if (talk->udp) {
		if (step & 1)
			say(talk, 1, 0, talk->answer, talk->answer_length);
		else
			say(talk, 0, 0, talk->question, talk->question.length);
		return step + 1 < questions;
	}
	switch (step) {
	case 0: say(talk, 0, SYN, nothing, 0); return true;
	case 1: say(talk, 1, SYN | ACK, nothing, 0); return true;
	case 2: say(talk, 0, ACK, nothing, 0); return true;
	default: break;
	}
	if (data < questions && (data & 1) != 0) {
		say(talk, 1, ACK, data < 2 ? talk->answer : nothing, talk->answer_length);
		return true;
	}
	if (data < questions) {
		say(talk, 0, PSH | ACK, talk->question, talk->question.length);
		return true;
	}
	say(talk, data - questions == 1, data - questions < 2 ? FIN | ACK : ACK, nothing, 0);
	return data - questions < 2;
}

/* ---- the kinds ---- */

static const struct {
	struct words question, answer;
	uint16_t port;
	bool udp;
} kinds[] = {
	{ DNS_QUESTION, DNS_ANSWER, 53, true },
	{ WORDS("GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n"),
	  WORDS("HTTP/1.1 200 OK\r\nServer: bench\r\n\r\n"), 80, false },
	{ WORDS("\x16\3\1\2\1"), WORDS("\x16\3\3\1\1"), 443, false },
	{ WORDS("SSH-2.0-bench\r\n"), WORDS("SSH-2.0-bench\r\n"), 22, false },
	{ WORDS("EHLO client.example\r\n"), WORDS("220 mail.example ESMTP\r\n"), 25, false },
	{ WORDS("\x30\x0c\2\1\1\x60\7"), WORDS("\x30\x0c\2\1\1\x61\7"), 389, false },
	{ WORDS("INVITE sip:bob@example.com SIP/2.0\r\n"), WORDS("SIP/2.0 200 OK\r\n"), 5060, true },
	{ WORDS("words of nobody"), WORDS("other words"), 9999, false },
};

static void begin_mixed(struct talk *talk)
{
	const uint32_t kind = draw(sizeof(kinds) / sizeof(kinds[0]));

	*talk = (struct talk){
		.client = 0x0a000000 + draw(1 << 16),
		.server = 0xc6336400 + draw(250),
		.ports = { (uint16_t)(1024 + draw(60000)), kinds[kind].port },
		.sequences = { draw(1u << 31), draw(1u << 31) },
		.udp = kinds[kind].udp,
		.v6 = draw(4) == 0,
		.tagged = draw(8) == 0,
		.answers = 1 + draw(16),
		.answer_length = kinds[kind].udp ? 60 + draw(400)
				 : draw(4) == 0  ? MSS - 24
						 : 20 + draw(600),
		.question = kinds[kind].question,
		.answer = kinds[kind].answer,
	};
}

static void mix(void)
{
	static struct talk talks[AT_ONCE];

	for (size_t i = 0; i < AT_ONCE; i++)
		begin_mixed(&talks[i]);
	while (written < limit) {
		struct talk *const talk = &talks[draw(AT_ONCE)];

		clock_us += draw(200);
		if (!go_on(talk))
			begin_mixed(talk);
	}
}

static void small(void)
{
	static const struct words dns[2] = { DNS_QUESTION, DNS_ANSWER },
				  ok[2] = { WORDS("hi\n"), WORDS("ok\n") };
	const uint32_t flows = (uint32_t)(limit / (SMALL_PACKETS * SMALL_RECORD)) | 1;
	struct talk *const talks = calloc(flows, sizeof(*talks));

	for (uint32_t i = 0; talks != NULL && i < flows; i++) {
		const bool udp = i % 5 < 3;

		talks[i] = (struct talk){
			.client = 0x0a000000 + i / 4,
			.server = 0xc0a80000 + i % 251,
			.ports = { (uint16_t)(20000 + i % 40009), udp ? 53 : (uint16_t)(8000 + i % 7) },
			.sequences = { i * 7919, i * 104729 },
			.udp = udp,
			.answers = udp ? SMALL_PACKETS / 2 : (SMALL_PACKETS - 6) / 2,
			.answer_length = udp ? dns[1].length : 3,
			.question = udp ? dns[0] : ok[0],
			.answer = udp ? dns[1] : ok[1],
		};
	}
	for (uint32_t round = 0; talks != NULL && round < SMALL_PACKETS; round++) {
		for (uint32_t i = 0, at = round; i < flows; i++, at = (at + flows / 2 + 1) % flows) {
			clock_us++;
			if (talks[at].step < SMALL_PACKETS)
				go_on(&talks[at]);
		}
	}
	free(talks);
}

static void bulk(void)
{
	const struct words nothing = { "", 0 };
	struct talk talks[16];

	for (uint32_t i = 0; i < 16; i++) {
		talks[i] = (struct talk){ .client = 0x0a010001 + i,
					  .server = 0xc6336401 + i,
					  .ports = { (uint16_t)(40000 + i), i & 1 ? 443 : 80 },
					  .answers = UINT32_MAX / 2,
					  .answer_length = MSS,
					  .question = kinds[1 + (i & 1)].question,
					  .answer = kinds[1 + (i & 1)].answer };
		for (unsigned n = 0; n < 4; n++)
			go_on(&talks[i]);
	}
	while (written < limit) {
		struct talk *const talk = &talks[draw(16)];

		clock_us++;
		if (talk->step % 9 == 0) {
			say(talk, 0, ACK, nothing, 0);
			talk->step++;
		} else {
			say(talk, 1, ACK, talk->step++ == 4 ? talk->answer : nothing, MSS);
		}
	}
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*make)(void);
	} files[] = { { "mix", mix }, { "small", small }, { "bulk", bulk } };
	struct buffer header = buffer_new(24);

	out = argc == 4 ? fopen(argv[2], "wb") : NULL;
	if (out == NULL) {
		fputs("usage: make_captures mix|small|bulk FILE MEGABYTES\n", stderr);
		return EXIT_FAILURE;
	}
	limit = strtoull(argv[3], NULL, 10) * 1000000;
	buffer_u32(&header, 0xa1b2c3d4);
	buffer_u32(&header, 2 << 16 | 4);
	buffer_fill(&header, 0, 8);
	buffer_u32(&header, 262144);
	buffer_u32(&header, 1);
	fwrite(header.bytes, 1, header.length, out);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (strcmp(files[i].name, argv[1]) == 0)
			files[i].make();
	}
	buffer_free(&header);
	return fclose(out) == 0 && written > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
