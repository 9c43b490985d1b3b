#include "flow/index.h"
#include "flow/places.h"

#include <sys/mman.h>

enum { FIRST_SLOTS = 8192 };

/* Flows are spread over all of it, and a slot is looked at before it is filled: each page would be faulted in
 * twice, the second time with all processors told. A system that cannot do it at once does it so. */
static bool set_up(struct index *index, size_t count)
{
	index->slots = pages_new(count * sizeof(struct slot), 0);
	index->mask = count - 1;
	index->used = 0;
	if (index->slots != NULL)
		(void)madvise(index->slots, index_memory(index), MADV_POPULATE_WRITE);
	return index->slots != NULL;
}

bool index_init(struct index *index)
{
	return set_up(index, FIRST_SLOTS);
}

void index_free(struct index *index)
{
	pages_free(index->slots, index_memory(index));
}

void index_clear(struct index *index)
{
	memset(index->slots, 0, index_memory(index));
	index->used = 0;
}

void index_add(struct index *index, uint32_t tag, uint32_t number)
{
	size_t at = tag & index->mask;

	while (index->slots[at].number != NO_FLOW)
		at = (at + 1) & index->mask;
	index->slots[at] = (struct slot){ .number = number, .tag = tag };
	index->used++;
}

bool index_grow(struct index *index)
{
	struct index more;

	if (index->mask == UINT32_MAX || !set_up(&more, 2 * (index->mask + 1)))
		return false;
	for (size_t i = 0; i <= index->mask; i++) {
		if (index->slots[i].number != NO_FLOW)
			index_add(&more, index->slots[i].tag, index->slots[i].number);
	}
	index_free(index);
	*index = more;
	return true;
}

/* Those behind the hole move up, so that no search ends too early. */
void index_remove(struct index *index, uint32_t tag, uint32_t number)
{
	struct slot *const slots = index->slots;
	size_t hole = tag & index->mask, at;

	while (slots[hole].number != number)
		hole = (hole + 1) & index->mask;
	for (at = (hole + 1) & index->mask; slots[at].number != NO_FLOW; at = (at + 1) & index->mask) {
		const size_t home = slots[at].tag & index->mask;

		if (((at - home) & index->mask) >= ((at - hole) & index->mask)) {
			slots[hole] = slots[at];
			hole = at;
		}
	}
	slots[hole].number = NO_FLOW;
	index->used--;
}
