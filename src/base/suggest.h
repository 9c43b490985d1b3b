/* suggest.h: "did you mean": the known word that is nearest to one that is not known. */
#ifndef BASE_SUGGEST_H
#define BASE_SUGGEST_H

#include <stddef.h>

struct suggestion {
	const char *typed;
	const char *best; /* NULL while nothing is near enough */
	size_t distance;
};

/* Begin with { .typed = word }, then offer every known word; at most a third of the letters may differ. */
void suggest_offer(struct suggestion *suggestion, const char *known);

#endif
