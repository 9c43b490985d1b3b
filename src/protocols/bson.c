#include "protocols/bson.h"

#include <string.h>

enum { DEPTH = 4 };

/* Types that only this room knows. */
enum {
	UNDEFINED = 6,
	OBJECT_ID = 7,
	BOOLEAN = 8,
	DATE = 9,
	NOTHING = 10,
	CODE = 13,
	SYMBOL = 14,
	TIMESTAMP = 17,
	INT64 = 18,
	DECIMAL128 = 19,
	LEAST_KEY = 0xff,
	MOST_KEY = 0x7f,
};

bool bson_take(struct span *s, struct bson *ret)
{
	struct span ahead;

	ret->type = span_u8(s);
	if (ret->type == 0 || s->failed)
		return false;
	ret->name = span_until(s, 0);
	ahead = *s;
	switch (ret->type) {
	case UNDEFINED:
	case NOTHING:
	case LEAST_KEY:
	case MOST_KEY: ret->value = span_take(s, 0); break;
	case BOOLEAN: ret->value = span_take(s, 1); break;
	case BSON_INT32: ret->value = span_take(s, 4); break;
	case BSON_DOUBLE:
	case DATE:
	case TIMESTAMP:
	case INT64: ret->value = span_take(s, 8); break;
	case OBJECT_ID: ret->value = span_take(s, 12); break;
	case DECIMAL128: ret->value = span_take(s, 16); break;
	case BSON_DOCUMENT:
	case BSON_ARRAY: ret->value = span_take(s, span_u32_le(&ahead)); break;
	case BSON_BINARY:
		ret->value = span_take(s, (size_t)span_u32_le(&ahead) + 5);
		span_skip(&ret->value, 5);
		break;
	case BSON_STRING:
	case CODE:
	case SYMBOL:
		ret->value = span_take(s, (size_t)span_u32_le(&ahead) + 4);
		span_skip(&ret->value, 4);
		if (span_left(ret->value) > 0)
			ret->value.end--;
		break;
	default: s->failed = true; return false;
	}
	return !s->failed;
}

bool bson_find(struct span document, const char *path, struct bson *ret)
{
	for (unsigned depth = 0; depth < DEPTH; depth++) {
		const char *const dot = strchr(path, '.');
		const size_t length = dot != NULL ? (size_t)(dot - path) : strlen(path);
		bool found = false;

		span_skip(&document, 4);
		while (!found && bson_take(&document, ret))
			found = span_left(ret->name) == length && memcmp(ret->name.at, path, length) == 0;
		if (!found || dot == NULL)
			return found;
		if (ret->type != BSON_DOCUMENT && ret->type != BSON_ARRAY)
			return false;
		document = ret->value;
		path = dot + 1;
	}
	return false;
}

struct span bson_text(struct span document, const char *path)
{
	struct bson e;

	return bson_find(document, path, &e) && (e.type == BSON_STRING || e.type == BSON_BINARY)
		       ? e.value
		       : span_of(NULL, 0);
}
