/* storeys.h: a row of classes, such as the elementary intervals of ports, and over it storeys that each take
 * 2^bits neighbours together, up to one room that holds all. What reaches over a stretch of classes stands
 * in the fewest rooms that make up just that stretch, and a class finds all that reaches over it in one room
 * of each storey: a handful, however many there are. */
#ifndef POLICY_STOREYS_H
#define POLICY_STOREYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The rooms are numbered storey by storey, the lowest first, from `base` on. */
struct storeys {
	uint32_t base, width; /* width: classes, at least 1 */
	uint32_t bits;
	uint32_t height; /* how many storeys a walk goes up: all, or only those that are not empty */
};

/* Walks over the rooms above a class:
 *     for (struct climb c = climb_from(s, class); climb_on(&c); climb_up(&c)) use(c.base + c.index); */
struct climb {
	uint32_t base, width, index, bits, left;
};

static inline struct climb climb_from(const struct storeys *s, uint32_t class)
{
	return (struct climb){ s->base, s->width, class, s->bits, s->height };
}

static inline bool climb_on(const struct climb *c)
{
	return c->left > 0;
}

static inline void climb_up(struct climb *c)
{
	c->base += c->width;
	c->index >>= c->bits;
	c->width = ((c->width - 1) >> c->bits) + 1;
	c->left--;
}

/* All storeys over so many classes, with base 0. */
struct storeys storeys_of(uint32_t width, uint32_t bits);

/* How many rooms there are in all. */
uint32_t storeys_rooms(const struct storeys *s);

/* Gives one room after the other that together make up the classes first to last. */
struct cover {
	struct climb left;
	uint32_t last; /* left.index is the first */
	bool done;
};
struct cover cover_of(const struct storeys *s, uint32_t first, uint32_t last);
bool cover_next(struct cover *cover, uint32_t *ret_room);

#endif
