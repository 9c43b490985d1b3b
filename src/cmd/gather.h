/* gather.h: what the commands that judge this host need, read in one go: the policy, the open doors and the
 * processes behind them, what is spoken there, and the audit of it all. */
#ifndef CMD_GATHER_H
#define CMD_GATHER_H

#include "audit/audit.h"

/* The policy in force where -P names no other. */
#define POLICY_IN_FORCE "/etc/doorward/host.policy"

struct gather_options {
	const char *policy; /* path; NULL: the one in force, if there is one */
	bool no_policy;     /* read none at all, as `learn` wants it */
	bool here;          /* leave other network namespaces out */
	bool no_knock;
	bool progress; /* say on stderr what takes long, if that is a terminal */
};

struct gathered {
	struct arena *arena; /* owned: holds what follows, but for the host */
	struct host host;    /* owned */
	struct diagnostics *diagnostics;
	struct policy *policy; /* NULL without one */
	struct surroundings around;
	struct knock_door *knocked; /* with one result each; none with no_knock */
	struct knock_result *results;
	size_t knock_count;
	int64_t knock_ms; /* how long knocking took */
	struct reachability *reachability;
	struct audit *audit;
};

/* Whether there is a policy in force. If not, err says so, and how to come by one. */
bool policy_is_in_force(struct error *err);

/* Reads it all. False with words when there is no answer: a policy with errors, of which err shows the first,
 * or a host of which nothing can be read. Free with gathered_free() in any case. */
bool gather(struct gathered *gathered, const struct gather_options *options, struct error *err);
void gathered_free(struct gathered *gathered);

/* Says why a policy is not used: its first error. Returns false always. */
bool policy_refused(const struct diagnostics *diagnostics, const char *path, struct error *err);

/* The exit status of a command that judges: findings that count, else what could not be seen, else agreement.
 */
int audit_status(const struct audit *audit);

#endif
