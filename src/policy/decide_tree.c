/* A tree: the ports of one direction and transport cut into classes, and the rules in the storeys above. */
#include "policy/decide_build.h"

#include <stdlib.h>

void *decider_grow(struct decider *d, void *array, size_t count, size_t *capacity, size_t size)
{
	return arena_grow(d->arena, array, count, capacity, size);
}

bool place(struct builder *b, struct placed_list *placed, const struct storeys *storeys, uint32_t first,
	   uint32_t last, uint32_t rule)
{
	struct cover cover = cover_of(storeys, first, last);
	uint32_t room;

	while (cover_next(&cover, &room)) {
		struct placed *const list = arena_grow(b->scratch, placed->list, placed->count,
						       &placed->capacity, sizeof(*list));

		if (list == NULL)
			return false;
		placed->list = list;
		list[placed->count++] = (struct placed){ room, rule };
	}
	return true;
}

static int by_room(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	if (x->room != y->room)
		return x->room < y->room ? -1 : 1;
	return x->rule < y->rule ? -1 : x->rule > y->rule;
}

void sort_placed(struct placed_list *placed)
{
	size_t kept = 0;

	if (placed->count < 2)
		return;
	qsort(placed->list, placed->count, sizeof(*placed->list), by_room);
	for (size_t i = 1; i < placed->count; i++) {
		if (by_room(&placed->list[kept], &placed->list[i]) != 0)
			placed->list[++kept] = placed->list[i];
	}
	placed->count = kept + 1;
}

bool add_rooms(struct builder *b, struct storeys *storeys)
{
	struct decider *const d = b->decider;
	const uint32_t rooms = storeys_rooms(storeys);

	storeys->base = (uint32_t)d->room_count;
	for (uint32_t i = 0; i < rooms; i++) {
		struct room *const grown = decider_grow(d, d->rooms, d->room_count, &d->room_capacity,
							sizeof(*grown));

		if (grown == NULL)
			return false;
		d->rooms = grown;
		grown[d->room_count++] = (struct room){ .first = NO_RULE };
	}
	return true;
}

void leave_out_empty_storeys(const struct decider *d, struct storeys *storeys)
{
	uint32_t storey = 0, height = 0;

	for (struct climb c = climb_from(storeys, 0); climb_on(&c); climb_up(&c)) {
		storey++;
		for (uint32_t i = 0; i < c.width; i++) {
			if (d->rooms[c.base + i].first != NO_RULE)
				height = storey;
		}
	}
	storeys->height = height;
}

static int by_bound(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* The first ports of all classes, in order; their number, or 0 without memory. */
static size_t collect_bounds(struct builder *b, const struct item *items, size_t count)
{
	const size_t wanted = 2 * count + 1;
	size_t bounds = 0, kept = 0;

	if (b->bound_capacity < wanted) {
		b->bounds = arena_array(b->scratch, 2 * wanted, sizeof(*b->bounds));
		b->bound_capacity = b->bounds != NULL ? 2 * wanted : 0;
	}
	if (b->bounds == NULL)
		return 0;
	b->bounds[bounds++] = 0;
	for (size_t i = 0; i < count; i++) {
		b->bounds[bounds++] = items[i].first;
		if (items[i].last < PORTS - 1)
			b->bounds[bounds++] = (uint32_t)items[i].last + 1;
	}
	qsort(b->bounds, bounds, sizeof(*b->bounds), by_bound);
	for (size_t i = 1; i < bounds; i++) {
		if (b->bounds[kept] != b->bounds[i])
			b->bounds[++kept] = b->bounds[i];
	}
	return kept + 1;
}

/* The class that holds a port. */
static uint32_t class_of(const struct builder *b, size_t classes, uint32_t port)
{
	size_t low = 0, high = classes;

	while (low + 1 < high) {
		const size_t middle = low + (high - low) / 2;

		if (port < b->bounds[middle])
			high = middle;
		else
			low = middle;
	}
	return (uint32_t)low;
}

static bool build_ports(struct builder *b, size_t classes, uint32_t *ret_ports)
{
	struct decider *const d = b->decider;
	size_t class = 0;

	*ret_ports = classes > 1 ? (uint32_t)d->port_count : NOTHING;
	for (uint32_t i = 0; classes > 1 && i < PORT_WORDS; i++) {
		struct port_word *const words = decider_grow(d, d->ports, d->port_count, &d->port_capacity,
							     sizeof(*words));
		struct port_word word = { .before = (uint32_t) class };

		if (words == NULL)
			return false;
		for (; class < classes && b->bounds[class] / 64 == i; class ++)
			word.begins |= UINT64_C(1) << b->bounds[class] % 64;
		d->ports = words;
		words[d->port_count++] = word;
	}
	return true;
}

static size_t rooms_needed(const struct builder *b, const struct storeys *storeys, size_t classes,
			   const struct item *items, size_t count)
{
	size_t rooms = 0;

	for (size_t i = 0; i < count; i++) {
		struct cover cover = cover_of(storeys, class_of(b, classes, items[i].first),
					      class_of(b, classes, items[i].last));
		uint32_t room;

		while (cover_next(&cover, &room))
			rooms++;
	}
	return rooms;
}

/* Large rooms make few storeys and short ways; where wide stretches fill too many of them, smaller ones. */
static struct storeys choose_storeys(const struct builder *b, size_t classes, const struct item *items,
				     size_t count)
{
	struct storeys storeys = storeys_of((uint32_t)classes, 6);
	const size_t most = ROOMS_PER_ITEM * count + ROOMS_FREE;

	while (storeys.bits > 1 && rooms_needed(b, &storeys, classes, items, count) > most)
		storeys = storeys_of((uint32_t)classes, storeys.bits - (storeys.bits > 2 ? 2 : 1));
	return storeys;
}

static bool place_items(struct builder *b, const struct storeys *storeys, const struct item *items,
			size_t count)
{
	b->placed.count = 0;
	for (size_t i = 0; i < count; i++) {
		if (!place(b, &b->placed, storeys, class_of(b, storeys->width, items[i].first),
			   class_of(b, storeys->width, items[i].last), items[i].rule))
			return false;
	}
	sort_placed(&b->placed);
	return true;
}

bool build_tree(struct builder *b, const struct item *items, size_t count, uint32_t *ret_tree)
{
	struct decider *const d = b->decider;
	const size_t classes = collect_bounds(b, items, count);
	struct tree *const trees = decider_grow(d, d->trees, d->tree_count, &d->tree_capacity,
						sizeof(*trees));
	struct tree tree;

	if (classes == 0 || trees == NULL)
		return false;
	d->trees = trees;
	tree.storeys = choose_storeys(b, classes, items, count);
	if (!build_ports(b, classes, &tree.ports) || !add_rooms(b, &tree.storeys) ||
	    !place_items(b, &tree.storeys, items, count))
		return false;
	for (size_t i = 0, behind; i < b->placed.count; i = behind) {
		const uint32_t room = b->placed.list[i].room;
		struct room built;

		for (behind = i + 1; behind < b->placed.count && b->placed.list[behind].room == room;
		     behind++)
			;
		if (!build_room(b, b->placed.list + i, behind - i, &built))
			return false;
		d->rooms[room] = built; /* only now: a pair adds rooms of its own */
	}
	leave_out_empty_storeys(d, &tree.storeys);
	*ret_tree = (uint32_t)d->tree_count;
	trees[d->tree_count++] = tree;
	return true;
}
