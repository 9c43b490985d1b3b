/* amqp_1.c: frames of AMQP 1.0 (OASIS standard of 2012): part 1 (types), part 2 sections 2.3 and 2.7 (frames
 * and performatives), part 3 section 3.5 (sources and targets), part 5 section 5.3 (SASL). Contents of
 * messages are not read. */
#include "protocols/amqp.h"

enum {
	FRAME_LEAST = 8,
	FRAME_MOST = 1 << 24,
	WORD = 4, /* octets that the offset of a frame counts */
	TYPES = 2,
	ITEMS_MOST = 64,
};
enum performative {
	OPEN = 0x10,
	ATTACH = 0x12,
	DETACH = 0x16,
	END = 0x17,
	CLOSE = 0x18,
	SASL_MECHANISMS = 0x40,
	SASL_INIT = 0x41,
	SASL_OUTCOME = 0x44,
};

/* ---- types ---- */

struct value {
	uint64_t described; /* by this number; 0: by none, or by a symbol */
	uint8_t code;
	struct span content; /* of compounds with their size taken off, and their count not */
};

/* What a code of a primitive type stands before: its upper half tells the width (part 1, 1.2). */
static struct span take_content(struct span *s, uint8_t code)
{
	static const uint8_t widths[] = { [4] = 0, [5] = 1, [6] = 2, [7] = 4, [8] = 8, [9] = 16 };
	const uint8_t kind = code >> 4;

	if (kind < 4)
		s->failed = true;
	if (kind < sizeof(widths))
		return span_take(s, widths[kind]);
	return span_take(s, kind % 2 == 0 ? span_u8(s) : span_u32(s));
}

/* Cuts the next value off s; a description of a description is none. */
static bool take_value(struct span *s, struct value *value)
{
	enum { DESCRIBED = 0, SMALL_ULONG = 0x53, ULONG = 0x80 };

	*value = (struct value){ .code = span_u8(s) };
	if (value->code == DESCRIBED) {
		const uint8_t code = span_u8(s);
		struct span description = take_content(s, code);

		if (code == SMALL_ULONG)
			value->described = span_u8(&description);
		else if (code == ULONG)
			value->described = span_u64(&description);
		value->code = span_u8(s);
	}
	value->content = take_content(s, value->code);
	return !s->failed;
}

/* What a list or a map holds, one value behind the other. */
static struct span items(const struct value *value)
{
	struct span s = value->content;

	switch (value->code) {
	case 0xc0:
	case 0xc1: span_skip(&s, 1); return s;
	case 0xd0:
	case 0xd1: span_skip(&s, 4); return s;
	default: return span_of(NULL, 0);
	}
}

static bool item(const struct value *list, unsigned nth, struct value *ret)
{
	struct span s = items(list);

	do {
		if (span_left(s) == 0 || !take_value(&s, ret))
			return false;
	} while (nth-- > 0);
	return true;
}

/* A string, a symbol or binary; empty for anything else. */
static struct span text(const struct value *value)
{
	switch (value->code) {
	case 0xa0:
	case 0xa1:
	case 0xa3:
	case 0xb0:
	case 0xb1:
	case 0xb3: return value->content;
	default: return span_of(NULL, 0);
	}
}

static struct span item_text(const struct value *list, unsigned nth)
{
	struct value value;

	return item(list, nth, &value) ? text(&value) : span_of(NULL, 0);
}

static struct span map_text(const struct value *map, const char *key)
{
	struct span s = items(map);
	struct value name, value;

	for (int i = 0; i < ITEMS_MOST && span_left(s) > 0; i++) {
		if (!take_value(&s, &name) || !take_value(&s, &value))
			break;
		if (span_is(text(&name), key))
			return text(&value);
	}
	return span_of(NULL, 0);
}

/* ---- performatives ---- */

/* One symbol, or an array of them, whose items have one constructor for all. */
static void read_mechanisms(struct amqp_state *state, const struct value *list)
{
	enum { ARRAY_8 = 0xe0, ARRAY_32 = 0xf0, SYMBOL_8 = 0xa3 };
	struct value value;
	struct span s;
	size_t length = 0;

	if (!item(list, 0, &value))
		return;
	span_copy_text(text(&value), state->mechanisms, sizeof(state->mechanisms));
	if (value.code != ARRAY_8 && value.code != ARRAY_32)
		return;
	s = value.content;
	span_skip(&s, value.code == ARRAY_8 ? 1 : 4);
	if (span_u8(&s) != SYMBOL_8)
		return;
	while (span_left(s) > 0 && length + 2 < sizeof(state->mechanisms)) {
		const struct span name = span_take(&s, span_u8(&s));

		if (name.failed)
			break;
		if (length > 0)
			state->mechanisms[length++] = ' ';
		span_copy_text(name, state->mechanisms + length, sizeof(state->mechanisms) - length);
		length = strlen(state->mechanisms);
	}
}

static void read_init(struct amqp_state *state, struct parse *parse, const struct value *list)
{
	struct sasl sasl = { .active = true };

	span_copy_text(item_text(list, 0), sasl.mechanism, sizeof(sasl.mechanism));
	sasl_octets(&sasl, item_text(list, 1));
	span_copy_text(span_text(sasl.mechanism), state->mechanism, sizeof(state->mechanism));
	span_copy_text(span_text(sasl.user), state->user, sizeof(state->user));
	span_copy_text(item_text(list, 2), state->hostname, sizeof(state->hostname));
	if (sasl_is_clear(&sasl))
		amqp_judge_login(parse, state);
}

static void read_outcome(struct amqp_state *state, const struct value *list)
{
	enum { UBYTE = 0x50, CODES = 5 };
	struct value value;

	if (item(list, 0, &value) && value.code == UBYTE && span_peek(value.content, 0) < CODES)
		state->outcome = span_peek(value.content, 0) + 1;
}

static void read_open(struct amqp_state *state, struct parse *parse, const struct value *list)
{
	enum { PROPERTIES = 9 };
	const bool server = parse->side == SIDE_SERVER;
	char *const product = server ? state->product : state->client;
	char *const version = server ? state->software : state->client_version;
	struct value map;

	span_copy_text(item_text(list, 0), state->containers[parse->side], sizeof(state->containers[0]));
	if (!server && span_left(item_text(list, 1)) > 0)
		span_copy_text(item_text(list, 1), state->hostname, sizeof(state->hostname));
	if (!item(list, PROPERTIES, &map))
		return;
	span_copy_text(map_text(&map, "product"), product, sizeof(state->product));
	span_copy_text(map_text(&map, "version"), version, sizeof(state->software));
	if (server)
		span_copy_text(map_text(&map, "platform"), state->platform, sizeof(state->platform));
	if (product[0] != '\0')
		parse_software(parse, parse->side, span_text(product), span_text(version));
}

/* A link's source and target are described lists that begin with an address (3.5.3, 3.5.4). */
static void read_attach(struct amqp_state *state, const struct value *list)
{
	enum { SOURCE = 5, TARGET = 6, IS_SOURCE = 0x28, IS_TARGET = 0x29 };

	for (unsigned nth = SOURCE; nth <= TARGET; nth++) {
		struct value end;
		struct span address;

		if (!item(list, nth, &end) || end.described != (nth == SOURCE ? IS_SOURCE : IS_TARGET))
			continue;
		address = item_text(&end, 0);
		if (span_left(address) > 0)
			texts_note(state->addresses, sizeof(state->addresses), address);
	}
}

/* 2.8.14: a condition, and a description in words. */
static void read_error(struct amqp_state *state, const struct value *list, unsigned nth)
{
	enum { IS_ERROR = 0x1d };
	struct value error;
	struct span words;

	if (!item(list, nth, &error) || error.described != IS_ERROR)
		return;
	words = item_text(&error, 1);
	span_copy_text(span_left(words) > 0 ? words : item_text(&error, 0), state->error,
		       sizeof(state->error));
}

static void read_performative(struct amqp_state *state, struct parse *parse, struct span body)
{
	struct value value;

	if (!take_value(&body, &value) || value.described == 0 || value.described > UINT8_MAX)
		return;
	tally_add(&state->methods[parse->side], (uint32_t)value.described);
	switch (value.described) {
	case OPEN: read_open(state, parse, &value); break;
	case ATTACH: read_attach(state, &value); break;
	case END:
	case CLOSE: read_error(state, &value, 0); break;
	case DETACH: read_error(state, &value, 2); break;
	case SASL_MECHANISMS: read_mechanisms(state, &value); break;
	case SASL_INIT:
		if (parse->side == SIDE_CLIENT)
			read_init(state, parse, &value);
		break;
	case SASL_OUTCOME: read_outcome(state, &value); break;
	default: break;
	}
}

enum verdict amqp_1_take_frame(struct amqp_state *state, struct parse *parse, struct span *bytes)
{
	struct span frame, s = *bytes;
	const uint32_t length = span_u32(&s);
	const uint8_t offset = span_u8(&s), type = span_u8(&s);

	if (s.failed)
		return MORE;
	if (length < FRAME_LEAST || length > FRAME_MOST || offset * WORD < FRAME_LEAST ||
	    (uint32_t)offset * WORD > length || type >= TYPES)
		return NO;
	if (message_take(parse, bytes, length, &frame) != YES)
		return MORE;
	span_skip(&frame, (size_t)offset * WORD);
	if (!frame.failed)
		read_performative(state, parse, frame);
	return YES;
}

void amqp_1_emit(struct json *json, const struct amqp_state *state)
{
	static const char *const outcomes[] = { NULL, "accepted", "refused", "failed", "failed", "failed" };

	if (state->outcome > 0)
		json_text(json, "login", outcomes[state->outcome]);
	emit_text(json, "client_container", state->containers[SIDE_CLIENT]);
	emit_text(json, "server_container", state->containers[SIDE_SERVER]);
	emit_text(json, "hostname", state->hostname);
	emit_texts(json, "addresses", state->addresses);
}
