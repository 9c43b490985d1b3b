#include "host/spaces.h"
#include "base/file.h"
#include "host/cgroup.h"
#include "host/diag.h"
#include "host/entries.h"
#include "host/interfaces.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ENTRY_PATH = 280, LINK_TEXT = 64, CGROUP_TEXT = 16384 };

/* A namespace that is not the caller's own, and where it can be entered. */
struct entry {
	uint64_t inode;
	const char *name; /* lives in the snapshot; NULL: none better than its inode */
	char path[ENTRY_PATH];
};

/* What the helper thread is given. */
struct others {
	struct snapshot *snapshot;
	struct entry *entries; /* owned */
	size_t count, capacity;
};

static const char named_folder[] = "/run/netns", own_path[] = "/proc/thread-self/ns/net",
		  first_path[] = "/proc/1/ns/net", port_range[] = "/proc/sys/net/ipv4/ip_local_port_range";

bool host_ephemeral(uint16_t *ret_first, uint16_t *ret_last)
{
	char text[64];
	const long length = file_read_text(port_range, text, sizeof(text));
	struct span s = span_of(text, length > 0 ? (size_t)length : 0);
	uint64_t first, last;

	if (!span_number(span_until(&s, '\t'), UINT16_MAX, &first) ||
	    !span_number(span_line(&s), UINT16_MAX, &last))
		return false;
	*ret_first = (uint16_t)first;
	*ret_last = (uint16_t)last;
	return true;
}

static uint64_t inode_of(const char *path)
{
	struct stat found;

	return stat(path, &found) == 0 ? found.st_ino : 0;
}

/* The name that `ip netns` gave, kept in the snapshot; NULL if it gave none. */
static const char *name_of(struct snapshot *snapshot, uint64_t inode)
{
	DIR *const folder = opendir(named_folder);
	const char *name = NULL;
	struct dirent *entry;

	while (folder != NULL && name == NULL && (entry = readdir(folder)) != NULL) {
		struct stat found;

		if (entry->d_name[0] != '.' && fstatat(dirfd(folder), entry->d_name, &found, 0) == 0 &&
		    found.st_ino == inode)
			name = snapshot_text(snapshot, span_text(entry->d_name));
	}
	if (folder != NULL)
		closedir(folder);
	return name;
}

/* The first process runs in the host's own; whoever may not look at it is taken to be there too, unless the
 * namespace has a name. */
static const char *own_name(struct snapshot *snapshot, uint64_t own)
{
	const char *const name = inode_of(first_path) != own ? name_of(snapshot, own) : NULL;

	return name != NULL ? name : "host";
}

bool spaces_add_own(struct snapshot *snapshot)
{
	struct host_space *const space = snapshot_add_space(snapshot);

	if (space == NULL)
		return false;
	space->inode = inode_of(own_path);
	space->name = own_name(snapshot, space->inode);
	space->visible = true;
	(void)host_ephemeral(&space->ephemeral_first, &space->ephemeral_last);
	return true;
}

static struct entry *entry_of(struct others *others, uint64_t inode)
{
	for (size_t i = others->count; i > 0; i--) {
		if (others->entries[i - 1].inode == inode)
			return &others->entries[i - 1];
	}
	return NULL;
}

static struct entry *add_entry(struct others *others, uint64_t inode)
{
	if (others->count == others->capacity) {
		const size_t capacity = others->capacity > 0 ? 2 * others->capacity : 8;
		struct entry *const more = realloc(others->entries, capacity * sizeof(*more));

		if (more == NULL) {
			others->snapshot->failed = true;
			return NULL;
		}
		others->entries = more;
		others->capacity = capacity;
	}
	others->entries[others->count] = (struct entry){ .inode = inode };
	return &others->entries[others->count++];
}

/* Namespaces that have a name keep it; a container gives its own to that of its processes. */
static const char *container_of(struct snapshot *snapshot, uint32_t pid)
{
	char path[ENTRY_PATH], text[CGROUP_TEXT];
	struct cgroup cgroup;
	long length;

	snprintf(path, sizeof(path), "/proc/%u/cgroup", pid);
	length = file_read_text(path, text, sizeof(text));
	if (length <= 0 || !cgroup_read(span_of(text, (size_t)length), &cgroup) ||
	    cgroup.container[0] == '\0')
		return NULL;
	return snapshot_text(snapshot, span_text(cgroup.container));
}

/* From the text of the link, "net:[INODE]", which costs the kernel less than following it. */
static bool read_link(int proc, uint32_t pid, uint64_t *ret_inode)
{
	char path[ENTRY_PATH], text[LINK_TEXT];
	struct span link;
	ssize_t length;

	snprintf(path, sizeof(path), "%u/ns/net", pid);
	length = readlinkat(proc, path, text, sizeof(text));
	link = span_of(text, length > 0 ? (size_t)length : 0);
	span_until(&link, '[');
	return length > 0 && span_number(span_until(&link, ']'), UINT64_MAX, ret_inode);
}

static void look_at_process(struct others *others, uint32_t pid)
{
	struct snapshot *const snapshot = others->snapshot;
	struct entry *entry;
	uint64_t inode;

	if (!read_link(snapshot->proc, pid, &inode) || inode == snapshot->host->spaces[0].inode ||
	    entry_of(others, inode) != NULL)
		return;
	entry = add_entry(others, inode);
	if (entry == NULL)
		return;
	snprintf(entry->path, sizeof(entry->path), "/proc/%u/ns/net", pid);
	entry->name = inode == inode_of(first_path) ? "host" : container_of(snapshot, pid);
}

static void look_at_name(struct others *others, DIR *folder, const char *name)
{
	struct snapshot *const snapshot = others->snapshot;
	struct stat found;
	struct entry *entry;

	if (fstatat(dirfd(folder), name, &found, 0) != 0 || found.st_ino == snapshot->host->spaces[0].inode)
		return;
	entry = entry_of(others, found.st_ino);
	if (entry == NULL)
		entry = add_entry(others, found.st_ino);
	if (entry == NULL)
		return;
	snprintf(entry->path, sizeof(entry->path), "%s/%s", named_folder, name);
	entry->name = snapshot_text(snapshot, span_text(name));
}

static void find_others(struct others *others)
{
	DIR *const named = opendir(named_folder);
	struct entries processes;
	struct dirent *entry;
	uint32_t pid;

	entries_open(&processes, others->snapshot->proc, ".");
	while (entries_next(&processes, &pid))
		look_at_process(others, pid);
	entries_close(&processes);
	while (named != NULL && (entry = readdir(named)) != NULL) {
		if (entry->d_name[0] != '.')
			look_at_name(others, named, entry->d_name);
	}
	if (named != NULL)
		closedir(named);
}

/* Whether the path still leads to the namespace that was found there: its process may have ended meanwhile,
 * and another one have its number. */
static bool is_same(int file, const struct entry *entry)
{
	struct stat found;

	errno = 0;
	return fstat(file, &found) == 0 && found.st_ino == entry->inode;
}

/* Enters the namespace with this thread. A name in /run/netns behind which nothing is mounted is a plain
 * file: an end of something that is not there, and no namespace. */
static bool enter(const struct entry *entry, struct host_space *space)
{
	const int file = open(entry->path, O_RDONLY | O_CLOEXEC);
	const bool entered = file >= 0 && is_same(file, entry) && setns(file, CLONE_NEWNET) == 0;
	const int refused = errno;

	if (file >= 0)
		close(file);
	space->visible = entered;
	return entered || refused == EPERM || refused == EACCES;
}

static void read_space(struct snapshot *snapshot, const struct entry *entry)
{
	const uint32_t index = (uint32_t)snapshot->host->space_count;
	struct host_space *const space = snapshot_add_space(snapshot);
	struct error err;

	if (space == NULL)
		return;
	space->inode = entry->inode;
	space->name = entry->name != NULL ? entry->name
					  : arena_format(snapshot->host->arena, "net:%llu",
							 (unsigned long long)entry->inode);
	if (space->name == NULL || !enter(entry, space)) {
		snapshot->host->space_count--;
		return;
	}
	if (!space->visible)
		return;
	(void)host_ephemeral(&space->ephemeral_first, &space->ephemeral_last);
	if (!diag_read(snapshot, index, &err))
		snapshot_unseen(snapshot, "network namespace %s: %s", space->name, err.text);
	interfaces_read(snapshot, index);
}

static void say_closed(struct snapshot *snapshot)
{
	size_t closed = 0;

	for (size_t i = 0; i < snapshot->host->space_count; i++)
		closed += !snapshot->host->spaces[i].visible;
	if (closed > 0)
		snapshot_unseen(snapshot, "the sockets of %zu other network namespace%s (needs root)", closed,
				closed > 1 ? "s" : "");
}

/* This thread ends in the last namespace that it entered; the rest of the program never leaves its own. */
static void *read_entries(void *context)
{
	const struct others *const others = context;

	for (size_t i = 0; i < others->count; i++)
		read_space(others->snapshot, &others->entries[i]);
	return NULL;
}

void spaces_read_others(struct snapshot *snapshot)
{
	struct others others = { .snapshot = snapshot };
	pthread_t helper;

	if (!snapshot->options->all_spaces)
		return;
	find_others(&others);
	if (others.count > 0) {
		const int error = pthread_create(&helper, NULL, read_entries, &others);

		if (error == 0)
			pthread_join(helper, NULL);
		else
			snapshot_unseen(snapshot, "other network namespaces: %s", strerror(error));
	}
	say_closed(snapshot);
	free(others.entries);
}
