/* http_probe.c: what a web server is asked first: one page, of which the head and the beginning are looked
 * at. */
#include "protocols/http.h"

enum {
	BODY_LIMIT = 16 * 1024, /* what is looked at of the content */
	INTERIM_LIMIT = 8,      /* answers 1xx before the final one */
};

/* In other fields. */
static const struct {
	const char *field;
	struct text_product product;
} other_fields[] = {
	{ "X-Influxdb-Version", { "", "InfluxDB" } },
	{ "X-Jenkins", { "", "Jenkins" } },
	{ "X-Syncthing-Version", { "", "Syncthing" } },
	{ "Location", { "/.web", "Radicale" } },
	{ "Via", { "(Varnish", "Varnish" } },
	{ "Via", { "varnish", "Varnish" } },
	{ "Via", { "(squid", "Squid" } },
	{ "Via", { "(tinyproxy", "tinyproxy" } },
	{ "X-Squid-Error", { "ERR_", "Squid" } },
	{ "X-elastic-product", { "Elasticsearch", "Elasticsearch" } },
};

/* In the page. Each stands where its program writes it itself, not in what it serves. */
static const struct text_product pages[] = {
	{ "<title>RabbitMQ Management</title>", "RabbitMQ" },
	{ "<title>Node Exporter</title>", "Prometheus node exporter" },
	{ "<title>Blackbox Exporter</title>", "Prometheus blackbox exporter" },
	{ "<title>MySQLd Exporter</title>", "Prometheus mysqld exporter" },
	{ "<title>Statistics Report for HAProxy", "HAProxy" },
	{ "<title>Snapweb</title>", "Snapcast" },
	{ "<title>Snapcast Default Page</title>", "Snapcast" },
	{ "<title>Prometheus Time Series Collection", "Prometheus" },
	{ "<title>Grafana</title>", "Grafana" },
	{ "<title>Consul by HashiCorp</title>", "Consul" },
	{ "<title>Vault</title>", "Vault" },
	{ "<title>Traefik</title>", "Traefik" },
	{ "<title>Jellyfin</title>", "Jellyfin" },
	{ "<title>Alertmanager</title>", "Alertmanager" },
	{ "<title>Prometheus Pushgateway</title>", "Prometheus Pushgateway" },
	{ "<title>Solr Admin</title>", "Solr" },
	{ "<a href=https://github.com/nats-io/nats-server", "NATS server" },
	{ "/static/mercurial.js\"></script>", "Mercurial" },
	{ "<title>Deluge WebUI", "Deluge" },
	{ "<title>qBittorrent Web UI</title>", "qBittorrent" },
	{ "<title>Shell In A Box</title>", "Shell In A Box" },
	{ "<title>Purple I2P Webconsole</title>", "i2pd" },
	{ "<title>I2Pd HTTP proxy</title>", "i2pd" },
	{ "WebSockets request was expected\r\n", "Node.js inspector" },
	{ "<version who=\"sg\">0.1(1)</version>", "ocserv" },
};

/* Programs whose version stands elsewhere than behind their sign. */
static const struct {
	const char *product, *sign;
} versions[] = {
	{ "CUPS", "<title>Home - CUPS " },     { "Prometheus node exporter", "(version=" },
	{ "Python http.server", "Python/" },   { "HAProxy", "HAProxy version " },
	{ "NATS server", "class='version'>" }, { "Elasticsearch", "\"number\" : \"" },
	{ "Deluge", "<title>Deluge WebUI " },
};

/* ---- reading an answer ---- */

static void tell_title(struct answer *answer, struct span body)
{
	const size_t begin = text_find(body, "<title");
	size_t end;

	if (begin == SIZE_MAX)
		return;
	span_skip(&body, begin);
	(void)span_until(&body, '>');
	end = text_find(body, "</title");
	if (body.failed || end == SIZE_MAX)
		return;
	answer_fact(answer, "title", text_trim(span_take(&body, end)));
}

static void tell_version(struct answer *answer, const struct http_message *message)
{
	const struct span places[] = { message->server, message->body };

	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
		for (size_t k = 0; k < 2 && strcmp(answer->product, versions[i].product) == 0; k++) {
			struct span place = places[k];
			const size_t offset = text_find(place, versions[i].sign);

			if (offset == SIZE_MAX)
				continue;
			span_skip(&place, offset + strlen(versions[i].sign));
			answer_product(answer, span_text(versions[i].product), text_version(place));
		}
	}
}

static void tell_name(struct answer *answer, const struct http_message *message)
{
	struct span product, version;

	for (size_t i = 0; i < sizeof(pages) / sizeof(*pages); i++) {
		if (text_find(message->body, pages[i].sign) != SIZE_MAX) {
			answer_product(answer, span_text(pages[i].product), span_text(""));
			return;
		}
	}
	for (size_t i = 0; i < sizeof(other_fields) / sizeof(*other_fields); i++) {
		const struct span value = http_field(message->fields, other_fields[i].field);

		if (span_left(value) > 0 && text_tell_product(answer, value, &other_fields[i].product, 1))
			return;
	}
	http_server_product(message->server, &product, &version);
	answer_product(answer, product, version);
}

/* "2.6.12-1+deb12u4" and "1.6.7~rc0" are 2.6.12 and 1.6.7, packed by somebody. */
void http_tell_product(struct answer *answer, const struct http_message *message)
{
	tell_name(answer, message);
	tell_version(answer, message);
	answer->version[strcspn(answer->version, "-+~")] = '\0';
}

void http_tell_api(struct answer *answer, struct span fields, uint64_t status)
{
	const struct weakness *const found = http_judge_api(span_of(NULL, 0), fields, status);

	if (found == &http_search_api || (found != NULL && !answer->inside_tls))
		answer_weakness(answer, found, "it answered without a login");
}

static void tell(struct answer *answer, const struct http_message *message)
{
	struct span word, line = message->line;
	uint64_t status = 0;
	struct span scheme = http_field(message->fields, "WWW-Authenticate");

	answer_fact(answer, "protocol", text_word(&line));
	word = text_word(&line);
	answer_fact(answer, "status", word);
	(void)span_number(word, 999, &status);
	http_tell_api(answer, message->fields, status);
	answer_fact(answer, "server", message->server);
	answer_fact(answer, "location", http_field(message->fields, "Location"));
	answer_fact(answer, "http_content_type", http_field(message->fields, "Content-Type"));
	answer_fact(answer, "powered_by", http_field(message->fields, "X-Powered-By"));
	answer_fact(answer, "auth_scheme", text_word(&scheme));
	tell_title(answer, message->body);
	http_tell_product(answer, message);
}

/* Whether as much of the content has come as is looked at. Without a length it ends with the connection. */
static bool body_is_whole(const struct http_message *message)
{
	const size_t come = span_left(message->body);
	uint64_t length;

	if (come >= BODY_LIMIT)
		return true;
	if (span_is_nocase(http_field(message->fields, "Transfer-Encoding"), "chunked"))
		return span_find(message->body, "\r\n0\r\n\r\n") != SIZE_MAX ||
		       span_begins(message->body, "0\r\n\r\n");
	return span_number(http_field(message->fields, "Content-Length"), UINT32_MAX, &length) &&
	       come >= length;
}

/* Content behind its announced length, or the limit, is not looked at, however it comes in pieces. */
static void cut_body(struct http_message *message)
{
	uint64_t length = BODY_LIMIT;

	(void)span_number(http_field(message->fields, "Content-Length"), BODY_LIMIT, &length);
	if (span_left(message->body) > length)
		message->body.end = message->body.at + length;
}

enum probe_step http_take_message(struct span *heard, bool ended, struct http_message *ret)
{
	for (unsigned interim = 0; interim < INTERIM_LIMIT; interim++) {
		const enum verdict verdict = span_left(*heard) > 0 ? http_recognise_status(*heard) : MORE;
		size_t head = http_head(*heard);
		struct span rest = *heard;

		if (verdict == NO || (verdict == MORE && ended))
			return PROBE_NOT;
		if (head == 0 && span_left(*heard) < HTTP_HEAD && !ended)
			return PROBE_WAIT;
		head = head == 0 ? span_left(*heard) : head;
		ret->fields = span_take(&rest, head);
		ret->body = rest;
		ret->line = span_line(&ret->fields);
		ret->line = ret->line.failed ? ret->fields : ret->line;
		if (span_begins(ret->line, "HTTP/1.1 1") && !span_begins(ret->line, "HTTP/1.1 101")) {
			*heard = rest;
			continue;
		}
		if (!body_is_whole(ret) && !ended)
			return PROBE_WAIT;
		cut_body(ret);
		ret->server = http_field(ret->fields, "Server");
		heard->at = heard->end;
		return PROBE_DONE;
	}
	return PROBE_NOT;
}

static enum probe_step hear(void *unused, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct http_message message;
	const enum probe_step step = http_take_message(heard, ended, &message);

	(void)unused;
	(void)out;
	if (step == PROBE_DONE)
		tell(answer, &message);
	return step;
}

static void greet(void *unused, unsigned transport, struct buffer *out)
{
	(void)unused;
	(void)transport;
	buffer_text(out,
		    "GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: " PROBE_IDENTITY "\r\nAccept: */*\r\n"
		    "Connection: close\r\n\r\n");
}

const struct probe http_probe = {
	.transports = PROBE_TCP,
	.greet = greet,
	.hear = hear,
	.variants = HTTP_FURTHER,
	.wants_more = http_wants_further,
	.greet_more = http_greet_further,
	.hear_more = http_hear_further,
};
