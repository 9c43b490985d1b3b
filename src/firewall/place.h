/* place.h: one rule set in the place of another; for the rooms of enforce.h, which say when. */
#ifndef FIREWALL_PLACE_H
#define FIREWALL_PLACE_H

#include "firewall/enforce.h"

/* What is loaded. False with words where the kernel does not tell. */
bool place_loaded(const struct state *state, struct loaded *ret_loaded, struct error *err);

/* Tells of what is loaded no more than that and its digest, where nothing has changed since the last entry
 * was put in place; else false. */
bool place_known(const struct state *state, struct loaded *ret_loaded);

/* Whether the rule set of this digest is loaded; 0: no table. */
bool place_is(const struct loaded *loaded, uint64_t digest);

/* Loads a whole rule set. Counters go on from `loaded`. False with words: nothing has changed then. */
bool place_load(const struct loaded *loaded, struct span text, struct error *err);

/* Writes down how it stands now, so that later changes by others can be told. */
bool place_record(const struct state *state, uint32_t number, struct error *err);

/* Writes down what has become of an entry. */
bool place_settle(struct state *state, struct entry *entry, enum standing standing, struct error *err);

/* What stood before an entry, as text; empty where there was no table. */
bool place_read_old(const struct state *state, const struct entry *entry, struct span *ret_text,
		    struct error *err);

/* Loads what stood before an entry; place_take_back() writes that down as well. */
bool place_load_old(const struct state *state, const struct entry *entry, struct error *err);
bool place_take_back(struct state *state, struct entry *entry, struct error *err);

/* The entry that was put in place last and not taken back, or NULL. */
struct entry *place_standing(const struct state *state);

/* The "rules" or "names" of an entry; empty where they are not known. */
struct span place_words(const struct state *state, uint32_t number, const char *kind);

/* Says that this entry waits to be confirmed; false. */
bool place_refuse_armed(const struct entry *armed, struct error *err);

/* Loads the rule set of an entry that is in force already. */
bool place_again(const struct state *state, const struct entry *entry, const struct loaded *loaded,
		 struct span text, struct error *err);

/* Puts a rule set in place as a new entry: armed for so many seconds, or, with 0, for good, and standing for
 * `stands_for` with `before` before it. */
struct placing {
	const struct enforcement *what;
	uint32_t timeout_s, stands_for, before;
};
bool place_put(struct state *state, const struct placing *placing, struct entry **ret_entry,
	       struct error *err);

#endif
