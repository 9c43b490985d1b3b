/* output/sockets.h: sockets for people and for programs. */
#ifndef OUTPUT_SOCKETS_H
#define OUTPUT_SOCKETS_H

#include "audit/reachable.h"
#include "host/host.h"
#include "output/output.h"

/* What to show of a host: indices into its sockets. */
struct socket_list {
	struct host *host;
	struct reachability *reachability; /* of passive ones; or NULL */
	const uint32_t *passive, *active;
	size_t passive_count, active_count;
	bool with_passive, with_active; /* which of the two was asked for */
	bool details;                   /* text: what is known of each process on lines of its own */
};

/* Writes `reachable`: who gets in past the packet filter, where that was judged. */
void event_reach(struct json *json, const struct reach *reach);
struct reach socket_reach(const struct socket_list *list, const struct host_socket *socket);

void sockets_text(struct out *out, const struct socket_list *list);
void sockets_json(struct out *out, const struct socket_list *list);

/* "tcp", "mptcp", "udp", "raw icmp", "packet": how people name what the socket is of. */
enum { SOCKET_TRANSPORT_TEXT = 32 };
const char *socket_transport_text(const struct host_socket *socket, char text[static SOCKET_TRANSPORT_TEXT]);

/* The name of the interface that the socket is bound to, or NULL. */
const char *socket_interface(const struct host *host, const struct host_socket *socket);

/* Whether its transport has ports. */
bool socket_has_ports(const struct host_socket *socket);

/* The service that is registered at its local port, or NULL. */
const char *socket_service(const struct host_socket *socket);

/* As the events name it: "none", "present", "unknown". */
const char *filtering_text(enum filtering filtering);

/* Why no process stands behind it; NULL where one does. "kernel": it is the kernel's own, as in TIME_WAIT;
 * "no process": all were looked at and none holds it; "not visible (needs root)", "not looked for". */
const char *socket_without_process(const struct host *host, const struct host_socket *socket);

#endif
