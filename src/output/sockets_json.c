/* The `socket` event: one for each socket, with every process that holds it. A hundred thousand of them are
 * common on a busy host, so what repeats is written once and copied. */
#include "base/clock.h"
#include "output/sockets.h"

#include <stdlib.h>

enum { MEMBERS_LIMIT = 64 * 1024 };

/* What is the same for many events. */
struct events {
	struct out *out;
	struct host *host;
	struct span *processes; /* owned: the members of each process, written when first needed */
	char when[CLOCK_TEXT];
};

static void write_process(struct json *json, struct host *host, const struct host_process *process)
{
	char started[CLOCK_TEXT];

	json_unsigned(json, "pid", process->pid);
	json_unsigned(json, "ppid", process->parent);
	json_text(json, "name", process->name);
	json_text(json, "executable", process->executable);
	if (process->deleted)
		json_bool(json, "deleted", true);
	json_text(json, "command", process->command);
	json_unsigned(json, "uid", process->uid);
	json_text(json, "user", host_user(host, process->uid));
	json_text(json, "started", clock_text(process->started_us, started));
	json_text(json, "unit", process->unit);
	json_text(json, "slice", process->slice);
	json_text(json, "container", process->container);
}

/* The members of a process, from its first use on. Empty without memory. */
static struct span process_members(struct events *events, uint32_t index)
{
	struct span *const kept = &events->processes[index];
	struct buffer text = buffer_new(MEMBERS_LIMIT);
	struct json json = json_new(&text);
	uint8_t *copy;

	if (kept->at != NULL)
		return *kept;
	json_begin(&json);
	write_process(&json, events->host, &events->host->processes[index]);
	/* Without the brace that was opened. */
	copy = text.length > 1 && !text.failed ? arena_alloc(events->out->arena, text.length - 1) : NULL;
	if (copy != NULL) {
		memcpy(copy, text.bytes + 1, text.length - 1);
		*kept = span_of(copy, text.length - 1);
	} else {
		*kept = span_of(NULL, 0);
	}
	buffer_free(&text);
	return *kept;
}

static void write_processes(struct json *json, struct events *events, const struct host_socket *socket)
{
	const char *const why = socket_without_process(events->host, socket);

	if (why != NULL)
		json_text(json, "without_process", why);
	json_open_array(json, "processes");
	for (uint32_t i = 0; i < socket->holder_count; i++) {
		const struct holder *const holder = &events->host->holders[socket->holder + i];

		json_begin(json);
		json_unsigned(json, "fd", holder->fd);
		json_members(json, process_members(events, holder->process));
		json_end(json);
	}
	json_end(json);
}

/* EVE's `src` is the party that began. Of a connection that came in through a door that is the peer; of what
 * is only bound there is but one end, where others arrive. */
static void write_ends(struct json *json, const struct host_socket *socket)
{
	const bool ports = socket_has_ports(socket);

	if (socket->family == SOCKET_PACKET)
		return;
	if (socket->kind == SOCKET_PASSIVE) {
		event_destination(json, &socket->local, ports, socket->local_port);
	} else if (socket->door != NO_SOCKET) {
		event_source(json, &socket->peer, ports, socket->peer_port);
		event_destination(json, &socket->local, ports, socket->local_port);
	} else {
		event_source(json, &socket->local, ports, socket->local_port);
		event_destination(json, &socket->peer, ports, socket->peer_port);
	}
	event_transport(json, socket->transport);
}

static void write_socket(struct json *json, const struct host *host, const struct host_socket *socket)
{
	json_open_object(json, "socket");
	json_text(json, "kind", socket->kind == SOCKET_PASSIVE ? "passive" : "active");
	json_text(json, "state", socket_state_text(socket->state));
	json_text(json, "family",
		  socket->family == SOCKET_PACKET ? "packet"
		  : socket->v6_socket             ? "ipv6"
						  : "ipv4");
	json_text(json, "type",
		  socket->family == SOCKET_PACKET ? "packet"
		  : socket->raw                   ? "raw"
						  : "transport");
	if (socket->family == SOCKET_PACKET)
		json_unsigned(json, "ethertype", socket->local_port);
	if (socket->kind == SOCKET_ACTIVE)
		json_text(json, "local_end", socket->door != NO_SOCKET ? "dest" : "src");
	if (socket->v6_socket && socket->kind == SOCKET_PASSIVE)
		json_bool(json, "v6_only", socket->v6_only);
	if (socket->mptcp)
		json_bool(json, "mptcp", true);
	json_text(json, "interface", socket_interface(host, socket));
	json_unsigned(json, "receive_queue", socket->receive_queue);
	json_unsigned(json, "send_queue", socket->send_queue);
	if (socket->inode != 0) {
		json_unsigned(json, "uid", socket->uid);
		json_unsigned(json, "inode", socket->inode);
	}
	json_end(json);
}

enum { SOURCES_MOST = 64 };

void event_reach(struct json *json, const struct reach *reach)
{
	char text[ADDRESS_RANGE_TEXT];

	if (reach->kind == REACH_NOT_JUDGED)
		return;
	json_open_object(json, "reachable");
	json_text(json, "from", reach_kind_text(reach->kind));
	if (reach->kind == REACH_SOME || reach->kind == REACH_UNKNOWN) {
		json_open_array(json, "sources");
		for (size_t i = 0; i < reach->from.count && i < SOURCES_MOST; i++)
			json_text(json, NULL, address_range_text(&reach->from.list[i], text));
		json_end(json);
		json_unsigned(json, "source_count", reach->from.count);
	}
	if (reach->limited)
		json_bool(json, "limited", true);
	json_text(json, "unknown_because", reach->unknown);
	json_text(json, "sent_on", reach->sent_on);
	json_end(json);
}

/* What the packet filter makes of a passive socket. */
struct reach socket_reach(const struct socket_list *list, const struct host_socket *socket)
{
	return list->reachability != NULL ? reachability_of(list->reachability, &socket, 1)
					  : (struct reach){ 0 };
}

static void write_context(struct json *json, struct events *events, const struct host_socket *socket,
			  const struct socket_list *list)
{
	const struct host *const host = events->host;

	json_open_object(json, "doorward");
	json_text(json, "namespace", host->spaces[socket->space].name);
	json_text(json, "service", socket_service(socket));
	if (socket->kind == SOCKET_PASSIVE) {
		const struct reach reach = socket_reach(list, socket);

		json_text(json, "exposure", exposure_text(host_exposure(host, socket)));
		event_reach(json, &reach);
		if (socket->transport == TRANSPORT_TCP)
			json_unsigned(json, "connections", socket->connections);
		json_text(json, "socket_unit", host_socket_unit(host, socket));
	} else if (socket->door != NO_SOCKET) {
		json_unsigned(json, "door_inode", host->sockets[socket->door].inode);
	}
	write_processes(json, events, socket);
	json_end(json);
}

static void write_event(struct events *events, const struct socket_list *list,
			const struct host_socket *socket)
{
	struct json json = event_begin_at(events->out, events->when, "socket");

	write_ends(&json, socket);
	write_socket(&json, events->host, socket);
	write_context(&json, events, socket, list);
	event_end(events->out, &json);
}

const char *filtering_text(enum filtering filtering)
{
	switch (filtering) {
	case FILTERING_NONE: return "none";
	case FILTERING_PRESENT: return "present";
	case FILTERING_UNKNOWN: break;
	}
	return "unknown";
}

/* The last event says what the others cannot: how much there was, and what could not be seen. */
static void write_stats(struct events *events, const struct socket_list *list)
{
	const struct host *const host = events->host;
	struct json json = event_begin_at(events->out, events->when, "stats");

	json_open_object(&json, "stats");
	json_unsigned(&json, "passive", list->passive_count);
	json_unsigned(&json, "active", list->active_count);
	json_end(&json);
	json_open_object(&json, "doorward");
	json_text(&json, "host", host->name);
	if (host->attributed)
		json_text(&json, "attributed_by", host->attributed_by_bpf ? "bpf" : "proc");
	json_text(&json, "filtering", filtering_text(host->filtering));
	json_text(&json, "filtering_by", host->filtering_by);
	json_open_array(&json, "unseen");
	for (size_t i = 0; i < host->unseen_count; i++)
		json_text(&json, NULL, host->unseen[i]);
	json_end(&json);
	json_end(&json);
	event_end(events->out, &json);
}

void sockets_json(struct out *out, const struct socket_list *list)
{
	struct events events = { .out = out, .host = list->host };

	events.processes = calloc(list->host->process_count + 1, sizeof(*events.processes));
	if (events.processes == NULL) {
		out->buffer.failed = true;
		return;
	}
	clock_text(clock_wall_us(), events.when);
	for (size_t i = 0; i < list->passive_count; i++)
		write_event(&events, list, &list->host->sockets[list->passive[i]]);
	for (size_t i = 0; i < list->active_count; i++)
		write_event(&events, list, &list->host->sockets[list->active[i]]);
	write_stats(&events, list);
	free(events.processes);
}
