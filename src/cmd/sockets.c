/* doorward sockets: the open view of this host, filtered by what the user asks for. */
#include "output/sockets.h"
#include "base/suggest.h"
#include "cmd/command.h"

#include <stdlib.h>

enum { REACH_MEMORY = 1 << 30 };

/* The options may be repeated; of each kind one must match. */
struct filter {
	const struct invocation *invocation;
	const struct host *host;
};

static const struct command_option options[] = {
	{ .name = "passive", .help = "only what listens: the doors" },
	{ .name = "active", .help = "only what is connected" },
	{ .letter = 'p',
	  .name = "port",
	  .argument = "PORT",
	  .help = "at this port, or in this range: 22, 8000-8100" },
	{ .letter = 't',
	  .name = "transport",
	  .argument = "NAME",
	  .help = "of this transport: tcp, udp, mptcp, raw, packet, icmp ..." },
	{ .letter = 's',
	  .name = "state",
	  .argument = "STATE",
	  .help = "in this state",
	  .completes = COMPLETES_WORDS,
	  .words = "listen established unconnected syn-sent syn-recv fin-wait-1 fin-wait-2 time-wait "
		   "close-wait last-ack closing" },
	{ .name = "process", .argument = "NAME|PID", .help = "held by a process of this name or number" },
	{ .name = "exposure",
	  .argument = "WIDTH",
	  .help = "doors that reach just so far: host, link, private, public",
	  .completes = COMPLETES_WORDS,
	  .words = "nowhere host link private public" },
	{ .name = "protocol",
	  .argument = "NAME",
	  .help = "at a port where this service is registered: https, pgsql",
	  .completes = COMPLETES_SERVICE },
	{ .letter = 'd', .name = "details", .help = "each process on a line of its own" },
	{ .name = "here", .help = "leave out other network namespaces of this host" },
	{ .name = "attribution",
	  .argument = "WAY",
	  .help = "find processes by: auto, bpf, proc or none",
	  .completes = COMPLETES_WORDS,
	  .words = "auto bpf proc none" },
	{ 0 },
};

/* "22" or "8000-8100". */
static bool parse_ports(const char *text, uint64_t *ret_first, uint64_t *ret_last)
{
	struct span rest = span_text(text), first = span_until(&rest, '-');

	if (first.failed)
		return span_number(span_text(text), UINT16_MAX, ret_first) && (*ret_last = *ret_first, true);
	return span_number(first, UINT16_MAX, ret_first) && span_number(rest, UINT16_MAX, ret_last) &&
	       *ret_first <= *ret_last;
}

/* Ports at this host's end of a door, at either end of a connection. */
static bool at_ports(const struct host_socket *socket, uint64_t first, uint64_t last)
{
	if (!socket_has_ports(socket))
		return false;
	if (socket->local_port >= first && socket->local_port <= last)
		return true;
	return socket->kind == SOCKET_ACTIVE && socket->peer_port >= first && socket->peer_port <= last;
}

static bool match_port(const struct filter *filter, const struct host_socket *socket, const char *value)
{
	uint64_t first, last;

	(void)filter;
	return parse_ports(value, &first, &last) && at_ports(socket, first, last);
}

static bool match_transport(const struct filter *filter, const struct host_socket *socket, const char *value)
{
	const struct transport *const wanted = catalog_transport_named(span_text(value));

	(void)filter;
	if (strcmp(value, "packet") == 0)
		return socket->family == SOCKET_PACKET;
	if (strcmp(value, "raw") == 0)
		return socket->raw;
	if (strcmp(value, "mptcp") == 0)
		return socket->mptcp;
	return wanted != NULL && socket->family == SOCKET_INET && socket->transport == wanted->number;
}

static bool match_state(const struct filter *filter, const struct host_socket *socket, const char *value)
{
	(void)filter;
	return strcmp(socket_state_text(socket->state), value) == 0;
}

static bool is_named(const struct host_process *process, const char *name)
{
	const char *const slash = process->executable != NULL ? strrchr(process->executable, '/') : NULL;

	return strcmp(process->name, name) == 0 || (slash != NULL && strcmp(slash + 1, name) == 0);
}

static bool match_process(const struct filter *filter, const struct host_socket *socket, const char *value)
{
	uint64_t pid = 0;

	if (!span_number(span_text(value), UINT32_MAX, &pid))
		pid = 0;
	for (uint32_t i = 0; i < socket->holder_count; i++) {
		const struct holder *const holder = &filter->host->holders[socket->holder + i];
		const struct host_process *const process = &filter->host->processes[holder->process];

		if (pid > 0 ? process->pid == pid : is_named(process, value))
			return true;
	}
	return false;
}

static bool match_exposure(const struct filter *filter, const struct host_socket *socket, const char *value)
{
	return socket->kind == SOCKET_PASSIVE &&
	       strcmp(exposure_text(host_exposure(filter->host, socket)), value) == 0;
}

static bool match_protocol(const struct filter *filter, const struct host_socket *socket, const char *value)
{
	const struct service *const service = catalog_service(span_text(value));

	(void)filter;
	for (size_t i = 0; service != NULL && i < service->door_count; i++) {
		const struct catalog_door *const door = &service->doors[i];

		if (door->transport == socket->transport && at_ports(socket, door->first, door->last))
			return true;
	}
	return false;
}

static const struct {
	const char *option;
	bool (*match)(const struct filter *filter, const struct host_socket *socket, const char *value);
} matches[] = {
	{ "transport", match_transport }, { "port", match_port },       { "state", match_state },
	{ "protocol", match_protocol },   { "process", match_process }, { "exposure", match_exposure },
};

static bool is_wanted(const struct filter *filter, const struct host_socket *socket)
{
	for (size_t i = 0; i < sizeof(matches) / sizeof(matches[0]); i++) {
		const char *value = invocation_nth(filter->invocation, matches[i].option, 0);
		bool met = value == NULL;

		for (size_t n = 0;
		     !met && (value = invocation_nth(filter->invocation, matches[i].option, n)) != NULL; n++)
			met = matches[i].match(filter, socket, value);
		if (!met)
			return false;
	}
	return true;
}

static bool check_transport(const struct invocation *invocation, const char *value)
{
	static const char *const others[] = { "packet", "raw", "mptcp" };
	struct suggestion near = { .typed = value };

	if (catalog_transport_named(span_text(value)) != NULL)
		return true;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (strcmp(others[i], value) == 0)
			return true;
		suggest_offer(&near, others[i]);
	}
	for (unsigned number = 0; number < TRANSPORT_ANY; number++) {
		if (catalog_transport(number) != NULL)
			suggest_offer(&near, catalog_transport(number)->name);
	}
	if (near.best != NULL)
		command_usage(invocation, "there is no transport '%s'; did you mean '%s'?", value, near.best);
	else
		command_usage(invocation, "there is no transport '%s'", value);
	return false;
}

static bool check_protocol(const struct invocation *invocation, const char *value)
{
	struct suggestion near = { .typed = value };
	const struct service *service;

	if (catalog_service(span_text(value)) != NULL)
		return true;
	for (size_t n = 0; (service = catalog_service_nth(n)) != NULL; n++)
		suggest_offer(&near, service->name);
	if (near.best != NULL)
		command_usage(invocation, "there is no service '%s'; did you mean '%s'?", value, near.best);
	else
		command_usage(invocation, "there is no service '%s'", value);
	return false;
}

static bool check_port(const struct invocation *invocation, const char *value)
{
	uint64_t first, last;

	if (parse_ports(value, &first, &last))
		return true;
	command_usage(invocation, "'%s' is no port from 0 to 65535, and no range of them such as 8000-8100",
		      value);
	return false;
}

/* The other options are words of a fixed list, which the parser of options has checked. */
static bool check_values(const struct invocation *invocation)
{
	static const struct {
		const char *option;
		bool (*check)(const struct invocation *invocation, const char *value);
	} checks[] = {
		{ "port", check_port },
		{ "transport", check_transport },
		{ "protocol", check_protocol },
	};

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		const char *value;

		for (size_t n = 0; (value = invocation_nth(invocation, checks[i].option, n)) != NULL; n++) {
			if (!checks[i].check(invocation, value))
				return false;
		}
	}
	return true;
}

static enum attribution attribution_of(const struct invocation *invocation)
{
	const char *const way = invocation_value(invocation, "attribution");

	if (way == NULL || strcmp(way, "auto") == 0)
		return ATTRIBUTE_AUTO;
	if (strcmp(way, "bpf") == 0)
		return ATTRIBUTE_BPF;
	return strcmp(way, "proc") == 0 ? ATTRIBUTE_PROC : ATTRIBUTE_NONE;
}

/* By namespace, transport, port and address. */
static int compare_sockets(const void *left, const void *right, void *sockets)
{
	const struct host_socket *const a = (const struct host_socket *)sockets + *(const uint32_t *)left;
	const struct host_socket *const b = (const struct host_socket *)sockets + *(const uint32_t *)right;
	const uint32_t keys[][2] = {
		{ a->space, b->space },         { a->family, b->family },         { a->raw, b->raw },
		{ a->transport, b->transport }, { a->local_port, b->local_port },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (keys[i][0] != keys[i][1])
			return keys[i][0] < keys[i][1] ? -1 : 1;
	}
	return address_compare(&a->local, &b->local);
}

/* Picks the sockets of one kind. The list is sorted for people only: programs sort what they need. */
static uint32_t *choose(const struct filter *filter, enum socket_kind kind, bool sorted, size_t *ret_count)
{
	const struct host *const host = filter->host;
	uint32_t *const chosen = malloc((host->socket_count + 1) * sizeof(*chosen));

	*ret_count = 0;
	for (size_t i = 0; chosen != NULL && i < host->socket_count; i++) {
		if (host->sockets[i].kind == kind && is_wanted(filter, &host->sockets[i]))
			chosen[(*ret_count)++] = (uint32_t)i;
	}
	if (chosen != NULL && sorted)
		qsort_r(chosen, *ret_count, sizeof(*chosen), compare_sockets, host->sockets);
	return chosen;
}

/* False if it could not be shown in whole. */
static bool show(const struct invocation *invocation, struct host *host, struct error *err)
{
	const struct filter filter = { .invocation = invocation, .host = host };
	const bool passive = invocation_has(invocation, "passive"),
		   active = invocation_has(invocation, "active");
	struct socket_list list = {
		.host = host,
		.with_passive = passive || !active,
		.with_active = active || !passive,
		.details = invocation_has(invocation, "details"),
	};
	uint32_t *doors = NULL, *connections = NULL;
	struct arena *const arena = list.with_passive ? arena_new(REACH_MEMORY) : NULL;
	struct out out;
	bool good;

	if (arena != NULL)
		list.reachability = reachability_new(arena, host);

	if (list.with_passive)
		list.passive = doors = choose(&filter, SOCKET_PASSIVE, !invocation->json,
					      &list.passive_count);
	if (list.with_active)
		list.active = connections = choose(&filter, SOCKET_ACTIVE, !invocation->json,
						   &list.active_count);
	good = (doors != NULL || !list.with_passive) && (connections != NULL || !list.with_active) &&
	       out_open(&out, invocation->json, invocation->colour);
	if (good) {
		out.format->sockets(&out, &list);
		good = out_close(&out, err);
	} else {
		error_memory(err);
	}
	free(doors);
	free(connections);
	arena_free(arena);
	return good;
}

static int run(const struct invocation *invocation)
{
	const struct host_options asked = {
		.passive_only = invocation_has(invocation, "passive") &&
				!invocation_has(invocation, "active"),
		.all_spaces = !invocation_has(invocation, "here"),
		.details = true,
		.attribution = attribution_of(invocation),
	};
	struct host host;
	struct error err;
	int status;

	if (!check_values(invocation))
		return STATUS_TROUBLE;
	if (!host_read(&host, &asked, &err)) {
		host_free(&host);
		return command_trouble(invocation, &err);
	}
	status = host.unseen_count > 0 ? STATUS_INCOMPLETE : STATUS_AGREES;
	if (!show(invocation, &host, &err))
		status = command_trouble(invocation, &err);
	host_free(&host);
	return status;
}

extern const struct command command_sockets;
const struct command command_sockets = {
	.name = "sockets",
	.summary = "passive and active sockets, their processes, and who may reach them",
	.description =
		"Lists the sockets of this host in all network namespaces that can be seen: the passive "
		"ones, which are its doors, with the process, user and unit behind each and from how far "
		"it can be reached by what it is bound to; then the active ones. PORT OF names what the "
		"port's number is registered or customary for, which says nothing of what is spoken "
		"there: 'doorward check' asks. An arrow <- marks a connection that came in through a "
		"listed door. What cannot be seen is said, and the exit status is then 3.",
	.options = options,
	.run = run,
};
