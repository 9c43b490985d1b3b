/* zabbix.c: Zabbix, "Zabbix protocols" of its documentation: "ZBXD", flags, lengths, and then JSON. What is
 * measured is not kept, but for what kind of message it is and of which host. */
#include "protocols/lines.h"
#include "protocols/probes.h"

#include <ctype.h>

enum { HEAD = 13, LARGE_HEAD = 21, FLAG_BASE = 1, FLAG_COMPRESSED = 2, FLAG_LARGE = 4, WANTED = 2048 };

static const char mark[] = "ZBXD";

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	const enum verdict begins = transport == TRANSPORT_TCP ? recognise_text(first, mark) : NO;

	(void)side; /* both begin alike */
	if (begins != YES)
		return begins;
	if (span_left(first) == sizeof(mark) - 1)
		return MORE;
	return span_peek(first, 4) & FLAG_BASE && span_peek(first, 4) <= 7 ? YES : NO;
}

struct message {
	struct span request, response, host, version, key;
	uint64_t length;
	bool compressed, from_server;
};

static void emit(const void *record, struct json *json)
{
	const struct message *const message = record;

	json_text(json, "from", message->from_server ? "server" : "client");
	emit_span(json, "request", message->request);
	emit_span(json, "response", message->response);
	emit_span(json, "host", message->host);
	emit_span(json, "key", message->key);
	emit_span(json, "version", message->version);
	json_bool(json, "compressed", message->compressed);
	json_unsigned(json, "length", message->length);
}

/* What an agent is asked for: "agent.ping", "vfs.fs.size[/,free]", without JSON until version 7. */
static struct span item_key(struct span content)
{
	content = text_trim(content);
	if (span_left(content) == 0 || !isalpha(*content.at))
		return span_of(NULL, 0);
	for (const uint8_t *at = content.at; at < content.end; at++) {
		if (*at == '[')
			break;
		if (!isalnum(*at) && strchr("._-", *at) == NULL)
			return span_of(NULL, 0);
	}
	return text_is_plain(content) ? content : span_of(NULL, 0);
}

/* The first text with this key. */
static struct span member(struct span json, const char *key)
{
	const size_t at = span_find(json, key);
	struct span value;

	if (at == SIZE_MAX)
		return span_of(NULL, 0);
	span_skip(&json, at + strlen(key));
	json = text_trim(json);
	if (span_u8(&json) != ':')
		return span_of(NULL, 0);
	json = text_trim(json);
	if (span_u8(&json) != '"')
		return span_of(NULL, 0);
	value = span_until(&json, '"');
	return value.failed ? span_of(NULL, 0) : value;
}

static enum parse_step read(void *state, struct parse *parse, struct span *bytes)
{
	(void)state;
	while (span_left(*bytes) > 0 && parse->skip == 0) {
		struct span rest = *bytes, json;
		struct message message = { .from_server = parse->side == SIDE_SERVER,
					   .key = span_of(NULL, 0) };
		const enum verdict begins = recognise(rest, parse->side, TRANSPORT_TCP);
		uint8_t flags;
		size_t wanted;

		if (begins != YES)
			return begins == NO ? PARSE_BROKEN : PARSE_ON;
		span_skip(&rest, sizeof(mark) - 1);
		flags = span_u8(&rest);
		message.length = flags & FLAG_LARGE ? span_u64_le(&rest) : span_u32_le(&rest);
		span_skip(&rest, flags & FLAG_LARGE ? 8 : 4);
		wanted = message.length < WANTED ? (size_t)message.length : WANTED;
		json = span_take(&rest, wanted);
		if (rest.failed) {
			parse_want(parse, (flags & FLAG_LARGE ? LARGE_HEAD : HEAD) + wanted);
			return PARSE_ON;
		}
		*bytes = rest;
		message.compressed = flags & FLAG_COMPRESSED;
		if (!message.compressed) {
			message.request = member(json, "\"request\"");
			message.response = member(json, "\"response\"");
			message.host = member(json, "\"host\"");
			message.version = member(json, "\"version\"");
			message.key = parse->side == SIDE_CLIENT ? item_key(json) : span_of(NULL, 0);
			if (span_left(message.key) == 0)
				message.key = member(json, "\"key\"");
		}
		if (message.length > wanted)
			parse_skip(parse, message.length - wanted);
		parse_event(parse, &message);
	}
	return PARSE_ON;
}

static const struct parser parser = { .read = read, .emit = emit };

const struct protocol protocol_zabbix = {
	.name = "zabbix",
	.title = "Zabbix",
	DOORS(TCP(10050), TCP(10051)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise,
	.parser = &parser,
	.probe = &zabbix_probe,
};
