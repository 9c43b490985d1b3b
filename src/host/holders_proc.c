/* Holders from /proc/PID/fd: each open file is a link, that of a socket reads "socket:[INODE]". */
#include "host/holders.h"
#include "host/process.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
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

/* All open files of one process. The process is added when the first socket shows up. */
static void walk_files(struct snapshot *snapshot, int process_folder, DIR *files)
{
	const size_t before = snapshot->held_count;
	uint32_t process = NO_PROCESS;
	struct dirent *file;

	while ((file = readdir(files)) != NULL) {
		uint64_t inode, fd;

		if (!isdigit((unsigned char)file->d_name[0]) ||
		    !socket_inode(dirfd(files), file->d_name, &inode) || !holders_wanted(snapshot, inode) ||
		    !span_number(span_text(file->d_name), INT32_MAX, &fd))
			continue;
		holders_add(snapshot, (uint32_t)snapshot->host->process_count, (uint32_t)fd, inode);
	}
	if (snapshot->held_count > before)
		process = process_add(snapshot, process_folder, 0);
	if (process == NO_PROCESS)
		holders_forget(snapshot, before);
}

static void walk_process(struct snapshot *snapshot, const char *pid)
{
	const int folder = openat(snapshot->proc, pid, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const int fd = folder >= 0 ? openat(folder, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	DIR *const files = fd >= 0 ? fdopendir(fd) : NULL;

	if (files != NULL) {
		walk_files(snapshot, folder, files);
		closedir(files);
	} else if (fd >= 0) {
		close(fd);
	}
	if (folder >= 0)
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
