#include "packet/fragments_table.h"
#include "base/hash.h"

#include <stdlib.h>

enum { WAYS = 8, NONE = -1 };
#define SECOND_NS INT64_C(1000000000)

struct fragments *fragments_new(size_t memory)
{
	struct fragments *f = calloc(1, sizeof(*f));
	size_t pages;

	if (f == NULL)
		return NULL;
	if (memory < FRAGMENTS_MEMORY_LEAST)
		memory = FRAGMENTS_MEMORY_LEAST;
	if (memory > (size_t)FRAGMENTS_MEMORY << 7)
		memory = (size_t)FRAGMENTS_MEMORY << 7;
	memory -= (size_t)PACKET_DEPTH * OUTPUT;
	f->buckets = (uint32_t)(memory / (WAYS * (sizeof(struct partial) + 2 * PAGE)));
	pages = (memory - f->buckets * WAYS * sizeof(struct partial)) / (PAGE + sizeof(uint32_t));
	f->partials = calloc((size_t)f->buckets * WAYS, sizeof(struct partial));
	f->pages = malloc(pages * PAGE);
	f->free_pages = malloc(pages * sizeof(uint32_t));
	f->outputs = malloc((size_t)PACKET_DEPTH * OUTPUT);
	if (f->partials == NULL || f->pages == NULL || f->free_pages == NULL || f->outputs == NULL) {
		fragments_free(f);
		return NULL;
	}
	while (f->free_count < pages) {
		f->free_pages[f->free_count] = (uint32_t)pages - f->free_count;
		f->free_count++;
	}
	f->queues[0] = f->queues[1] = (struct queue){ NONE, NONE };
	return f;
}

void fragments_free(struct fragments *fragments)
{
	if (fragments == NULL)
		return;
	free(fragments->partials);
	free(fragments->pages);
	free(fragments->free_pages);
	free(fragments->outputs);
	free(fragments);
}

/* ---- by age ---- */

static struct queue *queue_of(struct fragments *f, const struct partial *p)
{
	return &f->queues[p->key.version == 6];
}

static void enqueue(struct fragments *f, struct partial *p)
{
	struct queue *const queue = queue_of(f, p);
	const int32_t number = (int32_t)(p - f->partials);

	p->previous = queue->last;
	p->next = NONE;
	if (queue->last != NONE)
		f->partials[queue->last].next = number;
	else
		queue->first = number;
	queue->last = number;
}

void partial_end(struct fragments *f, struct partial *p)
{
	struct queue *const queue = queue_of(f, p);

	if (p->previous != NONE)
		f->partials[p->previous].next = p->next;
	else
		queue->first = p->next;
	if (p->next != NONE)
		f->partials[p->next].previous = p->previous;
	else
		queue->last = p->previous;
	for (unsigned n = 0; n < PAGES; n++)
		if (p->pages[n] != 0)
			f->free_pages[f->free_count++] = p->pages[n];
	p->in_use = false;
	f->counts.live--;
}

static void expire_queue(struct fragments *f, struct queue *queue, int64_t due_ns)
{
	while (queue->first != NONE && f->partials[queue->first].first_ns < due_ns) {
		partial_end(f, &f->partials[queue->first]);
		f->counts.timeouts++;
	}
}

void fragments_expire(struct fragments *fragments, int64_t now_ns)
{
	if (now_ns < INT64_MIN + FRAGMENTS_V6_SECONDS * SECOND_NS)
		return;
	expire_queue(fragments, &fragments->queues[0], now_ns - FRAGMENTS_V4_SECONDS * SECOND_NS);
	expire_queue(fragments, &fragments->queues[1], now_ns - FRAGMENTS_V6_SECONDS * SECOND_NS);
}

static void evict(struct fragments *f, struct partial *p)
{
	partial_end(f, p);
	f->counts.evicted++;
}

/* The oldest of all but one. */
static struct partial *oldest(struct fragments *f, const struct partial *except)
{
	struct partial *found = NULL;

	for (unsigned n = 0; n < 2; n++) {
		int32_t number = f->queues[n].first;

		if (number != NONE && &f->partials[number] == except)
			number = except->next;
		if (number != NONE && (found == NULL || f->partials[number].first_ns < found->first_ns))
			found = &f->partials[number];
	}
	return found;
}

static struct partial *begin(struct fragments *f, struct partial *p, const struct key *key, int64_t now_ns)
{
	memset(p, 0, sizeof(*p));
	p->key = *key;
	p->first_ns = now_ns;
	p->captured = UINT32_MAX;
	p->in_use = true;
	enqueue(f, p);
	f->counts.datagrams++;
	f->counts.live++;
	return p;
}

struct partial *partial_find(struct fragments *f, const struct key *key, int64_t now_ns)
{
	const uint64_t hash = hash_bytes(key, sizeof(*key));
	struct partial *const bucket = &f->partials[hash % f->buckets * WAYS];
	struct partial *place = &bucket[0];

	for (unsigned n = 0; n < WAYS; n++) {
		struct partial *const p = &bucket[n];

		if (p->in_use && memcmp(&p->key, key, sizeof(*key)) == 0)
			return p;
		if (place->in_use && (!p->in_use || p->first_ns < place->first_ns))
			place = p;
	}
	if (place->in_use)
		evict(f, place);
	return begin(f, place, key, now_ns);
}

/* There are more pages than one datagram needs, so there is always another to give some up. */
uint8_t *partial_unit(struct fragments *f, struct partial *p, uint32_t unit)
{
	uint32_t *const page = &p->pages[unit / (PAGE / UNIT)];

	while (*page == 0 && f->free_count == 0)
		evict(f, oldest(f, p));
	if (*page == 0)
		*page = f->free_pages[--f->free_count];
	return &f->pages[(size_t)(*page - 1) * PAGE + unit % (PAGE / UNIT) * UNIT];
}
