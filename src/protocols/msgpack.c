#include "protocols/msgpack.h"

enum {
	FIXMAP = 0x80, /* kinds that have a number within: up to the next line's */
	FIXARRAY = 0x90,
	FIXTEXT = 0xa0,
	NIL = 0xc0,
	NEVER = 0xc1,
	FALSE_OR_TRUE = 0xc2,
	BINARY = 0xc4, /* with a length of 1, 2 or 4 octets, as the next */
	EXTENSION = 0xc7,
	FLOAT = 0xca,
	NUMBER = 0xcc, /* of 1, 2, 4 or 8 octets, as the next */
	SIGNED = 0xd0,
	FIXEXTENSION = 0xd4,
	TEXT = 0xd9,
	ARRAY = 0xdc, /* with a count of 2 or 4 octets, as the next */
	MAP = 0xde,
	NEGATIVE = 0xe0,
};

/* A number of 1, 2, 4 or 8 octets. */
static uint64_t take_number(struct span *s, unsigned power)
{
	switch (power) {
	case 0: return span_u8(s);
	case 1: return span_u16(s);
	case 2: return span_u32(s);
	default: return span_u64(s);
	}
}

/* Kinds that tell their number, length or count in the octet itself. */
static struct msgpack short_item(uint8_t head, struct span *s)
{
	if (head < FIXMAP)
		return (struct msgpack){ .kind = MSGPACK_NUMBER, .number = head };
	if (head < FIXARRAY)
		return (struct msgpack){ .kind = MSGPACK_MAP, .number = head & 15u };
	if (head < FIXTEXT)
		return (struct msgpack){ .kind = MSGPACK_ARRAY, .number = head & 15u };
	if (head < NIL)
		return (struct msgpack){ .kind = MSGPACK_TEXT, .bytes = span_take(s, head & 31u) };
	return (struct msgpack){ .kind = MSGPACK_NEGATIVE };
}

static struct msgpack take_bytes(enum msgpack_kind kind, struct span *s, unsigned power, size_t more)
{
	const uint64_t length = take_number(s, power);

	return (struct msgpack){ .kind = kind, .bytes = span_take(s, (size_t)length + more) };
}

static struct msgpack long_item(uint8_t head, struct span *s)
{
	if (head <= FALSE_OR_TRUE + 1)
		return (struct msgpack){ .kind = head == NIL ? MSGPACK_NIL : MSGPACK_BOOL,
					 .number = head & 1u };
	if (head < EXTENSION)
		return take_bytes(MSGPACK_BINARY, s, head - BINARY, 0);
	if (head < FLOAT)
		return take_bytes(MSGPACK_EXTENSION, s, head - EXTENSION, 1);
	if (head < NUMBER)
		return (struct msgpack){ .kind = MSGPACK_FLOAT,
					 .bytes = span_take(s, head == FLOAT ? 4 : 8) };
	if (head < SIGNED)
		return (struct msgpack){ .kind = MSGPACK_NUMBER, .number = take_number(s, head - NUMBER) };
	if (head < FIXEXTENSION)
		return (struct msgpack){ .kind = MSGPACK_NEGATIVE,
					 .bytes = span_take(s, (size_t)1 << (head - SIGNED)) };
	if (head < TEXT)
		return (struct msgpack){ .kind = MSGPACK_EXTENSION,
					 .bytes = span_take(s, ((size_t)1 << (head - FIXEXTENSION)) + 1) };
	if (head < ARRAY)
		return take_bytes(MSGPACK_TEXT, s, head - TEXT, 0);
	return (struct msgpack){ .kind = head < MAP ? MSGPACK_ARRAY : MSGPACK_MAP,
				 .number = take_number(s, 1 + (head & 1u)) };
}

bool msgpack_take(struct span *s, struct msgpack *ret_item)
{
	const uint8_t head = span_u8(s);

	if (head == NEVER)
		s->failed = true;
	*ret_item = head < NIL || head >= NEGATIVE ? short_item(head, s) : long_item(head, s);
	return !s->failed;
}

/* Each item is at least an octet, so that this ends with the octets, whatever is counted. */
bool msgpack_skip(struct span *s)
{
	uint64_t due = 1;

	for (; due > 0 && !s->failed; due--) {
		struct msgpack item;

		if (!msgpack_take(s, &item))
			return false;
		if (item.kind == MSGPACK_ARRAY)
			due += item.number;
		else if (item.kind == MSGPACK_MAP)
			due += 2 * item.number;
		if (due > span_left(*s) + 1)
			s->failed = true;
	}
	return !s->failed;
}
