/* moving_nft.h: what is known of a listing of nft while it is read. */
#ifndef POLICY_MOVING_NFT_H
#define POLICY_MOVING_NFT_H

#include "policy/moving_chains.h"

/* A set or a map by name. */
struct nft_set {
	struct nft_set *next;
	unsigned table;
	struct span name, elements;
	bool changes; /* packets or time change it */
};

struct nft_reader {
	struct moving *m;
	struct moving_chains chains;
	struct nft_set *sets;
	struct moving_chain *chain; /* in which we are */
	struct nft_set *set;
	size_t set_count, elements;
	unsigned table, family;
	bool unbalanced; /* braces that never close: lines are lines from there on */
};

/* Adds a rule to the chain; one for each element of what it looks up at once, or by a map of verdicts. */
void nft_rule_read(struct nft_reader *r, const struct span *words, size_t count);

#endif
