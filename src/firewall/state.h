/* state.h: what is known of the policies that were applied, in a folder that survives the host going down.
 *
 * `history` has a line for each time that a rule set was put in place. It is replaced as a whole, so that
 * every step is either written down or has not happened. Beside it, named after the number of the entry:
 *
 *     3.nft     the rule set, as it was compiled
 *     3.rules   its rules in words
 *     3.names   what names of hosts in it stood for; absent: there were none
 *     3.old     the table as it stood before, as it was put in place or listed; absent: there was none
 *     3.seen    which generation of the kernel's rules it left behind
 *     3.list    the table as it stood afterwards, without what it counted
 *     3.lock    held by the process that is the way back
 *
 * `lock` is held by whoever changes anything here or in the kernel. */
#ifndef FIREWALL_STATE_H
#define FIREWALL_STATE_H

#include "base/arena.h"
#include "base/error.h"

#include <limits.h>

#define STATE_FOLDER "/var/lib/doorward"

enum {
	STATE_ENTRIES = 1000,      /* lines of the history; older ones are forgotten */
	STATE_KEPT = 50,           /* entries whose rule sets are kept */
	STATE_PATIENCE_MS = 10000, /* how long another's change is waited for */
};

/* How far an entry has come. LOADING is as good as confirmed once it is seen to be loaded. */
enum standing {
	STANDING_LOADING,
	STANDING_ARMED, /* loaded, or about to be; taken back unless it is confirmed in time */
	STANDING_CONFIRMED,
	STANDING_TAKEN_BACK,
	STANDING_FAILED, /* it was never loaded */
	STANDINGS
};
const char *standing_text(enum standing standing);

enum { BOOT_TEXT = 37 };

struct entry {
	uint32_t number; /* from 1 */
	enum standing standing;
	int64_t when_us, settled_us; /* wall time: put in place; confirmed, taken back or failed */
	uint32_t timeout_s;
	int64_t deadline_ms;  /* on the clock that counts since boot */
	char boot[BOOT_TEXT]; /* which boot that was */
	uint32_t stands_for; /* the entry whose rule set this is: its own number, or what `undo` went back to;
				0: what was there before the first */
	uint32_t before;     /* what stood before it, in the same sense */
	uint64_t digest, old_digest; /* of the rule sets, this one and the one before; 0: none */
	const char *policy_digest;   /* SHA-256 of the policy's text, in digits; "-" where it is not known */
	const char *user;
	const char *policy; /* path */
};

struct state {
	struct arena *arena; /* borrowed: entries and what is read */
	char folder[PATH_MAX - 64];
	struct entry *entries; /* in the order of their numbers */
	size_t count, capacity;
	bool hidden; /* opened for reading, and this user may not: there are no entries then */
	int lock;    /* -1: opened for reading */
};

/* Reads the history; where there is no folder, or one that may not be read, it is empty. False with words. */
bool state_read(struct state *state, struct arena *arena, const char *folder, struct error *err);

/* The same for who is going to change it: makes the folder, takes the lock, for which it waits up to
 * STATE_PATIENCE_MS, and clears away what a process that was killed has left half written. state_close() in
 * any case. */
bool state_open(struct state *state, struct arena *arena, const char *folder, struct error *err);
void state_close(struct state *state);

/* Adds an entry with the next number, which is not written down yet. NULL without memory. */
struct entry *state_add(struct state *state);

/* Writes the history down. False with words; what was written before is still there then. */
bool state_write(struct state *state, struct error *err);

struct entry *state_entry(const struct state *state, uint32_t number);
struct entry *state_last(const struct state *state);

/* The entry that was confirmed last and so is in force, or NULL. */
struct entry *state_in_force(const struct state *state);

/* A text that belongs to an entry: "nft", "rules", "names", "old", "list", "seen". Reading one that is not
 * there gives false and *ret_absent; ret_absent may be NULL. */
bool state_text_write(const struct state *state, uint32_t number, const char *kind, struct span text,
		      struct error *err);
bool state_text_read(const struct state *state, uint32_t number, const char *kind, struct span *ret_text,
		     bool *ret_absent, struct error *err);

/* Writes it without waiting for the disk: what is not confirmed is no use to anybody behind a power cut. What
 * an entry needs from then on is waited for by state_texts_settle(). */
bool state_text_place(const struct state *state, uint32_t number, const char *kind, struct span text,
		      struct error *err);
bool state_texts_settle(const struct state *state, uint32_t number, struct error *err);

/* Gives a text of one entry to another as well. False where the folder's file system has no second names. */
bool state_text_link(const struct state *state, uint32_t from, const char *from_kind, uint32_t number,
		     const char *kind);

/* Takes all texts of an entry away. */
void state_texts_remove(const struct state *state, uint32_t number);

/* Path of such a file. */
char *state_path(const struct state *state, uint32_t number, const char *kind, char path[static PATH_MAX]);

/* The clock that counts since boot, asleep or not, and which boot this is. */
int64_t state_now_ms(void);
void state_boot(char text[static BOOT_TEXT]);

#endif
