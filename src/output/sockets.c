/* Sockets as tables: the doors, then the connections. */
#include "output/sockets.h"
#include "audit/audit.h"
#include "base/clock.h"

#include <stdio.h>
#include <unistd.h>

enum { ETHERTYPE_ALL = 3, WHOLE_TEXT = 160 };

const char *socket_transport_text(const struct host_socket *socket, char text[static SOCKET_TRANSPORT_TEXT])
{
	const struct transport *const known = socket->family == SOCKET_INET
						      ? catalog_transport(socket->transport)
						      : NULL;

	if (socket->family == SOCKET_PACKET)
		return "packet";
	if (socket->mptcp)
		return "mptcp";
	if (!socket->raw && known != NULL)
		return known->name;
	if (known != NULL)
		snprintf(text, SOCKET_TRANSPORT_TEXT, "raw %s", known->name);
	else
		snprintf(text, SOCKET_TRANSPORT_TEXT, "raw %u", socket->transport);
	return text;
}

const char *socket_interface(const struct host *host, const struct host_socket *socket)
{
	for (size_t i = 0; socket->interface != 0 && i < host->interface_count; i++) {
		if (host->interfaces[i].index == socket->interface &&
		    host->interfaces[i].space == socket->space)
			return host->interfaces[i].name;
	}
	return NULL;
}

bool socket_has_ports(const struct host_socket *socket)
{
	return socket->family == SOCKET_INET && !socket->raw;
}

const char *socket_service(const struct host_socket *socket)
{
	const struct service *const service = socket_has_ports(socket)
						      ? catalog_service_at(socket->transport,
									   socket->local_port, 0)
						      : NULL;

	return service != NULL ? service->name : NULL;
}

const char *socket_without_process(const struct host *host, const struct host_socket *socket)
{
	if (socket->holder_count > 0)
		return NULL;
	if (socket->inode == 0)
		return "kernel";
	if (!host->attributed)
		return "not looked for";
	if (host->processes_seen)
		return "no process";
	return geteuid() == 0 ? "not visible" : "not visible (needs root)";
}

/* "tcp/22", as a policy writes it. */
static char *door_text(const struct host_socket *socket, char text[static WHOLE_TEXT])
{
	char transport[SOCKET_TRANSPORT_TEXT];

	if (socket_has_ports(socket))
		snprintf(text, WHOLE_TEXT, "%s/%u", socket_transport_text(socket, transport),
			 socket->local_port);
	else
		snprintf(text, WHOLE_TEXT, "%s", socket_transport_text(socket, transport));
	return text;
}

/* "*" takes both families, "0.0.0.0" and "::" one. */
static char *address_cell_text(const struct host *host, const struct host_socket *socket,
			       char text[static WHOLE_TEXT])
{
	const char *const interface = socket_interface(host, socket);
	const bool both = address_is_unspecified(&socket->local) && socket->v6_socket && !socket->v6_only;
	char ip[ADDRESS_TEXT];

	if (socket->family != SOCKET_PACKET)
		snprintf(text, WHOLE_TEXT, "%s", both ? "*" : address_text(&socket->local, ip));
	else if (socket->local_port == ETHERTYPE_ALL)
		snprintf(text, WHOLE_TEXT, "all frames");
	else
		snprintf(text, WHOLE_TEXT, "frames of type 0x%04x", socket->local_port);
	if (interface != NULL)
		snprintf(text + strlen(text), WHOLE_TEXT - strlen(text), "%%%s", interface);
	return text;
}

/* One end of a connection: "192.0.2.7:443", "[2001:db8::7]:443". */
static char *end_text(const struct address *address, uint16_t port, char text[static WHOLE_TEXT])
{
	const bool v4 = address_is_v4(address);
	char ip[ADDRESS_TEXT];

	snprintf(text, WHOLE_TEXT, "%s%s%s:%u", v4 ? "" : "[", address_text(address, ip), v4 ? "" : "]",
		 port);
	return text;
}

static enum style exposure_style(enum exposure exposure)
{
	switch (exposure) {
	case EXPOSED_PUBLIC: return STYLE_WARNING;
	case EXPOSED_PRIVATE: return STYLE_NOTICE;
	case EXPOSED_LINK:
	case EXPOSED_HOST:
	case EXPOSED_NOWHERE: break;
	}
	return STYLE_PLAIN;
}

/* One of the two tables while it is filled. */
struct listing {
	struct table *table;
	struct host *host;
	const struct socket_list *list;
	bool with_space;
};

/* "sshd (812)", and how many others hold it too: "nginx (812 +3)". */
static void process_cell(struct listing *listing, size_t column, const struct host_socket *socket)
{
	const struct host_process *const first = host_holder(listing->host, socket);
	const char *const why = socket_without_process(listing->host, socket);

	if (first == NULL)
		table_cell(listing->table, column, STYLE_DIM, why);
	else if (socket->holder_count == 1)
		table_format(listing->table, column, STYLE_PLAIN, "%s (%u)", first->name, first->pid);
	else
		table_format(listing->table, column, STYLE_PLAIN, "%s (%u +%u)", first->name, first->pid,
			     socket->holder_count - 1u);
}

/* Who stands behind it: a container before a unit, a unit that opened the door before one that holds it. */
static const char *behind(const struct host *host, const struct host_socket *socket)
{
	const struct host_process *const process = host_holder(host, socket);
	const char *const unit = host_socket_unit(host, socket);

	if (process != NULL && process->container != NULL)
		return process->container;
	if (unit != NULL && (process == NULL || process->pid == 1 || process->unit == NULL))
		return unit;
	return process != NULL ? process->unit : NULL;
}

static void detail_lines(struct listing *listing, const struct host_socket *socket)
{
	struct host *const host = listing->host;
	struct arena *const arena = host->arena;

	for (uint32_t i = 0; i < socket->holder_count; i++) {
		const struct holder *const holder = &host->holders[socket->holder + i];
		const struct host_process *const process = &host->processes[holder->process];
		char started[CLOCK_TEXT];
		const char *const line = arena_format(
			arena, "    pid %u fd %u since %.19s  %s%s  %s", process->pid, holder->fd,
			clock_text(process->started_us, started),
			process->executable != NULL ? process->executable : process->name,
			process->deleted ? " (deleted)" : "",
			process->command != NULL ? process->command : "");

		table_line(listing->table, STYLE_DIM, line);
	}
}

static void passive_row(struct listing *listing, const struct host_socket *socket)
{
	struct host *const host = listing->host;
	const enum exposure exposure = host_exposure(host, socket);
	const struct reach reach = socket_reach(listing->list, socket);
	char text[WHOLE_TEXT], from[REACH_TEXT];

	table_row(listing->table);
	table_cell(listing->table, 0, STYLE_BOLD, door_text(socket, text));
	table_cell(listing->table, 1, STYLE_PLAIN, address_cell_text(host, socket, text));
	table_cell(listing->table, 2, STYLE_DIM, socket_service(socket));
	process_cell(listing, 3, socket);
	table_cell(listing->table, 4, STYLE_PLAIN, host_user(host, socket->uid));
	table_cell(listing->table, 5, STYLE_PLAIN, behind(host, socket));
	table_cell(listing->table, 6, exposure_style(exposure),
		   reach_text(&reach, audit_reach_text(exposure), from));
	if (socket->connections > 0)
		table_format(listing->table, 7, STYLE_PLAIN, "%u", socket->connections);
	if (listing->with_space)
		table_cell(listing->table, 8, STYLE_PLAIN, host->spaces[socket->space].name);
	if (listing->list->details)
		detail_lines(listing, socket);
}

static void active_row(struct listing *listing, const struct host_socket *socket)
{
	struct host *const host = listing->host;
	char transport[SOCKET_TRANSPORT_TEXT], end[WHOLE_TEXT];

	table_row(listing->table);
	table_cell(listing->table, 0, STYLE_PLAIN, socket_transport_text(socket, transport));
	table_cell(listing->table, 1, STYLE_PLAIN, end_text(&socket->local, socket->local_port, end));
	table_cell(listing->table, 2, STYLE_DIM, socket->door != NO_SOCKET ? "<-" : "--");
	table_cell(listing->table, 3, STYLE_PLAIN, end_text(&socket->peer, socket->peer_port, end));
	table_cell(listing->table, 4, STYLE_PLAIN, socket_state_text(socket->state));
	process_cell(listing, 5, socket);
	if (socket->inode != 0) /* what is the kernel's own has no user */
		table_cell(listing->table, 6, STYLE_PLAIN, host_user(host, socket->uid));
	if (listing->with_space)
		table_cell(listing->table, 7, STYLE_PLAIN, host->spaces[socket->space].name);
	if (listing->list->details)
		detail_lines(listing, socket);
}

static const struct column passive_columns[] = {
	{ "DOOR", ALIGN_LEFT, 0 },
	{ "BOUND TO", ALIGN_LEFT, 8 },
	{ "PORT OF", ALIGN_LEFT, 7 },
	{ "PROCESS", ALIGN_LEFT, 12 },
	{ "USER", ALIGN_LEFT, 6 },
	{ "UNIT", ALIGN_LEFT, 8 },
	{ "REACHABLE FROM", ALIGN_LEFT, 14 },
	{ "CONNECTED", ALIGN_RIGHT, 9 },
	{ "NAMESPACE", ALIGN_LEFT, 9 },
};

static const struct column active_columns[] = {
	{ "TRANSPORT", ALIGN_LEFT, 0 }, { "HERE", ALIGN_LEFT, 14 },     { "", ALIGN_LEFT, 0 },
	{ "THERE", ALIGN_LEFT, 14 },    { "STATE", ALIGN_LEFT, 6 },     { "PROCESS", ALIGN_LEFT, 12 },
	{ "USER", ALIGN_LEFT, 6 },      { "NAMESPACE", ALIGN_LEFT, 9 },
};

/* Prints one kind. Memory that runs out shows as an output that failed. */
static void print_kind(struct out *out, const struct socket_list *list, const char *title, bool passive)
{
	const uint32_t *const chosen = passive ? list->passive : list->active;
	const size_t count = passive ? list->passive_count : list->active_count;
	const size_t columns = passive ? sizeof(passive_columns) / sizeof(passive_columns[0])
				       : sizeof(active_columns) / sizeof(active_columns[0]);
	struct listing listing = {
		.host = list->host,
		.list = list,
		.with_space = list->host->space_count > 1,
	};

	fprintf(out->screen.file, "%s: %zu\n", title, count);
	if (count == 0)
		return;
	listing.table = table_new(out->arena, passive ? passive_columns : active_columns,
				  listing.with_space ? columns : columns - 1);
	if (listing.table == NULL) {
		out->buffer.failed = true;
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const struct host_socket *const socket = &list->host->sockets[chosen[i]];

		if (passive)
			passive_row(&listing, socket);
		else
			active_row(&listing, socket);
	}
	if (!table_print(listing.table, &out->screen))
		out->buffer.failed = true;
}

static void print_remarks(struct out *out, const struct socket_list *list)
{
	const struct host *const host = list->host;
	const char *const problem = list->reachability != NULL ? reachability_problem(list->reachability)
							       : "by the addresses that a door is bound to";
	char line[WHOLE_TEXT * 4];

	if (host->filtering == FILTERING_PRESENT && list->with_passive) {
		snprintf(line, sizeof(line), "Filtered by %s: REACHABLE FROM tells %s.",
			 host->filtering_by != NULL ? host->filtering_by : "a firewall",
			 problem == NULL ? "who gets in, by the whole rule set of the kernel as it stands"
					 : problem);
		fputc('\n', out->screen.file);
		screen_paragraph(&out->screen, 0, STYLE_PLAIN, line);
	}
	if (host->unseen_count == 0)
		return;
	fputs("\nNot seen:\n", out->screen.file);
	for (size_t i = 0; i < host->unseen_count; i++)
		screen_paragraph(&out->screen, 2, STYLE_NOTICE, host->unseen[i]);
}

void sockets_text(struct out *out, const struct socket_list *list)
{
	if (list->with_passive)
		print_kind(out, list, "Passive sockets", true);
	if (list->with_passive && list->with_active)
		fputc('\n', out->screen.file);
	if (list->with_active)
		print_kind(out, list, "Active sockets", false);
	print_remarks(out, list);
}
