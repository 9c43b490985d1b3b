/* inodes.h: sockets by their inode, which all network namespaces share. An open hash; several sockets may
 * have one inode, as an MPTCP socket and the TCP ones that carry it do. */
#ifndef HOST_INODES_H
#define HOST_INODES_H

#include "base/hash.h"
#include "host/host.h"

struct inodes {
	uint32_t *slots; /* owned: 1 + index of a socket; 0 is free */
	size_t mask;
};

/* Holds all sockets that have an inode, or of these only the MPTCP ones. False without memory. */
bool inodes_build(struct inodes *inodes, const struct host *host, bool only_mptcp);
void inodes_free(struct inodes *inodes);

/* Walks the sockets of an inode. Begin with *slot = inodes_slot(); NO_SOCKET ends it. */
static inline size_t inodes_slot(const struct inodes *inodes, uint64_t inode)
{
	return hash_number(inode) & inodes->mask;
}
uint32_t inodes_next(const struct inodes *inodes, const struct host *host, uint64_t inode, size_t *slot);

#endif
