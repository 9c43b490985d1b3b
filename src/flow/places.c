#include "flow/places.h"

#include <sys/mman.h>

enum { LEAST_BYTES = 4 << 20, LISTS = 32 };

/* ---- pages ---- */

/* More is asked for than is needed, so that it can begin where a huge page does; the rest is given back. */
void *pages_new(size_t bytes, size_t small)
{
	const size_t all = bytes + HUGE_PAGE;
	uint8_t *const mapped = mmap(NULL, all, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t before;

	if (mapped == MAP_FAILED)
		return NULL;
	before = (HUGE_PAGE - (uintptr_t)mapped % HUGE_PAGE) % HUGE_PAGE;
	if (before > 0)
		munmap(mapped, before);
	munmap(mapped + before + bytes, HUGE_PAGE - before);
	if (bytes > small)
		madvise(mapped + before + small, bytes - small,
			MADV_HUGEPAGE); /* or not: it is only slower */
	return mapped + before;
}

void pages_free(void *pages, size_t bytes)
{
	if (pages != NULL)
		munmap(pages, bytes);
}

/* ---- places ---- */

bool places_init(struct places *places, size_t bytes)
{
	const size_t most = (size_t)UINT32_MAX * FLOW_BYTES / HUGE_PAGE * HUGE_PAGE;

	bytes = bytes / HUGE_PAGE * HUGE_PAGE;
	if (bytes > most)
		bytes = most;
	do { /* a system that counts address space may not give as much as the bound */
		*places = (struct places){ .at = pages_new(bytes, HUGE_PAGE), .bytes = bytes, .next = 1 };
		bytes = bytes / 2 / HUGE_PAGE * HUGE_PAGE;
	} while (places->at == NULL && bytes >= LEAST_BYTES);
	return places->at != NULL;
}

void places_free(struct places *places)
{
	pages_free(places->at, places->bytes);
}

struct flow *places_take(struct places *places, size_t bytes)
{
	struct flow *flow;

	if (places->free_list != NO_FLOW) {
		flow = place_of(places, places->free_list);
		places->free_list = flow->next_due;
		return flow;
	}
	if (bytes > places->bytes)
		bytes = places->bytes;
	if (places_memory(places->next + 1) > bytes)
		return NULL;
	flow = place_of(places, places->next);
	flow->number = places->next++;
	return flow;
}

void places_give(struct places *places, struct flow *flow)
{
	flow->next_due = places->free_list;
	places->free_list = flow->number;
}

void places_clear(struct places *places)
{
	places->next = 1;
	places->free_list = NO_FLOW;
}

/* ---- order ---- */

static bool is_before(const struct flow *a, const struct flow *b)
{
	return a->first_frame != b->first_frame ? a->first_frame < b->first_frame : a->nth < b->nth;
}

static bool is_sorted(const struct places *places, uint32_t list)
{
	for (uint32_t next; list != NO_FLOW; list = next) {
		next = place_of(places, list)->next_due;
		if (next != NO_FLOW && is_before(place_of(places, next), place_of(places, list)))
			return false;
	}
	return true;
}

static uint32_t merge(const struct places *places, uint32_t a, uint32_t b)
{
	uint32_t list = NO_FLOW, *end = &list;

	while (a != NO_FLOW && b != NO_FLOW) {
		uint32_t *const first = is_before(place_of(places, b), place_of(places, a)) ? &b : &a;

		*end = *first;
		end = &place_of(places, *first)->next_due;
		*first = *end;
	}
	*end = a != NO_FLOW ? a : b;
	return list;
}

/* Merges from below: lists[n] holds 2^n flows or none, as the digits of a number that counts up. */
uint32_t places_sort(const struct places *places, uint32_t list)
{
	uint32_t lists[LISTS] = { 0 }, sorted = NO_FLOW;

	if (is_sorted(places, list))
		return list;
	while (list != NO_FLOW) {
		uint32_t one = list;
		size_t n = 0;

		list = place_of(places, one)->next_due;
		place_of(places, one)->next_due = NO_FLOW;
		for (; n < LISTS - 1 && lists[n] != NO_FLOW; n++) {
			one = merge(places, lists[n], one);
			lists[n] = NO_FLOW;
		}
		lists[n] = n < LISTS - 1 ? one : merge(places, lists[n], one);
	}
	for (size_t n = 0; n < LISTS; n++)
		sorted = merge(places, lists[n], sorted);
	return sorted;
}
