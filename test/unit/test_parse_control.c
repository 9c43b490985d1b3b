/* What is read of doors that control, debug or watch a program: words of real programs where they can be had,
 * and words built to the specifications. */
#include "talk.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void apcupsd_tells_the_supply(void **unused)
{
	(void)unused;
	talk_tcp("apcupsd",
		 "{\"software\":\"server\",\"product\":\"apcupsd\",\"version\":\"3.14.14\"}\n"
		 "{\"apcupsd\":{\"commands\":[\"status\"],\"version\":\"3.14.14\",\"hostname\":\"beta.lab."
		 "example\","
		 "\"ups\":\"beta.lab.example\",\"status\":\"COMMLOST\",\"lines\":19}}\n",
		 talk_first("apcupsd.client.tcp.specification"), talk_first("apcupsd.server.tcp.apcupsd"));
}

static void apcupsd_counts_what_happened(void **unused)
{
	(void)unused;
	talk_tcp("apcupsd", "{\"apcupsd\":{\"commands\":[\"events\"],\"lines\":2}}\n", CLIENT("\0\6events"),
		 SERVER("\0\44"
			"2026-11-21 19:51:06 +0000  started\r\n"
			"\0\44"
			"2026-11-21 19:51:09 +0000  no link\r\n"
			"\0\0"));
}

static void apcupsd_refuses_long_lines(void **unused)
{
	(void)unused;
	talk_tcp("apcupsd", NULL, CLIENT("\0\6status"), SERVER("\2\0APC      : 001,018,0466\n"));
}

#define REQUEST(command) "\6\1\0\0\0" command "\0\0door\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define REPLY(command, code, status)                                                                         \
	"\6\2\0\0\0" command "\0" code "\0" status "\0\0\0\0\0\0door\0\0\0\0\0\0\0\0"

static void chrony_tells_its_state(void **unused)
{
	(void)unused;
	talk_udp("chrony",
		 "{\"weakness\":\"chrony-control-open\",\"evidence\":\"tracking was answered\"}\n"
		 "{\"chrony\":{\"commands\":{\"tracking\":1},\"statuses\":{\"success\":1},\"reference_id\":"
		 "\"7f7f0101\",\"stratum\":8,\"leap\":\"normal\"}}\n",
		 talk_first("chrony.client.udp.specification"), talk_first("chrony.server.udp.chrony"));
}

static void chrony_tells_its_sources(void **unused)
{
	(void)unused;
	talk_udp("chrony",
		 "{\"weakness\":\"chrony-control-open\",\"evidence\":\"n_sources was answered\"}\n"
		 "{\"chrony\":{\"commands\":{\"n_sources\":1,\"source_data\":2},\"statuses\":{\"success\":3},"
		 "\"source_count\":2,\"sources\":[\"192.0.2.7\",\"2001:db8::7\"]}}\n",
		 CLIENT(REQUEST("\16")), SERVER(REPLY("\16", "\2", "\0") "\0\0\0\2"), CLIENT(REQUEST("\17")),
		 SERVER(REPLY("\17", "\3", "\0") "\300\0\2\7\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0"),
		 CLIENT(REQUEST("\17")),
		 SERVER(REPLY("\17", "\3", "\0") "\x20\1\15\270\0\0\0\0\0\0\0\0\0\0\0\7\0\2\0\0"));
}

static void chrony_tells_what_it_refuses(void **unused)
{
	(void)unused;
	talk_udp("chrony",
		 "{\"chrony\":{\"commands\":{\"modify_makestep\":1},\"statuses\":{\"unauthorized\":1}}}\n",
		 CLIENT(REQUEST("\62")), SERVER(REPLY("\62", "\1", "\2")));
}

static void tor_tells_commands_but_no_secret(void **unused)
{
	(void)unused;
	talk_tcp("tor-control",
		 "{\"weakness\":\"tor-control-clear-login\",\"evidence\":\"AUTHENTICATE with a password\"}\n"
		 "{\"software\":\"server\",\"product\":\"Tor\",\"version\":\"0.4.9.11\"}\n"
		 "{\"tor_control\":{\"version\":\"0.4.9.11\",\"auth_methods\":\"HASHEDPASSWORD\","
		 "\"authentication\":"
		 "\"password\",\"authenticated\":true,\"commands\":[\"PROTOCOLINFO\",\"AUTHENTICATE\","
		 "\"SETCONF "
		 "SocksPort\",\"+LOADCONF\",\"GETINFO config-text\",\"SETEVENTS CIRC\",\"SIGNAL NEWNYM\"],"
		 "\"command_count\":7,\"events\":1,\"errors\":1,\"error\":\"552 Unrecognized signal\"}}\n",
		 CLIENT("PROTOCOLINFO 1\r\nAUTHENTICATE \"sesame\"\r\nSETCONF SocksPort=9150\r\n"),
		 talk_first("tor-control.server.tcp.tor"), SERVER("250 OK\r\n250 OK\r\n"),
		 CLIENT("+LOADCONF\r\nSocksPort 9050\r\nLog notice\r\n.\r\nGETINFO config-text\r\n"),
		 SERVER("250 OK\r\n250+config-text=\r\nSocksPort 9050\r\n.\r\n250 OK\r\n"),
		 CLIENT("SETEVENTS CIRC\r\nSIGNAL NEWNYM\r\n"),
		 SERVER("250 OK\r\n650 CIRC 1 LAUNCHED\r\n552 Unrecognized signal\r\n"));
}

static void tor_tells_that_everybody_may(void **unused)
{
	(void)unused;
	talk_tcp(
		"tor-control",
		"{\"weakness\":\"tor-control-no-auth\",\"evidence\":\"its only method of authentication is "
		"NULL\"}\n"
		"{\"software\":\"server\",\"product\":\"Tor\",\"version\":\"0.4.9.11\"}\n"
		"{\"tor_control\":{\"version\":\"0.4.9.11\",\"auth_methods\":\"NULL\",\"authentication\":"
		"\"none\","
		"\"authenticated\":true,\"commands\":[\"PROTOCOLINFO\",\"AUTHENTICATE\"],\"command_count\":2,"
		"\"events\":0,\"errors\":0}}\n",
		CLIENT("PROTOCOLINFO\r\n"),
		SERVER("250-PROTOCOLINFO 1\r\n250-AUTH METHODS=NULL\r\n250-VERSION Tor=\"0.4.9.11\"\r\n250 "
		       "OK\r\n"),
		CLIENT("AUTHENTICATE\r\n"), SERVER("250 OK\r\n"));
}

static void tor_tells_who_was_refused(void **unused)
{
	(void)unused;
	talk_tcp("tor-control",
		 "{\"tor_control\":{\"authentication\":\"cookie\",\"authenticated\":false,\"commands\":["
		 "\"AUTHENTICATE\"],\"command_count\":1,\"events\":0,\"errors\":1,\"error\":\"515 "
		 "Authentication "
		 "failed\"}}\n",
		 CLIENT("AUTHENTICATE 00ff\r\n"), SERVER("515 Authentication failed\r\n"));
}

static void varnish_tells_commands_and_refusals(void **unused)
{
	(void)unused;
	talk_tcp("varnish-cli",
		 "{\"software\":\"server\",\"product\":\"Varnish\",\"version\":\"7.1.1\"}\n"
		 "{\"varnish_cli\":{\"version\":\"7.1.1\",\"authentication\":\"required\",\"authenticated\":"
		 "true,"
		 "\"commands\":[\"auth\",\"vcl.inline\",\"stop\"],\"command_count\":3,\"errors\":1,\"error\":"
		 "\"Child not "
		 "running\"}}\n",
		 talk_first("varnish-cli.server.tcp.varnish"), CLIENT("auth 0123456789abcdef\n"),
		 SERVER("200 24      \nvarnish-7.1.1 revision 7\n"),
		 CLIENT("vcl.inline door << END\nvcl 4.1;\nEND\n"), SERVER("200 13      \nVCL compiled.\n"),
		 CLIENT("stop\n"), SERVER("300 17      \nChild not running\n"));
}

static void varnish_tells_that_everybody_may(void **unused)
{
	(void)unused;
	talk_tcp(
		"varnish-cli",
		"{\"weakness\":\"varnish-cli-no-auth\",\"evidence\":\"it greeted without a challenge\"}\n"
		"{\"software\":\"server\",\"product\":\"Varnish\",\"version\":\"7.1.1\"}\n"
		"{\"varnish_cli\":{\"version\":\"7.1.1\",\"authentication\":\"none\",\"commands\":[\"ping\"],"
		"\"command_count\":1,\"errors\":0}}\n",
		SERVER("200 44      \nVarnish Cache CLI 1.0\nvarnish-7.1.1 revision\n"), CLIENT("ping\n"),
		SERVER("200 8       \nPONG 1 1\n"));
}

static void epmd_tells_nodes(void **unused)
{
	(void)unused;
	talk_tcp(
		"epmd",
		"{\"weakness\":\"epmd-open\",\"evidence\":\"its names were told, rabbit:25672 among them\"}\n"
		"{\"epmd\":{\"request\":\"names\",\"nodes\":[\"rabbit:25672\"]}}\n",
		CLIENT("\0\1n"), talk_first("epmd.server.tcp.epmd"));
}

/* However much more comes of it, what was nobody's stays nobody's. */
static void epmd_takes_no_endless_names(void **unused)
{
	static const uint8_t begins[] = { 'w', 0, 0x64, 0x48, 77, 0, 0, 6, 0, 5, 7, 208 };
	const struct protocol *const epmd = protocol_named(span_text("epmd"));
	uint8_t words[2100];

	(void)unused;
	memset(words, 'a', sizeof(words));
	memcpy(words, begins, sizeof(begins));
	words[sizeof(begins) + 2000] = words[sizeof(begins) + 2001] = 0;
	for (size_t length = sizeof(begins); length <= sizeof(words); length++)
		assert_int_equal(epmd->recognise(span_of(words, length), SIDE_SERVER, TRANSPORT_TCP), NO);
}

static void epmd_tells_what_is_registered(void **unused)
{
	(void)unused;
	talk_tcp("epmd",
		 "{\"epmd\":{\"request\":\"register\",\"node\":\"rabbit\",\"port\":25672,\"hidden\":false,"
		 "\"lowest_version\":5,\"highest_version\":6,\"result\":0}}\n"
		 "{\"done\":\"server\"}\n",
		 talk_first("epmd.client.tcp.specification"), SERVER("v\0\0\0\0\1"));
}

static void epmd_tells_who_is_asked_for(void **unused)
{
	(void)unused;
	talk_tcp("epmd",
		 "{\"epmd\":{\"request\":\"port\",\"node\":\"door\",\"port\":25672,\"hidden\":false,"
		 "\"lowest_version\":5,\"highest_version\":6,\"result\":0}}\n"
		 "{\"done\":\"server\"}\n",
		 CLIENT("\0\5zdoor"), talk_first("epmd.server.tcp.epmd-asked"));
	talk_tcp("epmd",
		 "{\"epmd\":{\"request\":\"port\",\"node\":\"none\",\"result\":1}}\n"
		 "{\"done\":\"server\"}\n",
		 CLIENT("\0\5znone"), SERVER("w\1"));
	talk_tcp("epmd", "{\"epmd\":{\"request\":\"kill\"}}\n{\"done\":\"server\"}\n", CLIENT("\0\1k"),
		 SERVER("OK"));
}

static void erldp_tells_both_nodes(void **unused)
{
	(void)unused;
	talk_tcp("erldp",
		 "{\"weakness\":\"erldp-clear\",\"evidence\":\"node doorward@localhost was let in\"}\n"
		 "{\"erldp\":{\"client_node\":\"doorward@localhost\",\"server_node\":\"rabbit@localhost\","
		 "\"version\":6,"
		 "\"status\":\"ok\",\"login\":\"accepted\"}}\n"
		 "{\"done\":\"server\"}\n",
		 talk_first("erldp.client.tcp.specification"), talk_first("erldp.server.tcp.rabbitmq"),
		 CLIENT("\0\25r0123fedcba9876543210"), SERVER("\0\21afedcba9876543210"));
}

static void erldp_tells_refusals(void **unused)
{
	(void)unused;
	talk_tcp("erldp",
		 "{\"erldp\":{\"client_node\":\"doorward@localhost\",\"status\":\"not_allowed\",\"login\":"
		 "\"refused\"}}\n",
		 talk_first("erldp.client.tcp.specification-5"), SERVER("\0\14snot_allowed"));
	talk_tcp("erldp",
		 "{\"erldp\":{\"client_node\":\"doorward@localhost\",\"server_node\":\"a@b\",\"version\":5,"
		 "\"status\":\"ok\","
		 "\"login\":\"refused\"}}\n",
		 talk_first("erldp.client.tcp.specification-5"), SERVER("\0\3sok\0\16n\0\5abcdefgha@b"),
		 CLIENT("\0\25r0123fedcba9876543210"));
}

static void gdb_tells_what_is_debugged(void **unused)
{
	(void)unused;
	talk_tcp("gdb",
		 "{\"weakness\":\"gdb-no-auth\",\"evidence\":\"qSupported was answered\"}\n"
		 "{\"software\":\"server\",\"product\":\"gdbserver\"}\n"
		 "{\"gdb\":{\"program\":\"/bin/"
		 "true\",\"commands\":[\"qSupported\",\"vRun\",\"vFile:open\",\"m\",\"M\","
		 "\"qXfer:exec-file\",\"vCont\"],\"packets\":7,\"memory_reads\":1,\"memory_writes\":1,"
		 "\"files\":["
		 "\"/etc/door\"],\"packet_size\":18431}}\n",
		 CLIENT("+$qSupported:multiprocess+#c6"), SERVER("+$PacketSize=47ff;QStartupWithShell+#00"),
		 CLIENT("+$vRun;2f62696e2f74727565;61#00"), SERVER("+$T05thread:p1.1;#00"),
		 CLIENT("+$vFile:open:2f6574632f646f6f72,0,0#00"), SERVER("+$F-1,2#00"),
		 CLIENT("+$m7ffe,4#00"), SERVER("+$00000000#00%Stop:T05#00"), CLIENT("+$M7ffe,1:00#00"),
		 SERVER("+$OK#00"), CLIENT("+$qXfer:exec-file:read:1:0,ff#00"), SERVER("+$l/bin/true#00"),
		 CLIENT("+$vCont;c#00\3"));
}

static void gdb_goes_on_behind_a_gap(void **unused)
{
	(void)unused;
	talk_tcp("gdb", NULL, CLIENT("$qSupported#37"), LOST(SIDE_CLIENT, 40), CLIENT("0#00$g#67"));
}

static void gpsd_tells_devices_and_positions(void **unused)
{
	(void)unused;
	talk_tcp("gpsd",
		 "{\"software\":\"server\",\"product\":\"gpsd\",\"version\":\"3.22\"}\n"
		 "{\"weakness\":\"gpsd-open\",\"evidence\":\"a position was told\"}\n"
		 "{\"gpsd\":{\"version\":\"3.22\",\"protocol\":\"3.14\",\"commands\":[\"?WATCH\",\"?POLL\"],"
		 "\"devices\":["
		 "\"/dev/"
		 "ttyS0\"],\"reports\":{\"VERSION\":1,\"DEVICES\":1,\"TPV\":1,\"nmea\":1,\"ERROR\":1,"
		 "\"unknown\":1},"
		 "\"error\":\"Unrecognized request\"}}\n",
		 talk_first("gpsd.server.tcp.gpsd"), talk_first("gpsd.client.tcp.specification"),
		 SERVER("{\"class\":\"DEVICES\",\"devices\":[{\"class\":\"DEVICE\",\"path\":\"/dev/"
			"ttyS0\"}]}\r\n"
			"{\"class\":\"TPV\",\"mode\":3,\"lat\":48.1,\"lon\":11.5}\r\n$GPGLL,4807.038,N\r\n"),
		 CLIENT("?POLL;\n"),
		 SERVER("{\"class\":\"ERROR\",\"message\":\"Unrecognized "
			"request\"}\r\n{\"class\":\"DOOR\"}\r\n"));
}

#define AGREED "\0\0\0\0\1\1\0\3"

static void sane_tells_scanners(void **unused)
{
	(void)unused;
	talk_tcp("sane",
		 "{\"sane\":{\"user\":\"doorward\",\"version\":\"1.1\",\"devices\":[\"pnm:0\"],\"commands\":{"
		 "\"init\":1,"
		 "\"get_devices\":1,\"exit\":1}}}\n",
		 talk_first("sane.client.tcp.specification"), SERVER(AGREED), CLIENT("\0\0\0\1"),
		 SERVER("\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\6pnm:0\0\0\0\0\2A\0\0\0\0\2B\0\0\0\0\2C\0\0\0\0\1"),
		 CLIENT("\0\0\0\12"));
}

static void sane_announces_its_image(void **unused)
{
	(void)unused;
	talk_tcp("sane",
		 "{\"weakness\":\"sane-clear-login\",\"evidence\":\"password of user porter\"}\n"
		 "{\"expect\":\"sane\",\"transport\":6,\"address\":\"192.0.2.2\",\"port\":40000,\"other\":"
		 "\"192.0.2.1\",\"waiting\":"
		 "\"server\","
		 "\"about\":\"image\"}\n"
		 "{\"sane\":{\"user\":\"doorward\",\"login\":\"porter\",\"version\":\"1.1\",\"device\":\"pnm:"
		 "0\","
		 "\"commands\":{\"init\":1,\"open\":1,\"authorize\":1,\"get_options\":1,\"control_option\":2,"
		 "\"start\":1,"
		 "\"get_parameters\":1},\"status\":\"access_denied\"}}\n",
		 talk_first("sane.client.tcp.specification"), SERVER(AGREED),
		 CLIENT("\0\0\0\2\0\0\0\6pnm:0\0"), SERVER("\0\0\0\13\0\0\0\0\0\0\0\4pnm\0"),
		 CLIENT("\0\0\0\11\0\0\0\4pnm\0\0\0\0\7porter\0\0\0\0\7sesame\0"), SERVER("\0\0\0\0"),
		 CLIENT("\0\0\0\4\0\0\0\0"), SERVER("\0\0\0\1options"),
		 CLIENT("\0\0\0\5\0\0\0\0\0\0\0\1\0\0\0\1\0\0\0\3\0\0\0\2\0\0\0\2a\0"
			"\0\0\0\5\0\0\0\0\0\0\0\2\0\0\0\2"),
		 SERVER("\0\0\0\0\0\0\0\0"), CLIENT("\0\0\0\7\0\0\0\0"),
		 SERVER("\0\0\0\0\0\0\234\100\0\0\22\64\0\0\0\0"), CLIENT("\0\0\0\6\0\0\0\0"),
		 SERVER("\0\0\0\0\0\0\0\1"));
}

static void burp_tells_clients_but_no_password(void **unused)
{
	(void)unused;
	talk_tcp("burp",
		 "{\"software\":\"client\",\"product\":\"Burp\",\"version\":\"2.2.4\"}\n"
		 "{\"software\":\"server\",\"product\":\"Burp\",\"version\":\"3.1.4\"}\n"
		 "{\"weakness\":\"burp-clear-login\",\"evidence\":\"password of client visitor\"}\n"
		 "{\"burp\":{\"client\":\"visitor\",\"client_version\":\"2.2.4\",\"server_version\":\"3.1."
		 "4\",\"login\":"
		 "\"accepted\",\"commands\":[\"incexc\",\"backupphase1\"],\"files\":[\"/home/"
		 "door\"],\"messages\":9,"
		 "\"bytes\":79}}\n",
		 talk_first("burp.client.tcp.specification"), talk_first("burp.server.tcp.burp"),
		 CLIENT("c0007visitor"), SERVER("c000Aokpassword"), CLIENT("c0006sesame"), SERVER("c0002ok"),
		 CLIENT("c0006incexcc000Cbackupphase1f000a/home/door"));
}

static void burp_tells_who_was_refused(void **unused)
{
	(void)unused;
	talk_tcp("burp",
		 "{\"software\":\"client\",\"product\":\"Burp\",\"version\":\"2.2.4\"}\n"
		 "{\"burp\":{\"client\":\"nobody\",\"client_version\":\"2.2.4\",\"login\":\"refused\","
		 "\"messages\":3,"
		 "\"bytes\":33,\"error\":\"unable to access\"}}\n",
		 talk_first("burp.client.tcp.specification"), CLIENT("c0006nobody"),
		 SERVER("e0010unable to access"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(apcupsd_tells_the_supply),
		cmocka_unit_test(apcupsd_counts_what_happened),
		cmocka_unit_test(apcupsd_refuses_long_lines),
		cmocka_unit_test(chrony_tells_its_state),
		cmocka_unit_test(chrony_tells_its_sources),
		cmocka_unit_test(chrony_tells_what_it_refuses),
		cmocka_unit_test(tor_tells_commands_but_no_secret),
		cmocka_unit_test(tor_tells_that_everybody_may),
		cmocka_unit_test(tor_tells_who_was_refused),
		cmocka_unit_test(varnish_tells_commands_and_refusals),
		cmocka_unit_test(varnish_tells_that_everybody_may),
		cmocka_unit_test(epmd_tells_nodes),
		cmocka_unit_test(epmd_takes_no_endless_names),
		cmocka_unit_test(epmd_tells_what_is_registered),
		cmocka_unit_test(epmd_tells_who_is_asked_for),
		cmocka_unit_test(erldp_tells_both_nodes),
		cmocka_unit_test(erldp_tells_refusals),
		cmocka_unit_test(gdb_tells_what_is_debugged),
		cmocka_unit_test(gdb_goes_on_behind_a_gap),
		cmocka_unit_test(gpsd_tells_devices_and_positions),
		cmocka_unit_test(sane_tells_scanners),
		cmocka_unit_test(sane_announces_its_image),
		cmocka_unit_test(burp_tells_clients_but_no_password),
		cmocka_unit_test(burp_tells_who_was_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
