/* Messages that are cut or damaged, of which enough is left to tell whose they are, and those of which it is
 * not; and first words that are rarely seen. */
#include "protocols/protocols.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct message {
	const char *protocol, *what;
	unsigned transport;
	enum side side;
	const char *bytes;
	size_t length;
	enum verdict verdict;
};
#define UDP_C(protocol, what, bytes, verdict)                                                                \
	{                                                                                                    \
		protocol, what, TRANSPORT_UDP, SIDE_CLIENT, bytes, sizeof(bytes) - 1, verdict                \
	}
#define TCP_C(protocol, what, bytes, verdict)                                                                \
	{                                                                                                    \
		protocol, what, TRANSPORT_TCP, SIDE_CLIENT, bytes, sizeof(bytes) - 1, verdict                \
	}

#define TCP_S(protocol, what, bytes, verdict)                                                                \
	{                                                                                                    \
		protocol, what, TRANSPORT_TCP, SIDE_SERVER, bytes, sizeof(bytes) - 1, verdict                \
	}

static void check_one(const struct message *m, enum side side)
{
	const struct protocol *const protocol = protocol_named(span_text(m->protocol));
	uint8_t *const exact = malloc(m->length);
	enum verdict verdict;

	assert_non_null(protocol);
	assert_non_null(exact);
	memcpy(exact, m->bytes, m->length);
	verdict = protocol->recognise(span_of(exact, m->length), side, m->transport);
	free(exact);
	if (verdict != m->verdict)
		fail_msg("%s says %d to %s", m->protocol, verdict, m->what);
}

static void check(const struct message *messages, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_one(&messages[i], messages[i].side);
}

static void check_said_by(enum side side, const struct message *messages, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_one(&messages[i], side);
}
#define CHECK(messages) check(messages, sizeof(messages) / sizeof((messages)[0]))

#define DIGEST       "\x5c\xdb\xcb\x43\x70\xfa\xdf\x36\x28\xb1\xb7\x9f\xb2\x69\x55\xae"
#define RADIUS(size) "\1\x48\0" size DIGEST
#define NAME         "\3sip\7example\3com\0"
#define LETTERS      "EBEBEBEBEBEBEBEBEBEBEBEBEBEBEBEB"
#define GOOD_QUERY   "\x12\x34\1\0\0\1\0\0\0\0\0\0"
#define NETBIOS_HEAD "\x84\xe7\1\x10\0\1\0\0\0\0\0\0"

static void questions_are_known_though_the_rest_is_damaged(void **unused)
{
	static const struct message messages[] = {
		UDP_C("dns", "more records than there are", "\xb2\xd0\1\0\0\1\0\0\0\0\0\xcf" NAME "\0\1\0\1",
		      YES),
		UDP_C("dns", "a strange octet in the name",
		      "\xb2\xd0\1\0\0\1\x80\0\0\x52\0\0\3ftp\7exam\xecle\3com\0\0\1\0\1", YES),
		UDP_C("dns", "a name that breaks off",
		      GOOD_QUERY "\4_sip\4_udp\3sip\x3f"
				 "exam",
		      YES),
		UDP_C("dns", "an option that is cut",
		      "\xfa\x48\1\x20\0\1\0\0\0\0\0\1" NAME
		      "\0\1\0\1\0\0\x29\x10\0\0\0\0\0\0\x0c\0\x0a\0\x08\x87",
		      YES),
		UDP_C("dns", "one label alone",
		      GOOD_QUERY "\4_sip\x3f"
				 "exam",
		      NO),
		UDP_C("dns", "labels of anything",
		      GOOD_QUERY "\4\1\2\3\4\4\5\6\7\x08\x3f"
				 "exam",
		      NO),
		UDP_C("dns", "a NetBIOS name that is damaged",
		      NETBIOS_HEAD " EBEBEBEBEBEBEBkBEBEBEBEBEBEBEBEB\0\0\x71\0\1", NO),
		UDP_C("nbns", "a letter that is none",
		      NETBIOS_HEAD " EBEBEBEBEBEBEBkBEBEBEBEBEBEBEBEB\0\0\x20\0\1", YES),
		UDP_C("nbns", "a type that is none", NETBIOS_HEAD " " LETTERS "\0\0\x71\0\1", YES),
		UDP_C("nbns", "counts that are none",
		      "\x84\xe7\1\x10\0\1\x69\0\0\0\0\0 " LETTERS "\0\0\x20\0\1", YES),
		UDP_C("nbns", "a length that is none", NETBIOS_HEAD "!" LETTERS "\0\0\x20\0\1", YES),
		UDP_C("nbns", "half a name",
		      NETBIOS_HEAD " EBEBEBEBEBEBEBEB\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa"
				   "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa",
		      YES),
		UDP_C("nbns", "a quarter of a name",
		      NETBIOS_HEAD " EBEBEBEB\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa"
				   "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa",
		      NO),
	};

	(void)unused;
	CHECK(messages);
}

#define ZEROS16 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define NOTICE  "\x0b\x10\5\0\x5f\x72\x4d\xc6\0\0\0\x54"
#define PAYLOAD "\x0b\0\0\x1c\0\0\0\1\1\x10\0\5\0\0\0\0\x0b\x10\5\0\x5f\x72\x4d\xc6\0\0\0\x54"

static void others_are_known_by_what_is_left(void **unused)
{
	static const struct message messages[] = {
		UDP_C("ike", "a notice without ids whose payloads do not end",
		      ZEROS16 NOTICE PAYLOAD PAYLOAD PAYLOAD, YES),
		UDP_C("ike", "one of another domain",
		      ZEROS16 NOTICE
		      "\x0b\0\0\x1c\0\0\0\2\1\x10\0\5\0\0\0\0\x0b\x10\5\0\x5f\x72\x4d\xc6\0\0\0\x54",
		      NO),
		UDP_C("tftp", "words that are empty, and a mode", "\0\1\0\0\0\0octet\0", YES),
		UDP_C("tftp", "a mode alone", "\0\1netascii\0", YES),
		UDP_C("tftp", "a word that is no mode", "\0\1something\0", NO),
		UDP_C("tftp", "zeros", "\0\1\0\0\0\0", NO),
		UDP_C("quic", "Q046, with both lengths in one octet",
		      "\xc3Q046\x50"
		      "abcdefgh\0\0\0\1" ZEROS16 "CHLO\x1a\0\0\0PAD\0\x10\0\0\0",
		      YES),
		UDP_C("quic", "a rejection without a version",
		      "\x08"
		      "abcdefgh\1"
		      "0123456789ab\xa4\1\0\0\0REJ\0\7\0\0\0STK\0\x38\0\0\0",
		      YES),
		UDP_C("quic", "words like it",
		      "\x08"
		      "abcdefgh\1"
		      "0123456789ab\xa4\1\0\0\0REJECTED BY STKs",
		      NO),
		UDP_C("radius", "a request whose first attribute is damaged",
		      RADIUS("\x30") "\x1a\x5a\0\0\x57\xc8\x0e\4US\x50\x12" DIGEST, YES),
		UDP_C("radius", "one without an end",
		      RADIUS("\x30") "\x1a\x5a\0\0\x57\xc8\x0e\4US\x50\x13" DIGEST, NO),
		UDP_C("radius", "an attribute that is none",
		      RADIUS("\x30") "\0\x5a\0\0\x57\xc8\x0e\4US\x50\x12" DIGEST, NO),
		TCP_C("redis", "an array that is null", "*-1\r\n", YES),
		TCP_C("redis", "one that is nearly so", "*-1\r", MORE),
		TCP_C("redis", "a sign alone", "*-", MORE),
		TCP_C("redis", "one that is not", "*-x\r\n", NO),
		TCP_C("redis", "a word", "+hello", NO),
		TCP_C("http", "a request of HTTP/0.9", "GET /index.html\r\n", YES),
		TCP_C("http", "half of one", "GET /index.html\r", MORE),
	};

	(void)unused;
	CHECK(messages);
}

#define PACKET "\0\x10\x80\x08\xc6\x23\x64\x48\xec\xa9\0\0\0\0\xd5\xd5\xd5\xd5"
#define NEXT   "\0\x10\x80\x08\xc6\x24\x64\x48\xec\xad\0\0\0\0\xd5\xd5\xd5\xd5"

/* 20 milliseconds of a voice, made of few values, or of as many as there are. */
static struct span voice(uint8_t packet[static 172], unsigned values)
{
	static const uint8_t head[] = { 0x80, 8, 0x6f, 0xaf, 0, 0, 5, 0x78, 0x37, 0x96, 0xcb, 0x71 };

	memcpy(packet, head, sizeof(head));
	for (unsigned i = 0; i < 160; i++)
		packet[sizeof(head) + i] = (uint8_t)(0xd5 ^ (i * 7 % values));
	return span_of(packet, 172);
}

#define MODBUS(length, function, data) "\x0f\0\0\0\0" length "\0" function data
#define WRITE                          MODBUS("\6", "\6", "\x07\x15\0\x19")
#define Q931(type, rest)               "\3\0\0\x20\x08\2\x12\x34" type rest
#define XID                            "\x9e\x35\x9c\x98\0\0\0"
#define NULLS4                         "\0\0\0\0"

/* What is nearly the protocol's: numbers as many make them up. */
static void numbers_in_a_row_are_nobodys(void **unused)
{
	static const struct message messages[] = {
		TCP_C("modbus", "one register written", WRITE, MORE),
		TCP_C("modbus", "two of them", WRITE WRITE, YES),
		TCP_C("modbus", "one, and other numbers", WRITE "\0\0\x0a\x08\x09", NO),
		TCP_C("modbus", "a mask", MODBUS("\x08", "\x16", "\x1c\6\1\x19\x10\0"), MORE),
		TCP_S("sane", "an agreement", "\0\0\0\0\1\1\0\3", MORE),
		TCP_S("sane", "numbers behind it", "\0\0\0\0\1\1\0\3" ZEROS16, NO),
		TCP_S("sane", "the first of two devices",
		      "\0\0\0\0\1\1\0\3\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\7test:0\0", YES),
		TCP_C("h323", "no element of a message", Q931("\7", "\6\2\x80\x90"), NO),
		TCP_C("h323", "the head of a shift that is none", Q931("\7", "\xbf\2\x80\x90"), NO),
		TCP_C("h323", "a cause that goes on", Q931("\x5a", "\x08\2\0\x10"), NO),
		TCP_C("h323", "a cause", Q931("\x5a", "\x08\2\x80\x90"), YES),
		TCP_C("h323", "a capability, of which little has come", Q931("\7", "\4\3"), MORE),
		TCP_C("h323", "a display", Q931("\7", "\x28\3joe"), YES),
		TCP_C("skinny", "a sign of life that is too long", "\x08\0\0\0\0\0\0\0\0\0\0\0\x09\0\0\0",
		      NO),
		TCP_C("skinny", "a button that is too long",
		      "\4\0\0\0\0\0\0\0\0\0\0\0\x18\0\0\0\0\0\0\0\5\0\0\0", NO),
		TCP_C("kafka", "fifty megabytes of a question", "\3\5\5\7\0\3\0\5\x08\0\6\0\0\6joe1+6", NO),
		TCP_C("pgsql", "a version alone", "\0\0\0\x09\0\3\0\0\0", MORE),
		TCP_C("pgsql", "and more behind", "\0\0\0\x09\0\3\0\0\0\0", NO),
		TCP_C("tls", "an alert of a length that none has", "\x15\3\0\0\x13\0", NO),
		TCP_C("tls", "one that is encrypted", "\x15\3\3\0\x1a\0", YES),
		UDP_C("enip", "the number 4 and zeros", "\4\0\0\0\0\0\0\0" ZEROS16, NO),
		UDP_C("enip", "a question for the identity", "\x63\0\0\0\0\0\0\0" ZEROS16, YES),
		UDP_C("rpc", "a proof without one",
		      XID NULLS4 "\0\2\0\1\x86\xa0\0\0\0\2\0\0\0\3\0\0\0\4" NULLS4 NULLS4 NULLS4, NO),
		UDP_C("stun", "a method without a cookie that came after it",
		      "\0\x0a\0\4\0\x0b\0\x60\0\x24\0\2\0\x60\0\x24\0\x15\0\x60\0\1\0\0", NO),
	};
	static const struct message answers[] = {
		UDP_C("rpc", "a short success", XID "\1" NULLS4 NULLS4 NULLS4 NULLS4 "\x9e\x35\x9c\x99", YES),
		UDP_C("rpc", "a long one, of anything",
		      XID "\1" NULLS4 NULLS4 NULLS4 NULLS4 "\x9e\x35\x9c\x99" ZEROS16 ZEROS16, NO),
		UDP_C("rpc", "versions that do not match",
		      XID "\1" NULLS4 NULLS4 NULLS4 "\0\0\0\2\0\0\0\2\0\0\0\3", YES),
		UDP_C("rpc", "more than the versions",
		      XID "\1" NULLS4 NULLS4 NULLS4 "\0\0\0\2\0\0\0\2\0\0\0\3" NULLS4, NO),
		TCP_C("http2", "settings, and a window that is no number",
		      "\0\0\0\4\0\0\0\0\0\0\0\0\x08\0\0\0\0\0", NO),
		TCP_C("http2", "settings, and a window", "\0\0\0\4\0\0\0\0\0\0\0\4\x08\0\0\0\0\0", YES),
	};

	(void)unused;
	CHECK(messages);
	check_said_by(SIDE_SERVER, answers, sizeof(answers) / sizeof(*answers));
}

static void media_is_known_over_streams_and_by_its_voice(void **unused)
{
	static const struct message messages[] = {
		TCP_C("rtp", "two packets with their lengths", PACKET NEXT, YES),
		TCP_C("rtp", "one and a length", PACKET "\0\x10", MORE),
		TCP_C("rtp", "one twice", PACKET PACKET, NO),
		TCP_C("rtp", "another version", "\0\x10\x40\x08", NO),
	};
	const struct protocol *const rtp = protocol_named(span_text("rtp"));
	uint8_t packet[172];

	(void)unused;
	CHECK(messages);
	assert_int_equal(rtp->recognise(voice(packet, 60), SIDE_CLIENT, TRANSPORT_UDP), YES);
	assert_int_equal(rtp->recognise(voice(packet, 150), SIDE_CLIENT, TRANSPORT_UDP), MORE);
	packet[1] = 77;
	assert_int_equal(rtp->recognise(span_of(packet, 172), SIDE_CLIENT, TRANSPORT_UDP), NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(questions_are_known_though_the_rest_is_damaged),
		cmocka_unit_test(others_are_known_by_what_is_left),
		cmocka_unit_test(numbers_in_a_row_are_nobodys),
		cmocka_unit_test(media_is_known_over_streams_and_by_its_voice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
