#include "policy/names.h"
#include "base/hash.h"

/* The entry of a name, or the free one where it belongs. There is always a free one. */
static struct name_entry *slot(struct name_entry *entries, size_t capacity, struct span name, uint64_t hash)
{
	size_t i = hash & (capacity - 1);

	while (entries[i].name != NULL && (entries[i].hash != hash || !span_is(name, entries[i].name)))
		i = (i + 1) & (capacity - 1);
	return &entries[i];
}

void *names_find(const struct names *names, struct span name)
{
	if (names->capacity == 0)
		return NULL;
	return slot(names->entries, names->capacity, name, hash_bytes(name.at, span_left(name)))->value;
}

static bool grow(struct names *names, struct arena *arena, size_t capacity)
{
	struct name_entry *entries = arena_array(arena, capacity, sizeof(*entries));

	if (entries == NULL)
		return false;
	for (size_t i = 0; i < names->capacity; i++) {
		const struct name_entry *const old = &names->entries[i];

		if (old->name != NULL)
			*slot(entries, capacity, span_text(old->name), old->hash) = *old;
	}
	names->entries = entries;
	names->capacity = capacity;
	return true;
}

bool names_reserve(struct names *names, struct arena *arena, size_t count)
{
	size_t capacity = names->capacity > 0 ? names->capacity : 64;

	while (capacity / 2 < count)
		capacity *= 2;
	return capacity == names->capacity || grow(names, arena, capacity);
}

bool names_add(struct names *names, struct arena *arena, const char *name, void *value)
{
	const struct span text = span_text(name);
	const uint64_t hash = hash_bytes(text.at, span_left(text));

	if (names->count * 2 >= names->capacity && !names_reserve(names, arena, names->count + 1))
		return false;
	*slot(names->entries, names->capacity, text,
	      hash) = (struct name_entry){ .name = name, .hash = hash, .value = value };
	names->count++;
	return true;
}
