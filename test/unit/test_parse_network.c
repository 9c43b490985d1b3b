/* How conversations of the network's own services are read: SNMP, NTP, RDP, SMB. */
#include "told.h"

static void a_community_is_never_told(void **state)
{
	const struct turn turns[] = { talk_first("snmp.client.udp.snmpget-v1") };
	const struct turn public[] = {
		CLIENT("\x30\x29\2\1\1\4\6public\xa0\x1c\2\4\1\2\3\4\2\1\0\2\1\0\x30\x0e\x30\x0c\6\x08\x2b\6"
		       "\1\2\1\1\1\0\5\0"),
		SERVER("\x30\x2b\2\1\1\4\6public\xa2\x1e\2\4\1\2\3\4\2\1\0\2\1\0\x30\x10\x30\x0e\6\x08\x2b\6"
		       "\1\2\1\1\1\0\4\2hi"),
	};
	const struct turn notices[] = { CLIENT(
		"\060\100\002\001\001\004\006\160\165\142\154\151\143\247\063\002\001\001\002\001\000\002\001"
		"\000\060\050\060\015\006\010\053\006\001\002\001\001\003\000\103\001\005\060\027\006\012\053"
		"\006\001\006\003\001\001\004\001\000\006\011\053\006\001\006\003\001\001\005\003") };

	(void)state;
	TOLD("snmp", TRANSPORT_UDP, turns, "\"version\":1", "\"community\":\"***\"",
	     "\"weakness\":\"snmp-v1\"", "!public");
	TOLD("snmp", TRANSPORT_UDP, public, "\"pdu_type\":\"get_request\"",
	     "\"vars\":[\"1.3.6.1.2.1.1.1.0\"]", "\"weakness\":\"snmp-community-public\"",
	     "!\"community\":\"public\"");
	TOLD("snmp", TRANSPORT_UDP, notices, "\"pdu_type\":\"trap_v2\"",
	     "\"trap_oid\":\"1.3.6.1.6.3.1.1.5.3\"");
}

static void version_3_tells_its_level_of_security(void **state)
{
	const struct turn turns[] = { talk_first("snmp.client.udp.snmpget-v3"),
				      talk_first("snmp.server.udp.net-snmp") };

	(void)state;
	TOLD("snmp", TRANSPORT_UDP, turns, "\"version\":3", "\"security_level\":\"noAuthNoPriv\"",
	     "!\"weakness\":\"snmp-v1\"");
}

static void traps_are_told(void **state)
{
	const struct turn turns[] = { talk_first("snmp.client.udp.snmptrap-v1") };

	(void)state;
	TOLD("snmp", TRANSPORT_UDP, turns, "\"pdu_type\":\"trap_v1\"", "\"trap_type\":");
}

static void the_time_of_a_server_is_told(void **state)
{
	const struct turn turns[] = { talk_first("ntp.client.udp.chrony"),
				      talk_first("ntp.server.udp.chrony") };

	(void)state;
	TOLD("ntp", TRANSPORT_UDP, turns, "\"mode_name\":\"client\"", "\"mode_name\":\"server\"",
	     "\"stratum\":");
}

static void a_list_of_clients_is_a_finding(void **state)
{
	const struct turn turns[] = { CLIENT("\x17\0\3\x2a\0\0\0\0"), SERVER("\x97\0\3\x2a\0\1\0\4abcd") };

	(void)state;
	TOLD("ntp", TRANSPORT_UDP, turns,
	     "{\"weakness\":\"ntp-monlist\",\"evidence\":\"1 clients in one answer\"}",
	     "\"request_code\":42,\"items\":1");
}

static void control_that_is_answered_is_a_finding(void **state)
{
	const struct turn turns[] = {
		CLIENT("\x16\2\0\1\0\0\0\0\0\0\0\0"),
		SERVER("\x16\x82\0\1\6\0\0\0\0\0\0\x18"
		       "version=\"ntpd 4.2.6p5\", \n"),
	};

	(void)state;
	TOLD("ntp", TRANSPORT_UDP, turns, "\"weakness\":\"ntp-control\"",
	     "{\"software\":\"server\",\"product\":\"ntpd\",\"version\":\"4.2.6p5\"}");
}

static void rdp_changes_to_tls(void **state)
{
	const struct turn turns[] = { talk_first("rdp.client.tcp.freerdp"),
				      talk_first("rdp.server.tcp.xrdp") };

	(void)state;
	TOLD("rdp", TRANSPORT_TCP, turns, "\"event_type\":\"initial_request\"",
	     "\"event_type\":\"initial_response\"", "{\"upgrade\":\"tls\"}");
}

static void rdp_without_tls_is_a_finding(void **state)
{
	const struct turn turns[] = {
		CLIENT("\3\0\0\x1f\x1a\xe0\0\0\0\0\0"
		       "Cookie: mstshash=j\r\n"),
		SERVER("\3\0\0\x0b\6\xd0\0\0\x12\x34\0"),
	};

	(void)state;
	TOLD("rdp", TRANSPORT_TCP, turns, "\"cookie\":\"j\"", "\"weakness\":\"rdp-standard-security\"",
	     "\"protocol\":\"rdp\"");
}

static void what_smb_agrees_on_is_told(void **state)
{
	const struct turn turns[] = { talk_first("smb.client.tcp.smbclient"),
				      talk_first("smb.server.tcp.samba") };
	const struct turn old[] = { talk_first("smb.client.tcp.smbclient-smb1"),
				    talk_first("smb.server.tcp.samba-smb1") };

	(void)state;
	TOLD("smb", TRANSPORT_TCP, turns, "\"command\":\"SMB2_COMMAND_NEGOTIATE_PROTOCOL\"",
	     "\"dialect\":", "\"weakness\":\"smb-signing-not-required\"", "!\"smb-1\"");
	TOLD("smb", TRANSPORT_TCP, old, "\"weakness\":\"smb-1\"",
	     "\"command\":\"SMB1_COMMAND_NEGOTIATE_PROTOCOL\"");
}

#define SMB2(command, response, message, tree)                                                               \
	"\xfeSMB\x40\0\0\0\0\0\0\0" command "\0\1\0" response "\0\0\0\0\0\0\0" message                       \
	"\0\0\0\0\0\0\0\0\0\0\0" tree "\0\0\0\7\0\0\0\0\0\0\0"                                               \
	"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

static void shares_and_pipes_are_told(void **state)
{
	const struct turn turns[] = {
		CLIENT("\0\0\0\x52" SMB2("\3", "\0", "\1", "\0") "\x09\0\0\0\x48\0\x0a\0"
								 "I\0P\0C\0$\0\0\0"),
		SERVER("\0\0\0\x50" SMB2("\3", "\1", "\1", "\5") "\x10\0\2\0\0\0\0\0\0\0\0\0\0\0\0\0"),
		CLIENT("\0\0\0\x80" SMB2(
			"\5", "\0", "\2",
			"\5") "\x39\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
			      "\x9f\1\2\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\x78\0\x08\0\0\0\0\0\0\0\0\0"
			      "s\0a\0m\0r\0"),
		SERVER("\0\0\0\x42" SMB2("\5", "\1", "\2", "\5") "\x59\0"),
	};

	(void)state;
	TOLD("smb", TRANSPORT_TCP, turns, "\"share\":\"IPC$\",\"share_type\":\"PIPE\"",
	     "\"named_pipe\":\"samr\"", "\"disposition\":\"FILE_OPEN\",\"access\":\"0x2019f\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_smb_agrees_on_is_told),
		cmocka_unit_test(shares_and_pipes_are_told),
		cmocka_unit_test(a_community_is_never_told),
		cmocka_unit_test(version_3_tells_its_level_of_security),
		cmocka_unit_test(traps_are_told),
		cmocka_unit_test(the_time_of_a_server_is_told),
		cmocka_unit_test(a_list_of_clients_is_a_finding),
		cmocka_unit_test(control_that_is_answered_is_a_finding),
		cmocka_unit_test(rdp_changes_to_tls),
		cmocka_unit_test(rdp_without_tls_is_a_finding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
