/* rtsp.c: Real-Time Streaming Protocol. RFC 2326 and RFC 7826: messages like those of HTTP/1, media in flows
 * of their own or between the messages. */
#include "protocols/http.h"
#include "protocols/lines.h"
#include "protocols/sdp.h"

#include <stdio.h>

enum { METHOD_MOST = 16, BODY_MOST = 16384, WAIT_SECONDS = 300 };

static const struct weakness clear_login = {
	"rtsp-clear-login",
	"RTSP takes passwords in the clear",
	2,
	"Ask for Digest, or let clients come through TLS.",
};
static const struct weakness *const weaknesses[] = { &clear_login, NULL };

static const char *const methods[] = { "DESCRIBE ", "ANNOUNCE ", "GET_PARAMETER ", "OPTIONS ",
				       "PAUSE ",    "PLAY ",     "RECORD ",        "REDIRECT ",
				       "SETUP ",    "TEARDOWN ", "SET_PARAMETER " };

static enum verdict recognise_request(struct span first)
{
	enum verdict best = NO;

	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods) && best != YES; i++) {
		struct span rest = first;
		enum verdict verdict = recognise_text(first, methods[i]);

		if (verdict == YES) {
			span_skip(&rest, strlen(methods[i]));
			verdict = span_left(rest) == 0                    ? MORE
				  : recognise_text(rest, "rtsp://") != NO ? recognise_text(rest, "rtsp://")
									  : recognise_text(rest, "* RTSP/");
		}
		best = verdict > best ? verdict : best;
	}
	return best;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	enum verdict status;

	(void)side; /* a server asks as well */
	if (transport != TRANSPORT_TCP)
		return NO;
	status = recognise_text(first, "RTSP/");
	return status != NO ? status : recognise_request(first);
}

/* ---- reading ---- */

enum { CHANNELS = 8 };

struct conversation {
	bool named[2];
	struct channel {
		uint64_t frames, bytes;
		uint8_t number;
	} channels[CHANNELS]; /* of media between the messages; those beyond them are not told */
	size_t channel_count;
};

struct message {
	struct span line, fields, body;
};

static void emit(const void *record, struct json *json)
{
	const struct message *const message = record;
	struct span line = message->line, word = text_word(&line);
	uint64_t code;

	if (span_begins(word, "RTSP/")) {
		json_span(json, "version", word);
		if (span_number(text_word(&line), 999, &code))
			json_unsigned(json, "code", code);
		emit_span(json, "reason", text_trim(line));
	} else {
		json_span(json, "method", word);
		json_span(json, "url", text_word(&line));
		json_span(json, "version", text_word(&line));
	}
	emit_span(json, "cseq", http_field(message->fields, "CSeq"));
	emit_span(json, "session", http_field(message->fields, "Session"));
	emit_span(json, "transport", http_field(message->fields, "Transport"));
	emit_span(json, "user_agent", http_field(message->fields, "User-Agent"));
	emit_span(json, "server", http_field(message->fields, "Server"));
	if (span_begins_nocase(http_field(message->fields, "Content-Type"), "application/sdp"))
		sdp_emit(json, message->body);
}

/* "client_port=4588-4589" of Transport (RFC 2326 12.39). */
static void expect_media(struct parse *parse, struct span transport)
{
	static const char *const kinds[] = { "rtp", "rtcp" };
	const size_t at = text_find(transport, "client_port=");
	struct expectation expectation = {
		.transport = TRANSPORT_UDP,
		.address = parse->addresses[SIDE_CLIENT],
		.other = parse->addresses[SIDE_SERVER],
		.waiting = SIDE_SERVER,
		.seconds = WAIT_SECONDS,
	};

	if (at == SIZE_MAX)
		return;
	span_skip(&transport, at + strlen("client_port="));
	for (size_t i = 0; i < 2; i++) {
		struct span digits = transport;
		uint64_t port;

		for (digits.end = digits.at;
		     digits.end < transport.end && *digits.end >= '0' && *digits.end <= '9'; digits.end++)
			;
		expectation.protocol = protocol_named(span_text(kinds[i]));
		if (!span_number(digits, UINT16_MAX, &port) || port == 0 || expectation.protocol == NULL)
			return;
		expectation.port = (uint16_t)port;
		parse_expect(parse, &expectation);
		transport.at = digits.end;
		if (span_u8(&transport) != '-')
			return;
	}
}

static void take_message(struct conversation *state, struct parse *parse, struct span head, struct span body)
{
	struct message message = { .fields = head, .body = body };
	struct span agent, product, version;
	char user[HTTP_USER];

	message.line = span_line(&message.fields);
	agent = http_field(message.fields, parse->side == SIDE_SERVER ? "Server" : "User-Agent");
	if (!state->named[parse->side] && span_left(agent) > 0) {
		state->named[parse->side] = true;
		http_server_product(agent, &product, &version);
		parse_software(parse, parse->side, product, version);
	}
	if (http_basic_user(http_field(message.fields, "Authorization"), user, sizeof(user)))
		parse_weakness(parse, &clear_login, "Authorization: Basic with the password of %s", user);
	if (parse->side == SIDE_SERVER && span_begins(message.line, "RTSP/"))
		expect_media(parse, http_field(message.fields, "Transport"));
	parse_event(parse, &message);
}

static void count_frame(struct conversation *state, uint8_t number, uint16_t length)
{
	struct channel *channel = state->channels;

	while (channel < state->channels + state->channel_count && channel->number != number)
		channel++;
	if (channel == state->channels + CHANNELS)
		return;
	state->channel_count += channel == state->channels + state->channel_count;
	channel->number = number;
	channel->frames++;
	channel->bytes += length;
}

static void emit_interleaved(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	json_open_array(json, "interleaved");
	for (size_t i = 0; i < state->channel_count; i++) {
		json_begin(json);
		json_unsigned(json, "channel", state->channels[i].number);
		json_unsigned(json, "frames", state->channels[i].frames);
		json_unsigned(json, "bytes", state->channels[i].bytes);
		json_end(json);
	}
	json_end(json);
}

static void end(void *memory, struct parse *parse)
{
	const struct conversation *const state = memory;

	if (state->channel_count > 0)
		parse_event_as(parse, "rtsp", emit_interleaved, state);
}

/* RFC 7826 14: "$", a channel, a length, and octets of media. */
static enum verdict skip_interleaved(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct span rest = *bytes;
	uint8_t channel;
	uint16_t length;

	span_skip(&rest, 1);
	channel = span_u8(&rest);
	length = span_u16(&rest);
	if (rest.failed)
		return MORE;
	*bytes = rest;
	count_frame(state, channel, length);
	if (length > 0)
		parse_skip(parse, length);
	return YES;
}

static enum verdict read_message(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct span rest = *bytes, head;
	uint64_t length = 0;
	size_t head_length;

	if (span_peek(rest, 0) == '$')
		return skip_interleaved(state, parse, bytes);
	if (recognise(rest, parse->side, TRANSPORT_TCP) == NO)
		return NO;
	head_length = http_head(rest);
	if (head_length == 0)
		return span_left(rest) < HTTP_HEAD ? MORE : NO;
	head = span_take(&rest, head_length);
	(void)span_number(http_field(head, "Content-Length"), UINT32_MAX, &length);
	if (length <= BODY_MOST && span_left(rest) < length) {
		parse_want(parse, head_length + length);
		return MORE;
	}
	if (length > BODY_MOST) {
		parse_skip(parse, length);
		length = 0;
	}
	take_message(state, parse, head, span_take(&rest, length));
	*bytes = rest;
	return YES;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	enum verdict whole = YES;

	while (whole == YES && span_left(*bytes) > 0 && parse->skip == 0) {
		if (span_peek(*bytes, 0) == '\r' || span_peek(*bytes, 0) == '\n')
			span_skip(bytes, 1);
		else
			whole = read_message(state, parse, bytes);
	}
	return whole == NO ? PARSE_BROKEN : PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
	.leads = true,
};

/* ---- asking ---- */

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_text(out, "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: " PROBE_IDENTITY "\r\n\r\n");
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const size_t head = http_head(*heard);
	struct span fields, line, server, product, version;

	(void)state;
	(void)out;
	if (span_left(*heard) > 0 && recognise_text(*heard, "RTSP/") == NO)
		return PROBE_NOT;
	if (head == 0)
		return ended || span_left(*heard) > HTTP_HEAD ? PROBE_NOT : PROBE_WAIT;
	fields = span_take(heard, head);
	line = span_line(&fields);
	server = http_field(fields, "Server");
	answer_fact(answer, "protocol", text_word(&line));
	answer_fact(answer, "status", text_word(&line));
	answer_fact(answer, "server", server);
	answer_fact(answer, "public", http_field(fields, "Public"));
	http_server_product(server, &product, &version);
	answer_product(answer, product, version);
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_rtsp = {
	.name = "rtsp",
	.title = "Real-Time Streaming Protocol",
	DOORS(TCP(554)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.parser = &parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
