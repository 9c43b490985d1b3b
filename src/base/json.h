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
	bool begun[JSON_DEPTH]; /* whether something stands at this depth already */
	char closing[JSON_DEPTH];
	bool failed; /* nested too deep, or ended too often: our own mistake */
};

static inline struct json json_new(struct buffer *out)
{
	return (struct json){ .out = out };
}

/* Keys are measured where they stand, which is done by the compiler. */
static inline struct span json_key(const char *key)
{
	return key != NULL ? span_of(key, strlen(key)) : span_of(NULL, 0);
}
void json_open(struct json *j, struct span key, char opening, char closing);
void json_write_string(struct json *j, struct span key, struct span s);
void json_write_number(struct json *j, struct span key, uint64_t number, bool negative);
void json_write_word(struct json *j, struct span key, struct span word);
void json_end(struct json *j);

static inline void json_open_object(struct json *j, const char *key)
{
	json_open(j, json_key(key), '{', '}');
}

static inline void json_open_array(struct json *j, const char *key)
{
	json_open(j, json_key(key), '[', ']');
}

static inline void json_begin(struct json *j)
{
	json_open_object(j, NULL);
}

static inline void json_span(struct json *j, const char *key, struct span s)
{
	json_write_string(j, json_key(key), s);
}

/* A NULL text is left out together with its key. */
static inline void json_text(struct json *j, const char *key, const char *text)
{
	if (text != NULL)
		json_write_string(j, json_key(key), span_of(text, strlen(text)));
}

static inline void json_number(struct json *j, const char *key, int64_t number)
{
	json_write_number(j, json_key(key), number < 0 ? -(uint64_t)number : (uint64_t)number, number < 0);
}

static inline void json_unsigned(struct json *j, const char *key, uint64_t number)
{
	json_write_number(j, json_key(key), number, false);
}

static inline void json_bool(struct json *j, const char *key, bool value)
{
	json_write_word(j, json_key(key), value ? span_of("true", 4) : span_of("false", 5));
}

/* Adds to an object what was written of its kind before, without its braces: "name":"ssh","port":22 */
void json_members(struct json *j, struct span members);

#endif
