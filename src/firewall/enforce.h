/* enforce.h: putting rule sets in place so that there is always a way back.
 *
 *     state_open(&state, arena, folder, &err)
 *     enforce_apply(&state, &change, 60, &entry, &err)      loaded, and taken back in a minute
 *     enforce_confirm(&state, &entry, &err)                 unless this comes before
 *
 * Each step is one that a process may be killed behind: first what is to be loaded and what stood before are
 * written down, then the way back is armed, then the kernel takes the new table whole in one transaction. The
 * way back is a process of its own that outlives whoever asked for it: a transient service of systemd, where
 * that runs, else one of its own session. What was left unfinished is settled by whoever comes next, from
 * what is written and what is loaded. */
#ifndef FIREWALL_ENFORCE_H
#define FIREWALL_ENFORCE_H

#include "firewall/firewall.h"
#include "firewall/ruleset.h"
#include "firewall/state.h"

/* What is to be put in place. */
struct enforcement {
	struct span text;   /* of firewall_text(), or as it was kept; empty: no table */
	struct span rules;  /* "id TAB rule in words", a line each */
	struct span names;  /* "host address ...", a line each; empty where no host is named */
	const char *policy; /* path */
	const char *policy_digest;
	const char *user;
	uint64_t digest;
};

/* Settles what an earlier process began, by what is loaded now; then *ret_armed is the entry that waits to be
 * confirmed, or NULL. With `booted` the host has just come up: what was not confirmed then never will be. */
bool enforce_settle(struct state *state, bool booted, struct entry **ret_armed, struct error *err);

/* Puts it in place, armed for so many seconds; *ret_entry is its entry. False with words: the rules are as
 * they were before. Refused while another entry waits to be confirmed. */
bool enforce_apply(struct state *state, const struct enforcement *what, uint32_t timeout_s,
		   struct entry **ret_entry, struct error *err);

/* Keeps what was applied. False with words when nothing waits, or something else is loaded by now. */
bool enforce_confirm(struct state *state, struct entry **ret_entry, struct error *err);

/* Goes back: from what waits to what stood before it; else from what is in force to what stood before that;
 * with a number to what that entry put in place, and with 0 to no table at all. Where what came last is taken
 * back already, it goes no further without a number: *ret_entry is that entry then. */
bool enforce_undo(struct state *state, const uint32_t *number, const char *user, struct entry **ret_entry,
		  struct error *err);

/* Puts what is in force in place anew, as the names in it stand for other addresses by now: at once, and
 * undone as what it was. Refused while an entry waits to be confirmed. */
bool enforce_refresh(struct state *state, const struct enforcement *what, struct entry **ret_entry,
		     struct error *err);

/* Loads what is in force, as the host does when it comes up. *ret_entry is NULL where nothing is. */
bool enforce_boot(struct state *state, struct entry **ret_entry, struct error *err);

/* The way back itself: waits until the entry's time is over or it does not wait any more, and takes it back
 * unless it was confirmed. Returns when all is settled. False with words when it could not be. */
bool enforce_keep(const char *folder, uint32_t number, struct error *err);

/* Whether the entry's way back is alive. */
bool enforce_is_kept(const struct state *state, const struct entry *entry);

/* ---- what is there now ---- */

/* How the table that is loaded compares with what was put in place last. */
enum drift {
	DRIFT_NONE,
	DRIFT_NOTHING,    /* nothing was put in place, and nothing is loaded */
	DRIFT_GONE,       /* the table is not loaded any more */
	DRIFT_CHANGED,    /* the table was changed: `differences` */
	DRIFT_FOREIGN,    /* a table is loaded that no apply has put there */
	DRIFT_UNRECORDED, /* how it stood afterwards was not written down: whoever did that was killed */
};

struct standing_view {
	const struct entry *entry; /* what was put in place last and not taken back; NULL: nothing */
	struct loaded loaded;      /* with counters */
	enum drift drift;
	struct ruleset_difference *differences;
	size_t difference_count; /* all of them; at most STANDING_DIFFERENCES are in the list */
	bool kept;               /* of an armed entry: its way back is alive */
	int64_t left_ms;         /* until it is taken back; negative: overdue */
	struct span rules;       /* "id TAB rule in words", a line each; empty where it is not known */
};
enum { STANDING_DIFFERENCES = 20 };

/* Reads it all, changing nothing; what rules have counted only if that is asked for. False with words;
 * loaded.seen tells whether the kernel could be asked. */
bool enforce_look(const struct state *state, bool counts, struct standing_view *ret_view, struct error *err);

#endif
