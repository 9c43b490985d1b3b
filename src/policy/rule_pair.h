/* rule_pair.h: what two rules have in common: whether one holds all of the other, where they meet, and an
 * example of it. Every answer is exact. */
#ifndef POLICY_RULE_PAIR_H
#define POLICY_RULE_PAIR_H

#include "policy/decide.h"

/* Whether each of a rule's doors is within one of the other's; its interfaces likewise, where none is all. */
bool doors_within(const struct rule *part, const struct rule *whole);
bool interfaces_within(const struct rule *part, const struct rule *whole);

/* Whether there is an interface that both are about. */
bool interfaces_meet(const struct rule *a, const struct rule *b);

/* The lowest address that two sets share; false if they share none. */
bool common_address(const struct address_set *a, const struct address_set *b, struct address *ret);

/* A port that a rule shares with a match, of the transport of the one that names one; false if there is none.
 */
bool common_door(const struct rule *rule, const struct match *match, struct match *ret);

#endif
