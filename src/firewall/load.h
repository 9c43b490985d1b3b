/* load.h: what becomes a transaction: the whole of a rule set, or what differs from the one that stands. */
#ifndef FIREWALL_LOAD_H
#define FIREWALL_LOAD_H

#include "firewall/place.h"
#include "firewall/seen.h"

/* What is there before something is put in its place. */
struct present {
	struct chain_generation generation;
	struct loaded loaded;
	const struct entry *entry; /* that left it, where the generation proves that nothing changed since */
	struct span text;
};

struct loading {
	const struct state *state;
	const struct present *present;
	struct span text; /* that is to be loaded */
	struct buffer difference;
	bool differs_little; /* `difference` is all that is to be sent */
	bool only_ours;      /* nobody else has changed anything meanwhile, and `now` is what it left */
	struct chain_generation now; /* behind it */
};

/* Sends a text as one transaction, behind `head`; counters go on from `loaded`. */
bool load_text(const char *head, const struct loaded *loaded, struct span text, struct error *err);

/* Makes ready what can be without changing anything; load_end() in any case. */
void load_prepare(struct loading *loading);
void load_end(struct loading *loading);

/* Loads it: what differs if that was made ready, else the whole. False with words: nothing has changed. */
bool load_now(struct loading *loading, struct error *err);

#endif
