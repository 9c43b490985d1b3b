/* noise.h: octets that are nobody's protocol, of many kinds, for the tests that nobody names them. The
 * numbers are the same in every run with the same seed. */
#ifndef TEST_UNIT_NOISE_H
#define TEST_UNIT_NOISE_H

#include <stddef.h>
#include <stdint.h>

struct noise {
	const char *name;
	void (*fill)(uint8_t *bytes, size_t length);
};

/* Random octets (which is what encryption gives), text of many languages and forms, compressed text and
 * compressed noise, one octet all along, and heads as they are made up again and again: small numbers,
 * lengths, counters. */
extern const struct noise noises[];
extern const size_t noise_count;

/* Where the numbers begin; 1 if nobody says so. */
void noise_seed(uint64_t seed);
uint32_t noise_number(void);

#endif
