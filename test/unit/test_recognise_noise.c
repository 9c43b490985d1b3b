/* Protocols whose messages are little more than small numbers or plain text: what is theirs, what could be
 * anybody's and must wait, and what is none. */
#include "protocols/protocols.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* A text with its length, so that it may hold zeros. */
#define BYTES(text) text, sizeof(text) - 1

struct first {
	const char *what;
	const char *bytes;
	size_t length;
	enum verdict verdict;
};

static void check(const char *name, enum side side, unsigned transport, const struct first *cases,
		  size_t count)
{
	const struct protocol *const protocol = protocol_named(span_text(name));

	assert_non_null(protocol);
	for (size_t i = 0; i < count; i++) {
		const enum verdict verdict = protocol->recognise(span_of(cases[i].bytes, cases[i].length),
								 side, transport);

		if (verdict != cases[i].verdict)
			fail_msg("%s says %d to: %s", name, verdict, cases[i].what);
	}
}
#define CHECK(name, side, transport, cases)                                                                  \
	check(name, side, transport, cases, sizeof(cases) / sizeof((cases)[0]))

static void requests_of_socks_5_go_somewhere(void **unused)
{
	static const struct first cases[] = {
		{ "to an address", BYTES("\5\1\0\5\1\0\1\xc0\0\2\7\1\xbb"), YES },
		{ "to a name", BYTES("\5\1\0\5\1\0\3\013example.com\0\x50"), YES },
		{ "to an address of IPv6", BYTES("\5\1\0\5\1\0\4\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1\0\x50"),
		  YES },
		{ "datagrams from anywhere", BYTES("\5\1\0\5\3\0\1\0\0\0\0\0\0"), YES },
		{ "a method alone", BYTES("\5\1\0"), MORE },
		{ "half a request", BYTES("\5\1\0\5\1\0\1\xc0\0"), MORE },
		{ "a method twice", BYTES("\5\2\0\0\5\1\0\1\xc0\0\2\7\1\xbb"), NO },
		{ "a request although a password was wanted", BYTES("\5\1\2\5\1\0\1\xc0\0\2\7\1\xbb"), NO },
		{ "to nowhere", BYTES("\5\1\0\5\1\0\1\0\0\0\0\0\x50"), NO },
		{ "to no port", BYTES("\5\1\0\5\1\0\1\xc0\0\2\7\0\0"), NO },
		{ "small numbers", BYTES("\5\1\0\5\1\0\1\1\2\3\4\5\6"), NO },
		{ "a name that is none", BYTES("\5\1\0\5\1\0\3\013exa mple.com\0\x50"), NO },
		{ "to a group", BYTES("\5\1\0\5\1\0\1\xe0\0\2\7\1\xbb"), NO },
	};

	(void)unused;
	CHECK("socks", SIDE_CLIENT, TRANSPORT_TCP, cases);
}

static void passwords_of_socks_wait_for_the_request(void **unused)
{
	static const struct first cases[] = {
		{ "a login of two methods", BYTES("\5\2\0\2\1\3joe\6secret"), YES },
		{ "half of it", BYTES("\5\2\0\2\1\3joe\6sec"), MORE },
		{ "a short one", BYTES("\5\2\0\2\1\2jo\6secret"), MORE },
		{ "one with a blank", BYTES("\5\2\0\2\1\3joe\6sec et"), MORE },
		{ "two methods that are no sign", BYTES("\5\2\2\3\1\3joe\6secret"), MORE },
		{ "a password", BYTES("\5\1\2\1\3joe\6secret"), MORE },
		{ "half a password", BYTES("\5\1\2\1\3joe\6sec"), MORE },
		{ "a password and a request", BYTES("\5\1\2\1\3joe\6secret\5\1\0\1\xc0\0\2\7\1\xbb"), YES },
		{ "no name", BYTES("\5\1\2\1\0\6secret"), NO },
		{ "a name that is no text", BYTES("\5\1\2\1\3j\2e\6secret"), NO },
		{ "a password that was not offered", BYTES("\5\1\0\1\3joe\6secret"), NO },
		{ "a token", BYTES("\5\1\1\1\1\0\x20\x60\x1e\6"), YES },
		{ "a token that is none", BYTES("\5\1\1\1\1\0\x20\x20\x1e\6"), NO },
	};

	(void)unused;
	CHECK("socks", SIDE_CLIENT, TRANSPORT_TCP, cases);
}

static void requests_of_socks_4_are_told_by_a_name_or_a_usual_port(void **unused)
{
	static const struct first cases[] = {
		{ "with a user", BYTES("\4\1\x12\x34\xc0\0\2\7joe\0"), YES },
		{ "without, to a usual port", BYTES("\4\1\0\x50\xc0\0\2\7\0"), YES },
		{ "without, to some port", BYTES("\4\1\x12\x34\xc0\0\2\7\0"), NO },
		{ "a user that is no text", BYTES("\4\1\0\x50\xc0\0\2\7j\xd0\x80\0"), NO },
		{ "a user that has not ended", BYTES("\4\1\0\x50\xc0\0\2\7jo"), MORE },
		{ "4A with a host", BYTES("\4\1\x12\x34\0\0\0\1\0example.com\0"), YES },
		{ "4A without", BYTES("\4\1\x12\x34\0\0\0\1\0\0"), NO },
		{ "small numbers", BYTES("\4\1\2\3\4\5\6\7joe\0"), NO },
	};

	(void)unused;
	CHECK("socks", SIDE_CLIENT, TRANSPORT_TCP, cases);
}

static void servers_of_socks_answer_a_request(void **unused)
{
	static const struct first cases[] = {
		{ "granted", BYTES("\5\0\5\0\0\1\xc0\0\2\7\4\x38"), YES },
		{ "granted, bound anywhere", BYTES("\5\0\5\0\0\1\0\0\0\0\0\0"), YES },
		{ "refused", BYTES("\5\0\5\5\0\1\0\0\0\0\0\0"), YES },
		{ "a method alone", BYTES("\5\0"), MORE },
		{ "a method of others", BYTES("\5\3\5\0\0\1\xc0\0\2\7\4\x38"), NO },
		{ "a password that was taken", BYTES("\5\2\1\0\5\0\0\1\xc0\0\2\7\4\x38"), YES },
		{ "a password that was not", BYTES("\5\2\1\1"), NO },
		{ "small numbers", BYTES("\5\0\5\0\0\1\1\2\3\4\5\6"), NO },
	};

	(void)unused;
	CHECK("socks", SIDE_SERVER, TRANSPORT_TCP, cases);
}

/* What was NO stays NO with more octets. */
static void answers_of_mqtt_have_properties_of_any_length(void **unused)
{
	static const struct first cases[] = {
		{ "version 3.1.1", BYTES("\x20\2\0\0"), YES },
		{ "a code of version 5 in it", BYTES("\x20\2\0\x87"), NO },
		{ "a flag that is none", BYTES("\x20\2\2"), NO },
		{ "no properties", BYTES("\x20\3\0\0\0"), YES },
		{ "two hundred octets of them", BYTES("\x20\xcc\1\0\0\xc8\1\x26"), YES },
		{ "half of their length", BYTES("\x20\xcc\1\0\0\xc8"), MORE },
		{ "a length alone", BYTES("\x20\xc1\x40"), MORE },
		{ "properties of another length", BYTES("\x20\xc1\x40\0\0\7"), NO },
		{ "a length without an end", BYTES("\x20\xff\xff\xff\xff"), NO },
	};

	(void)unused;
	CHECK("mqtt", SIDE_SERVER, TRANSPORT_TCP, cases);
}

#define AUTHENTICATOR "\x7f\x31\x02\xb8\xc4\x5a\x90\x11\xee\x6d\x23\xf9\x48\x07\xa5\xd2"

static void attributes_of_radius_are_what_they_must_be(void **unused)
{
	static const struct first cases[] = {
		{ "a user and an address", BYTES("\1\7\0\x1f" AUTHENTICATOR "\1\5joe\4\6\xc0\0\2\1"), YES },
		{ "a user", BYTES("\1\7\0\x19" AUTHENTICATOR "\1\5joe"), YES },
		{ "a user that is no text", BYTES("\1\7\0\x19" AUTHENTICATOR "\1\5j\2e"), NO },
		{ "an address of five octets", BYTES("\1\7\0\x1b" AUTHENTICATOR "\4\7\xc0\0\2\1\1"), NO },
		{ "a type that nobody has", BYTES("\1\7\0\x1b" AUTHENTICATOR "\xc8\7\xc0\0\2\1\1"), NO },
		{ "two types of which nothing is known", BYTES("\1\7\0\x1c" AUTHENTICATOR "\x96\4ab\x97\4cd"),
		  NO },
		{ "a mistake behind enough",
		  BYTES("\1\7\0\x2a" AUTHENTICATOR "\4\6\xc0\0\2\1\5\6\0\0\0\1\6\6\0\0\0\2\xc8\4xx"), YES },
		{ "a mistake behind too little",
		  BYTES("\1\7\0\x24" AUTHENTICATOR "\4\6\xc0\0\2\1\5\6\0\0\0\1\xc8\4xx"), NO },
		{ "another length", BYTES("\1\7\0\x1a" AUTHENTICATOR "\1\5joe"), NO },
		{ "an authenticator of one octet", BYTES("\1\7\0\x19\4\4\4\4\4\4\4\4\4\4\4\4\4\4\4\4\1\5joe"),
		  NO },
		{ "a request without attributes", BYTES("\1\7\0\x14" AUTHENTICATOR), NO },
		{ "a digest of CHAP among texts",
		  BYTES("\1\7\0\x32" AUTHENTICATOR "\1\5joe\3\x13\1zyxwvutsrqponmlk\x20\6gate"), YES },
		{ "a digest that is too short",
		  BYTES("\1\7\0\x31" AUTHENTICATOR "\1\5joe\3\x12\1zyxwvutsrqponml\x20\6gate"), NO },
	};

	(void)unused;
	CHECK("radius", SIDE_CLIENT, TRANSPORT_UDP, cases);
}

static void small_numbers_wait_for_another_message(void **unused)
{
	static const struct first modbus[] = {
		{ "a register that is read", BYTES("\0\1\0\0\0\6\0\3\0\0\0\2"), YES },
		{ "a register that is written", BYTES("\0\1\0\0\0\6\1\6\0\2\0\3"), MORE },
		{ "another one", BYTES("\0\1\0\0\0\6\1\6\x12\2\0\3"), YES },
		{ "a status, which is for serial lines", BYTES("\x12\x34\0\0\0\2\1\7"), MORE },
		{ "twice", BYTES("\0\1\0\0\0\6\1\6\0\2\0\3\0\2\0\0\0\6\1\6\0\2\0\4"), YES },
		{ "and zeros", BYTES("\0\1\0\0\0\6\1\6\0\2\0\3\0\0\0\0\0\0\0\0"), NO },
		{ "a unit that is reserved", BYTES("\0\1\0\0\0\6\xf9\3\0\0\0\2"), NO },
		{ "a file's record", BYTES("\0\1\0\0\0\x0a\1\x14\7\6\0\4\0\1\0\2"), YES },
		{ "a record of another kind", BYTES("\0\1\0\0\0\x0a\1\x14\7\5\0\4\0\1\0\2"), NO },
	};
	static const struct first cassandra[] = {
		{ "options", BYTES("\4\0\0\0\5\0\0\0\0"), MORE },
		{ "options and zeros", BYTES("\4\0\0\0\5\0\0\0\0\0\0\0"), NO },
		{ "options and a beginning",
		  BYTES("\4\0\0\0\5\0\0\0\0\4\0\0\1\1\0\0\0\x16\0\1\0\013CQL_VERSION\0\0053.0.0"), YES },
	};
	static const struct first cassandra_heard_late[] = {
		{ "a statement", BYTES("\4\0\0\5\7\0\0\0\x15\0\0\0\016use doors_of_1;\0\1\0"), YES },
		{ "letters",
		  BYTES("\4\4\2\4\7\5\x08\7\x08\6\4\1\x08"
			"fnnm h\"dr\nx"),
		  NO },
	};
	static const struct first ipmi[] = {
		{ "how one logs in",
		  BYTES("\6\0\xff\7\0\0\0\0\0\0\0\0\0\x09\x20\x18\xc8\x81\0\x38\x8e\4\xb5"), YES },
		{ "a session of 2.0 that is opened", BYTES("\6\0\xff\7\6\x10\0\0\0\0\0\0\0\0\4\0\0\4\0\0"),
		  YES },
		{ "a number that is acknowledged", BYTES("\6\0\3\7\6\x10\0\0\0\0\0\0\0\0\4\0\0\4\0\0"), NO },
		{ "and octets behind it", BYTES("\6\0\xff\7\6\x10\0\0\0\0\0\0\0\0\4\0\0\4\0\0\0"), NO },
	};
	static const struct first fastcgi[] = {
		{ "a field", BYTES("\1\6\0\1\0\x14\4\0Content-type: text/"), YES },
		{ "text", BYTES("\1\6\0\1\0\x14\4\0note of somebody"), NO },
		{ "what went wrong, alone", BYTES("\1\7\0\x08\3\xf8\0\0/note>\n<note><t"), NO },
	};
	static const struct first enip[] = {
		{ "who is there", BYTES("\x63\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), MORE },
		{ "who is there, and zeros",
		  BYTES("\x63\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
			"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
		  NO },
		{ "who is there, and a session",
		  BYTES("\x63\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
			"\x65\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0"),
		  YES },
	};

	(void)unused;
	CHECK("modbus", SIDE_CLIENT, TRANSPORT_TCP, modbus);
	CHECK("cassandra", SIDE_CLIENT, TRANSPORT_TCP, cassandra);
	CHECK("cassandra", SIDE_CLIENT, TRANSPORT_TCP, cassandra_heard_late);
	CHECK("ipmi", SIDE_CLIENT, TRANSPORT_UDP, ipmi);
	CHECK("fastcgi", SIDE_SERVER, TRANSPORT_TCP, fastcgi);
	CHECK("enip", SIDE_CLIENT, TRANSPORT_TCP, enip);
}

static void text_is_not_taken_for_a_message(void **unused)
{
	static const struct first syslog[] = {
		{ "two figures", BYTES("<13>something"), YES },
		{ "one figure and a program", BYTES("<6>kernel: up"), YES },
		{ "one figure", BYTES("<6>something"), NO },
	};
	static const struct first telnet[] = {
		{ "an option and a prompt", BYTES("\xff\xfe\5login: "), YES },
		{ "an option and less", BYTES("\xff\xfe\5logi"), MORE },
		{ "an option and octets of other languages", BYTES("\xff\xfe\5\xf8\xfc\xe3\xc6\xe7\xc8"),
		  NO },
	};
	static const struct first ftp[] = {
		{ "a host", BYTES("HOST ftp.example.com\r\n"), MORE },
		{ "a host and another command", BYTES("HOST ftp.example.com\r\nFEAT\r\n"), YES },
		{ "words", BYTES("host program[77]: something happened\n12 times\n"), NO },
	};

	(void)unused;
	CHECK("syslog", SIDE_CLIENT, TRANSPORT_UDP, syslog);
	CHECK("telnet", SIDE_SERVER, TRANSPORT_TCP, telnet);
	CHECK("ftp", SIDE_CLIENT, TRANSPORT_TCP, ftp);
}

/* RFC 5531 11: a fragment may be shorter than the header of a call. */
static void calls_in_short_fragments_are_calls(void **unused)
{
#define PART_1 "\0\0\x10\1\0\0\0\0\0\0\0\2"
#define PART_2 "\0\1\x86\xa0\0\0\0\2\0\0\0\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define PART_3 "\0\1\x86\xa3\0\0\0\3\0\0\0\6\0\0\0\0"
	static const struct first cases[] = {
		{ "two parts", BYTES("\0\0\0\x0c" PART_1 "\x80\0\0\x2c" PART_2 PART_3), YES },
		{ "three parts", BYTES("\0\0\0\x0c" PART_1 "\0\0\0\x1c" PART_2 "\x80\0\0\x10" PART_3), YES },
		{ "whole", BYTES("\x80\0\0\x38" PART_1 PART_2 PART_3), YES },
		{ "the first part", BYTES("\0\0\0\x0c" PART_1), MORE },
		{ "half a part", BYTES("\0\0\0\x0c\0\0\x10\1\0\0"), MORE },
		{ "half a mark", BYTES("\0\0\0\x0c" PART_1 "\x80\0"), MORE },
		{ "the second mark is none", BYTES("\0\0\0\x0c" PART_1 "\x12\0\0\x2c" PART_2 PART_3), NO },
		{ "fragments of nothing", BYTES("\0\0\0\0\0\0\0\0\0\0\0\0"), NO },
		{ "a fragment that fills no four", BYTES("\0\0\0\x0b" PART_1), NO },
		{ "an answer",
		  BYTES("\0\0\0\4\0\0\x10\1\x80\0\0\x14\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), NO },
	};

	(void)unused;
	CHECK("rpc", SIDE_CLIENT, TRANSPORT_TCP, cases);
}

/* "OpenFlow Switch Specification" 1.5.1, 7.1.1: eight octets of which six are small numbers tell nothing
 * alone. */
static void hellos_of_openflow_wait_for_what_follows(void **unused)
{
#define HELLO "\4\0\0\x08\0\0\0\1"
	static const struct first cases[] = {
		{ "a hello", BYTES(HELLO), MORE },
		{ "half of what follows", BYTES(HELLO "\4\5\0"), MORE },
		{ "what can you do", BYTES(HELLO "\4\5\0\x08\0\0\0\2"), YES },
		{ "the question is longer than itself", BYTES(HELLO "\4\5\0\x09\0\0\0\2"), NO },
		{ "a message of version 0", BYTES(HELLO "\0\5\0\x08\0\0\0\2"), NO },
		{ "a message that nobody begins with", BYTES(HELLO "\3\7\3\0\0\0\0\2"), NO },
		{ "a description is asked for", BYTES(HELLO "\4\x12\0\x10\0\0\0\2\0\0\0\0"), YES },
		{ "a kind that there is not", BYTES(HELLO "\4\x12\0\x10\0\0\0\2\0\x14\0\0"), NO },
		{ "versions", BYTES("\6\0\0\x10\0\0\0\1\0\1\0\x08\0\0\0\x72"), YES },
	};

	(void)unused;
	CHECK("openflow", SIDE_CLIENT, TRANSPORT_TCP, cases);
	CHECK("openflow", SIDE_SERVER, TRANSPORT_TCP, cases);
}

/* RFC 7252 5.4: texts of options are UTF-8. */
static void texts_of_coap_are_texts(void **unused)
{
	static const struct first cases[] = {
		{ "a path", BYTES("\x40\1\x12\x34\xb4temp"), YES },
		{ "a path in Greek", BYTES("\x40\1\x12\x34\xb4\xce\xb1\xce\xb2"), YES },
		{ "octets that are no text", BYTES("\x40\1\x12\x34\xb4\xce\xce\xb1\xf0"), NO },
	};

	(void)unused;
	CHECK("coap", SIDE_CLIENT, TRANSPORT_UDP, cases);
}

/* As brokers are set up they refuse what is longer than one. */
static void nobody_begins_kafka_with_sixteen_mebibytes(void **unused)
{
	static const struct first cases[] = {
		{ "one octet less", BYTES("\0\xff\xff\xff\0\0\0\5\0\0\0\1\0\1x"), YES },
		{ "as many", BYTES("\1\0\0\0\0\0\0\5\0\0\0\1\0\1x"), NO },
	};

	(void)unused;
	CHECK("kafka", SIDE_CLIENT, TRANSPORT_TCP, cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_of_socks_5_go_somewhere),
		cmocka_unit_test(passwords_of_socks_wait_for_the_request),
		cmocka_unit_test(requests_of_socks_4_are_told_by_a_name_or_a_usual_port),
		cmocka_unit_test(servers_of_socks_answer_a_request),
		cmocka_unit_test(answers_of_mqtt_have_properties_of_any_length),
		cmocka_unit_test(attributes_of_radius_are_what_they_must_be),
		cmocka_unit_test(small_numbers_wait_for_another_message),
		cmocka_unit_test(text_is_not_taken_for_a_message),
		cmocka_unit_test(calls_in_short_fragments_are_calls),
		cmocka_unit_test(hellos_of_openflow_wait_for_what_follows),
		cmocka_unit_test(texts_of_coap_are_texts),
		cmocka_unit_test(nobody_begins_kafka_with_sixteen_mebibytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
