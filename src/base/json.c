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

/* Keys are short, and a copy in words that may lie over each other is made without a call. */
static inline void copy_key(uint8_t *room, const uint8_t *key, size_t length)
{
	if (length >= 8 && length <= 16) {
		memcpy(room, key, 8);
		memcpy(room + length - 8, key + length - 8, 8);
	} else if (length >= 4 && length < 8) {
		memcpy(room, key, 4);
		memcpy(room + length - 4, key + length - 4, 4);
	} else {
		memcpy(room, key, length);
	}
}

/* Writes a comma where one is due, and the key, and makes room for a value; NULL without memory. Keys are
 * ours: plain letters, which need no look at each. */
static inline uint8_t *start_value(struct json *j, struct span key, size_t value)
{
	const bool comma = j->begun[j->depth];
	const size_t length = span_left(key);
	uint8_t *room = buffer_extend(j->out, comma + (length > 0 ? length + 3 : 0) + value);

	j->begun[j->depth] = true;
	if (room == NULL)
		return NULL;
	if (comma)
		*room++ = ',';
	if (length == 0)
		return room;
	*room++ = '"';
	copy_key(room, key.at, length);
	room += length;
	*room++ = '"';
	*room++ = ':';
	return room;
}

void json_open(struct json *j, struct span key, char opening, char closing)
{
	uint8_t *const room = start_value(j, key, 1);

	if (room != NULL)
		*room = (uint8_t)opening;
	if (j->depth + 1 >= JSON_DEPTH) {
		j->failed = true;
		return;
	}
	j->depth++;
	j->begun[j->depth] = false;
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
}

/* Most texts are plain as a whole, and are copied at once. */
void json_write_string(struct json *j, struct span key, struct span s)
{
	const size_t most = span_left(s);
	uint8_t *const room = start_value(j, key, most + 2);
	size_t plain;

	if (room == NULL)
		return;
	room[0] = '"';
	plain = copy_plain(room + 1, &s);
	if (plain == most) {
		room[plain + 1] = '"';
		return;
	}
	j->out->length -= most - plain + 1;
	write_rest(j->out, s);
}

static void write_value(struct json *j, struct span key, const void *bytes, size_t length)
{
	uint8_t *const room = start_value(j, key, length);

	if (room != NULL)
		memcpy(room, bytes, length);
}

void json_write_number(struct json *j, struct span key, uint64_t number, bool negative)
{
	char digits[NUMBER_TEXT], *at = number_digits(number, digits + sizeof(digits));

	if (negative)
		*--at = '-';
	write_value(j, key, at, (size_t)(digits + sizeof(digits) - at));
}

void json_write_word(struct json *j, struct span key, struct span word)
{
	write_value(j, key, word.at, span_left(word));
}

void json_members(struct json *j, struct span members)
{
	if (span_left(members) > 0)
		write_value(j, span_of(NULL, 0), members.at, span_left(members));
}
