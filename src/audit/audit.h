/* audit.h: the views of each door joined, and where they disagree.
 *
 * A door of this host is a transport, port and address that is documented, open, or both. The audit takes the
 * policy (documented), a snapshot of the host (open, reachable) and what knocking said (spoken), and gives
 * doors and findings. Each finding has one cause, an id that does not change, and says what to do.
 *
 * Nothing is claimed that was not seen: a silent server is not accused of speaking another protocol, a
 * process that cannot be seen is not the wrong one, and where something filters packets the audit does not
 * say that a door is reachable from more than its rule documents. */
#ifndef AUDIT_AUDIT_H
#define AUDIT_AUDIT_H

#include "audit/reachable.h"
#include "host/host.h"
#include "policy/policy.h"
#include "scan/knock.h"

enum finding_kind {
	FINDING_UNDOCUMENTED,   /* a listener that no rule allows */
	FINDING_DENIED_OPEN,    /* a listener that a rule denies by name */
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
	FINDING_TRAFFIC,          /* flows that no rule allows */
	FINDING_DENIED_TRAFFIC,   /* flows that a rule denies by name, and that were answered */
	FINDING_UNEXPECTED_PARTY, /* flows at a documented door, from or to others than its rules name */
	FINDING_REACHABLE,        /* a service for few answers from outside, and no policy speaks of it */
	FINDING_KINDS
};

/* 1 is worst, as in EVE. A note is shown and does not count: it does not change the exit status. */
enum { AUDIT_CRITICAL = 1, AUDIT_HIGH, AUDIT_MEDIUM, AUDIT_NOTE, AUDIT_SEVERITIES };
const char *audit_severity_text(int severity); /* "critical", "high", "medium", "note" */

/* What is the same for all findings of a kind: data, printed by `explain`. */
struct finding_type {
	const char *id; /* "undocumented" */
	const char *title;
	int severity; /* usual; 1 is worst */
	const char *remedy;
	const char *references; /* parted by "; ": "NIST SP 800-53 CM-7; PCI DSS v4.0.1 1.2.5" */
};
extern const struct finding_type finding_types[FINDING_KINDS];

/* By id; NULL if unknown. Ids of weaknesses are not kinds: weakness_named() knows those. */
const struct finding_type *finding_type_named(const char *id);
const struct weakness *weakness_named(const char *id);

/* The nth weakness of all protocols, for lists; NULL behind the last. */
const struct weakness *weakness_nth(size_t nth);

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

/* NOT_JUDGED: in another network namespace than the policy speaks of. TEMPORARY: see audit_door. */
enum documented {
	DOCUMENTED_NO,
	DOCUMENTED_YES,
	DOCUMENTED_DENIED,
	DOCUMENTED_NO_POLICY,
	DOCUMENTED_NOT_JUDGED,
	DOCUMENTED_TEMPORARY,
};

/* One row of `check`: sockets on the same transport, port and namespace, held by the same program, or a door
 * that is documented and has no socket. IPv4 and IPv6 twins are one door. */
struct traffic_door;
struct audit_door {
	uint16_t transport, port;           /* port 0 where the transport has none */
	uint32_t space;                     /* index into host->spaces */
	const struct host_socket **sockets; /* passive; none if only documented */
	size_t socket_count;
	const char *addresses; /* that it is bound to: "0.0.0.0, ::", with the interface: "fe80::1%eth0" */
	const struct host_process *process; /* stands for all that hold it; NULL if none can be seen */
	size_t process_count;
	bool unheld; /* no process holds it that this system shows: the kernel's own (NFS, WireGuard), or one
			outside of this PID namespace */
	const char *unit; /* systemd's, or NULL */
	const char *user; /* of the process, else of the socket; NULL without sockets */
	enum exposure exposure;
	struct reach reach; /* what the packet filter lets through of that */
	enum documented documented;
	const struct rule *rule; /* that documents or denies it, or NULL */
	const struct door *rule_door;
	const struct knock_result
		*spoken; /* the first that was identified, else the first; NULL: not asked */
	const struct knock_result **heard; /* what each of its addresses answered */
	size_t heard_count;
	const struct service *registered; /* what the port's number suggests, or NULL */
	int worst;                        /* severity of its worst finding that counts; 0: none */

	/* An unconnected UDP socket on a port of the host's ephemeral range at which nothing is registered
	 * and that no rule names: by all likelihood a client waiting for answers, as a resolver does. The
	 * kernel does not tell the two apart, so it is shown, and not counted as undocumented. */
	bool temporary;

	/* Seen in traffic, and no socket of this host (traffic.h); else NULL. */
	const struct traffic_door *seen;
};

struct audit {
	struct arena *arena;         /* borrowed */
	const struct policy *policy; /* NULL without one */
	const struct host *host;
	struct audit_door *doors; /* sorted: own namespace first, temporary ones behind, then by port */
	struct finding *findings; /* sorted: severity, kind, subject; accepted ones last */
	size_t door_count, finding_count;
	size_t accepted_count, note_count; /* of the findings: what does not count */
	const char **incomplete;           /* which view is missing where, in words */
	size_t incomplete_count;
};

struct audit_input {
	const struct policy *policy; /* or NULL */
	struct host *host;           /* user names are looked up in it */
	const struct surroundings *around;
	struct reachability *reachability;  /* NULL: the packet filter is not judged */
	const struct knock_door *knocked;   /* from audit_knock_plan(); none with --no-knock */
	const struct knock_result *results; /* one for each */
	size_t knock_count;
	const struct audit_outside *outside; /* NULL: this host itself is looked at */
};

/* From where, in words for people: "anywhere", "private networks", "its link", "this host". */
const char *audit_reach_text(enum exposure exposure);

/* The first two addresses of a door and how many there are more: "0.0.0.0, ::", "10.0.0.1, 10.0.0.2, +7". */
enum { AUDIT_ADDRESSES_TEXT = 256 };
const char *audit_addresses_short(const struct audit_door *door, char text[static AUDIT_ADDRESSES_TEXT]);

/* Which doors to knock at: for each passive tcp and udp socket of the caller's own namespace an address that
 * reaches it from this host, each once, sorted. What may be a client's temporary port is left alone, and so
 * is a socket that only hears multicast. NULL without memory. */
struct knock_door *audit_knock_plan(struct arena *arena, const struct host *host, size_t *ret_count);

/* Everything lives in the arena or points into the input. NULL without memory, or if the policy cannot be
 * decided. */
struct audit *audit_run(struct arena *arena, const struct audit_input *input, struct error *err);

/* ---- a host that was looked at from elsewhere ---- */

/* A door that answered. */
struct audit_found {
	struct knock_door door;
	const struct knock_result *result;
};

struct audit_outside {
	const char *name;                /* of the host, for people */
	const struct address *addresses; /* of the host */
	const struct address *sources;   /* ours, to each of them; unspecified where it is not known */
	size_t address_count;
	const struct audit_found *found; /* in any order */
	size_t found_count;

	/* Whether it is certain that this door was asked and nobody answered. NULL: of none. */
	bool (*absent)(void *context, unsigned transport, uint16_t port);
	void *context;
	const char *const *incomplete; /* what could not be seen, in words */
	size_t incomplete_count;
};

/* What a scan found, judged by the same rooms as this host's own doors; "self" of the policy, which may be
 * NULL, are the addresses of the host. Only what was seen from where it was looked is claimed: a rule that
 * does not let us in is no reason to miss a door, and an answer at such a door is one too many. Everything
 * lives in the arena or points into what was given. NULL with words. */
struct audit *audit_outside(struct arena *arena, const struct policy *policy,
			    const struct audit_outside *outside, struct error *err);

/* ---- a first policy ---- */

/* Writes a first policy of what is open: a rule for each program and reach, with what was observed, and owner
 * and reason left for people to fill in. It parses, and with it no open door is undocumented. False without
 * memory. */
struct buffer;
bool audit_learn(struct arena *arena, const struct audit *audit, struct buffer *out);

/* Findings that count: neither accepted nor notes. */
static inline size_t audit_counting(const struct audit *audit)
{
	return audit->finding_count - audit->accepted_count - audit->note_count;
}

/* The rule's door for this transport and port, or NULL. */
const struct door *rule_door_at(const struct rule *rule, unsigned transport, uint16_t port);

#endif
