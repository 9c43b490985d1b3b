#include "netfilter/region.h"

static bool is_over(struct workshop *w, uint64_t steps)
{
	w->steps += steps;
	w->failed |= w->steps > w->most;
	return w->failed;
}

static const struct address *later(const struct address *a, const struct address *b)
{
	return address_compare(a, b) > 0 ? a : b;
}

static const struct address *earlier(const struct address *a, const struct address *b)
{
	return address_compare(a, b) < 0 ? a : b;
}

bool box_shared(const struct box *a, const struct box *b, struct box *ret_box)
{
	struct box both;

	both.first = a->first > b->first ? a->first : b->first;
	both.last = a->last < b->last ? a->last : b->last;
	both.source_first = a->source_first > b->source_first ? a->source_first : b->source_first;
	both.source_last = a->source_last < b->source_last ? a->source_last : b->source_last;
	if (both.first > both.last || both.source_first > both.source_last)
		return false;
	both.sources.first = *later(&a->sources.first, &b->sources.first);
	both.sources.last = *earlier(&a->sources.last, &b->sources.last);
	if (address_compare(&both.sources.first, &both.sources.last) > 0)
		return false;
	*ret_box = both;
	return true;
}

void region_add(struct workshop *w, struct region *region, const struct box *box)
{
	struct box *boxes;

	if (is_over(w, 1))
		return;
	boxes = arena_grow(w->arena, region->boxes, region->count, &region->capacity, sizeof(*boxes));
	if (boxes == NULL) {
		w->failed = true;
		return;
	}
	region->boxes = boxes;
	boxes[region->count++] = *box;
}

struct region region_within(struct workshop *w, const struct region *region, const struct box *box)
{
	struct region within = { 0 };
	struct box both;

	if (is_over(w, region->count))
		return within;
	for (size_t i = 0; i < region->count; i++) {
		if (box_shared(&region->boxes[i], box, &both))
			region_add(w, &within, &both);
	}
	return within;
}

/* Adds what is left of a box around what was cut out of its middle: before and behind it in one dimension
 * after the other. */
static void add_around(struct workshop *w, struct region *left, struct box whole, const struct box *cut)
{
	struct box part;

	if (address_compare(&whole.sources.first, &cut->sources.first) < 0) {
		part = whole;
		(void)address_previous(&cut->sources.first, &part.sources.last);
		region_add(w, left, &part);
	}
	if (address_compare(&whole.sources.last, &cut->sources.last) > 0) {
		part = whole;
		(void)address_next(&cut->sources.last, &part.sources.first);
		region_add(w, left, &part);
	}
	whole.sources = cut->sources;
	if (whole.source_first < cut->source_first) {
		part = whole;
		part.source_last = (uint16_t)(cut->source_first - 1);
		region_add(w, left, &part);
	}
	if (whole.source_last > cut->source_last) {
		part = whole;
		part.source_first = (uint16_t)(cut->source_last + 1);
		region_add(w, left, &part);
	}
	whole.source_first = cut->source_first;
	whole.source_last = cut->source_last;
	if (whole.first < cut->first) {
		part = whole;
		part.last = (uint16_t)(cut->first - 1);
		region_add(w, left, &part);
	}
	if (whole.last > cut->last) {
		part = whole;
		part.first = (uint16_t)(cut->last + 1);
		region_add(w, left, &part);
	}
}

static bool meets(const struct region *region, const struct box *box)
{
	struct box both;

	for (size_t i = 0; i < region->count; i++) {
		if (box_shared(&region->boxes[i], box, &both))
			return true;
	}
	return false;
}

static struct region without_box(struct workshop *w, const struct region *region, const struct box *box)
{
	struct region left = { 0 };
	struct box both;

	for (size_t i = 0; i < region->count && !w->failed; i++) {
		if (box_shared(&region->boxes[i], box, &both))
			add_around(w, &left, region->boxes[i], &both);
		else
			region_add(w, &left, &region->boxes[i]);
	}
	return left;
}

struct region region_without(struct workshop *w, const struct region *region, const struct region *what)
{
	struct region left = *region;

	for (size_t i = 0; i < what->count && left.count > 0 && !is_over(w, left.count); i++) {
		if (meets(&left, &what->boxes[i]))
			left = without_box(w, &left, &what->boxes[i]);
	}
	return left;
}

struct region region_both(struct workshop *w, const struct region *a, const struct region *b)
{
	struct region both = { 0 }, part;

	for (size_t i = 0; i < b->count && !w->failed; i++) {
		part = region_within(w, a, &b->boxes[i]);
		for (size_t k = 0; k < part.count; k++)
			region_add(w, &both, &part.boxes[k]);
	}
	return both;
}

void region_unite(struct workshop *w, struct region *region, const struct region *more)
{
	const struct region left = region_without(w, more, region);
	struct region all = { 0 };

	if (left.count == 0)
		return;
	for (size_t i = 0; i < region->count; i++)
		region_add(w, &all, &region->boxes[i]);
	for (size_t i = 0; i < left.count; i++)
		region_add(w, &all, &left.boxes[i]);
	*region = all;
}
