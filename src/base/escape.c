#include "base/escape.h"

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

int32_t utf8_next(struct span *s)
{
	static const struct {
		uint8_t mask, mark;
		int32_t least;
	} forms[] = { { 0xe0, 0xc0, 0x80 }, { 0xf0, 0xe0, 0x800 }, { 0xf8, 0xf0, 0x10000 } };
	uint8_t first;

	s->failed = false; /* what is left of a span that failed is text as well, and must be eaten */
	first = span_u8(s);
	if (first < 0x80)
		return first;
	for (size_t more = 0; more < 3; more++) {
		int32_t point = first & ~forms[more].mask;

		if ((first & forms[more].mask) != forms[more].mark)
			continue;
		for (size_t i = 0; i <= more; i++) {
			if ((span_peek(*s, i) & 0xc0) != 0x80)
				return -1;
			point = point << 6 | (span_peek(*s, i) & 0x3f);
		}
		if (point < forms[more].least || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
			return -1;
		span_skip(s, more + 1);
		return point;
	}
	return -1;
}

int utf8_width(int32_t character)
{
	const int width = character < 0x80 ? 1 : wcwidth((wchar_t)character);

	return width < 0 ? 1 : width;
}

size_t text_width(const char *text)
{
	struct span s = span_text(text);
	size_t width = 0;

	while (span_left(s) > 0)
		width += (size_t)utf8_width(utf8_next(&s));
	return width;
}

bool utf8_is_hidden(int32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0xad || c == 0x61c ||
	       (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
	       c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff);
}

static void escape_one(struct buffer *out, int32_t c, uint8_t byte)
{
	switch (c) {
	case '\n': buffer_text(out, "\\n"); break;
	case '\r': buffer_text(out, "\\r"); break;
	case '\t': buffer_text(out, "\\t"); break;
	case '\\': buffer_text(out, "\\\\"); break;
	default:
		if (c < 0x80)
			buffer_format(out, "\\x%02x", byte);
		else
			buffer_format(out, "\\u{%x}", (unsigned)c);
	}
}

void escape_terminal(struct buffer *out, struct span s)
{
	while (span_left(s) > 0) {
		const uint8_t *const start = s.at;
		const int32_t c = utf8_next(&s);

		if (c < 0 || c == '\\' || utf8_is_hidden(c))
			escape_one(out, c, *start);
		else
			buffer_add(out, start, (size_t)(s.at - start));
	}
}

int hex_digit(uint8_t c)
{
	static const char digits[] = "0123456789abcdef";
	const char *const at = c >= '0' ? strchr(digits, c | 0x20) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

char *hex_text(struct span s, char between, char *text, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	size_t length = 0;

	while (span_left(s) > 0) {
		const bool parted = between != 0 && length > 0;
		const uint8_t byte = span_u8(&s);

		if (size - length <= (parted ? 3u : 2u))
			break;
		if (parted)
			text[length++] = between;
		text[length++] = digits[byte >> 4];
		text[length++] = digits[byte & 15];
	}
	text[length] = '\0';
	return text;
}
