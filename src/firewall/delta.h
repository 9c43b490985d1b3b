/* delta.h: from one rule set to the next by what differs. */
#ifndef FIREWALL_DELTA_H
#define FIREWALL_DELTA_H

#include "base/arena.h"
#include "base/buffer.h"

/* Writes what makes of the rule set `before`, which is loaded exactly as it is written, the rule set
 * `behind`: of sets with single keys the elements that differ go and come, chains that differ are emptied and
 * filled anew, those that are gone are deleted. Chains that are as they were are not touched, and count on.
 * False if the whole is to be replaced instead: more than a part in DELTA_MOST_PART differs, something else
 * than lookups and what rules do, memory is short, or there are fewer parts than DELTA_LEAST, which are as
 * soon loaded whole, and stand in their order then. */
enum { DELTA_MOST_PART = 4, DELTA_LEAST = 50 };
bool delta_write(struct arena *arena, struct span before, struct span behind, struct buffer *out);

#endif
