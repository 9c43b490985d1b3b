/* fastcgi_parse.c: reads conversations of FastCGI: what a web server has a program do, and how that answers
 * (RFC 3875). One event for each request. Of parameters those are kept that tell what is asked; what else
 * clients have said, such as cookies, is not. */
#include "protocols/fastcgi.h"
#include "protocols/tally.h"

#include <stddef.h>

const struct weakness fastcgi_open = {
	"fastcgi-open",
	"Programs behind FastCGI run what anybody tells them to",
	1,
	"Let it listen on a socket of Unix or on loopback, and name the web servers that may ask "
	"(listen.allowed_clients of PHP-FPM).",
};

enum { RECORD_MOST = 32768, LONG_LENGTH = 0x80, STATUS_MOST = 999, COMPLETE = 0 };

static const struct code_name roles[] = { { 1, "responder" }, { 2, "authorizer" }, { 3, "filter" } };
static const struct code_name ends[] = {
	{ COMPLETE, "complete" },
	{ 1, "cannot_multiplex" },
	{ 2, "overloaded" },
	{ 3, "unknown_role" },
};

struct request {
	char method[20], host[128], url[512], script[256], remote[64], user[64], agent[192], server[64];
	char content_type[96];
	const char *role, *end;
	uint64_t request_length, length, error_length, status;
	uint32_t application_status, beyond; /* octets of a parameter that go on in the next record */
	uint16_t number;
	bool is_open, ended, settings, lost, answered;
};

struct conversation {
	struct request request;
};

static void emit(const void *record, struct json *json)
{
	const struct request *const request = record;

	if (request->role != NULL)
		json_text(json, "role", request->role);
	emit_text(json, "method", request->method);
	emit_text(json, "hostname", request->host);
	emit_text(json, "url", request->url);
	emit_text(json, "script", request->script);
	emit_text(json, "remote_address", request->remote);
	emit_text(json, "user", request->user);
	emit_text(json, "user_agent", request->agent);
	emit_text(json, "server", request->server);
	if (request->settings)
		json_bool(json, "php_settings", true);
	json_unsigned(json, "request_length", request->request_length);
	if (request->status > 0)
		json_unsigned(json, "status", request->status);
	emit_text(json, "content_type", request->content_type);
	json_unsigned(json, "length", request->length);
	json_unsigned(json, "error_length", request->error_length);
	if (!request->ended)
		return;
	json_unsigned(json, "application_status", request->application_status);
	if (request->end != NULL)
		json_text(json, "end", request->end);
}

static void tell(struct conversation *state, struct parse *parse)
{
	if (state->request.is_open)
		parse_event(parse, &state->request);
	state->request = (struct request){ 0 };
}

static void end(void *memory, struct parse *parse)
{
	tell(memory, parse);
}

/* ---- what is asked ---- */

static void keep_parameter(struct request *request, struct span name, struct span value)
{
	static const struct {
		const char *name;
		size_t at, size;
	} kept[] = {
#define KEPT(name, member) { name, offsetof(struct request, member), sizeof(((struct request *)0)->member) }
		KEPT("REQUEST_METHOD", method),  KEPT("HTTP_HOST", host),         KEPT("REQUEST_URI", url),
		KEPT("SCRIPT_FILENAME", script), KEPT("REMOTE_ADDR", remote),     KEPT("REMOTE_USER", user),
		KEPT("HTTP_USER_AGENT", agent),  KEPT("SERVER_SOFTWARE", server),
	};

	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		if (span_is(name, kept[i].name))
			(void)span_copy_text(value, (char *)request + kept[i].at, kept[i].size);
	if (span_is(name, "PHP_VALUE") || span_is(name, "PHP_ADMIN_VALUE"))
		request->settings = true;
}

/* 3.4: one octet, or four whose first bit is set. */
static uint32_t take_length(struct span *s)
{
	return (span_peek(*s, 0) & LONG_LENGTH) != 0 ? span_u32(s) & 0x7fffffff : span_u8(s);
}

/* Pairs of names and values go from one record into the next. Of one that does so the rest is passed over;
 * where that falls between its lengths, the following ones are not found any more. */
static void read_parameters(struct request *request, struct span s)
{
	const size_t before = request->beyond < span_left(s) ? request->beyond : span_left(s);

	span_skip(&s, before);
	request->beyond -= (uint32_t)before;
	while (!request->lost && span_left(s) > 0) {
		const uint32_t name_length = take_length(&s), value_length = take_length(&s);
		const uint64_t wanted = (uint64_t)name_length + value_length;
		struct span name;

		request->lost = s.failed || wanted > INT32_MAX;
		if (request->lost)
			return;
		if (wanted > span_left(s)) {
			request->beyond = (uint32_t)(wanted - span_left(s));
			return;
		}
		name = span_take(&s, name_length);
		keep_parameter(request, name, span_take(&s, value_length));
	}
}

static void read_client(struct conversation *state, struct parse *parse, uint8_t type, uint16_t number,
			struct span content, size_t length)
{
	struct request *const request = &state->request;

	if (type == FASTCGI_BEGIN_REQUEST) {
		tell(state, parse);
		request->is_open = true;
		request->number = number;
		request->role = CODE_TEXT(roles, span_u16(&content));
	} else if (request->is_open && number == request->number) {
		if (type == FASTCGI_PARAMETERS) {
			read_parameters(request, content);
			request->lost |= length > span_left(content);
		} else if (type == FASTCGI_INPUT) {
			request->request_length += length;
		}
	}
}

/* ---- what is answered ---- */

/* RFC 3875 6.3: fields of a head, up to an empty line. */
static void read_head(struct request *request, struct parse *parse, struct span s)
{
	request->status = 200;
	while (span_left(s) > 0) {
		struct span line = span_line(&s), name = span_until(&line, ':'), word;

		if (name.failed)
			return;
		line = text_trim(line);
		word = line;
		if (span_is_nocase(name, "Status"))
			(void)span_number(text_word(&word), STATUS_MOST, &request->status);
		else if (span_is_nocase(name, "Content-Type"))
			span_copy_text(line, request->content_type, sizeof(request->content_type));
		else if (span_is_nocase(name, "X-Powered-By") && span_begins(line, "PHP/"))
			parse_software(parse, SIDE_SERVER, span_text("PHP"),
				       (span_skip(&word, strlen("PHP/")), text_word(&word)));
	}
}

static void read_end(struct conversation *state, struct parse *parse, struct span s)
{
	struct request *const request = &state->request;

	uint8_t status;

	request->application_status = span_u32(&s);
	status = span_u8(&s);
	request->end = CODE_TEXT(ends, status);
	request->ended = !s.failed;
	if (request->ended && status == COMPLETE)
		parse_weakness(parse, &fastcgi_open, "a request was answered");
	tell(state, parse);
}

static void read_server(struct conversation *state, struct parse *parse, uint8_t type, uint16_t number,
			struct span content, size_t length)
{
	struct request *const request = &state->request;

	if (!request->is_open || number != request->number)
		return;
	if (type == FASTCGI_OUTPUT) {
		if (!request->answered && length > 0)
			read_head(request, parse, content);
		request->answered = request->answered || length > 0;
		request->length += length;
	} else if (type == FASTCGI_ERRORS) {
		request->error_length += length;
	} else if (type == FASTCGI_END_REQUEST) {
		read_end(state, parse, content);
	}
}

/* A version, a type, which request is meant, a length, and how much padding follows the content. */
static enum verdict read_record(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct span s = *bytes, content;
	const uint8_t version = span_u8(&s), type = span_u8(&s);
	const uint16_t number = span_u16(&s), length = span_u16(&s);
	const size_t padding = span_u8(&s), most = type == FASTCGI_PARAMETERS ? RECORD_MOST : MESSAGE_MOST;
	const size_t wanted = length < most ? length : most;

	span_skip(&s, 1);
	if (s.failed)
		return MORE;
	if (version != FASTCGI_VERSION || type == 0 || type > FASTCGI_UNKNOWN)
		return NO;
	if (span_left(s) < wanted) {
		parse_want(parse, FASTCGI_HEAD + wanted);
		return MORE;
	}
	content = span_take(&s, wanted);
	*bytes = s;
	parse_skip(parse, length - wanted + padding);
	if (parse->side == SIDE_CLIENT)
		read_client(state, parse, type, number, content, length);
	else
		read_server(state, parse, type, number, content, length);
	return YES;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	enum verdict whole = YES;

	while (whole == YES && span_left(*bytes) > 0 && parse->skip == 0)
		whole = read_record(state, parse, bytes);
	return whole == NO ? PARSE_BROKEN : PARSE_ON;
}

const struct parser fastcgi_parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};
