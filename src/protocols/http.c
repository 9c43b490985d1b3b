/* http.c: the Hypertext Transfer Protocol, version 1. RFC 9110 (methods, fields), RFC 9112 (messages). RTSP
 * (RFC 7826), SIP (RFC 3261), ICAP (RFC 3507) and SSDP look alike but for the version, or come over UDP. */
#include "protocols/text.h"

#include <ctype.h>

enum {
	METHOD_LIMIT = 20,      /* the longest of the registry is UPDATEREDIRECTREF */
	HEAD_LIMIT = 32 * 1024, /* status line and fields */
	BODY_LIMIT = 16 * 1024, /* what is looked at of the content */
	INTERIM_LIMIT = 8,      /* answers 1xx before the final one */
	STATUS_LENGTH = sizeof("HTTP/1.1 200") - 1,
};

/* ---- recognising ---- */

/* IANA's registry of methods: each is upper case, and a server of another protocol may have words like it,
 * so that only the version at the line's end decides. */
static enum verdict recognise_request(struct span first)
{
	struct span rest = first, line = span_line(&rest), method, target;
	size_t length = 0;

	while (length < METHOD_LIMIT &&
	       (isupper(span_peek(first, length)) || span_peek(first, length) == '-'))
		length++;
	if (length < span_left(first) && first.at[length] != ' ')
		return NO;
	if (line.failed && span_left(first) < RECOGNISE_LIMIT)
		return MORE;
	method = span_until(&line, ' ');
	target = span_until(&line, ' ');
	if (line.failed || span_left(method) == 0 || span_left(target) == 0)
		return NO;
	return span_is(line, "HTTP/1.1") || span_is(line, "HTTP/1.0") ? YES : NO;
}

/* What a server of another protocol says to a client that took it for a web server. */
static const char not_http[] = "HTTP/1.0 501 Tor ";

/* "HTTP/1.1 200": the reason behind it is free, and may be missing with its blank. */
static enum verdict recognise_status(struct span first)
{
	static const char shape[] = "HTTP/1.d ddd";

	for (size_t i = 0; i < STATUS_LENGTH; i++) {
		const uint8_t c = span_peek(first, i);

		if (i == span_left(first))
			return MORE;
		if (shape[i] == 'd' ? !isdigit(c) : c != (uint8_t)shape[i])
			return NO;
	}
	switch (recognise_text(first, not_http)) {
	case YES: return NO;
	case MORE: return MORE;
	default: return YES;
	}
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	if (transport != TRANSPORT_TCP)
		return NO;
	return side == SIDE_CLIENT ? recognise_request(first) : recognise_status(first);
}

/* ---- what servers call themselves ---- */

/* In the field Server, the most telling first: many name their library or system as well. */
static const struct text_product servers[] = {
	{ "nginx", "nginx" },
	{ "openresty", "OpenResty" },
	{ "Apache-Coyote", "Apache Tomcat" },
	{ "Apache Tomcat", "Apache Tomcat" },
	{ "Apache", "Apache httpd" },
	{ "Caddy", "Caddy" },
	{ "lighttpd", "lighttpd" },
	{ "Microsoft-IIS", "Microsoft IIS" },
	{ "Microsoft-HTTPAPI", "Microsoft HTTPAPI" },
	{ "LiteSpeed", "LiteSpeed" },
	{ "CUPS", "CUPS" },
	{ "MiniDLNA", "MiniDLNA" },
	{ "mini_httpd", "mini_httpd" },
	{ "miniupnpd", "MiniUPnPd" },
	{ "thttpd", "thttpd" },
	{ "webfs", "webfs" },
	{ "Libpod", "Podman" },
	{ "Docker", "Docker" },
	{ "squid", "Squid" },
	{ "Varnish", "Varnish" },
	{ "HAProxy", "HAProxy" },
	{ "envoy", "Envoy" },
	{ "gunicorn", "Gunicorn" },
	{ "uvicorn", "Uvicorn" },
	{ "waitress", "Waitress" },
	{ "WSGIServer", "Python wsgiref" },
	{ "Werkzeug", "Werkzeug" },
	{ "TornadoServer", "Tornado" },
	{ "CherryPy", "CherryPy" },
	{ "SimpleHTTP", "Python http.server" },
	{ "BaseHTTP", "Python http.server" },
	{ "Jetty", "Jetty" },
	{ "WEBrick", "WEBrick" },
	{ "Mongoose", "Mongoose" },
	{ "GoAhead", "GoAhead" },
	{ "RomPager", "RomPager" },
	{ "Boa", "Boa" },
	{ "MinIO", "MinIO" },
	{ "CouchDB", "Apache CouchDB" },
	{ "Cowboy", "Cowboy" },
	{ "h2o", "H2O" },
	{ "Kestrel", "Kestrel" },
};

/* In other fields. */
static const struct {
	const char *field;
	struct text_product product;
} other_fields[] = {
	{ "X-Influxdb-Version", { "", "InfluxDB" } },
	{ "X-Jenkins", { "", "Jenkins" } },
	{ "Via", { "(Varnish", "Varnish" } },
	{ "Via", { "varnish", "Varnish" } },
	{ "Via", { "(squid", "Squid" } },
	{ "X-Squid-Error", { "ERR_", "Squid" } },
};

/* In the page. Each stands where its program writes it itself, not in what it serves. */
static const struct text_product pages[] = {
	{ "<title>RabbitMQ Management</title>", "RabbitMQ" },
	{ "<title>Node Exporter</title>", "Prometheus node exporter" },
	{ "<title>Statistics Report for HAProxy", "HAProxy" },
	{ "<title>Snapweb</title>", "Snapcast" },
	{ "<title>Snapcast Default Page</title>", "Snapcast" },
	{ "<title>Prometheus Time Series Collection", "Prometheus" },
	{ "<title>Grafana</title>", "Grafana" },
	{ "<a href=https://github.com/nats-io/nats-server", "NATS server" },
};

/* Programs whose version stands elsewhere than behind their sign. */
static const struct {
	const char *product, *sign;
} versions[] = {
	{ "CUPS", "<title>Home - CUPS " },     { "Prometheus node exporter", "(version=" },
	{ "Python http.server", "Python/" },   { "HAProxy", "HAProxy version " },
	{ "NATS server", "class='version'>" },
};

/* ---- reading an answer ---- */

struct message {
	struct span server, fields, body;
};

/* Cuts one field off; the name is compared without case (RFC 9110 5.1). */
static bool next_field(struct span *fields, struct span *ret_name, struct span *ret_value)
{
	struct span line = span_line(fields);

	if (line.failed || span_left(line) == 0)
		return false;
	*ret_name = span_until(&line, ':');
	*ret_value = text_trim(line);
	return true;
}

static struct span field(struct span fields, const char *wanted)
{
	struct span name, value;

	while (next_field(&fields, &name, &value))
		if (!name.failed && span_is_nocase(name, wanted))
			return value;
	return span_of(NULL, 0);
}

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

static void tell_version(struct answer *answer, const struct message *message)
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

/* A name that is not in the table is told as it is: "Name/1.2". */
static void tell_unknown_server(struct answer *answer, struct span server)
{
	struct span name = text_word(&server), version = name;

	for (name.end = name.at; name.end < version.end && *name.end != '/'; name.end++)
		;
	version.at = name.end;
	answer_product(answer, name, text_version(version));
}

static void tell_product(struct answer *answer, const struct message *message)
{
	const size_t known = sizeof(servers) / sizeof(*servers);

	for (size_t i = 0; i < sizeof(pages) / sizeof(*pages); i++) {
		if (text_find(message->body, pages[i].sign) != SIZE_MAX) {
			answer_product(answer, span_text(pages[i].product), span_text(""));
			return;
		}
	}
	for (size_t i = 0; i < sizeof(other_fields) / sizeof(*other_fields); i++) {
		const struct span value = field(message->fields, other_fields[i].field);

		if (span_left(value) > 0 && text_tell_product(answer, value, &other_fields[i].product, 1))
			return;
	}
	if (!text_tell_product(answer, message->server, servers, known))
		tell_unknown_server(answer, message->server);
}

/* "2.6.12-1+deb12u4" and "1.6.7~rc0" are 2.6.12 and 1.6.7, packed by somebody. */
static void cut_revision(struct answer *answer)
{
	answer->version[strcspn(answer->version, "-+~")] = '\0';
}

static void tell(struct answer *answer, struct span line, struct message *message)
{
	struct span scheme = field(message->fields, "WWW-Authenticate");

	message->server = field(message->fields, "Server");
	answer_fact(answer, "protocol", text_word(&line));
	answer_fact(answer, "status", text_word(&line));
	answer_fact(answer, "server", message->server);
	answer_fact(answer, "location", field(message->fields, "Location"));
	answer_fact(answer, "http_content_type", field(message->fields, "Content-Type"));
	answer_fact(answer, "powered_by", field(message->fields, "X-Powered-By"));
	answer_fact(answer, "auth_scheme", text_word(&scheme));
	tell_title(answer, message->body);
	tell_product(answer, message);
	tell_version(answer, message);
	cut_revision(answer);
}

/* Where the empty line behind the fields ends, or 0 while it has not come. */
static size_t head_length(struct span heard)
{
	struct span rest = heard, line;

	do
		line = span_line(&rest);
	while (!line.failed && span_left(line) > 0);
	return line.failed ? 0 : (size_t)(rest.at - heard.at);
}

/* Whether as much of the content has come as is looked at. Without a length it ends with the connection. */
static bool body_is_whole(const struct message *message)
{
	const size_t come = span_left(message->body);
	uint64_t length;

	if (come >= BODY_LIMIT)
		return true;
	if (span_is_nocase(field(message->fields, "Transfer-Encoding"), "chunked"))
		return span_find(message->body, "\r\n0\r\n\r\n") != SIZE_MAX ||
		       span_begins(message->body, "0\r\n\r\n");
	return span_number(field(message->fields, "Content-Length"), UINT32_MAX, &length) && come >= length;
}

/* Content behind its announced length, or the limit, is not looked at, however it comes in pieces. */
static void cut_body(struct message *message)
{
	uint64_t length = BODY_LIMIT;

	(void)span_number(field(message->fields, "Content-Length"), BODY_LIMIT, &length);
	if (span_left(message->body) > length)
		message->body.end = message->body.at + length;
}

static enum probe_step hear(void *unused, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	(void)unused;
	(void)out;
	for (unsigned interim = 0; interim < INTERIM_LIMIT; interim++) {
		const enum verdict verdict = span_left(*heard) > 0 ? recognise_status(*heard) : MORE;
		size_t head = head_length(*heard);
		struct span line, rest = *heard;
		struct message message;

		if (verdict == NO || (verdict == MORE && ended))
			return PROBE_NOT;
		if (head == 0 && span_left(*heard) < HEAD_LIMIT && !ended)
			return PROBE_WAIT;
		head = head == 0 ? span_left(*heard) : head;
		message.fields = span_take(&rest, head);
		message.body = rest;
		line = span_line(&message.fields);
		line = line.failed ? message.fields : line;
		if (span_begins(line, "HTTP/1.1 1") && !span_begins(line, "HTTP/1.1 101")) {
			*heard = rest;
			continue;
		}
		if (!body_is_whole(&message) && !ended)
			return PROBE_WAIT;
		cut_body(&message);
		tell(answer, line, &message);
		heard->at = heard->end;
		return PROBE_DONE;
	}
	return PROBE_NOT;
}

static void greet(void *unused, unsigned transport, struct buffer *out)
{
	(void)unused;
	(void)transport;
	buffer_text(out, "GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: doorward\r\nAccept: */*\r\n"
			 "Connection: close\r\n\r\n");
}

static const struct probe probe = {
	.transports = PROBE_TCP,
	.greet = greet,
	.hear = hear,
};

const struct protocol protocol_http = {
	.name = "http",
	.title = "Hypertext Transfer Protocol",
	DOORS(TCP(80)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.probe = &probe,
};
