/* bson.h: the part of BSON (bsonspec.org, version 1.1) that MongoDB's messages are read by. A document is its
 * length in four octets, elements, and a zero. Readers follow span.h; nothing here recurses. */
#ifndef PROTOCOLS_BSON_H
#define PROTOCOLS_BSON_H

#include "base/span.h"

enum {
	BSON_DOUBLE = 1,
	BSON_STRING = 2,
	BSON_DOCUMENT = 3,
	BSON_ARRAY = 4,
	BSON_BINARY = 5,
	BSON_INT32 = 16,
	BSON_LAST = 19, /* the highest type, but for the keys that are less and more than all */
};

/* An element: pieces of the document. */
struct bson {
	uint8_t type;
	struct span name, value; /* a text without its NUL; a document with its length */
};

/* The next element of a document whose length was taken off. False at its end, and where it is broken: the
 * span has failed then. */
bool bson_take(struct span *s, struct bson *ret);

/* Finds the element "a", or "a.b" in the document "a", a few documents deep. */
bool bson_find(struct span document, const char *path, struct bson *ret);

/* The text or the octets at this path; empty where there are none. */
struct span bson_text(struct span document, const char *path);

#endif
