/* surroundings.h: what "self", "local" and "broadcast" stand for on this host, and today. */
#ifndef CMD_SURROUNDINGS_H
#define CMD_SURROUNDINGS_H

#include "policy/policy.h"

/* Asks the system for the addresses of its interfaces, without looking at sockets or processes. Lives in the
 * arena. What cannot be found out is left empty. */
struct surroundings surroundings_of_host(struct arena *arena);

#endif
