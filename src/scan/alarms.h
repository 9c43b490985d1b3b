/* alarms.h: the conversations that are live, the one whose alarm comes first in front: a binary heap, in
 * which each knows its place. */
#ifndef SCAN_ALARMS_H
#define SCAN_ALARMS_H

#include <stdbool.h>
#include <stddef.h>

struct conversation;

struct alarms {
	struct conversation **list; /* owned */
	size_t count, capacity;
};

/* False without memory. */
bool alarms_init(struct alarms *alarms, size_t capacity);
void alarms_free(struct alarms *alarms);

/* There must be room. */
void alarms_add(struct alarms *alarms, struct conversation *c);
void alarms_remove(struct alarms *alarms, struct conversation *c);

/* After its alarm was changed. */
void alarms_move(struct alarms *alarms, struct conversation *c);

#endif
