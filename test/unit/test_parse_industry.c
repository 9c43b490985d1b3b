/* What is read of calls, of windows, of small devices and of coordinators. */
#include "talk.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void rtp_counts_what_is_lost(void **unused)
{
	(void)unused;
	talk_udp("rtp",
		 "{\"rtp\":{\"to_server\":[{\"ssrc\":\"0x11223344\",\"payload_type\":0,\"codec\":\"PCMU\","
		 "\"packets\":3,\"bytes\":12,\"lost\":1,\"jitter_us\":3550}],\"to_client\":[{\"ssrc\":"
		 "\"0x55223344\",\"payload_type\":96,\"packets\":2,\"bytes\":4,\"lost\":0}]}}\n",
		 CLIENT("\x80\0\0\1\0\0\0\xa0\x11\x22\x33\x44"
			"abcd"),
		 CLIENT("\x80\0\0\2\0\0\1\x40\x11\x22\x33\x44"
			"abcd"),
		 CLIENT("\x80\0\0\4\0\0\2\x80\x11\x22\x33\x44"
			"abcd"),
		 SERVER("\x80\x60\xff\xff\0\0\0\xa0\x55\x22\x33\x44"
			"ab"),
		 SERVER("\x80\x60\0\0\0\0\1\x40\x55\x22\x33\x44"
			"ab"));
}

static void rtcp_reports(void **unused)
{
	(void)unused;
	talk_udp("rtcp",
		 "{\"rtcp\":{\"packets\":{\"receiver_report\":1,\"source_description\":1,\"sender_report\":1}"
		 ",\"client\":{\"ssrc\":\"0x11223344\",\"cname\":\"alpha@example\",\"lost\":9,\"fraction_"
		 "lost\":12,\"jitter\":55},\"server\":{\"ssrc\":\"0x55667788\"}}}\n",
		 talk_first("rtcp.client.udp.specification"), talk_first("rtcp.server.udp.specification"));
}

static void hsrp_with_the_delivered_password(void **unused)
{
	(void)unused;
	talk_udp("hsrp",
		 "{\"hsrp\":{\"version\":1,\"operation\":\"hello\",\"state\":\"active\",\"group\":1,"
		 "\"priority\":110,\"hello_ms\":3000,\"hold_ms\":10000,\"virtual_address\":\"192.0.2.1\","
		 "\"authentication\":\"password\"}}\n"
		 "{\"weakness\":\"hsrp-default-password\",\"evidence\":\"group 1\"}\n",
		 talk_first("hsrp.client.udp.specification"), talk_first("hsrp.client.udp.specification"));
}

static void hsrp_of_version_two(void **unused)
{
	(void)unused;
	talk_udp("hsrp",
		 "{\"hsrp\":{\"version\":2,\"operation\":\"hello\",\"state\":\"active\",\"group\":7,"
		 "\"priority\":120,\"hello_ms\":3000,\"hold_ms\":10000,\"virtual_address\":\"192.0.2.254\","
		 "\"authentication\":\"password\"}}\n"
		 "{\"weakness\":\"hsrp-clear-password\",\"evidence\":\"group 7\"}\n",
		 talk_first("hsrp.server.udp.specification-2"));
}

/* The same without a word that proves anything, and with a digest. */
static void hsrp_without_authentication(void **unused)
{
	(void)unused;
	talk_udp("hsrp",
		 "{\"hsrp\":{\"version\":2,\"operation\":\"hello\",\"state\":\"active\",\"group\":7,"
		 "\"priority\":120,\"hello_ms\":3000,\"hold_ms\":10000,\"virtual_address\":\"192.0.2.254\","
		 "\"authentication\":\"none\"}}\n"
		 "{\"weakness\":\"hsrp-no-authentication\",\"evidence\":\"group 7\"}\n",
		 CLIENT("\1(\2\0\6\4\0\7\0\0\0\0\0\0\0\0\0x\0\0\13\270\0\0'"
			"\20\300\0\2\376\0\0\0\0\0\0\0\0\0\0\0\0"));
	talk_udp("hsrp",
		 "{\"hsrp\":{\"version\":2,\"operation\":\"hello\",\"state\":\"active\",\"group\":7,"
		 "\"priority\":120,\"hello_ms\":3000,\"hold_ms\":10000,\"virtual_address\":\"192.0.2.254\","
		 "\"authentication\":\"md5\"}}\n",
		 CLIENT("\1(\2\0\6\4\0\7\0\0\0\0\0\0\0\0\0x\0\0\13\270\0\0'"
			"\20\300\0\2\376\0\0\0\0\0\0\0\0\0\0\0\0"
			"\4\34\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"));
}

static void x11_admits_without_a_cookie(void **unused)
{
	(void)unused;
	talk_tcp("x11",
		 "{\"software\":\"server\",\"product\":\"The X.Org Foundation\"}\n"
		 "{\"weakness\":\"x11-no-auth\",\"evidence\":\"a client without a cookie was admitted\"}\n"
		 "{\"weakness\":\"x11-clear\",\"evidence\":\"a client was admitted\"}\n"
		 "{\"x11\":{\"byte_order\":\"little\",\"result\":\"success\",\"vendor\":\"The X.Org "
		 "Foundation\",\"release\":12101007}}\n"
		 "{\"done\":\"server\"}\n",
		 talk_first("x11.client.tcp.xclient"), talk_first("x11.server.tcp.xvfb"));
}

static void x11_refuses(void **unused)
{
	(void)unused;
	talk_tcp("x11",
		 "{\"x11\":{\"byte_order\":\"little\",\"result\":\"failed\",\"reason\":\"No protocol "
		 "specified\\n\"}}\n"
		 "{\"done\":\"server\"}\n",
		 talk_first("x11.client.tcp.xclient"), talk_first("x11.server.tcp.specification-failed"));
}

/* Settings of both, a GET of /a/b?c with a token, an answer of 20 octets, a
 * ping and its answer. */
static void coap_over_a_stream_is_read(void **unused)
{
	(void)unused;
	talk_tcp("coap",
		 "{\"coap\":{\"requests\":{\"GET\":1},\"responses\":{\"2.05\":1,\"4.04\":1},\"signals\":{"
		 "\"settings\":2,\"ping\":1,\"pong\":1},\"hosts\":[\"door\"],\"paths\":[\"/a/b?c\"]}}\n",
		 CLIENT("\x30\xe1\x22\4\0"), SERVER("\x30\xe1\x22\4\0"),
		 CLIENT("\xb1\1T\x34"
			"door\x81"
			"a\1"
			"b\x41"
			"c"),
		 SERVER("\xd1\7\x45T\xc0\xff"
			"eighteen octets 18"),
		 SERVER("\0\x84"), CLIENT("\0\xe2"), SERVER("\0\xe3"));
	talk_tcp("coap", "{\"coap\":{\"signals\":{\"settings\":1}}}\n{\"broken\":\"client\",\"at\":5}\n",
		 CLIENT("\x30\xe1\x22\4\0\x0f\1"));
}

static void coap_asks(void **unused)
{
	(void)unused;
	talk_udp("coap",
		 "{\"coap\":{\"requests\":{\"GET\":2},\"responses\":{\"2.05\":1,\"4.04\":1},\"hosts\":["
		 "\"localhost\"],\"paths\":[\"/.well-known/core\",\"/sensors/"
		 "temp?rt=abc\"],\"observe\":true}}\n",
		 talk_first("coap.client.udp.specification"), talk_first("coap.server.udp.specification"),
		 talk_first("coap.client.udp.specification-observe"),
		 talk_first("coap.server.udp.specification-missing"));
}

static void rtmp_connects(void **unused)
{
	(void)unused;
	talk_tcp("rtmp",
		 "{\"rtmp\":{\"app\":\"live\",\"tc_url\":\"rtmp://media.example.org/live\"}}\n"
		 "{\"done\":\"client\"}\n",
		 talk_first("rtmp.client.tcp.specification"));
}

static void rtp_leaves_control_packets_out(void **unused)
{
	(void)unused;
	talk_udp("rtp",
		 "{\"rtp\":{\"to_server\":[{\"ssrc\":\"0x11223344\",\"payload_type\":0,\"codec\":\"PCMU\","
		 "\"packets\":1,\"bytes\":4,\"lost\":0,\"jitter_us\":0}]}}\n",
		 CLIENT("\x80\0\0\1\0\0\0\xa0\x11\x22\x33\x44"
			"abcd"),
		 CLIENT("\x8f\xcd\0\3\x11\x22\x33\x44\x55\x66\x77\x88\0\1\0\1"),
		 SERVER("\x80\xc9\0\1\x55\x66\x77\x88\0\0\0\0"));
}

static void rtcp_reports_what_came_twice(void **unused)
{
	(void)unused;
	talk_udp("rtcp",
		 "{\"rtcp\":{\"packets\":{\"receiver_report\":1},\"client\":{\"ssrc\":\"0x11223344\","
		 "\"lost\":-1,\"fraction_lost\":0,\"jitter\":7}}}\n",
		 CLIENT("\x81\xc9\0\7\x11\x22\x33\x44\x55\x66\x77\x88\0\xff\xff\xff\0\0\1\0\0\0\0\7"
			"\0\0\0\0\0\0\0\0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rtp_counts_what_is_lost),
		cmocka_unit_test(rtcp_reports),
		cmocka_unit_test(hsrp_with_the_delivered_password),
		cmocka_unit_test(hsrp_of_version_two),
		cmocka_unit_test(hsrp_without_authentication),
		cmocka_unit_test(x11_admits_without_a_cookie),
		cmocka_unit_test(x11_refuses),
		cmocka_unit_test(coap_asks),
		cmocka_unit_test(coap_over_a_stream_is_read),
		cmocka_unit_test(rtmp_connects),
		cmocka_unit_test(rtp_leaves_control_packets_out),
		cmocka_unit_test(rtcp_reports_what_came_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
