/* mqtt.c: Message Queuing Telemetry Transport. OASIS MQTT 3.1.1 and 5.0, and 3.1 before them. The messages
 * that are published are counted and not read. */
#include "protocols/lines.h"
#include "protocols/probes.h"

enum packet_type {
	CONNECT = 1,
	CONNACK,
	PUBLISH,
	PUBACK,
	PUBREC,
	PUBREL,
	PUBCOMP,
	SUBSCRIBE,
	SUBACK,
	UNSUBSCRIBE,
	UNSUBACK,
	PINGREQ,
	PINGRESP,
	DISCONNECT,
	AUTH,
	TYPES,
};
enum { FLAG_USER = 0x80, FLAG_PASSWORD = 0x40, FLAG_WILL = 4, FLAG_CLEAN = 2, VERSION_5 = 5 };
enum { NAME = 128, USER = 256, TOPICS = 1024, HEAD_MOST = 5, WANTED_MOST = 4096 };

static const struct weakness clear_login = {
	"mqtt-clear-login",
	"MQTT takes passwords in the clear",
	2,
	"Let clients use TLS (port 8883), and bind the plain listener to this host.",
};
const struct weakness mqtt_no_auth = {
	"mqtt-no-auth",
	"MQTT lets everybody in without a password",
	2,
	"Ask for names and passwords: allow_anonymous false in Mosquitto, and access lists for topics.",
};
static const struct weakness *const weaknesses[] = { &clear_login, &mqtt_no_auth, NULL };

/* ---- packets ---- */

/* MQTT 5.0 1.5.5: a number in up to four octets. */
static enum verdict take_number(struct span *s, uint32_t *ret_number)
{
	struct span rest = *s;
	unsigned shift = 0;
	uint8_t octet;

	*ret_number = 0;
	do {
		octet = span_u8(&rest);
		if (rest.failed)
			return MORE;
		*ret_number |= (uint32_t)(octet & 0x7f) << shift;
		shift += 7;
	} while (octet & 0x80 && shift < 28);
	if (octet & 0x80)
		return NO;
	*s = rest;
	return YES;
}

/* MQTT 5.0 2.1.4: a type with flags, and the length of the rest. */
static enum verdict take_head(struct span *s, uint8_t *ret_first, uint32_t *ret_length)
{
	struct span rest = *s;
	enum verdict whole;

	*ret_first = span_u8(&rest);
	whole = take_number(&rest, ret_length);
	if (whole == YES)
		*s = rest;
	return whole;
}

static struct span take_text(struct span *s)
{
	return span_take(s, span_u16(s));
}

/* "MQTT" with version 4 or 5, "MQIsdp" with 3. */
static enum verdict recognise_connect(struct span first)
{
	static const char *const names[] = { "\0\4MQTT", "\0\6MQIsdp" };
	static const size_t lengths[] = { 6, 8 };
	uint8_t type;
	uint32_t length;
	enum verdict whole;

	if (span_peek(first, 0) != CONNECT << 4)
		return NO;
	whole = take_head(&first, &type, &length);
	if (whole != YES)
		return whole;
	for (size_t i = 0; i < 2; i++) {
		const size_t come = span_left(first) < lengths[i] ? span_left(first) : lengths[i];

		if (memcmp(first.at, names[i], come) == 0 && length > lengths[i])
			return come < lengths[i] ? MORE : YES;
	}
	return NO;
}

/* CONNACK: flags, a code, and properties with version 5. */
static enum verdict recognise_connack(struct span first)
{
	uint8_t type, code;
	uint32_t length, properties;
	size_t behind_code;
	enum verdict whole;

	if (span_peek(first, 0) != CONNACK << 4)
		return NO;
	whole = take_head(&first, &type, &length);
	if (whole != YES)
		return whole;
	if (length < 2 || span_peek(first, 0) > 1)
		return NO;
	if (span_left(first) < 2)
		return MORE;
	span_skip(&first, 1);
	code = span_u8(&first);
	if (length == 2)
		return code > 5 ? NO : YES;
	if (code != 0 && code < 0x80)
		return NO;
	behind_code = span_left(first);
	whole = take_number(&first, &properties);
	if (whole != YES)
		return whole;
	return properties + (behind_code - span_left(first)) == length - 2 ? YES : NO;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	if (transport != TRANSPORT_TCP)
		return NO;
	return side == SIDE_CLIENT ? recognise_connect(first) : recognise_connack(first);
}

/* ---- reading ---- */

struct conversation {
	char name[8], client_id[NAME], user[USER], will_topic[NAME];
	char subscribed[TOPICS], published[TOPICS]; /* texts */
	uint8_t version, flags, code;
	uint16_t keep_alive;
	uint32_t packets[2][TYPES];
	bool connect, connack, told;
};

static void emit_connect(struct json *json, const struct conversation *state)
{
	json_open_object(json, "connect");
	json_text(json, "protocol_string", state->name);
	json_unsigned(json, "protocol_version", state->version);
	json_open_object(json, "flags");
	json_bool(json, "username", state->flags & FLAG_USER);
	json_bool(json, "password", state->flags & FLAG_PASSWORD);
	json_bool(json, "will", state->flags & FLAG_WILL);
	json_bool(json, "clean_session", state->flags & FLAG_CLEAN);
	json_end(json);
	json_text(json, "client_id", state->client_id);
	emit_text(json, "username", state->user);
	emit_text(json, "will_topic", state->will_topic);
	json_unsigned(json, "keepalive", state->keep_alive);
	json_end(json);
}

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	if (state->connect)
		emit_connect(json, state);
	if (state->connack) {
		json_open_object(json, "connack");
		json_unsigned(json, "return_code", state->code);
		json_end(json);
	}
	emit_texts(json, "subscribed", state->subscribed);
	emit_texts(json, "published", state->published);
	json_unsigned(json, "published_toserver", state->packets[SIDE_CLIENT][PUBLISH]);
	json_unsigned(json, "published_toclient", state->packets[SIDE_SERVER][PUBLISH]);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told && (state->connect || state->connack || state->packets[SIDE_CLIENT][PUBLISH] > 0 ||
			     state->packets[SIDE_SERVER][PUBLISH] > 0))
		parse_event(parse, state);
	state->told = true;
}

/* Properties of version 5 have a length before them. */
static void skip_properties(struct span *s)
{
	uint32_t length = 0;
	unsigned shift = 0;
	uint8_t octet;

	do {
		octet = span_u8(s);
		length |= (uint32_t)(octet & 0x7f) << shift;
		shift += 7;
	} while (octet & 0x80 && shift < 28);
	span_skip(s, length);
}

static void read_connect(struct conversation *state, struct parse *parse, struct span s)
{
	struct span client, user;

	span_copy_text(take_text(&s), state->name, sizeof(state->name));
	state->version = span_u8(&s);
	state->flags = span_u8(&s);
	state->keep_alive = span_u16(&s);
	if (state->version == VERSION_5)
		skip_properties(&s);
	client = take_text(&s);
	span_copy_text(client, state->client_id, sizeof(state->client_id));
	if (state->flags & FLAG_WILL) {
		if (state->version == VERSION_5)
			skip_properties(&s);
		span_copy_text(take_text(&s), state->will_topic, sizeof(state->will_topic));
		(void)take_text(&s);
	}
	if (state->flags & FLAG_USER) {
		user = take_text(&s);
		span_copy_text(user, state->user, sizeof(state->user));
	}
	state->connect = true;
	if (state->flags & FLAG_PASSWORD)
		parse_weakness(parse, &clear_login, "a password was sent in the clear for user %s",
			       state->user);
}

static void read_connack(struct conversation *state, struct parse *parse, struct span s)
{
	span_skip(&s, 1);
	state->code = span_u8(&s);
	state->connack = true;
	if (state->connect && state->code == 0 && !(state->flags & (FLAG_USER | FLAG_PASSWORD)))
		parse_weakness(parse, &mqtt_no_auth, "client %s was let in without a name", state->client_id);
}

/* MQTT 5.0 3.8: an id, properties, and then topics with their options. */
static void read_subscribe(struct conversation *state, struct span s)
{
	span_skip(&s, 2);
	if (state->version == VERSION_5)
		skip_properties(&s);
	while (!s.failed && span_left(s) > 0) {
		(void)texts_add(state->subscribed, sizeof(state->subscribed), take_text(&s));
		span_skip(&s, 1);
	}
}

/* Each topic once. */
static void add_topic(char *room, size_t size, struct span topic)
{
	for (const char *at = room; *at != '\0'; at += strlen(at) + 1)
		if (span_is(topic, at))
			return;
	(void)texts_add(room, size, topic);
}

static void read_packet(struct conversation *state, struct parse *parse, enum packet_type type,
			struct span content)
{
	switch (type) {
	case CONNECT: read_connect(state, parse, content); break;
	case CONNACK: read_connack(state, parse, content); break;
	case SUBSCRIBE: read_subscribe(state, content); break;
	case PUBLISH: add_topic(state->published, sizeof(state->published), take_text(&content)); break;
	default: break;
	}
}

/* Of long packets the beginning is read and the rest stepped over. */
static enum verdict take_packet(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct span rest = *bytes;
	uint8_t first;
	uint32_t length, wanted;
	const enum verdict whole = take_head(&rest, &first, &length);

	if (whole != YES)
		return whole;
	if (first >> 4 == 0)
		return NO;
	wanted = length < WANTED_MOST ? length : WANTED_MOST;
	if (span_left(rest) < wanted) {
		parse_want(parse, (size_t)(rest.at - bytes->at) + wanted);
		return MORE;
	}
	state->packets[parse->side][first >> 4]++;
	read_packet(state, parse, (enum packet_type)(first >> 4), span_take(&rest, wanted));
	*bytes = rest;
	if (length > wanted)
		parse_skip(parse, length - wanted);
	return YES;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	enum verdict whole = YES;

	while (span_left(*bytes) > 0 && whole == YES && parse->skip == 0)
		whole = take_packet(memory, parse, bytes);
	return whole == NO ? PARSE_BROKEN : PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};

const struct protocol protocol_mqtt = {
	.name = "mqtt",
	.title = "Message Queuing Telemetry Transport",
	DOORS(TCP(1883)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	ALPN("mqtt"),
	.parser = &parser,
	.probe = &mqtt_probe,
	.weaknesses = weaknesses,
	.probe_state_size = 8,
};
