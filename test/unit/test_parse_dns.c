/* How conversations of DNS are read: messages, records, transfers, tunnels. */
#include "told.h"

static void the_server_is_told_by_its_version(void **state)
{
	const struct turn turns[] = { talk_first("dns.client.tcp.dig-axfr"),
				      talk_first("dns.server.tcp.bind") };

	(void)state;
	TOLD("dns", TRANSPORT_TCP, turns, "\"type\":\"query\"",
	     "\"rrname\":\"example.com\",\"rrtype\":\"AXFR\"",
	     "{\"software\":\"server\",\"product\":\"ISC BIND\",\"version\":\"9.18.49\"}",
	     "\"rdata\":\"9.18.49-1~deb12u3-Debian\"", "\"edns\":{\"udp_size\":1232");
}

#define QUESTION "\1a\7example\0"

static void records_stand_as_eve_has_them(void **state)
{
	(void)state;
	talk_udp(
		"dns",
		"{\"dns\":{\"version\":2,\"type\":\"query\",\"id\":4660,\"tx_id\":0,\"flags\":\"100\",\"rd\":"
		"true,"
		"\"opcode\":0,\"rrname\":\"a.example\",\"rrtype\":\"A\"}}\n"
		"{\"dns\":{\"version\":2,\"type\":\"answer\",\"id\":4660,\"tx_id\":1,\"flags\":\"8180\","
		"\"qr\":true,"
		"\"rd\":true,\"ra\":true,\"opcode\":0,\"rrname\":\"a.example\",\"rrtype\":\"A\",\"rcode\":"
		"\"NOERROR\","
		"\"answers\":[{\"rrname\":\"a.example\",\"rrtype\":\"MX\",\"ttl\":60,\"rdata\":\"a.example\","
		"\"preference\":10},{\"rrname\":\"a.example\",\"rrtype\":\"A\",\"ttl\":60,\"rdata\":\"192.0."
		"2.9\"}]}}\n",
		CLIENT("\x12\x34\1\0\0\1\0\0\0\0\0\0" QUESTION "\0\1\0\1"),
		SERVER("\x12\x34\x81\x80\0\1\0\2\0\0\0\0" QUESTION "\0\1\0\1"
		       "\xc0\x0c\0\x0f\0\1\0\0\0\x3c\0\4\0\x0a\xc0\x0c"
		       "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\x09"));
}

static void what_was_truncated_is_expected_over_tcp(void **state)
{
	const struct turn turns[] = { SERVER("\x12\x34\x83\x80\0\1\0\0\0\0\0\0" QUESTION "\0\1\0\1") };

	(void)state;
	TOLD("dns", TRANSPORT_UDP, turns,
	     "{\"expect\":\"dns\",\"transport\":6,\"address\":\"192.0.2.2\",\"port\":53", "\"tc\":true");
}

static void a_zone_that_is_given_away_is_a_finding(void **state)
{
	const struct turn turns[] = {
		CLIENT("\0\x1b\x12\x34\0\0\0\1\0\0\0\0\0\0" QUESTION "\0\xfc\0\1"),
		SERVER("\0\x3b\x12\x34\x84\0\0\1\0\2\0\0\0\0" QUESTION "\0\xfc\0\1"
		       "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\x09"
		       "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\x0a"),
	};

	(void)state;
	TOLD("dns", TRANSPORT_TCP, turns,
	     "{\"weakness\":\"dns-zone-transfer\",\"evidence\":\"a.example was transferred\"}");
}

static void names_that_carry_data_are_findings(void **state)
{
	const struct turn tunnel[] = { CLIENT("\x12\x34\1\0\0\1\0\0\0\0\0\0"
					      "\x3c"
					      "0a1b2c3d4e5f6071829304a5b6c7d8e9f00a1b2c3d4e5f6071829304a5b6"
					      "\x1e"
					      "c7d8e9f00a1b2c3d4e5f6071829304"
					      "\1t\7example\0\0\x10\0\1") };
	const struct turn usual[] = { CLIENT("\x12\x34\1\0\0\1\0\0\0\0\0\0"
					     "\x14"
					     "a-quite-long-label-x"
					     "\x14"
					     "another-long-label-y"
					     "\x14"
					     "and-one-more-label-z"
					     "\x14"
					     "made-for-people-only"
					     "\7example\0\0\1\0\1") };

	(void)state;
	TOLD("dns", TRANSPORT_UDP, tunnel, "\"weakness\":\"dns-tunnel\"");
	TOLD("dns", TRANSPORT_UDP, usual, "!weakness", "\"rrtype\":\"A\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_server_is_told_by_its_version),
		cmocka_unit_test(records_stand_as_eve_has_them),
		cmocka_unit_test(what_was_truncated_is_expected_over_tcp),
		cmocka_unit_test(a_zone_that_is_given_away_is_a_finding),
		cmocka_unit_test(names_that_carry_data_are_findings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
