/* spaces.h: the network namespaces of this host. */
#ifndef HOST_SPACES_H
#define HOST_SPACES_H

#include "host/snapshot.h"

/* Adds the caller's own namespace, which is the first. */
bool spaces_add_own(struct snapshot *snapshot);

/* Adds the others that a process runs in or that `ip netns` names, and reads the sockets and interfaces of
 * each in a thread that enters it. What may not be entered is listed as not visible. */
void spaces_read_others(struct snapshot *snapshot);

#endif
