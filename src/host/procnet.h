/* procnet.h: sockets as /proc/net lists them, for kernels that have no diag for a transport. */
#ifndef HOST_PROCNET_H
#define HOST_PROCNET_H

#include "host/snapshot.h"

/* Adds what /proc/net/NAME (NAME6 for IPv6) lists for the thread's network namespace. False if there is no
 * such list. */
bool procnet_read(struct snapshot *snapshot, const char *name, bool v6, uint32_t space);

/* Reads one line of an inet list: "  1: 0100007F:0016 00000000:0000 0A ...". False if it is not one. */
bool procnet_read_inet(struct span line, bool v6, struct host_socket *ret_socket);

/* Reads one line of /proc/net/packet. */
bool procnet_read_packet(struct span line, struct host_socket *ret_socket);

#endif
