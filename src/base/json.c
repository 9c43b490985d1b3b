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

static size_t plain_length(struct span s)
{
	const uint8_t *at = s.at;

	while (at < s.end && is_plain(*at))
		at++;
	return (size_t)(at - s.at);
}

/* Most texts are plain as a whole, and are copied at once. */
static void write_string(struct buffer *out, struct span s)
{
	size_t plain = plain_length(s);
	uint8_t *room;

	if (plain == span_left(s)) {
		room = buffer_extend(out, plain + 2);
		if (room == NULL)
			return;
		room[0] = '"';
		memcpy(room + 1, s.at, plain);
		room[plain + 1] = '"';
		return;
	}
	buffer_u8(out, '"');
	for (; span_left(s) > 0; plain = plain_length(s)) {
		buffer_add(out, s.at, plain);
		s.at += plain;
		if (span_left(s) > 0)
			write_character(out, &s);
	}
	buffer_u8(out, '"');
}

static void write_number(struct buffer *out, uint64_t number, bool negative)
{
	char digits[24], *at = digits + sizeof(digits);

	do {
		*--at = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	if (negative)
		*--at = '-';
	buffer_add(out, at, (size_t)(digits + sizeof(digits) - at));
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
	write_number(j->out, number, negative);
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
