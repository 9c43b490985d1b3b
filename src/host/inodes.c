#include "host/inodes.h"

#include <stdlib.h>

enum { LEAST_SLOTS = 16 };

static bool belongs(const struct host_socket *socket, bool only_mptcp)
{
	return socket->inode != 0 && (socket->mptcp || !only_mptcp);
}

bool inodes_build(struct inodes *inodes, const struct host *host, bool only_mptcp)
{
	size_t size = LEAST_SLOTS, count = 0;

	for (size_t i = 0; i < host->socket_count; i++)
		count += belongs(&host->sockets[i], only_mptcp);
	while (size < 2 * count)
		size *= 2;
	inodes->slots = calloc(size, sizeof(*inodes->slots));
	inodes->mask = size - 1;
	for (size_t i = 0; inodes->slots != NULL && i < host->socket_count; i++) {
		size_t slot = inodes_slot(inodes, host->sockets[i].inode);

		if (!belongs(&host->sockets[i], only_mptcp))
			continue;
		while (inodes->slots[slot] != 0)
			slot = (slot + 1) & inodes->mask;
		inodes->slots[slot] = (uint32_t)i + 1;
	}
	return inodes->slots != NULL;
}

void inodes_free(struct inodes *inodes)
{
	free(inodes->slots);
	inodes->slots = NULL;
}

uint32_t inodes_next(const struct inodes *inodes, const struct host *host, uint64_t inode, size_t *slot)
{
	while (inodes->slots[*slot] != 0) {
		const uint32_t socket = inodes->slots[*slot] - 1;

		*slot = (*slot + 1) & inodes->mask;
		if (host->sockets[socket].inode == inode)
			return socket;
	}
	return NO_SOCKET;
}
