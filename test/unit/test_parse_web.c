/* What is read of HTTP and of what is made of it. */
#include "talk.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* ---- http ---- */

static void http_tells_a_request_with_its_response(void **unused)
{
	(void)unused;
	talk_tcp("http",
		 "{\"software\":\"client\",\"product\":\"curl\",\"version\":\"7.88.1\"}\n"
		 "{\"software\":\"server\",\"product\":\"nginx\",\"version\":\"1.22.1\"}\n"
		 "{\"http\":{\"http_port\":8080,\"hostname\":\"example.com\",\"url\":\"/a?b=c"
		 "\",\"http_user_agent\":\"curl/7.88.1\",\"http_refer\":\"http://x/"
		 "\",\"http_method\":\"GET\",\"protocol\":\"HTTP/1.1\",\"status\":200,"
		 "\"http_content_type\":\"text/html\",\"server\":\"nginx/1.22.1\",\"length\":5}}\n"
		 "{\"http\":{\"hostname\":\"example.org\",\"url\":\"http://example.org/p"
		 "\",\"http_method\":\"POST\",\"protocol\":\"HTTP/1.0\",\"request_length\":4,"
		 "\"status\":302,\"redirect\":\"/q\"}}\n"
		 "{\"done\":\"server\"}\n",
		 CLIENT("GET /a?b=c HTTP/1.1\r\nHost: example.com:8080\r\nUser-Agent: "
			"curl/7.88.1\r\nReferer: http://x/\r\n\r\n"),
		 SERVER("HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nContent-Type: text/html; "
			"charset=utf-8\r\nContent-Length: 5\r\n\r\nHTTP/"),
		 CLIENT("POST http://example.org/p HTTP/1.0\r\nContent-Length: 4\r\n\r\nabcd"),
		 SERVER("HTTP/1.0 302 Found\r\nLocation: /q\r\n\r\nuntil the end"));
}

static void http_steps_over_contents(void **unused)
{
	(void)unused;
	talk_tcp("http",
		 "{\"http\":{\"hostname\":\"a\",\"url\":\"/\",\"http_method\":\"HEAD"
		 "\",\"protocol\":\"HTTP/1.1\",\"status\":200,\"length\":0}}\n"
		 "{\"http\":{\"hostname\":\"b\",\"url\":\"/\",\"http_method\":\"GET"
		 "\",\"protocol\":\"HTTP/1.1\",\"status\":304,\"length\":0}}\n"
		 "{\"http\":{\"hostname\":\"a\",\"url\":\"/x\",\"http_method\":\"PUT"
		 "\",\"protocol\":\"HTTP/1.1\",\"status\":201,\"length\":11}}\n"
		 "{\"http\":{\"hostname\":\"a\",\"url\":\"/y\",\"http_method\":\"GET"
		 "\",\"protocol\":\"HTTP/1.1\",\"status\":204,\"length\":0}}\n",
		 CLIENT("HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: b\r\n\r\n"),
		 SERVER("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nHTTP/1.1 304 Not Modified\r\n\r\n"),
		 CLIENT("PUT /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
			"chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
		 SERVER("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nTransfer-Encoding: "
			"chunked\r\n\r\n"
			"a;x=y\r\n0123456789\r\n1\r\n\n\r\n0\r\nX: y\r\n\r\n"),
		 CLIENT("GET /y HTTP/1.1\r\nHost: a\r\n\r\n"), SERVER("HTTP/1.1 204 No Content\r\n\r\n"));
}

static void http_passwords_are_a_weakness(void **unused)
{
	(void)unused;
	/* joe:secret */
	talk_tcp("http",
		 "{\"weakness\":\"http-clear-login\",\"evidence\":\"Authorization: Basic with the password"
		 " of joe for a\"}\n"
		 "{\"http\":{\"hostname\":\"a\",\"url\":\"/\",\"http_method\":\"GET"
		 "\",\"protocol\":\"HTTP/1.1\",\"user\":\"joe\",\"status\":401,\"auth_scheme\":\"Basic"
		 "\",\"length\":0}}\n",
		 CLIENT("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic am9lOnNlY3JldA==\r\n\r\n"),
		 SERVER("HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: "
			"0\r\n\r\n"));
	talk_tcp("http",
		 "{\"http\":{\"hostname\":\"a\",\"url\":\"/\",\"http_method\":\"GET"
		 "\",\"protocol\":\"HTTP/1.1\"}}\n",
		 CLIENT("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer am9lOnNlY3JldA==\r\n\r\n"));
}

static void http_leads_to_other_protocols(void **unused)
{
	(void)unused;
	talk_tcp("http",
		 "{\"http\":{\"http_port\":443,\"hostname\":\"example.com\",\"url\":\"example.com:443"
		 "\",\"http_method\":\"CONNECT\",\"protocol\":\"HTTP/1.1\",\"status\":200,\"length\":0}}\n"
		 "{\"upgrade\":\"\"}\n",
		 CLIENT("CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n"),
		 SERVER("HTTP/1.1 200 Connection established\r\n\r\n"), CLIENT("\026\003\001"));
	talk_tcp("http",
		 "{\"http\":{\"http_port\":443,\"hostname\":\"example.com\",\"url\":\"example.com:443"
		 "\",\"http_method\":\"CONNECT\",\"protocol\":\"HTTP/1.1\"}}\n"
		 "{\"upgrade\":\"\"}\n",
		 CLIENT("CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n"),
		 CLIENT("\026\003\001"));
	talk_tcp("http",
		 "{\"http\":{\"http_port\":1,\"hostname\":\"a\",\"url\":\"a:1"
		 "\",\"http_method\":\"CONNECT\",\"protocol\":\"HTTP/1.1\",\"status\":403,\"length\":0}}\n"
		 "{\"http\":{\"url\":\"/\",\"http_method\":\"GET\",\"protocol\":\"HTTP/1.1\"}}\n",
		 CLIENT("CONNECT a:1 HTTP/1.1\r\n\r\n"),
		 SERVER("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"), CLIENT("GET / HTTP/1.1\r\n\r\n"));
	talk_tcp("http",
		 "{\"http\":{\"hostname\":\"a\",\"url\":\"/\",\"http_method\":\"GET"
		 "\",\"protocol\":\"HTTP/1.1\",\"status\":101,\"length\":0}}\n"
		 "{\"upgrade\":\"http2\"}\n",
		 CLIENT("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: "
			"h2c\r\n\r\n"),
		 SERVER("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"),
		 SERVER("x"));
}

static void http_goes_on_behind_a_gap(void **unused)
{
	(void)unused;
	talk_tcp("http",
		 "{\"http\":{\"hostname\":\"a\",\"url\":\"/1\",\"http_method\":\"GET"
		 "\",\"protocol\":\"HTTP/1.1\"}}\n"
		 "{\"http\":{\"hostname\":\"b\",\"url\":\"/3\",\"http_method\":\"GET"
		 "\",\"protocol\":\"HTTP/1.1\",\"status\":200,\"length\":0}}\n",
		 CLIENT("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HT"), LOST(SIDE_CLIENT, 50),
		 CLIENT("xyz\r\n\r\nGET /3 HTTP/1.1\r\nHost: b\r\n\r\n"),
		 SERVER("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
	talk_tcp("http",
		 "{\"http\":{\"status\":200,\"length\":100}}\n"
		 "{\"http\":{\"status\":404,\"length\":0}}\n",
		 SERVER("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"), LOST(SIDE_SERVER, 97),
		 SERVER("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"));
	talk_tcp("http",
		 "{\"http\":{\"status\":200}}\n"
		 "{\"http\":{\"status\":404,\"length\":0}}\n",
		 SERVER("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\nabc"),
		 LOST(SIDE_SERVER, 97), SERVER("\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"));
}

static void http_refuses_what_is_not_http(void **unused)
{
	(void)unused;
	talk_tcp("http",
		 "{\"http\":{\"hostname\":\"a\",\"url\":\"/\",\"http_method\":\"GET"
		 "\",\"protocol\":\"HTTP/1.1\"}}\n"
		 "{\"broken\":\"client\",\"at\":27}\n",
		 CLIENT("GET / HTTP/1.1\r\nHost: a\r\n\r\nwhat is this\r\n"));
	talk_tcp("http",
		 "{\"http\":{\"status\":200}}\n"
		 "{\"broken\":\"server\",\"at\":52}\n",
		 SERVER("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"));
	talk_tcp("http",
		 "{\"http\":{\"status\":200}}\n"
		 "{\"broken\":\"server\",\"at\":66}\n",
		 SERVER("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(http_tells_a_request_with_its_response),
		cmocka_unit_test(http_steps_over_contents),
		cmocka_unit_test(http_passwords_are_a_weakness),
		cmocka_unit_test(http_leads_to_other_protocols),
		cmocka_unit_test(http_goes_on_behind_a_gap),
		cmocka_unit_test(http_refuses_what_is_not_http),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
