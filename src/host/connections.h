/* connections.h: what the connection tracker knows (linux/netfilter/nfnetlink_conntrack.h), and ending
 * connections: of this host by their socket (SOCK_DESTROY), of others by what is tracked of them. */
#ifndef HOST_CONNECTIONS_H
#define HOST_CONNECTIONS_H

#include "base/arena.h"
#include "base/span.h"
#include "host/host.h"

/* A tracked connection as its first packet went, before any translation of addresses. */
struct tracked {
	struct address source, destination;
	uint16_t source_port, destination_port; /* 0 for transports without ports */
	uint16_t transport;
	uint8_t icmp_type;
	bool answered; /* both sides have been heard, and of TCP neither has said that it is over */
	uint32_t id;
};

/* Reads the payload of one IPCTNL_MSG_CT_NEW message. False if it is cut short. */
bool tracked_read(struct span message, struct tracked *ret_tracked);

/* All that are tracked in this network namespace. Zero, or the errno that says why the list could not be had.
 */
int tracked_list(struct arena *arena, struct tracked **ret_list, size_t *ret_count);

/* Makes the tracker know a connection of TCP or UDP that began before it looked, so that it goes on as an
 * established one. One that it knows stays as it is. Zero or an errno. */
int tracked_keep(const struct tracked *connection);

/* Makes the tracker forget it. Zero or an errno. */
int tracked_forget(const struct tracked *connection);

/* This process and those that it comes from, the nearest first: who asked for what we do is among them. */
enum { SESSION_DEPTH = 64 };
size_t session_processes(uint32_t pids[static SESSION_DEPTH]);

/* Ends a socket, of TCP with a reset to its peer. Zero or an errno. */
int socket_end(const struct host_socket *socket);

#endif
