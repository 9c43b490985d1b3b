#include "base/json.h"
#include "base/escape.h"

#include <math.h>
#include <stdio.h>

static void write_string(struct buffer *out, struct span s)
{
	buffer_u8(out, '"');
	while (span_left(s) > 0) {
		const uint8_t *const start = s.at;
		const int32_t c = utf8_next(&s);

		if (c < 0)
			buffer_text(out, "\xef\xbf\xbd");
		else if (c == '"' || c == '\\')
			buffer_format(out, "\\%c", (int)c);
		else if (c == '\n')
			buffer_text(out, "\\n");
		else if (c < 0x20 || c == 0x7f)
			buffer_format(out, "\\u%04x", (unsigned)c);
		else
			buffer_add(out, start, (size_t)(s.at - start));
	}
	buffer_u8(out, '"');
}

static void start_value(struct json *j, const char *key)
{
	if (j->begun[j->depth])
		buffer_u8(j->out, ',');
	j->begun[j->depth] = true;
	if (key == NULL)
		return;
	write_string(j->out, span_text(key));
	buffer_u8(j->out, ':');
}

static void open_level(struct json *j, const char *key, char opening, char closing)
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

void json_open_object(struct json *j, const char *key)
{
	open_level(j, key, '{', '}');
}

void json_open_array(struct json *j, const char *key)
{
	open_level(j, key, '[', ']');
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

void json_span(struct json *j, const char *key, struct span s)
{
	start_value(j, key);
	write_string(j->out, s);
}

void json_text(struct json *j, const char *key, const char *text)
{
	if (text != NULL)
		json_span(j, key, span_text(text));
}

void json_format(struct json *j, const char *key, const char *format, ...)
{
	struct buffer text = buffer_new(64 * 1024);
	va_list list;

	va_start(list, format);
	buffer_format_list(&text, format, list);
	va_end(list);
	json_span(j, key, buffer_read(&text));
	buffer_free(&text);
}

void json_number(struct json *j, const char *key, int64_t number)
{
	start_value(j, key);
	buffer_format(j->out, "%lld", (long long)number);
}

void json_unsigned(struct json *j, const char *key, uint64_t number)
{
	start_value(j, key);
	buffer_format(j->out, "%llu", (unsigned long long)number);
}

void json_decimal(struct json *j, const char *key, double number)
{
	start_value(j, key);
	if (isfinite(number))
		buffer_format(j->out, "%.6g", number);
	else
		buffer_text(j->out, "null");
}

void json_bool(struct json *j, const char *key, bool value)
{
	start_value(j, key);
	buffer_text(j->out, value ? "true" : "false");
}

void json_nothing(struct json *j, const char *key)
{
	start_value(j, key);
	buffer_text(j->out, "null");
}
