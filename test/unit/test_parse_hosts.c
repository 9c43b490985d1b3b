/* How the protocols by which hosts find each other and their names are read, and what encrypts datagrams. */
#include "told.h"

static void leases_are_told(void **state)
{
	const struct turn turns[] = { talk_first("dhcp.client.udp.specification"),
				      talk_first("dhcp.server.udp.specification") };
	const struct turn unasked[] = { { .side = SIDE_CLIENT, .bytes = turns[1].bytes } };

	(void)state;
	TOLD("dhcp", TRANSPORT_UDP, turns, "\"dhcp_type\":\"discover\"", "\"hostname\":\"alpha\"",
	     "{\"lease\":{\"ip\":\"192.0.2.50\",\"client_mac\":\"00:00:5e:00:53:01\",\"allocation\":"
	     "\"dynamic\"",
	     "\"lease_time\":3600", "!dhcp-second-server");
	TOLD("dhcp", TRANSPORT_UDP, unasked,
	     "\"weakness\":\"dhcp-second-server\",\"evidence\":\"192.0.2.1 gives 192.0.2.50\"");
}

/* An address given to one client again and again; then another client has it. */
static void reservations_are_told_from_the_pool(void **state)
{
	struct turn turns[3];
	uint8_t bytes[3][600];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		enum { ID = 4, HARDWARE = 28 };
		const struct span first = talk_first("dhcp.server.udp.specification").bytes;
		const size_t length = span_left(first) < sizeof(bytes[i]) ? span_left(first)
									  : sizeof(bytes[i]);

		memcpy(bytes[i], first.at, length);
		bytes[i][ID] = (uint8_t)i;
		bytes[i][HARDWARE] ^= i == 2 ? 2 : 0;
		turns[i] = (struct turn){ .side = SIDE_CLIENT, .bytes = span_of(bytes[i], length) };
	}
	TOLD("dhcp", TRANSPORT_UDP, turns, "\"allocation\":\"dynamic\"", "\"observed_times\":1",
	     "\"observed\":\"reservation\",\"observed_times\":2",
	     "\"observed\":\"pool\",\"observed_times\":3");
}

static void associations_of_dhcpv6_are_told(void **state)
{
	const struct turn turns[] = { talk_first("dhcpv6.client.udp.specification"),
				      talk_first("dhcpv6.server.udp.specification") };

	(void)state;
	TOLD("dhcpv6", TRANSPORT_UDP, turns, "\"type\":\"solicit\"",
	     "\"ip\":\"2001:db8::50\",\"preferred_time\":3600,\"lease_time\":7200", "\"hostname\":\"alpha\"");
}

static void tickets_with_weak_encryption_are_findings(void **state)
{
	const struct turn turns[] = { talk_first("krb5.client.tcp.specification"),
				      talk_first("krb5.server.tcp.specification") };
	const struct turn refused[] = { talk_first("krb5.client.udp.specification"),
					talk_first("krb5.server.udp.specification") };

	(void)state;
	TOLD("krb5", TRANSPORT_TCP, turns,
	     "\"cname\":\"joe\",\"realm\":\"LAB.EXAMPLE\",\"sname\":\"krbtgt/LAB.EXAMPLE\"",
	     "\"ticket_encryption\":\"rc4-hmac\"", "\"weakness\":\"krb5-weak-encryption\"");
	TOLD("krb5", TRANSPORT_UDP, refused, "\"error_code\":\"preauthentication_required\"", "!weakness");
}

static void a_password_in_radius_is_a_finding_and_not_told(void **state)
{
	const struct turn turns[] = { talk_first("radius.client.udp.specification"),
				      talk_first("radius.server.udp.specification") };

	(void)state;
	TOLD("radius", TRANSPORT_UDP, turns, "\"user_name\":\"joe\"", "\"authentication\":\"pap\"",
	     "\"weakness\":\"radius-pap\"", "\"weakness\":\"radius-no-message-authenticator\"",
	     "\"framed_ip\":\"192.0.2.50\"");
}

/* RFC 3748 5.1; vendors once each; an identity that says to be longer than it is is none. */
static void who_answers_eap_is_told(void **state)
{
	const struct turn identity[] = { CLIENT(
		"\1\7\0U\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\1\5joe\32\12\0\0\0\11\1\4xy\32\12\0\0\001"
		"7\1\4xy\32\12\0\0\0\11\1\4xyO\14\2\1\0\12\1joe@xP\22\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0") };
	const struct turn digest[] = { CLIENT(
		"\1\7\0!\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\1\5joeO\10\1\1\0\6\4x") };
	const struct turn cut[] = { CLIENT(
		"\1\7\0/\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17O\11\2\1\0\377\1joP\22\0\0\0\0\0\0\0\0\0\0"
		"\0\0\0\0\0\0") };

	(void)state;
	TOLD("radius", TRANSPORT_UDP, identity,
	     "\"authentication\":\"eap\",\"eap\":true,\"eap_type\":\"identity\",\"eap_identity\":\"joe@x\","
	     "\"vendors\":[9,311]",
	     "!weakness");
	TOLD("radius", TRANSPORT_UDP, digest, "\"eap_type\":\"md5\"", "!eap_identity", "!vendors",
	     "\"weakness\":\"radius-no-message-authenticator\",\"evidence\":\"Access-Request without "
	     "Message-Authenticator\"");
	TOLD("radius", TRANSPORT_UDP, cut, "\"eap_type\":\"identity\"", "!eap_identity");
}

static void the_flow_of_a_file_is_expected(void **state)
{
	const struct turn turns[] = { talk_first("tftp.client.udp.specification") };
	const struct turn data[] = { SERVER("\0\3\0\1hello"), CLIENT("\0\4\0\1") };

	(void)state;
	TOLD("tftp", TRANSPORT_UDP, turns, "\"file\":\"pxelinux.0\",\"mode\":\"octet\"",
	     "{\"expect\":\"tftp\",\"transport\":17,\"address\":\"192.0.2.1\",\"port\":40000");
	TOLD("tftp", TRANSPORT_UDP, data, "\"bytes\":5,\"blocks\":1,\"complete\":true");
}

static void names_of_the_link_are_told(void **state)
{
	const struct turn mdns[] = { talk_first("mdns.client.udp.specification"),
				     talk_first("mdns.server.udp.specification") };
	const struct turn llmnr[] = { talk_first("llmnr.client.udp.specification"),
				      talk_first("llmnr.server.udp.specification") };
	const struct turn nbns[] = { talk_first("nbns.client.udp.specification"),
				     talk_first("nbns.server.udp.specification") };
	const struct turn nbdgm[] = { talk_first("nbdgm.client.udp.specification") };

	(void)state;
	TOLD("mdns", TRANSPORT_UDP, mdns, "\"rrname\":\"_ssh._tcp.local\"",
	     "\"rdata\":\"alpha._ssh._tcp.local\"");
	TOLD("llmnr", TRANSPORT_UDP, llmnr, "\"weakness\":\"llmnr\"", "\"rdata\":\"192.0.2.7\"");
	TOLD("nbns", TRANSPORT_UDP, nbns, "\"name\":\"ALPHA<20>\"", "\"addresses\":[\"192.0.2.7\"]",
	     "\"weakness\":\"nbns\"");
	TOLD("nbdgm", TRANSPORT_UDP, nbdgm, "\"source_name\":\"ALPHA<00>\",\"destination_name\":\"LAB<1d>\"");
}

static void each_question_of_mdns_has_its_event(void **state)
{
	(void)state;
	talk_udp("mdns",
		 "{\"mdns\":{\"version\":2,\"type\":\"query\",\"id\":0,\"tx_id\":0,\"flags\":\"0\","
		 "\"opcode\":0,"
		 "\"rrname\":\"a.local\",\"rrtype\":\"A\"}}\n"
		 "{\"mdns\":{\"version\":2,\"type\":\"query\",\"id\":0,\"tx_id\":0,\"flags\":\"0\","
		 "\"opcode\":0,"
		 "\"rrname\":\"b.local\",\"rrtype\":\"AAAA\"}}\n",
		 CLIENT("\0\0\0\0\0\2\0\0\0\0\0\0\1a\5local\0\0\1\0\1\1b\300\16\0\34\0\1"));
}

/* RFC 1002 4.2.2: what is claimed stands behind the question. */
static void a_name_is_claimed_with_its_address(void **state)
{
	(void)state;
	talk_udp(
		"nbns",
		"{\"nbns\":{\"type\":\"request\",\"id\":7,\"opcode\":\"registration\",\"name\":\"ALPHA<20>\","
		"\"rrtype\":\"NB\",\"broadcast\":true,\"addresses\":[\"192.0.2.7\"]}}\n",
		CLIENT("\0\7\51\20\0\1\0\0\0\0\0\1\40EBEMFAEIEBCACACACACACACACACACACA\0\0\40\0\1"
		       "\300\14\0\40\0\1\0\0\0\0\0\6\0\0\300\0\2\7"));
}

static void addresses_in_stun_are_uncovered(void **state)
{
	const struct turn turns[] = { talk_first("stun.client.udp.specification"),
				      talk_first("stun.server.udp.specification") };

	(void)state;
	TOLD("stun", TRANSPORT_UDP, turns,
	     "\"method\":\"binding\",\"class\":\"request\",\"software\":\"test\"",
	     "\"mapped_address\":\"192.0.2.1:40000\"");
}

/* The client's packet is sealed with the keys of RFC 9001 appendix A, its hello laid over two frames out of
 * order. The server's is that of A.3, octet for octet. */
#define QUIC_SERVER                                                                                          \
	"\xcf\0\0\0\1\0\x08\xf0\x67\xa5\x50\x2a\x42\x62\xb5\0\x40\x75\xc0\xd9\x5a\x48\x2c\xd0\x99\x1c\xd2"   \
	"\x5b\x0a\xac\x40\x6a\x58\x16\xb6\x39\x41\0\xf3\x7a\x1c\x69\x79\x75\x54\x78\x0b\xb3\x8c\xc5\xa9"     \
	"\x9f\x5e\xde\x4c\xf7\x3c\x3e\xc2\x49\x3a\x18\x39\xb3\xdb\xcb\xa3\xf6\xea\x46\xc5\xb7\x68\x4d\xf3"   \
	"\x54\x8e\x7d\xde\xb9\xc3\xbf\x9c\x73\xcc\x3f\x3b\xde\xd7\x4b\x56\x2b\xfb\x19\xfb\x84\x02\x2f\x8e"   \
	"\xf4\xcd\xd9\x37\x95\xd7\x7d\x06\xed\xbb\x7a\xaf\x2f\x58\x89\x18\x50\xab\xbd\xca\x3d\x20\x39\x8c"   \
	"\x27\x64\x56\xcb\xc4\x21\x58\x40\x7d\xd0\x74\xee"

static void the_first_packets_of_quic_are_opened(void **state)
{
	struct turn turns[] = { talk_first("quic.client.udp.specification"), SERVER(QUIC_SERVER) };

	(void)state;
	TOLD("quic", TRANSPORT_UDP, turns, "{\"quic\":{\"version\":\"1\",\"sni\":\"lab.example\"",
	     "\"ja4\":\"q12d0202", "\"cipher\":\"TLS_AES_128_GCM_SHA256\",\"ja3s\":{",
	     "\"string\":\"771,4865,51-43\"", "{\"done\":\"server\"}");
}

/* The seal of the first is broken: what it says is not believed. The server's answer is opened still, since
 * the id stands in the clear. */
static void a_broken_seal_tells_nothing(void **state)
{
	struct turn turns[] = { talk_first("quic.client.udp.specification"), SERVER(QUIC_SERVER) };
	uint8_t broken[2048];
	const size_t length = span_left(turns[0].bytes);

	(void)state;
	assert_true(length > 0 && length <= sizeof(broken));
	memcpy(broken, turns[0].bytes.at, length);
	broken[length - 1] ^= 1;
	turns[0].bytes = span_of(broken, length);
	TOLD("quic", TRANSPORT_UDP, turns, "{\"quic\":{\"version\":\"1\",\"cipher\":\"TLS_AES_128_GCM",
	     "!sni");
}

/* A hello over two packets, the second of which comes first. */
static void a_hello_over_packets_is_put_together(void **state)
{
	const struct turn turns[] = { talk_first("quic.client.udp.specification-second"),
				      talk_first("quic.client.udp.specification-first") };

	(void)state;
	TOLD("quic", TRANSPORT_UDP, turns, "{\"quic\":{\"version\":\"1\",\"sni\":\"split.example\"",
	     "\"alpn\":[\"h3\"]", "!cipher");
}

/* The client goes on with its handshake: the server's hello was missed, and is not waited for. */
static void what_was_missed_is_not_waited_for(void **state)
{
	const struct turn turns[] = { talk_first("quic.client.udp.specification"),
				      CLIENT("\xe0\0\0\0\1\x08identity\0\x14twenty octets sealed") };

	(void)state;
	TOLD("quic", TRANSPORT_UDP, turns, "\"sni\":\"lab.example\"", "{\"done\":\"client\"}", "!cipher");
}

#define CHLO "CHLO\3\0\0\0PAD\0\x10\0\0\0SNI\0\x1b\0\0\0UAID\x22\0\0\0----------------old.exampleBrowser"

static void the_older_quic_of_google_is_read(void **state)
{
	const struct turn q043[] = { CLIENT("\x09"
					    "abcdefghQ043\1"
					    "0123456789ab\xa0\1\4\0" CHLO) };
	const struct turn q046[] = { CLIENT("\xc3Q046\x50"
					    "abcdefgh\0\0\0\1"
					    "0123456789ab\xa0\1\4\0" CHLO) };
	const struct turn q050[] = { talk_first("quic.client.udp.specification-q050") };

	(void)state;
	TOLD("quic", TRANSPORT_UDP, q043,
	     "{\"quic\":{\"version\":\"Q043\",\"sni\":\"old.example\",\"user_agent\":\"Browser\"}}",
	     "{\"done\":\"client\"}");
	TOLD("quic", TRANSPORT_UDP, q046,
	     "{\"quic\":{\"version\":\"Q046\",\"sni\":\"old.example\",\"user_agent\":\"Browser\"}}");
	TOLD("quic", TRANSPORT_UDP, q050,
	     "{\"quic\":{\"version\":\"Q050\",\"sni\":\"old.example\",\"user_agent\":\"Browser/81.0 "
	     "Linux\"}}");
}

static void hellos_of_dtls_are_told(void **state)
{
	const struct turn turns[] = { talk_first("dtls.client.udp.specification"),
				      talk_first("dtls.server.udp.specification") };

	(void)state;
	TOLD("dtls", TRANSPORT_UDP, turns, "\"sni\":\"lab.example\"", "\"version\":\"DTLS 1.2\"",
	     "\"ja4\":\"dd2d0202");
}

static void alerts_of_dtls_are_told(void **state)
{
	const struct turn turns[] = { talk_first("dtls.client.udp.specification"),
				      SERVER("\x15\xfe\xfd\0\0\0\0\0\0\0\1\0\2\2\x28") };

	(void)state;
	TOLD("dtls", TRANSPORT_UDP, turns,
	     "\"alert\":{\"level\":\"fatal\",\"description\":\"handshake_failure\",\"code\":40}");
}

/* Behind the hellos: a record with a connection id, whose length stands where nobody else finds it. */
static void records_with_a_connection_id_are_encrypted(void **state)
{
	const struct turn turns[] = { talk_first("dtls.client.udp.specification"),
				      talk_first("dtls.server.udp.specification"),
				      CLIENT("\x19\xfe\xfd\0\1\0\0\0\0\0\0identity\0\4abcd") };

	(void)state;
	TOLD("dtls", TRANSPORT_UDP, turns, "\"version\":\"DTLS 1.2\"", "{\"done\":\"client\"}", "!broken");
}

static void a_screen_without_password_is_a_finding(void **state)
{
	const struct turn turns[] = { SERVER("RFB 003.008\n"), CLIENT("RFB 003.008\n"), SERVER("\2\1\2"),
				      CLIENT("\1") };

	(void)state;
	TOLD("rfb", TRANSPORT_TCP, turns, "\"weakness\":\"rfb-no-authentication\"",
	     "\"offered_security\":[\"none\",\"vnc_authentication\"]");
}

#define RFB_FORMAT "\40\30\0\1\0\377\0\377\0\377\20\10\0\0\0\0"

static void a_screen_is_told_with_its_name(void **state)
{
	(void)state;
	talk_tcp("rfb",
		 "{\"rfb\":{\"server_protocol_version\":\"3.8\",\"client_protocol_version\":\"3.8\","
		 "\"offered_security\":[\"vnc_authentication\"],\"authentication\":{\"security_type\":2,"
		 "\"security_name\":\"vnc_authentication\",\"security_result\":\"ok\"},\"screen_shared\":"
		 "true,\"framebuffer\":{\"width\":1024,\"height\":768,\"bits_per_pixel\":32,\"depth\":24,"
		 "\"name\":\"alpha\"}}}\n{\"done\":\"server\"}\n",
		 SERVER("RFB 003.008\n"), CLIENT("RFB 003.008\n"), SERVER("\1\2"), CLIENT("\2"),
		 SERVER("0123456789abcdef"), CLIENT("fedcba9876543210"), SERVER("\0\0\0\0"), CLIENT("\1"),
		 SERVER("\4\0\3\0" RFB_FORMAT "\0\0\0\5alpha"));
}

/* 3.3: the server decides, and nothing is said of the result where there is no password. */
static void a_screen_of_old_is_told(void **state)
{
	(void)state;
	talk_tcp("rfb",
		 "{\"weakness\":\"rfb-no-authentication\",\"evidence\":\"no password is asked for\"}\n"
		 "{\"rfb\":{\"server_protocol_version\":\"3.3\",\"client_protocol_version\":\"3.3\","
		 "\"authentication\":{\"security_type\":1,\"security_name\":\"none\"},\"screen_shared\":"
		 "false,\"framebuffer\":{\"width\":640,\"height\":480,\"bits_per_pixel\":32,\"depth\":24}}}"
		 "\n{\"done\":\"server\"}\n",
		 SERVER("RFB 003.003\n"), CLIENT("RFB 003.003\n"), SERVER("\0\0\0\1"), CLIENT("\0"),
		 SERVER("\2\200\1\340" RFB_FORMAT "\0\0\0\0"));
	talk_tcp("rfb",
		 "{\"rfb\":{\"server_protocol_version\":\"3.8\",\"client_protocol_version\":\"3.8\","
		 "\"authentication\":{\"reason\":\"too many\"}}}\n{\"done\":\"server\"}\n",
		 SERVER("RFB 003.008\n"), CLIENT("RFB 003.008\n"), SERVER("\0\0\0\0\10too many"));
}

static void a_screen_behind_tls_is_an_upgrade(void **state)
{
	(void)state;
	talk_tcp("rfb",
		 "{\"rfb\":{\"server_protocol_version\":\"3.8\",\"client_protocol_version\":\"3.8\","
		 "\"offered_security\":[\"vencrypt\",\"vnc_authentication\"],\"authentication\":{"
		 "\"security_type\":19,\"security_name\":\"vencrypt\",\"kind\":\"x509_vnc\"}}}\n"
		 "{\"upgrade\":\"tls\"}\n",
		 SERVER("RFB 003.008\n"), CLIENT("RFB 003.008\n"), SERVER("\2\23\2"), CLIENT("\23"),
		 SERVER("\0\2"), CLIENT("\0\2"), SERVER("\0\1\0\0\1\5"), CLIENT("\0\0\1\5"), SERVER("\1"));
}

static void who_is_let_in_without_a_password_is_a_finding(void **state)
{
	const struct turn queues[] = { CLIENT("CONNECT\naccept-version:1.2\nhost:/\n\n\0"),
				       SERVER("CONNECTED\nversion:1.2\n\n\0") };
	const struct turn cameras[] = { CLIENT(
		"DESCRIBE rtsp://192.0.2.2/door RTSP/1.0\r\nCSeq: 1\r\nAuthorization: "
		"Basic am9lOnNlY3JldA==\r\n\r\n") };

	(void)state;
	TOLD("stomp", TRANSPORT_TCP, queues, "\"weakness\":\"stomp-no-auth\"");
	TOLD("rtsp", TRANSPORT_TCP, cameras, "\"weakness\":\"rtsp-clear-login\"", "password of joe",
	     "!secret");
}

static void a_proxy_says_whose_connection_it_is(void **state)
{
	(void)state;
	talk_tcp("haproxy",
		 "{\"haproxy\":{\"version\":1,\"command\":\"proxy\",\"proto\":\"tcp\",\"src_ip\":\"192.0.2."
		 "1\","
		 "\"src_port\":40000,\"dest_ip\":\"198.51.100.2\",\"dest_port\":80}}\n{\"upgrade\":\"\"}\n",
		 talk_first("haproxy.client.tcp.specification"));
	talk_tcp("haproxy",
		 "{\"haproxy\":{\"version\":2,\"command\":\"proxy\",\"proto\":\"tcp\",\"src_ip\":\"2001:db8::"
		 "1\","
		 "\"src_port\":40000,\"dest_ip\":\"2001:db8::2\",\"dest_port\":443}}\n{\"upgrade\":\"\"}\n",
		 talk_first("haproxy.client.tcp.specification-2"));
	talk_tcp("haproxy",
		 "{\"haproxy\":{\"version\":2,\"command\":\"proxy\",\"proto\":\"tcp\",\"src_ip\":\"192.0.2."
		 "1\","
		 "\"src_port\":1,\"dest_ip\":\"192.0.2.2\",\"dest_port\":2,\"authority\":\"door\"}}\n{"
		 "\"upgrade\":"
		 "\"\"}\n",
		 CLIENT("\r\n\r\n\0\r\nQUIT\n\41\21\0\23\300\0\2\1\300\0\2\2\0\1\0\2\2\0\4door"),
		 CLIENT("SSH-2.0-x\r\n"));
	talk_tcp("haproxy", "{\"haproxy\":{\"version\":1,\"command\":\"unknown\"}}\n{\"upgrade\":\"\"}\n",
		 CLIENT("PROXY UNKNOWN\r\n"), CLIENT("GET / HTTP/1.1\r\n\r\n"));
	talk_tcp("haproxy", "{\"broken\":\"client\",\"at\":0}\n",
		 CLIENT("PROXY TCP4 192.0.2.1 door 1 2\r\n"));
}

static void a_display_manager_is_told(void **state)
{
	(void)state;
	talk_udp(
		"xdmcp",
		"{\"xdmcp\":{\"opcode\":\"query\"}}\n{\"weakness\":\"xdmcp-clear\",\"evidence\":\"willing "
		"alpha.lab.example\"}\n{\"xdmcp\":{\"opcode\":\"willing\",\"host\":\"alpha.lab.example\","
		"\"status\":\"2 users, load average: 0.1\"}}\n{\"xdmcp\":{\"opcode\":\"request\","
		"\"authorizations\":[\"MIT-MAGIC-COOKIE-1\"],\"display\":0,\"display_id\":\"X11\","
		"\"addresses\":"
		"[\"192.0.2.1\"]}}\n{\"xdmcp\":{\"opcode\":\"accept\",\"authorization\":\"MIT-MAGIC-COOKIE-"
		"1\","
		"\"session\":305419896}}\n{\"xdmcp\":{\"opcode\":\"manage\",\"display\":0,\"display_class\":"
		"\"MIT-unspecified\",\"session\":305419896}}\n{\"xdmcp\":{\"opcode\":\"keep_alive\","
		"\"display\":0,"
		"\"session\":305419896}}\n{\"xdmcp\":{\"opcode\":\"alive\",\"session\":305419896,\"running\":"
		"true}}\n",
		talk_first("xdmcp.client.udp.specification"), talk_first("xdmcp.server.udp.specification"),
		talk_first("xdmcp.client.udp.specification-request"),
		talk_first("xdmcp.server.udp.specification-accept"),
		talk_first("xdmcp.client.udp.specification-manage"),
		talk_first("xdmcp.client.udp.specification-keep-alive"),
		talk_first("xdmcp.server.udp.specification-alive"));
}

static void routes_without_proof_are_a_finding(void **state)
{
	const struct turn turns[] = { talk_first("rip.client.udp.specification"),
				      talk_first("rip.server.udp.specification") };

	(void)state;
	TOLD("rip", TRANSPORT_UDP, turns, "\"first_route\":\"198.51.100.0\"",
	     "\"weakness\":\"rip-no-authentication\"");
}

static void ws_discovery_tells_devices(void **unused)
{
	(void)unused;
	talk_udp("ws-discovery",
		 "{\"ws_discovery\":{\"version\":\"2005/"
		 "04\",\"action\":\"Probe\",\"message_id\":\"urn:uuid:d75d5e76-e5ae-11f1-9683-ce1d3693502e\","
		 "\"types\":[\"wsdp:Device\"]}}\n"
		 "{\"ws_discovery\":{\"version\":\"2005/"
		 "04\",\"action\":\"Resolve\",\"message_id\":\"urn:uuid:d75e6e60-e5ae-11f1-9683-"
		 "ce1d3693502e\",\"addresses\":[\"urn:uuid:e5e61fb5-d685-5b50-9ba7-acb6e6962ef3\"]}}\n"
		 "{\"weakness\":\"ws-discovery-unicast\",\"evidence\":\"ProbeMatches of "
		 "urn:uuid:e5e61fb5-d685-5b50-9ba7-acb6e6962ef3\"}\n"
		 "{\"ws_discovery\":{\"version\":\"2005/"
		 "04\",\"action\":\"ProbeMatches\",\"message_id\":\"urn:uuid:d75e4fac-e5ae-11f1-92ec-"
		 "42a4f69845ab\",\"relates_to\":\"urn:uuid:d75d5e76-e5ae-11f1-9683-ce1d3693502e\",\"types\":["
		 "\"wsdp:Device\",\"pub:Computer\"],\"addresses\":[\"urn:uuid:e5e61fb5-d685-5b50-9ba7-"
		 "acb6e6962ef3\"]}}\n",
		 talk_first("ws-discovery.client.udp.wsdd"),
		 talk_first("ws-discovery.client.udp.wsdd-resolve"),
		 talk_first("ws-discovery.server.udp.wsdd"));
}

static void ws_discovery_reads_the_standard_of_2009(void **unused)
{
	(void)unused;
	talk_udp(
		"ws-discovery",
		"{\"ws_discovery\":{\"version\":\"2009/"
		"01\",\"action\":\"ResolveMatches\",\"relates_to\":\"urn:uuid:1\",\"types\":[\"dn:"
		"NetworkVideoTransmitter\",\"tds:Device\"],\"scopes\":[\"onvif://www.onvif.org/name/"
		"Gate\"],\"addresses\":[\"urn:uuid:2\"],\"xaddrs\":[\"http://192.0.2.9/onvif/"
		"device_service\"]}}\n",
		SERVER("\xef\xbb\xbf<?xml version='1.0'?><!-- <a> -->\n<s:Envelope "
		       "xmlns:s='s'><s:Header><a:Action>\n "
		       "http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01/ResolveMatches </a:Action>"
		       "<a:RelatesTo>urn:uuid:1</a:RelatesTo></"
		       "s:Header><s:Body><d:ResolveMatches><d:ResolveMatch>"
		       "<a:EndpointReference><a:Address>urn:uuid:2</a:Address></a:EndpointReference>"
		       "<d:Types>dn:NetworkVideoTransmitter tds:Device</d:Types>"
		       "<d:Scopes>onvif://www.onvif.org/name/Gate</d:Scopes><d:XAddrs>http://192.0.2.9/onvif/"
		       "device_service</d:XAddrs></d:ResolveMatch></d:ResolveMatches></s:Body></"
		       "s:Envelope>"));
}

static void rip_tells_how_routes_are_proved(void **unused)
{
	(void)unused;
	talk_udp("rip",
		 "{\"weakness\":\"rip-clear-password\",\"evidence\":\"1 routes with a password in the "
		 "clear\"}\n"
		 "{\"rip\":{\"command\":\"response\",\"version\":2,\"routes\":1,\"first_route\":\"198.51.100."
		 "0\","
		 "\"first_mask\":\"255.255.255.0\",\"first_next_hop\":\"192.0.2.7\",\"first_metric\":3,"
		 "\"authenticated\":true,\"authentication\":\"simple_password\"}}\n",
		 CLIENT("\2\2\0\0\xff\xff\0\2secret\0\0\0\0\0\0\0\0\0\0"
			"\0\2\0\0\xc6\x33\x64\0\xff\xff\xff\0\xc0\0\2\7\0\0\0\3"));
	/* HMAC-SHA-256: the digest of 32 octets makes the datagram no multiple of entries. */
	talk_udp("rip",
		 "{\"rip\":{\"command\":\"response\",\"version\":2,\"routes\":1,\"first_route\":\"198.51.100."
		 "0\","
		 "\"first_mask\":\"255.255.255.0\",\"first_metric\":16,\"authenticated\":true,"
		 "\"authentication\":\"digest\"}}\n",
		 CLIENT("\2\2\0\0\xff\xff\0\3\0\x2c\1\x20\0\0\0\1\0\0\0\0\0\0\0\0"
			"\0\2\0\0\xc6\x33\x64\0\xff\xff\xff\0\0\0\0\0\0\0\0\x10"
			"\xff\xff\0\1"
			"0123456789abcdef0123456789abcdef"));
}

static void windows_of_blocks_count_once(void **unused)
{
	(void)unused;
	talk_udp("tftp",
		 "{\"tftp\":{\"packet\":\"data\",\"blksize\":8,\"windowsize\":2,\"timeout\":3,\"bytes\":27,"
		 "\"blocks\":4,\"complete\":true}}\n",
		 SERVER("\0\6multicast\0,,\0blksize\0"
			"8\0windowsize\0"
			"2\0timeout\0"
			"3\0"),
		 CLIENT("\0\4\0\0"), SERVER("\0\3\0\1abcdefgh"), SERVER("\0\3\0\2abcdefgh"),
		 CLIENT("\0\4\0\2"), SERVER("\0\3\0\1abcdefgh"), SERVER("\0\3\0\2abcdefgh"),
		 SERVER("\0\3\0\4abc"), CLIENT("\0\4\0\2"), SERVER("\0\3\0\3abcdefgh"), SERVER("\0\3\0\4abc"),
		 CLIENT("\0\4\0\4"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leases_are_told),
		cmocka_unit_test(reservations_are_told_from_the_pool),
		cmocka_unit_test(associations_of_dhcpv6_are_told),
		cmocka_unit_test(tickets_with_weak_encryption_are_findings),
		cmocka_unit_test(a_password_in_radius_is_a_finding_and_not_told),
		cmocka_unit_test(who_answers_eap_is_told),
		cmocka_unit_test(the_flow_of_a_file_is_expected),
		cmocka_unit_test(names_of_the_link_are_told),
		cmocka_unit_test(each_question_of_mdns_has_its_event),
		cmocka_unit_test(a_name_is_claimed_with_its_address),
		cmocka_unit_test(addresses_in_stun_are_uncovered),
		cmocka_unit_test(the_first_packets_of_quic_are_opened),
		cmocka_unit_test(a_broken_seal_tells_nothing),
		cmocka_unit_test(a_hello_over_packets_is_put_together),
		cmocka_unit_test(what_was_missed_is_not_waited_for),
		cmocka_unit_test(the_older_quic_of_google_is_read),
		cmocka_unit_test(hellos_of_dtls_are_told),
		cmocka_unit_test(alerts_of_dtls_are_told),
		cmocka_unit_test(records_with_a_connection_id_are_encrypted),
		cmocka_unit_test(a_screen_without_password_is_a_finding),
		cmocka_unit_test(a_screen_is_told_with_its_name),
		cmocka_unit_test(a_screen_of_old_is_told),
		cmocka_unit_test(a_screen_behind_tls_is_an_upgrade),
		cmocka_unit_test(who_is_let_in_without_a_password_is_a_finding),
		cmocka_unit_test(a_proxy_says_whose_connection_it_is),
		cmocka_unit_test(a_display_manager_is_told),
		cmocka_unit_test(routes_without_proof_are_a_finding),
		cmocka_unit_test(ws_discovery_tells_devices),
		cmocka_unit_test(ws_discovery_reads_the_standard_of_2009),
		cmocka_unit_test(rip_tells_how_routes_are_proved),
		cmocka_unit_test(windows_of_blocks_count_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
