/* What is read of small services with lines of text: versions, files, scanners, monitoring. */
#include "talk.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void cvs_tells_the_root_and_the_login(void **unused)
{
	(void)unused;
	talk_tcp("cvs",
		 "{\"weakness\":\"cvs-clear-login\",\"evidence\":\"a scrambled password of user joe\"}\n"
		 "{\"cvs\":{\"root\":\"/srv/"
		 "cvs\",\"user\":\"joe\",\"accepted\":true,\"commands\":[\"co\"]}}\n",
		 CLIENT("BEGIN AUTH REQUEST\n/srv/cvs\njoe\nAdZZZZ\nEND AUTH REQUEST\n"),
		 SERVER("I LOVE YOU\n"), CLIENT("Root /srv/cvs\nArgument module\nco\n"),
		 SERVER("\001\002binary"));
	talk_tcp("cvs",
		 "{\"cvs\":{\"root\":\"/srv/"
		 "cvs\",\"user\":\"joe\",\"verification\":true,\"accepted\":false}}\n",
		 CLIENT("BEGIN VERIFICATION REQUEST\n/srv/cvs\njoe\nA\nEND VERIFICATION REQUEST\n"),
		 SERVER("I HATE YOU\n"));
	talk_tcp("cvs", "{\"broken\":\"client\",\"at\":0}\n", CLIENT("hello\n"));
}

static void nut_tells_supplies_and_the_login(void **unused)
{
	(void)unused;
	talk_tcp("nut",
		 "{\"weakness\":\"nut-clear-login\",\"evidence\":\"PASSWORD of user joe\"}\n"
		 "{\"software\":\"server\",\"product\":\"Network UPS Tools upsd\",\"version\":\"2.8.0\"}\n"
		 "{\"nut\":{\"version\":\"2.8.0\",\"user\":\"joe\",\"ups\":[\"lab\"],\"commands\":[\"VER\","
		 "\"USERNAME\",\"PASSWORD\",\"LOGIN\",\"GET VAR\"],\"error\":\"ACCESS-DENIED\"}}\n",
		 CLIENT("VER\nUSERNAME joe\nPASSWORD secret\nLOGIN lab\n"),
		 SERVER("Network UPS Tools upsd 2.8.0 - http://x/\nOK\nOK\nERR ACCESS-DENIED\n"),
		 CLIENT("GET VAR lab ups.status\n"), SERVER("VAR lab ups.status \"OL\"\n"));
	talk_tcp("nut",
		 "{\"nut\":{\"commands\":[\"STARTTLS\"],\"starttls\":true}}\n"
		 "{\"upgrade\":\"tls\"}\n",
		 CLIENT("STARTTLS\n"), SERVER("OK STARTTLS\n"), CLIENT("\026\003\001"));
	talk_tcp("nut", "{\"broken\":\"client\",\"at\":0}\n", CLIENT("\001\n"));
}

static void clamav_tells_commands_and_results(void **unused)
{
	(void)unused;
	talk_tcp("clamav",
		 "{\"software\":\"server\",\"product\":\"ClamAV\",\"version\":\"1.4.3\"}\n"
		 "{\"clamav\":{\"command\":\"VERSION\",\"reply\":\"ClamAV 1.4.3/27500/Fri Mar  1 09:24:09 "
		 "2026\"}}\n",
		 CLIENT("nVERSION\n"), SERVER("ClamAV 1.4.3/27500/Fri Mar  1 09:24:09 2026\n"));
	talk_tcp("clamav",
		 "{\"clamav\":{\"command\":\"INSTREAM\",\"length\":6,\"reply\":\"stream: "
		 "Eicar-Test-Signature FOUND\",\"signature\":\"Eicar-Test-Signature\"}}\n",
		 CLIENT("zINSTREAM\000\000\000\000\004text\000\000\000\002ab\000\000\000\000"),
		 SERVER("stream: Eicar-Test-Signature FOUND\000"));
	talk_tcp("clamav",
		 "{\"clamav\":{\"command\":\"PING\",\"reply\":\"PONG\"}}\n"
		 "{\"clamav\":{\"command\":\"SCAN\",\"path\":\"/tmp/a\",\"reply\":\"/tmp/a: OK\"}}\n",
		 CLIENT("zIDSESSION\000zPING\000zSCAN /tmp/a\000zEND\000"),
		 SERVER("1: PONG\0002: /tmp/a: OK\000"));
	talk_tcp("clamav", "{\"clamav\":{\"command\":\"RELOAD\"}}\n", CLIENT("nRELOAD\n"));
	talk_tcp("clamav", "{\"broken\":\"client\",\"at\":7}\n", CLIENT("nHELLO\n"));
}

static void spamd_tells_the_result(void **unused)
{
	(void)unused;
	talk_tcp("spamd",
		 "{\"spamd\":{\"command\":\"CHECK\",\"user\":\"joe\",\"client_version\":\"1.5\",\"length\":4,"
		 "\"server_version\":\"1.1\",\"response\":\"EX_OK\",\"spam\":true,\"score\":\"15.0\","
		 "\"threshold\":\"5.0\"}}\n"
		 "{\"done\":\"server\"}\n",
		 CLIENT("CHECK SPAMC/1.5\r\nUser: joe\r\nContent-length: 4\r\n\r\nmail"),
		 SERVER("SPAMD/1.1 0 EX_OK\r\nContent-length: 0\r\nSpam: True ; 15.0 / 5.0\r\n\r\n"));
	talk_tcp("spamd",
		 "{\"spamd\":{\"command\":\"PING\",\"client_version\":\"1.5\",\"server_version\":\"1.5\","
		 "\"response\":\"PONG\"}}\n",
		 CLIENT("PING SPAMC/1.5\r\n\r\n"), SERVER("SPAMD/1.5 0 PONG\r\n"));
	talk_tcp("spamd", "{\"broken\":\"client\",\"at\":0}\n", CLIENT("PING HTTP/1.5\r\n\r\n"));
}

static void distcc_tells_the_job(void **unused)
{
	(void)unused;
	talk_tcp("distcc",
		 "{\"weakness\":\"distcc-no-auth\",\"evidence\":\"a job was run, with status 256\"}\n"
		 "{\"distcc\":{\"version\":1,\"arguments\":[\"gcc\",\"-c\",\"a.c\"],\"source_length\":11,"
		 "\"status\":256}}\n",
		 CLIENT("DIST00000001ARGC00000003ARGV00000003gccARGV00000002-cARGV00000003a.cDOTI0000000bint "
			"main(){}"),
		 SERVER("DONE00000001STAT00000100SERR00000005a.c:1SOUT00000000DOTO00000000"));
	talk_tcp("distcc", "{\"broken\":\"client\",\"at\":0}\n", CLIENT("DIST0000000x"));
}

static void mpd_tells_commands(void **unused)
{
	(void)unused;
	talk_tcp("mpd",
		 "{\"software\":\"server\",\"product\":\"Music Player Daemon\",\"version\":\"0.23.5\"}\n"
		 "{\"weakness\":\"mpd-clear-login\",\"evidence\":\"the command password\"}\n"
		 "{\"mpd\":{\"version\":\"0.23.5\",\"commands\":[\"password\",\"status\",\"albumart\","
		 "\"play\"],\"command_count\":4,\"error\":\"ACK [2@0] {play} Bad song index\"}}\n",
		 SERVER("OK MPD 0.23.5\n"), CLIENT("password secret\nstatus\nalbumart \"a/b\" 0\nplay 99\n"),
		 SERVER("OK\nvolume: 3\nOK\nsize: 8\nbinary: 4\n\001\n\002\003\nOK\nACK [2@0] {play} Bad "
			"song index\n"));
	talk_tcp("mpd", "{\"broken\":\"server\",\"at\":0}\n", SERVER("\001\n"));
}

static void sieve_tells_the_login_and_scripts(void **unused)
{
	(void)unused;
	talk_tcp("sieve",
		 "{\"software\":\"server\",\"product\":\"Dovecot Pigeonhole\"}\n"
		 "{\"weakness\":\"sieve-clear-login\",\"evidence\":\"PLAIN was used before TLS by joe\"}\n"
		 "{\"sieve\":{\"implementation\":\"Dovecot (Debian) "
		 "Pigeonhole\",\"mechanisms\":\"PLAIN\",\"extensions\":\"fileinto\",\"auth_mechanism\":"
		 "\"PLAIN\",\"user\":\"joe\",\"authenticated\":true,\"commands\":[\"AUTHENTICATE\","
		 "\"PUTSCRIPT\",\"SETACTIVE\"],\"scripts\":[\"main\"]}}\n",
		 SERVER("\"IMPLEMENTATION\" \"Dovecot (Debian) Pigeonhole\"\r\n\"SIEVE\" "
			"\"fileinto\"\r\n\"SASL\" \"PLAIN\"\r\nOK \"ready\"\r\n"),
		 CLIENT("AUTHENTICATE \"PLAIN\" \"AGpvZQBzZWNyZXQ=\"\r\n"), SERVER("OK \"Logged in.\"\r\n"),
		 CLIENT("PUTSCRIPT \"main\" {5+}\r\nkeep;\r\nSETACTIVE \"main\"\r\n"),
		 SERVER("OK\r\nNO \"what\"\r\n"));
	talk_tcp("sieve",
		 "{\"weakness\":\"sieve-clear-login\",\"evidence\":\"PLAIN was used before TLS by joe\"}\n"
		 "{\"sieve\":{\"auth_mechanism\":\"PLAIN\",\"user\":\"joe\",\"authenticated\":false,"
		 "\"commands\":[\"AUTHENTICATE\"]}}\n",
		 SERVER("OK\r\n"), CLIENT("AUTHENTICATE \"PLAIN\" {16+}\r\nAGpvZQBzZWNyZXQ=\r\n"),
		 SERVER("NO \"wrong\"\r\n"));
	talk_tcp("sieve",
		 "{\"sieve\":{\"implementation\":\"x\",\"commands\":[\"STARTTLS\"],\"starttls\":true}}\n"
		 "{\"upgrade\":\"tls\"}\n",
		 SERVER("\"IMPLEMENTATION\" \"x\"\r\n\"STARTTLS\"\r\nOK\r\n"), CLIENT("STARTTLS\r\n"),
		 SERVER("OK \"go\"\r\n"), CLIENT("\026\003\001"));
	talk_tcp("sieve",
		 "{\"sieve\":{\"mechanisms\":\"PLAIN\"}}\n"
		 "{\"weakness\":\"sieve-clear-login\",\"evidence\":\"SASL PLAIN is offered before TLS\"}\n",
		 SERVER("\"SASL\" \"PLAIN\"\r\nOK\r\n"));
	talk_tcp("sieve", "{\"broken\":\"client\",\"at\":0}\n", CLIENT("\001\r\n"));
}

static void lmtp_is_read_as_mail(void **unused)
{
	(void)unused;
	talk_tcp("lmtp",
		 "{\"lmtp\":{\"helo\":\"vm\",\"mail_from\":\"<a@b>\",\"rcpt_to\":[\"<c>\",\"<d>\"],"
		 "\"recipients\":2,\"length\":6,\"status\":250,\"banner\":\"mx LMTP "
		 "ready\",\"extensions\":[\"PIPELINING\"]}}\n",
		 SERVER("220 mx LMTP ready\r\n"), CLIENT("LHLO vm\r\n"),
		 SERVER("250-mx\r\n250 PIPELINING\r\n"),
		 CLIENT("MAIL FROM:<a@b>\r\nRCPT TO:<c>\r\nRCPT TO:<d>\r\nDATA\r\n"),
		 SERVER("250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n"), CLIENT("text\r\n.\r\n"),
		 SERVER("250 c saved\r\n550 d full\r\n221 bye\r\n"));
}

static void zookeeper_tells_sessions_and_words(void **unused)
{
	(void)unused;
	talk_tcp("zookeeper",
		 "{\"software\":\"server\",\"product\":\"ZooKeeper\",\"version\":\"3.8.0-1\"}\n"
		 "{\"weakness\":\"zookeeper-open\",\"evidence\":\"srvr was answered\"}\n"
		 "{\"zookeeper\":{\"command\":\"srvr\",\"version\":\"3.8.0-1\",\"mode\":\"standalone\"}}\n",
		 CLIENT("srvr"), SERVER("Zookeeper version: 3.8.0-1, built on x\nMode: standalone\n"));
	talk_tcp("zookeeper",
		 "{\"weakness\":\"zookeeper-clear-login\",\"evidence\":\"digest authentication of user "
		 "joe\"}\n"
		 "{\"zookeeper\":{\"session\":{\"id\":72057748284571648,\"timeout_ms\":30000},\"auth_"
		 "scheme\":\"digest\",\"user\":\"joe\",\"requests\":1,\"paths\":[\"/a/bc\"]}}\n",
		 CLIENT("\000\000\000\055\000\000\000\000\000\000\000\000\000\000\000\000\000\000\165\060\000"
			"\000\000\000\000\000\000\000\000\000\000\020\000\000\000\000\000\000\000\000\000\000"
			"\000\000\000\000\000\000\000"),
		 SERVER("\000\000\000\045\000\000\000\000\000\000\165\060\001\000\000\043\351\321\000\000\000"
			"\000\000\020aaaaaaaaaaaaaaaa\000"),
		 CLIENT("\000\000\000\044\377\377\377\374\000\000\000\144\000\000\000\000\000\000\000\006dige"
			"st\000\000\000\012joe:"
			"secret\000\000\000\022\000\000\000\001\000\000\000\004\000\000\000\005/a/bc\000"));
	talk_tcp("zookeeper", "", CLIENT("\000\000\000\055\377"));
}

static void the_small_services_of_old_are_read(void **unused)
{
	(void)unused;
	talk_tcp("daytime",
		 "{\"daytime\":{\"time\":\"21 NOV 2026 10:28:54 UTC\"}}\n"
		 "{\"done\":\"server\"}\n",
		 SERVER("21 NOV 2026 10:28:54 UTC\r\n"));
	talk_tcp("daytime", "{\"broken\":\"server\",\"at\":0}\n", SERVER("\001\n"));
	talk_udp("chargen",
		 "{\"weakness\":\"chargen-open\",\"evidence\":\"characters were sent\"}\n"
		 "{\"done\":\"server\"}\n",
		 CLIENT("x"), SERVER("ABC\r\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cvs_tells_the_root_and_the_login),
		cmocka_unit_test(nut_tells_supplies_and_the_login),
		cmocka_unit_test(clamav_tells_commands_and_results),
		cmocka_unit_test(spamd_tells_the_result),
		cmocka_unit_test(distcc_tells_the_job),
		cmocka_unit_test(mpd_tells_commands),
		cmocka_unit_test(sieve_tells_the_login_and_scripts),
		cmocka_unit_test(lmtp_is_read_as_mail),
		cmocka_unit_test(zookeeper_tells_sessions_and_words),
		cmocka_unit_test(the_small_services_of_old_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
