/* diag.h: sockets as the kernel tells them through sock_diag (linux/inet_diag.h, linux/packet_diag.h). */
#ifndef HOST_DIAG_H
#define HOST_DIAG_H

#include "host/snapshot.h"

/* Adds the sockets of the network namespace that the calling thread is in. Where the kernel has no diag for a
 * transport, /proc/net is read instead. False when not one question was answered. */
bool diag_read(struct snapshot *snapshot, uint32_t space, struct error *err);

/* Reads the payload of one inet_diag message of this transport. False if it is cut short. */
bool diag_read_inet(struct span message, uint16_t transport, struct host_socket *ret_socket);

/* The same for a packet socket. */
bool diag_read_packet(struct span message, struct host_socket *ret_socket);

/* Whether a socket of this transport and state is passive: it listens, or takes from anyone. */
enum socket_kind diag_kind(uint16_t transport, enum socket_state state);

#endif
