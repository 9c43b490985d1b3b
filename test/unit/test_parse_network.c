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

/* The capture's clock says 2023, the server's 2026. */
static void a_clock_that_is_off_is_a_finding(void **state)
{
	enum { HEADER = 48, ORIGIN = 24, TRANSMIT = 40, TIME = 8 };
	struct turn turns[] = { talk_first("ntp.client.udp.chrony"), talk_first("ntp.server.udp.chrony") };
	uint8_t question[HEADER];

	(void)state;
	memcpy(question, turns[0].bytes.at, HEADER);
	memcpy(question + TRANSMIT, turns[1].bytes.at + ORIGIN, TIME); /* what it answers to */
	turns[0].bytes = span_of(question, HEADER);
	TOLD("ntp", TRANSPORT_UDP, turns, "{\"weakness\":\"ntp-clock-off\",\"evidence\":\"", " seconds off");
}

static void version_2_of_nfs_is_a_finding(void **state)
{
	const struct span first = talk_first("nfs.client.udp.specification").bytes;
	enum { VERSION_AT = 19 };
	uint8_t bytes[512];
	struct turn turns[1] = { { .side = SIDE_CLIENT } };

	(void)state;
	assert_true(span_left(first) <= sizeof(bytes));
	memcpy(bytes, first.at, span_left(first));
	bytes[VERSION_AT] = 2;
	turns[0].bytes = span_of(bytes, span_left(first));
	TOLD("nfs", TRANSPORT_UDP, turns, "\"weakness\":\"nfs-2\"");
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

static void interfaces_in_pipes_of_smb_are_told(void **state)
{
	const struct turn turns[] = {
		CLIENT("\000\000\000\130\376\123\115\102\100\000\000\000\000\000\000\000"
		       "\003\000\001\000\000\000\000\000\000\000\000\000\001\000\000\000"
		       "\000\000\000\000\000\000\000\000\000\000\000\000\011\000\000\000"
		       "\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000"
		       "\000\000\000\000\011\000\000\000\110\000\020\000\134\000\134\000"
		       "\141\000\134\000\111\000\120\000\103\000\044\000"),
		SERVER("\000\000\000\120\376\123\115\102\100\000\000\000\000\000\000\000\003"
		       "\000\001\000\001\000\000\000\000\000\000\000\001\000\000\000\000\000"
		       "\000\000\000\000\000\000\005\000\000\000\011\000\000\000\000\000\000"
		       "\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000"
		       "\020\000\002\000\000\000\000\000\000\000\000\000\000\000\000\000"),
		CLIENT("\000\000\000\204\376\123\115\102\100\000\000\000\000\000\000\000"
		       "\005\000\001\000\000\000\000\000\000\000\000\000\002\000\000\000"
		       "\000\000\000\000\000\000\000\000\005\000\000\000\011\000\000\000"
		       "\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000"
		       "\000\000\000\000\071\000\000\000\002\000\000\000\000\000\000\000"
		       "\000\000\000\000\000\000\000\000\000\000\000\000\237\001\022\000"
		       "\000\000\000\000\003\000\000\000\001\000\000\000\000\000\000\000"
		       "\170\000\014\000\000\000\000\000\000\000\000\000\163\000\162\000"
		       "\166\000\163\000\166\000\143\000"),
		SERVER("\000\000\000\230\376\123\115\102\100\000\000\000\000\000\000\000"
		       "\005\000\001\000\001\000\000\000\000\000\000\000\002\000\000\000"
		       "\000\000\000\000\000\000\000\000\005\000\000\000\011\000\000\000"
		       "\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000"
		       "\000\000\000\000\131\000\000\000\001\000\000\000\000\000\000\000"
		       "\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000"
		       "\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000"
		       "\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000"
		       "\000\000\000\000\001\002\003\004\005\006\007\010\011\012\013\014"
		       "\015\016\017\020\000\000\000\000\000\000\000\000"),
		CLIENT("\000\000\000\270\376\123\115\102\100\000\000\000\000\000\000\000"
		       "\011\000\001\000\000\000\000\000\000\000\000\000\003\000\000\000"
		       "\000\000\000\000\000\000\000\000\005\000\000\000\011\000\000\000"
		       "\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000"
		       "\000\000\000\000\061\000\160\000\110\000\000\000\000\000\000\000"
		       "\000\000\000\000\001\002\003\004\005\006\007\010\011\012\013\014"
		       "\015\016\017\020\000\000\000\000\000\000\000\000\000\000\000\000"
		       "\000\000\000\000\005\000\013\003\020\000\000\000\110\000\000\000"
		       "\001\000\000\000\270\020\270\020\000\000\000\000\001\000\000\000"
		       "\000\000\001\000\310\117\062\113\160\026\323\001\022\170\132\107"
		       "\277\156\341\210\003\000\000\000\004\135\210\212\353\034\311\021"
		       "\237\350\010\000\053\020\110\140\002\000\000\000"),
		SERVER("\000\000\000\120\376\123\115\102\100\000\000\000\000\000\000\000\011"
		       "\000\001\000\001\000\000\000\000\000\000\000\003\000\000\000\000\000"
		       "\000\000\000\000\000\000\005\000\000\000\011\000\000\000\000\000\000"
		       "\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000"
		       "\021\000\000\000\144\000\000\000\000\000\000\000\000\000\000\000"),
		CLIENT("\000\000\000\300\376\123\115\102\100\000\000\000\000\000\000\000\013"
		       "\000\001\000\000\000\000\000\000\000\000\000\004\000\000\000\000\000"
		       "\000\000\000\000\000\000\005\000\000\000\011\000\000\000\000\000\000"
		       "\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000"
		       "\071\000\000\000\027\300\021\000\001\002\003\004\005\006\007\010\011"
		       "\012\013\014\015\016\017\020\170\000\000\000\110\000\000\000\000\000"
		       "\000\000\000\000\000\000\000\000\000\000\000\004\000\000\001\000\000"
		       "\000\000\000\000\000\005\000\013\003\020\000\000\000\110\000\000\000"
		       "\001\000\000\000\270\020\270\020\000\000\000\000\001\000\000\000\000"
		       "\000\001\000\000\001\002\003\004\005\006\007\010\011\012\013\014\015"
		       "\016\017\003\000\000\000\004\135\210\212\353\034\311\021\237\350\010"
		       "\000\053\020\110\140\002\000\000\000"),
		SERVER("\000\000\000\160\376\123\115\102\100\000\000\000\000\000\000\000\013"
		       "\000\001\000\001\000\000\000\000\000\000\000\004\000\000\000\000\000"
		       "\000\000\000\000\000\000\005\000\000\000\011\000\000\000\000\000\000"
		       "\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000"
		       "\061\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000"
		       "\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000"
		       "\000\000\000\000\000\000\000\000\000\000\000\000\000\000"),
		CLIENT("\000\000\000\176\376\123\115\102\100\000\000\000\000\000\000\000\011"
		       "\000\001\000\000\000\000\000\000\000\000\000\005\000\000\000\000\000"
		       "\000\000\000\000\000\000\005\000\000\000\011\000\000\000\000\000\000"
		       "\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000"
		       "\061\000\160\000\016\000\000\000\000\000\000\000\000\000\000\000\001"
		       "\002\003\004\005\006\007\010\011\012\013\014\015\016\017\020\000\000"
		       "\000\000\000\000\000\000\000\000\000\000\000\000\000\000\005\000\000"
		       "\003\156\157\164\040\141\040\142\151\156\144"),
		SERVER("\000\000\000\120\376\123\115\102\100\000\000\000\000\000\000\000\011"
		       "\000\001\000\001\000\000\000\000\000\000\000\005\000\000\000\000\000"
		       "\000\000\000\000\000\000\005\000\000\000\011\000\000\000\000\000\000"
		       "\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000"
		       "\021\000\000\000\144\000\000\000\000\000\000\000\000\000\000\000"),
	};
	const struct turn old[] = {
		CLIENT("\000\000\000\131\377\123\115\102\242\000\000\000\000\030\007\110"
		       "\000\000\000\000\000\000\000\000\000\000\000\000\005\000\007\000"
		       "\011\000\001\000\030\377\000\000\000\000\005\000\000\000\000\000"
		       "\000\000\000\000\237\001\022\000\000\000\000\000\000\000\000\000"
		       "\000\000\000\000\003\000\000\000\001\000\000\000\000\000\000\000"
		       "\000\000\000\000\000\006\000\134\163\141\155\162\000"),
		SERVER("\000\000\000\150\377\123\115\102\242\000\000\000\000\230\007\110"
		       "\000\000\000\000\000\000\000\000\000\000\000\000\005\000\007\000"
		       "\011\000\001\000\042\377\000\000\000\000\001\100\001\000\000\000"
		       "\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000"
		       "\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000"
		       "\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000"
		       "\000\000\000\000\000\000\000\000\000\000\000\000"),
		CLIENT("\000\000\000\222\377\123\115\102\045\000\000\000\000\030\007\110\000"
		       "\000\000\000\000\000\000\000\000\000\000\000\005\000\007\000\011\000"
		       "\002\000\020\000\000\110\000\000\000\000\004\000\000\000\000\000\000"
		       "\000\000\000\000\000\000\112\000\110\000\112\000\002\000\046\000\001"
		       "\100\117\000\134\120\111\120\105\134\000\005\000\013\003\020\000\000"
		       "\000\110\000\000\000\001\000\000\000\270\020\270\020\000\000\000\000"
		       "\001\000\000\000\000\000\001\000\310\117\062\113\160\026\323\001\022"
		       "\170\132\107\277\156\341\210\003\000\000\000\004\135\210\212\353\034"
		       "\311\021\237\350\010\000\053\020\110\140\002\000\000\000"),
		SERVER("\000\000\000\067\377\123\115\102\045\000\000\000\000\230\007\110"
		       "\000\000\000\000\000\000\000\000\000\000\000\000\005\000\007\000"
		       "\011\000\002\000\012\000\000\000\000\000\000\000\000\000\000\000"
		       "\000\000\000\000\000\000\000\000\000\000\000"),
	};

	(void)state;
	TOLD("smb", TRANSPORT_TCP, turns, "\"command\":\"SMB2_COMMAND_CREATE\"",
	     "\"command\":\"SMB2_COMMAND_WRITE\",\"status\":\"STATUS_SUCCESS\","
	     "\"status_code\":\"0x0\",\"session_id\":9,"
	     "\"tree_id\":5,\"named_pipe\":\"srvsvc\",\"interfaces\":[\"srvsvc\"]}",
	     "\"command\":\"SMB2_COMMAND_IOCTL\"",
	     "\"interfaces\":[\"03020100-0504-0706-0809-0a0b0c0d0e0f\"]}", "!\"id\":5");
	TOLD("smb", TRANSPORT_TCP, old, "\"command\":\"SMB1_COMMAND_TRANSACTION\"",
	     "\"named_pipe\":\"\\\\samr\",\"interfaces\":[\"srvsvc\"]}");
}

static void a_default_community_in_a_trap_is_a_finding(void **unused)
{
	const struct turn notices[] = { CLIENT(
		"\060\100\002\001\001\004\006\160\165\142\154\151\143\247\063\002\001\001\002\001\000\002\001"
		"\000\060\050\060\015\006\010\053\006\001\002\001\001\003\000\103\001\005\060\027\006\012\053"
		"\006\001\006\003\001\001\004\001\000\006\011\053\006\001\006\003\001\001\005\003") };

	(void)unused;
	TOLD("snmp", TRANSPORT_UDP, notices, "\"weakness\":\"snmp-community-public\"", "!\"snmp_bulk\"");
}

static void bulk_transfers_are_counted(void **unused)
{
	const struct turn turns[] = {
		CLIENT("\x30\x29\2\1\1\4\6secret\xa5\x1c\2\4\1\2\3\4\2\1\0\2\1\2\x30\x0e\x30\x0c\6\x08\x2b\6"
		       "\1\2\1\1\1\0\5\0"),
		SERVER("\x30\x3b\2\1\1\4\6secret\xa2\x2e\2\4\1\2\3\4\2\1\0\2\1\0\x30\x20\x30\x0e\6\x08\x2b\6"
		       "\1\2\1\1\1\0\4\2hi\x30\x0e\6\x08\x2b\6\1\2\1\1\5\0\4\2ho"),
	};

	(void)unused;
	TOLD("snmp", TRANSPORT_UDP, turns,
	     "{\"snmp_bulk\":{\"requests\":1,\"responses\":1,\"variables\":2,\"bytes\":61}}");
}

static void times_of_version_1_and_of_nts_are_told(void **unused)
{
	static const char v1[] = "\x08\0\6\xec\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
				 "\0\0\0\0\0\0\0\0\xe8\xff\x10\x20\0\0\0\0";
	static const char nts[] = "\x24\2\6\xec\0\1\x80\0\0\0\x40\0\xc0\0\2\1\xe8\xff\x10\x10\0\0\0\0\xe8\xff"
				  "\x10\x20\0\0\0\0\xe8\xff\x10\x20\0\0\0\0\xe8\xff\x10\x20\0\0\0\0"
				  "\1\4\0\x24"
				  "0123456789abcdef0123456789abcdef"
				  "\4\4\0\x10"
				  "0123456789ab";
	static const char sha256[] = "\x24\2\6\xec\0\0\0\0\0\0\0\0\xc0\0\2\1\xe8\xff\x10\x10\0\0\0\0\xe8\xff"
				     "\x10\x20\0\0\0\0\xe8\xff\x10\x20\0\0\0\0\xe8\xff\x10\x20\0\0\0\0"
				     "\0\0\0\1"
				     "0123456789abcdef0123456789abcdef";
	const struct turn old[] = { CLIENT(v1) }, secure[] = { SERVER(nts) }, keyed[] = { SERVER(sha256) };

	(void)unused;
	TOLD("ntp", TRANSPORT_UDP, old, "\"version\":1,\"mode\":0", "\"leap\":\"none\"", "!broken");
	TOLD("ntp", TRANSPORT_UDP, secure, "\"nts\":true", "!authenticated", "\"root_delay\":\"1.500000000\"",
	     "\"root_dispersion\":\"0.250000000\"");
	TOLD("ntp", TRANSPORT_UDP, keyed, "!nts", "\"authenticated\":true");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_smb_agrees_on_is_told),
		cmocka_unit_test(shares_and_pipes_are_told),
		cmocka_unit_test(a_community_is_never_told),
		cmocka_unit_test(interfaces_in_pipes_of_smb_are_told),
		cmocka_unit_test(version_3_tells_its_level_of_security),
		cmocka_unit_test(traps_are_told),
		cmocka_unit_test(the_time_of_a_server_is_told),
		cmocka_unit_test(a_clock_that_is_off_is_a_finding),
		cmocka_unit_test(version_2_of_nfs_is_a_finding),
		cmocka_unit_test(a_list_of_clients_is_a_finding),
		cmocka_unit_test(control_that_is_answered_is_a_finding),
		cmocka_unit_test(rdp_changes_to_tls),
		cmocka_unit_test(rdp_without_tls_is_a_finding),
		cmocka_unit_test(a_default_community_in_a_trap_is_a_finding),
		cmocka_unit_test(bulk_transfers_are_counted),
		cmocka_unit_test(times_of_version_1_and_of_nts_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
