/* cgroup.h: what a process's control groups say of it: the systemd unit, its slice, its container. The text
 * is /proc/PID/cgroup of cgroups(7), in the layouts v1, v2 and both at once; the names in its paths are given
 * by systemd (CGROUP_DELEGATION, systemd.slice(5)) and by the container engines. */
#ifndef HOST_CGROUP_H
#define HOST_CGROUP_H

#include "base/span.h"

enum { CGROUP_NAME = 256, CGROUP_CONTAINER = 96 };

/* Empty where there is none. */
struct cgroup {
	char unit[CGROUP_NAME];  /* "ssh.service", "session-3.scope"; of a user's manager the inner one */
	char slice[CGROUP_NAME]; /* "system.slice" */
	char container[CGROUP_CONTAINER]; /* ENGINE:NAME or ENGINE:ID, of an id the first 12 digits */
};

/* False if the text is not such a list; what its paths do not name stays empty. */
bool cgroup_read(struct span text, struct cgroup *ret_cgroup);

#endif
