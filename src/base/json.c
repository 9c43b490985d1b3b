#include "base/json.h"
#include "base/escape.h"

/* Stands in a JSON text as it is, and is one byte long. */
static inline bool is_plain(uint8_t c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void write_character(struct buffer *out, struct span *s)
{
	static const char hex[] = "0123456789abcdef";
	const uint8_t *const start = s->at;
	const int32_t c = utf8_next(s);

	if (c < 0)
		buffer_text(out, "\xef\xbf\xbd");
	else if (c == '"' || c == '\\')
		buffer_add(out, (char[]){ '\\', (char)c }, 2);
	else if (c == '\n')
		buffer_text(out, "\\n");
	else if (c < 0x20 || c == 0x7f)
		buffer_add(out, (char[]){ '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] }, 6);
	else
		buffer_add(out, start, (size_t)(s->at - start));
}

/* Whether all eight bytes are plain. Each term has the highest bit of a byte set if there is one below 0x20,
 * 0x7f, a quotation mark, a backslash, or one beyond ASCII; which one it is does not matter. */
static inline bool are_plain(uint64_t bytes)
{
	const uint64_t ones = 0x0101010101010101u, quote = bytes ^ '"' * ones, slash = bytes ^ '\\' * ones,
		       del = bytes ^ 0x7f * ones;

	return (((bytes - ' ' * ones) | (quote - ones) | (slash - ones) | (del - ones) | bytes) &
		0x80 * ones) == 0;
}

/* Copies a text of four bytes or more, in words of which the last may lie over the one before it, as long as
 * all is plain. Returns how many bytes that was. */
static inline size_t copy_words(uint8_t *room, const uint8_t *from, size_t length)
{
	size_t at = 0;
	uint64_t word;
	uint32_t halves[2];

	if (length < sizeof(word)) {
		memcpy(&halves[0], from, 4);
		memcpy(&halves[1], from + length - 4, 4);
		if (!are_plain((uint64_t)halves[0] << 32 | halves[1]))
			return 0;
		memcpy(room, &halves[0], 4);
		memcpy(room + length - 4, &halves[1], 4);
		return length;
	}
	while (at < length) {
		const size_t next = length - at < sizeof(word) ? length - sizeof(word) : at;

		memcpy(&word, from + next, sizeof(word));
		if (!are_plain(word))
			return at;
		memcpy(room + next, &word, sizeof(word));
		at = next + sizeof(word);
	}
	return length;
}

/* Copies the plain bytes that s begins with, and steps over them; the room is large enough. Returns how many.
 */
static inline size_t copy_plain(uint8_t *room, struct span *s)
{
	const size_t length = span_left(*s);
	size_t plain = length >= 4 ? copy_words(room, s->at, length) : 0;

	for (; plain < length && is_plain(s->at[plain]); plain++)
		room[plain] = s->at[plain];
	s->at += plain;
	return plain;
}

/* A copy in words that may lie over each other is made without a call. */
static inline void copy_short(uint8_t *room, const uint8_t *from, size_t length)
{
	if (length >= 8 && length <= 16) {
		memcpy(room, from, 8);
		memcpy(room + length - 8, from + length - 8, 8);
	} else if (length >= 4 && length < 8) {
		memcpy(room, from, 4);
		memcpy(room + length - 4, from + length - 4, 4);
	} else if (length < 4) {
		for (size_t i = 0; i < length; i++)
			room[i] = from[i];
	} else {
		memcpy(room, from, length);
	}
}

/* The rest of a text of which what stands before was plain. */
static void write_rest(struct buffer *out, struct span s)
{
	while (span_left(s) > 0) {
		uint8_t *room;

		write_character(out, &s);
		room = buffer_extend(out, span_left(s));
		if (room == NULL)
			return;
		out->length -= span_left(s);
		out->length += copy_plain(room, &s);
	}
	buffer_u8(out, '"');
}

void json_put_open(struct json *j, char opening, char closing)
{
	buffer_u8(j->out, (uint8_t)opening);
	if (j->depth + 1 >= JSON_DEPTH) {
		j->failed = true;
		return;
	}
	j->depth++;
	j->comma = false;
	j->closing[j->depth] = closing;
}

void json_end(struct json *j)
{
	if (j->depth == 0) {
		j->failed = true;
		return;
	}
	buffer_u8(j->out, (uint8_t)j->closing[j->depth]);
	j->depth--;
	j->comma = true;
}

/* Most texts are plain as a whole, and are copied at once. */
void json_put_text(struct buffer *out, struct span s)
{
	const size_t most = span_left(s);
	uint8_t *const room = buffer_extend(out, most + 2);
	size_t plain;

	if (room == NULL)
		return;
	room[0] = '"';
	plain = copy_plain(room + 1, &s);
	if (plain == most) {
		room[plain + 1] = '"';
		return;
	}
	out->length -= most - plain + 1;
	write_rest(out, s);
}

void json_put_plain(struct buffer *out, struct span s)
{
	const size_t length = span_left(s);
	uint8_t *const room = buffer_extend(out, length + 2);

	if (room == NULL)
		return;
	room[0] = '"';
	copy_short(room + 1, s.at, length);
	room[length + 1] = '"';
}

void json_put_number(struct buffer *out, uint64_t number, bool negative)
{
	const size_t length = number_length(number) + negative;
	uint8_t *const room = buffer_extend(out, length);

	if (room == NULL)
		return;
	room[0] = '-';
	number_digits(number, (char *)room + length);
}

void json_members(struct json *j, struct span members)
{
	if (span_left(members) == 0)
		return;
	json_key(j, NULL);
	buffer_span(j->out, members);
}
