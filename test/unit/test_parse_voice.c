/* What is read of telephones and of remote hands: H.323, Skinny, TeamViewer, SoftEther, fragments of DTLS. */
#include "told.h"

static void calls_of_h323_are_followed(void **unused)
{
	const struct turn turns[] = { talk_first("h323.client.tcp.specification"),
				      talk_first("h323.server.tcp.specification") };
	const struct turn busy[] = {
		CLIENT("\3\0\0\x14\x08\2\0\7\5\x28\2Al\x70\5\x81"
		       "2002"),
		SERVER("\3\0\0\x0d\x08\2\x80\7\x5a\x08\2\x80\x91"),
	};
	const struct turn other[] = { CLIENT("\3\0\0\x09\x08\2\0\7\1"), CLIENT("\3\0\0\4"),
				      SERVER("\3\0\0\x0b\6\xe0\0\0\0\0\0") };

	(void)unused;
	TOLD("h323", TRANSPORT_TCP, turns,
	     "{\"h323\":{\"protocol\":\"q931\",\"message\":\"setup\",\"call_reference\":4660,\"from\":"
	     "\"calling\","
	     "\"version\":4,\"calling_number\":\"1001\",\"called_number\":\"2002\",\"calling_alias\":"
	     "\"alice\","
	     "\"called_alias\":\"2002\",\"display\":\"Alice\"}}\n",
	     "{\"software\":\"client\",\"product\":\"ohphone\",\"version\":\"1.4\"}",
	     "{\"call\":{\"event\":\"call\",\"call_id\":\"4660\",\"from\":\"1001\",\"to\":\"2002\"}}",
	     "\"weakness\":\"h323-clear\",\"evidence\":\"a call from 1001 to 2002\"",
	     "\"message\":\"release_complete\",\"call_reference\":4660,\"from\":\"calling\",\"version\":4,"
	     "\"cause\":16");
	TOLD("h323", TRANSPORT_TCP, busy, "\"message\":\"setup\"",
	     "{\"call\":{\"event\":\"busy\",\"call_id\":\"7\",\"from\":\"Al\",\"to\":\"2002\",\"code\":17}}");
	TOLD("h323", TRANSPORT_TCP, other, "\"message\":\"alerting\"", "{\"broken\":\"server\",\"at\":0}",
	     "!call\":{");
}

static void a_call_that_is_answered_has_a_length(void **unused)
{
	const struct turn setup = CLIENT("\3\0\0\x0b\x08\2\0\7\5\x28\0"),
			  connect = SERVER("\3\0\0\x09\x08\2\x80\7\7"),
			  ring = SERVER("\3\0\0\x09\x08\2\x80\7\1"),
			  end = CLIENT("\3\0\0\x0d\x08\2\0\7\x5a\x08\2\x80\x90");
	const struct turn turns[] = { setup, ring, connect, end, end };

	(void)unused;
	TOLD("h323", TRANSPORT_TCP, turns, "\"event\":\"ringing\",\"call_id\":\"7\"",
	     "\"event\":\"answered\"", "\"event\":\"ended\",\"call_id\":\"7\",\"code\":16,\"duration\":0}");
}

static void channels_of_a_fast_start_are_announced(void **unused)
{
	const struct turn turns[] = { talk_first("h323.client.tcp.specification-fast"),
				      talk_first("h323.server.tcp.specification-fast") };

	(void)unused;
	TOLD("h323", TRANSPORT_TCP, turns,
	     "\"control_address\":\"192.0.2.1\",\"control_port\":5100,\"control\":[\"terminal_capability_"
	     "set\","
	     "\"master_slave_determination\"],\"channels\":[{\"channel\":1,\"direction\":\"forward\","
	     "\"media\":"
	     "\"audio\",\"codec\":\"g711u\",\"rtcp_address\":\"192.0.2.1\",\"rtcp_port\":5001},",
	     "{\"channel\":2,\"direction\":\"reverse\",\"media\":\"audio\",\"codec\":\"g7231\",\"rtp_"
	     "address\":"
	     "\"192.0.2.1\",\"rtp_port\":5000,\"rtcp_address\":\"192.0.2.1\",\"rtcp_port\":5001}",
	     "{\"channel\":3,\"direction\":\"forward\",\"media\":\"video\",\"codec\":\"h263\",\"rtcp_"
	     "address\":"
	     "\"2001:db8::7\",\"rtcp_port\":6001}",
	     "\"message\":\"progress\",\"call_reference\":4660,\"from\":\"called\",\"version\":4,"
	     "\"control_address\":\"2001:db8::7\",\"control_port\":5201,\"channels\":[{\"channel\":1,",
	     "\"message\":\"connect\",\"call_reference\":4660,\"from\":\"called\",\"version\":4,"
	     "\"control_address\":\"192.0.2.2\",\"control_port\":5200,\"control\":[\"terminal_capability_set_"
	     "ack\"],"
	     "\"channels\":[{\"channel\":1,\"direction\":\"forward\",\"media\":\"audio\",\"codec\":\"g711u\","
	     "\"rtp_address\":\"192.0.2.2\",\"rtp_port\":7000",
	     "\"message\":\"facility\",\"call_reference\":4660,\"from\":\"called\",\"version\":4,"
	     "\"control_address\":\"192.0.2.2\",\"control_port\":5202}",
	     "\"message\":\"release_complete\",\"call_reference\":4660,\"from\":\"calling\",\"version\":4,"
	     "\"cause\":"
	     "16,\"control\":[\"end_session\"]}");
}

static void logical_channels_of_h245_are_announced(void **unused)
{
	const struct turn turns[] = { talk_first("h323.client.tcp.specification-control"),
				      talk_first("h323.server.tcp.specification-control") };
	/* A request of an unknown number behind one that is known. */
	const struct turn later[] = { talk_first("h323.client.tcp.specification-control"),
				      CLIENT("\3\0\0\6\x0f\x80") };

	(void)unused;
	TOLD("h323", TRANSPORT_TCP, turns,
	     "{\"h323\":{\"protocol\":\"h245\",\"message\":\"master_slave_determination\"}}\n",
	     "{\"h323\":{\"protocol\":\"h245\",\"message\":\"open_logical_channel\",\"channels\":[{"
	     "\"channel\":257,"
	     "\"direction\":\"forward\",\"media\":\"audio\",\"codec\":\"g729ab\",\"rtcp_address\":\"192.0.2."
	     "1\","
	     "\"rtcp_port\":5003}]}}\n",
	     "\"codec\":\"h264\"", "\"codec\":\"h261\",\"rtcp_address\":\"192.0.2.1\",\"rtcp_port\":5007",
	     "\"message\":\"user_input\"", "\"message\":\"end_session\"",
	     "{\"channel\":9,\"direction\":\"reverse\",\"rtp_address\":\"192.0.2.2\",\"rtp_port\":7006,",
	     "{\"channel\":258,\"direction\":\"forward\",\"rtp_address\":\"239.0.0.1\",\"rtp_port\":7004}",
	     "!broken");
	TOLD("h323", TRANSPORT_TCP, later, "\"message\":\"end_session\"", "\"broken\":\"client\"");
}

static void gatekeepers_are_told(void **unused)
{
	const struct turn turns[] = { talk_first("h323.client.udp.specification-discovery"),
				      talk_first("h323.client.udp.specification"),
				      talk_first("h323.server.udp.specification") };
	const struct turn admission[] = { CLIENT("\x24\x88\0\x0a"), CLIENT("\xff\xff") };

	(void)unused;
	TOLD("h323", TRANSPORT_UDP, turns,
	     "{\"h323\":{\"protocol\":\"ras\",\"message\":\"gatekeeper_request\",\"request\":1,\"version\":5}"
	     "}",
	     "{\"h323\":{\"protocol\":\"ras\",\"message\":\"registration_request\",\"request\":7,\"version\":"
	     "4,"
	     "\"calling_alias\":\"alice\",\"signal_address\":\"192.0.2.1\",\"signal_port\":1720}}",
	     "\"message\":\"registration_confirm\",\"request\":7,\"version\":4");
	TOLD("h323", TRANSPORT_UDP, admission, "\"message\":\"admission_request\",\"request\":11",
	     "{\"broken\":\"client\",\"at\":4}");
}

static void telephones_of_cisco_are_told(void **unused)
{
	const struct turn registration[] = { talk_first("skinny.client.tcp.specification"),
					     talk_first("skinny.server.tcp.specification") };
	const struct turn call[] = { talk_first("skinny.client.tcp.specification-dialling"),
				     talk_first("skinny.server.tcp.specification-call") };
	const struct turn newer[] = { talk_first("skinny.server.tcp.specification-newer") };

	(void)unused;
	TOLD("skinny", TRANSPORT_TCP, registration,
	     "{\"weakness\":\"skinny-clear\",\"evidence\":\"register\"}\n",
	     "{\"skinny\":{\"message\":\"register\",\"device\":\"SEP001122334455\"}}",
	     "{\"skinny\":{\"message\":\"register_ack\"}}",
	     "{\"skinny\":{\"message\":\"end\",\"messages\":{\"register\":1,\"capabilities\":1,\"keep_"
	     "alive\":"
	     "1,"
	     "\"register_ack\":1,\"capabilities_request\":1,\"keep_alive_ack\":1}}}");
	TOLD("skinny", TRANSPORT_TCP, call, "{\"skinny\":{\"message\":\"on_hook\",\"dialled\":\"2002\"}}",
	     "{\"skinny\":{\"message\":\"call_state\",\"state\":\"ring_out\",\"line\":1,\"call_reference\":"
	     "77}"
	     "}",
	     "{\"skinny\":{\"message\":\"call_info\",\"line\":1,\"call_reference\":77,\"calling_number\":"
	     "\"1001\","
	     "\"calling_name\":\"Alice\",\"called_number\":\"2002\",\"called_name\":\"Bob\"}}",
	     "\"media_address\":\"192.0.2.9\",\"media_port\":16384",
	     "{\"expect\":\"rtp\",\"transport\":17,\"address\":\"192.0.2.9\",\"port\":16384");
	TOLD("skinny", TRANSPORT_TCP, newer, "\"media_address\":\"192.0.2.9\",\"media_port\":9399",
	     "\"calling_number\":\"321\",\"calling_name\":\"Ann\",\"called_number\":\"307\",\"called_name\":"
	     "\"Ben\"");
	talk_tcp("skinny", "{\"broken\":\"client\",\"at\":0}\n", CLIENT("\377\377\377\377\0\0\0\0\0\0\0\0"));
}

static void remote_hands_are_told(void **unused)
{
	const struct turn stream[] = { talk_first("teamviewer.client.tcp.specification"),
				       talk_first("teamviewer.server.tcp.specification") };
	const struct turn datagrams[] = { talk_first("teamviewer.client.udp.specification"),
					  talk_first("teamviewer.server.udp.specification") };

	(void)unused;
	TOLD("teamviewer", TRANSPORT_TCP, stream,
	     "{\"teamviewer\":{\"commands\":{\"identify\":2,\"master_command\":1,\"master_response\":1},"
	     "\"messages_toserver\":2,\"messages_toclient\":2}}");
	TOLD("teamviewer", TRANSPORT_UDP, datagrams, "\"commands\":{\"ping\":1,\"ping_ok\":1}");
	talk_tcp("teamviewer", "{\"broken\":\"client\",\"at\":0}\n", CLIENT("\x17\x25\x0a"));
}

static void softether_finds_its_way(void **unused)
{
	const struct turn turns[] = { talk_first("softether.client.udp.specification"),
				      talk_first("softether.server.udp.specification") };

	(void)unused;
	TOLD("softether", TRANSPORT_UDP, turns,
	     "{\"softether\":{\"opcode\":\"nat_traversal\",\"hostname\":\"alpha\"}}",
	     "{\"softether\":{\"public_address\":\"198.51.100.7\",\"public_port\":40000}}");
}

#define RECORD "\x16\xfe\xfd\0\0\0\0\0\0\0"
#define RANDOM "0123456789abcdef0123456789abcdef"

/* A hello of 70 octets in three parts, the last before the others, and one of them twice. */
static void fragments_of_dtls_are_put_together(void **unused)
{
	const struct turn turns[] = {
		SERVER(RECORD "\1\0\x14\2\0\0\x48\0\0\0\0\x40\0\0\x08\0\0\0\0\0\0\0\0"),
		SERVER(RECORD "\2\0\x2e\2\0\0\x48\0\0\0\0\0\0\0\x22\xfe\xfd" RANDOM),
		SERVER(RECORD "\2\0\x2e\2\0\0\x48\0\0\0\0\0\0\0\x22\xfe\xfd" RANDOM),
		SERVER(RECORD "\3\0\x2a\2\0\0\x48\0\0\0\0\x22\0\0\x1e\x20"
			      "0123456789abcdef0123456789ab"
			      "c"),
	};
	const struct turn lost[] = { turns[0], turns[1] };

	(void)unused;
	TOLD("dtls", TRANSPORT_UDP, turns, "\"version\":\"DTLS 1.2\"", "\"cipher\":");
	TOLD("dtls", TRANSPORT_UDP, lost, "!cipher");
}

static void tunnels_in_http_are_named(void **unused)
{
	const struct turn cisco[] = { CLIENT("CONNECT /CSCOSSLC/tunnel HTTP/1.1\r\nHost: vpn.example\r\n"
					     "X-CSTP-Version: 1\r\n\r\n") };
	const struct turn ether[] = { CLIENT(
		"POST /vpnsvc/connect.cgi HTTP/1.1\r\nContent-Length: 0\r\n\r\n") };
	const struct turn web[] = { CLIENT("GET /vpn HTTP/1.1\r\n\r\n") };

	(void)unused;
	TOLD("http", TRANSPORT_TCP, cisco, "\"tunnel\":\"anyconnect\"");
	TOLD("http", TRANSPORT_TCP, ether, "\"tunnel\":\"softether\"");
	TOLD("http", TRANSPORT_TCP, web, "!tunnel");
}

static void mumble_tells_what_a_pong_says(void **unused)
{
	(void)unused;
	talk_udp("mumble",
		 "{\"mumble\":{\"version\":\"1.3.4\",\"users\":2,\"users_most\":7,\"bandwidth\":64000}}\n"
		 "{\"software\":\"server\",\"product\":\"Mumble server\",\"version\":\"1.3.4\"}\n"
		 "{\"mumble\":{\"version\":\"1.3.4\",\"users\":3,\"users_most\":7,\"bandwidth\":64000}}\n",
		 CLIENT("\0\0\0\0doorward"), SERVER("\0\1\3\4doorward\0\0\0\2\0\0\0\7\0\0\372\0"),
		 CLIENT("\0\0\0\0portward"), SERVER("\0\1\3\4portward\0\0\0\2\0\0\0\7\0\0\372\0"),
		 CLIENT("\0\0\0\0portward"), SERVER("\0\1\3\4portward\0\0\0\3\0\0\0\7\0\0\372\0"));
}

static void mumble_over_udp_is_pings_alone(void **unused)
{
	(void)unused;
	talk_udp("mumble", "{\"broken\":\"client\",\"at\":3}\n", CLIENT("\1\10\1"), SERVER("\1\10\1"),
		 CLIENT("\0\0\0\0doorwards"));
}

static void mumble_tells_versions_where_tls_ended_before(void **unused)
{
	(void)unused;
	talk_tcp("mumble",
		 "{\"mumble\":{\"client_release\":\"1.3.4\",\"server_release\":\"1.4.0\"}}\n"
		 "{\"done\":\"server\"}\n",
		 CLIENT("\0\0\0\0\0\013\10\204\206\4\022\0051.3.4"),
		 SERVER("\0\0\0\0\0\013\10\200\210\4\022\0051.4.0"));
	talk_tcp("mumble", "{\"broken\":\"client\",\"at\":0}\n", CLIENT("\0\0\0\0\377\377\10\1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_of_h323_are_followed),
		cmocka_unit_test(channels_of_a_fast_start_are_announced),
		cmocka_unit_test(logical_channels_of_h245_are_announced),
		cmocka_unit_test(a_call_that_is_answered_has_a_length),
		cmocka_unit_test(gatekeepers_are_told),
		cmocka_unit_test(telephones_of_cisco_are_told),
		cmocka_unit_test(remote_hands_are_told),
		cmocka_unit_test(softether_finds_its_way),
		cmocka_unit_test(fragments_of_dtls_are_put_together),
		cmocka_unit_test(tunnels_in_http_are_named),
		cmocka_unit_test(mumble_tells_what_a_pong_says),
		cmocka_unit_test(mumble_over_udp_is_pings_alone),
		cmocka_unit_test(mumble_tells_versions_where_tls_ended_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
