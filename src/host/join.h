/* join.h: one door, many connections: each active TCP socket finds the passive one that it came from. */
#ifndef HOST_JOIN_H
#define HOST_JOIN_H

#include "host/snapshot.h"

/* Of a socket that the kernel lists as MPTCP and as TCP, with the same inode and ends, keeps the MPTCP one.
 * Before holders are found, because it moves sockets. */
void join_mptcp(struct snapshot *snapshot);

/* Fills `door` of active sockets and `connections` of passive ones, where it is sure: same namespace,
 * transport and port, an address that the passive one takes connections for, and no other passive socket
 * that it could be as well, unless a process that holds the active one holds one of them. */
void join_doors(struct snapshot *snapshot);

#endif
