/* dcerpc.h: what carriers of DCE/RPC ask of it: SMB, in whose named pipes it runs; and what the files about
 * it share: dcerpc_map.c reads answers of the endpoint mapper. */
#ifndef PROTOCOLS_DCERPC_H
#define PROTOCOLS_DCERPC_H

#include "base/span.h"

/* Notes in `room` (lines.h, texts_add()) the interfaces that a message asks for, by their names or their
 * UUIDs. False if it asks for none. */
bool dcerpc_interfaces(struct span message, char *room, size_t size);

/* Where an interface is served over TCP. */
struct dcerpc_endpoint {
	uint8_t uuid[16]; /* as it came, in little order */
	uint16_t port;
};

/* Reads what the endpoint mapper answered to ept_map, up to `most` endpoints; how many of them are of TCP. */
size_t dcerpc_map(struct span stub, bool little, struct dcerpc_endpoint *endpoints, size_t most);

#endif
