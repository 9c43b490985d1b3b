/* http2_parse.c: HTTP/2 between two others. A stream is told when the server has ended it, as HTTP/1 is told,
 * with the request and its response. */
#include "protocols/hpack.h"
#include "protocols/http.h"
#include "protocols/http2.h"
#include "protocols/lines.h"

enum {
	STREAMS = 24, /* that wait for their responses */
	BLOCK_LIMIT = 32 * 1024,
	PRIORITY_LENGTH = 5,
};
enum { FLAG_END_STREAM = 1, FLAG_END_HEADERS = 4, FLAG_PADDED = 8, FLAG_PRIORITY = 32 };

/* What is kept of a request and of its response, one text after the other. */
enum part {
	METHOD,
	AUTHORITY,
	PATH,
	AGENT,
	REFERER,
	UPGRADE,
	FORWARDED,
	USER,
	PROXY_USER,
	REQUEST_TYPE,
	REQUEST_PARTS,
	CONTENT_TYPE = REQUEST_PARTS,
	LOCATION,
	SERVER,
	AUTH_SCHEME,
	PARTS,
};
enum { GRPC_MOST = 16 }; /* codes of gRPC ("Status codes and their use in gRPC") */

struct stream {
	uint32_t id; /* 0: free */
	uint16_t status;
	uint8_t grpc;                  /* its status plus 1, 0 without */
	struct span request, response; /* kept: the texts of their parts, each ended by NUL */
	uint64_t length, request_length;
	bool has_request_length;
};

struct conversation {
	struct hpack tables[2];
	struct stream streams[STREAMS];
	bool begun[2], named[2], follows; /* follows: a request of HTTP/1 */
};

/* The fields of one block. */
struct fields {
	char texts[PARTS][HPACK_VALUE];
	uint16_t status;
	uint8_t grpc;
	uint64_t length;
	bool has_length;
	struct parse *parse;
	struct conversation *state;
};

/* ---- telling ---- */

static void emit_parts(struct json *json, struct span texts, enum part part, enum part end)
{
	static const char *const keys[] = {
		[METHOD] = "http_method",
		[PATH] = "url",
		[AGENT] = "http_user_agent",
		[REFERER] = "http_refer",
		[UPGRADE] = "upgrade",
		[FORWARDED] = "xff",
		[USER] = "user",
		[PROXY_USER] = "proxy_user",
		[REQUEST_TYPE] = "request_content_type",
		[CONTENT_TYPE] = "http_content_type",
		[LOCATION] = "redirect",
		[SERVER] = "server",
		[AUTH_SCHEME] = "auth_scheme",
	};

	for (; part < end && span_left(texts) > 0; part++) {
		const struct span text = span_until(&texts, '\0');

		if (part == AUTHORITY)
			http_emit_host(json, text);
		else
			emit_span(json, keys[part], text);
	}
}

static void emit(const void *record, struct json *json)
{
	const struct stream *const stream = record;

	emit_parts(json, stream->request, METHOD, REQUEST_PARTS);
	if (stream->has_request_length)
		json_unsigned(json, "request_length", stream->request_length);
	json_text(json, "protocol", "HTTP/2");
	json_text(json, "version", "2");
	if (stream->status > 0) {
		json_unsigned(json, "status", stream->status);
		json_unsigned(json, "length", stream->length);
	}
	emit_parts(json, stream->response, CONTENT_TYPE, PARTS);
	json_open_object(json, "http2");
	json_unsigned(json, "stream_id", stream->id);
	json_end(json);
	if (stream->grpc > 0)
		json_unsigned(json, "grpc_status", stream->grpc - 1u);
}

static void tell(struct conversation *state, struct parse *parse, struct stream *stream)
{
	parse_event_as(parse, "http", emit, stream);
	*stream = (struct stream){ .id = 0 };
	for (size_t i = 0; i < STREAMS; i++)
		if (state->streams[i].id != 0)
			return;
	parse_forget(parse);
}

static struct stream *stream_of(struct conversation *state, uint32_t id)
{
	for (size_t i = 0; id != 0 && i < STREAMS; i++)
		if (state->streams[i].id == id)
			return &state->streams[i];
	return NULL;
}

/* A place for a new stream; that of the oldest, told as it is, when there is none. */
static struct stream *new_stream(struct conversation *state, struct parse *parse, uint32_t id)
{
	struct stream *place = &state->streams[0];

	for (size_t i = 1; i < STREAMS; i++)
		if (state->streams[i].id < place->id)
			place = &state->streams[i];
	if (place->id != 0)
		tell(state, parse, place);
	*place = (struct stream){ .id = id };
	return place;
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	for (size_t i = 0; i < STREAMS; i++)
		if (state->streams[i].id != 0)
			tell(state, parse, &state->streams[i]);
}

/* ---- fields ---- */

static void name_software(struct fields *fields, struct span text)
{
	struct parse *const parse = fields->parse;
	struct span product, version;

	if (fields->state->named[parse->side] || span_left(text) == 0)
		return;
	fields->state->named[parse->side] = true;
	if (parse->side == SIDE_CLIENT)
		http_client_product(text, &product, &version);
	else
		http_server_product(text, &product, &version);
	parse_software(parse, parse->side, product, version);
}

static void take_login(struct fields *fields, const char *name, enum part part, struct span value)
{
	if (http_basic_user(value, fields->texts[part], HTTP_USER))
		parse_weakness(fields->parse, &http2_clear_login, "%s: Basic with the password of %s", name,
			       fields->texts[part]);
}

static void take_field(void *context, enum hpack_name name, struct span value)
{
	static const uint8_t parts[] = {
		[HPACK_METHOD] = METHOD,    [HPACK_AUTHORITY] = AUTHORITY, [HPACK_PATH] = PATH,
		[HPACK_USER_AGENT] = AGENT, [HPACK_REFERER] = REFERER,     [HPACK_PROTOCOL] = UPGRADE,
		[HPACK_SERVER] = SERVER,    [HPACK_LOCATION] = LOCATION,   [HPACK_FORWARDED_FOR] = FORWARDED,
	};
	struct fields *const fields = context;
	const bool asked = fields->parse->side == SIDE_CLIENT;
	uint64_t number;

	switch (name) {
	case HPACK_STATUS: fields->status = span_number(value, 999, &number) ? (uint16_t)number : 0; break;
	case HPACK_GRPC_STATUS:
		fields->grpc = span_number(value, GRPC_MOST, &number) ? (uint8_t)(number + 1) : 0;
		break;
	case HPACK_CONTENT_LENGTH:
		fields->has_length = span_number(value, UINT64_MAX / 2, &fields->length);
		break;
	case HPACK_CONTENT_TYPE:
		span_copy_text(http_media_type(value), fields->texts[asked ? REQUEST_TYPE : CONTENT_TYPE],
			       HPACK_VALUE);
		break;
	case HPACK_WWW_AUTHENTICATE:
		span_copy_text(text_word(&value), fields->texts[AUTH_SCHEME], HPACK_VALUE);
		break;
	case HPACK_AUTHORIZATION: take_login(fields, "Authorization", USER, value); break;
	case HPACK_PROXY_AUTHORIZATION: take_login(fields, "Proxy-Authorization", PROXY_USER, value); break;
	case HPACK_OTHER: break;
	case HPACK_SERVER:
	case HPACK_USER_AGENT: name_software(fields, value); /* fall through */
	default: span_copy_text(value, fields->texts[parts[name]], HPACK_VALUE); break;
	}
}

static struct span keep_parts(const struct fields *fields, enum part part, enum part end)
{
	char all[REQUEST_PARTS * HPACK_VALUE];
	size_t length = 0;

	for (; part < end; part++) {
		const size_t n = strlen(fields->texts[part]) + 1;

		memcpy(all + length, fields->texts[part], n);
		length += n;
	}
	return parse_keep(fields->parse, span_of(all, length));
}

static void begin_stream(struct conversation *state, uint32_t id, const struct fields *fields)
{
	struct stream *const stream = new_stream(state, fields->parse, id);

	stream->request = keep_parts(fields, METHOD, REQUEST_PARTS);
	stream->request_length = fields->length;
	stream->has_request_length = fields->has_length;
}

/* RFC 7540 3.2: a request of HTTP/1 that was changed to HTTP/2 is answered on the first stream. */
static void take_over(struct conversation *state, struct parse *parse)
{
	static const struct {
		const char *name;
		enum part part;
	} kept[] = {
		{ "Host", AUTHORITY },
		{ "User-Agent", AGENT },
		{ "Referer", REFERER },
		{ "X-Forwarded-For", FORWARDED },
		{ "Content-Type", REQUEST_TYPE },
	};
	struct fields fields = { .parse = parse, .state = state };
	struct span head = parse->left, line = span_line(&head);

	span_copy_text(span_until(&line, ' '), fields.texts[METHOD], HPACK_VALUE);
	span_copy_text(span_until(&line, ' '), fields.texts[PATH], HPACK_VALUE);
	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		span_copy_text(http_field(head, kept[i].name), fields.texts[kept[i].part], HPACK_VALUE);
	(void)http_basic_user(http_field(head, "Authorization"), fields.texts[USER], HTTP_USER);
	fields.has_length = span_number(http_field(head, "Content-Length"), UINT64_MAX / 2, &fields.length);
	begin_stream(state, 1, &fields);
}

/* A block with a status is a response; one without, of the client or promised by the server, a request. */
static void read_fields(struct conversation *state, struct parse *parse, uint32_t id,
			const struct fields *fields)
{
	struct stream *stream = stream_of(state, id);

	if (parse->side == SIDE_SERVER && fields->status >= 200) {
		stream = stream != NULL ? stream : new_stream(state, parse, id);
		stream->status = fields->status;
		stream->response = keep_parts(fields, CONTENT_TYPE, PARTS);
	} else if (stream == NULL && fields->texts[METHOD][0] != '\0') {
		begin_stream(state, id, fields);
	}
	if (parse->side == SIDE_SERVER && stream != NULL && fields->grpc > 0)
		stream->grpc = fields->grpc; /* behind the contents, or at once where it failed */
}

/* ---- frames ---- */

/* What is left of HEADERS or PUSH_PROMISE without padding, priority and the promised stream. */
static bool strip(const struct http2_frame *frame, struct span *content, uint32_t *stream)
{
	uint8_t padding = 0;

	if (frame->type == HTTP2_CONTINUATION)
		return true;
	if (frame->flags & FLAG_PADDED)
		padding = span_u8(content);
	if (frame->type == HTTP2_HEADERS && frame->flags & FLAG_PRIORITY)
		span_skip(content, PRIORITY_LENGTH);
	if (frame->type == HTTP2_PUSH_PROMISE)
		*stream = span_u32(content) & 0x7fffffff;
	if (content->failed || padding > span_left(*content))
		return false;
	content->end -= padding;
	return true;
}

/* Takes a block with its CONTINUATIONs (RFC 9113 4.3), which nothing may interrupt; *ret_block holds what
 * they carry. */
static enum verdict take_block(struct parse *parse, struct span *bytes, struct buffer *ret_block,
			       uint32_t *ret_stream, bool *ret_ends)
{
	struct span rest = *bytes;
	struct http2_frame frame;

	do {
		struct span content;
		const bool first = rest.at == bytes->at;

		if (span_left(rest) < HTTP2_FRAME_HEAD)
			return MORE;
		frame = http2_read_head(&rest);
		if (first) {
			*ret_stream = frame.stream;
			*ret_ends = frame.flags & FLAG_END_STREAM && frame.type == HTTP2_HEADERS;
		} else if (frame.type != HTTP2_CONTINUATION) {
			return NO;
		}
		if ((size_t)(rest.at - bytes->at) + frame.length > BLOCK_LIMIT)
			return NO;
		if (span_left(rest) < frame.length) {
			parse_want(parse, (size_t)(rest.at - bytes->at) + frame.length);
			return MORE;
		}
		content = span_take(&rest, frame.length);
		if (!strip(&frame, &content, ret_stream))
			return NO;
		buffer_span(ret_block, content);
	} while (!(frame.flags & FLAG_END_HEADERS));
	*bytes = rest;
	return YES;
}

static void end_stream(struct conversation *state, struct parse *parse, uint32_t id)
{
	struct stream *const stream = stream_of(state, id);

	if (stream != NULL && parse->side == SIDE_SERVER)
		tell(state, parse, stream);
}

static enum verdict read_block(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct buffer block = buffer_new(BLOCK_LIMIT);
	struct fields fields = { .parse = parse, .state = state };
	uint32_t stream = 0;
	bool ends = false;
	enum verdict whole = take_block(parse, bytes, &block, &stream, &ends);

	if (whole == YES &&
	    !hpack_read(&state->tables[parse->side], buffer_read(&block), take_field, &fields))
		whole = NO;
	buffer_free(&block);
	if (whole != YES)
		return whole;
	read_fields(state, parse, stream, &fields);
	if (ends)
		end_stream(state, parse, stream);
	return YES;
}

/* A frame that carries no fields: its content is stepped over. */
static void read_frame(struct conversation *state, struct parse *parse, struct span *bytes)
{
	const struct http2_frame frame = http2_read_head(bytes);
	struct stream *const stream = stream_of(state, frame.stream);

	if (frame.length > 0)
		parse_skip(parse, frame.length);
	if (frame.type == HTTP2_DATA && stream != NULL && parse->side == SIDE_SERVER)
		stream->length += frame.length;
	if (frame.type == HTTP2_DATA && frame.flags & FLAG_END_STREAM)
		end_stream(state, parse, frame.stream);
	else if (frame.type == HTTP2_RST_STREAM && stream != NULL)
		tell(state, parse, stream);
}

static enum verdict take_preface(struct conversation *state, enum side side, struct span *bytes)
{
	const enum verdict begins = side == SIDE_CLIENT ? recognise_text(*bytes, HTTP2_PREFACE)
							: http2_recognise_settings(*bytes);

	if (begins != YES)
		return begins;
	state->begun[side] = true;
	if (side == SIDE_CLIENT)
		span_skip(bytes, strlen(HTTP2_PREFACE));
	return YES;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	enum verdict whole;

	if (!state->begun[0] && !state->begun[1] && !state->follows && span_left(parse->left) > 0) {
		state->follows = true;
		take_over(state, parse);
	}
	whole = state->begun[parse->side] ? YES : take_preface(state, parse->side, bytes);
	while (whole == YES && parse->skip == 0 && span_left(*bytes) >= HTTP2_FRAME_HEAD) {
		struct span rest = *bytes;
		const struct http2_frame frame = http2_read_head(&rest);

		if (frame.type == HTTP2_CONTINUATION)
			return PARSE_BROKEN;
		if (frame.type == HTTP2_HEADERS || frame.type == HTTP2_PUSH_PROMISE)
			whole = read_block(state, parse, bytes);
		else
			read_frame(state, parse, bytes);
	}
	return whole == NO ? PARSE_BROKEN : PARSE_ON;
}

/* Behind a gap neither frames nor tables are known: no gap(). */
const struct parser http2_parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};
