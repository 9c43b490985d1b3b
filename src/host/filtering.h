/* filtering.h: whether something may refuse packets before they reach a socket of this namespace: nftables
 * (by nfnetlink, linux/netfilter/nf_tables.h) and what legacy iptables left in the kernel. */
#ifndef HOST_FILTERING_H
#define HOST_FILTERING_H

#include "host/chains.h"
#include "host/snapshot.h"

/* Fills `filtering` and `filtering_by`. */
void filtering_read(struct snapshot *snapshot);

/* Looks for rules of legacy iptables. False when it may not be known whether there are any. */
bool filtering_read_legacy(struct snapshot *snapshot);

/* Whether they have any rule at all that packets to this host meet, also such as only translate. */
bool filtering_has_legacy(void);

/* Whether packets to this host pass the chain, and it can refuse one. */
bool filtering_stands_before(const struct base_chain *chain);

#endif
