/* memory.c: each room is a ring of entries, and chains by the hash of their keys, the newest first. */
#include "protocols/memory.h"
#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

struct slot {
	uint32_t older, newer; /* its neighbours in the chain, each 1 + place; 0: none */
	uint64_t hash;
};

struct hall {
	const struct memory_room *room;
	uint32_t *chains; /* owned; as many as entries, each 1 + place */
	uint8_t *slots;   /* owned; a slot, the key, the value */
	size_t slot_size, value_at;
	uint64_t count; /* entries ever made */
};

struct memory {
	uint64_t key; /* of the hashes */
	struct hall halls[MEMORY_ROOMS];
	size_t count;
};

struct memory *memory_new(void)
{
	struct memory *const memory = calloc(1, sizeof(*memory));

	if (memory != NULL)
		memory->key = hash_key();
	return memory;
}

void memory_free(struct memory *memory)
{
	if (memory == NULL)
		return;
	for (size_t i = 0; i < memory->count; i++) {
		free(memory->halls[i].chains);
		free(memory->halls[i].slots);
	}
	free(memory);
}

static size_t aligned(size_t size)
{
	return (size + 7) & ~(size_t)7;
}

static struct hall *open_hall(struct memory *memory, const struct memory_room *room)
{
	struct hall *const hall = &memory->halls[memory->count];

	if (memory->count == MEMORY_ROOMS)
		return NULL;
	hall->room = room;
	hall->value_at = sizeof(struct slot) + aligned(room->key_size);
	hall->slot_size = hall->value_at + aligned(room->value_size);
	hall->chains = calloc(room->limit, sizeof(*hall->chains));
	hall->slots = calloc(room->limit, hall->slot_size);
	if (hall->chains != NULL && hall->slots != NULL) {
		memory->count++;
		return hall;
	}
	free(hall->chains);
	free(hall->slots);
	*hall = (struct hall){ 0 };
	return NULL;
}

static struct hall *hall_of(struct memory *memory, const struct memory_room *room)
{
	for (size_t i = 0; i < memory->count; i++)
		if (memory->halls[i].room == room)
			return &memory->halls[i];
	return NULL;
}

static struct slot *at(const struct hall *hall, uint32_t link)
{
	return (struct slot *)(void *)(hall->slots + (size_t)(link - 1) * hall->slot_size);
}

static uint32_t *chain_of(const struct hall *hall, uint64_t hash)
{
	return &hall->chains[hash % hall->room->limit];
}

static uint8_t *key_of(struct slot *slot)
{
	return (uint8_t *)(slot + 1);
}

static void *find(const struct hall *hall, const void *key, uint64_t hash)
{
	for (uint32_t link = *chain_of(hall, hash); link != 0; link = at(hall, link)->older) {
		struct slot *const slot = at(hall, link);

		if (slot->hash == hash && memcmp(key_of(slot), key, hall->room->key_size) == 0)
			return (uint8_t *)slot + hall->value_at;
	}
	return NULL;
}

/* Takes the oldest out of its chain, in which it is the last. */
static void forget(const struct hall *hall, const struct slot *slot)
{
	if (slot->newer != 0)
		at(hall, slot->newer)->older = 0;
	else
		*chain_of(hall, slot->hash) = 0;
}

static void *add(struct hall *hall, const void *key, uint64_t hash)
{
	const uint32_t link = (uint32_t)(hall->count % hall->room->limit) + 1;
	struct slot *const slot = at(hall, link);
	uint32_t *const chain = chain_of(hall, hash);

	if (hall->count >= hall->room->limit)
		forget(hall, slot);
	memset(slot, 0, hall->slot_size);
	slot->hash = hash;
	slot->older = *chain;
	if (*chain != 0)
		at(hall, *chain)->newer = link;
	*chain = link;
	memcpy(key_of(slot), key, hall->room->key_size);
	hall->count++;
	return (uint8_t *)slot + hall->value_at;
}

void *memory_find(struct memory *memory, const struct memory_room *room, const void *key)
{
	const struct hall *const hall = hall_of(memory, room);

	return hall != NULL ? find(hall, key, hash_keyed(key, room->key_size, memory->key)) : NULL;
}

void *memory_put(struct memory *memory, const struct memory_room *room, const void *key)
{
	const uint64_t hash = hash_keyed(key, room->key_size, memory->key);
	struct hall *hall = hall_of(memory, room);
	void *value;

	if (hall == NULL)
		hall = open_hall(memory, room);
	if (hall == NULL)
		return NULL;
	value = find(hall, key, hash);
	return value != NULL ? value : add(hall, key, hash);
}

size_t memory_counts(const struct memory *memory, struct memory_count counts[static MEMORY_ROOMS])
{
	for (size_t i = 0; i < memory->count; i++) {
		const struct hall *const hall = &memory->halls[i];
		const uint64_t most = hall->room->limit;

		counts[i] = (struct memory_count){ .name = hall->room->name,
						   .held = hall->count < most ? hall->count : most,
						   .forgotten = hall->count > most ? hall->count - most : 0 };
	}
	return memory->count;
}
