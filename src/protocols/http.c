/* http.c: the Hypertext Transfer Protocol, version 1. RFC 9110 (methods, fields), RFC 9112 (messages). RTSP
 * (RFC 7826), SIP (RFC 3261), ICAP (RFC 3507) and SSDP look alike but for the version, or come over UDP. */
#include "protocols/http.h"

#include "protocols/sasl.h"

#include <ctype.h>

enum {
	METHOD_LIMIT = 20, /* the longest of the registry is UPDATEREDIRECTREF */
	STATUS_LENGTH = sizeof("HTTP/1.1 200") - 1,
};

const struct weakness http_clear_login = {
	"http-clear-login",
	"HTTP takes passwords in the clear",
	2,
	"Serve what needs a login over HTTPS alone, and send plain requests for it there.",
};
static const struct weakness *const weaknesses[] = { &http_clear_login, &http_container_api, &http_search_api,
						     NULL };

/* ---- recognising ---- */

/* "GET /path", and no version: the request of HTTP/0.9 (RFC 1945 5.1), whose response is the content alone.
 */
bool http_is_simple(struct span line)
{
	if (line.failed || !span_begins(line, "GET /"))
		return false;
	for (span_skip(&line, 5); span_left(line) > 0; line.at++)
		if (*line.at <= ' ' || *line.at >= 0x7f)
			return false;
	return true;
}

/* IANA's registry of methods: each is upper case, as are those of others (BITS_POST, RPC_IN_DATA), and a
 * server of another protocol may have words like it, so that only the version at the line's end decides. */
enum verdict http_recognise_request(struct span first)
{
	struct span rest = first, line = span_line(&rest), method, target;
	size_t length = 0;

	while (length < METHOD_LIMIT && (isupper(span_peek(first, length)) ||
					 span_peek(first, length) == '-' || span_peek(first, length) == '_'))
		length++;
	if (length < span_left(first) && first.at[length] != ' ')
		return NO;
	if (line.failed && span_left(first) < RECOGNISE_LIMIT)
		return MORE;
	if (http_is_simple(line))
		return YES;
	method = span_until(&line, ' ');
	target = span_until(&line, ' ');
	if (line.failed || span_left(method) == 0 || span_left(target) == 0)
		return NO;
	return span_is(line, "HTTP/1.1") || span_is(line, "HTTP/1.0") ? YES : NO;
}

/* What a server of another protocol says to a client that took it for a web server. */
static const char not_http[] = "HTTP/1.0 501 Tor ";

/* "HTTP/1.1 200": the reason behind it is free, and may be missing with its blank. */
enum verdict http_recognise_status(struct span first)
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
	return side == SIDE_CLIENT ? http_recognise_request(first) : http_recognise_status(first);
}

/* ---- heads ---- */

size_t http_head(struct span heard)
{
	struct span rest = heard, line;

	do
		line = span_line(&rest);
	while (!line.failed && span_left(line) > 0);
	return line.failed ? 0 : (size_t)(rest.at - heard.at);
}

bool http_next_field(struct span *fields, struct span *ret_name, struct span *ret_value)
{
	struct span line = span_line(fields);

	if (line.failed || span_left(line) == 0)
		return false;
	*ret_name = span_until(&line, ':');
	*ret_value = text_trim(line);
	return true;
}

struct span http_field(struct span fields, const char *wanted)
{
	const size_t length = strlen(wanted);
	struct span line;

	/* A name holds no colon, and so it is this one if all of it stands before one. */
	while (line = span_line(&fields), !line.failed && span_left(line) > 0) {
		if (span_peek(line, length) != ':' || !span_begins_nocase(line, wanted))
			continue;
		span_skip(&line, length + 1);
		return text_trim(line);
	}
	return span_of(NULL, 0);
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
	{ "ATS/", "Apache Traffic Server" },
	{ "Icinga/r", "Icinga" },
	{ "Kestrel", "Kestrel" },
	{ "aiohttp", "aiohttp" },
	{ "TwistedWeb", "Twisted Web" },
	{ "Netdata Embedded HTTP Server", "Netdata" },
	{ "WebSockify", "websockify" },
	{ "Yaws", "Yaws" },
};

/* Browsers call themselves after all that they are like: the most telling first. */
static const struct text_product clients[] = {
	{ "Edg/", "Microsoft Edge" },
	{ "OPR/", "Opera" },
	{ "Firefox/", "Firefox" },
	{ "FxiOS/", "Firefox" },
	{ "Chromium/", "Chromium" },
	{ "Chrome/", "Chrome" },
	{ "CriOS/", "Chrome" },
	{ "MSIE ", "Internet Explorer" },
	{ "Trident/7.0; rv:", "Internet Explorer" },
	{ "Safari/", "Safari" },
};

/* A name that is not in a table is told as it is: "Name/1.2". */
static void unknown_product(struct span text, struct span *ret_product, struct span *ret_version)
{
	struct span name = text_word(&text), version = name;

	for (name.end = name.at; name.end < version.end && *name.end != '/'; name.end++)
		;
	version.at = name.end;
	*ret_product = name;
	*ret_version = text_version(version);
}

void http_server_product(struct span server, struct span *ret_product, struct span *ret_version)
{
	if (!text_product(server, servers, sizeof(servers) / sizeof(*servers), ret_product, ret_version))
		unknown_product(server, ret_product, ret_version);
}

void http_client_product(struct span agent, struct span *ret_product, struct span *ret_version)
{
	if (!span_begins(agent, "Mozilla/") ||
	    !text_product(agent, clients, sizeof(clients) / sizeof(*clients), ret_product, ret_version))
		unknown_product(agent, ret_product, ret_version);
}

bool http_basic_user(struct span authorization, char *user, size_t size)
{
	return span_is_nocase(text_word(&authorization), "Basic") &&
	       sasl_basic_user(authorization, user, size);
}

const struct protocol protocol_http = {
	.name = "http",
	.title = "Hypertext Transfer Protocol",
	DOORS(TCP(80)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	ALPN("http/0.9", "http/1.0", "http/1.1"),
	.parser = &http_parser,
	.probe = &http_probe,
	.weaknesses = weaknesses,
};
