/* One snapshot: sockets and interfaces of each namespace, then who holds them, then how they belong together.
 */
#include "host/host.h"
#include "host/diag.h"
#include "host/filtering.h"
#include "host/holders.h"
#include "host/interfaces.h"
#include "host/join.h"
#include "host/process.h"
#include "host/spaces.h"
#include "host/units.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

const char *socket_state_text(enum socket_state state)
{
	static const char *const texts[SOCKET_STATES] = {
		[STATE_ESTABLISHED] = "established", [STATE_SYN_SENT] = "syn-sent",
		[STATE_SYN_RECV] = "syn-recv",       [STATE_FIN_WAIT1] = "fin-wait-1",
		[STATE_FIN_WAIT2] = "fin-wait-2",    [STATE_TIME_WAIT] = "time-wait",
		[STATE_CLOSE] = "unconnected",       [STATE_CLOSE_WAIT] = "close-wait",
		[STATE_LAST_ACK] = "last-ack",       [STATE_LISTEN] = "listen",
		[STATE_CLOSING] = "closing",         [STATE_NEW_SYN_RECV] = "syn-recv",
	};

	return state < SOCKET_STATES && texts[state] != NULL ? texts[state] : "unknown";
}

static void read_name(struct snapshot *snapshot)
{
	char name[256] = "";

	if (gethostname(name, sizeof(name) - 1) != 0)
		name[0] = '\0';
	snapshot->host->name = snapshot_text(snapshot, span_text(name));
}

static bool lacks_holder(const struct host *host)
{
	for (size_t i = 0; i < host->socket_count; i++) {
		if (host->sockets[i].inode != 0 && host->sockets[i].holder_count == 0)
			return true;
	}
	return false;
}

/* Processes that cannot be looked at matter where a socket is left that nobody seems to hold. */
static void say_hidden(struct snapshot *snapshot)
{
	struct host *const host = snapshot->host;
	const bool all_shown = process_namespace_is_first();
	const size_t hidden = snapshot->hidden;

	host->processes_seen = !host->attributed || !lacks_holder(host) || (all_shown && hidden == 0);
	if (host->processes_seen)
		return;
	if (hidden > 0)
		snapshot_unseen(snapshot, "the files of %zu process%s %s", hidden, hidden > 1 ? "es" : "",
				geteuid() != 0 ? "of other users (needs root)"
					       : "with capabilities that this one lacks");
	if (!all_shown)
		snapshot_unseen(snapshot, "processes outside this pid namespace");
}

static bool read_all(struct snapshot *snapshot, struct error *err)
{
	struct host *const host = snapshot->host;

	host->boot_us = process_boot_us();
	read_name(snapshot);
	if (!spaces_add_own(snapshot))
		return error_memory(err);
	interfaces_read(snapshot, 0);
	if (snapshot->options->interfaces_only)
		return !snapshot->failed || error_memory(err);
	if (!diag_read(snapshot, 0, err))
		return false;
	spaces_read_others(snapshot);
	join_mptcp(snapshot);
	if (!holders_read(snapshot, err))
		return false;
	say_hidden(snapshot);
	join_doors(snapshot);
	if (snapshot->options->details)
		units_read(snapshot);
	if (!snapshot->options->no_filters)
		filtering_read(snapshot);
	return !snapshot->failed || error_memory(err);
}

bool host_read(struct host *host, const struct host_options *options, struct error *err)
{
	struct snapshot snapshot = { .host = host, .options = options };
	bool good;

	*host = (struct host){ .arena = arena_new(SNAPSHOT_MEMORY), .filtering = FILTERING_UNKNOWN };
	if (host->arena == NULL)
		return error_memory(err);
	snapshot.proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (snapshot.proc < 0)
		return error_system(err, errno, "/proc");
	good = read_all(&snapshot, err);
	close(snapshot.proc);
	free(snapshot.held);
	inodes_free(&snapshot.inodes);
	return good;
}

void host_free(struct host *host)
{
	free(host->sockets);
	free(host->holders);
	arena_free(host->arena);
	*host = (struct host){ 0 };
}

const char *host_socket_unit(const struct host *host, const struct host_socket *socket)
{
	return socket->unit > 0 && socket->unit <= host->socket_unit_count
		       ? host->socket_units[socket->unit - 1]
		       : NULL;
}

const struct host_process *host_holder(const struct host *host, const struct host_socket *socket)
{
	const struct host_process *holder = NULL;

	for (uint32_t i = 0; i < socket->holder_count; i++) {
		holder = &host->processes[host->holders[socket->holder + i].process];
		if (holder->pid != 1)
			break;
	}
	return holder;
}
