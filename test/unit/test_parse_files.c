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
		 "\",\"module\":\"backup\",\"auth_required\":true,\"user\":\"joe\",\"accepted\":true}}\n"
		 "{\"done\":\"server\"}\n",
		 SERVER("@RSYNCD: 31.0 md5\n"), CLIENT("@RSYNCD: 30.0\nbackup\n"),
		 SERVER("@RSYNCD: AUTHREQD abc\n"), CLIENT("joe c29mdHdhcmU\n"), SERVER("@RSYNCD: OK\n"),
		 CLIENT("more"));
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rsync_tells_the_module),
		cmocka_unit_test(git_tells_service_and_repository),
		cmocka_unit_test(zabbix_tells_requests),
		cmocka_unit_test(memcached_counts_commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
