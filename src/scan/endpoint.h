/* endpoint.h: addresses of ours as sockets want them. */
#ifndef SCAN_ENDPOINT_H
#define SCAN_ENDPOINT_H

#include "base/address.h"

#include <stdbool.h>
#include <sys/socket.h>

/* Returns the length. `interface` is the scope of a link-local address, or 0. */
socklen_t endpoint_of(const struct address *address, uint32_t interface, uint16_t port,
		      struct sockaddr_storage *ret_endpoint);

struct address endpoint_address(const struct sockaddr_storage *endpoint);

/* Which address of ours packets to this one come from. Nothing is sent. False without a way. */
bool endpoint_source(const struct address *address, uint32_t interface, struct address *ret_source);

#endif
