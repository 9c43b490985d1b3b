/* Where to knock: each passive socket from this host itself. */
#include "audit/rooms.h"

#include <stdlib.h>

static const uint8_t v6_loopback[16] = { [15] = 1 };

/* An address of the interface that the socket takes packets for; IPv4 first. */
static bool address_of_interface(const struct host_interface *interface, bool v4, bool v6,
				 struct address *ret_address)
{
	bool found = false;

	for (size_t i = 0; i < interface->address_count; i++) {
		const bool is_v4 = address_is_v4(&interface->addresses[i]);

		if ((is_v4 && !v4) || (!is_v4 && (!v6 || found)))
			continue;
		*ret_address = interface->addresses[i];
		if (is_v4)
			return true;
		found = true;
	}
	return found;
}

/* The interface that a link-local address belongs to. */
static uint32_t scope_of(const struct host *host, const struct address *address)
{
	for (size_t i = 0; i < host->interface_count; i++) {
		for (size_t a = 0; host->interfaces[i].space == 0 && a < host->interfaces[i].address_count;
		     a++) {
			if (address_compare(&host->interfaces[i].addresses[a], address) == 0)
				return host->interfaces[i].index;
		}
	}
	return 0;
}

/* The last address of a network of ours: nmbd binds to it, and nobody can connect to it. */
static bool is_broadcast(const struct host *host, const struct address *address)
{
	for (size_t i = 0; i < host->interface_count; i++) {
		const struct host_interface *const interface = &host->interfaces[i];

		for (size_t a = 0; interface->space == 0 && a < interface->address_count; a++) {
			if (address_is_v4(address) && address_range_bits(&interface->networks[a]) < 31 &&
			    address_compare(&interface->networks[a].last, address) == 0)
				return true;
		}
	}
	return false;
}

static bool wildcard_address(const struct host *host, const struct host_socket *socket,
			     struct address *ret_address)
{
	const struct host_interface *const interface = socket->interface != 0
							       ? interface_at(host, socket->space,
									      socket->interface)
							       : NULL;
	const bool v4 = !socket->v6_socket || !socket->v6_only;

	if (interface != NULL && !interface->loopback)
		return address_of_interface(interface, v4, socket->v6_socket, ret_address);
	*ret_address = v4 ? address_v4(0x7f000001) : address_v6(v6_loopback);
	return true;
}

bool knock_address(const struct host *host, const struct host_socket *socket, struct knock_door *ret_door)
{
	struct knock_door door = { .address = socket->local, .transport = socket->transport };

	if (!socket_is_door(socket) || socket->raw || socket->space != 0 ||
	    (socket->transport != TRANSPORT_TCP && socket->transport != TRANSPORT_UDP))
		return false;
	if (socket_may_be_client(host, socket))
		return false;
	door.port = socket->local_port;
	if (address_is_unspecified(&socket->local)) {
		if (!wildcard_address(host, socket, &door.address))
			return false;
	} else if (catalog_cast(&socket->local) != CAST_UNICAST || is_broadcast(host, &socket->local)) {
		return false;
	}
	if (catalog_scope(&door.address) == SCOPE_LINK && !address_is_v4(&door.address))
		door.interface = socket->interface != 0 ? socket->interface : scope_of(host, &door.address);
	*ret_door = door;
	return true;
}

int knock_door_compare(const struct knock_door *a, const struct knock_door *b)
{
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	if (a->transport != b->transport)
		return a->transport < b->transport ? -1 : 1;
	if (a->interface != b->interface)
		return a->interface < b->interface ? -1 : 1;
	return address_compare(&a->address, &b->address);
}

static int compare(const void *first, const void *second)
{
	return knock_door_compare(first, second);
}

struct knock_door *audit_knock_plan(struct arena *arena, const struct host *host, size_t *ret_count)
{
	struct knock_door *const plan = arena_array(arena, host->socket_count + 1, sizeof(*plan));
	size_t count = 0, kept = 0;

	*ret_count = 0;
	if (plan == NULL)
		return NULL;
	for (size_t i = 0; i < host->socket_count; i++)
		count += knock_address(host, &host->sockets[i], &plan[count]);
	qsort(plan, count, sizeof(*plan), compare);
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || compare(&plan[i], &plan[kept - 1]) != 0)
			plan[kept++] = plan[i];
	}
	*ret_count = kept;
	return plan;
}

const struct knock_result *knock_result_nth(const struct audit_input *input, size_t nth)
{
	return input->outside != NULL ? input->outside->found[nth].result : &input->results[nth];
}

const struct knock_result *knock_result_of(const struct audit_input *input, const struct host_socket *socket)
{
	const struct knock_door *found;
	struct knock_door door;

	if (input->knock_count == 0 || !knock_address(input->host, socket, &door))
		return NULL;
	found = bsearch(&door, input->knocked, input->knock_count, sizeof(door), compare);
	return found != NULL ? knock_result_nth(input, (size_t)(found - input->knocked)) : NULL;
}
