#include "audit/traffic_rooms.h"
#include "base/hash.h"

#include <stdlib.h>

/* Where the hash stands, or would stand. */
static size_t place_of(const struct parties *parties, uint64_t hash)
{
	size_t low = 0, high = parties->count;

	while (low < high) {
		const size_t middle = (low + high) / 2;

		if (parties->hashes[middle] < hash)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool make_room(struct parties *parties)
{
	const size_t capacity = parties->capacity == 0 ? 4 : 2u * parties->capacity;
	uint64_t *hashes;

	if (parties->count < parties->capacity)
		return true;
	hashes = realloc(parties->hashes, capacity * sizeof(*hashes));
	if (hashes == NULL)
		return false;
	parties->hashes = hashes;
	parties->capacity = (uint16_t)capacity;
	return true;
}

static bool insert(struct parties *parties, uint64_t hash, const struct address *address)
{
	const size_t place = place_of(parties, hash);

	if (place < parties->count && parties->hashes[place] == hash)
		return true;
	if (place == PARTIES_KEPT)
		return true;
	if (parties->count < PARTIES_KEPT) {
		if (!make_room(parties))
			return false;
		parties->count++;
	}
	memmove(&parties->hashes[place + 1], &parties->hashes[place],
		(parties->count - 1u - place) * sizeof(*parties->hashes));
	parties->hashes[place] = hash;
	if (address == NULL || place >= TRAFFIC_PARTIES_SHOWN)
		return true;
	memmove(&parties->some[place + 1], &parties->some[place],
		(TRAFFIC_PARTIES_SHOWN - 1 - place) * sizeof(parties->some[0]));
	parties->some[place] = *address;
	return true;
}

bool parties_add(struct parties *parties, const struct address *address)
{
	return insert(parties, hash_bytes(address->bytes, sizeof(address->bytes)), address);
}

bool parties_merge(struct parties *into, const struct parties *from)
{
	/* The addresses that are shown belong to the first hashes, and only those can come to the front. */
	for (size_t i = 0; i < from->count; i++) {
		if (!insert(into, from->hashes[i], i < TRAFFIC_PARTIES_SHOWN ? &from->some[i] : NULL))
			return false;
	}
	return true;
}

struct traffic_parties parties_count(const struct parties *parties)
{
	struct traffic_parties result = { .count = parties->count };

	result.some_count = parties->count < TRAFFIC_PARTIES_SHOWN ? parties->count : TRAFFIC_PARTIES_SHOWN;
	memcpy(result.some, parties->some, sizeof(result.some));
	if (parties->count == PARTIES_KEPT) {
		result.estimated = true;
		result.count = (uint64_t)((PARTIES_KEPT - 1) * 18446744073709551616.0 /
					  (double)parties->hashes[PARTIES_KEPT - 1]);
	}
	return result;
}

void parties_free(struct parties *parties)
{
	free(parties->hashes);
	*parties = (struct parties){ 0 };
}
