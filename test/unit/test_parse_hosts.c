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

static void associations_of_dhcpv6_are_told(void **state)
{
	const struct turn turns[] = { talk_first("dhcpv6.client.udp.specification"),
				      talk_first("dhcpv6.server.udp.specification") };

	(void)state;
	TOLD("dhcpv6", TRANSPORT_UDP, turns, "\"type\":\"solicit\"",
	     "\"ip\":\"2001:db8::50\",\"lease_time\":7200", "\"hostname\":\"alpha\"");
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
	TOLD("radius", TRANSPORT_UDP, turns, "\"user_name\":\"joe\"", "\"weakness\":\"radius-pap\"",
	     "\"weakness\":\"radius-no-message-authenticator\"", "\"framed_ip\":\"192.0.2.50\"");
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
 * order. */
static void the_first_packet_of_quic_is_opened(void **state)
{
	const struct turn turns[] = { talk_first("quic.client.udp.specification") };

	(void)state;
	TOLD("quic", TRANSPORT_UDP, turns, "{\"quic\":{\"version\":\"1\",\"sni\":\"lab.example\"",
	     "\"ja4\":\"q12d0202", "{\"done\":\"client\"}");
}

static void hellos_of_dtls_are_told(void **state)
{
	const struct turn turns[] = { talk_first("dtls.client.udp.specification"),
				      talk_first("dtls.server.udp.specification") };

	(void)state;
	TOLD("dtls", TRANSPORT_UDP, turns, "\"sni\":\"lab.example\"", "\"version\":\"DTLS 1.2\"",
	     "\"ja4\":\"dd2d0202");
}

static void a_screen_without_password_is_a_finding(void **state)
{
	const struct turn turns[] = { SERVER("RFB 003.008\n"), CLIENT("RFB 003.008\n"), SERVER("\2\1\2"),
				      CLIENT("\1") };

	(void)state;
	TOLD("rfb", TRANSPORT_TCP, turns, "\"weakness\":\"rfb-no-authentication\"",
	     "\"offered_security\":[\"none\",\"vnc_authentication\"]");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leases_are_told),
		cmocka_unit_test(associations_of_dhcpv6_are_told),
		cmocka_unit_test(tickets_with_weak_encryption_are_findings),
		cmocka_unit_test(a_password_in_radius_is_a_finding_and_not_told),
		cmocka_unit_test(the_flow_of_a_file_is_expected),
		cmocka_unit_test(names_of_the_link_are_told),
		cmocka_unit_test(each_question_of_mdns_has_its_event),
		cmocka_unit_test(a_name_is_claimed_with_its_address),
		cmocka_unit_test(addresses_in_stun_are_uncovered),
		cmocka_unit_test(the_first_packet_of_quic_is_opened),
		cmocka_unit_test(hellos_of_dtls_are_told),
		cmocka_unit_test(a_screen_without_password_is_a_finding),
		cmocka_unit_test(routes_without_proof_are_a_finding),
		cmocka_unit_test(ws_discovery_tells_devices),
		cmocka_unit_test(ws_discovery_reads_the_standard_of_2009),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
