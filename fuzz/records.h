/* records.h: where the records of a capture end: a reader of its own, so simple that the one that is tested
 * can be held to it. */
#ifndef FUZZ_RECORDS_H
#define FUZZ_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RECORDS_MOST = 1 << 16 };

struct records {
	size_t ends[RECORDS_MOST]; /* offsets, rising: of the file's header first, then of each record or
				      block */
	size_t count;
	bool packed; /* compressed: nothing is known of what is inside */
};

/* Of what is no capture there are none; behind damage there are none. */
void records_find(struct records *records, const uint8_t *bytes, size_t length);

/* Whether a capture that is cut there ends with a whole record. */
bool records_end_at(const struct records *records, size_t at);

#endif
