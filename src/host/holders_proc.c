/* Holders from /proc/PID/fd: each open file is a link, that of a socket reads "socket:[INODE]". */
#include "host/holders.h"
#include "host/process.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LINK_TEXT = 64 };

/* The inode of the socket that is open as `name`; false for any other file. */
static bool socket_inode(int folder, const char *name, uint64_t *ret_inode)
{
	char text[LINK_TEXT];
	const ssize_t length = readlinkat(folder, name, text, sizeof(text));
	struct span link = span_of(text, length > 0 ? (size_t)length : 0);

	if (!span_begins(link, "socket:["))
		return false;
	span_skip(&link, strlen("socket:["));
	return span_number(span_until(&link, ']'), UINT64_MAX, ret_inode);
}

/* All files that this folder lists, as those of the process that will be added next. */
static void walk_files(struct snapshot *snapshot, int folder, const char *name)
{
	const uint32_t process = (uint32_t)snapshot->host->process_count;
	const int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *const files = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *file;

	while (files != NULL && (file = readdir(files)) != NULL) {
		uint64_t inode, number;

		if (isdigit((unsigned char)file->d_name[0]) &&
		    socket_inode(dirfd(files), file->d_name, &inode) && holders_wanted(snapshot, inode) &&
		    span_number(span_text(file->d_name), INT32_MAX, &number))
			holders_add(snapshot, process, (uint32_t)number, inode);
	}
	if (files != NULL)
		closedir(files);
	else if (fd >= 0)
		close(fd);
}

/* Whether the thread has a table of open files of its own. Where the kernel does not tell, it is taken for
 * one of many that share theirs, as nearly all do. */
static bool has_own_files(uint64_t pid, uint64_t thread)
{
	return thread != pid && syscall(SYS_kcmp, (pid_t)pid, (pid_t)thread, KCMP_FILES, 0, 0) > 0;
}

static void walk_threads(struct snapshot *snapshot, int folder, uint64_t pid)
{
	const int fd = openat(folder, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *const threads = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *thread;

	while (threads != NULL && (thread = readdir(threads)) != NULL) {
		char path[sizeof(thread->d_name) + 8];
		uint64_t number;

		if (!span_number(span_text(thread->d_name), INT32_MAX, &number) ||
		    !has_own_files(pid, number))
			continue;
		snprintf(path, sizeof(path), "%s/fd", thread->d_name);
		walk_files(snapshot, dirfd(threads), path);
	}
	if (threads != NULL)
		closedir(threads);
	else if (fd >= 0)
		close(fd);
}

/* A folder has two links and one for each folder in it: here, for each thread. */
static bool has_threads(int folder)
{
	struct stat tasks;

	return fstatat(folder, "task", &tasks, 0) == 0 && tasks.st_nlink > 3;
}

/* A process is added only when it holds something; what was found of one that ended meanwhile is dropped. */
static void walk_process(struct snapshot *snapshot, const char *name)
{
	const int folder = openat(snapshot->proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const size_t before = snapshot->held_count;
	uint64_t pid;

	if (folder < 0)
		return;
	walk_files(snapshot, folder, "fd");
	if (has_threads(folder) && span_number(span_text(name), INT32_MAX, &pid))
		walk_threads(snapshot, folder, pid);
	if (snapshot->held_count > before && process_add(snapshot, folder, 0) == NO_PROCESS)
		holders_forget(snapshot, before);
	close(folder);
}

void holders_read_proc(struct snapshot *snapshot)
{
	const int fd = openat(snapshot->proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *const processes = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *process;

	while (processes != NULL && (process = readdir(processes)) != NULL) {
		if (isdigit((unsigned char)process->d_name[0]))
			walk_process(snapshot, process->d_name);
	}
	if (processes != NULL)
		closedir(processes);
	else if (fd >= 0)
		close(fd);
}
