/* audit.h: the views of each door joined, and where they disagree.
 *
 * A door of this host is a transport, port and address that is documented, open, or both. The audit takes the
 * policy (documented), a snapshot of the host (open, reachable) and what knocking said (spoken), and gives
 * doors and findings. Each finding has one cause, an id that does not change, and says what to do. */
#ifndef AUDIT_AUDIT_H
#define AUDIT_AUDIT_H

#include "host/host.h"
#include "policy/policy.h"
#include "scan/knock.h"

enum finding_kind {
	FINDING_UNDOCUMENTED,   /* a listener that no rule allows */
	FINDING_DENIED_OPEN,    /* a listener that a rule denies */
	FINDING_WIDER,          /* reachable from more than is documented */
	FINDING_WRONG_PROTOCOL, /* another protocol than documented is spoken */
	FINDING_WRONG_PROCESS,  /* another process than documented listens */
	FINDING_NOT_OPEN,       /* documented, and nobody listens */
	FINDING_CLEAR_TEXT,     /* a clear-text protocol beyond loopback */
	FINDING_WEAKNESS,       /* what a protocol's own file calls weak: SSH 1, TLS 1.0, SMB 1, SNMP 1/2c */
	FINDING_NO_OWNER,       /* a rule without owner or reason */
	FINDING_REVIEW_DUE,
	FINDING_EXPIRED,          /* `until` is past */
	FINDING_EXPECTATION,      /* an expect line that fails */
	FINDING_ACCEPTANCE_ENDED, /* an accepted finding whose time is over */
	FINDING_KINDS
};

/* What is the same for all findings of a kind: data, printed by `explain`. */
struct finding_type {
	const char *id; /* "undocumented" */
	const char *title;
	int severity; /* usual; 1 is worst */
	const char *remedy;
	const char *references; /* "NIST SP 800-53 CM-7; PCI DSS v4.0.1 1.2.5, 2.2.4; CIS v8.1 4.8" */
};
extern const struct finding_type finding_types[FINDING_KINDS];
const struct finding_type *finding_type_named(const char *id);

struct finding {
	enum finding_kind kind;
	const char *id;  /* of the kind, or of the weakness */
	const char *key; /* stable over runs: id and door, so that a finding can be followed */
	const char *title;
	int severity;
	const char *subject;  /* "tcp/3306 on 0.0.0.0", or the rule */
	const char *evidence; /* what was seen */
	const char *remedy;
	const char *references;
	const struct audit_door *door;     /* or NULL */
	const struct rule *rule;           /* or NULL */
	const struct acceptance *accepted; /* somebody answers for it; it does not count then */
};

enum documented { DOCUMENTED_NO, DOCUMENTED_YES, DOCUMENTED_DENIED, DOCUMENTED_NO_POLICY };

/* One row of `check`: sockets on the same transport, port and namespace, held by the same processes. */
struct audit_door {
	uint16_t transport, port;
	const struct host_socket **sockets; /* passive; none if only documented */
	size_t socket_count;
	enum exposure exposure;
	enum documented documented;
	const struct rule *rule; /* that documents or denies it, or NULL */
	const struct door *rule_door;
	const struct knock_result *spoken; /* NULL: not asked */
	const struct service *registered;  /* what the port's number suggests, or NULL */
};

struct audit {
	struct arena *arena;         /* borrowed */
	const struct policy *policy; /* NULL without one */
	const struct host *host;
	struct audit_door *doors; /* sorted: worst finding first, then port */
	struct finding *findings; /* sorted: severity, then subject */
	size_t door_count, finding_count, accepted_count;
	const char **incomplete; /* which view is missing where, in words */
	size_t incomplete_count;
};

struct audit_input {
	const struct policy *policy; /* or NULL */
	const struct host *host;
	const struct surroundings *around;
	const struct knock_door
		*knocked; /* as given to knock(), with one result each; none with --no-knock */
	const struct knock_result *results;
	size_t knock_count;
};

/* Which doors to knock at: one address for each passive tcp and udp socket of the caller's own namespace. */
struct knock_door *audit_knock_plan(struct arena *arena, const struct host *host, size_t *ret_count);

/* Everything lives in the arena or points into the input. NULL without memory, or if the policy cannot be
 * decided. */
struct audit *audit_run(struct arena *arena, const struct audit_input *input, struct error *err);

/* What "self" and "local" mean on this host. */
struct surroundings audit_surroundings(struct arena *arena, const struct host *host);

#endif
