/* sequences.h: what the sequence numbers of one sender tell: what was lost on the way or to the capture, what
 * came twice, and what came late. The numbers have 32 bits and go on from zero behind their end, as those of
 * GRE (RFC 2890) and the extended ones of IPsec (RFC 4303) do. */
#ifndef PROTOCOLS_SEQUENCES_H
#define PROTOCOLS_SEQUENCES_H

#include "base/json.h"

/* All zero at first. */
struct sequences {
	uint64_t first, highest; /* counted on behind each end */
	uint64_t seen;           /* bit n: highest - n */
	uint64_t fresh, repeated, out_of_order, late;
	bool begun;
};

void sequences_add(struct sequences *sequences, uint32_t sequence);

/* Members of an object; none where no number was seen. */
void sequences_emit(struct json *json, const struct sequences *sequences);

#endif
