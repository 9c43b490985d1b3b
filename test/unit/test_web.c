/* HTTP, HTTP/2 and TLS: what is recognised, what is told of a server, and which weaknesses are seen. */
#include "protocols/tls.h"

#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

enum { DAY = 24 * 60 * 60 };

static const struct protocol *named(const char *name)
{
	const struct protocol *const protocol = protocol_named(span_text(name));

	assert_non_null(protocol);
	return protocol;
}

static void requests_and_answers_of_http_are_told_from_their_likes(void **unused)
{
	static const struct {
		const char *words;
		enum side side;
		enum verdict verdict;
	} cases[] = {
		{ "GET / HTTP/1.1\r\n", SIDE_CLIENT, YES },
		{ "PROPFIND /dav HTTP/1.0\n", SIDE_CLIENT, YES },
		{ "GET / HTTP/1.1", SIDE_CLIENT, MORE },
		{ "G", SIDE_CLIENT, MORE },
		{ "get / HTTP/1.1\r\n", SIDE_CLIENT, NO },
		{ "GET /\r\n", SIDE_CLIENT, YES }, /* of HTTP/0.9: RFC 1945 5.1 */
		{ "GET /a b\r\n", SIDE_CLIENT, NO },
		{ "GET key\r\n", SIDE_CLIENT, NO },
		{ "PUT /\r\n", SIDE_CLIENT, NO },
		{ "GET  HTTP/1.1\r\n", SIDE_CLIENT, NO },
		{ "OPTIONS rtsp://192.0.2.1/ RTSP/1.0\r\n", SIDE_CLIENT, NO },
		{ "OPTIONS sip:a@example.net SIP/2.0\r\n", SIDE_CLIENT, NO },
		{ "REQMOD icap://192.0.2.1/ ICAP/1.0\r\n", SIDE_CLIENT, NO },
		{ "PRI * HTTP/2.0\r\n", SIDE_CLIENT, NO },
		{ "HTTP/1.1 200 OK\r\n", SIDE_SERVER, YES },
		{ "HTTP/1.0 404\r\n", SIDE_SERVER, YES },
		{ "HTTP/1.1 20", SIDE_SERVER, MORE },
		{ "HTTP/1.1 2x0 OK\r\n", SIDE_SERVER, NO },
		{ "HTTP/2 200 OK\r\n", SIDE_SERVER, NO },
		{ "RTSP/1.0 200 OK\r\n", SIDE_SERVER, NO },
		{ "HTTP/1.0 501 Tor is not an HTTP Proxy\r\n", SIDE_SERVER, NO },
		{ "HTTP/1.0 501 Not Implemented\r\n", SIDE_SERVER, YES },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (named("http")->recognise(span_text(cases[i].words), cases[i].side, TRANSPORT_TCP) !=
		    cases[i].verdict)
			fail_msg("%s", cases[i].words);
	assert_int_equal(
		named("http")->recognise(span_text("HTTP/1.1 200 OK\r\n"), SIDE_SERVER, TRANSPORT_UDP), NO);
}

static enum probe_step hear_http(const char *words, bool ended, struct answer *ret_answer)
{
	struct span heard = span_text(words);
	struct buffer out = buffer_new(64);
	uint8_t state[1] = { 0 };
	enum probe_step step;

	memset(ret_answer, 0, sizeof(*ret_answer));
	step = named("http")->probe->hear(state, &heard, ended, &out, ret_answer);
	buffer_free(&out);
	return step;
}

static void web_servers_are_known_by_their_words(void **unused)
{
	static const struct {
		const char *fields, *product, *version;
	} cases[] = {
		{ "Server: nginx/1.22.1\r\n\r\n", "nginx", "1.22.1" },
		{ "Server: nginx\r\n\r\n", "nginx", "" },
		{ "Server: Apache/2.4.57 (Debian) OpenSSL/3.0\r\n\r\n", "Apache httpd", "2.4.57" },
		{ "server: Apache-Coyote/1.1\r\n\r\n", "Apache Tomcat", "1.1" },
		{ "Server: SimpleHTTP/0.6 Python/3.11.2\r\n\r\n", "Python http.server", "3.11.2" },
		{ "Server: Mine/7.5-2deb1\r\n\r\n", "Mine", "7.5" },
		{ "X-Influxdb-Version: 1.6.7~rc0\r\n\r\n", "InfluxDB", "1.6.7" },
		{ "Via: 1.1 varnish (Varnish/7.1)\r\n\r\n", "Varnish", "7.1" },
		{ "\r\n<title>Node Exporter</title> (version=1.5.0, branch", "Prometheus node exporter",
		  "1.5.0" },
		{ "\r\n", "", "" },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char words[512] = "HTTP/1.1 200 OK\r\n";
		struct answer answer;

		strcat(words, cases[i].fields);
		assert_int_equal(hear_http(words, true, &answer), PROBE_DONE);
		assert_string_equal(answer.product, cases[i].product);
		assert_string_equal(answer.version, cases[i].version);
		assert_string_equal(answer_get(&answer, "status"), "200");
	}
}

/* All that a server is asked further, as lines. */
static void list_further(const struct answer *known, char *lines, size_t size)
{
	const struct probe *const probe = named("http")->probe;

	lines[0] = '\0';
	for (size_t variant = 0; variant < probe->variants; variant++) {
		struct buffer out = buffer_new(1024);
		struct span words;

		if (probe->wants_more(known, variant)) {
			probe->greet_more(NULL, variant, known, &out);
			words = buffer_read(&out);
			if (span_find(words, "Upgrade: websocket\r\n") == SIZE_MAX)
				assert_true(span_ends(words, "\r\n\r\n"));
			span_copy_text(span_line(&words), lines + strlen(lines), size - strlen(lines));
			strcat(lines, "|");
		}
		buffer_free(&out);
	}
}

static void servers_are_asked_further_where_the_first_page_left_it_open(void **unused)
{
	static const struct {
		const char *first, *further;
	} cases[] = {
		{ "200 OK\r\nServer: nginx\r\n\r\n", "" },
		{ "200 OK\r\n\r\n", "GET /v2/ HTTP/1.1|GET / DOORWARD/1.0|" },
		{ "200 OK\r\nContent-Type: text/html\r\n\r\n", "GET / DOORWARD/1.0|" },
		{ "302 Found\r\nLocation: /graph\r\n\r\n", "GET /graph HTTP/1.1|GET / DOORWARD/1.0|" },
		{ "302 Found\r\nLocation: http://localhost:80/ui/\r\n\r\n",
		  "GET /ui/ HTTP/1.1|GET / DOORWARD/1.0|" },
		{ "302 Found\r\nLocation: https://localhost/\r\n\r\n", "GET / DOORWARD/1.0|" },
		{ "302 Found\r\nLocation: //evil.example/\r\n\r\n", "GET / DOORWARD/1.0|" },
		{ "302 Found\r\nLocation: /a HTTP/1.1\r\n\r\n", "GET / DOORWARD/1.0|" },
		{ "404 Not Found\r\nContent-Type: text/plain\r\n\r\n",
		  "GET /_ping HTTP/1.1|GET /version HTTP/1.1|GET /mqtt HTTP/1.1|GET / DOORWARD/1.0|" },
		{ "404 Not Found\r\nContent-Type: text/html\r\n\r\n",
		  "GET /mqtt HTTP/1.1|GET / DOORWARD/1.0|" },
		{ "200 OK\r\n\r\n<title>Grafana</title>", "GET /api/health HTTP/1.1|" },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char words[512] = "HTTP/1.1 ", lines[512];
		struct answer answer;

		strcat(words, cases[i].first);
		assert_int_equal(hear_http(words, true, &answer), PROBE_DONE);
		list_further(&answer, lines, sizeof(lines));
		assert_string_equal(lines, cases[i].further);
	}
}

/* Snapcast tells its version to a call alone, which comes whole. */
static void a_call_is_sent_with_its_length(void **unused)
{
	static const char call[] = "{\"id\":1,\"jsonrpc\":\"2.0\",\"method\":\"Server.GetStatus\"}";
	const struct probe *const probe = named("http")->probe;
	const struct answer known = { .product = "Snapcast" };
	struct buffer out = buffer_new(1024);
	char length[64];
	struct span words;
	size_t at;

	(void)unused;
	assert_true(probe->wants_more(&known, 1));
	probe->greet_more(NULL, 1, &known, &out);
	words = buffer_read(&out);
	assert_true(span_begins(words, "POST /jsonrpc HTTP/1.1\r\n"));
	(void)snprintf(length, sizeof(length), "\r\nContent-Length: %zu\r\n", strlen(call));
	assert_true(span_find(words, length) != SIZE_MAX);
	at = span_find(words, "\r\n\r\n");
	assert_true(at != SIZE_MAX);
	span_skip(&words, at + 4);
	assert_true(span_is(words, call));
	buffer_free(&out);
}

static void what_is_told_further_completes_the_first_answer(void **unused)
{
	static const struct {
		size_t variant;
		const char *product, *words, *told, *version;
	} cases[] = {
		{ 0, "", "\r\n<title>Prometheus Time Series Collection and Processing Server</title>",
		  "Prometheus", "" },
		{ 1, "Prometheus", "\r\n{\"data\":{\"version\":\"2.42.0+ds\",", "Prometheus", "2.42.0" },
		{ 1, "Apache Tomcat", "\r\n<h3>Apache Tomcat/9.0.70 (Debian)</h3>", "Apache Tomcat",
		  "9.0.70" },
		{ 1, "Privoxy", "\r\nThis is <a href=\"\">Privoxy</a> 3.0.34 on beta", "Privoxy", "3.0.34" },
		{ 1, "Grafana", "\r\n{\"commit\": \"b\", \"version\": \"9.3.6\"}", "Grafana", "9.3.6" },
		{ 1, "Snapcast",
		  "\r\n{\"result\":{\"groups\":[{\"snapclient\":{\"name\":\"Snapclient\",\"protocolVersion\":"
		  "2,"
		  "\"version\":\"0.1.0\"}}],\"snapserver\":{\"controlProtocolVersion\":1,\"name\":"
		  "\"Snapserver\","
		  "\"protocolVersion\":1,\"version\":\"0.26.0\"}}}",
		  "Snapcast", "0.26.0" },
		{ 1, "Vault", "\r\n{}", "Vault", "" },
		{ 2, "", "Server: Libpod/4.3.1 (linux)\r\nApi-Version: 1.41\r\n\r\nOK", "Podman", "4.3.1" },
		{ 2, "", "Server: Docker/20.10.24 (linux)\r\nApi-Version: 1.41\r\n\r\nOK", "Docker",
		  "20.10.24" },
		{ 5, "", "Server: nginx/1.2\r\n\r\n", "", "" }, /* the table of products tells it */
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char words[512] = "HTTP/1.1 200 OK\r\n";
		struct answer answer = { .product = "" };
		struct span heard;

		strcat(words, cases[i].words);
		strcpy(answer.product, cases[i].product);
		heard = span_text(words);
		assert_int_equal(
			named("http")->probe->hear_more(NULL, cases[i].variant, &heard, true, &answer),
			PROBE_DONE);
		assert_string_equal(answer.product, cases[i].told);
		assert_string_equal(answer.version, cases[i].version);
		assert_int_equal(answer.weakness_count, cases[i].variant == 2);
		assert_int_equal(answer.fact_count, 0);
	}
}

static void an_answer_ends_where_it_says(void **unused)
{
	struct answer answer;

	(void)unused;
	assert_int_equal(hear_http("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n1234", false, &answer),
			 PROBE_WAIT);
	assert_int_equal(hear_http("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12345", false, &answer),
			 PROBE_DONE);
	assert_int_equal(
		hear_http("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n", false, &answer),
		PROBE_WAIT);
	assert_int_equal(hear_http("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
				   false, &answer),
			 PROBE_DONE);
	assert_int_equal(hear_http("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 401 No\r\nContent-Length: 0\r\n"
				   "WWW-Authenticate: Digest realm=\"x\"\r\n\r\n",
				   false, &answer),
			 PROBE_DONE);
	assert_string_equal(answer_get(&answer, "status"), "401");
	assert_string_equal(answer_get(&answer, "auth_scheme"), "Digest");
	assert_int_equal(hear_http("220 hello\r\n", true, &answer), PROBE_NOT);
	assert_int_equal(hear_http("", true, &answer), PROBE_NOT);
}

static void hellos_of_all_versions_are_tls(void **unused)
{
	static const uint8_t ssl2[] = { 0x80, 0x2e, 1, 0, 2, 0, 21, 0, 0, 0, 16 },
			     refused[] = { 0x15, 3, 0, 0, 2, 2, 40 },
			     strange[] = { 0x15, 3, 0, 0, 2, 2, 200 }, later[] = { 0x16, 3, 9, 0, 100, 1 };

	(void)unused;
	for (size_t variant = 0; variant < protocol_tls.probe->variants; variant++) {
		struct buffer out = buffer_new(1024);

		protocol_tls.probe->greet_more(NULL, variant, NULL, &out);
		assert_int_equal(protocol_tls.recognise(buffer_read(&out), SIDE_CLIENT, TRANSPORT_TCP), YES);
		assert_int_equal(protocol_tls.recognise(buffer_read(&out), SIDE_SERVER, TRANSPORT_TCP), NO);
		buffer_free(&out);
	}
	assert_int_equal(protocol_tls.recognise(span_of(ssl2, sizeof(ssl2)), SIDE_CLIENT, TRANSPORT_TCP),
			 YES);
	assert_int_equal(protocol_tls.recognise(span_of(refused, 7), SIDE_SERVER, TRANSPORT_TCP), YES);
	assert_int_equal(protocol_tls.recognise(span_of(strange, 7), SIDE_SERVER, TRANSPORT_TCP), NO);
	assert_int_equal(protocol_tls.recognise(span_of(later, 6), SIDE_CLIENT, TRANSPORT_TCP), NO);
}

/* A server hello of this version, with nothing behind its head. */
static struct answer agree(size_t variant, uint8_t minor)
{
	const uint8_t hello[] = { 0x16, 3, minor, 0, 74, 2, 0, 0, 70, 3, minor };
	struct span heard = span_of(hello, sizeof(hello));
	struct answer answer = { .product = "" };

	assert_int_equal(protocol_tls.probe->hear_more(NULL, variant, &heard, true, &answer), PROBE_DONE);
	return answer;
}

static void only_an_old_version_that_is_agreed_to_is_weak(void **unused)
{
	struct answer old = agree(0, 2), ssl = agree(2, 0), newer = agree(0, 3);

	(void)unused;
	assert_string_equal(old.weaknesses[0].weakness->id, "tls-old");
	assert_string_equal(answer_get(&old, "old_versions"), "TLS 1.1");
	assert_string_equal(ssl.weaknesses[0].weakness->id, "ssl");
	assert_int_equal(newer.weakness_count, 0);
}

/* A certificate that ends in so many days from moment zero, as DER. */
static struct buffer certificate(unsigned bits, const EVP_MD *hash, const char *issuer, int days)
{
	struct buffer der = buffer_new(1 << 16);
	EVP_PKEY *const key = EVP_RSA_gen(bits);
	X509 *const x = X509_new();
	X509_NAME *const name = X509_NAME_new();
	unsigned char *bytes = NULL;
	int length;

	X509_set_version(x, 2);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const uint8_t *)"own", -1,
				   -1, 0);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)issuer, -1, -1, 0);
	X509_set_issuer_name(x, name);
	ASN1_TIME_set(X509_getm_notBefore(x), 0);
	ASN1_TIME_set(X509_getm_notAfter(x), (time_t)days * DAY);
	X509_set_pubkey(x, key);
	assert_true(X509_sign(x, key, hash) > 0);
	length = i2d_X509(x, &bytes);
	buffer_add(&der, bytes, (size_t)length);
	OPENSSL_free(bytes);
	X509_NAME_free(name);
	X509_free(x);
	EVP_PKEY_free(key);
	return der;
}

static void weak_certificates_are_told(void **unused)
{
	const struct {
		unsigned bits;
		const EVP_MD *hash;
		const char *issuer;
		int64_t now;
		const char *weakness; /* NULL: none */
	} cases[] = {
		{ 2048, EVP_sha256(), "other", 9 * DAY, NULL },
		{ 2048, EVP_sha256(), "own", 9 * DAY, "tls-certificate-self-signed" },
		{ 1024, EVP_sha256(), "other", 9 * DAY, "tls-certificate-weak-key" },
		{ 2048, EVP_sha1(), "other", 9 * DAY, "tls-certificate-weak-signature" },
		{ 2048, EVP_sha256(), "other", 11 * DAY, "tls-certificate-expired" },
		{ 2048, EVP_sha256(), "other", -DAY, "tls-certificate-early" },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buffer der = certificate(cases[i].bits, cases[i].hash, cases[i].issuer, 10);
		struct answer answer = { .product = "" };

		tls_tell_certificate(&answer, buffer_read(&der), cases[i].now);
		assert_string_equal(answer_get(&answer, "subject"), "CN=own");
		assert_string_equal(answer_get(&answer, "notafter"), "1970-01-11T00:00:00");
		assert_int_equal(answer.weakness_count, cases[i].weakness != NULL);
		if (cases[i].weakness != NULL)
			assert_string_equal(answer.weaknesses[0].weakness->id, cases[i].weakness);
		for (size_t cut = 0; cut < der.length; cut += 7) {
			struct answer part = { .product = "" };

			tls_tell_certificate(&part, span_of(der.bytes, cut), cases[i].now);
			assert_int_equal(part.fact_count, 0);
		}
		buffer_free(&der);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_and_answers_of_http_are_told_from_their_likes),
		cmocka_unit_test(web_servers_are_known_by_their_words),
		cmocka_unit_test(servers_are_asked_further_where_the_first_page_left_it_open),
		cmocka_unit_test(what_is_told_further_completes_the_first_answer),
		cmocka_unit_test(a_call_is_sent_with_its_length),
		cmocka_unit_test(an_answer_ends_where_it_says),
		cmocka_unit_test(hellos_of_all_versions_are_tls),
		cmocka_unit_test(only_an_old_version_that_is_agreed_to_is_weak),
		cmocka_unit_test(weak_certificates_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
