/* What is read of databases' clients, flow records and clocks: words built to the specifications. */
#include "talk.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void oracle_tells_who_asks_for_what(void **unused)
{
	(void)unused;
	talk_tcp("oracle",
		 "{\"oracle\":{\"version\":318,\"service_name\":\"orders\",\"program\":\"sqlplus\",\"host\":"
		 "\"alp"
		 "ha\",\"user\":\"anna\",\"result\":\"accepted\",\"accepted_version\":314}}\n"
		 "{\"done\":\"server\"}\n",
		 talk_first("oracle.client.tcp.specification"),
		 talk_first("oracle.server.tcp.specification"));
}

static void oracle_tells_refusals(void **unused)
{
	(void)unused;
	talk_tcp("oracle",
		 "{\"software\":\"server\",\"product\":\"Oracle Database\",\"version\":\"19.0.0.0.0\"}\n"
		 "{\"oracle\":{\"version\":318,\"service_name\":\"orders\",\"program\":\"sqlplus\",\"host\":"
		 "\"alp"
		 "ha\",\"user\":\"anna\",\"result\":\"refused\",\"server_version\":\"19.0.0.0.0\",\"error\":"
		 "\"1251"
		 "4\"}}\n"
		 "{\"done\":\"server\"}\n",
		 talk_first("oracle.client.tcp.specification"),
		 talk_first("oracle.server.tcp.specification-refuse"));
}

static void cassandra_tells_logins_but_no_password(void **unused)
{
	(void)unused;
	talk_tcp("cassandra",
		 "{\"software\":\"client\",\"product\":\"Example Driver\",\"version\":\"3.25.0\"}\n"
		 "{\"weakness\":\"cassandra-clear-login\",\"evidence\":\"login of user anna\"}\n"
		 "{\"cassandra\":{\"version\":4,\"cql_version\":\"3.0.0\",\"driver_name\":\"Example "
		 "Driver\",\""
		 "driver_version\":\"3.25.0\",\"authenticator\":\"org.apache.cassandra.auth.PasswordAuth"
		 "enticator\",\"user\":\"anna\",\"requests\":2,\"responses\":3,\"operations\":{\"startup\":1,"
		 "\"a"
		 "uth_response\":1,\"supported\":1,\"authenticate\":1,\"error\":1},\"errors\":{\"bad_credent"
		 "ials\":1}}}\n",
		 talk_first("cassandra.client.tcp.specification-startup"),
		 talk_first("cassandra.server.tcp.specification"),
		 talk_first("cassandra.server.tcp.specification-error"));
}

/* Drivers begin with a version of DataStax Enterprise; a server without it says so, and they begin again. */
static void cassandra_is_offered_another_version_first(void **unused)
{
	(void)unused;
	talk_tcp("cassandra",
		 "{\"software\":\"client\",\"product\":\"Apache Cassandra Node.js "
		 "Driver\",\"version\":\"4.10.0\"}\n"
		 "{\"cassandra\":{\"version\":66,\"cql_version\":\"3.0.0\",\"driver_name\":\"Apache "
		 "Cassandra Node.js "
		 "Driver\",\"driver_version\":\"4.10.0\",\"application\":\"porter\",\"requests\":1,"
		 "\"responses\":1,"
		 "\"operations\":{\"startup\":1,\"error\":1},\"errors\":{\"protocol_error\":1}}}\n",
		 talk_first("cassandra.client.tcp.nodejs"),
		 SERVER("\xc2\0\0\1\0\0\0\0\x1e\0\0\0\x0a\0\x18Invalid protocol version"));
}

/* "native_protocol_v5" 2: two messages in a frame, and one message in two frames. */
static void cassandra_reads_frames_of_version_five(void **unused)
{
	(void)unused;
	talk_tcp("cassandra",
		 "{\"weakness\":\"cassandra-clear-login\",\"evidence\":\"login of user anna\"}\n"
		 "{\"cassandra\":{\"version\":5,\"cql_version\":\"3.0.0\",\"authenticator\":\"org.apache."
		 "cassandra.auth."
		 "PasswordAuthenticator\",\"user\":\"anna\",\"requests\":5,\"responses\":4,\"operations\":{"
		 "\"startup\":1,"
		 "\"authenticate\":1,\"auth_response\":1,\"auth_success\":1,\"query\":3,\"result\":1,"
		 "\"error\":1},"
		 "\"errors\":{\"invalid\":1}}}\n",
		 CLIENT("\5\0\0\1\1\0\0\0\26\0\1\0\13CQL_VERSION\0\0053.0.0"),
		 SERVER("\205\0\0\1\3\0\0\0001\0/org.apache.cassandra.auth.PasswordAuthenticator"),
		 CLIENT("\31\0\2\1\2\3\5\0\0\1\17\0\0\0\20\0\0\0\14\0anna\0secret\1\2\3\4"),
		 SERVER("\15\0\2\1\2\3\205\0\0\1\20\0\0\0\4\377\377\377\377\1\2\3\4"),
		 CLIENT(":\0\2\1\2\3\5\0\0\1\7\0\0\0\24\0\0\0\11SELECT "
			"1;\0\1\0\0\0\0\0\5\0\0\1\7\0\0\0\24\0\0\0\11"
			"SELECT 1;\0\1\0\0\0\0\0\1\2\3\4"),
		 SERVER("B\0\2\1\2\3\205\0\0\1\10\0\0\0("
			"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
			"\0\0\0\0\0\0\0\0\0\0\0\205\0\0\1\0\0\0\0\10\0\0\42\0\0\2no\1\2\3\4"),
		 CLIENT("\36\0\0\1\2\3\5\0\0\1\7\0\0\0<\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\2\3\4'"
			"\0\0\1\2"
			"\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\2"
			"\3\4"));
}

/* What is compressed is stepped over, what is not is read; bits that are never set end it. */
static void cassandra_steps_over_what_is_compressed(void **unused)
{
	(void)unused;
	talk_tcp("cassandra",
		 "{\"cassandra\":{\"version\":5,\"cql_version\":\"3.0.0\",\"compression\":\"lz4\","
		 "\"requests\":2,\"responses\":1,"
		 "\"operations\":{\"startup\":1,\"ready\":1,\"query\":1}}}\n"
		 "{\"broken\":\"server\",\"at\":9}\n",
		 CLIENT("\5\0\0\1\1\0\0\0(\0\2\0\13CQL_VERSION\0\0053.0.0\0\13COMPRESSION\0\3lz4"),
		 SERVER("\205\0\0\1\2\0\0\0\0"), CLIENT("\6\0\310\0\4\1\2\3xyzxyz\1\2\3\4"),
		 CLIENT("\35\0\0\0\4\1\2\3\5\0\0\1\7\0\0\0\24\0\0\0\11SELECT 1;\0\1\0\0\0\0\0\1\2\3\4"),
		 SERVER("\1\0\0\0\377\0\0\0\0\0\0\0\0"));
}

/* The client is expected at an address; what has a name only is told and not expected. */
static void oracle_announces_where_it_sends_to(void **unused)
{
	(void)unused;
	talk_tcp("oracle",
		 "{\"expect\":\"oracle\",\"transport\":6,\"address\":\"192.0.2.5\",\"port\":1522,\"other\":"
		 "\"192.0.2.1\","
		 "\"waiting\":\"server\"}\n"
		 "{\"oracle\":{\"result\":\"redirected\",\"redirect\":\"(ADDRESS=(PROTOCOL=tcp)(HOST=192.0.2."
		 "5)(PORT=1522))\"}}\n"
		 "{\"done\":\"server\"}\n",
		 SERVER("\0=\0\0\5\0\0\0\0003(ADDRESS=(PROTOCOL=tcp)(HOST=192.0.2.5)(PORT=1522))"));
	talk_tcp("oracle",
		 "{\"oracle\":{\"result\":\"redirected\",\"redirect\":\"(ADDRESS=(PROTOCOL=tcp)(HOST=alpha)("
		 "PORT=1522))\"}}\n"
		 "{\"done\":\"server\"}\n",
		 SERVER("\0009\0\0\5\0\0\0\0/(ADDRESS=(PROTOCOL=tcp)(HOST=alpha)(PORT=1522))"));
	talk_tcp("oracle",
		 "{\"oracle\":{\"result\":\"redirected\",\"redirect\":\"(ADDRESS=(HOST=192.0.2.5)(PORT=70000)"
		 ")\"}}\n"
		 "{\"done\":\"server\"}\n",
		 SERVER("\0000\0\0\5\0\0\0\0&(ADDRESS=(HOST=192.0.2.5)(PORT=70000))"));
}

static void netflow_counts_flows(void **unused)
{
	(void)unused;
	talk_udp("netflow",
		 "{\"netflow\":{\"version\":5,\"source_id\":1,\"sequence\":18,\"packets\":2,\"flows\":3}}\n",
		 talk_first("netflow.client.udp.specification"),
		 talk_first("netflow.server.udp.specification"));
}

static void netflow_counts_templates_and_sets(void **unused)
{
	(void)unused;
	talk_udp("netflow",
		 "{\"netflow\":{\"version\":9,\"source_id\":42,\"sequence\":7,\"packets\":1,\"templates\":1,"
		 "\"d"
		 "ata_sets\":1}}\n",
		 talk_first("netflow.client.udp.specification-9"));
}

static void sflow_counts_samples(void **unused)
{
	(void)unused;
	talk_udp("sflow",
		 "{\"sflow\":{\"version\":5,\"agent\":\"192.0.2.9\",\"sub_agent\":0,\"sequence\":22,"
		 "\"packets\":"
		 "2,\"flow_samples\":1,\"counter_samples\":2,\"sampling_rate\":512}}\n",
		 talk_first("sflow.client.udp.specification"), talk_first("sflow.server.udp.specification"));
}

static void ptp_tells_the_grandmaster(void **unused)
{
	(void)unused;
	talk_udp("ptp",
		 "{\"ptp\":{\"version\":\"2.0\",\"domain\":0,\"clock_identity\":\"001122fffe334455\",\"port_"
		 "num"
		 "ber\":1,\"messages\":{\"sync\":1,\"announce\":1,\"delay_resp\":1},\"grandmaster_identity\":"
		 "\"001122fffe334455\",\"priority1\":128,\"priority2\":127,\"clock_class\":6,\"clock_accura"
		 "cy\":33,\"steps_removed\":0,\"time_source\":32}}\n",
		 talk_first("ptp.client.udp.specification-sync"), talk_first("ptp.client.udp.specification"),
		 talk_first("ptp.server.udp.specification"));
}

/* Frames, the short ones filled up: a clock announces itself, the same with another number is no news, and
 * with another priority is. Version 2.1 leaves the control field at zero. */
#define PTP(type, version, length, control)                                                                  \
	type version "\0" length                                                                             \
		     "\7\0\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x11\x22\xff\xfe\x33\x44\x55\0\1\0\7" control "\0"
#define PTP_TIME "\0\0\0\0\0\1\0\0\0\2"
#define PTP_ANNOUNCE(priority)                                                                               \
	PTP("\x0b", "\2", "\x40", "\5")                                                                      \
	PTP_TIME "\0\x25\0" priority "\xf8\xfe\xff\xff\x80\0\x11\x22\xff\xfe\x33\x44\x55\0\1\xa0"

static void ptp_in_frames_tells_what_is_new(void **unused)
{
	(void)unused;
	talk("ptp", 0,
	     "{\"ptp\":{\"version\":\"2.0\",\"domain\":7,\"clock_identity\":\"001122fffe334455\",\"port_"
	     "number\":1,"
	     "\"messages\":{\"announce\":1},\"grandmaster_identity\":\"001122fffe334455\",\"priority1\":100,"
	     "\"priority2\":128,\"clock_class\":248,\"clock_accuracy\":254,\"steps_removed\":1,"
	     "\"time_source\":160}}\n"
	     "{\"ptp\":{\"version\":\"2.1\",\"domain\":7,\"clock_identity\":\"001122fffe334455\",\"port_"
	     "number\":1,"
	     "\"messages\":{\"sync\":1}}}\n"
	     "{\"ptp\":{\"version\":\"2.0\",\"domain\":7,\"clock_identity\":\"001122fffe334455\",\"port_"
	     "number\":1,"
	     "\"messages\":{\"announce\":1},\"grandmaster_identity\":\"001122fffe334455\",\"priority1\":99,"
	     "\"priority2\":128,\"clock_class\":248,\"clock_accuracy\":254,\"steps_removed\":1,"
	     "\"time_source\":160}}\n"
	     "{\"broken\":\"client\",\"at\":284}\n",
	     TURNS(CLIENT(PTP_ANNOUNCE("\x64")), CLIENT(PTP("\x10", "\x12", "\x2c", "\0") PTP_TIME "\0\0"),
		   CLIENT(PTP_ANNOUNCE("\x64")), CLIENT(PTP("\x10", "\x12", "\x2c", "\0") PTP_TIME "\0\0"),
		   CLIENT(PTP_ANNOUNCE("\x63")), CLIENT(PTP("\x0b", "\2", "\x40", "\5") PTP_TIME)));
}

static void opcua_tells_that_nothing_is_secured(void **unused)
{
	(void)unused;
	talk_tcp("opcua",
		 "{\"weakness\":\"opcua-no-security\",\"evidence\":\"security policy None at opc.tcp://pl"
		 "c.example:4840/\"}\n"
		 "{\"opcua\":{\"version\":0,\"endpoint_url\":\"opc.tcp://plc.example:4840/\",\"security_pol"
		 "icy\":\"None\",\"requests\":1,\"responses\":0,\"services\":{\"read\":1}}}\n",
		 talk_first("opcua.client.tcp.specification"), talk_first("opcua.server.tcp.specification"));
}

/* Heard from its middle on, what is asked shows that nothing is encrypted. */
static void opcua_is_read_from_its_middle(void **unused)
{
	(void)unused;
	talk_tcp("opcua",
		 "{\"opcua\":{\"version\":0,\"requests\":1,\"responses\":0,\"services\":{\"read\":1}}}\n",
		 talk_first("opcua.client.tcp.specification-middle"));
}

static void opcua_tells_errors(void **unused)
{
	(void)unused;
	talk_tcp("opcua",
		 "{\"opcua\":{\"version\":0,\"requests\":0,\"responses\":0,\"error\":2156068864,\"reason\":"
		 "\"un"
		 "known endpoint\"}}\n",
		 talk_first("opcua.server.tcp.specification-error"));
}

/* OPC 10000-4 7.41: a user whose password is shown, one whose password is not, and nobody; then a list of
 * certificates without end. */
static void opcua_tells_users(void **unused)
{
	(void)unused;
	talk_tcp("opcua",
		 "{\"weakness\":\"opcua-no-security\",\"evidence\":\"security policy None at \"}\n"
		 "{\"weakness\":\"opcua-clear-login\",\"evidence\":\"password of user joe\"}\n"
		 "{\"opcua\":{\"version\":0,\"security_policy\":\"None\",\"requests\":1,\"responses\":0,"
		 "\"services\":{\"activate_session\":1},\"identity\":\"user_name\",\"user\":\"joe\"}}\n",
		 CLIENT("OPNFO\0\0\0\0\0\0\0/\0\0\0http://opcfoundation.org/UA/"
			"SecurityPolicy#None\377\377\377\377"
			"\377\377\377\377\1\0\0\0\1\0\0\0"),
		 CLIENT("MSGF\177\0\0\0\1\0\0\0\1\0\0\0\2\0\0\0\2\0\0\0\1\0\323\1\2\1\0\5\0\0\0\0\0\0\0\0\0\0"
			"\0\7\0"
			"\0\0\0\0\0\0\377\377\377\377\350\3\0\0\0\0\0\377\377\377\377\377\377\377\377\377\377"
			"\377\377"
			"\1\0\0\0\2\0\0\0en\1\0D\1\1\32\0\0\0\1\0\0\0p\3\0\0\0joe\6\0\0\0sesame\377\377\377"
			"\377\377"
			"\377\377\377\377\377\377\377"));
	talk_tcp("opcua",
		 "{\"weakness\":\"opcua-no-security\",\"evidence\":\"security policy None at \"}\n"
		 "{\"opcua\":{\"version\":0,\"security_policy\":\"None\",\"requests\":1,\"responses\":0,"
		 "\"services\":{\"activate_session\":1},\"identity\":\"user_name\",\"user\":\"joe\"}}\n",
		 CLIENT("OPNFO\0\0\0\0\0\0\0/\0\0\0http://opcfoundation.org/UA/"
			"SecurityPolicy#None\377\377\377\377"
			"\377\377\377\377\1\0\0\0\1\0\0\0"),
		 CLIENT("MSGF\250\0\0\0\1\0\0\0\1\0\0\0\2\0\0\0\2\0\0\0\1\0\323\1\2\1\0\5\0\0\0\0\0\0\0\0\0\0"
			"\0\7\0"
			"\0\0\0\0\0\0\377\377\377\377\350\3\0\0\0\0\0\377\377\377\377\377\377\377\377\377\377"
			"\377\377"
			"\1\0\0\0\2\0\0\0en\1\0D\1\1C\0\0\0\1\0\0\0p\3\0\0\0joe\6\0\0\0sesame)\0\0\0http://"
			"www.w3."
			"org/2001/04/xmlenc#rsa-oaep\377\377\377\377\377\377\377\377"));
	talk_tcp("opcua",
		 "{\"weakness\":\"opcua-no-security\",\"evidence\":\"security policy None at \"}\n"
		 "{\"opcua\":{\"version\":0,\"security_policy\":\"None\",\"requests\":1,\"responses\":0,"
		 "\"services\":{\"activate_session\":1},\"identity\":\"anonymous\"}}\n",
		 CLIENT("OPNFO\0\0\0\0\0\0\0/\0\0\0http://opcfoundation.org/UA/"
			"SecurityPolicy#None\377\377\377\377"
			"\377\377\377\377\1\0\0\0\1\0\0\0"),
		 CLIENT("MSGFr\0\0\0\1\0\0\0\1\0\0\0\2\0\0\0\2\0\0\0\1\0\323\1\2\1\0\5\0\0\0\0\0\0\0\0\0\0\0"
			"\7\0\0"
			"\0\0\0\0\0\377\377\377\377\350\3\0\0\0\0\0\377\377\377\377\377\377\377\377\377\377"
			"\377\377"
			"\1\0\0\0\2\0\0\0en\1\0A\1\1\15\0\0\0\11\0\0\0anonymous\377\377\377\377\377\377\377"
			"\377"));
	talk_tcp("opcua",
		 "{\"weakness\":\"opcua-no-security\",\"evidence\":\"security policy None at \"}\n"
		 "{\"opcua\":{\"version\":0,\"security_policy\":\"None\",\"requests\":1,\"responses\":0,"
		 "\"services\":{\"activate_session\":1}}}\n",
		 CLIENT("OPNFO\0\0\0\0\0\0\0/\0\0\0http://opcfoundation.org/UA/"
			"SecurityPolicy#None\377\377\377\377"
			"\377\377\377\377\1\0\0\0\1\0\0\0"),
		 CLIENT("MSGFr\0\0\0\1\0\0\0\1\0\0\0\2\0\0\0\2\0\0\0\1\0\323\1\2\1\0\5\0\0\0\0\0\0\0\0\0\0\0"
			"\7\0\0"
			"\0\0\0\0\0\377\377\377\377\350\3\0\0\0\0\0\377\377\377\377\377\377\377\377\0\0\0\177"
			"\1\0\0"
			"\0\2\0\0\0en\1\0A\1\1\15\0\0\0\11\0\0\0anonymous\377\377\377\377\377\377\377\377"));
}

static void enip_tells_what_is_changed(void **unused)
{
	(void)unused;
	talk_tcp("enip",
		 "{\"weakness\":\"enip-clear-write\",\"evidence\":\"service 16 (set_attribute_single)\"}\n"
		 "{\"enip\":{\"requests\":3,\"responses\":1,\"commands\":{\"register_session\":1,\"send_rr_da"
		 "ta\":2},\"services\":{\"get_attribute_single\":1,\"set_attribute_single\":1}}}\n",
		 talk_first("enip.client.tcp.specification"), talk_first("enip.server.tcp.specification"));
}

static void enip_tells_the_device(void **unused)
{
	(void)unused;
	talk_udp(
		"enip",
		"{\"software\":\"server\",\"product\":\"1756-L61/B \",\"version\":\"20.11\"}\n"
		"{\"enip\":{\"requests\":1,\"responses\":1,\"commands\":{\"list_identity\":1},\"vendor_id\":1"
		",\"device_type\":14,\"product_code\":55,\"revision\":\"20.11\",\"serial\":12648430,\"produc"
		"t_name\":\"1756-L61/B \"}}\n",
		talk_first("enip.client.udp.specification"), talk_first("enip.server.udp.specification"));
}

static void iec104_is_read_from_its_middle(void **unused)
{
	(void)unused;
	talk_tcp("iec104",
		 "{\"iec104\":{\"frames\":3,\"common_address\":5,\"types\":{\"C_IC_NA_1\":1,"
		 "\"M_ME_NC_1\":1}}}\n",
		 talk_first("iec104.client.tcp.specification-middle"),
		 SERVER("\x68\x12\2\0\4\0\x0d\1\3\0\5\0\1\0\0\0\0\x80\x3f\0"));
}

static void iec104_tells_commands(void **unused)
{
	(void)unused;
	talk_tcp("iec104",
		 "{\"weakness\":\"iec104-clear-control\",\"evidence\":\"type 45 (C_SC_NA_1) to object 16 "
		 "of station 3\"}\n"
		 "{\"iec104\":{\"frames\":7,\"common_address\":3,\"functions\":{\"startdt_act\":1,\"testfr_ac"
		 "t\":1,\"startdt_con\":1},\"types\":{\"C_IC_NA_1\":2,\"C_SC_NA_1\":1,\"M_SP_NA_1\":1}}}\n",
		 talk_first("iec104.client.tcp.specification"),
		 talk_first("iec104.server.tcp.specification"));
}

static void enip_looks_into_connections_and_lists_of_services(void **unused)
{
	(void)unused;
	talk_tcp("enip",
		 "{\"weakness\":\"enip-clear-write\",\"evidence\":\"service 77 (write_tag)\"}\n"
		 "{\"enip\":{\"requests\":2,\"responses\":0,\"commands\":{\"register_session\":1,\"send_unit_"
		 "data\":1},\"services\":{\"multiple_service\":1,\"read_tag\":1,\"write_tag\":1}}}\n",
		 CLIENT("\x65\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0"),
		 CLIENT("\x70\0\x2a\0\x44\x33\x22\x11\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
			"\0\0\0\0\0\0\2\0\xa1\0\4\0\1\2\3\4\xb1\0\x16\0"
			"\1\0\x0a\2\x20\2\x24\1\2\0\6\0\x0a\0\x4c\1\x91\0\x4d\1\x91\0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(oracle_tells_who_asks_for_what),
		cmocka_unit_test(oracle_tells_refusals),
		cmocka_unit_test(cassandra_tells_logins_but_no_password),
		cmocka_unit_test(cassandra_is_offered_another_version_first),
		cmocka_unit_test(cassandra_reads_frames_of_version_five),
		cmocka_unit_test(cassandra_steps_over_what_is_compressed),
		cmocka_unit_test(oracle_announces_where_it_sends_to),
		cmocka_unit_test(opcua_tells_users),
		cmocka_unit_test(netflow_counts_flows),
		cmocka_unit_test(netflow_counts_templates_and_sets),
		cmocka_unit_test(sflow_counts_samples),
		cmocka_unit_test(ptp_tells_the_grandmaster),
		cmocka_unit_test(ptp_in_frames_tells_what_is_new),
		cmocka_unit_test(opcua_tells_that_nothing_is_secured),
		cmocka_unit_test(opcua_is_read_from_its_middle),
		cmocka_unit_test(opcua_tells_errors),
		cmocka_unit_test(enip_tells_what_is_changed),
		cmocka_unit_test(enip_tells_the_device),
		cmocka_unit_test(iec104_is_read_from_its_middle),
		cmocka_unit_test(iec104_tells_commands),
		cmocka_unit_test(enip_looks_into_connections_and_lists_of_services),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
