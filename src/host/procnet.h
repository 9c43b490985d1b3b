/* procnet.h: sockets as /proc/net lists them, for kernels that have no diag for a transport. */
#ifndef HOST_PROCNET_H
#define HOST_PROCNET_H

#include "host/snapshot.h"

/* Adds what /proc/net/NAME (NAME6 for IPv6) lists for the thread's network namespace. False if there is no
 * such list. */
bool procnet_read(struct snapshot *snapshot, const char *name, bool v6, uint32_t space);

/* Text of /proc/net/protocols of the thread's network namespace: which protocols the kernel has, and how many
 * sockets of each. Empty if it cannot be read. */
enum { PROCNET_PROTOCOLS = 16384 };
struct span procnet_protocols(char text[static PROCNET_PROTOCOLS]);

/* Whether that text says that there is no socket of a protocol such as "MPTCP", neither of IPv4 nor of IPv6.
 * False where it does not tell: MPTCP is counted from Linux 6.3 on. */
bool procnet_has_none(struct span protocols, const char *name, const char *name_v6);

/* How many sockets of a protocol it counts; false if it does not name it. */
bool procnet_count(struct span protocols, const char *protocol, uint64_t *ret_count);

/* Reads one line of an inet list: "  1: 0100007F:0016 00000000:0000 0A ...". False if it is not one. */
bool procnet_read_inet(struct span line, bool v6, struct host_socket *ret_socket);

/* Reads one line of /proc/net/packet. */
bool procnet_read_packet(struct span line, struct host_socket *ret_socket);

#endif
