#include "audit/rooms.h"
#include "base/buffer.h"

#include <stdio.h>
#include <stdlib.h>

enum { ADDRESSES_LIMIT = 64 * 1024, ADDRESSES_SHOWN = 2 };

/* A passive socket with the process that stands for its holders. */
struct seen {
	const struct host_socket *socket;
	const struct host_process *process; /* or NULL */
};

bool socket_is_door(const struct host_socket *socket)
{
	return socket->kind == SOCKET_PASSIVE && socket->family == SOCKET_INET;
}

static uint16_t port_of(const struct host_socket *socket)
{
	return socket->raw ? 0 : socket->local_port;
}

const struct host_interface *interface_at(const struct host *host, uint32_t space, uint32_t index)
{
	for (size_t i = 0; i < host->interface_count; i++) {
		if (host->interfaces[i].index == index && host->interfaces[i].space == space)
			return &host->interfaces[i];
	}
	return NULL;
}

bool socket_may_be_client(const struct host *host, const struct host_socket *socket)
{
	const struct host_space *const space = &host->spaces[socket->space];
	const bool unheld = socket->holder_count == 0 && host->processes_seen;

	return socket->transport == TRANSPORT_UDP && !socket->raw && !unheld &&
	       socket->local_port >= space->ephemeral_first && socket->local_port <= space->ephemeral_last &&
	       catalog_service_at(TRANSPORT_UDP, socket->local_port, 0) == NULL;
}

/* Whether a stands for the holders rather than b: servers hand their sockets to helpers that come and go, so
 * it is the one that was there first. The init process only opened the door for others. */
static bool comes_before(const struct host_process *a, const struct host_process *b)
{
	if ((a->pid == 1) != (b->pid == 1))
		return b->pid == 1;
	if (a->started_us != b->started_us)
		return a->started_us < b->started_us;
	return a->pid < b->pid;
}

static const struct host_process *spokesman(const struct host *host, const struct host_socket *socket)
{
	const struct host_process *best = NULL;

	for (uint32_t i = 0; i < socket->holder_count; i++) {
		const struct host_process *const process =
			&host->processes[host->holders[socket->holder + i].process];

		if (best == NULL || comes_before(process, best))
			best = process;
	}
	return best;
}

static const char *program_of(const struct host_process *process)
{
	if (process == NULL)
		return "";
	return process->executable != NULL ? process->executable : process->name;
}

static int compare_text(const char *a, const char *b)
{
	return strcmp(a != NULL ? a : "", b != NULL ? b : "");
}

/* Equal when both belong to one door. */
static int compare_doors(const struct seen *a, const struct seen *b)
{
	const struct host_socket *const s = a->socket, *const t = b->socket;
	int order;

	if (s->space != t->space)
		return s->space < t->space ? -1 : 1;
	if (s->transport != t->transport)
		return s->transport < t->transport ? -1 : 1;
	if (port_of(s) != port_of(t))
		return port_of(s) < port_of(t) ? -1 : 1;
	order = strcmp(program_of(a->process), program_of(b->process));
	if (order == 0 && a->process != NULL && b->process != NULL)
		order = compare_text(a->process->container, b->process->container);
	if (order == 0 && a->process == NULL && s->uid != t->uid)
		order = s->uid < t->uid ? -1 : 1;
	return order;
}

static int compare_seen(const void *first, const void *second)
{
	const struct seen *const a = first, *const b = second;
	const int order = compare_doors(a, b);

	if (order == 0 && a->socket->v6_socket != b->socket->v6_socket)
		return a->socket->v6_socket ? 1 : -1;
	return order != 0 ? order : address_compare(&a->socket->local, &b->socket->local);
}

static struct seen *sockets_seen(struct work *work, size_t *ret_count)
{
	const struct host *const host = work->input->host;
	struct seen *const seen = arena_array(work->arena, host->socket_count + 1, sizeof(*seen));
	size_t count = 0;

	for (size_t i = 0; seen != NULL && i < host->socket_count; i++) {
		if (socket_is_door(&host->sockets[i]))
			seen[count++] = (struct seen){ &host->sockets[i],
						       spokesman(host, &host->sockets[i]) };
	}
	if (seen != NULL)
		qsort(seen, count, sizeof(*seen), compare_seen);
	work->no_memory |= seen == NULL;
	*ret_count = count;
	return seen;
}

struct audit_door *door_add(struct work *work)
{
	struct audit *const audit = work->audit;
	struct audit_door *const doors = arena_grow(work->arena, audit->doors, audit->door_count,
						    &work->door_capacity, sizeof(*doors));

	if (doors == NULL) {
		work->no_memory = true;
		return NULL;
	}
	audit->doors = doors;
	doors[audit->door_count] = (struct audit_door){ 0 };
	return &doors[audit->door_count++];
}

static void add_address(struct buffer *out, const char *address, const struct host_interface *interface)
{
	if (out->length > 0)
		buffer_text(out, ", ");
	buffer_text(out, address);
	if (interface != NULL)
		buffer_format(out, "%%%s", interface->name);
}

/* What a socket is bound to; one that listens on all addresses of both families is shown as the two. */
static void add_addresses(struct work *work, struct buffer *out, const struct host_socket *socket,
			  bool v4_shown)
{
	const struct host *const host = work->input->host;
	const struct host_interface *const interface = socket->interface != 0
							       ? interface_at(host, socket->space,
									      socket->interface)
							       : NULL;
	char text[ADDRESS_TEXT];

	if (address_is_unspecified(&socket->local)) {
		if ((!socket->v6_socket || !socket->v6_only) && !v4_shown)
			add_address(out, "0.0.0.0", interface);
		if (socket->v6_socket)
			add_address(out, "::", interface);
		return;
	}
	add_address(out, address_text(&socket->local, text), interface);
}

static bool same_place(const struct host_socket *a, const struct host_socket *b)
{
	return address_compare(&a->local, &b->local) == 0 && a->interface == b->interface &&
	       a->v6_socket == b->v6_socket && a->v6_only == b->v6_only;
}

static const char *addresses_text(struct work *work, const struct audit_door *door)
{
	struct buffer out = buffer_new(ADDRESSES_LIMIT);
	bool v4_shown = false;
	const char *text;

	for (size_t i = 0; i < door->socket_count; i++) {
		const struct host_socket *const socket = door->sockets[i];

		if (i > 0 && same_place(door->sockets[i - 1], socket))
			continue; /* sockets that share a port (SO_REUSEPORT) */
		add_addresses(work, &out, socket, v4_shown);
		v4_shown |= address_is_unspecified(&socket->local) && !socket->v6_only;
	}
	text = keep(work, arena_span_text(work->arena, buffer_read(&out)));
	buffer_free(&out);
	return text;
}

static int compare_numbers(const void *first, const void *second)
{
	const uint32_t a = *(const uint32_t *)first, b = *(const uint32_t *)second;

	return a < b ? -1 : a > b;
}

static size_t processes_of(struct work *work, const struct audit_door *door)
{
	const struct host *const host = work->input->host;
	size_t most = 0, count = 0, distinct = 0;
	uint32_t *numbers;

	for (size_t i = 0; i < door->socket_count; i++)
		most += door->sockets[i]->holder_count;
	numbers = arena_array(work->arena, most + 1, sizeof(*numbers));
	if (numbers == NULL) {
		work->no_memory = true;
		return 0;
	}
	for (size_t i = 0; i < door->socket_count; i++) {
		for (uint32_t h = 0; h < door->sockets[i]->holder_count; h++)
			numbers[count++] = host->holders[door->sockets[i]->holder + h].process;
	}
	qsort(numbers, count, sizeof(*numbers), compare_numbers);
	for (size_t i = 0; i < count; i++)
		distinct += i == 0 || numbers[i] != numbers[i - 1];
	return distinct;
}

/* What the sockets' addresses answered, each answer once. */
static void hear(struct work *work, struct audit_door *door)
{
	door->heard = arena_array(work->arena, door->socket_count, sizeof(struct knock_result *));
	work->no_memory |= door->heard == NULL;
	for (size_t i = 0; door->heard != NULL && i < door->socket_count; i++) {
		const struct knock_result *const result = knock_result_of(work->input, door->sockets[i]);
		bool known = result == NULL;

		for (size_t k = 0; k < door->heard_count; k++)
			known |= door->heard[k] == result;
		if (known)
			continue;
		door->heard[door->heard_count++] = result;
		if (door->spoken == NULL ||
		    (door->spoken->outcome != KNOCK_IDENTIFIED && result->outcome == KNOCK_IDENTIFIED))
			door->spoken = result;
	}
}

/* What runs it; where only init holds the socket, the unit that opened it. */
static const char *unit_of(const struct host *host, const struct audit_door *door,
			   const struct host_socket *socket)
{
	const char *const opener = host_socket_unit(host, socket);

	if (door->process == NULL || (door->process->pid == 1 && opener != NULL))
		return opener;
	return door->process->unit != NULL ? door->process->unit : opener;
}

/* The door's sockets, and what they come to together. */
static bool take_sockets(struct work *work, struct audit_door *door, const struct seen *seen, size_t count)
{
	door->sockets = arena_array(work->arena, count, sizeof(struct host_socket *));
	if (door->sockets == NULL) {
		work->no_memory = true;
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		const enum exposure exposure = host_exposure(work->input->host, seen[i].socket);

		door->sockets[door->socket_count++] = seen[i].socket;
		if (exposure > door->exposure)
			door->exposure = exposure;
		if (seen[i].process != NULL &&
		    (door->process == NULL || comes_before(seen[i].process, door->process)))
			door->process = seen[i].process;
	}
	return true;
}

static void add_door(struct work *work, const struct seen *seen, size_t count)
{
	struct host *const host = work->input->host;
	const struct host_socket *const first = seen[0].socket;
	struct audit_door *const door = door_add(work);

	if (door == NULL || !take_sockets(work, door, seen, count))
		return;
	door->transport = first->transport;
	door->port = port_of(first);
	door->space = first->space;
	door->addresses = addresses_text(work, door);
	door->process_count = processes_of(work, door);
	if (work->input->outside == NULL)
		door->user = host_user(host, door->process != NULL ? door->process->uid : first->uid);
	door->unheld = door->process == NULL && host->processes_seen;
	door->unit = unit_of(host, door, first);
	door->registered = door->port != 0 ? catalog_service_at(door->transport, door->port, 0) : NULL;
	door->temporary = socket_may_be_client(host, first);
	if (work->input->reachability != NULL)
		door->reach = reachability_of(work->input->reachability, door->sockets, door->socket_count);
	hear(work, door);
}

void doors_collect(struct work *work)
{
	size_t count, end;
	struct seen *const seen = sockets_seen(work, &count);

	for (size_t i = 0; seen != NULL && i < count; i = end) {
		for (end = i + 1; end < count && compare_doors(&seen[i], &seen[end]) == 0; end++)
			;
		add_door(work, &seen[i], end - i);
	}
}

static int compare_places(const void *first, const void *second)
{
	const struct audit_door *const a = first, *const b = second;

	if ((a->space == 0) != (b->space == 0))
		return a->space == 0 ? -1 : 1;
	if (a->temporary != b->temporary)
		return a->temporary ? 1 : -1;
	if (a->space != b->space)
		return a->space < b->space ? -1 : 1;
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	if (a->transport != b->transport)
		return a->transport < b->transport ? -1 : 1;
	return compare_text(a->addresses, b->addresses);
}

void doors_sort(struct work *work)
{
	if (work->audit->door_count > 0)
		qsort(work->audit->doors, work->audit->door_count, sizeof(struct audit_door), compare_places);
}

const char *audit_addresses_short(const struct audit_door *door, char text[static AUDIT_ADDRESSES_TEXT])
{
	struct span rest = span_text(door->addresses);
	unsigned shown = 0, more = 0;
	size_t kept = 0;

	while (span_left(rest) > 0) {
		const size_t comma = span_find(rest, ", ");

		if (shown < ADDRESSES_SHOWN) {
			shown++;
			kept = comma == SIZE_MAX
				       ? strlen(door->addresses)
				       : (size_t)(rest.at - (const uint8_t *)door->addresses) + comma;
		} else {
			more++;
		}
		span_skip(&rest, comma == SIZE_MAX ? span_left(rest) : comma + 2);
	}
	snprintf(text, AUDIT_ADDRESSES_TEXT, "%.*s", (int)kept, door->addresses);
	if (more > 0 && strlen(text) + 16 < AUDIT_ADDRESSES_TEXT)
		snprintf(text + strlen(text), 16, ", +%u", more);
	return text;
}
