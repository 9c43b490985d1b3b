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

/* Copies the plain bytes that s begins with, and steps over them; the room is large enough. Returns how many.
 */
static size_t copy_plain(uint8_t *room, struct span *s)
{
	const uint8_t *const begin = s->at;
	uint64_t eight;

	for (; s->end - s->at >= 8; s->at += 8, room += 8) {
		memcpy(&eight, s->at, sizeof(eight));
		if (!are_plain(eight))
			break;
		memcpy(room, &eight, sizeof(eight));
	}
	while (s->at < s->end && is_plain(*s->at))
		*room++ = *s->at++;
	return (size_t)(s->at - begin);
}

/* Most texts are plain as a whole, and are copied at once. */
static void write_string(struct buffer *out, struct span s)
{
	const size_t most = span_left(s);
	uint8_t *room = buffer_extend(out, most + 2);
	size_t plain;

	if (room == NULL)
		return;
	room[0] = '"';
	plain = copy_plain(room + 1, &s);
	room[plain + 1] = '"';
	out->length -= most - plain;
	if (plain == most)
		return;
	out->length--; /* it goes on */
	while (span_left(s) > 0) {
		write_character(out, &s);
		room = buffer_extend(out, span_left(s));
		if (room == NULL)
			return;
		out->length -= span_left(s);
		out->length += copy_plain(room, &s);
	}
	buffer_u8(out, '"');
}

/* Keys are ours: plain letters, which need no look at each. */
static void start_value(struct json *j, struct span key)
{
	const bool comma = j->begun[j->depth];
	const size_t length = span_left(key);
	uint8_t *room;

	j->begun[j->depth] = true;
	if (!comma && length == 0)
		return;
	room = buffer_extend(j->out, (comma ? 1 : 0) + (length > 0 ? length + 3 : 0));
	if (room == NULL)
		return;
	if (comma)
		*room++ = ',';
	if (length == 0)
		return;
	*room++ = '"';
	memcpy(room, key.at, length);
	room[length] = '"';
	room[length + 1] = ':';
}

void json_open(struct json *j, struct span key, char opening, char closing)
{
	start_value(j, key);
	buffer_u8(j->out, (uint8_t)opening);
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

void json_write_string(struct json *j, struct span key, struct span s)
{
	start_value(j, key);
	write_string(j->out, s);
}

void json_write_number(struct json *j, struct span key, uint64_t number, bool negative)
{
	start_value(j, key);
	if (negative)
		buffer_u8(j->out, '-');
	buffer_decimal(j->out, number);
}

void json_write_word(struct json *j, struct span key, struct span word)
{
	start_value(j, key);
	buffer_span(j->out, word);
}

void json_members(struct json *j, struct span members)
{
	if (span_left(members) == 0)
		return;
	start_value(j, span_of(NULL, 0));
	buffer_span(j->out, members);
}
