#include "scan/endpoint.h"

#include <netinet/in.h>
#include <unistd.h>

socklen_t endpoint_of(const struct address *address, uint32_t interface, uint16_t port,
		      struct sockaddr_storage *ret_endpoint)
{
	struct sockaddr_in6 *const six = (struct sockaddr_in6 *)ret_endpoint;
	struct sockaddr_in *const four = (struct sockaddr_in *)ret_endpoint;

	memset(ret_endpoint, 0, sizeof(*ret_endpoint));
	if (address_is_v4(address)) {
		four->sin_family = AF_INET;
		four->sin_port = htons(port);
		four->sin_addr.s_addr = htonl(address_to_v4(address));
		return sizeof(*four);
	}
	six->sin6_family = AF_INET6;
	six->sin6_port = htons(port);
	six->sin6_scope_id = interface;
	memcpy(&six->sin6_addr, address->bytes, sizeof(six->sin6_addr));
	return sizeof(*six);
}

struct address endpoint_address(const struct sockaddr_storage *endpoint)
{
	const struct sockaddr_in *const four = (const struct sockaddr_in *)endpoint;
	const struct sockaddr_in6 *const six = (const struct sockaddr_in6 *)endpoint;

	return endpoint->ss_family == AF_INET ? address_v4(ntohl(four->sin_addr.s_addr))
					      : address_v6(six->sin6_addr.s6_addr);
}

/* A datagram socket that is connected, and sends nothing, knows the way. */
bool endpoint_source(const struct address *address, uint32_t interface, struct address *ret_source)
{
	struct sockaddr_storage endpoint;
	socklen_t length = endpoint_of(address, interface, 9, &endpoint);
	const int fd = socket(endpoint.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool known = fd >= 0 && connect(fd, (struct sockaddr *)&endpoint, length) == 0;

	length = sizeof(endpoint);
	known = known && getsockname(fd, (struct sockaddr *)&endpoint, &length) == 0;
	if (known)
		*ret_source = endpoint_address(&endpoint);
	if (fd >= 0)
		(void)close(fd);
	return known;
}
