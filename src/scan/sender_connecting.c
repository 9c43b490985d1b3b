/* sender_connecting.c: doors are asked by connecting to them, for those who may not open raw sockets. */
#include "scan/sender.h"

#include "base/clock.h"
#include "scan/endpoint.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { AT_ONCE = 768, PATIENCE_MS = 1500, EVENTS = 256 };

/* Slots stand in the order in which they were taken, in a ring. */
struct attempt {
	int fd; /* -1: it is over */
	struct reach_door door;
	int64_t end; /* monotonic ms */
};

struct connecting {
	struct sender sender; /* first: it is what others see */
	struct attempt ring[AT_ONCE];
	size_t first, count;
	sender_heard *heard;
	void *context;
};

static void end_attempt(struct attempt *attempt)
{
	if (attempt->fd >= 0)
		(void)close(attempt->fd);
	attempt->fd = -1;
}

/* Those in front that are over, or that nobody waits for any more, make room. */
static void drop_old(struct connecting *all)
{
	const int64_t now = all->count > 0 ? clock_monotonic_ms() : 0;

	while (all->count > 0) {
		struct attempt *const attempt = &all->ring[all->first];

		if (attempt->fd >= 0 && attempt->end > now)
			return;
		end_attempt(attempt);
		all->first = (all->first + 1) % AT_ONCE;
		all->count--;
	}
}

/* A socket of this host that is given the very port that it asks connects with itself: nobody listens there.
 */
static bool meets_itself(int fd)
{
	struct sockaddr_storage own = { 0 }, peer = { 0 };
	socklen_t own_length = sizeof(own), peer_length = sizeof(peer);

	return getsockname(fd, (struct sockaddr *)&own, &own_length) == 0 &&
	       getpeername(fd, (struct sockaddr *)&peer, &peer_length) == 0 && own_length == peer_length &&
	       memcmp(&own, &peer, own_length) == 0;
}

static void tell(const struct connecting *all, struct attempt *attempt, int error)
{
	if (error == 0 && meets_itself(attempt->fd))
		error = ECONNREFUSED;
	if (error == ECONNRESET || error == EPIPE) /* it took the connection before it broke it */
		error = 0;
	attempt->door.state = error == 0 ? REACH_OPEN : error == ECONNREFUSED ? REACH_CLOSED : REACH_FILTERED;
	end_attempt(attempt);
	if (error != ETIMEDOUT)
		all->heard(all->context, &attempt->door);
}

/* errno tells how it went: 0 if it is connected already. */
static int begin_to_connect(const struct reach_door *door)
{
	struct sockaddr_storage endpoint;
	const socklen_t length = endpoint_of(&door->address, door->interface, door->port, &endpoint);
	const int fd = socket(endpoint.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&endpoint, length) == 0)
		errno = 0;
	return fd;
}

/* Some answer at once: those on the same host. */
static bool ask(struct sender *sender, const struct address *address, uint32_t interface, uint16_t port)
{
	struct connecting *const all = (struct connecting *)sender;
	const size_t place = (all->first + all->count) % AT_ONCE;
	struct attempt *const attempt = &all->ring[place];
	struct epoll_event event = { .events = EPOLLOUT, .data.u64 = place };
	int error;

	drop_old(all);
	if (all->count == AT_ONCE)
		return false;
	*attempt = (struct attempt){ .door = { .address = *address, .interface = interface, .port = port },
				     .end = clock_monotonic_ms() + PATIENCE_MS };
	attempt->fd = begin_to_connect(&attempt->door);
	error = errno;
	if (attempt->fd < 0)
		return error != EMFILE && error != ENFILE && error != ENOBUFS && error != ENOMEM;
	if (error == EADDRNOTAVAIL) { /* all of our ports are taken */
		end_attempt(attempt);
		return false;
	}
	if (error != EINPROGRESS && error != EINTR)
		tell(all, attempt, error);
	else if (epoll_ctl(all->sender.descriptor, EPOLL_CTL_ADD, attempt->fd, &event) != 0)
		end_attempt(attempt);
	else
		all->count++;
	return true;
}

static void hear(struct sender *sender)
{
	struct connecting *const all = (struct connecting *)sender;
	struct epoll_event events[EVENTS];
	int count;

	do {
		count = epoll_wait(all->sender.descriptor, events, EVENTS, 0);
		for (int i = 0; i < count; i++) {
			struct attempt *const attempt = &all->ring[events[i].data.u64];
			int error = 0;
			socklen_t length = sizeof(error);

			if (attempt->fd < 0 ||
			    getsockopt(attempt->fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0)
				continue;
			tell(all, attempt, error);
		}
	} while (count == EVENTS);
	drop_old(all);
}

static void release(struct sender *sender)
{
	struct connecting *const all = (struct connecting *)sender;

	for (size_t i = 0; i < all->count; i++)
		end_attempt(&all->ring[(all->first + i) % AT_ONCE]);
	(void)close(all->sender.descriptor);
	free(all);
}

struct sender *sender_connecting(sender_heard *heard, void *context, struct error *err)
{
	struct connecting *const all = calloc(1, sizeof(*all));

	if (all == NULL) {
		error_memory(err);
		return NULL;
	}
	*all = (struct connecting){ .sender = { ask, hear, release, epoll_create1(EPOLL_CLOEXEC) },
				    .heard = heard,
				    .context = context };
	if (all->sender.descriptor >= 0)
		return &all->sender;
	error_system(err, errno, "cannot wait for connections");
	free(all);
	return NULL;
}
