/* msgpack.h: MessagePack, msgpack.org's specification: numbers, texts, arrays and maps, each with its kind in
 * front. */
#ifndef PROTOCOLS_MSGPACK_H
#define PROTOCOLS_MSGPACK_H

#include "protocols/protocols.h"

enum msgpack_kind {
	MSGPACK_NIL,
	MSGPACK_BOOL,
	MSGPACK_NUMBER, /* without a sign */
	MSGPACK_NEGATIVE,
	MSGPACK_FLOAT,
	MSGPACK_TEXT,
	MSGPACK_BINARY,
	MSGPACK_ARRAY,
	MSGPACK_MAP,
	MSGPACK_EXTENSION,
};

struct msgpack {
	enum msgpack_kind kind;
	uint64_t number;   /* of numbers without a sign; of an array its elements, of a map its pairs */
	struct span bytes; /* of texts, binaries and extensions */
};

/* Takes the next item off s; of an array or a map the head alone. False: it is none, or not whole, and s has
 * failed. */
bool msgpack_take(struct span *s, struct msgpack *ret_item);

/* Steps over the next item with all that is in it. */
bool msgpack_skip(struct span *s);

#endif
