/* hash.h: XXH3 of bytes, for tables and for the ids that are made from content. The same input gives the
 * same value on every machine and in every version: rule ids depend on it. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t hash_bytes(const void *bytes, size_t length);

/* For tables whose keys come from the network: with a key that nobody outside knows, nobody can choose what
 * falls together. What comes out must not depend on the order in such a table. */
uint64_t hash_keyed(const void *bytes, size_t length, uint64_t key);

/* A key: the same as long as the process lives. */
uint64_t hash_key(void);

/* Spreads a number over 64 bits: for keys that are numbers already. */
static inline uint64_t hash_number(uint64_t n)
{
	n = (n ^ n >> 30) * 0xbf58476d1ce4e5b9u;
	n = (n ^ n >> 27) * 0x94d049bb133111ebu;
	return n ^ n >> 31;
}

#endif
