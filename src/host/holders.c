#include "host/holders.h"

#include <stdlib.h>

/* With fewer sockets than this to find, walking /proc costs less than loading a program into the kernel. */
enum { BPF_WORTH = 2000, FIRST_HELD = 256 };

bool holders_wanted(const struct snapshot *snapshot, uint64_t inode)
{
	size_t slot = inodes_slot(&snapshot->inodes, inode);

	return inodes_next(&snapshot->inodes, snapshot->host, inode, &slot) != NO_SOCKET;
}

static bool make_room(struct snapshot *snapshot)
{
	const size_t capacity = snapshot->held_capacity > 0 ? 2 * snapshot->held_capacity : FIRST_HELD;
	struct held *more;

	if (snapshot->held_count < snapshot->held_capacity)
		return true;
	if (snapshot->held_count >= HOLDERS_MOST) {
		snapshot_unseen(snapshot, "holders past the first %d", HOLDERS_MOST);
		return false;
	}
	more = realloc(snapshot->held, capacity * sizeof(*more));
	if (more == NULL) {
		snapshot->failed = true;
		return false;
	}
	snapshot->held = more;
	snapshot->held_capacity = capacity;
	return true;
}

void holders_add(struct snapshot *snapshot, uint32_t process, uint32_t fd, uint64_t inode)
{
	size_t slot = inodes_slot(&snapshot->inodes, inode);
	uint32_t socket;

	while ((socket = inodes_next(&snapshot->inodes, snapshot->host, inode, &slot)) != NO_SOCKET) {
		if (make_room(snapshot))
			snapshot->held[snapshot->held_count++] = (struct held){ .socket = socket,
										.process = process,
										.fd = fd };
	}
}

void holders_forget(struct snapshot *snapshot, size_t count)
{
	snapshot->held_count = count;
}

static int compare_holders(const void *left, const void *right, void *processes)
{
	const struct holder *const a = left, *const b = right;
	const uint32_t pid = ((const struct host_process *)processes)[a->process].pid;
	const uint32_t other = ((const struct host_process *)processes)[b->process].pid;

	if (pid != other)
		return pid < other ? -1 : 1;
	return a->fd < b->fd ? -1 : a->fd > b->fd;
}

/* By pid, whichever way they were found. Threads that parted from each other may hold a socket under the same
 * number twice, which is told once. */
static void sort_holders(struct host *host, struct host_socket *socket)
{
	struct holder *const holders = &host->holders[socket->holder];
	uint16_t kept = 1;

	if (socket->holder_count < 2)
		return;
	qsort_r(holders, socket->holder_count, sizeof(*holders), compare_holders, host->processes);
	for (uint16_t i = 1; i < socket->holder_count; i++) {
		if (compare_holders(&holders[kept - 1], &holders[i], host->processes) != 0)
			holders[kept++] = holders[i];
	}
	socket->holder_count = kept;
}

/* Counts, then places: each socket's holders end up side by side. */
static bool sort_by_socket(struct snapshot *snapshot)
{
	struct host *const host = snapshot->host;
	uint32_t next = 0;

	host->holders = calloc(snapshot->held_count + 1, sizeof(*host->holders));
	if (host->holders == NULL)
		return false;
	host->holder_count = snapshot->held_count;
	for (size_t i = 0; i < snapshot->held_count; i++)
		host->sockets[snapshot->held[i].socket].holder++;
	for (size_t i = 0; i < host->socket_count; i++) {
		const uint32_t count = host->sockets[i].holder;

		host->sockets[i].holder = next;
		next += count;
	}
	for (size_t i = 0; i < snapshot->held_count; i++) {
		const struct held *const held = &snapshot->held[i];
		struct host_socket *const socket = &host->sockets[held->socket];

		if (socket->holder_count < UINT16_MAX)
			host->holders[socket->holder + socket->holder_count++] = (struct holder){
				.process = held->process, .fd = held->fd
			};
	}
	for (size_t i = 0; i < host->socket_count; i++)
		sort_holders(host, &host->sockets[i]);
	return true;
}

static bool read_either(struct snapshot *snapshot, struct error *err)
{
	const enum attribution way = snapshot->options->attribution;
	const bool many = snapshot->host->socket_count >= BPF_WORTH;

	if (way == ATTRIBUTE_BPF || (way == ATTRIBUTE_AUTO && many)) {
		if (holders_read_bpf(snapshot, err)) {
			snapshot->host->attributed_by_bpf = true;
			return true;
		}
		if (way == ATTRIBUTE_BPF)
			return false;
		/* Nothing of a reading that broke off is kept. */
		holders_forget(snapshot, 0);
		snapshot->host->process_count = 0;
	}
	holders_read_proc(snapshot);
	return true;
}

bool holders_read(struct snapshot *snapshot, struct error *err)
{
	bool good = true;

	if (snapshot->options->attribution == ATTRIBUTE_NONE)
		return true;
	snapshot->host->attributed = true;
	if (!inodes_build(&snapshot->inodes, snapshot->host, false))
		return error_memory(err);
	good = read_either(snapshot, err) && (sort_by_socket(snapshot) || error_memory(err));
	free(snapshot->held);
	snapshot->held = NULL;
	inodes_free(&snapshot->inodes);
	return good;
}
