/* http_event.c: what a request and its response say, with the names of EVE. */
#include "protocols/http.h"
#include "protocols/lines.h"

void http_emit_host(struct json *json, struct span host)
{
	struct span name = host, port;
	const size_t colon = span_find_last(host, ':');
	uint64_t number;

	if (span_left(host) == 0)
		return;
	if (colon != SIZE_MAX && host.end[-1] != ']') {
		port = host;
		name = span_take(&port, colon);
		span_skip(&port, 1);
		if (span_number(port, UINT16_MAX, &number))
			json_unsigned(json, "http_port", number);
		else
			name = host;
	}
	json_span(json, "hostname", name);
}

struct span http_media_type(struct span content_type)
{
	for (const uint8_t *at = content_type.at; at < content_type.end; at++)
		if (*at == ';')
			content_type.end = at;
	return text_trim(content_type);
}

/* The authority of "http://example.com/a". */
static struct span authority_of(struct span target)
{
	const size_t at = span_find(target, "://");
	struct span authority;

	if (at == SIZE_MAX || span_peek(target, 0) == '/')
		return span_of(NULL, 0);
	span_skip(&target, at + 3);
	authority = target;
	for (authority.end = authority.at; authority.end < target.end && *authority.end != '/';
	     authority.end++)
		;
	return authority;
}

/* What a request opens beyond the web: the tunnels of AnyConnect and OpenConnect, which tell themselves by
 * the path or by fields of the control channel, of SoftEther, and of [MS-SSTP] 3.2.4.1. */
static const char *tunnel_of(struct span method, struct span target, struct span fields)
{
	if (span_begins_nocase(target, "/CSCOSSLC/tunnel") ||
	    span_left(http_field(fields, "X-CSTP-Version")) > 0)
		return "anyconnect";
	if (span_begins(target, "/vpnsvc/"))
		return "softether";
	return span_is(method, "SSTP_DUPLEX_POST") ? "sstp" : NULL;
}

static void emit_request(struct json *json, struct span head)
{
	struct span fields = head, line = span_line(&fields);
	const bool simple = http_is_simple(line);
	const struct span method = span_until(&line, ' ');
	const struct span target = simple ? line : span_until(&line, ' ');
	const struct span host = http_field(fields, "Host");
	char user[HTTP_USER];
	uint64_t length;

	if (simple)
		line = span_text("HTTP/0.9");

	http_emit_host(json, span_left(host) > 0          ? host
			     : span_is(method, "CONNECT") ? target
							  : authority_of(target));
	json_span(json, "url", target);
	emit_span(json, "http_user_agent", http_field(fields, "User-Agent"));
	emit_span(json, "http_refer", http_field(fields, "Referer"));
	emit_span(json, "xff", http_field(fields, "X-Forwarded-For"));
	json_span(json, "http_method", method);
	json_span(json, "protocol", line);
	if (tunnel_of(method, target, fields) != NULL)
		json_text(json, "tunnel", tunnel_of(method, target, fields));
	emit_span(json, "request_content_type", http_field(fields, "Content-Type"));
	if (span_number(http_field(fields, "Content-Length"), UINT64_MAX / 2, &length))
		json_unsigned(json, "request_length", length);
	if (http_basic_user(http_field(fields, "Authorization"), user, sizeof(user)))
		emit_text(json, "user", user);
	if (http_basic_user(http_field(fields, "Proxy-Authorization"), user, sizeof(user)))
		emit_text(json, "proxy_user", user);
	if (span_is(method, "CONNECT") || span_left(authority_of(target)) > 0)
		json_bool(json, "proxy", true);
}

static void emit_response(struct json *json, struct span head)
{
	struct span fields = head, line = span_line(&fields), scheme;
	uint64_t status;

	(void)text_word(&line);
	if (span_number(text_word(&line), 999, &status))
		json_unsigned(json, "status", status);
	emit_span(json, "http_content_type", http_media_type(http_field(fields, "Content-Type")));
	emit_span(json, "redirect", http_field(fields, "Location"));
	emit_span(json, "server", http_field(fields, "Server"));
	scheme = http_field(fields, "WWW-Authenticate");
	emit_span(json, "auth_scheme", text_word(&scheme));
	emit_span(json, "api_version", http_field(fields, "Api-Version"));
}

void http_emit(const void *record, struct json *json)
{
	const struct http_transaction *const transaction = record;

	if (span_left(transaction->request) > 0)
		emit_request(json, transaction->request);
	if (span_left(transaction->response) > 0)
		emit_response(json, transaction->response);
	if (span_left(transaction->request) > 0 && span_left(transaction->response) > 0)
		http_emit_search(json, transaction->request, transaction->response);
	if (transaction->has_length)
		json_unsigned(json, "length", transaction->length);
}
