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

/* A transfer in two messages, the second of which ends with the SOA again; then one that is refused. */
#define SOA_RECORD "\xc0\x0c\0\6\0\1\0\0\0\x3c\0\x18\xc0\x0c\xc0\x0c\0\0\0\7\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0"
static void a_transfer_is_told_when_it_is_over(void **state)
{
	const struct turn turns[] = {
		CLIENT("\0\x1b\x12\x34\0\0\0\1\0\0\0\0\0\0" QUESTION "\0\xfc\0\1"),
		SERVER("\0\x4f\x12\x34\x84\0\0\1\0\2\0\0\0\0" QUESTION "\0\xfc\0\1" SOA_RECORD
		       "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\x09"),
		SERVER("\0\x3f\x12\x34\x84\0\0\1\0\1\0\0\0\0" QUESTION "\0\xfc\0\1" SOA_RECORD),
		CLIENT("\0\x1b\x12\x35\0\0\0\1\0\0\0\0\0\0" QUESTION "\0\xfc\0\1"),
		SERVER("\0\x1b\x12\x35\x84\5\0\1\0\0\0\0\0\0" QUESTION "\0\xfc\0\1"),
	};

	(void)state;
	TOLD("dns", TRANSPORT_TCP, turns,
	     "{\"dns_transfer\":{\"zone\":\"a.example\",\"type\":\"AXFR\",\"rcode\":\"NOERROR\",\"serial\":7,"
	     "\"messages\":2,\"records\":3,\"bytes\":142,\"complete\":true}}",
	     "\"rcode\":\"REFUSED\",\"messages\":1,\"records\":0,\"bytes\":27,\"complete\":false}}");
}

static void a_transfer_that_is_cut_is_told_at_the_end(void **state)
{
	const struct turn turns[] = {
		CLIENT("\0\x1b\x12\x34\0\0\0\1\0\0\0\0\0\0" QUESTION "\0\xfb\0\1"),
		SERVER("\0\x4f\x12\x34\x84\0\0\1\0\2\0\0\0\0" QUESTION "\0\xfb\0\1" SOA_RECORD
		       "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\x09"),
	};

	(void)state;
	TOLD("dns", TRANSPORT_TCP, turns, "\"type\":\"IXFR\"",
	     "\"records\":2,\"bytes\":79,\"complete\":false}}");
}

static void codes_and_options_of_edns_are_told(void **state)
{
	const struct turn turns[] = {
		SERVER("\x12\x34\x81\x80\0\1\0\0\0\0\0\1" QUESTION "\0\1\0\1"
		       "\0\0\x29\x04\xd0\1\0\0\0\0\x3d"
		       "\0\3\0\4gate"
		       "\0\x08\0\x07\0\1\x18\0\xc6\x33\x64"
		       "\0\x0a\0\x08\0\x11\x22\x33\x44\x55\x66\x77"
		       "\0\x0b\0\2\0\x64"
		       "\0\x0c\0\3\0\0\0"
		       "\0\x0f\0\2\0\x16"
		       "\0\x0f\0\7\0\x17slow!"),
	};

	(void)state;
	TOLD("dns", TRANSPORT_UDP, turns, "\"rcode\":\"BADVERS\"", "\"nsid\":\"gate\"",
	     "\"client_subnet\":\"198.51.100.0/24\",\"client_subnet_scope\":0",
	     "\"client_cookie\":\"0011223344556677\"", "\"keepalive\":100", "\"padding\":3",
	     "\"errors\":[{\"code\":22},{\"code\":23,\"text\":\"slow!\"}]", "!server_cookie");
}

static void records_that_sign_and_point_are_told(void **state)
{
	const struct turn turns[] = {
		SERVER("\x12\x34\x81\x80\0\1\0\6\0\0\0\0" QUESTION "\0\xff\0\1"
		       "\xc0\x0c\0\x2f\0\1\0\0\0\x3c\0\x0c\1b\0\0\2\x40\1\1\3\0\0\x40"
		       "\xc0\x0c\0\x32\0\1\0\0\0\x3c\0\x0d\1\1\0\x0a\2\xaa\xbb\2\1\2\0\1\x40"
		       "\xc0\x0c\0\x1d\0\1\0\0\0\x3c\0\x10\0\x12\x16\x13\x80\0\3\xe8\x7f\xff\xfc\x18\0\x98"
		       "\x95\xb8"
		       "\xc0\x0c\1\0\0\1\0\0\0\x3c\0\x06\0\1\0\2x:"
		       "\xc0\x0c\0\x2a\0\1\0\0\0\x3c\0\x06\0\1\x08\x82\x0a\0"
		       "\xc0\x0c\0\x3b\0\1\0\0\0\x3c\0\x06\0\5\x08\2\xab\xcd"),
	};

	(void)state;
	TOLD("dns", TRANSPORT_UDP, turns, "\"rdata\":\"b\",\"types\":[\"A\",\"MX\",\"TYPE273\"]",
	     "\"nsec3\":{\"algorithm\":1,\"flags\":1,\"iterations\":10,\"salt\":\"aabb\",\"next\":\"0102\","
	     "\"types\":[\"A\"]}",
	     "\"rdata\":\"0 0 1.000 N 0 0 1.000 W -2.00m\"",
	     "\"uri\":{\"priority\":1,\"weight\":2,\"target\":\"x:\"}", "\"apl\":[\"!10.0.0.0/8\"]",
	     "\"ds\":{\"key_tag\":5,\"algorithm\":8,\"digest_type\":2,\"digest\":\"abcd\"}");
}

/* Names of 24 letters and digits below tunnel.example, each once, or the same again and again. */
enum { QUERIES = 130, QUERY = 12 + 25 + 7 + 9 + 4 };
static char *told_of_names(bool same)
{
	static const char letters[] = "abcdefgh23456789";
	static uint8_t words[QUERIES][QUERY];
	struct turn turns[QUERIES];

	for (size_t i = 0; i < QUERIES; i++) {
		uint8_t *const at = words[i];

		memcpy(at, "\x12\x34\1\0\0\1\0\0\0\0\0\0\x18", 13);
		for (size_t n = 0; n < 24; n++)
			at[13 + n] = (uint8_t)letters[n % 2 == 0 ? n % 8 : 8 + n % 8];
		if (!same) {
			at[13] = (uint8_t)letters[i % 16];
			at[14] = (uint8_t)letters[i / 16];
		}
		memcpy(at + 37, "\6tunnel\7example\0\0\x10\0\1", 20);
		turns[i] = (struct turn){ SIDE_CLIENT, span_of(at, QUERY), 0 };
	}
	return talk_told("dns", TRANSPORT_UDP, turns, QUERIES);
}

static void many_names_that_could_carry_data_are_a_finding(void **state)
{
	char *const many = told_of_names(false), *const one = told_of_names(true);

	(void)state;
	assert_non_null(strstr(many,
			       "\"weakness\":\"dns-tunnel\",\"evidence\":\"100 names of up to 25 octets "
			       "were asked for below tunnel.example"));
	assert_null(strstr(one, "dns-tunnel"));
	free(many);
	free(one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_server_is_told_by_its_version),
		cmocka_unit_test(records_stand_as_eve_has_them),
		cmocka_unit_test(what_was_truncated_is_expected_over_tcp),
		cmocka_unit_test(a_zone_that_is_given_away_is_a_finding),
		cmocka_unit_test(names_that_carry_data_are_findings),
		cmocka_unit_test(a_transfer_is_told_when_it_is_over),
		cmocka_unit_test(a_transfer_that_is_cut_is_told_at_the_end),
		cmocka_unit_test(codes_and_options_of_edns_are_told),
		cmocka_unit_test(records_that_sign_and_point_are_told),
		cmocka_unit_test(many_names_that_could_carry_data_are_a_finding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
