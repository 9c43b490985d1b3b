/* holders.h: which process holds which socket, from a BPF iterator over all open files or from /proc/PID/fd.
 * Both give the same; which is cheaper depends on how much is open. */
#ifndef HOST_HOLDERS_H
#define HOST_HOLDERS_H

#include "host/snapshot.h"

/* Finds the holders of all sockets of the snapshot, and sorts them by socket. False without memory, or when
 * the way that the options demand is not there. */
bool holders_read(struct snapshot *snapshot, struct error *err);

/* The two ways. They add to the snapshot with holders_add(). */
bool holders_read_bpf(struct snapshot *snapshot, struct error *err);
void holders_read_proc(struct snapshot *snapshot);

/* Whether some socket of the snapshot has this inode. */
bool holders_wanted(const struct snapshot *snapshot, uint64_t inode);

/* This process has the socket of this inode open as fd. */
void holders_add(struct snapshot *snapshot, uint32_t process, uint32_t fd, uint64_t inode);

/* Takes back what was added past the first `count`: of a process that ended meanwhile. */
void holders_forget(struct snapshot *snapshot, size_t count);

#endif
