/* coap.c: Constrained Application Protocol over datagrams (RFC 7252) and over TCP (RFC 8323), with the
 * options of RFC 7641 (observe), RFC 7959 (blocks) and RFC 8768. A message is believed when all of its
 * options are known and hold what they may, since its header says little. */
#include "base/escape.h"
#include "protocols/lines.h"
#include "protocols/probes.h"
#include "protocols/tally.h"

#include <ctype.h>

enum {
	TOKEN_MOST = 8,
	URI_HOST = 3,
	OBSERVE = 6,
	URI_PATH = 11,
	CONTENT_FORMAT = 12,
	URI_QUERY = 15,
	MARKER = 0xff,
	PATH = 128,
	TEXT_LEAST = 3, /* octets of text that must stand in a request, or in an error's words */
	ROOM = 512,
	METHODS = 7,
	SETTINGS = 0xe1, /* the first of the signals, which exist over streams alone (RFC 8323 5) */
	SIGNALS = 0xe0,
	BODY_MOST = 8192, /* of what is read over a stream; from larger ones the code is taken */
};

static const struct option {
	uint16_t number;
	uint8_t least;
	uint16_t most;
	bool text;
} options[] = {
	{ 1, 0, 8, false },   { 3, 1, 255, true },   { 4, 1, 8, false },    { 5, 0, 0, false },
	{ 6, 0, 3, false },   { 7, 0, 2, false },    { 8, 0, 255, true },   { 9, 0, 255, false },
	{ 11, 0, 255, true }, { 12, 0, 2, false },   { 14, 0, 4, false },   { 15, 0, 255, true },
	{ 16, 1, 1, false },  { 17, 0, 2, false },   { 20, 0, 255, true },  { 23, 0, 3, false },
	{ 27, 0, 3, false },  { 28, 0, 4, false },   { 35, 1, 1034, true }, { 39, 1, 255, true },
	{ 60, 0, 4, false },  { 252, 1, 40, false }, { 258, 0, 1, false },  { 292, 0, 8, false },
};

struct message {
	uint8_t type, code;
	uint16_t id;
	size_t text; /* octets of its options of text */
	bool has_format, has_payload,
		strange; /* strange: an option that nobody knows, or of a wrong length */
	uint32_t format;
	struct span payload;
	char path[PATH];
	char host[64], query[PATH];
	bool observe;
};

static const struct option *option_of(uint32_t number)
{
	const size_t count = sizeof(options) / sizeof(options[0]);
	size_t i = 0;

	while (i < count && options[i].number < number)
		i++;
	return i < count && options[i].number == number ? &options[i] : NULL;
}

static uint32_t take_extended(struct span *s, uint8_t nibble)
{
	if (nibble == 13)
		return span_u8(s) + 13u;
	if (nibble == 14)
		return span_u16(s) + 269u;
	if (nibble == 15)
		s->failed = true;
	return nibble;
}

static void append(char *room, size_t size, char before, struct span text)
{
	const size_t length = strlen(room);

	if (length + 2 >= size)
		return;
	room[length] = before;
	(void)span_copy_text(text, room + length + 1, size - length - 1);
}

static bool fits(const struct option *option, struct span value)
{
	if (option == NULL || span_left(value) < option->least || span_left(value) > option->most)
		return false;
	while (option->text && span_left(value) > 0) {
		const int32_t character = utf8_next(&value);

		if (character < ' ' || character == 0x7f)
			return false;
	}
	return true;
}

static void note_option(struct message *m, const struct option *option, struct span value)
{
	if (option->text)
		m->text += span_left(value);
	switch (option->number) {
	case URI_PATH: append(m->path, sizeof(m->path), '/', value); break;
	case URI_QUERY: append(m->query, sizeof(m->query), m->query[0] == '\0' ? '?' : '&', value); break;
	case URI_HOST: span_copy_text(value, m->host, sizeof(m->host)); break;
	case OBSERVE: m->observe = true; break;
	case CONTENT_FORMAT:
		m->has_format = true;
		while (span_left(value) > 0)
			m->format = m->format << 8 | span_u8(&value);
		break;
	default: break;
	}
}

/* Options, and what they are about, up to the first strange one where only such as are known are wanted: who
 * does not know them steps over them (5.4). False where the form is wrong (RFC 7252 3). */
static bool read_body(struct span s, bool only_known, struct message *m)
{
	uint32_t number = 0;

	while (span_left(s) > 0 && !s.failed && !(only_known && m->strange)) {
		const uint8_t head = span_u8(&s);
		const struct option *option;
		struct span value;

		if (head == MARKER) {
			m->payload = s;
			m->has_payload = span_left(s) > 0;
			return m->has_payload;
		}
		number += take_extended(&s, head >> 4);
		value = span_take(&s, take_extended(&s, head & 0x0f));
		option = option_of(number);
		if (!s.failed && fits(option, value))
			note_option(m, option, value);
		else
			m->strange = true;
	}
	return !s.failed;
}

static bool read_message(struct span s, bool only_known, struct message *m)
{
	const uint8_t begin = span_u8(&s);

	*m = (struct message){ .type = begin >> 4 & 3, .code = span_u8(&s), .id = span_u16(&s) };
	if (begin >> 6 != 1 || (begin & 0x0f) > TOKEN_MOST || (m->code == 0 && span_left(s) > 0))
		return false;
	span_skip(&s, begin & 0x0f);
	return read_body(s, only_known, m);
}

/* The front of a message over a stream, up to its options (RFC 8323 3.2). False where it cannot be one; s
 * fails while it is not whole. */
static bool read_front(struct span *s, struct message *m, uint64_t *ret_length)
{
	enum { ONE = 13, TWO = 14, FOUR = 15, MORE_ONE = 13, MORE_TWO = 269, MORE_FOUR = 65805 };
	const uint8_t begin = span_u8(s), length = begin >> 4;

	*ret_length = length == ONE    ? span_u8(s) + (uint64_t)MORE_ONE
		      : length == TWO  ? span_u16(s) + (uint64_t)MORE_TWO
		      : length == FOUR ? span_u32(s) + (uint64_t)MORE_FOUR
				       : length;
	*m = (struct message){ .code = span_u8(s) };
	span_skip(s, begin & 0x0f);
	return (begin & 0x0f) <= TOKEN_MOST;
}

/* ---- recognising ---- */

static bool is_known_format(uint32_t format)
{
	return format == 0 || (format >= 40 && format <= 63) || (format >= 96 && format <= 115) ||
	       format == 11542 || format == 11543;
}

static bool is_words(struct span s)
{
	for (const uint8_t *at = s.at; at < s.end; at++)
		if (!isprint(*at))
			return false;
	return span_left(s) > TEXT_LEAST;
}

/* RFC 8323 5.3: over a stream each side begins with its settings: a message without a token, whose options
 * are the longest message and transfers in blocks, each once. One without options tells too little. */
static enum verdict recognise_settings(struct span first)
{
	enum { LONGEST = 2, BLOCKS = 4, SIZE_MOST = 4, SHORT = 12 };
	const uint8_t head = span_u8(&first), length = head >> 4;
	unsigned number = 0;
	struct span settings;

	if ((head & 0xf) != 0 || length == 0 || length > SHORT)
		return NO;
	if (span_left(first) == 0)
		return MORE;
	if (span_u8(&first) != SETTINGS)
		return NO;
	settings = span_take(&first, length);
	if (settings.failed)
		return MORE;
	while (span_left(settings) > 0) {
		const uint8_t option = span_u8(&settings);

		number += option >> 4;
		if (option >> 4 == 0 || (number != LONGEST && number != BLOCKS) || (option & 0xf) > SIZE_MOST)
			return NO;
		span_skip(&settings, option & 0xf);
	}
	return settings.failed ? NO : YES;
}

/* What the first two octets tell: a request, confirmable or not, or an answer to one. */
static bool begins_well(struct span first, enum side side)
{
	const uint8_t begin = span_u8(&first), code = span_u8(&first), class = code >> 5;

	if (first.failed || begin >> 6 != 1)
		return false;
	if (side == SIDE_CLIENT)
		return code >= 1 && code <= METHODS && (begin >> 4 & 3) <= 1;
	return class == 2 || class == 4 || class == 5;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct message m;

	if (transport == TRANSPORT_TCP)
		return recognise_settings(first);
	if (transport != TRANSPORT_UDP || !begins_well(first, side) || !read_message(first, true, &m) ||
	    m.strange)
		return NO;
	if (side == SIDE_CLIENT)
		return m.text >= TEXT_LEAST ? YES : NO;
	if (m.code >> 5 == 2)
		return m.has_payload && m.has_format && is_known_format(m.format) && m.type != 3 ? YES : NO;
	return m.has_payload && is_words(m.payload) ? YES : NO;
}

/* ---- reading ---- */

static const struct code_name method_names[] = {
	{ 1, "GET" },   { 2, "POST" },  { 3, "PUT" },    { 4, "DELETE" },
	{ 5, "FETCH" }, { 6, "PATCH" }, { 7, "iPATCH" },
};

struct conversation {
	struct tally methods, codes, signals;
	char hosts[ROOM / 4], paths[ROOM];
	bool observed, told;
};

static void emit(const void *record, struct json *json)
{
	static const struct code_name code_names[] = {
		{ 0x41, "2.01" }, { 0x42, "2.02" }, { 0x43, "2.03" }, { 0x44, "2.04" }, { 0x45, "2.05" },
		{ 0x5f, "2.31" }, { 0x80, "4.00" }, { 0x81, "4.01" }, { 0x83, "4.03" }, { 0x84, "4.04" },
		{ 0x85, "4.05" }, { 0xa0, "5.00" }, { 0xa1, "5.01" }, { 0xa3, "5.03" },
	};
	static const struct code_name signal_names[] = {
		{ SETTINGS, "settings" }, { 0xe2, "ping" },  { 0xe3, "pong" },
		{ 0xe4, "release" },      { 0xe5, "abort" },
	};
	const struct conversation *const state = record;

	EMIT_TALLY(json, "requests", &state->methods, method_names);
	EMIT_TALLY(json, "responses", &state->codes, code_names);
	EMIT_TALLY(json, "signals", &state->signals, signal_names);
	emit_texts(json, "hosts", state->hosts);
	emit_texts(json, "paths", state->paths);
	if (state->observed)
		json_bool(json, "observe", true);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told && (state->methods.places[0].count > 0 || state->codes.places[0].count > 0 ||
			     state->signals.places[0].count > 0))
		parse_event(parse, state);
	state->told = true;
}

static void hear(struct conversation *state, struct message *m)
{
	if (m->code >= 32) {
		tally_add(m->code > SIGNALS ? &state->signals : &state->codes, m->code);
	} else if (m->code > 0) {
		tally_add(&state->methods, m->code);
		state->observed |= m->observe;
		append(m->path, sizeof(m->path), m->query[0],
		       span_text(m->query[0] != '\0' ? m->query + 1 : ""));
		texts_note(state->paths, sizeof(state->paths), span_text(m->path[0] != '\0' ? m->path : "/"));
		texts_note(state->hosts, sizeof(state->hosts), span_text(m->host));
	}
}

/* The numbers of a signal's options are its own, and are not looked at. */
static enum parse_step read_stream(struct conversation *state, struct parse *parse, struct span *bytes)
{
	while (span_left(*bytes) > 0) {
		struct span s = *bytes, body;
		struct message m;
		uint64_t length;

		if (!read_front(&s, &m, &length))
			return PARSE_BROKEN;
		if (s.failed)
			return PARSE_ON;
		if (length > BODY_MOST) {
			tally_add(m.code >= 32 ? &state->codes : &state->methods, m.code);
			parse_skip(parse, length > span_left(s) ? length - span_left(s) : 0);
			span_skip(&s, length > span_left(s) ? span_left(s) : length);
			*bytes = s;
			continue;
		}
		body = span_take(&s, length);
		if (s.failed) {
			parse_want(parse, (size_t)(s.at - bytes->at) + length);
			return PARSE_ON;
		}
		if (m.code < SIGNALS && !read_body(body, false, &m))
			return PARSE_BROKEN;
		*bytes = s;
		hear(state, &m);
	}
	return PARSE_ON;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	struct message m;

	if (parse->transport == TRANSPORT_TCP)
		return read_stream(state, parse, bytes);
	if (!read_message(*bytes, false, &m))
		return parse->cut ? PARSE_ON : PARSE_BROKEN;
	bytes->at = bytes->end;
	hear(state, &m);
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};

const struct protocol protocol_coap = {
	.name = "coap",
	.title = "Constrained Application Protocol",
	DOORS(UDP(5683), TCP(5683)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = 7,
	MARKS(OCTETS(0, 0x40, 0x48), OCTETS(0, 0x50, 0x58), OCTETS(0, 0x60, 0x68), OCTETS(0, 0x70, 0x78),
	      OCTETS(1, 1, 7), OCTETS(1, 0x40, 0x5f), OCTETS(1, 0x80, 0xbf)),
	ALPN("coap", "co"),
	.parser = &parser,
	.probe = &coap_probe,
};
