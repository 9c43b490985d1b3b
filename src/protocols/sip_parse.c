/* sip_parse.c: SIP between two others. Each message is told; what it does to a call is told as well: call,
 * ringing, busy, answered, ended. Media that a description announces are expected. */
#include "base/hash.h"
#include "protocols/http.h"
#include "protocols/lines.h"
#include "protocols/sdp.h"
#include "protocols/sip.h"

enum { CALLS = 8, PARTY = 96, BODY_MOST = 16384 };

struct call {
	uint64_t id; /* hash of Call-ID; 0: free */
	int64_t answered_ns;
	uint64_t invite; /* number of CSeq of the INVITE */
	bool ringing, answered;
	char from[PARTY], to[PARTY];
};

struct conversation {
	struct call calls[CALLS];
	uint32_t next; /* the place that is given away next */
	bool named[2];
	bool lost[2];
};

/* A message in its parts; of a request the code is 0. */
struct message {
	struct span line, fields, body;
	struct span method, uri, version, reason; /* method: of an answer, that of its request */
	struct span call_id, from, to;
	uint64_t code, sequence;
	bool is_description;
};

/* ---- messages ---- */

/* What stands in "Alice <sip:alice@example.com>;tag=1": the address. */
static struct span address_of(struct span field)
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

static void read_message(struct span head, struct span body, struct message *message)
{
	struct span line, sequence;

	*message = (struct message){ .body = body };
	message->line = span_line(&head);
	message->fields = head;
	line = message->line;
	sequence = http_field(head, "CSeq");
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
	message->call_id = sip_field(head, "Call-ID", "i");
	message->from = address_of(sip_field(head, "From", "f"));
	message->to = address_of(sip_field(head, "To", "t"));
	message->is_description = span_begins_nocase(sip_field(head, "Content-Type", "c"), "application/sdp");
}

static void emit(const void *record, struct json *json)
{
	const struct message *const message = record;

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
	emit_span(json, "contact", address_of(sip_field(message->fields, "Contact", "m")));
	emit_span(json, "user_agent", http_field(message->fields, "User-Agent"));
	emit_span(json, "server", http_field(message->fields, "Server"));
	emit_span(json, "expires", http_field(message->fields, "Expires"));
	if (message->is_description)
		sdp_emit(json, message->body);
}

/* ---- calls ---- */

struct call_event {
	const struct call *call;
	const char *what;
	struct span call_id;
	uint64_t code;
	int64_t seconds; /* of a call that has ended; below 0: it was not answered */
};

static void emit_call(const void *record, struct json *json)
{
	const struct call_event *const event = record;

	json_text(json, "event", event->what);
	json_span(json, "call_id", event->call_id);
	emit_text(json, "from", event->call->from);
	emit_text(json, "to", event->call->to);
	if (event->code > 0)
		json_unsigned(json, "code", event->code);
	if (event->seconds >= 0)
		json_number(json, "duration", event->seconds);
}

static void tell_call(struct parse *parse, const struct call *call, const char *what,
		      const struct message *message, int64_t seconds)
{
	const struct call_event event = { call, what, message->call_id, message->code, seconds };

	parse_event_as(parse, "call", emit_call, &event);
}

static struct call *call_of(struct conversation *state, const struct message *message)
{
	const uint64_t id = hash_bytes(message->call_id.at, span_left(message->call_id)) | 1;

	for (size_t i = 0; i < CALLS; i++)
		if (state->calls[i].id == id)
			return &state->calls[i];
	return NULL;
}

static void begin_call(struct conversation *state, struct parse *parse, const struct message *message)
{
	struct call *call = call_of(state, message);

	if (call != NULL) { /* repeated, or a change of a call that stands */
		call->invite = message->sequence;
		return;
	}
	call = &state->calls[state->next++ % CALLS];
	*call = (struct call){
		.id = hash_bytes(message->call_id.at, span_left(message->call_id)) | 1,
		.invite = message->sequence,
	};
	span_copy_text(message->from, call->from, sizeof(call->from));
	span_copy_text(message->to, call->to, sizeof(call->to));
	tell_call(parse, call, "call", message, -1);
}

static void end_call(struct parse *parse, struct call *call, const char *what, const struct message *message)
{
	tell_call(parse, call, what, message,
		  call->answered ? (parse->time_ns - call->answered_ns) / 1000000000 : -1);
	call->id = 0;
}

/* An answer to INVITE. 401 and 407 ask for credentials: the client tries again. */
static void answer_call(struct parse *parse, struct call *call, const struct message *message)
{
	const uint64_t code = message->code;

	if (code >= 180 && code < 200 && !call->ringing && !call->answered) {
		call->ringing = true;
		tell_call(parse, call, "ringing", message, -1);
	} else if (code >= 200 && code < 300 && !call->answered) {
		call->answered = true;
		call->answered_ns = parse->time_ns;
		tell_call(parse, call, "answered", message, -1);
	} else if (code >= 300 && code != 401 && code != 407 && !call->answered) {
		end_call(parse, call,
			 code == 486 || code == 600 ? "busy"
			 : code == 487              ? "cancelled"
						    : "failed",
			 message);
	}
}

static void follow_call(struct conversation *state, struct parse *parse, const struct message *message)
{
	struct call *call;

	if (span_left(message->call_id) == 0)
		return;
	if (message->code == 0 && span_is(message->method, "INVITE")) {
		begin_call(state, parse, message);
		return;
	}
	call = call_of(state, message);
	if (call == NULL)
		return;
	if (message->code == 0 && span_is(message->method, "BYE"))
		end_call(parse, call, "ended", message);
	else if (message->code > 0 && span_is(message->method, "INVITE") && message->sequence == call->invite)
		answer_call(parse, call, message);
}

/* ---- reading ---- */

static void name_software(struct conversation *state, struct parse *parse, const struct message *message)
{
	struct span agent = http_field(message->fields, "User-Agent"), product, version;

	if (span_left(agent) == 0)
		agent = http_field(message->fields, "Server");
	if (state->named[parse->side] || span_left(agent) == 0)
		return;
	state->named[parse->side] = true;
	http_client_product(agent, &product, &version);
	parse_software(parse, parse->side, product, version);
}

static void take_message(struct conversation *state, struct parse *parse, struct span head, struct span body)
{
	struct message message;

	read_message(head, body, &message);
	name_software(state, parse, &message);
	if (message.is_description)
		sdp_expect(parse, body);
	parse_event(parse, &message);
	follow_call(state, parse, &message);
}

/* Of a datagram the head may be cut, and the body is the rest. */
static enum parse_step read_datagram(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct span head, body = *bytes;
	const size_t length = http_head(*bytes);

	head = span_take(&body, length > 0 ? length : span_left(body));
	bytes->at = bytes->end;
	if (sip_recognise(head, parse->side, TRANSPORT_UDP) == YES)
		take_message(state, parse, head, body);
	return PARSE_ON; /* others keep the way open with blank lines, or with zeros */
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
	(void)span_number(sip_field(head, "Content-Length", "l"), UINT32_MAX, &length);
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
	.state_size = sizeof(struct conversation),
	.read = read,
	.gap = gap,
	.emit = emit,
	.leads = true,
};
