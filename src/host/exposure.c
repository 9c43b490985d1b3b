/* From where a socket can be reached by what it is bound to. */
#include "host/host.h"

const char *exposure_text(enum exposure exposure)
{
	static const char *const texts[] = {
		[EXPOSED_NOWHERE] = "nowhere", [EXPOSED_HOST] = "host",     [EXPOSED_LINK] = "link",
		[EXPOSED_PRIVATE] = "private", [EXPOSED_PUBLIC] = "public",
	};

	return texts[exposure];
}

static enum exposure of_address(const struct address *address)
{
	switch (catalog_scope(address)) {
	case SCOPE_HOST: return EXPOSED_HOST;
	case SCOPE_LINK: return EXPOSED_LINK;
	case SCOPE_PRIVATE: return EXPOSED_PRIVATE;
	case SCOPE_GLOBAL: return EXPOSED_PUBLIC;
	}
	return EXPOSED_PUBLIC;
}

/* Whether the socket takes what is sent to this address of the host. */
static bool takes(const struct host_socket *socket, const struct address *address)
{
	if (socket->family == SOCKET_PACKET)
		return true;
	if (!address_is_unspecified(&socket->local))
		return address_compare(&socket->local, address) == 0;
	if (address_is_v4(address))
		return !socket->v6_socket || !socket->v6_only;
	return socket->v6_socket;
}

/* The widest of the addresses that the interface has and the socket takes. One without any, which only a
 * socket that needs no address can use, reaches its link. */
static enum exposure of_interface(const struct host_interface *interface, const struct host_socket *socket)
{
	enum exposure widest = EXPOSED_NOWHERE;

	if (!interface->up)
		return EXPOSED_NOWHERE;
	if (interface->loopback)
		return EXPOSED_HOST;
	if (socket->family == SOCKET_PACKET)
		widest = EXPOSED_LINK;
	for (size_t i = 0; i < interface->address_count; i++) {
		const enum exposure exposure = takes(socket, &interface->addresses[i])
						       ? of_address(&interface->addresses[i])
						       : EXPOSED_NOWHERE;

		if (exposure > widest)
			widest = exposure;
	}
	return widest;
}

/* The widest of the interfaces that it may use. */
static enum exposure of_interfaces(const struct host *host, const struct host_socket *socket)
{
	enum exposure widest = EXPOSED_NOWHERE;

	for (size_t i = 0; i < host->interface_count; i++) {
		const struct host_interface *const interface = &host->interfaces[i];
		const bool usable = interface->space == socket->space &&
				    (socket->interface == 0 || socket->interface == interface->index);
		const enum exposure exposure = usable ? of_interface(interface, socket) : EXPOSED_NOWHERE;

		if (exposure > widest)
			widest = exposure;
	}
	return widest;
}

enum exposure host_exposure(const struct host *host, const struct host_socket *socket)
{
	struct host_socket anywhere = *socket;
	enum exposure widest, group;

	if (socket->family == SOCKET_PACKET || address_is_unspecified(&socket->local))
		return of_interfaces(host, socket);
	if (catalog_cast(&socket->local) == CAST_UNICAST)
		return of_address(&socket->local);
	/* A group is heard on every interface, but not from farther than the group reaches. */
	anywhere.local = (struct address){ 0 };
	widest = of_interfaces(host, &anywhere);
	group = of_address(&socket->local);
	return group < widest ? group : widest;
}
