/* dbus_parse.c: reads conversations with a bus of D-Bus, D-Bus Specification: lines in which client and
 * server agree who the client is ("Authentication Protocol"), and behind BEGIN messages of a head with fields
 * and a body ("Message Protocol"). Who logs in and what is called of whom is told; what bodies hold is not.
 */
#include "base/escape.h"
#include "protocols/dbus.h"
#include "protocols/tally.h"

#include <stdio.h>

enum {
	FIXED = 16, /* octets of a message in front of its fields */
	LENGTH_MOST = 1 << 27,
	FIELDS_MOST = 1 << 26,
	FIELDS = 16, /* of a message that are looked at */
	VERSION = 1,
	CALL = 1,
	ERROR = 3,
	SIGNAL = 4,
	INTERFACE = 2,
	MEMBER = 3,
	ERROR_NAME = 4,
	DESTINATION = 6,
	TRACE = 128,
};

static const struct code_name types[] = {
	{ CALL, "method_call" }, { 2, "method_return" }, { ERROR, "error" }, { SIGNAL, "signal" }
};

struct conversation {
	struct tally messages;
	char mechanism[32], mechanisms[128], user[64], trace[TRACE];
	char destinations[512], methods[1024], signals[512], errors[256];
	const char *login;
	bool begun[2]; /* by side: the octet of zero came, the first message came */
	bool talks;    /* the client said BEGIN */
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	emit_text(json, "mechanisms", state->mechanisms);
	emit_text(json, "mechanism", state->mechanism);
	emit_text(json, "user", state->user);
	emit_text(json, "trace", state->trace);
	json_text(json, "login", state->login);
	EMIT_TALLY(json, "messages", &state->messages, types);
	emit_texts(json, "destinations", state->destinations);
	emit_texts(json, "methods", state->methods);
	emit_texts(json, "signals", state->signals);
	emit_texts(json, "errors", state->errors);
}

static void end(void *memory, struct parse *parse)
{
	parse_event(parse, memory);
}

/* ---- logging in ---- */

/* Octets in hexadecimal. */
static void copy_hex(struct span hex, char *text, size_t size)
{
	uint8_t octets[TRACE];
	size_t length = 0;

	while (span_left(hex) > 1 && length < sizeof(octets)) {
		const int high = hex_digit(span_u8(&hex)), low = hex_digit(span_u8(&hex));

		if (high < 0 || low < 0)
			return;
		octets[length++] = (uint8_t)(high << 4 | low);
	}
	span_copy_text(span_of(octets, length), text, size);
}

/* Who the client says it is: of ANONYMOUS anything, mostly what it is written with. */
static void note_claim(struct conversation *state, struct parse *parse, struct span hex)
{
	struct span trace;

	if (strcmp(state->mechanism, "ANONYMOUS") != 0) {
		if (state->user[0] == '\0')
			copy_hex(hex, state->user, sizeof(state->user));
		return;
	}
	copy_hex(hex, state->trace, sizeof(state->trace));
	trace = span_text(state->trace);
	if (span_begins(trace, "libdbus ")) {
		(void)text_word(&trace);
		parse_software(parse, SIDE_CLIENT, span_text("libdbus"), text_word(&trace));
	}
}

/* Of DBUS_COOKIE_SHA1 the first DATA is the server's, and the client's a digest: its name stood in AUTH. */
static enum parse_step read_client(void *memory, struct parse *parse, struct span line)
{
	struct conversation *const state = memory;
	const struct span verb = text_word(&line), word = text_word(&line);

	if (span_is(verb, "BEGIN")) {
		state->talks = true;
		return PARSE_DONE;
	}
	if (span_is(verb, "AUTH") && span_left(word) > 0) {
		span_copy_text(word, state->mechanism, sizeof(state->mechanism));
		state->user[0] = '\0';
		note_claim(state, parse, text_word(&line));
	} else if (span_is(verb, "DATA") && strcmp(state->mechanism, "EXTERNAL") == 0) {
		note_claim(state, parse, word);
	}
	return PARSE_ON;
}

static void read_reply(struct conversation *state, struct parse *parse, struct span line)
{
	const struct span verb = text_word(&line);

	if (span_is(verb, "REJECTED")) {
		span_copy_text(text_trim(line), state->mechanisms, sizeof(state->mechanisms));
		state->login = "refused";
	} else if (span_is(verb, "OK")) {
		state->login = "accepted";
		if (strcmp(state->mechanism, "ANONYMOUS") == 0)
			parse_weakness(parse, &dbus_anonymous,
				       "it took a client with the mechanism ANONYMOUS");
	}
}

/* ---- messages ---- */

struct order {
	struct span rest;
	const uint8_t *begin; /* of the message, from which places are counted */
	bool little;
};

static uint32_t take_u32(struct order *order)
{
	return order->little ? span_u32_le(&order->rest) : span_u32(&order->rest);
}

static void align(struct order *order, size_t to)
{
	const size_t place = (size_t)(order->rest.at - order->begin);

	span_skip(&order->rest, (to - place % to) % to);
}

struct message {
	struct span fields[DESTINATION + 1]; /* texts, by their codes */
};

/* "a(yv)": a code, the type of its value, and the value. False behind the last that can be read. */
static bool take_field(struct order *order, struct message *message)
{
	struct span type, value = span_of(NULL, 0);
	uint8_t code;

	align(order, 8);
	code = span_u8(&order->rest);
	type = span_take(&order->rest, span_u8(&order->rest));
	span_skip(&order->rest, 1);
	if (span_is(type, "u")) {
		align(order, 4);
		(void)take_u32(order);
	} else if (span_is(type, "g")) {
		span_skip(&order->rest, (size_t)span_u8(&order->rest) + 1);
	} else if (span_is(type, "s") || span_is(type, "o")) {
		align(order, 4);
		value = span_take(&order->rest, take_u32(order));
		span_skip(&order->rest, 1);
	} else {
		return false;
	}
	if (order->rest.failed)
		return false;
	if (code <= DESTINATION)
		message->fields[code] = value;
	return true;
}

static void note_named(char *room, size_t size, const struct message *message)
{
	char interface[128], member[128], name[sizeof(interface) + sizeof(member)];

	if (span_left(message->fields[MEMBER]) == 0)
		return;
	span_copy_text(message->fields[INTERFACE], interface, sizeof(interface));
	span_copy_text(message->fields[MEMBER], member, sizeof(member));
	(void)snprintf(name, sizeof(name), "%s%s%s", interface, interface[0] != '\0' ? "." : "", member);
	texts_note(room, size, span_text(name));
}

static void read_fields(struct conversation *state, uint8_t type, struct order order)
{
	struct message message = { 0 };

	for (unsigned i = 0; i < FIELDS && span_left(order.rest) > 0; i++)
		if (!take_field(&order, &message))
			break;
	if (type == CALL && span_left(message.fields[DESTINATION]) > 0)
		texts_note(state->destinations, sizeof(state->destinations), message.fields[DESTINATION]);
	if (type == CALL)
		note_named(state->methods, sizeof(state->methods), &message);
	if (type == SIGNAL)
		note_named(state->signals, sizeof(state->signals), &message);
	if (type == ERROR && span_left(message.fields[ERROR_NAME]) > 0)
		texts_note(state->errors, sizeof(state->errors), message.fields[ERROR_NAME]);
}

static enum verdict read_message(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct order order = { .rest = *bytes, .begin = bytes->at, .little = span_peek(*bytes, 0) == 'l' };
	const uint8_t type = span_peek(*bytes, 1);
	uint32_t body, fields;
	struct span message;
	uint64_t head;

	if (!order.little && span_peek(*bytes, 0) != 'B')
		return NO;
	if (span_left(*bytes) < FIXED)
		return MORE;
	span_skip(&order.rest, 3);
	if (span_u8(&order.rest) != VERSION || type == 0)
		return NO;
	body = take_u32(&order);
	(void)take_u32(&order); /* its number */
	fields = take_u32(&order);
	head = ((uint64_t)FIXED + fields + 7) / 8 * 8;
	if (fields > FIELDS_MOST || head + body > LENGTH_MOST)
		return NO;
	if (message_take(parse, bytes, head + body, &message) != YES)
		return MORE;
	order.begin = message.at;
	order.rest = message;
	span_skip(&order.rest, FIXED);
	order.rest = text_first(order.rest, fields);
	tally_add(&state->messages, type);
	read_fields(state, type, order);
	return YES;
}

static enum parse_step read_messages(struct conversation *state, struct parse *parse, struct span *bytes)
{
	enum verdict whole = YES;

	while (span_left(*bytes) > 0 && whole == YES && parse->skip == 0) {
		struct span rest = *bytes;

		whole = read_message(state, parse, &rest);
		if (whole == YES)
			*bytes = rest;
	}
	return whole == NO ? PARSE_BROKEN : PARSE_ON;
}

/* No line of a server begins as a message does. */
static bool is_message(struct span bytes)
{
	const uint8_t first = span_peek(bytes, 0);

	return first == 'l' || first == 'B';
}

static enum parse_step read_replies(struct conversation *state, struct parse *parse, struct span *bytes)
{
	state->begun[SIDE_SERVER] |= is_message(*bytes);
	while (!state->begun[SIDE_SERVER] && span_left(*bytes) > 0) {
		struct span rest = *bytes, line;
		const enum verdict whole = line_take(&rest, &line);

		if (whole == MORE)
			return PARSE_ON;
		if (whole == NO || !text_is_plain(line))
			return PARSE_BROKEN;
		*bytes = rest;
		read_reply(state, parse, line);
		state->begun[SIDE_SERVER] = is_message(*bytes);
	}
	return read_messages(state, parse, bytes);
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	enum parse_step step = PARSE_ON;

	if (parse->side == SIDE_SERVER)
		return read_replies(state, parse, bytes);
	if (!state->begun[SIDE_CLIENT]) {
		if (span_peek(*bytes, 0) != 0)
			return PARSE_BROKEN;
		span_skip(bytes, 1);
		state->begun[SIDE_CLIENT] = true;
	}
	if (!state->talks)
		step = lines_read(state, parse, bytes, read_client);
	return state->talks ? read_messages(state, parse, bytes) : step;
}

const struct parser dbus_parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};
