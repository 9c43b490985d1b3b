/* sip_results.c: what came of registrations (RFC 3261 10) and of instant messages (RFC 3428). The answer to a
 * registration says what is bound now; that to a message says nothing of it, so that its kind and length are
 * remembered beyond the flow, in which the answer need not come. */
#include "base/hash.h"
#include "protocols/http.h"
#include "protocols/lines.h"
#include "protocols/sip.h"

enum { MESSAGES_LIMIT = 1 << 12, KIND = 64, BINDINGS = 8 };

/* ---- registrations ---- */

/* Up to the comma behind it, none in quotes or angle brackets. */
static struct span take_binding(struct span *list)
{
	const uint8_t *const begin = list->at;
	bool quoted = false, inside = false;
	struct span binding;

	for (; span_left(*list) > 0 && (quoted || inside || *list->at != ','); list->at++) {
		if (*list->at == '"')
			quoted = !quoted;
		else if (!quoted && (*list->at == '<' || *list->at == '>'))
			inside = *list->at == '<';
	}
	binding = span_of(begin, (size_t)(list->at - begin));
	span_skip(list, span_left(*list) > 0 ? 1 : 0);
	return text_trim(binding);
}

/* The parameter behind the address, else what the message says of all. */
static bool expires_of(struct span binding, struct span of_message, uint64_t *seconds)
{
	const size_t close = span_find_last(binding, '>');
	struct span rest = binding, value;

	if (close != SIZE_MAX)
		span_skip(&rest, close + 1);
	while (span_left(rest) > 0) {
		(void)span_until(&rest, ';');
		if (rest.failed)
			break;
		rest = text_trim(rest);
		if (!span_begins_nocase(rest, "expires="))
			continue;
		span_skip(&rest, strlen("expires="));
		value = rest;
		value.end = value.at;
		while (value.end < rest.end && *value.end >= '0' && *value.end <= '9')
			value.end++;
		return span_number(value, UINT32_MAX, seconds);
	}
	return span_number(of_message, UINT32_MAX, seconds);
}

static const char *result_of(const struct sip_message *message, struct span contacts)
{
	if (message->code >= 300)
		return "refused";
	return span_left(contacts) > 0 ? "registered" : "removed";
}

static void emit_registration(const void *record, struct json *json)
{
	const struct sip_message *const message = record;
	struct span contacts = message->fields[SIP_CONTACT];
	uint64_t seconds;

	emit_span(json, "address", message->to);
	json_text(json, "result", result_of(message, contacts));
	json_unsigned(json, "code", message->code);
	emit_span(json, "call_id", message->call_id);
	if (span_left(contacts) == 0 || message->code >= 300)
		return;
	json_open_array(json, "bindings");
	for (int i = 0; i < BINDINGS && span_left(contacts) > 0; i++) {
		const struct span binding = take_binding(&contacts);

		json_begin(json);
		emit_span(json, "contact", sip_address(binding));
		if (expires_of(binding, message->fields[SIP_EXPIRES], &seconds))
			json_unsigned(json, "expires", seconds);
		json_end(json);
	}
	json_end(json);
}

/* ---- instant messages ---- */

struct sent {
	uint64_t id;
	uint32_t bytes;
	char kind[KIND];
};

static const struct memory_room messages = {
	.name = "messages",
	.key_size = sizeof(uint64_t),
	.value_size = sizeof(struct sent),
	.limit = MESSAGES_LIMIT,
};

static uint64_t id_of(const struct sip_message *message)
{
	return hash_bytes(message->call_id.at, span_left(message->call_id)) ^ hash_number(message->sequence);
}

static void meet_sent(struct memory *memory, const void *record, struct json *json)
{
	const struct sent *const sent = record;
	struct sent *const kept = memory_put(memory, &messages, &sent->id);

	(void)json;
	if (kept != NULL)
		*kept = *sent;
}

static void meet_answer(struct memory *memory, const void *record, struct json *json)
{
	const struct sent *const sent = memory_find(memory, &messages, record);

	if (json == NULL || sent == NULL)
		return;
	emit_text(json, "content_type", sent->kind);
	json_unsigned(json, "bytes", sent->bytes);
}

static void emit_answer(const void *record, struct json *json)
{
	const struct sip_message *const message = record;

	json_text(json, "result", message->code < 300 ? "delivered" : "refused");
	json_unsigned(json, "code", message->code);
	emit_span(json, "from", message->from);
	emit_span(json, "to", message->to);
	emit_span(json, "call_id", message->call_id);
}

static void remember_sent(struct parse *parse, const struct sip_message *message)
{
	struct sent sent = { .id = id_of(message) };
	uint64_t length = span_left(message->body);

	(void)span_number(message->fields[SIP_CONTENT_LENGTH], UINT32_MAX, &length);
	sent.bytes = (uint32_t)length;
	span_copy_text(message->fields[SIP_CONTENT_TYPE], sent.kind, sizeof(sent.kind));
	parse_remember(parse, &(struct parse_memo){ meet_sent, &sent, sizeof(sent) });
}

void sip_tell_result(struct parse *parse, const struct sip_message *message)
{
	const uint64_t code = message->code, id = id_of(message);

	if (code == 0 && span_is(message->method, "MESSAGE"))
		remember_sent(parse, message);
	if (code < 200 || code == 401 || code == 407)
		return;
	if (span_is(message->method, "REGISTER"))
		parse_event_as(parse, "registration", emit_registration, message);
	else if (span_is(message->method, "MESSAGE"))
		parse_event_meeting(parse, "instant_message", emit_answer, message,
				    &(struct parse_memo){ meet_answer, &id, sizeof(id) });
}
