/* firewall.h: the policy as the kernel enforces it: one table of nftables, `inet doorward`.
 *
 *     struct firewall *firewall = firewall_new(policy, &surroundings, &err);
 *     firewall_lowered(firewall, &out);      the rules as lookups, for people
 *     firewall_text(firewall)                the same as text for nft -f
 *
 * The kernel decides as policy_decide() does: the first rule that matches. It gets there by lookups whose
 * number does not grow with that of the rules (doc/architecture.md, "From the policy to the kernel"), and
 * ends in the chain of the rule that decides, which counts, logs and passes or refuses. Nothing here changes
 * the kernel or needs a privilege to compile. */
#ifndef FIREWALL_FIREWALL_H
#define FIREWALL_FIREWALL_H

#include "policy/policy.h"

enum {
	FIREWALL_LOG_GROUP = 1013,     /* of NFLOG */
	FIREWALL_TEXT_LIMIT = 1 << 30, /* bytes of a rule set */
	FIREWALL_LOG_RATE = 20,        /* packets a second that a rule logs, after FIREWALL_LOG_BURST */
	FIREWALL_LOG_BURST = 100,
};
#define FIREWALL_LIMIT ((size_t)1 << 30) /* bytes that a compiled policy may take */

/* A compiled policy. It borrows the policy and the ranges of the surroundings. False in words when it would
 * take more than FIREWALL_LIMIT. Free with firewall_free(). */
struct firewall;
struct firewall *firewall_new(const struct policy *policy, const struct surroundings *around,
			      struct error *err);
void firewall_free(struct firewall *firewall);

/* The lowered form: for each direction its stages, and for each of these what is looked up in which order. */
void firewall_lowered(const struct firewall *firewall, struct buffer *out);

/* A whole transaction: the old table, if there is one, is replaced. It lives as long as the firewall. */
struct span firewall_text(const struct firewall *firewall);

/* "id TAB rule in words", a line for each rule of the policy. It lives as long as the firewall. */
struct span firewall_words(const struct firewall *firewall);

/* What the rule set is known by in the kernel: it changes when the rule set does. */
uint64_t firewall_digest(const struct firewall *firewall);

/* What a rule becomes. */
struct firewall_rule {
	const struct rule *rule;
	uint64_t digest; /* of what it matches and what it does */
	bool idle;       /* it can never match: past its `until`, or no address is left; it is left out */
	const char *unenforced; /* what the kernel cannot hold it to, in a sentence, or NULL */
};
size_t firewall_rules(const struct firewall *firewall, const struct firewall_rule **ret_rules);

/* How many stages a direction has: lists of lookups that are asked one after the other. */
size_t firewall_stages(const struct firewall *firewall, enum direction direction);

/* ---- what is loaded ---- */

/* A rule of the table that is loaded: its id, the digest that firewall_rule has, since when it counts
 * (seconds since 1970; 0 where nobody wrote that down), and what it counted. */
struct loaded_rule {
	const char *id;
	uint64_t digest;
	int64_t since_s;
	uint64_t packets, bytes;
};

/* Another table that has a say: what it refuses stays refused. */
struct neighbour {
	const char *table;   /* "ip filter" */
	const char *hooks;   /* "input, forward" */
	const char *made_by; /* "Docker", "ufw", "firewalld", or NULL */
	bool drops;          /* the policy of a base chain of it is drop */
};

struct loaded {
	bool seen;                 /* false: the kernel does not tell (needs CAP_NET_ADMIN) */
	bool present;              /* table inet doorward is there */
	uint64_t digest;           /* as firewall_digest() */
	struct loaded_rule *rules; /* sorted by id; those of a text as they stand there */
	struct neighbour *neighbours;
	size_t rule_count, neighbour_count;
	uint32_t *slots; /* rules by their ids, hashed: index + 1; a power of two, or none without rules */
	size_t slot_count;
};

/* Asks the kernel which tables and chains it has in this network namespace, and what our rules have counted.
 * With `known`, the text of the rule set that is certain to be loaded, our rules are read from there, and
 * without what they counted. False without memory. */
bool firewall_loaded(struct arena *arena, const struct span *known, struct loaded *ret_loaded,
		     struct error *err);

/* The rule that is loaded under this id, or NULL. */
const struct loaded_rule *loaded_find(const struct loaded *loaded, const char *id);

/* What would become of a rule if the rule set were loaded. */
enum change { CHANGE_NONE, CHANGE_NEW, CHANGE_DIFFERS, CHANGE_GONE };
struct rule_change {
	enum change change;
	const struct firewall_rule *rule; /* NULL: gone */
	const char *id;
};
struct firewall_plan {
	struct rule_change *rules; /* those of the policy in their order, then those that are gone */
	size_t rule_count;
	size_t counts[CHANGE_GONE + 1];
	bool same; /* the very rule set is loaded; false where that is not known */
};

/* Compares a compiled policy with what is loaded. False without memory. */
bool firewall_compare(const struct firewall *firewall, const struct loaded *loaded, struct arena *arena,
		      struct firewall_plan *ret_plan, struct error *err);

#endif
