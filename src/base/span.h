/* span.h: the bounds-checked reader. Every byte that came from a network or a file is read through it.
 *
 * A span is a stretch of bytes that somebody else owns. Reading moves its start forward. A read past the
 * end returns zero (or an empty span), leaves the position alone and marks the span failed; a failed span
 * stays failed, so that a fixed header can be read in a row and checked once. Numbers are in network order;
 * the _le readers take the other one. Nothing is ever cast from bytes to a struct. */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

struct span {
	const uint8_t *at, *end;
	bool failed;
};

static inline struct span span_of(const void *bytes, size_t length)
{
	static const uint8_t nothing[1];
	const uint8_t *at = length > 0 ? bytes : nothing;

	return (struct span){ .at = at, .end = at + length };
}

static inline struct span span_text(const char *text)
{
	return span_of(text, strlen(text));
}

static inline size_t span_left(struct span s)
{
	return (size_t)(s.end - s.at);
}

/* Cuts the next n bytes off s. Too few: s fails, and the part returned is empty and failed. */
static inline struct span span_take(struct span *s, size_t n)
{
	struct span part = { .at = s->at, .end = s->at, .failed = true };

	if (s->failed || n > span_left(*s)) {
		s->failed = true;
		return part;
	}
	s->at += n;
	part.end = s->at;
	part.failed = false;
	return part;
}

static inline void span_skip(struct span *s, size_t n)
{
	(void)span_take(s, n);
}

static inline uint8_t span_u8(struct span *s)
{
	const struct span b = span_take(s, 1);

	return b.failed ? 0 : b.at[0];
}

static inline uint16_t span_u16(struct span *s)
{
	const struct span b = span_take(s, 2);

	return b.failed ? 0 : (uint16_t)(b.at[0] << 8 | b.at[1]);
}

static inline uint32_t span_u24(struct span *s)
{
	const struct span b = span_take(s, 3);

	return b.failed ? 0 : (uint32_t)b.at[0] << 16 | (uint32_t)b.at[1] << 8 | b.at[2];
}

static inline uint32_t span_u32(struct span *s)
{
	const struct span b = span_take(s, 4);

	return b.failed
		       ? 0
		       : (uint32_t)b.at[0] << 24 | (uint32_t)b.at[1] << 16 | (uint32_t)b.at[2] << 8 | b.at[3];
}

static inline uint64_t span_u64(struct span *s)
{
	const struct span b = span_take(s, 8);
	uint64_t value = 0;

	for (size_t i = 0; !b.failed && i < 8; i++)
		value = value << 8 | b.at[i];
	return value;
}

static inline uint16_t span_u16_le(struct span *s)
{
	const struct span b = span_take(s, 2);

	return b.failed ? 0 : (uint16_t)(b.at[1] << 8 | b.at[0]);
}

static inline uint32_t span_u24_le(struct span *s)
{
	const struct span b = span_take(s, 3);

	return b.failed ? 0 : (uint32_t)b.at[2] << 16 | (uint32_t)b.at[1] << 8 | b.at[0];
}

static inline uint32_t span_u32_le(struct span *s)
{
	const struct span b = span_take(s, 4);

	return b.failed
		       ? 0
		       : (uint32_t)b.at[3] << 24 | (uint32_t)b.at[2] << 16 | (uint32_t)b.at[1] << 8 | b.at[0];
}

static inline uint64_t span_u64_le(struct span *s)
{
	const struct span b = span_take(s, 8);
	uint64_t value = 0;

	for (size_t i = 8; !b.failed && i > 0; i--)
		value = value << 8 | b.at[i - 1];
	return value;
}

/* The next n bytes as a pointer that is good for n of them, for headers whose fields stand at fixed places:
 * one check instead of one for each field. NULL, and s fails, where there are fewer. */
static inline const uint8_t *span_header(struct span *s, size_t n)
{
	const struct span header = span_take(s, n);

	return header.failed ? NULL : header.at;
}

/* A number in network order at a place that was checked before, as span_header() does. */
static inline uint16_t load_u16(const uint8_t at[static 2])
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t load_u32(const uint8_t at[static 4])
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static inline uint64_t load_u64(const uint8_t at[static 8])
{
	return (uint64_t)load_u32(at) << 32 | load_u32(at + 4);
}

/* The byte at offset, without moving; zero past the end, without failing. */
static inline uint8_t span_peek(struct span s, size_t offset)
{
	return offset < span_left(s) ? s.at[offset] : 0;
}

/* Cuts off all bytes before the first `stop`, and steps over it. Without one, s fails. */
static inline struct span span_until(struct span *s, uint8_t stop)
{
	const uint8_t *found = span_left(*s) > 0 ? memchr(s->at, stop, span_left(*s)) : NULL;
	struct span part = { .at = s->at, .end = s->at, .failed = true };

	if (s->failed || found == NULL) {
		s->failed = true;
		return part;
	}
	part.end = found;
	part.failed = false;
	s->at = found + 1;
	return part;
}

/* The next line without its LF or CR LF; a line that does not end yet fails s. */
static inline struct span span_line(struct span *s)
{
	struct span line = span_until(s, '\n');

	if (span_left(line) > 0 && line.end[-1] == '\r')
		line.end--;
	return line;
}

/* The next word: what stands between blanks (spaces and tabs). Without one, s fails. */
static inline struct span span_word(struct span *s)
{
	struct span word;

	while (span_left(*s) > 0 && (*s->at == ' ' || *s->at == '\t'))
		s->at++;
	word = *s;
	while (span_left(*s) > 0 && *s->at != ' ' && *s->at != '\t')
		s->at++;
	word.end = s->at;
	if (word.failed || span_left(word) == 0)
		word.failed = s->failed = true;
	return word;
}

/* Whether s is exactly this text, begins with it or ends with it; _nocase for ASCII letters of either case.
 */
static inline bool span_begins(struct span s, const char *text)
{
	const size_t length = strlen(text);

	return span_left(s) >= length && memcmp(s.at, text, length) == 0;
}

static inline bool span_begins_nocase(struct span s, const char *text)
{
	const size_t length = strlen(text);

	return span_left(s) >= length && strncasecmp((const char *)s.at, text, length) == 0;
}

static inline bool span_is(struct span s, const char *text)
{
	return span_left(s) == strlen(text) && span_begins(s, text);
}

static inline bool span_is_nocase(struct span s, const char *text)
{
	return span_left(s) == strlen(text) && span_begins_nocase(s, text);
}

bool span_ends(struct span s, const char *text);

/* Where `text` first stands in s: its offset, or SIZE_MAX. */
size_t span_find(struct span s, const char *text);

/* Where the last such byte stands: its offset, or SIZE_MAX. */
size_t span_find_last(struct span s, uint8_t byte);

/* Reads a decimal number that fills s wholly (no sign, no space) and is at most `most`. */
bool span_number(struct span s, uint64_t most, uint64_t *ret_number);

/* Copies s into text of `size` bytes, cut to fit and always ended by NUL; returns text. A NUL inside s
 * ends the copy: what stands behind it is not text. */
char *span_copy_text(struct span s, char *text, size_t size);

#endif
