/* interfaces.h: the interfaces of the network namespace that the calling thread is in, and their addresses.
 */
#ifndef HOST_INTERFACES_H
#define HOST_INTERFACES_H

#include "host/snapshot.h"

void interfaces_read(struct snapshot *snapshot, uint32_t space);

#endif
