/* procnet.h: sockets as /proc/net lists them, for kernels that have no diag for a transport. */
#ifndef HOST_PROCNET_H
#define HOST_PROCNET_H

#include "host/snapshot.h"

/* Adds what /proc/net/NAME (NAME6 for IPv6) lists for the thread's network namespace. False if there is no
 * such list. */
bool procnet_read(struct snapshot *snapshot, const char *name, bool v6, uint32_t space);

/* Whether the kernel's own count says that the thread's network namespace has no MPTCP socket. False where it
 * does not count them, which it does from Linux 6.3 on. */
bool procnet_counts_no_mptcp(void);

/* How many sockets of a protocol such as "MPTCP" the text of /proc/net/protocols counts; false if none. */
bool procnet_count(struct span text, const char *protocol, uint64_t *ret_count);

/* Reads one line of an inet list: "  1: 0100007F:0016 00000000:0000 0A ...". False if it is not one. */
bool procnet_read_inet(struct span line, bool v6, struct host_socket *ret_socket);

/* Reads one line of /proc/net/packet. */
bool procnet_read_packet(struct span line, struct host_socket *ret_socket);

#endif
