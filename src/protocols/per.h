/* per.h: reads Packed Encoding Rules, aligned (ITU-T X.691): bits, numbers of a known range, and lengths. As
 * with spans, what is cut fails, and stays failed. */
#ifndef PROTOCOLS_PER_H
#define PROTOCOLS_PER_H

#include "base/span.h"

struct per {
	struct span bytes; /* what was not touched yet */
	uint8_t last;      /* the octet that was begun */
	unsigned left;     /* bits of it that were not read */
};

static inline struct per per_of(struct span bytes)
{
	return (struct per){ .bytes = bytes };
}

/* At most 16 bits. */
unsigned per_bits(struct per *per, unsigned count);

static inline bool per_bit(struct per *per)
{
	return per_bits(per, 1) != 0;
}

/* What follows begins with a whole octet. */
static inline void per_align(struct per *per)
{
	per->left = 0;
}

/* A length below 16384 (10.9); and that many octets. */
size_t per_length(struct per *per);
struct span per_octets(struct per *per, size_t count);

/* The octets of an open type or of an object identifier, behind their length. */
struct span per_open(struct per *per);

/* What later versions added to a sequence, behind its end (18.7 to 18.9): the first `count` of these; empty
 * where one is missing. */
void per_additions(struct per *per, struct span *list, size_t count);

#endif
