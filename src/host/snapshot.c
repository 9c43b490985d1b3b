#include "host/snapshot.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIRST_SOCKETS = 256 };

struct host_socket *snapshot_add_socket(struct snapshot *snapshot)
{
	struct host *const host = snapshot->host;

	if (host->socket_count == SOCKETS_MOST) {
		snapshot_unseen(snapshot, "sockets past the first %d", SOCKETS_MOST);
		return NULL;
	}
	if (host->socket_count == snapshot->socket_capacity) {
		const size_t capacity = host->socket_count > 0 ? 2 * host->socket_count : FIRST_SOCKETS;
		struct host_socket *const more = realloc(host->sockets, capacity * sizeof(*more));

		if (more == NULL) {
			snapshot->failed = true;
			return NULL;
		}
		host->sockets = more;
		snapshot->socket_capacity = capacity;
	}
	host->sockets[host->socket_count] = (struct host_socket){ .door = NO_SOCKET };
	return &host->sockets[host->socket_count++];
}

void snapshot_drop_socket(struct snapshot *snapshot)
{
	snapshot->host->socket_count--;
}

/* Room for one more in an array of the arena, zeroed because arenas hand out zeroes. */
static void *add(struct snapshot *snapshot, void *array, size_t *count, size_t *capacity, size_t size)
{
	void *const grown = arena_grow(snapshot->host->arena, array, *count, capacity, size);

	if (grown == NULL)
		snapshot->failed = true;
	else
		++*count;
	return grown;
}

struct host_process *snapshot_add_process(struct snapshot *snapshot)
{
	struct host *const host = snapshot->host;
	struct host_process *const grown = add(snapshot, host->processes, &host->process_count,
					       &snapshot->process_capacity, sizeof(*host->processes));

	if (grown == NULL)
		return NULL;
	host->processes = grown;
	return &grown[host->process_count - 1];
}

struct host_space *snapshot_add_space(struct snapshot *snapshot)
{
	struct host *const host = snapshot->host;
	struct host_space *const grown = add(snapshot, host->spaces, &host->space_count,
					     &snapshot->space_capacity, sizeof(*host->spaces));

	if (grown == NULL)
		return NULL;
	host->spaces = grown;
	return &grown[host->space_count - 1];
}

struct host_interface *snapshot_add_interface(struct snapshot *snapshot)
{
	struct host *const host = snapshot->host;
	struct host_interface *const grown = add(snapshot, host->interfaces, &host->interface_count,
						 &snapshot->interface_capacity, sizeof(*host->interfaces));

	if (grown == NULL)
		return NULL;
	host->interfaces = grown;
	return &grown[host->interface_count - 1];
}

uint16_t snapshot_add_unit(struct snapshot *snapshot, const char *name)
{
	struct host *const host = snapshot->host;
	const char **grown;

	for (size_t i = 0; i < host->socket_unit_count; i++) {
		if (strcmp(host->socket_units[i], name) == 0)
			return (uint16_t)(i + 1);
	}
	name = snapshot_text(snapshot, span_text(name));
	if (name == NULL || host->socket_unit_count == UINT16_MAX)
		return 0;
	grown = add(snapshot, host->socket_units, &host->socket_unit_count, &snapshot->unit_capacity,
		    sizeof(*host->socket_units));
	if (grown == NULL)
		return 0;
	host->socket_units = grown;
	grown[host->socket_unit_count - 1] = name;
	return (uint16_t)host->socket_unit_count;
}

void snapshot_unseen(struct snapshot *snapshot, const char *format, ...)
{
	struct host *const host = snapshot->host;
	char text[256];
	const char **grown, *kept;
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	for (size_t i = 0; i < host->unseen_count; i++) {
		if (strcmp(host->unseen[i], text) == 0)
			return;
	}
	kept = snapshot_text(snapshot, span_text(text));
	if (kept == NULL)
		return;
	grown = add(snapshot, host->unseen, &host->unseen_count, &snapshot->unseen_capacity,
		    sizeof(*host->unseen));
	if (grown == NULL)
		return;
	host->unseen = grown;
	grown[host->unseen_count - 1] = kept;
}

const char *snapshot_text(struct snapshot *snapshot, struct span text)
{
	const char *const kept = arena_span_text(snapshot->host->arena, text);

	if (kept == NULL)
		snapshot->failed = true;
	return kept;
}
