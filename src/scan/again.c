#include "scan/again.h"

#include <stdlib.h>

bool again_add(struct again *again, const struct knock_door *where, const struct knock_result *result,
	       int64_t spent_ms)
{
	struct lost *const lost = malloc(sizeof(*lost));

	if (lost == NULL)
		return false;
	*lost = (struct lost){ *where, *result, spent_ms, again->waiting };
	again->waiting = lost;
	again->count++;
	return true;
}

struct lost *again_take(struct again *again)
{
	struct lost *const lost = again->waiting;

	if (lost != NULL) {
		again->waiting = lost->next;
		again->count--;
	}
	return lost;
}

void again_free(struct again *again)
{
	for (struct lost *lost; (lost = again_take(again)) != NULL;)
		free(lost);
}

/* ---- how much a result tells ---- */

static unsigned rank_of(const struct knock_result *result)
{
	static const unsigned outcomes[] = {
		[KNOCK_NOT_ASKED] = 0, [KNOCK_UNREACHED] = 1, [KNOCK_REFUSED] = 1,    [KNOCK_UNFINISHED] = 2,
		[KNOCK_SILENT] = 3,    [KNOCK_UNKNOWN] = 4,   [KNOCK_IDENTIFIED] = 5,
	};

	return 100 * outcomes[result->outcome] + 50 * (result->inside_tls != NULL) + 25 * !result->hurried +
	       10 * (result->answer.product[0] != '\0') + 5 * (result->answer.version[0] != '\0') +
	       (result->answer.fact_count > 0);
}

const struct knock_result *again_better(const struct knock_result *first, const struct knock_result *second)
{
	return rank_of(second) >= rank_of(first) ? second : first;
}
