#include "base/base64.h"

static int digit_value(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

struct span base64_read(struct span text, uint8_t *room, size_t size)
{
	struct span bytes = { .at = room, .end = room };
	uint32_t bits = 0;
	size_t length = 0;
	unsigned have = 0;

	for (unsigned pads = 0; pads < 2 && span_left(text) > 0 && text.end[-1] == '='; pads++)
		text.end--;
	for (; text.at < text.end; text.at++) {
		const int value = digit_value(*text.at);

		if (value < 0)
			return (struct span){ .at = room, .end = room, .failed = true };
		bits = bits << 6 | (uint32_t)value;
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		if (length < size)
			room[length++] = (uint8_t)(bits >> have);
	}
	bytes.end = room + length;
	return bytes;
}

char *base64_text(struct span bytes, char *text, size_t size)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t bits = 0;
	unsigned have = 0;
	size_t length = 0;

	for (; span_left(bytes) >= 3 && length + 4 < size; length += 4) {
		const uint32_t three = span_u24(&bytes);

		for (unsigned i = 0; i < 4; i++)
			text[length + i] = digits[three >> (18 - 6 * i) & 63];
	}
	for (; bytes.at < bytes.end; bytes.at++) {
		bits = bits << 8 | *bytes.at;
		for (have += 8; have >= 6 && length + 1 < size; have -= 6)
			text[length++] = digits[bits >> (have - 6) & 63];
	}
	if (have > 0 && length + 1 < size)
		text[length++] = digits[bits << (6 - have) & 63];
	text[length] = '\0';
	return text;
}
