/* shuffle.h: the numbers below a count in a random order, without a list of them: each position is mapped to
 * one number, by four rounds of a Feistel network that are repeated while they lead beyond the count. The
 * same seed gives the same order, so that what was interrupted can go on. */
#ifndef SCAN_SHUFFLE_H
#define SCAN_SHUFFLE_H

#include <stdint.h>

enum { SHUFFLE_ROUNDS = 4 };

struct shuffle {
	uint64_t count; /* at least 1, below 2^62 */
	uint64_t keys[SHUFFLE_ROUNDS];
	unsigned half_bits;
};

struct shuffle shuffle_of(uint64_t count, uint64_t seed);

/* For nth below the count: a number below the count, another one for each. */
uint64_t shuffle_nth(const struct shuffle *shuffle, uint64_t nth);

#endif
