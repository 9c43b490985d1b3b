/* chains.h: the chains of nftables in this network namespace, as nfnetlink lists them
 * (linux/netfilter/nf_tables.h): who has a say about packets, before any rule is read. */
#ifndef HOST_CHAINS_H
#define HOST_CHAINS_H

#include "base/span.h"

/* A chain, as one message of the list says; a base chain is bound to a hook. */
struct base_chain {
	uint8_t family;
	uint32_t hook, uses; /* rules and jumps */
	bool base, filters;  /* bound to a hook; of type filter */
	bool drops;          /* its policy is drop */
	char table[64], name[128];
	char comment[128]; /* "" without one */
};

/* Reads the payload of one NFT_MSG_NEWCHAIN message. False if it is cut short. */
bool chain_read(struct span message, struct base_chain *ret_chain);

/* "inet", "ip"; "input", "forward", of a base chain. Never NULL. */
const char *chain_family_text(uint8_t family);
const char *chain_hook_text(const struct base_chain *chain);

/* Shows all chains to `visit`. Zero, or the errno that says why the list could not be had: EPERM without
 * CAP_NET_ADMIN, EINVAL of a kernel without nftables. */
typedef void chain_visitor(void *context, const struct base_chain *chain);
int chains_read(chain_visitor *visit, void *context);

/* The same of a host where the table `inet OWN` may have many chains: of these only the one of this name is
 * shown, and the others are not listed unless further tables of inet stand beside it. *ret_there: whether the
 * table is there. Tables that come or go meanwhile may be missed. */
int chains_read_beside(const char *own, const char *name, chain_visitor *visit, void *context,
		       bool *ret_there);

/* The first counter of a rule of the table `inet NAME`. */
struct chain_counter {
	char chain[128];
	char comment[128]; /* of the rule; "" without one */
	uint64_t packets, bytes;
};

/* Reads the payload of one NFT_MSG_NEWRULE message. False if it is cut short or the rule has no counter. */
bool chain_counter_read(struct span message, struct chain_counter *ret_counter);

/* Shows those of all rules of `inet NAME`, rule by rule in the order of each chain. Zero, or the errno. */
typedef void counter_visitor(void *context, const struct chain_counter *counter);
int chain_counters_read(const char *table, counter_visitor *visit, void *context);

/* Which state of the rules of which network namespace this is: any change to any table makes it another. */
struct chain_generation {
	uint64_t space; /* the namespace's cookie, which no other one has until the next boot */
	uint32_t number;
};

/* Zero, or the errno. */
int chains_generation(struct chain_generation *ret_generation);

#endif
