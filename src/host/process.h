/* process.h: one process as /proc tells it (proc(5)). */
#ifndef HOST_PROCESS_H
#define HOST_PROCESS_H

#include "host/snapshot.h"

/* What one line of /proc/PID/stat says. */
struct process_stat {
	struct span name; /* may hold blanks, parentheses and line ends */
	char state;
	bool exiting; /* its memory may be gone, and its files not yet */
	uint32_t pid, parent, threads;
	uint64_t started; /* clock ticks since boot */
};

bool process_read_stat(struct span text, struct process_stat *ret_stat);

/* The effective uid in the text of /proc/PID/status. */
bool process_read_uid(struct span text, uint32_t *ret_uid);

/* Adds the process whose folder in /proc is open as `folder`: its index, or NO_PROCESS when it has ended
 * meanwhile. Where `started` is not 0, a process that began at another tick is another one, and not added. */
enum { NO_PROCESS = UINT32_MAX };
uint32_t process_add(struct snapshot *snapshot, int folder, uint64_t started);

/* Whether this is the first pid namespace: from another one, the processes outside it cannot be seen. */
bool process_namespace_is_first(void);

/* Microseconds of wall time at boot. */
uint64_t process_boot_us(void);

#endif
