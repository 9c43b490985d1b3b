/* sip_parse.c: SIP between two others. Each message is told; what comes of some is told as well (sip_calls.c,
 * sip_results.c). Media that a description announces are expected. */
#include "protocols/http.h"
#include "protocols/lines.h"
#include "protocols/sdp.h"
#include "protocols/sip.h"

enum { BODY_MOST = 16384 };

struct conversation {
	bool lost[2];

	/* What is told. */
	bool named[2];
	struct sip_calls calls;
};

/* ---- messages ---- */

/* What stands in "Alice <sip:alice@example.com>;tag=1": the address. */
struct span sip_address(struct span field)
{
	struct span rest = field, address;

	(void)span_until(&rest, '<');
	address = span_until(&rest, '>');
	if (!rest.failed)
		return address;
	address = field;
	for (address.end = address.at; address.end < field.end && *address.end != ';' && *address.end != ' ';
	     address.end++)
		;
	return address;
}

static bool is_description(struct span type)
{
	return span_begins_nocase(type, "application/sdp");
}

static void read_message(struct span head, struct span body, struct sip_message *message)
{
	struct span line, sequence;

	*message = (struct sip_message){ .body = body };
	message->line = span_line(&head);
	sip_fields(head, message->fields);
	line = message->line;
	sequence = message->fields[SIP_CSEQ];
	(void)span_number(text_word(&sequence), UINT32_MAX, &message->sequence);
	if (span_begins(line, "SIP/2.0 ")) {
		message->version = text_word(&line);
		(void)span_number(text_word(&line), 699, &message->code);
		message->reason = text_trim(line);
		message->method = text_word(&sequence);
	} else {
		message->method = text_word(&line);
		message->uri = text_word(&line);
		message->version = text_word(&line);
	}
	message->call_id = message->fields[SIP_CALL_ID];
	message->from = sip_address(message->fields[SIP_FROM]);
	message->to = sip_address(message->fields[SIP_TO]);
	message->is_description = is_description(message->fields[SIP_CONTENT_TYPE]);
}

static void emit(const void *record, struct json *json)
{
	const struct sip_message *const message = record;

	if (message->code == 0) {
		json_span(json, "method", message->method);
		emit_span(json, "uri", message->uri);
		emit_span(json, "version", message->version);
		json_span(json, "request_line", message->line);
	} else {
		emit_span(json, "version", message->version);
		json_unsigned(json, "code", message->code);
		emit_span(json, "reason", message->reason);
		json_span(json, "response_line", message->line);
		emit_span(json, "response_to", message->method);
	}
	emit_span(json, "call_id", message->call_id);
	emit_span(json, "from", message->from);
	emit_span(json, "to", message->to);
	emit_span(json, "contact", sip_address(message->fields[SIP_CONTACT]));
	emit_span(json, "user_agent", message->fields[SIP_USER_AGENT]);
	emit_span(json, "server", message->fields[SIP_SERVER]);
	emit_span(json, "expires", message->fields[SIP_EXPIRES]);
	if (message->is_description)
		sdp_emit(json, message->body);
}

/* ---- reading ---- */

static void name_software(struct conversation *state, struct parse *parse, const struct sip_message *message)
{
	struct span agent = message->fields[SIP_USER_AGENT], product, version;

	if (span_left(agent) == 0)
		agent = message->fields[SIP_SERVER];
	if (state->named[parse->side] || span_left(agent) == 0)
		return;
	state->named[parse->side] = true;
	http_client_product(agent, &product, &version);
	parse_software(parse, parse->side, product, version);
}

static void take_message(struct conversation *state, struct parse *parse, struct span head, struct span body)
{
	struct sip_message message;

	if (!parse->listened) {
		if (span_left(body) > 0 && is_description(sip_field(head, SIP_CONTENT_TYPE)))
			sdp_expect(parse, body);
		return;
	}
	read_message(head, body, &message);
	name_software(state, parse, &message);
	if (message.is_description)
		sdp_expect(parse, body);
	parse_event(parse, &message);
	sip_follow_call(&state->calls, parse, &message);
	sip_tell_result(parse, &message);
}

/* Blank lines, zeros, or messages of STUN (RFC 5626 3.5, 4.4) keep the way open. */
static bool is_keepalive(struct span s)
{
	if (span_peek(s, 0) <= 1)
		return true;
	while (span_left(s) > 0 && (*s.at == '\r' || *s.at == '\n' || *s.at == ' '))
		s.at++;
	return span_left(s) == 0;
}

/* Of a datagram the head may be cut, and the body is the rest. */
static enum parse_step read_datagram(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct span head, body = *bytes;
	const size_t length = http_head(*bytes);

	head = span_take(&body, length > 0 ? length : span_left(body));
	if (sip_recognise(head, parse->side, TRANSPORT_UDP) == YES)
		take_message(state, parse, head, body);
	else if (!is_keepalive(*bytes) && !parse->cut)
		return PARSE_BROKEN;
	bytes->at = bytes->end;
	return PARSE_ON;
}

/* After a gap: steps over lines until a message begins. */
static bool resume(bool *lost, struct span *bytes)
{
	while (*lost && span_left(*bytes) > 0) {
		struct span rest = *bytes;
		const struct span line = span_line(&rest);

		if (line.failed && span_left(*bytes) < HTTP_HEAD)
			return false;
		*lost = line.failed || sip_recognise(line, SIDE_CLIENT, TRANSPORT_TCP) != YES;
		if (*lost)
			bytes->at = line.failed ? bytes->end : rest.at;
	}
	return !*lost;
}

static enum verdict read_stream_message(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct span rest = *bytes, head;
	uint64_t length = 0;
	size_t head_length;

	if (sip_recognise(rest, parse->side, TRANSPORT_TCP) == NO)
		return NO;
	head_length = http_head(rest);
	if (head_length == 0)
		return span_left(rest) < HTTP_HEAD ? MORE : NO;
	head = span_take(&rest, head_length);
	(void)span_number(sip_field(head, SIP_CONTENT_LENGTH), UINT32_MAX, &length);
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

	if (parse->transport == TRANSPORT_UDP)
		return read_datagram(state, parse, bytes);
	if (!resume(&state->lost[parse->side], bytes))
		return PARSE_ON;
	while (whole == YES && parse->skip == 0) {
		while (span_begins(*bytes, "\r\n"))
			span_skip(bytes, 2);
		if (span_left(*bytes) < 2)
			return PARSE_ON;
		whole = read_stream_message(state, parse, bytes);
	}
	return whole == NO ? PARSE_BROKEN : PARSE_ON;
}

static enum parse_step gap(void *memory, struct parse *parse, uint64_t length)
{
	struct conversation *const state = memory;

	(void)length;
	state->lost[parse->side] = true;
	return PARSE_ON;
}

const struct parser sip_parser = {
	.state_size = PARSE_STATE(struct conversation),
	.unheard = offsetof(struct conversation, named),
	.read = read,
	.gap = gap,
	.emit = emit,
	.leads = true,
};
