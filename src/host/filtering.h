/* filtering.h: whether something may refuse packets before they reach a socket of this namespace: nftables
 * (by nfnetlink, linux/netfilter/nf_tables.h) and what legacy iptables left in the kernel. */
#ifndef HOST_FILTERING_H
#define HOST_FILTERING_H

#include "host/snapshot.h"

/* Fills `filtering` and `filtering_by`. */
void filtering_read(struct snapshot *snapshot);

/* Looks for rules of legacy iptables. False when it may not be known whether there are any. */
bool filtering_read_legacy(struct snapshot *snapshot);

/* A base chain of nftables, as one message of its list says. */
struct base_chain {
	uint8_t family;
	uint32_t hook, uses; /* rules and jumps */
	bool base, filters;  /* bound to a hook; of type filter */
	bool drops;          /* its policy is drop */
	char table[64], name[64];
};

/* Reads the payload of one NFT_MSG_NEWCHAIN message. False if it is cut short. */
bool filtering_read_chain(struct span message, struct base_chain *ret_chain);

/* Whether packets to this host pass the chain, and it can refuse one. */
bool filtering_stands_before(const struct base_chain *chain);

#endif
