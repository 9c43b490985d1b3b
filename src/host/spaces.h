/* spaces.h: the network namespaces of this host. */
#ifndef HOST_SPACES_H
#define HOST_SPACES_H

#include "host/snapshot.h"

/* Adds the caller's own namespace, which is the first. */
bool spaces_add_own(struct snapshot *snapshot);

/* If the options ask for them: adds the other namespaces that processes run in or that `ip netns` names, and
 * the sockets and interfaces of each, which a thread reads that enters it. What may not be entered is listed
 * as not visible. */
void spaces_read_others(struct snapshot *snapshot);

#endif
