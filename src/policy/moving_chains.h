/* moving_chains.h: rules in chains that lead to each other, as iptables and nft have them, become one list.
 *
 * A policy has no chains. So each way through them, from a chain that the kernel enters by itself, is written
 * out: a rule has the conditions of all jumps before it, added to its own. What comes back from a chain meets
 * what stands behind the jump; what a 'goto' or a 'return' with conditions took out of its way must not meet
 * the rules that it passed by, and so all that it still meets is written for it alone, down to the verdict of
 * its chain: the first rule that matches decides, and the rules that follow do not see it any more. */
#ifndef POLICY_MOVING_CHAINS_H
#define POLICY_MOVING_CHAINS_H

#include "policy/moving.h"

enum moving_end {
	MOVING_NOTHING, /* it decides nothing */
	MOVING_DECIDES, /* by rule.verdict */
	MOVING_JUMPS,   /* to the target, and comes back */
	MOVING_GOES,    /* to the target, and comes back to where this chain was called */
	MOVING_RETURNS,
};

/* One rule as it was read; or why it cannot be said. */
struct moving_step {
	struct moving_step *next;
	struct moving_rule rule;
	enum moving_end end;
	struct span target;
	const char *why;
	bool implied; /* a policy has it by itself */
	bool reached;
	struct span line;
	size_t number;
};

struct moving_chain {
	unsigned table;
	struct span name;
	const char *apart; /* why nothing here filters what comes in, goes out or passes through */
	bool entered;      /* by the kernel */
	bool lets_pass;    /* what no rule names */
	enum direction direction;
	unsigned family;
	struct moving_step *first, *last;
	struct span line;
	size_t number;
};

struct moving_chains {
	struct moving_chain *list;
	size_t count, capacity;
};

/* A new chain, at the line that is being read; NULL without memory, and m has failed. */
struct moving_chain *moving_chain_add(struct moving *m, struct moving_chains *chains, unsigned table,
				      struct span name);

/* Adds a copy of the step, at the line that is being read. */
void moving_step_add(struct moving *m, struct moving_chain *chain, const struct moving_step *step);

/* The rule cannot be said, and why: the first reason is told. */
void moving_step_refuse(struct moving_step *step, const char *why);

/* Writes what all of them come to, and says what was not carried over. */
void moving_chains_write(struct moving *m, struct moving_chains *chains);

#endif
