/* Holders from /proc/PID/fd: each open file is a link, that of a socket reads "socket:[INODE]". */
#include "host/entries.h"
#include "host/holders.h"
#include "host/process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LINK_TEXT = 64, PATH_TEXT = 32 };

enum walked { WALKED, MAY_NOT };

static bool is_refusal(int error)
{
	return error == EACCES || error == EPERM;
}

/* The inode of the socket that is open under this number; false for any other file, with errno 0 where it
 * could be looked at. */
static bool socket_inode(int folder, uint32_t fd, uint64_t *ret_inode)
{
	char name[PATH_TEXT], text[LINK_TEXT];
	struct span link;
	ssize_t length;

	snprintf(name, sizeof(name), "%u", fd);
	length = readlinkat(folder, name, text, sizeof(text));
	if (length < 0)
		return false;
	errno = 0;
	link = span_of(text, (size_t)length);
	if (!span_begins(link, "socket:["))
		return false;
	span_skip(&link, strlen("socket:["));
	return span_number(span_until(&link, ']'), UINT64_MAX, ret_inode);
}

/* All files that an open folder lists, as those of the process that will be added next. Who may not look at
 * one may look at none. */
static enum walked walk_files(struct snapshot *snapshot, struct entries *files)
{
	const uint32_t process = (uint32_t)snapshot->host->process_count;
	uint32_t fd;

	if (files->folder < 0)
		return is_refusal(errno) ? MAY_NOT : WALKED;
	while (entries_next(files, &fd)) {
		uint64_t inode;

		if (!socket_inode(files->folder, fd, &inode)) {
			if (is_refusal(errno))
				return MAY_NOT;
		} else if (holders_wanted(snapshot, inode)) {
			holders_add(snapshot, process, fd, inode);
		}
	}
	return WALKED;
}

/* Whether the thread has a table of open files of its own. Where the kernel does not tell, it is taken for
 * one of many that share theirs, as nearly all do. */
static bool has_own_files(uint32_t pid, uint32_t thread)
{
	return thread != pid && syscall(SYS_kcmp, (pid_t)pid, (pid_t)thread, KCMP_FILES, 0, 0) > 0;
}

static void walk_threads(struct snapshot *snapshot, int folder, uint32_t pid)
{
	struct entries threads, files;
	uint32_t thread;

	entries_open(&threads, folder, "../task");
	while (entries_next(&threads, &thread)) {
		char name[PATH_TEXT];

		if (!has_own_files(pid, thread))
			continue;
		snprintf(name, sizeof(name), "%u/fd", thread);
		entries_open(&files, threads.folder, name);
		(void)walk_files(snapshot, &files);
		entries_close(&files);
	}
	entries_close(&threads);
}

/* A folder has two links and one for each folder in it: here, for each thread. */
static bool has_threads(int folder)
{
	struct stat tasks;

	return fstatat(folder, "../task", &tasks, 0) == 0 && tasks.st_nlink > 3;
}

static bool add_process(struct snapshot *snapshot, int files)
{
	const int folder = openat(files, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool added;

	if (folder < 0)
		return false;
	added = process_add(snapshot, folder, 0) != NO_PROCESS;
	close(folder);
	return added;
}

/* A process is added only when it holds something; what was found of one that ended meanwhile is dropped. All
 * is reached from the folder of its files: by its number, it might be another one. */
static void walk_process(struct snapshot *snapshot, uint32_t pid)
{
	const size_t before = snapshot->held_count;
	char path[PATH_TEXT];
	struct entries files;

	snprintf(path, sizeof(path), "%u/fd", pid);
	entries_open(&files, snapshot->proc, path);
	if (walk_files(snapshot, &files) == MAY_NOT)
		snapshot->hidden++;
	else if (files.folder >= 0 && has_threads(files.folder))
		walk_threads(snapshot, files.folder, pid);
	if (snapshot->held_count > before && !add_process(snapshot, files.folder))
		holders_forget(snapshot, before);
	entries_close(&files);
}

void holders_read_proc(struct snapshot *snapshot)
{
	struct entries processes;
	uint32_t pid;

	snapshot->hidden = 0;
	entries_open(&processes, snapshot->proc, ".");
	while (entries_next(&processes, &pid))
		walk_process(snapshot, pid);
	entries_close(&processes);
}
