/* host_names.h: what names of hosts in a policy stand for. */
#ifndef CMD_HOST_NAMES_H
#define CMD_HOST_NAMES_H

#include "firewall/state.h"
#include "policy/policy.h"

/* Where a name is looked up: what was recorded when the policy in force was loaded is what the kernel goes
 * by, and what this host's resolver says is what it would go by. */
enum host_names_from {
	NAMES_RECORDED, /* the record, else the resolver */
	NAMES_FRESH,    /* the resolver alone */
	NAMES_KEPT,     /* the resolver; what it does not know stays as it was recorded */
};

struct host_names {
	struct host_lookup lookup; /* for policy_read() */
	enum host_names_from from;
	struct span recorded;
	struct buffer text;  /* owned: what was found, "host address ...", a line each */
	struct buffer stale; /* owned: names that stayed as they were recorded, a line each with the reason */
};

/* Those of the entry in force are the record. In place: the lookup points at it. Give the buffers back with
 * host_names_free(). */
void host_names_begin(struct host_names *names, enum host_names_from from, const struct state *state);
void host_names_free(struct host_names *names);

/* NAMES_RECORDED of what is in force on this host, for who changes nothing; lives in the arena. The record is
 * in this folder; NULL: where it usually is. */
const struct host_lookup *host_names_lookup(struct arena *arena, const char *folder);

#endif
