/* sender.c: what all senders with several sockets need. */
#include "scan/sender.h"

#include <sys/epoll.h>
#include <sys/socket.h>

bool sender_watch(const struct sender *sender, const int *descriptors, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct epoll_event event = { .events = EPOLLIN };

		if (descriptors[i] >= 0 &&
		    epoll_ctl(sender->descriptor, EPOLL_CTL_ADD, descriptors[i], &event) != 0)
			return false;
	}
	return true;
}

void sender_make_room(int fd, int room)
{
	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
}
