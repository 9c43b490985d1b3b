/* nft.h: the text of a rule set, for the rooms that write it. Chains are named by what they stand for: `in`,
 * `through` and `out` hold the stages of a direction, in-5f3a1c07 is a lookup, named by the way to it,
 * rule-ID what a rule does. The comment of `digest` is what the whole is known by. */
#ifndef FIREWALL_NFT_H
#define FIREWALL_NFT_H

#include "firewall/lower.h"

/* The whole transaction, and its digest. False without memory. */
bool nft_write(struct firewall *firewall);

/* The chains of lookups of one direction, and the one that asks its stages. */
void nft_floor(const struct firewall *firewall, enum direction direction, struct buffer *out);

/* What a rule does once it is the one that decides. */
void nft_rule(const struct firewall *firewall, const struct rule *rule, struct buffer *out);

/* What comes after all rules: what none allows is denied. */
void nft_none(const struct firewall *firewall, enum direction direction, struct buffer *out);

/* Whether a door of the rule is one of a protocol that announces further connections: ftp, tftp. */
bool rule_has_helper(const struct rule *rule, const char *protocol);

/* Who may use an `out` rule with `by`, as an expression of nft: a user, else a control group of a unit. False
 * if there is no such user or unit on this host. */
enum { OWNER_TEXT = 320 };
bool owner_expression(const char *by, char text[static OWNER_TEXT]);

#endif
