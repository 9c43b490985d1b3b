/* What is read of copies of files, sources and measures. */
#include "talk.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void rsync_tells_the_module(void **unused)
{
	(void)unused;
	talk_tcp("rsync",
		 "{\"rsync\":{\"client_version\":\"30.0\",\"server_version\":\"31.0"
		 "\",\"module\":\"backup\",\"auth_required\":true,\"user\":\"joe\",\"accepted\":true,"
		 "\"direction\":\"download\",\"path\":\"backup/etc/hosts\"}}\n"
		 "{\"done\":\"client\"}\n",
		 SERVER("@RSYNCD: 31.0 md5\n"), CLIENT("@RSYNCD: 30.0\nbackup\n"),
		 SERVER("@RSYNCD: AUTHREQD abc\n"), CLIENT("joe c29mdHdhcmU\n"), SERVER("@RSYNCD: OK\n"),
		 SERVER("\1\2\3"),
		 CLIENT("--server\0--sender\0-logDtpre.iLsfxC\0.\0backup/etc/hosts\0\0\4\0\0"));
	talk_tcp("rsync",
		 "{\"rsync\":{\"client_version\":\"29.0\",\"server_version\":\"29.0\",\"module\":\"in\","
		 "\"auth_required\":false,\"accepted\":true,\"direction\":\"upload\",\"path\":\"in/a b\"}}\n"
		 "{\"done\":\"client\"}\n",
		 SERVER("@RSYNCD: 29.0\n"), CLIENT("@RSYNCD: 29.0\nin\n"), SERVER("@RSYNCD: OK\n"),
		 CLIENT("--server\n-logDtpr\n.\nin/a b\n\n"));
	talk_tcp("rsync",
		 "{\"rsync\":{\"client_version\":\"31.0\",\"server_version\":\"31.0\",\"module"
		 "\":\"no\",\"auth_required\":false,\"accepted\":false,"
		 "\"error\":\"@ERROR: Unknown module 'no'\"}}\n"
		 "{\"done\":\"server\"}\n",
		 SERVER("@RSYNCD: 31.0\n"), CLIENT("@RSYNCD: 31.0\nno\n"),
		 SERVER("@ERROR: Unknown module 'no'\n"));
	talk_tcp("rsync", "{\"broken\":\"client\",\"at\":0}\n", CLIENT("hello\n"));
}

static void git_tells_service_and_repository(void **unused)
{
	const struct turn turns[] = { talk_first("git.client.tcp.specification"),
				      talk_first("git.server.tcp.specification"),
				      CLIENT("0032want 7217a7c7e582c46cec22a130adf4b9d7d950fba0\n0000"),
				      SERVER("0008NAK\n0009\001PACK") };

	(void)unused;
	talk("git", TRANSPORT_TCP,
	     "{\"software\":\"server\",\"product\":\"git\",\"version\":\"2.39.2\"}\n"
	     "{\"git\":{\"service\":\"git-upload-pack\",\"path\":\"/project.git"
	     "\",\"host\":\"example.com\",\"version\":\"2\",\"server_agent\":\"git/2.39.2"
	     "\",\"references\":1}}\n"
	     "{\"done\":\"server\"}\n",
	     turns, 4);
	talk_tcp("git",
		 "{\"git\":{\"service\":\"git-upload-pack\",\"path\":\"/none.git\",\"references\":0,"
		 "\"error\":\"no such\"}}\n",
		 CLIENT("001dgit-upload-pack /none.git"), SERVER("0011ERR no such\n\n"));
	talk_tcp("git", "{\"broken\":\"client\",\"at\":0}\n", CLIENT("zzzz"));
}

static void zabbix_tells_requests(void **unused)
{
	const struct turn turns[] = { talk_first("zabbix.client.tcp.specification"),
				      talk_first("zabbix.server.tcp.specification"),
				      CLIENT("ZBXD\003\005\000\000\000\011\000\000\000xxxxx") };

	(void)unused;
	talk("zabbix", TRANSPORT_TCP,
	     "{\"zabbix\":{\"from\":\"client\",\"request\":\"active checks\",\"host\":\"alpha"
	     "\",\"version\":\"6.0.14\",\"compressed\":false,\"length\":61}}\n"
	     "{\"zabbix\":{\"from\":\"server\",\"response\":\"success\",\"compressed\":false,"
	     "\"length\":32}}\n"
	     "{\"zabbix\":{\"from\":\"client\",\"compressed\":true,\"length\":5}}\n",
	     turns, 3);
	talk_tcp("zabbix",
		 "{\"zabbix\":{\"from\":\"client\",\"key\":\"vfs.fs.size[/,free]\",\"compressed\":false,"
		 "\"length\":20}}\n",
		 CLIENT("ZBXD\1\24\0\0\0\0\0\0\0vfs.fs.size[/,free]\n"));
	talk_tcp("zabbix", "{\"broken\":\"client\",\"at\":0}\n", CLIENT("ZBXE"));
}

static void memcached_counts_commands(void **unused)
{
	(void)unused;
	talk_tcp("memcached",
		 "{\"weakness\":\"memcached-no-auth\",\"evidence\":\"set was answered without authenticati"
		 "on\"}\n"
		 "{\"software\":\"server\",\"product\":\"memcached\",\"version\":\"1.6.18\"}\n"
		 "{\"memcached\":{\"protocol\":\"text\",\"commands\":{\"get\":1,\"set\":1,\"version\":1,"
		 "\"other\":1},\"hits\":1,\"errors\":1,\"version\":\"1.6.18\"}}\n",
		 CLIENT("set key 0 60 5\r\nhello\r\nget key\r\n"),
		 SERVER("STORED\r\nVALUE key 0 5\r\nEND\r\n\r\nEND\r\n"), CLIENT("version\r\nbogus\r\n"),
		 SERVER("VERSION 1.6.18\r\nERROR\r\n"));
	talk_tcp("memcached",
		 "{\"memcached\":{\"protocol\":\"binary\",\"commands\":{\"get\":1},\"hits\":0,"
		 "\"errors\":0}}\n",
		 CLIENT("\200\000\000\003\000\000\000\000\000\000\000\003\0\0\0\0\0\0\0\0\0\0\0\0key"),
		 SERVER("\201\000\000\000\000\000\000\001\000\000\000\002\0\0\0\0\0\0\0\0\0\0\0\0no"));
	talk_udp("memcached",
		 "{\"software\":\"server\",\"product\":\"memcached\",\"version\":\"1.5.0\"}\n"
		 "{\"weakness\":\"memcached-no-auth\",\"evidence\":\"version was answered without authenti"
		 "cation\"}\n"
		 "{\"weakness\":\"memcached-udp\",\"evidence\":\"version was answered over UDP\"}\n"
		 "{\"memcached\":{\"protocol\":\"text\",\"commands\":{\"version\":1},\"hits\":0,"
		 "\"errors\":0,\"version\":\"1.5.0\"}}\n",
		 CLIENT("\0\7\0\0\0\1\0\0version\r\n"), SERVER("\0\7\0\0\0\1\0\0VERSION 1.5.0\r\n"));
}

static void svn_tells_address_client_and_login(void **unused)
{
	const struct turn turns[] = {
		talk_first("svn.server.tcp.specification"), talk_first("svn.client.tcp.specification"),
		SERVER("( success ( ( ANONYMOUS CRAM-MD5 ) 4:door ) ) "), CLIENT("( ANONYMOUS ( 0: ) ) "),
		SERVER("( success ( ) ) ( success ( 4:uuid 21:svn://example.com/pr/ ( mergeinfo ) ) ) ")
	};

	(void)unused;
	talk("svn", TRANSPORT_TCP,
	     "{\"software\":\"client\",\"product\":\"Subversion\",\"version\":\"1.14.2\"}\n"
	     "{\"svn\":{\"url\":\"svn://example.com/pr\",\"client\":\"SVN/1.14.2 (x86_6)"
	     "\",\"mechanisms\":[\"ANONYMOUS\",\"CRAM-MD5\"],\"auth_mechanism\":\"ANONYMOUS"
	     "\",\"repository\":\"svn://example.com/pr/\"}}\n",
	     turns, 5);
	talk_tcp("svn", "{\"broken\":\"client\",\"at\":0}\n", CLIENT("a:b "));
}

static void munin_tells_what_is_fetched(void **unused)
{
	(void)unused;
	talk_tcp("munin",
		 "{\"software\":\"server\",\"product\":\"Munin node\",\"version\":\"2.0.73\"}\n"
		 "{\"munin\":{\"node\":\"alpha\",\"commands\":3,\"fetched\":[\"cpu\"]}}\n",
		 SERVER("# munin node at alpha\n"), CLIENT("version\nfetch cpu\n"),
		 SERVER("munins node on alpha version: 2.0.73\nuser.value 1\n.\n"), CLIENT("quit\n"));
	talk_tcp("munin",
		 "{\"munin\":{\"commands\":1}}\n"
		 "{\"upgrade\":\"tls\"}\n",
		 CLIENT("starttls\n"), CLIENT("\026\003\001"));
}

static void whois_finger_and_ident_tell_what_is_asked(void **unused)
{
	(void)unused;
	talk_tcp("whois", "{\"whois\":{\"query\":\"example.com\",\"response_length\":129}}\n",
		 CLIENT("example.com\r\n"), SERVER("   Domain Name: EXAMPLE.COM\r\n"),
		 LOST(SIDE_SERVER, 100));
	talk_tcp("finger", "{\"finger\":{\"query\":\"joe\",\"verbose\":true,\"response_length\":23}}\n",
		 CLIENT("/W joe\r\n"), SERVER("Login: joe  Name: Joe\r\n"));
	talk_tcp("ident",
		 "{\"ident\":{\"ports\":\"6193, 23\",\"response\":\"USERID\",\"os\":\"UNIX"
		 "\",\"user\":\"joe\"}}\n",
		 CLIENT("6193, 23\r\n"), SERVER("6193, 23 : USERID : UNIX : joe\r\n"));
	talk_tcp("ident",
		 "{\"ident\":{\"ports\":\"6193, 23\",\"response\":\"ERROR\",\"error\":\"NO-USER\"}}\n",
		 CLIENT("6193, 23\r\n"), SERVER("6193, 23 : ERROR : NO-USER\r\n"));
}

static void nntp_tells_groups_and_logins(void **unused)
{
	(void)unused;
	talk_tcp("nntp",
		 "{\"software\":\"server\",\"product\":\"INN\"}\n"
		 "{\"weakness\":\"nntp-clear-login\",\"evidence\":\"AUTHINFO PASS by joe\"}\n"
		 "{\"nntp\":{\"greeting\":\"news.example.com InterNetNews server INN 2.7.0 ready"
		 "\",\"user\":\"joe\",\"authenticated\":true,\"groups\":[\"misc.test\"],\"commands\":5,"
		 "\"articles\":1,\"posted\":1}}\n",
		 SERVER("200 news.example.com InterNetNews server INN 2.7.0 ready\r\n"),
		 CLIENT("AUTHINFO USER joe\r\n"), SERVER("381 more\r\n"), CLIENT("AUTHINFO PASS secret\r\n"),
		 SERVER("281 ok\r\n"), CLIENT("GROUP misc.test\r\nARTICLE 1\r\n"),
		 SERVER("211 1 1 1 misc.test\r\n220 1 <a@b>\r\nSubject: x\r\n\r\n281 no\r\n.\r\n"),
		 CLIENT("POST\r\n"), SERVER("340 go\r\n"), CLIENT("GROUP a\r\n.\r\n"), SERVER("240 ok\r\n"));
	talk_tcp("nntp",
		 "{\"nntp\":{\"greeting\":\"NNTP\",\"commands\":1,\"articles\":0,\"posted\":0}}\n"
		 "{\"upgrade\":\"tls\"}\n",
		 SERVER("200 NNTP\r\n"), CLIENT("STARTTLS\r\n"), SERVER("382 go\r\n"),
		 CLIENT("\026\003\001"));
	talk_tcp("nntp",
		 "{\"nntp\":{\"commands\":0,\"articles\":0,\"posted\":0}}\n"
		 "{\"broken\":\"server\",\"at\":0}\n",
		 SERVER("hello\r\n"));
}

static void memcached_reads_meta_commands_and_logins(void **unused)
{
	(void)unused;
	talk_tcp("memcached",
		 "{\"weakness\":\"memcached-no-auth\",\"evidence\":\"set was answered without authenticati"
		 "on\"}\n"
		 "{\"memcached\":{\"protocol\":\"text\",\"commands\":{\"get\":2,\"set\":1,\"delete\":1},"
		 "\"hits\":1,\"errors\":0}}\n",
		 CLIENT("ms key 5 T60\r\nmg k\r\r\nmg key v\r\n"), SERVER("HD\r\nVA 5 t59\r\nEN\r\n\001\r\n"),
		 CLIENT("mg other v\r\nmd key\r\n"), SERVER("EN\r\nHD\r\n"));
	talk_tcp("memcached",
		 "{\"weakness\":\"memcached-clear-login\",\"evidence\":\"SASL PLAIN of user joe\"}\n"
		 "{\"memcached\":{\"protocol\":\"binary\",\"commands\":{\"sasl\":1},\"hits\":0,"
		 "\"errors\":0,\"auth_mechanism\":\"PLAIN\",\"user\":\"joe\"}}\n",
		 CLIENT("\200\041\000\005\000\000\000\000\000\000\000\020\0\0\0\0\0\0\0\0\0\0\0\0PLAIN\0joe\0"
			"secret"),
		 SERVER("\201\041\000\000\000\000\000\000\000\000\000\015\0\0\0\0\0\0\0\0\0\0\0\0Authenticate"
			"d"));
}

static void nbd_tells_exports_and_what_is_written(void **unused)
{
	(void)unused;
	talk_tcp("nbd",
		 "{\"weakness\":\"nbd-clear\",\"evidence\":\"export doors\"}\n"
		 "{\"nbd\":{\"style\":\"fixed_new\",\"options\":{\"structured_reply\":1,\"list\":1,\"go\":1},"
		 "\"export\":"
		 "\"doors\",\"exports\":[\"doors\",\"shut\"],\"size\":4096,\"read_only\":false,\"starttls\":"
		 "false,"
		 "\"requests\":{\"write\":1,\"disconnect\":1},\"bytes_read\":0,\"bytes_written\":4,\"error\":"
		 "\"unsupported\"}}\n",
		 SERVER("NBDMAGICIHAVEOPT\0\3"), CLIENT("\0\0\0\3IHAVEOPT\0\0\0\10\0\0\0\0"),
		 SERVER("\0\3\350\211\4Ue\251\0\0\0\10\200\0\0\1\0\0\0\2No"),
		 CLIENT("IHAVEOPT\0\0\0\3\0\0\0\0"),
		 SERVER("\0\3\350\211\4Ue\251\0\0\0\3\0\0\0\2\0\0\0\11\0\0\0\5doors"
			"\0\3\350\211\4Ue\251\0\0\0\3\0\0\0\2\0\0\0\10\0\0\0\4shut"
			"\0\3\350\211\4Ue\251\0\0\0\3\0\0\0\1\0\0\0\0"),
		 CLIENT("IHAVEOPT\0\0\0\7\0\0\0\15\0\0\0\5doors\0\1\0\3"),
		 SERVER("\0\3\350\211\4Ue\251\0\0\0\7\0\0\0\3\0\0\0\14\0\0\0\0\0\0\0\0\20\0\1A"
			"\0\3\350\211\4Ue\251\0\0\0\7\0\0\0\1\0\0\0\0"),
		 CLIENT("%`\225\23\0\0\0\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\4open"),
		 SERVER("gDf\230\0\0\0\0\0\0\0\0\0\0\0\1"),
		 CLIENT("%`\225\23\0\0\0\2\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\0\0\0\0\0"));
}

static void nbd_of_older_styles_is_read(void **unused)
{
	(void)unused;
	talk_tcp("nbd",
		 "{\"weakness\":\"nbd-clear\",\"evidence\":\"the only export\"}\n"
		 "{\"nbd\":{\"style\":\"old\",\"size\":512,\"read_only\":true,\"starttls\":false,"
		 "\"requests\":{\"read\":1},"
		 "\"bytes_read\":512,\"bytes_written\":0}}\n",
		 SERVER("NBDMAGIC\0\0\x42\x02\x81\x86\x12\x53\0\0\0\0\0\0\2\0\0\0\0\3"),
		 CLIENT("%`\225\23\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\2\0"));
	talk_tcp("nbd",
		 "{\"weakness\":\"nbd-clear\",\"evidence\":\"export doors\"}\n"
		 "{\"nbd\":{\"style\":\"new\",\"options\":{\"export_name\":1},\"export\":\"doors\",\"size\":"
		 "512,"
		 "\"read_only\":false,\"starttls\":false,\"requests\":{\"trim\":1},\"bytes_read\":0,"
		 "\"bytes_written\":0}}\n",
		 SERVER("NBDMAGICIHAVEOPT\0\0"), CLIENT("\0\0\0\0IHAVEOPT\0\0\0\1\0\0\0\5doors"),
		 SERVER("\0\0\0\0\0\0\2\0\0\1"),
		 CLIENT("!\344\034q\0\0\0\4\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2\0"));
}

static void nbd_changes_to_tls(void **unused)
{
	(void)unused;
	talk_tcp("nbd",
		 "{\"nbd\":{\"style\":\"fixed_new\",\"options\":{\"starttls\":1},\"starttls\":true,\"bytes_"
		 "read\":0,"
		 "\"bytes_written\":0}}\n"
		 "{\"upgrade\":\"tls\"}\n",
		 SERVER("NBDMAGICIHAVEOPT\0\3"), CLIENT("\0\0\0\3IHAVEOPT\0\0\0\5\0\0\0\0"),
		 SERVER("\0\3\350\211\4Ue\251\0\0\0\5\0\0\0\1\0\0\0\0"));
	talk_tcp("nbd",
		 "{\"nbd\":{\"style\":\"fixed_new\",\"starttls\":false,\"bytes_read\":0,\"bytes_written\":0}}"
		 "\n"
		 "{\"broken\":\"client\",\"at\":4}\n",
		 SERVER("NBDMAGICIHAVEOPT\0\3"), CLIENT("\0\0\0\3IHAVENOT\0\0\0\0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rsync_tells_the_module),
		cmocka_unit_test(git_tells_service_and_repository),
		cmocka_unit_test(zabbix_tells_requests),
		cmocka_unit_test(memcached_counts_commands),
		cmocka_unit_test(svn_tells_address_client_and_login),
		cmocka_unit_test(munin_tells_what_is_fetched),
		cmocka_unit_test(whois_finger_and_ident_tell_what_is_asked),
		cmocka_unit_test(nntp_tells_groups_and_logins),
		cmocka_unit_test(memcached_reads_meta_commands_and_logins),
		cmocka_unit_test(nbd_tells_exports_and_what_is_written),
		cmocka_unit_test(nbd_of_older_styles_is_read),
		cmocka_unit_test(nbd_changes_to_tls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
