/* json.h: a streaming JSON writer (RFC 8259). It writes into a buffer and needs no tree. Text that is not
 * UTF-8 has each bad byte replaced by U+FFFD, so that what comes out is always valid JSON.
 *
 *     json_begin(&j);                 {
 *     json_text(&j, "name", "ssh");     "name":"ssh"
 *     json_open_array(&j, "ports");          ,"ports":[
 *     json_number(&j, NULL, 22);          22
 *     json_end(&j);                     ]
 *     json_end(&j);                   }
 *
 * A key is our own word, of plain characters that need no escape. It is given inside an object, and is NULL
 * inside an array or at the top. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buffer.h"

enum { JSON_DEPTH = 16 };

struct json {
	struct buffer *out; /* borrowed */
	unsigned depth;
	bool comma;  /* one is due before what comes next */
	bool failed; /* nested too deep, or ended too often: our own mistake */
	char closing[JSON_DEPTH];
};

static inline struct json json_new(struct buffer *out)
{
	return (struct json){ .out = out };
}

/* Goes on inside an object that has members already, and is ended elsewhere. */
static inline struct json json_resume(struct buffer *out)
{
	return (struct json){ .out = out, .depth = 1, .comma = true, .closing = { '}' } };
}

/* What takes a key and is made where the key is known. Compilers stop asking whether it is worth it where
 * there are more than a thousand callers. */
#define KEYED static inline __attribute__((always_inline))

/* The comma that is due, and a key. It stands here since keys are known when this is compiled: they are
 * measured then, and written in a few words. */
KEYED void json_key(struct json *j, const char *key)
{
	const size_t length = key != NULL ? strlen(key) : 0;
	uint8_t *const room = buffer_extend(j->out, j->comma + (key != NULL ? length + 3 : 0));
	uint8_t *at = room;

	if (room == NULL)
		return;
	if (j->comma)
		*at++ = ',';
	j->comma = true;
	if (key == NULL)
		return;
	*at++ = '"';
	memcpy(at, key, length + 1); /* with its end, where the quote goes */
	at[length] = '"';
	at[length + 1] = ':';
}

/* Values, without what stands before them. A plain text is one of our own words, digits and the like: nothing
 * in it needs an escape, and nobody looks. */
void json_put_open(struct json *j, char opening, char closing);
void json_put_text(struct buffer *out, struct span s);
void json_put_plain(struct buffer *out, struct span s);
void json_put_number(struct buffer *out, uint64_t number, bool negative);
void json_end(struct json *j);

KEYED void json_open_object(struct json *j, const char *key)
{
	json_key(j, key);
	json_put_open(j, '{', '}');
}

KEYED void json_open_array(struct json *j, const char *key)
{
	json_key(j, key);
	json_put_open(j, '[', ']');
}

KEYED void json_begin(struct json *j)
{
	json_open_object(j, NULL);
}

KEYED void json_span(struct json *j, const char *key, struct span s)
{
	json_key(j, key);
	json_put_text(j->out, s);
}

/* A NULL text is left out together with its key. */
KEYED void json_text(struct json *j, const char *key, const char *text)
{
	if (text != NULL)
		json_span(j, key, span_of(text, strlen(text)));
}

KEYED void json_plain_span(struct json *j, const char *key, struct span s)
{
	json_key(j, key);
	json_put_plain(j->out, s);
}

KEYED void json_plain(struct json *j, const char *key, const char *text)
{
	if (text != NULL)
		json_plain_span(j, key, span_of(text, strlen(text)));
}

KEYED void json_number(struct json *j, const char *key, int64_t number)
{
	json_key(j, key);
	json_put_number(j->out, number < 0 ? -(uint64_t)number : (uint64_t)number, number < 0);
}

KEYED void json_unsigned(struct json *j, const char *key, uint64_t number)
{
	json_key(j, key);
	json_put_number(j->out, number, false);
}

KEYED void json_bool(struct json *j, const char *key, bool value)
{
	json_key(j, key);
	buffer_add(j->out, value ? "true" : "false", value ? 4 : 5);
}

/* Adds to an object what was written of its kind before, without its braces: "name":"ssh","port":22 */
void json_members(struct json *j, struct span members);

#endif
