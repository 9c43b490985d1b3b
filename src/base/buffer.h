/* buffer.h: bytes that grow up to a limit. What does not fit makes the buffer fail, and it stays failed, so
 * that a message is put together in a row and checked once. Numbers are written in network order; _le is
 * the other one. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include "base/span.h"

#include <stdarg.h>

struct buffer {
	uint8_t *bytes; /* owned */
	size_t length, capacity, limit;
	bool failed;
};

/* An empty buffer that never holds more than `limit` bytes. Give it back with buffer_free(). */
static inline struct buffer buffer_new(size_t limit)
{
	return (struct buffer){ .limit = limit };
}

void buffer_free(struct buffer *b);

/* The slow way of buffer_extend(): it takes memory, or fails. */
uint8_t *buffer_grow(struct buffer *b, size_t n);

/* Makes room for n more bytes and returns where to write them; NULL, and failed, past the limit. The room
 * counts as written: shorten `length` if less was used. */
static inline uint8_t *buffer_extend(struct buffer *b, size_t n)
{
	if (b->failed || b->bytes == NULL || n > b->capacity - b->length)
		return buffer_grow(b, n);
	b->length += n;
	return b->bytes + b->length - n;
}

static inline void buffer_add(struct buffer *b, const void *bytes, size_t length)
{
	uint8_t *const room = length > 0 ? buffer_extend(b, length) : NULL;

	if (room != NULL)
		memcpy(room, bytes, length);
}

static inline void buffer_u8(struct buffer *b, uint8_t value)
{
	uint8_t *const room = buffer_extend(b, 1);

	if (room != NULL)
		*room = value;
}

void buffer_span(struct buffer *b, struct span s);
void buffer_text(struct buffer *b, const char *text);
void buffer_format(struct buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buffer_format_list(struct buffer *b, const char *format, va_list list)
	__attribute__((format(printf, 2, 0)));
void buffer_fill(struct buffer *b, uint8_t byte, size_t times);
void buffer_decimal(struct buffer *b, uint64_t number);              /* in digits: "443" */
void buffer_hex(struct buffer *b, uint64_t number, unsigned digits); /* so many of them: "01bb" */
void buffer_u16(struct buffer *b, uint16_t value);
void buffer_u32(struct buffer *b, uint32_t value);
void buffer_u16_le(struct buffer *b, uint16_t value);
void buffer_u32_le(struct buffer *b, uint32_t value);

/* Writes the digits of a number so that they end before `end`, and returns where they begin. With a sign no
 * number takes more than NUMBER_TEXT. */
enum { NUMBER_TEXT = 24 };
char *number_digits(uint64_t number, char *end);
size_t number_length(uint64_t number);                                /* how many digits those are */
char *number_hex_digits(uint64_t number, unsigned digits, char *end); /* with zeros in front */

/* Writes a length that was not known before: two or four bytes at `offset`, which must have been written. */
void buffer_set_u16(struct buffer *b, size_t offset, uint16_t value);
void buffer_set_u32(struct buffer *b, size_t offset, uint32_t value);

/* Takes the first n bytes away. */
void buffer_drop(struct buffer *b, size_t n);

static inline void buffer_clear(struct buffer *b)
{
	b->length = 0;
	b->failed = false;
}

/* What the buffer holds; good until it is written to or freed. */
static inline struct span buffer_read(const struct buffer *b)
{
	return span_of(b->bytes, b->length);
}

#endif
