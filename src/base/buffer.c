#include "base/buffer.h"

#include <stdio.h>
#include <stdlib.h>

void buffer_free(struct buffer *b)
{
	free(b->bytes);
	*b = (struct buffer){ .limit = b->limit };
}

static bool grow(struct buffer *b, size_t needed)
{
	size_t capacity = b->capacity > 0 ? b->capacity : 256;
	uint8_t *bytes;

	if (capacity > b->limit)
		capacity = b->limit; /* room within the capacity is within the limit: buffer_extend() counts
					on it */
	while (capacity < needed)
		capacity = capacity > b->limit / 2 ? b->limit : capacity * 2;
	bytes = realloc(b->bytes, capacity);
	if (bytes == NULL)
		return false;
	b->bytes = bytes;
	b->capacity = capacity;
	return true;
}

uint8_t *buffer_grow(struct buffer *b, size_t n)
{
	if (b->failed || n > b->limit - b->length) {
		b->failed = true;
		return NULL;
	}
	if ((b->length + n > b->capacity || b->bytes == NULL) && !grow(b, b->length + n)) {
		b->failed = true;
		return NULL;
	}
	b->length += n;
	return b->bytes + b->length - n;
}

void buffer_span(struct buffer *b, struct span s)
{
	buffer_add(b, s.at, span_left(s));
}

void buffer_text(struct buffer *b, const char *text)
{
	buffer_add(b, text, strlen(text));
}

/* Most of what is written fits into the room that is there already, and is written once. */
void buffer_format_list(struct buffer *b, const char *format, va_list list)
{
	const size_t room = b->failed || b->bytes == NULL ? 0 : b->capacity - b->length;
	va_list again;
	int length;

	va_copy(again, list);
	length = vsnprintf(room > 0 ? (char *)b->bytes + b->length : NULL, room, format, again);
	va_end(again);
	if (length < 0) {
		b->failed = true;
	} else if (!b->failed && (size_t)length < room) {
		b->length += (size_t)length;
	} else if (buffer_extend(b, (size_t)length + 1) != NULL) {
		b->length -= 1; /* vsnprintf ends with a NUL, which is not kept */
		vsnprintf((char *)b->bytes + b->length - length, (size_t)length + 1, format, list);
	}
}

void buffer_format(struct buffer *b, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	buffer_format_list(b, format, list);
	va_end(list);
}

void buffer_fill(struct buffer *b, uint8_t byte, size_t times)
{
	uint8_t *room = times > 0 ? buffer_extend(b, times) : NULL;

	if (room != NULL)
		memset(room, byte, times);
}

/* Two digits at a time. */
char *number_digits(uint64_t number, char *end)
{
	static const char pairs[] = "0001020304050607080910111213141516171819202122232425262728293031323334"
				    "3536373839404142434445464748495051525354555657585960616263646566676869"
				    "707172737475767778798081828384858687888990919293949596979899";

	for (; number >= 100; number /= 100) {
		end -= 2;
		memcpy(end, pairs + 2 * (number % 100), 2);
	}
	if (number < 10) {
		*--end = (char)('0' + number);
		return end;
	}
	end -= 2;
	memcpy(end, pairs + 2 * number, 2);
	return end;
}

size_t number_length(uint64_t number)
{
	size_t length = 1;

	for (; number >= 10000; number /= 10000)
		length += 4;
	return length + (number >= 10) + (number >= 100) + (number >= 1000);
}

void buffer_decimal(struct buffer *b, uint64_t number)
{
	const size_t length = number_length(number);
	uint8_t *const room = buffer_extend(b, length);

	if (room != NULL)
		number_digits(number, (char *)room + length);
}

char *number_hex_digits(uint64_t number, unsigned digits, char *end)
{
	for (; digits > 0; digits--, number >>= 4)
		*--end = "0123456789abcdef"[number & 15];
	return end;
}

void buffer_hex(struct buffer *b, uint64_t number, unsigned digits)
{
	uint8_t *const room = digits > 0 ? buffer_extend(b, digits) : NULL;

	if (room != NULL)
		number_hex_digits(number, digits, (char *)room + digits);
}

void buffer_u16(struct buffer *b, uint16_t value)
{
	buffer_add(b, (uint8_t[]){ (uint8_t)(value >> 8), (uint8_t)value }, 2);
}

void buffer_u32(struct buffer *b, uint32_t value)
{
	buffer_u16(b, (uint16_t)(value >> 16));
	buffer_u16(b, (uint16_t)value);
}

void buffer_u16_le(struct buffer *b, uint16_t value)
{
	buffer_add(b, (uint8_t[]){ (uint8_t)value, (uint8_t)(value >> 8) }, 2);
}

void buffer_u32_le(struct buffer *b, uint32_t value)
{
	buffer_u16_le(b, (uint16_t)value);
	buffer_u16_le(b, (uint16_t)(value >> 16));
}

void buffer_set_u16(struct buffer *b, size_t offset, uint16_t value)
{
	if (b->failed || b->length < 2 || offset > b->length - 2) {
		b->failed = true;
		return;
	}
	b->bytes[offset] = (uint8_t)(value >> 8);
	b->bytes[offset + 1] = (uint8_t)value;
}

void buffer_set_u32(struct buffer *b, size_t offset, uint32_t value)
{
	buffer_set_u16(b, offset, (uint16_t)(value >> 16));
	buffer_set_u16(b, offset + 2, (uint16_t)value);
}

void buffer_drop(struct buffer *b, size_t n)
{
	if (n >= b->length) {
		b->length = 0;
		return;
	}
	memmove(b->bytes, b->bytes + n, b->length - n);
	b->length -= n;
}
