#include "scan/shuffle.h"

#include "base/hash.h"

/* Both halves together reach at most four times as far as the count, so that few rounds are repeated. */
struct shuffle shuffle_of(uint64_t count, uint64_t seed)
{
	struct shuffle shuffle = { .count = count, .half_bits = 1 };

	while ((uint64_t)1 << 2 * shuffle.half_bits < count)
		shuffle.half_bits++;
	for (unsigned i = 0; i < SHUFFLE_ROUNDS; i++)
		shuffle.keys[i] = hash_number(seed + i + 1);
	return shuffle;
}

static uint64_t mix(const struct shuffle *shuffle, uint64_t number)
{
	const uint64_t mask = ((uint64_t)1 << shuffle->half_bits) - 1;
	uint64_t left = number >> shuffle->half_bits, right = number & mask;

	for (unsigned i = 0; i < SHUFFLE_ROUNDS; i++) {
		const uint64_t next = left ^ (hash_number(right ^ shuffle->keys[i]) & mask);

		left = right;
		right = next;
	}
	return left << shuffle->half_bits | right;
}

/* A network that is a permutation leads back below the count: at the latest to where it began. */
uint64_t shuffle_nth(const struct shuffle *shuffle, uint64_t nth)
{
	do
		nth = mix(shuffle, nth);
	while (nth >= shuffle->count);
	return nth;
}
