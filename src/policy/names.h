/* names.h: words and what they stand for, found by hash, so that a policy with a hundred thousand names is
 * read in the time that its length asks for. Lives in an arena. */
#ifndef POLICY_NAMES_H
#define POLICY_NAMES_H

#include "base/arena.h"

struct name_entry {
	const char *name; /* borrowed from whoever added it */
	uint64_t hash;
	void *value;
};

/* Zeroed it is empty and ready. */
struct names {
	struct name_entry *entries;
	size_t count, capacity;
};

/* What the name stands for, or NULL. */
void *names_find(const struct names *names, struct span name);

/* Makes room for so many names, where it is known how many come. False without memory. */
bool names_reserve(struct names *names, struct arena *arena, size_t count);

/* Adds a name that is not there. False without memory. */
bool names_add(struct names *names, struct arena *arena, const char *name, void *value);

#endif
