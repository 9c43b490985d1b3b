#include "scan/alarms.h"

#include "scan/engine.h"

#include <stdlib.h>

bool alarms_init(struct alarms *alarms, size_t capacity)
{
	*alarms = (struct alarms){ .list = calloc(capacity, sizeof(struct conversation *)),
				   .capacity = capacity };
	return alarms->list != NULL;
}

void alarms_free(struct alarms *alarms)
{
	free(alarms->list);
}

static void put(struct alarms *alarms, size_t place, struct conversation *c)
{
	alarms->list[place] = c;
	c->place = place;
}

/* The place at which it stands in order with those above it. */
static size_t rise(struct alarms *alarms, size_t place, const struct conversation *c)
{
	while (place > 0 && alarms->list[(place - 1) / 2]->alarm > c->alarm) {
		put(alarms, place, alarms->list[(place - 1) / 2]);
		place = (place - 1) / 2;
	}
	return place;
}

/* The same with those below it. */
static size_t sink(struct alarms *alarms, size_t place, const struct conversation *c)
{
	size_t below;

	while ((below = 2 * place + 1) < alarms->count) {
		if (below + 1 < alarms->count && alarms->list[below + 1]->alarm < alarms->list[below]->alarm)
			below++;
		if (alarms->list[below]->alarm >= c->alarm)
			break;
		put(alarms, place, alarms->list[below]);
		place = below;
	}
	return place;
}

static void settle(struct alarms *alarms, size_t place, struct conversation *c)
{
	put(alarms, sink(alarms, rise(alarms, place, c), c), c);
}

void alarms_add(struct alarms *alarms, struct conversation *c)
{
	alarms->count++;
	settle(alarms, alarms->count - 1, c);
}

void alarms_remove(struct alarms *alarms, struct conversation *c)
{
	struct conversation *const last = alarms->list[--alarms->count];

	if (last != c)
		settle(alarms, c->place, last);
}

void alarms_move(struct alarms *alarms, struct conversation *c)
{
	settle(alarms, c->place, c);
}
