/* What is read of databases that speak in lines. */
#include "talk.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* ---- redis ---- */

static void redis_counts_commands(void **unused)
{
	(void)unused;
	talk_tcp("redis",
		 "{\"weakness\":\"redis-no-auth\",\"evidence\":\"PING was answered without authentication"
		 "\"}\n"
		 "{\"software\":\"server\",\"product\":\"Redis\",\"version\":\"7.0.15\"}\n"
		 "{\"redis\":{\"requests\":6,\"responses\":6,\"errors\":1,\"last_error\":\"ERR no"
		 "\",\"commands\":{\"PING\":1,\"SET\":1,\"GET\":1,\"LRANGE\":1,\"SELECT\":1,\"INFO\":1},"
		 "\"database\":3,\"redis_version\":\"7.0.15\"}}\n",
		 CLIENT("*1\r\n$4\r\nPING\r\n"), SERVER("+PONG\r\n"),
		 CLIENT("*3\r\n$3\r\nset\r\n$1\r\na\r\n$"
			"70\r\n0123456789012345678901234567890123456789012345678901234567890123456789\r\n"
			"*2\r\n$3\r\nGET\r\n$1\r\na\r\nLRANGE l 0 -1\r\n"),
		 SERVER("+OK\r\n$3\r\n*1\n\r\n*2\r\n*2\r\n:1\r\n$-1\r\n*0\r\n"),
		 CLIENT("*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n"), SERVER("-ERR no\r\n"),
		 CLIENT("*1\r\n$4\r\nINFO\r\n"),
		 SERVER("$49\r\n# Server\r\nredis_version:7.0.15\r\nos:x\r\nnext:1234\r\n\r\n"));
}

static void redis_tells_logins(void **unused)
{
	(void)unused;
	talk_tcp("redis",
		 "{\"weakness\":\"redis-clear-login\",\"evidence\":\"AUTH for user joe\"}\n"
		 "{\"redis\":{\"requests\":2,\"responses\":2,\"errors\":0,\"commands\":{\"AUTH\":1,"
		 "\"PING\":1},\"user\":\"joe\",\"authenticated\":true,\"database\":0}}\n",
		 CLIENT("*3\r\n$4\r\nAUTH\r\n$3\r\njoe\r\n$6\r\nsecret\r\n"), SERVER("+OK\r\n"),
		 CLIENT("*1\r\n$4\r\nPING\r\n"), SERVER("+PONG\r\n"));
	talk_tcp("redis",
		 "{\"weakness\":\"redis-clear-login\",\"evidence\":\"AUTH for user default\"}\n"
		 "{\"redis\":{\"requests\":1,\"responses\":1,\"errors\":1,\"last_error\":\"WRONGPASS no"
		 "\",\"commands\":{\"AUTH\":1},\"user\":\"default\",\"authenticated\":false,"
		 "\"database\":0}}\n",
		 CLIENT("AUTH secret\r\n"), SERVER("-WRONGPASS no\r\n"));
	talk_tcp("redis",
		 "{\"weakness\":\"redis-clear-login\",\"evidence\":\"AUTH for user default\"}\n"
		 "{\"redis\":{\"requests\":1,\"responses\":1,\"errors\":0,\"commands\":{\"AUTH\":1},"
		 "\"user\":\"default\",\"authenticated\":true,\"database\":0}}\n",
		 CLIENT("*2\r\n$4\r\nAUTH\r\n$6\r\nsecret\r\n"), SERVER("+OK\r\n"));
	talk_tcp("redis",
		 "{\"redis\":{\"requests\":1,\"responses\":1,\"errors\":1,"
		 "\"last_error\":\"NOAUTH Authentication required.\",\"commands\":{\"PING\":1},"
		 "\"database\":0}}\n",
		 CLIENT("*1\r\n$4\r\nPING\r\n"), SERVER("-NOAUTH Authentication required.\r\n"));
}

static void redis_ends_where_the_server_speaks_unasked(void **unused)
{
	(void)unused;
	talk_tcp("redis",
		 "{\"redis\":{\"requests\":1,\"responses\":0,\"errors\":0,\"commands\":{\"MONITOR\":1},"
		 "\"database\":0}}\n"
		 "{\"done\":\"client\"}\n",
		 CLIENT("*1\r\n$7\r\nMONITOR\r\n"), SERVER("+OK\r\n"));
	talk_tcp("redis", "{\"broken\":\"server\",\"at\":0}\n", SERVER("what\r\n"));
	talk_tcp("redis", "{\"broken\":\"client\",\"at\":0}\n", CLIENT("\001\r\n"));
	talk_tcp("redis", "{\"broken\":\"client\",\"at\":4}\n", CLIENT("*1\r\n:4\r\n"));
	talk_tcp("redis",
		 "{\"redis\":{\"requests\":1,\"responses\":0,\"errors\":0,\"commands\":{\"A\":1},"
		 "\"database\":0}}\n"
		 "{\"lost\":\"client\"}\n",
		 CLIENT("*1\r\n$1\r\na\r\n"), LOST(SIDE_CLIENT, 5), CLIENT("x"));
}

static void redis_tells_logins_of_hello(void **unused)
{
	(void)unused;
	talk_tcp("redis",
		 "{\"weakness\":\"redis-clear-login\",\"evidence\":\"AUTH for user joe\"}\n"
		 "{\"redis\":{\"requests\":2,\"responses\":2,\"errors\":0,\"commands\":{\"HELLO\":1,"
		 "\"GET\":1},\"user\":\"joe\",\"client_name\":\"app\",\"authenticated\":true,\"database\":0}}"
		 "\n",
		 CLIENT("*7\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$4\r\nauth\r\n$3\r\njoe\r\n$6\r\nsecret\r\n$7\r\n"
			"SETNAME\r\n$3\r\napp\r\n"),
		 SERVER("%1\r\n$5\r\nproto\r\n:3\r\n"), CLIENT("*2\r\n$3\r\nGET\r\n$1\r\na\r\n"),
		 SERVER("$-1\r\n"));
	talk_tcp("redis",
		 "{\"weakness\":\"redis-clear-login\",\"evidence\":\"AUTH for user joe\"}\n"
		 "{\"redis\":{\"requests\":1,\"responses\":1,\"errors\":1,\"last_error\":\"WRONGPASS no\","
		 "\"commands\":{\"HELLO\":1},\"user\":\"joe\",\"authenticated\":false,\"database\":0}}\n",
		 CLIENT("HELLO 3 AUTH joe secret\r\n"), SERVER("-WRONGPASS no\r\n"));
	talk_tcp("redis",
		 "{\"weakness\":\"redis-no-auth\",\"evidence\":\"HELLO was answered without "
		 "authentication\"}\n"
		 "{\"redis\":{\"requests\":1,\"responses\":1,\"errors\":0,\"commands\":{\"HELLO\":1},"
		 "\"database\":0}}\n",
		 CLIENT("*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n"), SERVER("%1\r\n$5\r\nproto\r\n:3\r\n"));
	talk_tcp("redis",
		 "{\"weakness\":\"redis-clear-login\",\"evidence\":\"AUTH for user joe\"}\n"
		 "{\"redis\":{\"requests\":1,\"responses\":1,\"errors\":0,\"commands\":{\"AUTH\":1},"
		 "\"user\":\"joe\",\"authenticated\":true,\"database\":0}}\n",
		 CLIENT("AUTH joe secret\r\n"), SERVER("+OK\r\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(redis_counts_commands),
		cmocka_unit_test(redis_tells_logins),
		cmocka_unit_test(redis_ends_where_the_server_speaks_unasked),
		cmocka_unit_test(redis_tells_logins_of_hello),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
