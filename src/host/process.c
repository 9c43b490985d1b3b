#include "host/process.h"
#include "base/clock.h"
#include "host/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Of a longer command line the beginning is kept. */
enum { STAT_TEXT = 1024, STATUS_TEXT = 4096, COMMAND_TEXT = 4096, CGROUP_TEXT = 16384, PATH_TEXT = 4096 };

/* Words between the fourth field, the parent, the ninth, the flags, the twentieth, the threads, and the
 * twenty-second, the start. */
enum { PARENT_TO_FLAGS = 4, FLAGS_TO_THREADS = 10, THREADS_TO_START = 1, FLAG_EXITING = 4 };

/* The number in the word after `skipped` others; text fails where there is none. */
static uint64_t number_after(struct span *text, int skipped, uint64_t most)
{
	uint64_t number = 0;

	for (int i = 0; i < skipped; i++)
		span_until(text, ' ');
	if (!span_number(span_until(text, ' '), most, &number))
		text->failed = true;
	return number;
}

bool process_read_stat(struct span text, struct process_stat *ret_stat)
{
	ret_stat->pid = (uint32_t)number_after(&text, 0, INT32_MAX);
	if (span_u8(&text) != '(')
		return false;
	ret_stat->name = span_take(&text, span_find_last(text, ')')); /* fails where there is none */
	span_skip(&text, 2);                                          /* parenthesis and blank */
	ret_stat->state = (char)span_u8(&text);
	span_skip(&text, 1);
	ret_stat->parent = (uint32_t)number_after(&text, 0, INT32_MAX);
	ret_stat->exiting = (number_after(&text, PARENT_TO_FLAGS, UINT32_MAX) & FLAG_EXITING) != 0;
	ret_stat->threads = (uint32_t)number_after(&text, FLAGS_TO_THREADS, INT32_MAX);
	ret_stat->started = number_after(&text, THREADS_TO_START, UINT64_MAX);
	return !text.failed;
}

bool process_read_uid(struct span text, uint32_t *ret_uid)
{
	const size_t at = span_find(text, "\nUid:\t");
	uint64_t uid;

	if (at == SIZE_MAX)
		return false;
	span_skip(&text, at + strlen("\nUid:\t"));
	span_until(&text, '\t'); /* the real one */
	if (!span_number(span_until(&text, '\t'), UINT32_MAX, &uid))
		return false;
	*ret_uid = (uint32_t)uid;
	return true;
}

/* The kernel knows it to the tick; two readings of its clocks differ by less than the millisecond that is
 * kept, so that a process began at the same time whenever it is asked. */
bool process_namespace_is_first(void)
{
	static const ino_t first = 0xeffffffc; /* the same on every kernel: PROC_PID_INIT_INO */
	struct stat own;

	return stat("/proc/self/ns/pid", &own) == 0 && own.st_ino == first;
}

uint64_t process_boot_us(void)
{
	struct timespec since;
	int64_t boot;

	clock_gettime(CLOCK_BOOTTIME, &since);
	boot = clock_wall_us() - ((int64_t)since.tv_sec * 1000000 + since.tv_nsec / 1000);
	return (uint64_t)((boot + 500) / 1000 * 1000);
}

/* A file of the process's folder; the part read is empty and failed where it cannot be read. */
static struct span read_file(int folder, const char *name, char *text, size_t size)
{
	const int file = openat(folder, name, O_RDONLY | O_CLOEXEC);
	struct span content = span_of(NULL, 0);
	size_t length = 0;
	ssize_t got = -1;

	content.failed = true;
	if (file < 0)
		return content;
	while (length < size && (got = read(file, text + length, size - length)) > 0)
		length += (size_t)got;
	close(file);
	content = span_of(text, length);
	content.failed = got < 0;
	return content;
}

/* Where the executable is. A deleted one has no links left, and " (deleted)" behind its path. */
static void read_executable(struct snapshot *snapshot, int folder, struct host_process *process)
{
	static const char mark[] = " (deleted)";
	char path[PATH_TEXT];
	const ssize_t length = readlinkat(folder, "exe", path, sizeof(path));
	struct span text = span_of(path, length > 0 ? (size_t)length : 0);
	struct stat found;

	if (length <= 0)
		return;
	process->deleted = fstatat(folder, "exe", &found, 0) == 0 && found.st_nlink == 0;
	if (process->deleted && span_ends(text, mark))
		text.end -= strlen(mark);
	process->executable = snapshot_text(snapshot, text);
}

/* Arguments are parted by NULs and end with one; a program may have written anything over them. */
static void read_command(struct snapshot *snapshot, int folder, struct host_process *process)
{
	char text[COMMAND_TEXT];
	struct span command = read_file(folder, "cmdline", text, sizeof(text));

	while (span_left(command) > 0 && command.end[-1] == '\0')
		command.end--;
	if (command.failed || span_left(command) == 0)
		return;
	for (size_t i = 0; i < span_left(command); i++)
		text[i] = text[i] == '\0' ? ' ' : text[i];
	process->command = snapshot_text(snapshot, command);
}

static void read_cgroup(struct snapshot *snapshot, int folder, struct host_process *process)
{
	char text[CGROUP_TEXT];
	struct cgroup cgroup;

	if (!cgroup_read(read_file(folder, "cgroup", text, sizeof(text)), &cgroup))
		return;
	if (cgroup.unit[0] != '\0')
		process->unit = snapshot_text(snapshot, span_text(cgroup.unit));
	if (cgroup.slice[0] != '\0')
		process->slice = snapshot_text(snapshot, span_text(cgroup.slice));
	if (cgroup.container[0] != '\0')
		process->container = snapshot_text(snapshot, span_text(cgroup.container));
}

/* One whose first thread is gone lives on in the others. */
static bool has_ended(const struct process_stat *stat)
{
	if (stat->state == 'Z' || stat->state == 'X')
		return stat->threads < 2;
	return stat->exiting;
}

/* The one file that says whether the process still lives is read last: what was read before is then its. */
static bool read_all(struct snapshot *snapshot, int folder, uint64_t started, struct host_process *process)
{
	char text[STATUS_TEXT];
	struct process_stat stat;

	if (snapshot->options->details) {
		read_executable(snapshot, folder, process);
		read_command(snapshot, folder, process);
		read_cgroup(snapshot, folder, process);
	}
	if (!process_read_uid(read_file(folder, "status", text, sizeof(text)), &process->uid) ||
	    !process_read_stat(read_file(folder, "stat", text, STAT_TEXT), &stat))
		return false;
	if (has_ended(&stat) || (started != 0 && stat.started != started))
		return false;
	process->pid = stat.pid;
	process->parent = stat.parent;
	process->name = snapshot_text(snapshot, stat.name);
	process->started_us = (int64_t)(snapshot->host->boot_us +
					stat.started * 1000000 / (uint64_t)sysconf(_SC_CLK_TCK));
	return process->name != NULL;
}

uint32_t process_add(struct snapshot *snapshot, int folder, uint64_t started)
{
	struct host_process process = { 0 }, *added;

	if (!read_all(snapshot, folder, started, &process))
		return NO_PROCESS;
	added = snapshot_add_process(snapshot);
	if (added == NULL)
		return NO_PROCESS;
	*added = process;
	return (uint32_t)(snapshot->host->process_count - 1);
}
