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
		 "\",\"http_method\":\"POST\",\"protocol\":\"HTTP/"
		 "1.0\",\"request_length\":4,\"proxy\":true,\"status\":302,\"redirect\":\"/q\"}}\n"
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
	talk_tcp("http",
		 "{\"weakness\":\"http-clear-login\",\"evidence\":\"Proxy-Authorization: Basic with the "
		 "password"
		 " of joe for a\"}\n"
		 "{\"http\":{\"hostname\":\"a\",\"url\":\"http://a/\",\"http_method\":\"GET"
		 "\",\"protocol\":\"HTTP/1.1\",\"proxy_user\":\"joe\",\"proxy\":true}}\n",
		 CLIENT("GET http://a/ HTTP/1.1\r\nHost: a\r\nProxy-Authorization: Basic "
			"am9lOnNlY3JldA==\r\n\r\n"));
}

static void http_leads_to_other_protocols(void **unused)
{
	(void)unused;
	talk_tcp("http",
		 "{\"http\":{\"http_port\":443,\"hostname\":\"example.com\",\"url\":\"example.com:443"
		 "\",\"http_method\":\"CONNECT\",\"protocol\":\"HTTP/"
		 "1.1\",\"proxy\":true,\"status\":200,\"length\":0}}\n"
		 "{\"upgrade\":\"\"}\n",
		 CLIENT("CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n"),
		 SERVER("HTTP/1.1 200 Connection established\r\n\r\n"), CLIENT("\026\003\001"));
	talk_tcp("http",
		 "{\"http\":{\"http_port\":443,\"hostname\":\"example.com\",\"url\":\"example.com:443"
		 "\",\"http_method\":\"CONNECT\",\"protocol\":\"HTTP/1.1\",\"proxy\":true}}\n"
		 "{\"upgrade\":\"\"}\n",
		 CLIENT("CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n"),
		 CLIENT("\026\003\001"));
	talk_tcp("http",
		 "{\"http\":{\"http_port\":1,\"hostname\":\"a\",\"url\":\"a:1"
		 "\",\"http_method\":\"CONNECT\",\"protocol\":\"HTTP/"
		 "1.1\",\"proxy\":true,\"status\":403,\"length\":0}}\n"
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
		 "{\"broken\":\"server\",\"at\":47}\n",
		 SERVER("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"));
	talk_tcp("http",
		 "{\"http\":{\"status\":200}}\n"
		 "{\"broken\":\"server\",\"at\":47}\n",
		 SERVER("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n"));
}

/* ---- http2: requests and responses of RFC 7541 C.4 and C.6 ---- */

#define PREFACE                                                                                              \
	"PRI * "                                                                                             \
	"HTTP/"                                                                                              \
	"2.0\015\012\015\012SM\015\012\015\012\000\000\006\004\000\000\000\000\000\000\003\000\000\000d"
#define SETTINGS "\000\000\006\004\000\000\000\000\000\000\003\000\000\000\200"
#define ACK      "\000\000\000\004\001\000\000\000\000"
#define REQUEST_1                                                                                            \
	"\000\000\021\001\005\000\000\000\001\202\206\204A\214\361\343\302\345\362:k\240\253\220\364\377"
#define REQUEST_2                                                                                            \
	"\000\000\015\001)"                                                                                  \
	"\000\000\000\003\002\000\000\000\000\020\202\206\204\276X\000\000\000\000\007\011\004\000\000\000"  \
	"\003\206\250\353\020d\234\277"
#define REQUEST_3                                                                                            \
	"\000\000\030\001\004\000\000\000\005\202\207\205\277@\210%\250I\351[\251}\177\211%\250I\351["       \
	"\270\350\264\277\000\000\004\000\001\000\000\000\005body"
#define RESPONSE_1                                                                                           \
	"\000\0009\001\004\000\000\000\001\077\341\001H\202d\002X\205\256\303w\032Ka\226\320z\276\224\020T"  \
	"\324D\250 "                                                                                         \
	"\005\225\004\013\201f\340\202\246-\033\377n\221\235)"                                               \
	"\255\027\030c\307\217\013\227\310\351\256\202\256C\323\000\000\012\000\000\000\000\000\001xxxxxxxx" \
	"xx\000\000\000\000\001\000\000\000\001"
#define RESPONSE_2 "\000\000\010\001\005\000\000\000\003H\203d\016\377\301\300\277"
#define RESPONSE_3                                                                                           \
	"\000\000\026\001\004\000\000\000\005\210\017\020\011text/html\017'\006nginx/"                       \
	"\000\000\004\003\000\000\000\000\005\000\000\000\002"
#define LOGIN "\000\000(\001\005\000\000\000\007\202\204\020\015authorization\026Basic am9lOnNlY3JldA=="
#define AGENT "\000\000\020\001\005\000\000\000\011\202\204\017+\013curl/7.88.1"

static void http2_tells_streams(void **unused)
{
	(void)unused;
	talk_tcp("http2",
		 "{\"http\":{\"http_method\":\"GET\",\"hostname\":\"www.example.com\",\"url"
		 "\":\"/\",\"protocol\":\"HTTP/2\",\"version\":\"2\",\"status\":302,\"length\":10,"
		 "\"redirect\":\"https://www.example.com\",\"http2\":{\"stream_id\":1}}}\n"
		 "{\"http\":{\"http_method\":\"GET\",\"hostname\":\"www.example.com\",\"url"
		 "\":\"/\",\"protocol\":\"HTTP/2\",\"version\":\"2\",\"status\":307,\"length\":0,"
		 "\"redirect\":\"https://www.example.com\",\"http2\":{\"stream_id\":3}}}\n"
		 "{\"software\":\"server\",\"product\":\"nginx\"}\n"
		 "{\"http\":{\"http_method\":\"GET\",\"hostname\":\"www.example.com"
		 "\",\"url\":\"/index.html\",\"protocol\":\"HTTP/2\",\"version\":\"2\",\"status\":200,"
		 "\"length\":0,\"http_content_type\":\"text/html\",\"server\":\"nginx/"
		 "\",\"http2\":{\"stream_id\":5}}}\n"
		 "{\"software\":\"client\",\"product\":\"curl\",\"version\":\"7.88.1\"}\n"
		 "{\"http\":{\"http_method\":\"GET\",\"url\":\"/\",\"http_user_agent\":\"curl/7.88.1"
		 "\",\"protocol\":\"HTTP/2\",\"version\":\"2\",\"http2\":{\"stream_id\":9}}}\n",
		 CLIENT(PREFACE), SERVER(SETTINGS), CLIENT(ACK REQUEST_1 REQUEST_2), SERVER(ACK RESPONSE_1),
		 CLIENT(REQUEST_3), SERVER(RESPONSE_2), SERVER(RESPONSE_3), CLIENT(AGENT));
}

static void http2_passwords_are_a_weakness(void **unused)
{
	(void)unused;
	talk_tcp("http2",
		 "{\"weakness\":\"http2-clear-login\",\"evidence\":\"Authorization: Basic with the passwor"
		 "d of joe\"}\n"
		 "{\"http\":{\"http_method\":\"GET\",\"url\":\"/\",\"user\":\"joe\",\"protocol\":\"HTTP/2"
		 "\",\"version\":\"2\",\"http2\":{\"stream_id\":7}}}\n",
		 CLIENT(PREFACE LOGIN));
}

/* gRPC tells how a call went behind its contents; a code that it does not have is none, nor is a length of
 * letters. */
static void http2_tells_calls_of_grpc(void **unused)
{
	(void)unused;
	talk_tcp("http2",
		 "{\"weakness\":\"http2-clear-login\",\"evidence\":\"Proxy-Authorization: Basic with the "
		 "password of "
		 "joe\"}\n"
		 "{\"software\":\"server\",\"product\":\"Envoy\"}\n"
		 "{\"http\":{\"http_method\":\"POST\",\"url\":\"/a.B/"
		 "C\",\"xff\":\"198.51.100.7\",\"proxy_user\":\"joe\","
		 "\"request_content_type\":\"application/grpc\",\"request_length\":7,\"protocol\":\"HTTP/2\","
		 "\"version\":\"2\",\"status\":200,\"length\":0,\"http_content_type\":\"application/"
		 "grpc\",\"server\":"
		 "\"Envoy\",\"http2\":{\"stream_id\":1},\"grpc_status\":12}}\n"
		 "{\"http\":{\"http_method\":\"GET\",\"url\":\"/\",\"protocol\":\"HTTP/"
		 "2\",\"version\":\"2\",\"status\":401,"
		 "\"length\":0,\"auth_scheme\":\"Basic\",\"http2\":{\"stream_id\":3}}}\n",
		 CLIENT(PREFACE), SERVER(SETTINGS),
		 CLIENT("\0\0\217\1\4\0\0\0\1\203\20\5:path\6/a.B/"
			"C\20\17x-forwarded-for\014198.51.100.7\20\23prox"
			"y-authorization\26Basic am9lOnNlY3JldA==\20\14content-type\25application/grpc; "
			"q=1\20\16c"
			"ontent-length\0017"),
		 SERVER("\0\0.\1\4\0\0\0\1\210\20\14content-type\20application/"
			"grpc\20\6server\5Envoy\0\0\20\1\5\0"
			"\0\0\1\20\13grpc-status\00212"),
		 CLIENT("\0\0006\1\5\0\0\0\3\202\204\20\16content-length\4many\20\23proxy-"
			"authorization\11Basic \77"
			"\77\77"),
		 SERVER("\0\0=\1\5\0\0\0\3\20\7:status\003401\20\20www-authenticate\15Basic "
			"realm=x\20\13grpc-stat"
			"us\00299"));
}

static void http2_refuses_what_is_not_http2(void **unused)
{
	(void)unused;
	talk_tcp("http2", "{\"broken\":\"client\",\"at\":0}\n", CLIENT("GET / HTTP/1.1\r\n\r\n"));
	/* an index beyond the table, a Huffman code that ends in zeros, a block that another frame interrupts
	 */
	talk_tcp("http2", "{\"broken\":\"client\",\"at\":49}\n",
		 CLIENT(PREFACE "\0\0\1\001\005\0\0\0\001\376"));
	talk_tcp("http2", "{\"broken\":\"client\",\"at\":51}\n",
		 CLIENT(PREFACE "\0\0\3\001\005\0\0\0\001\004\201\0"));
	talk_tcp("http2", "{\"broken\":\"client\",\"at\":39}\n",
		 CLIENT(PREFACE "\0\0\1\001\001\0\0\0\001\202" ACK));
	talk_tcp("http2", "{\"broken\":\"server\",\"at\":15}\n",
		 SERVER(SETTINGS "\0\0\1\011\004\0\0\0\001\202"));
}

static void http_tells_interfaces_that_are_open(void **unused)
{
	(void)unused;
	talk_tcp(
		"http",
		"{\"weakness\":\"elasticsearch-no-auth\",\"evidence\":\"GET /doors/_doc/1?q=a HTTP/1.1\"}\n"
		"{\"http\":{\"hostname\":\"a\",\"url\":\"/doors/_doc/"
		"1?q=a\",\"http_method\":\"GET\",\"protocol\":\"HTTP/1.1\",\"status\":200,"
		"\"elasticsearch\":{\"index\":\"doors\",\"request\":\"_doc\"},\"length\":0}}\n"
		"{\"software\":\"server\",\"product\":\"Docker\",\"version\":\"20.10.24\"}\n"
		"{\"weakness\":\"container-api-clear\",\"evidence\":\"GET /v1.41/info HTTP/1.1\"}\n"
		"{\"http\":{\"hostname\":\"a\",\"url\":\"/v1.41/"
		"info\",\"http_method\":\"GET\",\"protocol\":\"HTTP/1.1\",\"status\":200,\"server\":\"Docker/"
		"20.10.24 (linux)\",\"api_version\":\"1.41\",\"length\":0}}\n",
		CLIENT("GET /doors/_doc/1?q=a HTTP/1.1\r\nHost: a\r\n\r\n"),
		SERVER("HTTP/1.1 200 OK\r\nX-elastic-product: Elasticsearch\r\nContent-Length: 0\r\n\r\n"),
		CLIENT("GET /v1.41/info HTTP/1.1\r\nHost: a\r\n\r\n"),
		SERVER("HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nServer: Docker/20.10.24 "
		       "(linux)\r\nContent-Length: 0\r\n\r\n"));
}

static void http_finds_no_fault_where_a_login_is_asked_for(void **unused)
{
	(void)unused;
	talk_tcp("http",
		 "{\"http\":{\"hostname\":\"a\",\"url\":\"/\",\"http_method\":\"GET\",\"protocol\":\"HTTP/"
		 "1.1\",\"status\":200,\"elasticsearch\":{},\"length\":0}}\n"
		 "{\"http\":{\"hostname\":\"a\",\"url\":\"/\",\"http_method\":\"GET\",\"protocol\":\"HTTP/"
		 "1.1\",\"status\":401,\"elasticsearch\":{},\"length\":0}}\n"
		 "{\"software\":\"server\",\"product\":\"Docker\",\"version\":\"1\"}\n"
		 "{\"http\":{\"hostname\":\"a\",\"url\":\"/\",\"http_method\":\"GET\",\"protocol\":\"HTTP/"
		 "1.1\",\"status\":403,\"server\":\"Docker/1\",\"api_version\":\"1.41\",\"length\":0}}\n",
		 CLIENT("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: ApiKey abc\r\n\r\n"),
		 SERVER("HTTP/1.1 200 OK\r\nX-elastic-product: Elasticsearch\r\nContent-Length: 0\r\n\r\n"),
		 CLIENT("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
		 SERVER("HTTP/1.1 401 No\r\nX-elastic-product: Elasticsearch\r\nContent-Length: 0\r\n\r\n"),
		 CLIENT("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
		 SERVER("HTTP/1.1 403 No\r\nApi-Version: 1.41\r\nServer: Docker/1\r\nContent-Length: "
			"0\r\n\r\n"));
}

static void ajp_tells_requests_and_their_answers(void **unused)
{
	(void)unused;
	talk_tcp("ajp",
		 "{\"weakness\":\"ajp-no-secret\",\"evidence\":\"GET /open.txt?who=porter was answered with "
		 "200 and had "
		 "no secret\"}\n"
		 "{\"ajp\":{\"method\":\"GET\",\"hostname\":\"door.example\",\"port\":80,\"url\":\"/"
		 "open.txt?who=porter\","
		 "\"protocol\":\"HTTP/1.1\",\"remote_address\":\"127.0.0.1\",\"user_agent\":\"porter/"
		 "1.0\",\"tls\":false,"
		 "\"secret\":false,\"request_length\":0,\"status\":200,\"length\":5}}\n"
		 "{\"ajp\":{\"pings\":1}}\n",
		 CLIENT("\0224\0\1\12"), SERVER("AB\0\1\11"),
		 CLIENT("\0224\0\253\2\2\0\10HTTP/1.1\0\0\11/"
			"open.txt\0\0\011127.0.0.1\0\377\377\0\14door.example\0\0P\0"
			"\0\3\240\13\0\14door.example\0\240\16\0\12porter/1.0\0\240\1\0\3*/"
			"*\0\5\0\12who=porter\0\12\0"
			"\17AJP_REMOTE_PORT\0\0\00544064\0\12\0\16AJP_LOCAL_ADDR\0\0\011127.0.0.1\0\377"),
		 SERVER("AB\0w\4\0\310\0\003200\0\0\5\0\15Accept-Ranges\0\0\5bytes\0\0\4ETag\0\0\23W/"
			"\"5-1795340622578\"\0\240\5\0\35Sun, 22 Nov 2026 09:43:42 GMT\0\240\1\0\12text/"
			"plain\0\240\3\0\0015\0AB\0\11\3\0\5open\12\0AB\0\2\5\1"));
}

/* The body begins like a request, and its length is told; the other has no length, and ends with none. */
static void ajp_reads_bodies_and_what_is_added(void **unused)
{
	(void)unused;
	talk_tcp("ajp",
		 "{\"ajp\":{\"method\":\"PATCH\",\"port\":443,\"url\":\"/a\",\"user\":\"joe\",\"tls\":true,"
		 "\"secret\":true,\"request_length\":4,\"status\":200,\"length\":0}}\n"
		 "{\"ajp\":{\"method\":\"PUT\",\"port\":80,\"url\":\"/b\",\"tls\":false,\"secret\":false,"
		 "\"request_length\":3,\"status\":403,\"length\":0}}\n",
		 CLIENT("\0224\0\070\2\377\377\377\0\2/"
			"a\0\377\377\377\377\377\377\1\273\1\0\1\240\10\0\0014\0\3\0\3joe\0"
			"\13\1\0\14\0\6sesame\0\15\0\5PATCH\0\377"
			"\0224\0\6\0\4\2\2\2\2"),
		 SERVER("AB\0\12\4\0\310\0\2OK\0\0\0AB\0\2\5\1"),
		 CLIENT("\0224\0\053\2\5\377\377\0\2/"
			"b\0\377\377\377\377\377\377\0P\0\0\1\0\21Transfer-Encoding\0\377\377"
			"\377\0224\0\5\0\3\2\2\2\0224\0\2\0\0"),
		 SERVER("AB\0\3\6\37\372AB\0\12\4\1\223\0\2No\0\0\0AB\0\2\5\1"));
}

static void ajp_is_not_what_has_another_mark(void **unused)
{
	(void)unused;
	talk_tcp("ajp", "{\"ajp\":{\"pings\":1}}\n{\"broken\":\"client\",\"at\":5}\n",
		 CLIENT("\0224\0\1\12GET /\r\n"));
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
		cmocka_unit_test(http2_tells_streams),
		cmocka_unit_test(http2_passwords_are_a_weakness),
		cmocka_unit_test(http2_tells_calls_of_grpc),
		cmocka_unit_test(http2_refuses_what_is_not_http2),
		cmocka_unit_test(http_tells_interfaces_that_are_open),
		cmocka_unit_test(http_finds_no_fault_where_a_login_is_asked_for),
		cmocka_unit_test(ajp_tells_requests_and_their_answers),
		cmocka_unit_test(ajp_reads_bodies_and_what_is_added),
		cmocka_unit_test(ajp_is_not_what_has_another_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
