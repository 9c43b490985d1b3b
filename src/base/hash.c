#include "base/hash.h"

#include <pthread.h>
#include <sys/random.h>
#include <xxhash.h>

static uint64_t drawn;

static void draw(void)
{
	if (getrandom(&drawn, sizeof(drawn), GRND_NONBLOCK) != sizeof(drawn))
		drawn = (uintptr_t)&drawn; /* early after booting; the loader draws lots, too */
}

uint64_t hash_bytes(const void *bytes, size_t length)
{
	return XXH3_64bits(bytes, length);
}

uint64_t hash_keyed(const void *bytes, size_t length, uint64_t key)
{
	return XXH3_64bits_withSeed(bytes, length, key);
}

uint64_t hash_key(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, draw);
	return drawn;
}
