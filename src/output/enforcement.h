/* enforcement.h: what was done to the kernel's rules, the history of it, and how they stand. */
#ifndef OUTPUT_ENFORCEMENT_H
#define OUTPUT_ENFORCEMENT_H

#include "audit/connections.h"
#include "firewall/enforce.h"
#include "output/output.h"

enum enforcement_action {
	ACTION_APPLIED,
	ACTION_UNCHANGED, /* this very rule set is in force */
	ACTION_CONFIRMED,
	ACTION_TAKEN_BACK,
	ACTION_UNDONE,
	ACTION_LOADED,    /* what is in force, when the host came up */
	ACTION_REFRESHED, /* what is in force, with other addresses */
	ACTION_NOTHING    /* nothing is in force, and nothing was loaded */
};

struct enforcement_view {
	enum enforcement_action action;
	const struct entry *entry; /* NULL: of ACTION_NOTHING */
};

/* The connections that a policy denies, before it is put in place. */
struct live_connections {
	const struct live_view *view;
	struct host *host;
	bool cut;           /* they are about to be ended */
	const char *unseen; /* what could not be looked at, in words, or NULL */
};

void enforcement_text(struct out *out, const struct enforcement_view *view);
void enforcement_json(struct out *out, const struct enforcement_view *view);
void live_text(struct out *out, const struct live_connections *live);
void live_json(struct out *out, const struct live_connections *live);
void history_text(struct out *out, const struct state *state);
void history_json(struct out *out, const struct state *state);
void standing_view_text(struct out *out, const struct standing_view *view);
void standing_view_json(struct out *out, const struct standing_view *view);

#endif
