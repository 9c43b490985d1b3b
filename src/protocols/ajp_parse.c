/* ajp_parse.c: reads conversations of AJP 1.3: what a web server hands on to its container, and how that
 * answers. One event for each request. Of the secret it is told whether there was one. */
#include "protocols/ajp.h"
#include "protocols/local.h"
#include "protocols/tally.h"

enum {
	BODY_MOST = 1 << 30,
	HEADERS_MOST = 256,
	ATTRIBUTES_MOST = 256,
	CODED = 0xa0, /* the first octet of names of headers that are numbers */
	NO_TEXT = 0xffff,
	METHOD_IN_ATTRIBUTE = 0xff,
};
enum { CONTENT_TYPE = 0xa007, CONTENT_LENGTH = 0xa008, USER_AGENT = 0xa00e };
enum {
	REMOTE_USER = 3,
	QUERY_STRING = 5,
	NAMED = 10,
	SSL_KEY_SIZE = 11,
	SECRET = 12,
	STORED_METHOD = 13,
	NO_MORE = 0xff
};

const struct weakness ajp_no_secret = {
	"ajp-no-secret",
	"Tomcat's AJP connector answers without a secret",
	2,
	"Give the connector a secret, and the web server the same one; let it listen on loopback where both "
	"are on one host.",
};

struct conversation {
	char method[20], protocol[16], url[512], host[128], remote[64], user[64], agent[192];
	uint64_t request_length, length, body_left;
	uint32_t pings;
	uint16_t port, status;
	bool is_open, tls, secret, in_chunks;
	bool whole; /* the request was read to its end: it is known whether there was a secret */
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	if (!state->is_open) {
		json_unsigned(json, "pings", state->pings);
		return;
	}
	emit_text(json, "method", state->method);
	emit_text(json, "hostname", state->host);
	json_unsigned(json, "port", state->port);
	emit_text(json, "url", state->url);
	emit_text(json, "protocol", state->protocol);
	emit_text(json, "remote_address", state->remote);
	emit_text(json, "user", state->user);
	emit_text(json, "user_agent", state->agent);
	json_bool(json, "tls", state->tls);
	if (state->whole)
		json_bool(json, "secret", state->secret);
	json_unsigned(json, "request_length", state->request_length);
	if (state->status > 0) {
		json_unsigned(json, "status", state->status);
		json_unsigned(json, "length", state->length);
	}
}

static void tell_request(struct conversation *state, struct parse *parse)
{
	const uint32_t pings = state->pings;

	if (!state->is_open)
		return;
	parse_event(parse, state);
	*state = (struct conversation){ .pings = pings };
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	tell_request(state, parse);
	if (state->pings > 0)
		parse_event(parse, state);
	state->pings = 0;
}

/* Octets that a NUL ends, behind their number; or none at all. */
static struct span take_text(struct span *s)
{
	const uint16_t length = span_u16(s);
	struct span text;

	if (length == NO_TEXT || s->failed)
		return span_of(NULL, 0);
	text = span_take(s, length);
	span_skip(s, 1);
	return text;
}

static const char *method_text(uint8_t method)
{
	static const char *const methods[AJP_METHODS] = {
		"",           "OPTIONS",     "GET",
		"HEAD",       "POST",        "PUT",
		"DELETE",     "TRACE",       "PROPFIND",
		"PROPPATCH",  "MKCOL",       "COPY",
		"MOVE",       "LOCK",        "UNLOCK",
		"ACL",        "REPORT",      "VERSION-CONTROL",
		"CHECKIN",    "CHECKOUT",    "UNCHECKOUT",
		"SEARCH",     "MKWORKSPACE", "UPDATE",
		"LABEL",      "MERGE",       "BASELINE-CONTROL",
		"MKACTIVITY",
	};

	return method < AJP_METHODS ? methods[method] : "";
}

static void read_header(struct conversation *state, uint16_t name, struct span named, struct span value)
{
	uint64_t length;

	if (name == CONTENT_LENGTH && span_number(value, BODY_MOST, &length))
		state->request_length = state->body_left = length;
	else if (name == USER_AGENT)
		span_copy_text(value, state->agent, sizeof(state->agent));
	else if (span_is_nocase(named, "transfer-encoding"))
		state->in_chunks = true;
}

static void read_headers(struct conversation *state, struct span *s)
{
	const uint16_t count = span_u16(s);

	for (unsigned i = 0; i < count && i < HEADERS_MOST && !s->failed; i++) {
		const bool coded = span_peek(*s, 0) == CODED;
		const uint16_t name = coded ? span_u16(s) : 0;
		const struct span named = coded ? span_of(NULL, 0) : take_text(s);

		read_header(state, name, named, take_text(s));
	}
}

static void add_query(struct conversation *state, struct span query)
{
	const size_t come = strlen(state->url);

	if (come + 1 >= sizeof(state->url))
		return;
	state->url[come] = '?';
	span_copy_text(query, state->url + come + 1, sizeof(state->url) - come - 1);
}

static void read_attributes(struct conversation *state, struct span *s)
{
	for (unsigned i = 0; i < ATTRIBUTES_MOST && span_left(*s) > 0 && !s->failed; i++) {
		const uint8_t attribute = span_u8(s);
		struct span value;

		state->whole = attribute == NO_MORE;
		if (state->whole)
			return;
		if (attribute == SSL_KEY_SIZE) {
			span_skip(s, sizeof(uint16_t));
			continue;
		}
		if (attribute == NAMED)
			(void)take_text(s);
		value = take_text(s);
		state->secret = state->secret || attribute == SECRET;
		if (attribute == REMOTE_USER)
			span_copy_text(value, state->user, sizeof(state->user));
		else if (attribute == QUERY_STRING)
			add_query(state, value);
		else if (attribute == STORED_METHOD)
			span_copy_text(value, state->method, sizeof(state->method));
	}
}

/* Method, protocol, path, who asks, for which server, and then lists of headers and of attributes. */
static void read_request(struct conversation *state, struct parse *parse, struct span s)
{
	tell_request(state, parse);
	state->is_open = true;
	span_copy_text(span_text(method_text(span_u8(&s))), state->method, sizeof(state->method));
	span_copy_text(take_text(&s), state->protocol, sizeof(state->protocol));
	span_copy_text(take_text(&s), state->url, sizeof(state->url));
	span_copy_text(take_text(&s), state->remote, sizeof(state->remote));
	(void)take_text(&s); /* its name */
	span_copy_text(take_text(&s), state->host, sizeof(state->host));
	state->port = span_u16(&s);
	state->tls = span_u8(&s) != 0;
	read_headers(state, &s);
	read_attributes(state, &s);
}

/* Octets behind their number, whose mark and length were taken; none ends a body of unknown length. */
static void read_body(struct conversation *state, struct span s)
{
	const uint16_t length = span_u16(&s);

	if (state->in_chunks) {
		state->request_length += length;
		state->in_chunks = length > 0;
	} else {
		state->body_left -= length > 0 && length < state->body_left ? length : state->body_left;
	}
}

static bool read_client(struct conversation *state, struct parse *parse, struct span message)
{
	if (state->in_chunks || state->body_left > 0) {
		read_body(state, message);
		return true;
	}
	switch (span_u8(&message)) {
	case AJP_FORWARD_REQUEST: read_request(state, parse, message); return true;
	case AJP_CPING: state->pings++; return true;
	case AJP_SHUTDOWN:
	case AJP_PING: return true;
	default: return span_left(message) == 0; /* an end of a body that was over */
	}
}

/* A page for whom gave no secret: whoever reaches the connector has it. */
static void judge(const struct conversation *state, struct parse *parse)
{
	enum { FORBIDDEN = 403 };

	if (state->whole && !state->secret && state->status != FORBIDDEN && !is_local(parse))
		parse_weakness(parse, &ajp_no_secret, "%s %s was answered with %u and had no secret",
			       state->method, state->url, state->status);
}

static bool read_server(struct conversation *state, struct parse *parse, struct span message)
{
	switch (span_u8(&message)) {
	case AJP_SEND_HEADERS:
		state->status = span_u16(&message);
		judge(state, parse);
		return true;
	case AJP_SEND_BODY_CHUNK: state->length += span_u16(&message); return true;
	case AJP_END_RESPONSE: tell_request(state, parse); return true;
	case AJP_GET_BODY_CHUNK:
	case AJP_PONG: return true;
	default: return false;
	}
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	const bool client = parse->side == SIDE_CLIENT;

	while (span_left(*bytes) >= AJP_HEAD && parse->skip == 0) {
		struct span head = *bytes, message;

		if (span_u16(&head) != (client ? AJP_CLIENT_MARK : AJP_SERVER_MARK))
			return PARSE_BROKEN;
		if (message_take(parse, bytes, AJP_HEAD + span_u16(&head), &message) != YES)
			break;
		span_skip(&message, AJP_HEAD);
		if (!(client ? read_client : read_server)(state, parse, message))
			return PARSE_BROKEN;
	}
	return PARSE_ON;
}

const struct parser ajp_parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};
