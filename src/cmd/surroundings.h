/* surroundings.h: what "self", "local" and "broadcast" stand for on this host, and today. */
#ifndef CMD_SURROUNDINGS_H
#define CMD_SURROUNDINGS_H

#include "host/host.h"
#include "policy/policy.h"

/* From the addresses of its interfaces. Lives in the arena; what cannot be found out is left empty. */
struct surroundings surroundings_of(const struct host *host, struct arena *arena);

/* The same where nothing has been read of the host yet: sockets and processes are not looked at. */
struct surroundings surroundings_of_host(struct arena *arena);

#endif
