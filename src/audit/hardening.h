/* hardening.h: how each door that the policy does not want would be closed: words and commands for people to
 * review. Nothing is done. */
#ifndef AUDIT_HARDENING_H
#define AUDIT_HARDENING_H

#include "audit/audit.h"

struct hardening {
	const struct audit_door *door;
	const char *why;     /* "no rule allows it", "denied by 'deny mysql/3306'" */
	const char *unit;    /* to disable, of systemd; NULL: none is known */
	const char *package; /* that brought the program; NULL: none is known */
	const char
		*setting; /* where the program is told what to listen at: "'bind' in redis.conf"; or NULL */
	const char *rule; /* that covers the door until then: "deny tcp/6379" */
	const char *command; /* that would stop it: "systemctl disable --now redis-server.service", or NULL */
};

/* The doors of the audit that are open, and that no rule allows. NULL without memory. */
struct hardening *audit_hardening(struct arena *arena, const struct audit *audit, size_t *ret_count);

#endif
