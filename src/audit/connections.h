/* connections.h: the connections that are alive, and what a policy would say to them if they began now. */
#ifndef AUDIT_CONNECTIONS_H
#define AUDIT_CONNECTIONS_H

#include "host/connections.h"
#include "policy/policy.h"

/* One that the policy denies. */
struct live {
	struct tracked connection; /* as its first packet went */
	enum direction direction;
	const struct host_socket *socket; /* of this host, or NULL */
	const struct rule *rule;          /* that denies it; NULL: none allows it */
	bool depends; /* on the interface, which is not known: then it may be allowed as well */
	bool session; /* the one by which this program was asked */
};

struct live_view {
	struct live *denied; /* the session's own first */
	size_t denied_count, session_count;
	size_t alive; /* all that were looked at */
	/* Those of this host that began before the tracker looked. */
	struct tracked *untracked;
	size_t untracked_count;
};

struct live_input {
	const struct policy *policy;
	const struct decider *decider; /* may be NULL where there is neither a socket nor anything tracked */
	const struct host *host;       /* with active sockets and processes */
	const struct tracked *tracked;
	size_t tracked_count;
	const char *ssh_connection; /* of the environment, "CLIENT PORT SERVER PORT", or NULL */
};

/* What this host says to itself is left out: it always passes. False without memory. */
bool audit_live(struct arena *arena, const struct live_input *input, struct live_view *ret_view,
		struct error *err);

#endif
