/* Who listens, against `by`. A rule may name the program (nginx), its path (/usr/sbin/nginx) or the systemd
 * unit (nginx.service, ssh.socket). A process that cannot be seen is not the wrong one. */
#include "audit/rooms.h"

enum { COMM_LENGTH = 15 }; /* the kernel cuts a process name there: proc(5) */

static bool is_file_name_of(const char *by, const char *path)
{
	const char *const slash = strrchr(path, '/');

	return strcmp(by, slash != NULL ? slash + 1 : path) == 0;
}

static bool is_unit(const char *by, const char *unit)
{
	const size_t length = strlen(by);

	if (unit == NULL || strncmp(unit, by, length) != 0)
		return false;
	return unit[length] == '\0' || strcmp(unit + length, ".service") == 0;
}

static bool is_by(const char *by, const struct host_process *process)
{
	if (process->executable != NULL &&
	    (strcmp(by, process->executable) == 0 || is_file_name_of(by, process->executable)))
		return true;
	if (strlen(by) > COMM_LENGTH ? strncmp(by, process->name, COMM_LENGTH) == 0
				     : strcmp(by, process->name) == 0)
		return true;
	return is_unit(by, process->unit) ||
	       (process->container != NULL && strcmp(by, process->container) == 0);
}

static bool is_held_by(const struct host *host, const struct host_socket *socket, const char *by)
{
	for (uint32_t i = 0; i < socket->holder_count; i++) {
		if (is_by(by, &host->processes[host->holders[socket->holder + i].process]))
			return true;
	}
	return socket->holder_count == 0 || is_unit(by, host_socket_unit(host, socket));
}

void find_wrong_process(struct work *work)
{
	for (size_t i = 0; i < work->audit->door_count; i++) {
		const struct audit_door *const door = &work->audit->doors[i];
		bool agrees = true;

		if (door->documented != DOCUMENTED_YES || door->rule->by == NULL)
			continue;
		for (size_t s = 0; s < door->socket_count; s++)
			agrees &= is_held_by(work->input->host, door->sockets[s], door->rule->by);
		if (!agrees)
			finding_add(work, FINDING_WRONG_PROCESS, door, door->rule,
				    "%s; documented by %s (%s:%u)", door_behind(work, door), door->rule->by,
				    door->rule->place.file, door->rule->place.line);
	}
}
