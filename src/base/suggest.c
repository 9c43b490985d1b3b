#include "base/suggest.h"

#include <ctype.h>
#include <string.h>

enum { LONGEST = 63 };

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* What turns one word into the other, ignoring case: two for a letter too many, too few or wrong, one for
 * neighbours that changed places, which is the commonest slip. */
static size_t distance(const char *a, const char *b)
{
	const size_t m = strlen(a), n = strlen(b);
	size_t before[LONGEST + 1], above[LONGEST + 1], row[LONGEST + 1];

	if (m > LONGEST || n > LONGEST)
		return 2 * LONGEST;
	memset(before, 0, sizeof(before));
	for (size_t j = 0; j <= n; j++)
		above[j] = 2 * j;
	for (size_t i = 1; i <= m; i++) {
		row[0] = 2 * i;
		for (size_t j = 1; j <= n; j++) {
			const int x = tolower((unsigned char)a[i - 1]), y = tolower((unsigned char)b[j - 1]);

			row[j] = least(least(above[j], row[j - 1]) + 2, above[j - 1] + (x != y ? 2 : 0));
			if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
			    y == tolower((unsigned char)a[i - 2]))
				row[j] = least(row[j], before[j - 2] + 1);
		}
		memcpy(before, above, sizeof(above));
		memcpy(above, row, sizeof(row));
	}
	return above[n];
}

/* Letters that both begin with: a slip of the finger is rarer at the beginning. */
static size_t shared(const char *a, const char *b)
{
	size_t n = 0;

	while (a[n] != '\0' && tolower((unsigned char)a[n]) == tolower((unsigned char)b[n]))
		n++;
	return n;
}

void suggest_offer(struct suggestion *suggestion, const char *known)
{
	const size_t typed = strlen(suggestion->typed), length = strlen(known);
	const size_t allowed = typed / 3 + (typed < 3 ? 1 : 0);
	size_t apart;

	/* Words that differ in length by more can be told without looking at them. */
	if (typed > length + allowed || length > typed + allowed)
		return;
	apart = distance(suggestion->typed, known);
	if (apart > 2 * allowed)
		return;
	if (suggestion->best != NULL &&
	    (apart > suggestion->distance ||
	     (apart == suggestion->distance &&
	      shared(suggestion->typed, known) <= shared(suggestion->typed, suggestion->best))))
		return;
	suggestion->best = known;
	suggestion->distance = apart;
}
