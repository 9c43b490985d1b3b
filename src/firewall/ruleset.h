/* ruleset.h: what is done with the text of a table, as we write it or as nftables lists it. */
#ifndef FIREWALL_RULESET_H
#define FIREWALL_RULESET_H

#include "base/arena.h"
#include "firewall/firewall.h"

/* What stands before a table that is to replace the one that is loaded; alone, it takes that away. */
#define RULESET_REPLACES "table inet doorward\ndelete table inet doorward\n"

/* Writes the text of a table, or of parts of one, as it is loaded; its own RULESET_REPLACES is left out, and
 * a NUL stands behind. Counters of rules that are loaded with the same digest go on from what `loaded` has,
 * and each rule's chain says since when it counts: as before, or from `now_s`. What names a control group
 * that is not there is left out, as nftables takes no such rule: what the rule asks of it then holds for
 * nobody. */
void ruleset_dress(struct span text, const struct loaded *loaded, int64_t now_s, struct buffer *out);

/* The digest that stands in the text of a table (firewall_digest()), or 0. */
uint64_t ruleset_digest(struct span text);

/* Where two listings of a table differ, chain by chain (or set, or other object). */
enum deviation { DEVIATION_GONE, DEVIATION_NEW, DEVIATION_CHANGED };
struct ruleset_difference {
	enum deviation kind;
	const char *part;            /* "chain rule-web" */
	const char *before, *behind; /* of a changed part the first lines that differ; NULL: it ends before */
};

/* At most `most` differences between what was recorded and what is there, in the order of names; *ret_count
 * has all. NULL without memory. */
struct ruleset_difference *ruleset_differences(struct arena *arena, struct span recorded, struct span there,
					       size_t most, size_t *ret_count);

#endif
