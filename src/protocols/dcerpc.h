/* dcerpc.h: what carriers of DCE/RPC ask of it: SMB, in whose named pipes it runs. */
#ifndef PROTOCOLS_DCERPC_H
#define PROTOCOLS_DCERPC_H

#include "base/span.h"

/* Notes in `room` (lines.h, texts_add()) the interfaces that a message asks for, by their names or their
 * UUIDs. False if it asks for none. */
bool dcerpc_interfaces(struct span message, char *room, size_t size);

#endif
