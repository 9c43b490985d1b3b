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

static bool share_holder(const struct host *host, const struct host_socket *a, const struct host_socket *b)
{
	for (uint32_t i = 0; i < a->holder_count; i++) {
		for (uint32_t j = 0; j < b->holder_count; j++) {
			if (host->holders[a->holder + i].process == host->holders[b->holder + j].process)
				return true;
		}
	}
	return false;
}

/* What one socket's search has met so far. */
struct search {
	const struct host *host;
	const struct host_socket *active;
	uint32_t only, only_sharing; /* the one that was met; NO_SOCKET before */
	uint32_t met, sharing;
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

/* Meets the doors that are bound to this address. */
static void look_at(struct search *search, const struct doors *doors, const struct address *bound)
{
	const struct host *const host = search->host;

	for (uint32_t i = doors->first[bucket_of(doors, search->active, bound)]; i != 0;
	     i = doors->next[i - 1]) {
		const struct host_socket *const door = &host->sockets[i - 1];

		if (!takes(door, search->active, bound))
			continue;
		search->met++;
		search->only = i - 1;
		if (!share_holder(host, door, search->active))
			continue;
		search->sharing++;
		search->only_sharing = i - 1;
	}
}

static uint32_t door_of(const struct host *host, const struct doors *doors, const struct host_socket *active)
{
	static const struct address any_v6;
	const struct address any_v4 = address_v4(0);
	const struct address *const bounds[] = { &active->local, &any_v4, &any_v6 };
	struct search search = { .host = host, .active = active };

	/* The kernel prefers the closer binding; what is bound closer is looked at first, and settles it. */
	for (size_t i = 0; i < 3 && search.met == 0; i++) {
		if (bounds[i] != &any_v4 || address_is_v4(&active->local))
			look_at(&search, doors, bounds[i]);
	}
	if (search.met == 1)
		return search.only;
	return search.sharing == 1 ? search.only_sharing : NO_SOCKET;
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
