#include "policy/storeys.h"

struct storeys storeys_of(uint32_t width, uint32_t bits)
{
	struct storeys s = { .width = width, .bits = bits, .height = 1 };

	for (; width > 1; width = ((width - 1) >> bits) + 1)
		s.height++;
	return s;
}

uint32_t storeys_rooms(const struct storeys *s)
{
	uint32_t rooms = 0;

	for (struct climb c = climb_from(s, 0); climb_on(&c); climb_up(&c))
		rooms += c.width;
	return rooms;
}

struct cover cover_of(const struct storeys *s, uint32_t first, uint32_t last)
{
	return (struct cover){ .left = climb_from(s, first), .last = last };
}

/* A room's first classes and its last ones that do not fill a room of the next storey are given by
 * themselves; what is left between fills such rooms wholly. The last room of a storey may be smaller. */
bool cover_next(struct cover *cover, uint32_t *ret_room)
{
	struct climb *const c = &cover->left;

	while (!cover->done) {
		const uint32_t mask = ((uint32_t)1 << c->bits) - 1;
		const bool single = c->index == cover->last;
		const bool left_edge = (c->index & mask) != 0;
		const bool right_edge = cover->last != c->width - 1 && ((cover->last + 1) & mask) != 0;

		if (c->width > 1 && !left_edge && !right_edge) {
			climb_up(c);
			cover->last >>= c->bits;
			continue;
		}
		*ret_room = c->base + (left_edge || c->width == 1 ? c->index : cover->last);
		if (left_edge)
			c->index++;
		else
			cover->last--;
		cover->done = single;
		return true;
	}
	return false;
}
