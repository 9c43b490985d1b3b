/* http_parse.c: HTTP/1 between two others. A request is told with its response; contents are stepped over
 * (RFC 9112 6, 7). CONNECT and Upgrade lead to another protocol (RFC 9110 7.8, 9.3.6). */
#include "protocols/http.h"
#include "protocols/lines.h"

#include <stdio.h>

enum { PIPELINE = 16, HOST_LIMIT = 256 };

extern const struct protocol protocol_http2, protocol_websocket;

/* Where a side stands. */
enum place {
	HEAD,
	CHUNK_SIZE,
	CHUNK_END, /* the line behind a chunk */
	TRAILER,
};

struct side_state {
	uint8_t place;    /* enum place */
	bool lost, named; /* named: its software was told */
	uint64_t length;  /* octets of the content, while chunks come */
};

struct conversation {
	struct side_state sides[2];
	struct span requests[PIPELINE]; /* heads, kept, in a ring */
	uint32_t sent, answered;
	struct span response; /* head of one whose chunks come, kept */
	bool in_response, connecting;
};

/* ---- telling ---- */

/* The request that waits longest; empty if none does. */
static struct span take_request(struct conversation *state)
{
	return state->answered == state->sent ? span_of(NULL, 0)
					      : state->requests[state->answered++ % PIPELINE];
}

static void tell(struct conversation *state, struct parse *parse, struct span request, struct span response,
		 const uint64_t *length)
{
	const struct http_transaction transaction = {
		.request = request,
		.response = response,
		.length = length != NULL ? *length : 0,
		.has_length = length != NULL,
	};

	if (span_left(request) + span_left(response) > 0)
		parse_event(parse, &transaction);
	if (state->answered == state->sent && !state->in_response)
		parse_forget(parse);
}

/* ---- contents ---- */

static bool is_chunked(struct span fields)
{
	return text_find(http_field(fields, "Transfer-Encoding"), "chunked") != SIZE_MAX;
}

/* "1f; name=value" (RFC 9112 7.1). */
static bool read_chunk_size(struct span line, uint64_t *ret_size)
{
	uint64_t size = 0;
	unsigned digits = 0;

	for (line = text_trim(line); span_left(line) > 0 && digits <= 15; digits++) {
		const uint8_t c = span_peek(line, 0), letter = c | 0x20u;
		const int value = c >= '0' && c <= '9'             ? c - '0'
				  : letter >= 'a' && letter <= 'f' ? letter - 'a' + 10
								   : -1;

		if (value < 0)
			break;
		size = size << 4 | (unsigned)value;
		span_skip(&line, 1);
	}
	line = text_trim(line);
	*ret_size = size;
	return digits > 0 && digits <= 15 && (span_left(line) == 0 || *line.at == ';');
}

/* The last chunk was read, and the fields behind it. */
static void end_chunks(struct conversation *state, struct parse *parse)
{
	struct side_state *const side = &state->sides[parse->side];
	const struct span response = state->response;

	side->place = HEAD;
	if (parse->side != SIDE_SERVER || !state->in_response)
		return;
	state->in_response = false;
	state->response = span_of(NULL, 0);
	tell(state, parse, take_request(state), response, &side->length);
}

static enum parse_step read_chunks(struct conversation *state, struct parse *parse, struct span line)
{
	struct side_state *const side = &state->sides[parse->side];
	uint64_t size;

	switch ((enum place)side->place) {
	case CHUNK_SIZE:
		if (!read_chunk_size(line, &size))
			return PARSE_BROKEN;
		side->length += size;
		side->place = size > 0 ? CHUNK_END : TRAILER;
		if (size > 0)
			parse_skip(parse, size);
		break;
	case CHUNK_END: side->place = CHUNK_SIZE; return span_left(line) == 0 ? PARSE_ON : PARSE_BROKEN;
	default:
		if (span_left(line) == 0)
			end_chunks(state, parse);
		break;
	}
	return PARSE_ON;
}

static void begin_chunks(struct conversation *state, enum side side)
{
	state->sides[side].place = CHUNK_SIZE;
	state->sides[side].length = 0;
}

/* ---- requests ---- */

static void judge_login(struct parse *parse, struct span fields)
{
	static const char *const names[] = { "Authorization", "Proxy-Authorization" };
	const struct span host = http_field(fields, "Host");
	char user[HTTP_USER];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (http_basic_user(http_field(fields, names[i]), user, sizeof(user)))
			parse_weakness(parse, &http_clear_login, "%s: Basic with the password of %s for %.*s",
				       names[i], user,
				       (int)(span_left(host) < HOST_LIMIT ? span_left(host) : HOST_LIMIT),
				       (const char *)host.at);
}

static void name_client(struct conversation *state, struct parse *parse, struct span fields)
{
	const struct span agent = http_field(fields, "User-Agent");
	struct span product, version;

	if (state->sides[SIDE_CLIENT].named || span_left(agent) == 0)
		return;
	state->sides[SIDE_CLIENT].named = true;
	http_client_product(agent, &product, &version);
	parse_software(parse, SIDE_CLIENT, product, version);
}

static enum parse_step read_request(struct conversation *state, struct parse *parse, struct span head)
{
	struct span fields = head;
	const struct span line = span_line(&fields);
	uint64_t length;

	if (state->sent - state->answered == PIPELINE)
		tell(state, parse, take_request(state), span_of(NULL, 0), NULL);
	state->requests[state->sent++ % PIPELINE] = parse_keep(parse, parse->listened ? head : line);
	state->connecting = span_begins(head, "CONNECT ");
	if (http_is_simple(line))
		return PARSE_DONE; /* what comes back is content */
	if (parse->listened) {
		judge_login(parse, fields);
		name_client(state, parse, fields);
	}
	if (is_chunked(fields))
		begin_chunks(state, SIDE_CLIENT);
	else if (span_number(http_field(fields, "Content-Length"), UINT64_MAX / 2, &length) && length > 0)
		parse_skip(parse, length);
	return PARSE_ON;
}

/* ---- responses ---- */

/* What the field Upgrade of the response names (RFC 9110 7.8); NULL for what the content will show. */
static const struct protocol *named_upgrade(struct span fields)
{
	const struct span name = http_field(fields, "Upgrade");
	char lower[32];

	if (span_is_nocase(name, "h2c"))
		return &protocol_http2;
	span_copy_text(name, lower, sizeof(lower));
	for (char *at = lower; *at != '\0'; at++)
		*at |= *at >= 'A' && *at <= 'Z' ? 0x20 : 0;
	return protocol_named(span_text(lower));
}

static void name_server(struct conversation *state, struct parse *parse, struct span fields)
{
	const struct span server = http_field(fields, "Server");
	struct span product, version;

	if (state->sides[SIDE_SERVER].named || span_left(server) == 0)
		return;
	state->sides[SIDE_SERVER].named = true;
	http_server_product(server, &product, &version);
	parse_software(parse, SIDE_SERVER, product, version);
}

static void judge_api(struct parse *parse, struct span request, struct span fields, uint64_t status)
{
	const struct span line = span_line(&request);
	const struct weakness *const found = http_judge_api(request, fields, status);

	if (found != NULL)
		parse_weakness(parse, found, "%.*s",
			       (int)(span_left(line) < HOST_LIMIT ? span_left(line) : HOST_LIMIT),
			       (const char *)line.at);
}

/* RFC 9112 6.3: how long the content is. */
static enum parse_step read_content(struct conversation *state, struct parse *parse, struct span head,
				    struct span fields, bool empty)
{
	uint64_t length = 0;

	if (!empty && is_chunked(fields)) {
		state->in_response = true;
		state->response = parse_keep(parse, head);
		begin_chunks(state, SIDE_SERVER);
		return PARSE_ON;
	}
	if (empty || span_number(http_field(fields, "Content-Length"), UINT64_MAX / 2, &length)) {
		length = empty ? 0 : length;
		if (length > 0)
			parse_skip(parse, length);
		tell(state, parse, take_request(state), head, &length);
		return PARSE_ON;
	}
	tell(state, parse, take_request(state), head, NULL);
	return PARSE_DONE; /* it lasts until the end of the connection */
}

/* RFC 7540 3.2: the request is answered on the first stream of HTTP/2; RFC 6455 4.2.2: which subprotocol was
 * chosen. Either is left to those who read on, and so nothing is forgotten here. */
static void change(struct conversation *state, struct parse *parse, struct span head)
{
	const struct span request = take_request(state);
	const struct http_transaction transaction = {
		.request = request, .response = head, .length = 0, .has_length = true
	};
	struct span fields = head;
	const struct protocol *to;

	(void)span_line(&fields);
	to = named_upgrade(fields);
	parse_event(parse, &transaction);
	if (to == &protocol_http2)
		parse_leave(parse, request);
	else if (to == &protocol_websocket)
		parse_leave(parse, http_field(fields, "Sec-WebSocket-Protocol"));
	parse_upgrade(parse, to);
}

static enum parse_step read_response(struct conversation *state, struct parse *parse, struct span head)
{
	const bool known = state->answered != state->sent;
	const struct span request = known ? state->requests[state->answered % PIPELINE] : span_of(NULL, 0);
	struct span fields = head, line = span_line(&fields);
	uint64_t status = 0, none = 0;

	(void)text_word(&line);
	(void)span_number(text_word(&line), 999, &status);
	if (parse->listened) {
		name_server(state, parse, fields);
		if (known)
			judge_api(parse, request, fields, status);
	}
	if (status == 101) {
		change(state, parse, head);
		return PARSE_ON;
	}
	if (status < 200)
		return PARSE_ON;
	if (span_begins(request, "CONNECT ")) {
		state->connecting = false;
		if (status < 300) {
			tell(state, parse, take_request(state), head, &none);
			parse_upgrade(parse, NULL);
			return PARSE_ON;
		}
	}
	return read_content(state, parse, head, fields,
			    status == 204 || status == 304 || span_begins(request, "HEAD "));
}

/* ---- both ---- */

/* After a gap: steps over lines until one begins a message. */
static bool resume(struct side_state *side, enum side which, struct span *bytes)
{
	while (side->lost && span_left(*bytes) > 0) {
		struct span rest = *bytes;
		const struct span line = span_line(&rest);
		const enum verdict begins = line.failed ? MORE
					    : which == SIDE_CLIENT
						    ? http_recognise_request(span_of(
							      bytes->at, (size_t)(rest.at - bytes->at)))
						    : http_recognise_status(line);

		if (begins == YES)
			side->lost = false;
		else if (!line.failed)
			bytes->at = rest.at;
		else if (span_left(*bytes) >= HTTP_HEAD)
			bytes->at = bytes->end;
		else
			return false;
	}
	return !side->lost;
}

/* Takes the head of a message off bytes. */
static enum verdict take_head(struct parse *parse, struct span *bytes, struct span *ret_head)
{
	enum verdict begins;
	struct span rest;
	size_t length;

	while (span_begins(*bytes, "\r\n"))
		span_skip(bytes, 2);
	if (span_left(*bytes) == 0)
		return MORE;
	rest = *bytes;
	begins = parse->side == SIDE_CLIENT ? http_recognise_request(*bytes) : http_recognise_status(*bytes);
	if (begins == NO)
		return NO;
	if (parse->side == SIDE_CLIENT && http_is_simple(span_line(&rest))) {
		*ret_head = span_take(bytes, (size_t)(rest.at - bytes->at));
		return YES;
	}
	length = http_head(*bytes);
	if (length == 0)
		return span_left(*bytes) < HTTP_HEAD ? MORE : NO;
	*ret_head = span_take(bytes, length);
	return YES;
}

static enum parse_step read_head(struct conversation *state, struct parse *parse, struct span *bytes,
				 enum verdict *ret_whole)
{
	struct span head;

	*ret_whole = take_head(parse, bytes, &head);
	if (*ret_whole == NO && parse->side == SIDE_CLIENT && state->connecting) {
		parse_upgrade(parse, NULL); /* the answer was not seen */
		return PARSE_ON;
	}
	if (*ret_whole != YES)
		return *ret_whole == NO ? PARSE_BROKEN : PARSE_ON;
	return parse->side == SIDE_CLIENT ? read_request(state, parse, head)
					  : read_response(state, parse, head);
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	struct side_state *const side = &state->sides[parse->side];
	enum parse_step step = PARSE_ON;
	enum verdict whole = YES;

	if (!resume(side, parse->side, bytes))
		return PARSE_ON;
	while (span_left(*bytes) > 0 && step == PARSE_ON && whole == YES && parse->skip == 0 &&
	       !parse->upgraded) {
		struct span line;

		if (side->place == HEAD) {
			step = read_head(state, parse, bytes, &whole);
			continue;
		}
		whole = line_take(bytes, &line);
		if (whole == NO)
			return PARSE_BROKEN;
		if (whole == YES)
			step = read_chunks(state, parse, line);
		if (step == PARSE_BROKEN)
			return line_refuse(bytes, line);
	}
	return step;
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (state->in_response) {
		state->in_response = false;
		tell(state, parse, take_request(state), state->response, NULL);
	}
	while (state->answered != state->sent)
		tell(state, parse, take_request(state), span_of(NULL, 0), NULL);
}

static enum parse_step gap(void *memory, struct parse *parse, uint64_t length)
{
	struct conversation *const state = memory;
	struct side_state *const side = &state->sides[parse->side];

	(void)length;
	side->lost = true;
	side->place = HEAD;
	end(state, parse);
	return PARSE_ON;
}

const struct parser http_parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.gap = gap,
	.end = end,
	.emit = http_emit,
	.leads = true,
};
