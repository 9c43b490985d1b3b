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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
