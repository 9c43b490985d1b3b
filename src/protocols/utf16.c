/* utf16.c: RFC 2781. */
#include "protocols/utf16.h"

enum { HIGH = 0xd800, LOW = 0xdc00, END = 0xe000, BAD = 0xfffd, FIRST_PAIR = 0x10000 };

static uint32_t next_character(struct span *s)
{
	const uint32_t unit = span_u16_le(s);
	uint32_t low;

	if (unit < HIGH || unit >= END)
		return unit;
	low = (uint32_t)(span_peek(*s, 0) | span_peek(*s, 1) << 8);
	if (unit >= LOW || low < LOW || low >= END)
		return BAD;
	span_skip(s, 2);
	return FIRST_PAIR + ((unit - HIGH) << 10) + (low - LOW);
}

/* Its octets in UTF-8. */
static size_t encode(uint32_t c, uint8_t out[4])
{
	if (c < 0x80) {
		out[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (uint8_t)(0xc0 | c >> 6);
		out[1] = (uint8_t)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < FIRST_PAIR) {
		out[0] = (uint8_t)(0xe0 | c >> 12);
		out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		out[2] = (uint8_t)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (uint8_t)(0xf0 | c >> 18);
	out[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
	out[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	out[3] = (uint8_t)(0x80 | (c & 0x3f));
	return 4;
}

char *utf16_text(struct span s, char *text, size_t size)
{
	size_t used = 0;

	while (span_left(s) >= 2) {
		const uint32_t c = next_character(&s);
		uint8_t octets[4];
		const size_t length = encode(c, octets);

		if (c == 0 || used + length >= size)
			break;
		memcpy(text + used, octets, length);
		used += length;
	}
	text[used] = '\0';
	return text;
}
