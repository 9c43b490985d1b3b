/* How conversations of TLS are read: hellos, certificates, fingerprints, what is weak. */
#include "told.h"

static void a_handshake_of_1_2_is_told_with_its_certificate(void **state)
{
	const struct turn turns[] = { talk_first("tls.client.tcp.curl"), talk_first("tls.server.tcp.nginx") };

	(void)state;
	TOLD("tls", TRANSPORT_TCP, turns, "\"version\":\"TLS 1.2\"",
	     "\"cipher\":\"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384\"", "\"client_alpns\":[\"h2\",\"http/1.1\"]",
	     "\"ja3\":{\"hash\":\"78f0dc5ac5b19daf131a133cfdee9691\"",
	     "\"ja4\":\"t13i3111h2_e8f1e7e78f70_b26ce05bbdd6\"", "\"subject\":\"CN=beta.lab.example\"",
	     "\"fingerprint\":\"72:37:d3:09:", "\"weakness\":\"tls-certificate-self-signed\"",
	     "!session_resumed");
}

static void one_side_alone_is_told(void **state)
{
	const struct turn client[] = { talk_first("tls.client.tcp.openssl") };
	const struct turn server[] = { talk_first("tls.server.tcp.apache") };

	(void)state;
	TOLD("tls", TRANSPORT_TCP, client, "\"client_version\":\"TLS 1.3\"", "!\"version\"");
	TOLD("tls", TRANSPORT_TCP, server, "\"version\":", "\"ja3s\":", "!\"ja3\":");
}

#define RANDOM_32 "0123456789abcdef0123456789abcdef"

static void old_versions_and_weak_ciphers_are_findings(void **state)
{
	const struct turn turns[] = { SERVER("\x16\3\1\0\x2a\2\0\0\x26\3\1" RANDOM_32 "\0\0\5\0") };

	(void)state;
	TOLD("tls", TRANSPORT_TCP, turns,
	     "{\"weakness\":\"tls-old\",\"evidence\":\"the server agrees to TLS 1.0\"}",
	     "{\"weakness\":\"tls-weak-cipher\",\"evidence\":\"TLS_RSA_WITH_RC4_128_SHA: RC4 is broken\"}");
}

/* Hellos whose only extension is ALPN, and a server's of TLS 1.3, which has none that shows. */
#define HELLO_OF_DOT                                                                                         \
	"\x16\3\1\0\x39\1\0\0\x35\3\3" RANDOM_32 "\0\0\2\x13\1\1\0\0\x0a\0\x10\0\6\0\4\3"                    \
	"dot"
#define HELLO_OF_TWO                                                                                         \
	"\x16\3\1\0\x41\1\0\0\x3d\3\3" RANDOM_32 "\0\0\2\x13\1\1\0\0\x12\0\x10\0\x0e\0\x0c\2h2\x08http/1.1"
#define HELLO_OF_1_3 "\x16\3\3\0\x32\2\0\0\x2e\3\3" RANDOM_32 "\0\x13\1\0\0\6\0\x2b\0\2\3\4"
#define HELLO_OF_HTTP                                                                                        \
	"\x16\3\3\0\x3b\2\0\0\x37\3\3" RANDOM_32 "\0\xc0\x2f\0\0\x0f\0\x10\0\x0b\0\x09\x08http/1.1"

static void what_is_inside_is_told_where_it_is_named(void **state)
{
	const struct turn alone[] = { CLIENT(HELLO_OF_DOT), SERVER(HELLO_OF_1_3) };
	const struct turn chosen[] = { CLIENT(HELLO_OF_TWO), SERVER(HELLO_OF_HTTP) };
	const struct turn hidden[] = { CLIENT(HELLO_OF_TWO), SERVER(HELLO_OF_1_3) };
	const struct turn unanswered[] = { CLIENT(HELLO_OF_DOT) };

	(void)state;
	TOLD("tls", TRANSPORT_TCP, alone, "\"inside\":\"dns\"");
	TOLD("tls", TRANSPORT_TCP, chosen, "\"inside\":\"http\"");
	TOLD("tls", TRANSPORT_TCP, hidden, "\"version\":\"TLS 1.3\"", "!inside");
	TOLD("tls", TRANSPORT_TCP, unanswered, "\"client_alpns\":[\"dot\"]", "!inside");
}

static void messages_may_be_laid_over_several_records(void **state)
{
	(void)state;
	talk_tcp("tls",
		 "{\"tls\":{\"ja3\":{\"hash\":\"b02be259814e870a469a20ce9b2a7900\",\"string\":\"769,47,,,\"},"
		 "\"ja4\":\"t10i010000_ba72b8082249_000000000000\",\"client_version\":\"TLS 1.0\"}}\n",
		 CLIENT("\x16\3\1\0\3\1\0\0"),
		 CLIENT("\x16\3\1\0\x10\x29\3\1"
			"0123456789abc"),
		 CLIENT("\x16\3\1\0\x1a"
			"def0123456789abcdef"
			"\0\0\2\0\x2f\1\0"));
}

static void a_fatal_alert_ends_it(void **state)
{
	const struct turn turns[] = { talk_first("tls.client.tcp.curl"), SERVER("\x15\3\3\0\2\2\x28") };

	(void)state;
	TOLD("tls", TRANSPORT_TCP, turns,
	     "\"alert\":{\"level\":\"fatal\",\"description\":\"handshake_failure\",\"code\":40}",
	     "{\"done\":\"server\"}");
}

/* The end of a conversation that was not seen from its beginning: an alert in a record of 26 octets. */
static void an_encrypted_alert_is_tls(void **state)
{
	static const char alert[] = "\x15\3\3\0\x1a"
				    "abcdefghijklmnopqrstuvwxyz";
	const struct protocol *const tls = protocol_named(span_text("tls"));

	(void)state;
	for (size_t n = 1; n < sizeof(alert); n++)
		for (unsigned side = 0; side < 2; side++)
			assert_int_equal(tls->recognise(span_of(alert, n), side, TRANSPORT_TCP),
					 n < 5 ? MORE : YES);
	assert_int_equal(tls->recognise(span_of("\x15\3\3\0\x10 abcdef", 12), SIDE_SERVER, TRANSPORT_TCP),
			 NO);
}

/* The server takes up the id of the session, and changes the cipher at once. */
static void resumed_sessions_are_told(void **state)
{
	const struct turn turns[] = {
		CLIENT("\x16\3\1\0\x31\1\0\0\x2d\3\3" RANDOM_32 "\4same\0\2\0\x2f\1\0"),
		SERVER("\x16\3\3\0\x2e\2\0\0\x2a\3\3" RANDOM_32 "\4same\0\x2f\0"),
		SERVER("\x14\3\3\0\1\1"),
	};

	(void)state;
	TOLD("tls", TRANSPORT_TCP, turns, "\"session_resumed\":true", "{\"done\":\"server\"}");
}

static void ssl_2_is_a_finding(void **state)
{
	const struct turn turns[] = {
		SERVER("\x80\x1e\4\0\1\0\2\0\0\0\3\0\x10\7\0\xc0"
		       "0123456789abcdef"),
	};

	(void)state;
	TOLD("tls", TRANSPORT_TCP, turns,
	     "{\"weakness\":\"ssl\",\"evidence\":\"the server agrees to SSL 2.0\"}", "\"version\":\"SSLv2\"");
}

/* By the name of its relay, by its certificate; and who only sounds like it. */
static void what_is_inside_is_told_by_its_signs(void **unused)
{
	const struct turn relay[] = {
		CLIENT("\026\003\003\000\117\001\000\000\113\003\003\122\122\122\122\122\122\122\122\122\122"
		       "\122\122\122\122\122\122\122\122\122\122\122\122\122\122\122\122\122\122\122\122\122"
		       "\122\000\000\002\023\001\001\000\000\040\000\000\000\034\000\032\000\000\027\162\145"
		       "\154\141\171\055\061\056\156\145\164\056\141\156\171\144\145\163\153\056\143\157"
		       "\155"),
		SERVER("\026\003\003\000\062\002\000\000\056\003\003\123\123\123\123\123\123\123\123\123\123"
		       "\123\123\123\123\123\123\123\123\123\123\123\123\123\123\123\123\123\123\123\123\123"
		       "\123\000\023\001\000\000\006\000\053\000\002\003\004")
	};
	const struct turn direct[] = {
		CLIENT("\026\003\003\000\104\001\000\000\100\003\003\122\122\122\122\122\122\122\122\122\122"
		       "\122\122\122\122\122\122\122\122\122\122\122\122\122\122\122\122\122\122\122\122\122"
		       "\122\000\000\002\023\001\001\000\000\025\000\000\000\021\000\017\000\000\014\150\157"
		       "\163\164\056\145\170\141\155\160\154\145"),
		SERVER("\026\003\003\000\054\002\000\000\050\003\003\123\123\123\123\123\123\123\123\123\123"
		       "\123\123\123\123\123\123\123\123\123\123\123\123\123\123\123\123\123\123\123\123\123"
		       "\123\000\300\057\000\000\000"),
		SERVER("\026\003\003\000\034\013\000\000\030\000\000\025\000\000\022\060\020\014\016\101\156"
		       "\171\104\145\163\153\040\103\154\151\145\156\164"),
		SERVER("\024\003\003\000\001\001")
	};
	const struct turn web[] = {
		CLIENT("\026\003\003\000\107\001\000\000\103\003\003\122\122\122\122\122\122\122\122\122\122"
		       "\122\122\122\122\122\122\122\122\122\122\122\122\122\122\122\122\122\122\122\122\122"
		       "\122\000\000\002\023\001\001\000\000\030\000\000\000\024\000\022\000\000\017\141\156"
		       "\171\144\145\163\153\056\145\170\141\155\160\154\145"),
		SERVER("\026\003\003\000\062\002\000\000\056\003\003\123\123\123\123\123\123\123\123\123\123"
		       "\123\123\123\123\123\123\123\123\123\123\123\123\123\123\123\123\123\123\123\123\123"
		       "\123\000\023\001\000\000\006\000\053\000\002\003\004")
	};

	(void)unused;
	TOLD("tls", TRANSPORT_TCP, relay, "\"sni\":\"relay-1.net.anydesk.com\"", "{\"upgrade\":\"anydesk\"}");
	TOLD("tls", TRANSPORT_TCP, direct, "{\"upgrade\":\"anydesk\"}");
	TOLD("tls", TRANSPORT_TCP, web, "\"sni\":\"anydesk.example\"", "{\"done\":\"server\"}", "!upgrade");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_inside_is_told_by_its_signs),
		cmocka_unit_test(a_handshake_of_1_2_is_told_with_its_certificate),
		cmocka_unit_test(one_side_alone_is_told),
		cmocka_unit_test(old_versions_and_weak_ciphers_are_findings),
		cmocka_unit_test(what_is_inside_is_told_where_it_is_named),
		cmocka_unit_test(messages_may_be_laid_over_several_records),
		cmocka_unit_test(a_fatal_alert_ends_it),
		cmocka_unit_test(an_encrypted_alert_is_tls),
		cmocka_unit_test(resumed_sessions_are_told),
		cmocka_unit_test(ssl_2_is_a_finding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
