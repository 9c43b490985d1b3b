/* again.h: doors of which something was lost by time alone, and that are asked once more when all others are
 * done with: what was too much at one time may be little by itself. Of the two results the better one counts.
 */
#ifndef SCAN_AGAIN_H
#define SCAN_AGAIN_H

#include "scan/knock.h"

/* What was heard the first time. */
struct lost {
	struct knock_door where;
	struct knock_result result;
	int64_t spent_ms;
	struct lost *next;
};

/* Zeroed at first. */
struct again {
	struct lost *waiting;
	size_t count;
};

/* Keeps it. False without memory. */
bool again_add(struct again *again, const struct knock_door *where, const struct knock_result *result,
	       int64_t spent_ms);

/* One that was kept, to be freed; NULL if there is none. */
struct lost *again_take(struct again *again);
void again_free(struct again *again);

/* Of two results of a door the one that tells more. */
const struct knock_result *again_better(const struct knock_result *first, const struct knock_result *second);

#endif
