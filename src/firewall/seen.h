/* seen.h: which generation of the kernel's rules an entry has left behind. While it is that one, nothing has
 * changed in this network namespace since, and what was loaded is known without reading it. */
#ifndef FIREWALL_SEEN_H
#define FIREWALL_SEEN_H

#include "firewall/state.h"
#include "host/chains.h"

/* The generation that is there now; false where the kernel does not tell. */
bool seen_now(struct chain_generation *ret_now);

/* Whether the transaction that was sent at `before` is the only thing that has happened since. */
bool seen_only_ours(const struct chain_generation *before, struct chain_generation *ret_now);

/* Writes down that the entry's rule set stands in this generation, in the file N.seen. */
bool seen_write(const struct state *state, uint32_t number, const struct chain_generation *generation,
		struct error *err);

/* Whether it still does. */
bool seen_holds(const struct state *state, uint32_t number);

#endif
