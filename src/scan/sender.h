/* sender.h: how one door after the other is asked for reach.h: half-open by raw sockets, or by connecting.
 * Both are asked and heard the same way. */
#ifndef SCAN_SENDER_H
#define SCAN_SENDER_H

#include "scan/reach.h"

/* Who hears of answers: they may come twice, and from doors that nobody asked. */
typedef void sender_heard(void *context, const struct reach_door *door);

struct sender {
	/* False if there is no room for it now: it is to be asked again later. */
	bool (*ask)(struct sender *sender, const struct address *address, uint32_t interface, uint16_t port);

	/* Hears all that has come. */
	void (*hear)(struct sender *sender);
	void (*free)(struct sender *sender);
	int descriptor; /* readable when something has come */
};

/* The descriptors that are not -1 make the sender's own readable. False with errno. */
bool sender_watch(const struct sender *sender, const int *descriptors, size_t count);

/* Room of the kernel for answers that are not heard yet, in bytes; as much as is allowed. */
void sender_make_room(int fd, int room);

/* NULL with words: without the right to open raw sockets, for one. */
struct sender *sender_raw(uint64_t seed, sender_heard *heard, void *context, struct error *err);

/* Asks hosts whether they are there, whatever the port: neighbours by ARP and ND, others by ICMP echo and at
 * a few ports over TCP. All that come back have SENDER_HOST_PORT, and are open. Without the right to open raw
 * sockets only TCP is left. */
enum { SENDER_HOST_PORT = 1 };
struct sender *sender_hosts(uint64_t seed, bool connect, sender_heard *heard, void *context,
			    struct error *err);
struct sender *sender_connecting(sender_heard *heard, void *context, struct error *err);

#endif
