/* stun.c: Session Traversal Utilities for NAT, and TURN on top of it. RFC 8489, RFC 8656, RFC 3489 (before
 * the cookie), RFC 8445 (ICE). Over TCP messages may stand behind a length (RFC 4571). */
#include "base/address.h"
#include "protocols/probes.h"
#include "protocols/stun_media.h"

#include <stdio.h>

enum { HEADER = 20, COOKIE = 0x2112a442, MESSAGE_MOST = 2048, OLD_METHODS = 7 /* without the cookie */ };
enum attribute {
	MAPPED = 0x0001,
	USERNAME = 0x0006,

	ERROR_CODE = 0x0009,
	PEER = 0x0012,
	DATA = 0x0013,
	REALM = 0x0014,
	RELAYED = 0x0016,
	XOR_MAPPED = 0x0020,
	SOFTWARE = 0x8022,
	OLD_XOR_MAPPED = 0x8020,
};
enum class { REQUEST, INDICATION, SUCCESS, ERROR };

struct message {
	uint16_t method;
	enum class class;
	bool cookie;
	struct span id; /* with the cookie in front: addresses of IPv6 are hidden by it */
	struct span body;
};

/* RFC 8489 5: the class lies between the bits of the method. */
static enum class class_of(uint16_t type) { return (enum class)((type >> 4 & 1) | (type >> 7 & 2)); }

static uint16_t method_of(uint16_t type)
{
	return (uint16_t)((type & 0x000f) | (type & 0x00e0) >> 1 | (type & 0x3e00) >> 2);
}

/* Bind, shared secret (of old), allocate, refresh, send, data, permission, channel; and those for TCP. */
static bool is_method(uint16_t method)
{
	return (method >= 1 && method <= 4) || (method >= 6 && method <= 0xc);
}

static bool is_answer(enum class class)
{
	return class == SUCCESS || class == ERROR;
}

/* Takes a message off s. MORE: it has not come whole. */
static enum verdict take_message(struct span *s, struct message *message)
{
	struct span rest = *s;
	const uint16_t type = span_u16(&rest), length = span_u16(&rest);
	const uint32_t cookie = span_u32(&rest);

	if (span_peek(*s, 0) & 0xc0)
		return NO;
	if (span_left(*s) >= 4 && (length % 4 != 0 || length > MESSAGE_MOST || !is_method(method_of(type))))
		return NO;
	if (rest.failed)
		return MORE;
	span_skip(&rest, HEADER - 8);
	message->id = span_of(s->at + 4, HEADER - 4);
	message->method = method_of(type);
	message->class = class_of(type);
	message->cookie = cookie == COOKIE;
	message->body = span_take(&rest, length);
	if (rest.failed)
		return MORE;
	*s = rest;
	return YES;
}

static bool next_attribute(struct span *s, uint16_t *type, struct span *value)
{
	uint16_t length;

	*type = span_u16(s);
	length = span_u16(s);
	*value = span_take(s, length);
	if (span_left(*s) > 0)
		span_skip(s, (4u - length % 4) % 4);
	return !s->failed;
}

/* Before the cookie there was little to tell it by: the attributes must fill it and be known ones. */
static bool attributes_fit(struct span s, bool cookie)
{
	unsigned known = 0;

	while (span_left(s) > 0) {
		struct span value;
		uint16_t type;

		if (!next_attribute(&s, &type, &value))
			return false;
		if (!cookie && (type == 0 || (type > 0x01ff && type < 0x8000)))
			return false;
		known++;
	}
	return cookie || known > 0;
}

/* With a length in front, as RTP over TCP has it. */
static void skip_frame(struct span *s)
{
	struct span rest = *s;
	const uint16_t length = span_u16(&rest), type = span_u16(&rest), body = span_u16(&rest);

	if (!rest.failed && length == body + HEADER && is_method(method_of(type)))
		span_skip(s, 2);
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct message message;
	enum verdict verdict;

	if (transport != TRANSPORT_UDP && transport != TRANSPORT_TCP)
		return NO;
	if (transport == TRANSPORT_TCP && span_left(first) < 8)
		return span_peek(first, 0) & 0xc0 ? NO : MORE;
	if (transport == TRANSPORT_TCP)
		skip_frame(&first);
	verdict = take_message(&first, &message);
	if (verdict != YES)
		return transport == TRANSPORT_UDP ? NO : verdict;
	if (side == SIDE_CLIENT ? is_answer(message.class) : message.class == REQUEST && !message.cookie)
		return NO;
	if (transport == TRANSPORT_UDP ? span_left(first) > 0 : !message.cookie)
		return NO;
	if (!message.cookie && message.method > OLD_METHODS)
		return NO;
	return attributes_fit(message.body, message.cookie) ? YES : NO;
}

/* ---- reading ---- */

struct state {
	struct stun_media media;
	uint32_t seen; /* kinds of messages that were told: a bit for each method and class */
};

struct record {
	struct message message;
};

/* RFC 8489 14.2. */
static struct address address_of_v6(struct span value, const uint8_t *mask)
{
	uint8_t bytes[16];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = value.at[i] ^ (mask != NULL ? mask[i] : 0);
	return address_v6(bytes);
}

static void write_address(struct json *json, const char *key, struct span value, bool xored, struct span id)
{
	struct address address;
	char text[ADDRESS_TEXT], whole[ADDRESS_TEXT + 16];
	uint16_t port;
	const uint8_t family = (span_skip(&value, 1), span_u8(&value));

	port = span_u16(&value);
	if (xored)
		port ^= COOKIE >> 16;
	if (family == 1 && span_left(value) == 4)
		address = address_v4(span_u32(&value) ^ (xored ? (uint32_t)COOKIE : 0));
	else if (family == 2 && span_left(value) == 16)
		address = address_of_v6(value, xored ? id.at : NULL);
	else
		return;
	(void)snprintf(whole, sizeof(whole), family == 1 ? "%s:%u" : "[%s]:%u", address_text(&address, text),
		       port);
	json_text(json, key, whole);
}

static void write_error(struct json *json, struct span value)
{
	uint8_t hundreds, rest;

	span_skip(&value, 2);
	hundreds = span_u8(&value);
	rest = span_u8(&value);
	json_unsigned(json, "error_code", (hundreds & 7) * 100u + rest);
	json_span(json, "error", value);
}

static void write_attributes(struct json *json, struct span body, struct span id)
{
	uint32_t told = 0;

	while (span_left(body) > 0) {
		static const struct {
			uint16_t type;
			const char *key;
			bool address, xored;
		} keys[] = {
			{ USERNAME, "username", false, false },
			{ REALM, "realm", false, false },
			{ SOFTWARE, "software", false, false },
			{ MAPPED, "mapped_address", true, false },
			{ XOR_MAPPED, "mapped_address", true, true },
			{ OLD_XOR_MAPPED, "mapped_address", true, true },
			{ RELAYED, "relayed_address", true, true },
			{ PEER, "peer_address", true, true },
		};
		struct span value;
		uint16_t type;

		if (!next_attribute(&body, &type, &value))
			return;
		if (type == ERROR_CODE && (told & 1) == 0)
			write_error(json, value);
		told |= type == ERROR_CODE;
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
			const uint32_t bit = keys[i].address && keys[i].type != RELAYED &&
							     keys[i].type != PEER
						     ? 2
						     : 4u << i;

			if (keys[i].type != type || told & bit)
				continue;
			told |= bit;
			if (keys[i].address)
				write_address(json, keys[i].key, value, keys[i].xored, id);
			else
				json_span(json, keys[i].key, value);
		}
	}
}

static void emit(const void *memory, struct json *json)
{
	static const char *const methods[] = {
		"unknown",
		"binding",
		"shared_secret",
		"allocate",
		"refresh",
		"unknown",
		"send",
		"data",
		"create_permission",
		"channel_bind",
		"connect",
		"connection_bind",
		"connection_attempt",
	};
	static const char *const classes[] = { "request", "indication", "success", "error" };
	const struct record *const record = memory;

	json_text(json, "method", methods[record->message.method]);
	json_text(json, "class", classes[record->message.class]);
	write_attributes(json, record->message.body, record->message.id);
}

/* What peers send each other through a relay, before there is a channel. */
static void read_data(struct state *state, struct parse *parse, struct span body)
{
	struct span value;
	uint16_t type;

	while (span_left(body) > 0 && next_attribute(&body, &type, &value))
		if (type == DATA)
			stun_media_read(&state->media, parse, value);
}

static void hear(struct state *state, struct parse *parse, const struct message *message)
{
	const uint32_t bit = 1u << ((message->method * 4u + message->class) % 32u);
	struct span body = message->body;
	uint16_t type;
	struct span value;

	if (message->class == INDICATION)
		read_data(state, parse, body);
	if (state->seen & bit) /* the same again keeps a hole in a NAT open */
		return;
	state->seen |= bit;
	while (span_left(body) > 0 && next_attribute(&body, &type, &value))
		if (type == SOFTWARE)
			parse_software(parse, parse->side, value, span_of(NULL, 0));
	parse_event(parse, &(struct record){ *message });
}

/* With the cookie it is a message (RFC 8489 6.3), which must have come whole, with attributes that fill it.
 * Some fill no words up. */
static bool is_damaged(struct span s)
{
	const uint16_t type = span_u16(&s), length = span_u16(&s);

	if (type >> 14 != 0 || span_u32(&s) != COOKIE)
		return false;
	span_skip(&s, HEADER - 8);
	s = span_take(&s, length);
	return s.failed || (length % 4 == 0 && !attributes_fit(s, true));
}

/* Between the messages data may pass, in the channels of TURN or as RTP and DTLS beside it. */
static enum parse_step read_datagram(struct state *state, struct parse *parse, struct span *bytes)
{
	struct span s = *bytes;
	struct message message;

	if (is_damaged(s))
		return parse->cut ? PARSE_ON : PARSE_BROKEN;
	if (take_message(&s, &message) == YES)
		hear(state, parse, &message);
	else
		stun_media_read(&state->media, parse, *bytes);
	bytes->at = bytes->end;
	return PARSE_ON;
}

static enum parse_step read_stream(struct state *state, struct parse *parse, struct span *bytes)
{
	enum verdict verdict = YES;

	while (verdict == YES && span_left(*bytes) >= 8) {
		struct span s = *bytes, data;
		struct message message;

		if (stun_media_is_channel(s)) {
			verdict = stun_media_take(&s, true, &data);
			if (verdict == YES)
				stun_media_read(&state->media, parse,
						span_of(bytes->at, (size_t)(data.end - bytes->at)));
			*bytes = verdict == YES ? s : *bytes;
			continue;
		}
		skip_frame(&s);
		verdict = take_message(&s, &message);
		if (verdict == YES && message.cookie && !attributes_fit(message.body, true))
			return PARSE_BROKEN;
		if (verdict == YES) {
			hear(state, parse, &message);
			*bytes = s;
		}
	}
	return verdict == NO ? PARSE_DONE : PARSE_ON;
}

static enum parse_step read_stun(void *memory, struct parse *parse, struct span *bytes)
{
	return parse->transport == TRANSPORT_UDP ? read_datagram(memory, parse, bytes)
						 : read_stream(memory, parse, bytes);
}

static void end(void *memory, struct parse *parse)
{
	struct state *const state = memory;

	stun_media_end(&state->media, parse);
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct state),
	.read = read_stun,
	.end = end,
	.emit = emit,
};

const struct protocol protocol_stun = {
	.name = "stun",
	.title = "Session Traversal Utilities for NAT",
	DOORS(UDP(3478), TCP(3478)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = HEADER,
	MARKS(OCTETS(0, 0, 1), OCTETS(1, 0x01, 0x0c), OCTETS(1, 0x11, 0x1c), OCTETS(2, 0, MESSAGE_MOST >> 8)),
	ALPN("stun.turn", "stun.nat-discovery"),
	.parser = &parser,
	.probe = &stun_probe,
	.probe_state_size = STUN_PROBE_STATE,
};
