/* ws_discovery.c: Web Services Dynamic Discovery, OASIS WS-Discovery 1.1 and its draft of April 2005, which
 * Windows, printers and cameras speak: SOAP in datagrams. */
#include "base/clock.h"
#include "protocols/tally.h"

enum { NAME_MOST = 64, LIST = 768 };

static const struct weakness unicast = {
	"ws-discovery-unicast",
	"WS-Discovery answers whoever asks it alone, forged addresses as well",
	3,
	"Let no more than the own link reach port 3702.",
};
static const struct weakness *const weaknesses[] = { &unicast, NULL };

/* The name spaces of both versions, in the order of their years. */
static const struct {
	const char *space, *version;
} versions[] = {
	{ "http://schemas.xmlsoap.org/ws/2005/04/discovery", "2005/04" },
	{ "http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01", "2009/01" },
};

struct message {
	const char *version;
	struct span action, id, relates_to;
	char types[LIST], scopes[LIST], addresses[LIST], locations[LIST];
};

/* ---- XML ---- */

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Steps to the next tag that opens an element: its name without prefix, and the text behind it, as far as the
 * next tag. Tags that close, comments and what is no text are stepped over. */
static bool next_element(struct span *s, struct span *ret_name, struct span *ret_text)
{
	while (span_left(*s) > 0) {
		struct span tag, name;
		size_t colon;

		(void)span_until(s, '<');
		tag = span_until(s, '>');
		if (s->failed)
			return false;
		name = tag;
		for (name.end = name.at; name.end < tag.end && !is_blank(*name.end) && *name.end != '/';
		     name.end++)
			;
		if (span_left(name) == 0 || *name.at == '!' || *name.at == '?')
			continue;
		colon = span_find_last(name, ':');
		span_skip(&name, colon == SIZE_MAX ? 0 : colon + 1);
		*ret_name = name;
		*ret_text = *s;
		for (ret_text->end = s->at; ret_text->end < s->end && *ret_text->end != '<'; ret_text->end++)
			;
		*ret_text = text_trim(*ret_text);
		return true;
	}
	return false;
}

/* "onvif" and "Device" of "dn:onvif tds:Device"; addresses as they are. */
static void note_words(char *room, struct span text)
{
	for (struct span word = text_word(&text); span_left(word) > 0; word = text_word(&text))
		texts_note(room, LIST, word);
}

static void read_element(struct message *message, struct span name, struct span text)
{
	if (span_is(name, "Action"))
		message->action = text;
	else if (span_is(name, "MessageID"))
		message->id = text;
	else if (span_is(name, "RelatesTo"))
		message->relates_to = text;
	else if (span_is(name, "Types"))
		note_words(message->types, text);
	else if (span_is(name, "Scopes"))
		note_words(message->scopes, text);
	else if (span_is(name, "XAddrs"))
		note_words(message->locations, text);
	else if (span_is(name, "Address"))
		note_words(message->addresses, text);
}

/* ---- messages ---- */

static const char *version_of(struct span action)
{
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++)
		if (span_begins(action, versions[i].space))
			return versions[i].version;
	return NULL;
}

/* "Probe" of the action's address. */
static struct span last_part(struct span action)
{
	const size_t slash = span_find_last(action, '/');

	span_skip(&action, slash == SIZE_MAX ? 0 : slash + 1);
	return action;
}

static bool read_message(struct span s, struct message *ret)
{
	struct span name, text;
	bool envelope = false;

	*ret = (struct message){ .action = span_of(NULL, 0) };
	ret->id = ret->relates_to = ret->action;
	while (next_element(&s, &name, &text)) {
		if (!envelope && !span_is(name, "Envelope"))
			return false;
		envelope = true;
		read_element(ret, name, text);
	}
	ret->version = version_of(ret->action);
	ret->action = last_part(ret->action);
	return ret->version != NULL;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	const struct span all = first;
	struct message message;

	if (transport != TRANSPORT_UDP)
		return NO;
	if (span_begins(first, "\xef\xbb\xbf"))
		span_skip(&first, 3);
	if (span_peek(text_trim(first), 0) != '<' || span_find(all, "Envelope") == SIZE_MAX)
		return NO;
	return read_message(first, &message) && span_ends(message.action, "Matches") == (side == SIDE_SERVER)
		       ? YES
		       : NO;
}

/* ---- reading ---- */

struct conversation {
	bool asked;
};

static void emit(const void *record, struct json *json)
{
	const struct message *const message = record;

	json_text(json, "version", message->version);
	emit_span(json, "action", message->action);
	emit_span(json, "message_id", message->id);
	emit_span(json, "relates_to", message->relates_to);
	emit_texts(json, "types", message->types);
	emit_texts(json, "scopes", message->scopes);
	emit_texts(json, "addresses", message->addresses);
	emit_texts(json, "xaddrs", message->locations);
}

/* What is asked of all is answered from another address, in a flow of its own. */
static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	struct message message;

	if (!read_message(*bytes, &message))
		return parse->cut ? PARSE_ON : PARSE_BROKEN;
	if (parse->side == SIDE_CLIENT)
		state->asked = true;
	else if (state->asked && span_ends(message.action, "Matches"))
		parse_weakness(
			parse, &unicast, "%.*s of %s",
			(int)(span_left(message.action) < NAME_MOST ? span_left(message.action) : NAME_MOST),
			(const char *)message.action.at, message.addresses);
	parse_event_as(parse, "ws_discovery", emit, &message);
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.emit = emit,
};

/* ---- asking ---- */

/* Servers answer a question that they have heard before no more, and some none without a type; every device
 * of the Devices Profile has this one. */
static void greet(void *state, unsigned transport, struct buffer *out)
{
	const unsigned long long now = (unsigned long long)clock_wall_us();

	(void)state;
	(void)transport;
	buffer_format(
		out,
		"<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope"
		" xmlns:soap=\"http://www.w3.org/2003/05/soap-envelope\""
		" xmlns:wsa=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\""
		" xmlns:wsd=\"%s\" xmlns:wsdp=\"http://schemas.xmlsoap.org/ws/2006/02/devprof\"><soap:Header>"
		"<wsa:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</wsa:To>"
		"<wsa:Action>%s/Probe</wsa:Action>"
		"<wsa:MessageID>urn:uuid:%08llx-0000-4000-8000-%012llx</wsa:MessageID></soap:Header>"
		"<soap:Body><wsd:Probe><wsd:Types>wsdp:Device</wsd:Types></wsd:Probe></soap:Body></"
		"soap:Envelope>",
		versions[0].space, versions[0].space, now & UINT32_MAX, now >> 16);
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct message message;

	(void)state;
	(void)ended;
	(void)out;
	if (span_left(*heard) == 0 || recognise(*heard, SIDE_SERVER, TRANSPORT_UDP) != YES ||
	    !read_message(*heard, &message))
		return PROBE_NOT;
	heard->at = heard->end;
	answer_fact(answer, "version", span_text(message.version));
	answer_texts(answer, "types", message.types);
	answer_texts(answer, "scopes", message.scopes);
	answer_texts(answer, "addresses", message.addresses);
	answer_texts(answer, "xaddrs", message.locations);
	answer_weakness(answer, &unicast, "it answered a question sent to it alone");
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_UDP, .greet = greet, .hear = hear };

const struct protocol protocol_ws_discovery = {
	.name = "ws-discovery",
	.title = "Web Services Dynamic Discovery",
	DOORS(UDP(3702)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	MARKS(OCTET(0, '<'), OCTET(0, 0xef), OCTET(0, ' '), OCTETS(0, '\t', '\r')),
	.parser = &parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
