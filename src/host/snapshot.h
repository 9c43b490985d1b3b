/* snapshot.h: what the rooms of this module share while one snapshot is taken. Memory that runs out marks the
 * snapshot failed; it is looked at once, at the end. */
#ifndef HOST_SNAPSHOT_H
#define HOST_SNAPSHOT_H

#include "host/host.h"
#include "host/inodes.h"

/* Past these, what is left out is said in `unseen`. */
enum { SOCKETS_MOST = 16 << 20, HOLDERS_MOST = 64 << 20, SNAPSHOT_MEMORY = 1 << 30 };

/* A socket found open in a process, before it is sorted by socket. */
struct held {
	uint32_t socket, process, fd;
};

struct snapshot {
	struct host *host; /* being filled */
	const struct host_options *options;
	size_t socket_capacity, process_capacity, space_capacity, interface_capacity;
	size_t unseen_capacity, unit_capacity;
	struct held *held; /* owned until the holders are sorted */
	size_t held_count, held_capacity;
	struct inodes inodes; /* owned until then */
	int proc;             /* /proc, open */
	size_t hidden;        /* processes whose files may not be looked at */
	bool failed;          /* memory ran out */
};

/* A zeroed socket at the end of the list, or NULL. Good until the next is added. */
struct host_socket *snapshot_add_socket(struct snapshot *snapshot);

/* Takes the last one back. */
void snapshot_drop_socket(struct snapshot *snapshot);

struct host_process *snapshot_add_process(struct snapshot *snapshot);
struct host_space *snapshot_add_space(struct snapshot *snapshot);
struct host_interface *snapshot_add_interface(struct snapshot *snapshot);

/* 1 + the index of the socket unit of that name, which is added if it is new; 0 without memory. */
uint16_t snapshot_add_unit(struct snapshot *snapshot, const char *name);

/* Says once what could not be seen. */
void snapshot_unseen(struct snapshot *snapshot, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Text that lives as long as the snapshot; NULL without memory. */
const char *snapshot_text(struct snapshot *snapshot, struct span text);

#endif
