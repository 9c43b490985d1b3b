#include "scan/endpoint.h"

#include <netinet/in.h>

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
