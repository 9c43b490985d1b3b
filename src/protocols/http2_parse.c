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

/* What is kept of a request, one text after the other. */
enum part { METHOD, AUTHORITY, PATH, AGENT, REFERER, UPGRADE, PARTS };

struct stream {
	uint32_t id; /* 0: free */
	uint16_t status;
	char content_type[32];
	struct span request; /* kept: PARTS texts, each ended by NUL */
	uint64_t length;
};

struct conversation {
	struct hpack tables[2];
	struct stream streams[STREAMS];
	bool begun[2], named[2];
};
_Static_assert(sizeof(struct conversation) <= PARSE_STATE_LIMIT, "state of the parser");

/* The fields of one block. */
struct fields {
	char texts[PARTS][HPACK_VALUE];
	char content_type[sizeof(((struct stream *)NULL)->content_type)];
	uint16_t status;
	struct parse *parse;
	struct conversation *state;
};

/* ---- telling ---- */

static void emit(const void *record, struct json *json)
{
	static const char *const keys[] = {
		[METHOD] = "http_method",    [AUTHORITY] = "hostname", [PATH] = "url",
		[AGENT] = "http_user_agent", [REFERER] = "http_refer", [UPGRADE] = "upgrade",
	};
	const struct stream *const stream = record;
	struct span request = stream->request;

	for (size_t i = 0; i < PARTS && span_left(request) > 0; i++)
		emit_span(json, keys[i], span_until(&request, '\0'));
	json_text(json, "protocol", "HTTP/2");
	json_text(json, "version", "2");
	if (stream->status > 0) {
		json_unsigned(json, "status", stream->status);
		json_unsigned(json, "length", stream->length);
	}
	emit_text(json, "http_content_type", stream->content_type);
	json_open_object(json, "http2");
	json_unsigned(json, "stream_id", stream->id);
	json_end(json);
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

static void take_field(void *context, enum hpack_name name, struct span value)
{
	static const uint8_t parts[] = {
		[HPACK_METHOD] = METHOD,    [HPACK_AUTHORITY] = AUTHORITY, [HPACK_PATH] = PATH,
		[HPACK_USER_AGENT] = AGENT, [HPACK_REFERER] = REFERER,     [HPACK_PROTOCOL] = UPGRADE,
	};
	struct fields *const fields = context;
	char user[HTTP_USER];
	uint64_t number;

	switch (name) {
	case HPACK_STATUS: fields->status = span_number(value, 999, &number) ? (uint16_t)number : 0; break;
	case HPACK_CONTENT_TYPE:
		span_copy_text(value, fields->content_type, sizeof(fields->content_type));
		break;
	case HPACK_SERVER: name_software(fields, value); break;
	case HPACK_AUTHORIZATION:
		if (http_basic_user(value, user, sizeof(user)))
			parse_weakness(fields->parse, &http2_clear_login,
				       "Authorization: Basic with the password of %s", user);
		break;
	case HPACK_OTHER:
	case HPACK_LOCATION: break;
	case HPACK_USER_AGENT: name_software(fields, value); /* fall through */
	default: span_copy_text(value, fields->texts[parts[name]], HPACK_VALUE); break;
	}
}

static struct span keep_request(struct parse *parse, const struct fields *fields)
{
	char all[PARTS * HPACK_VALUE];
	size_t length = 0;

	for (size_t i = 0; i < PARTS; i++) {
		const size_t n = strlen(fields->texts[i]) + 1;

		memcpy(all + length, fields->texts[i], n);
		length += n;
	}
	return parse_keep(parse, span_of(all, length));
}

/* A block with a status is a response; one without, of the client or promised by the server, a request. */
static void read_fields(struct conversation *state, struct parse *parse, uint32_t id,
			const struct fields *fields)
{
	struct stream *stream = stream_of(state, id);

	if (parse->side == SIDE_SERVER && fields->status >= 200) {
		stream = stream != NULL ? stream : new_stream(state, parse, id);
		stream->status = fields->status;
		memcpy(stream->content_type, fields->content_type, sizeof(stream->content_type));
	} else if (stream == NULL && fields->texts[METHOD][0] != '\0') {
		stream = new_stream(state, parse, id);
		stream->request = keep_request(parse, fields);
	}
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
	enum verdict whole = state->begun[parse->side] ? YES : take_preface(state, parse->side, bytes);

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
	.state_size = sizeof(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};
