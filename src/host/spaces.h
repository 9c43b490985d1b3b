/* spaces.h: the network namespaces of this host. */
#ifndef HOST_SPACES_H
#define HOST_SPACES_H

#include "host/snapshot.h"

/* Adds the caller's own namespace, which is the first. */
bool spaces_add_own(struct snapshot *snapshot);

/* Looks at all processes: finds whether each may be looked at, and the other namespaces that they run in or
 * that `ip netns` names. If the options ask for them, these are added, and the sockets and interfaces of each
 * are read by a thread that enters it. What may not be entered is listed as not visible. */
void spaces_read_others(struct snapshot *snapshot);

#endif
