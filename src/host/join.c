#include "host/join.h"
#include "base/hash.h"

#include <stdlib.h>

/* Passive sockets by namespace, transport, port and bound address. Buckets are chains of indices. */
struct doors {
	uint32_t *first, *next; /* owned: 1 + index of a socket; 0 ends the chain */
	size_t mask;
};

static size_t bucket_of(const struct doors *doors, const struct host_socket *socket,
			const struct address *bound)
{
	uint64_t halves[2];

	memcpy(halves, bound->bytes, sizeof(halves));
	return hash_number(halves[0] ^ hash_number(halves[1] ^ (uint64_t)socket->space << 32 ^
						   (uint64_t)socket->transport << 16 ^ socket->local_port)) &
	       doors->mask;
}

static bool is_tcp(const struct host_socket *socket, enum socket_kind kind)
{
	return socket->family == SOCKET_INET && !socket->raw && socket->transport == TRANSPORT_TCP &&
	       socket->kind == kind;
}

static bool build_doors(const struct host *host, struct doors *doors)
{
	size_t size = 16;

	while (size < host->socket_count)
		size *= 2;
	doors->mask = size - 1;
	doors->first = calloc(size, sizeof(*doors->first));
	doors->next = calloc(host->socket_count + 1, sizeof(*doors->next));
	if (doors->first == NULL || doors->next == NULL)
		return false;
	for (size_t i = 0; i < host->socket_count; i++) {
		const struct host_socket *const socket = &host->sockets[i];
		uint32_t *bucket;

		if (!is_tcp(socket, SOCKET_PASSIVE))
			continue;
		bucket = &doors->first[bucket_of(doors, socket, &socket->local)];
		doors->next[i] = *bucket;
		*bucket = (uint32_t)i + 1;
	}
	return true;
}

static uint32_t holder_pid(const struct host *host, const struct host_socket *socket, uint32_t i)
{
	return host->processes[host->holders[socket->holder + i].process].pid;
}

/* Holders stand in the order of their pids. */
static bool share_holder(const struct host *host, const struct host_socket *a, const struct host_socket *b)
{
	uint32_t i = 0, j = 0;

	while (i < a->holder_count && j < b->holder_count) {
		const uint32_t left = holder_pid(host, a, i), right = holder_pid(host, b, j);

		if (left == right)
			return true;
		i += left < right;
		j += right < left;
	}
	return false;
}

/* The doors that one active socket may have come from, those that are bound closest first. Of more than there
 * is room for, none can be told to be the one. */
enum { CANDIDATES_MOST = 64 };
struct candidates {
	uint32_t sockets[CANDIDATES_MOST];
	uint8_t distances[CANDIDATES_MOST];
	size_t count;
};

static bool takes(const struct host_socket *door, const struct host_socket *active,
		  const struct address *bound)
{
	if (door->space != active->space || door->local_port != active->local_port ||
	    address_compare(&door->local, bound) != 0 ||
	    (door->interface != 0 && door->interface != active->interface))
		return false;
	return !(door->v6_socket && door->v6_only && address_is_v4(&active->local));
}

/* Adds the doors that are bound to this address. */
static void collect(struct candidates *candidates, const struct host *host, const struct doors *doors,
		    const struct host_socket *active, const struct address *bound, uint8_t distance)
{
	uint32_t i = doors->first[bucket_of(doors, active, bound)];

	for (; i != 0 && candidates->count <= CANDIDATES_MOST; i = doors->next[i - 1]) {
		if (!takes(&host->sockets[i - 1], active, bound))
			continue;
		if (candidates->count < CANDIDATES_MOST) {
			candidates->sockets[candidates->count] = i - 1;
			candidates->distances[candidates->count] = distance;
		}
		candidates->count++;
	}
}

/* Of several, the one that a process of the connection holds too; where it holds several of them, the
 * closest, which the kernel prefers. NO_SOCKET where that does not leave just one. */
static uint32_t choose(const struct candidates *candidates, const struct host *host,
		       const struct host_socket *active)
{
	uint32_t best = NO_SOCKET;
	uint8_t distance = UINT8_MAX;

	for (size_t i = 0; i < candidates->count; i++) {
		if (candidates->distances[i] > distance)
			break;
		if (!share_holder(host, &host->sockets[candidates->sockets[i]], active))
			continue;
		if (best != NO_SOCKET)
			return NO_SOCKET;
		best = candidates->sockets[i];
		distance = candidates->distances[i];
	}
	return best;
}

static uint32_t door_of(const struct host *host, const struct doors *doors, const struct host_socket *active)
{
	static const struct address any_v6;
	const struct address any_v4 = address_v4(0);
	struct candidates candidates = { .count = 0 };

	collect(&candidates, host, doors, active, &active->local, 0);
	if (address_is_v4(&active->local))
		collect(&candidates, host, doors, active, &any_v4, 1);
	collect(&candidates, host, doors, active, &any_v6, 2);
	if (candidates.count == 1)
		return candidates.sockets[0];
	return candidates.count <= CANDIDATES_MOST ? choose(&candidates, host, active) : NO_SOCKET;
}

void join_doors(struct snapshot *snapshot)
{
	struct host *const host = snapshot->host;
	struct doors doors = { 0 };

	if (build_doors(host, &doors)) {
		for (size_t i = 0; i < host->socket_count; i++) {
			struct host_socket *const socket = &host->sockets[i];

			if (!is_tcp(socket, SOCKET_ACTIVE) || socket->state == STATE_SYN_SENT)
				continue;
			socket->door = door_of(host, &doors, socket);
			if (socket->door != NO_SOCKET)
				host->sockets[socket->door].connections++;
		}
	} else {
		snapshot->failed = true;
	}
	free(doors.first);
	free(doors.next);
}

/* Whether the kernel lists this TCP socket a second time, as the MPTCP socket that it carries. */
static bool is_shadow(const struct host *host, const struct inodes *mptcp, const struct host_socket *socket)
{
	size_t slot = inodes_slot(mptcp, socket->inode);
	uint32_t found;

	if (socket->mptcp || !is_tcp(socket, socket->kind))
		return false;
	while ((found = inodes_next(mptcp, host, socket->inode, &slot)) != NO_SOCKET) {
		const struct host_socket *const whole = &host->sockets[found];

		if (whole->local_port == socket->local_port && whole->peer_port == socket->peer_port &&
		    address_compare(&whole->local, &socket->local) == 0 &&
		    address_compare(&whole->peer, &socket->peer) == 0)
			return true;
	}
	return false;
}

/* Marks first and moves then, because the index knows sockets by their places. */
static void drop_shadows(struct host *host, const struct inodes *mptcp)
{
	bool *const shadow = calloc(host->socket_count + 1, sizeof(*shadow));
	size_t kept = 0;

	if (shadow == NULL)
		return;
	for (size_t i = 0; i < host->socket_count; i++)
		shadow[i] = is_shadow(host, mptcp, &host->sockets[i]);
	for (size_t i = 0; i < host->socket_count; i++) {
		if (!shadow[i])
			host->sockets[kept++] = host->sockets[i];
	}
	host->socket_count = kept;
	free(shadow);
}

void join_mptcp(struct snapshot *snapshot)
{
	struct host *const host = snapshot->host;
	struct inodes inodes = { 0 };
	size_t mptcp = 0;

	for (size_t i = 0; i < host->socket_count; i++)
		mptcp += host->sockets[i].mptcp;
	if (mptcp == 0)
		return;
	if (inodes_build(&inodes, host, true))
		drop_shadows(host, &inodes);
	else
		snapshot->failed = true;
	inodes_free(&inodes);
}
