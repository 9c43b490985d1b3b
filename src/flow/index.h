/* index.h: from the hash of a packet's flow to the flow's number. Open-addressed; each slot holds 32 bits of
 * the hash, which say where it stands and, nearly always, whether it is the right one, so that a flow's own
 * lines are read only then. */
#ifndef FLOW_INDEX_H
#define FLOW_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slot {
	uint32_t number; /* 0: empty */
	uint32_t tag;    /* lower half of the hash */
};

struct index {
	struct slot *slots; /* owned: mask + 1 of them */
	size_t mask, used;
};

bool index_init(struct index *index);
void index_free(struct index *index);

/* Nothing is in it any more. */
void index_clear(struct index *index);

static inline size_t index_memory(const struct index *index)
{
	return (index->mask + 1) * sizeof(struct slot);
}

/* Whether one more would make searches long; index_grow() then doubles the slots, and is false without
 * memory. */
static inline bool index_is_full(const struct index *index)
{
	return 4 * (index->used + 1) > 3 * (index->mask + 1);
}
bool index_grow(struct index *index);

/* There must be room. */
void index_add(struct index *index, uint32_t tag, uint32_t number);

/* It must be there. */
void index_remove(struct index *index, uint32_t tag, uint32_t number);

#endif
