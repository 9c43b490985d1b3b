/* conversation.c: one connection with one server, bounded in bytes; its time is the loop's matter. */
#include "scan/engine.h"

#include "base/clock.h"
#include "base/hash.h"
#include "scan/endpoint.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	PIECE = 16 * 1024,
	PIECES_AT_ONCE = 4,
	OUT_LIMIT = 256 * 1024,
	OPENING_LIMIT = 4096,
	RESERVED = 512,  /* ports, and the first of them */
	ALL = 192 * 1024 /* octets; sockets hold 64 to 128 KiB until somebody reads */
};

/* ---- connecting ---- */

/* What the socket of a datagram's conversation has that others have not, by the protocol's probe. */
static const struct probe *datagram_probe(const struct wish *wish)
{
	return door_where(wish->door)->transport == TRANSPORT_UDP && wish->protocol != NULL
		       ? wish->protocol->probe
		       : NULL;
}

/* Whether the words go to the protocol's group as well. */
static bool asks_group(const struct wish *wish)
{
	const struct probe *const probe = datagram_probe(wish);
	const struct knock_door *const door = door_where(wish->door);

	return probe != NULL && probe->group.address != 0 && probe->group.port == door->port &&
	       address_is_v4(&door->address);
}

/* Answers may come from elsewhere than the door. */
static bool stays_open(const struct wish *wish)
{
	const struct probe *const probe = datagram_probe(wish);

	return probe != NULL && (probe->answers_elsewhere || asks_group(wish));
}

/* Groups are asked at the interface behind which the host is. */
static void send_to_group(const struct conversation *c)
{
	const struct knock_door *const door = door_where(c->wish.door);
	const struct address group = address_v4(datagram_probe(&c->wish)->group.address);
	struct address own;
	struct in_addr interface;
	struct sockaddr_storage to;
	const socklen_t length = endpoint_of(&group, 0, door->port, &to);

	if (!endpoint_source(&door->address, door->interface, &own))
		return;
	interface.s_addr = htonl(address_to_v4(&own));
	if (setsockopt(c->fd, IPPROTO_IP, IP_MULTICAST_IF, &interface, sizeof(interface)) == 0)
		(void)sendto(c->fd, c->out.bytes, c->out.length, MSG_NOSIGNAL, (struct sockaddr *)&to,
			     length);
}

/* rresvport(3): from 512 to 1023. Which one makes no difference, so that the next scan does not meet what is
 * left of this one's connections. Who may bind none calls from any. */
static void bind_reserved(int fd, const struct address *any)
{
	const uint64_t chance = hash_number((uint64_t)clock_monotonic_ms());
	const int yes = 1;

	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	for (unsigned i = 0; i < RESERVED; i++) {
		const uint16_t port = (uint16_t)(RESERVED + (chance + i) % RESERVED);
		struct sockaddr_storage address;
		const socklen_t length = endpoint_of(any, 0, port, &address);

		if (bind(fd, (struct sockaddr *)&address, length) == 0 || errno != EADDRINUSE)
			return;
	}
}

static bool calls_from_reserved(const struct wish *wish)
{
	return door_where(wish->door)->transport == TRANSPORT_TCP && wish->protocol != NULL &&
	       wish->protocol->probe != NULL && wish->protocol->probe->from_reserved;
}

static bool bind_own_port(int fd, const struct wish *wish)
{
	const struct probe *const probe = datagram_probe(wish);
	const struct address *const to = &door_where(wish->door)->address;
	const struct address any = address_is_v4(to) ? address_v4(0) : (struct address){ { 0 } };
	struct sockaddr_storage address;
	const int yes = 1;
	socklen_t length;

	if (calls_from_reserved(wish))
		bind_reserved(fd, &any);
	if (probe == NULL || probe->own_port == 0)
		return true;
	length = endpoint_of(&any, 0, probe->own_port, &address);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	return bind(fd, (struct sockaddr *)&address, length) == 0;
}

static int socket_connect(const struct wish *wish, bool *ret_connected)
{
	const struct knock_door *const door = door_where(wish->door);
	struct sockaddr_storage address;
	const socklen_t length = endpoint_of(&door->address, door->interface, door->port, &address);
	const int kind = door->transport == TRANSPORT_UDP ? SOCK_DGRAM : SOCK_STREAM;
	const int fd = socket(address.ss_family, kind | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return -1;
	if (stays_open(wish)) {
		*ret_connected = true;
		return fd;
	}
	*ret_connected = bind_own_port(fd, wish) && connect(fd, (struct sockaddr *)&address, length) == 0;
	/* Interrupted, it goes on by itself. */
	if (*ret_connected || errno == EINPROGRESS || errno == EINTR)
		return fd;
	error = errno;
	(void)close(fd);
	errno = error;
	return -1;
}

struct conversation *conversation_begin(struct engine *engine, const struct wish *wish, int *ret_error)
{
	struct conversation *const c = calloc(1, sizeof(*c));
	bool connected = false;

	*ret_error = ENOMEM;
	if (c == NULL)
		return NULL;
	c->fd = socket_connect(wish, &connected);
	if (c->fd < 0) {
		*ret_error = errno;
		free(c);
		return NULL;
	}
	c->engine = engine;
	c->wish = *wish;
	c->waited = !purpose_is_further(wish->purpose);
	c->stage = STAGE_CONNECTING;
	c->out = buffer_new(OUT_LIMIT);
	c->heard = buffer_new(KNOCK_HEARD_LIMIT);
	c->opening = buffer_new(OPENING_LIMIT);
	c->begun = engine->now;
	c->asked = -1;
	c->alarm = c->begun + engine->limits.door_ms / 3;
	if (connected && door_where(wish->door)->transport == TRANSPORT_UDP)
		c->stage = STAGE_TALKING;
	engine_watch(engine, c, c->stage == STAGE_CONNECTING);
	return c;
}

struct conversation *conversation_resting(struct engine *engine, const struct wish *wish)
{
	struct conversation *const c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	*c = (struct conversation){ .engine = engine, .wish = *wish, .fd = -1, .stage = STAGE_RESTING };
	c->waited = !purpose_is_further(wish->purpose);
	c->begun = engine->now;
	c->asked = -1;
	c->alarm = c->begun + engine->limits.door_ms;
	return c;
}

void conversation_rest(struct conversation *c)
{
	(void)close(c->fd);
	c->fd = -1;
	c->stage = STAGE_RESTING;
}

void conversation_free(struct conversation *c)
{
	if (c->tls != NULL) {
		tls_client_bye(c->tls, &c->out);
		(void)send(c->fd, c->out.bytes, c->out.length, MSG_NOSIGNAL | MSG_DONTWAIT);
	}
	if (c->fd >= 0)
		(void)close(c->fd);
	free(c->answer);
	tls_client_free(c->tls);
	buffer_free(&c->out);
	buffer_free(&c->heard);
	buffer_free(&c->opening);
	free(c);
}

/* ---- sending ---- */

static bool is_connected(const struct conversation *c)
{
	return !stays_open(&c->wish);
}

static ssize_t send_out(struct conversation *c)
{
	const struct knock_door *const door = door_where(c->wish.door);
	struct sockaddr_storage to;
	const socklen_t length = endpoint_of(&door->address, door->interface, door->port, &to);

	if (is_connected(c))
		return send(c->fd, c->out.bytes, c->out.length, MSG_NOSIGNAL);
	if (asks_group(&c->wish))
		send_to_group(c);
	return sendto(c->fd, c->out.bytes, c->out.length, MSG_NOSIGNAL, (struct sockaddr *)&to, length);
}

/* What cannot be sent is not reported here: the read that follows says why. */
static void flush(struct conversation *c)
{
	while (c->out.length > 0) {
		const ssize_t sent = send_out(c);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno != EAGAIN)
			buffer_clear(&c->out);
		if (sent < 0)
			break;
		buffer_drop(&c->out, (size_t)sent);
	}
	engine_watch(c->engine, c, c->out.length > 0);
}

/* Takes the words; over UDP all of them are one datagram. */
static void say(struct conversation *c, struct buffer *words)
{
	if (c->opening.length == 0 && words->length > 0 && words->length <= OPENING_LIMIT)
		buffer_span(&c->opening, buffer_read(words));
	c->said = c->said || words->length > 0;
	if (words->length > 0)
		c->asked = c->engine->now;
	if (c->tls != NULL)
		tls_client_say(c->tls, buffer_read(words), &c->out);
	else
		buffer_span(&c->out, buffer_read(words));
	flush(c);
	buffer_free(words);
}

/* Known once the socket is connected. */
static void write_own_address(const struct conversation *c, size_t at, struct buffer *words)
{
	struct sockaddr_in own = { 0 };
	socklen_t length = sizeof(own);

	if (at > 0 && at + 4 <= words->length && getsockname(c->fd, (struct sockaddr *)&own, &length) == 0 &&
	    own.sin_family == AF_INET)
		buffer_set_u32(words, at, ntohl(own.sin_addr.s_addr));
}

/* The opening of a protocol whose servers take all, as often as it takes to know. */
static void repeat(struct buffer *words)
{
	uint8_t first[16];
	const size_t length = words->length < sizeof(first) ? words->length : sizeof(first);

	if (length == 0)
		return;
	memcpy(first, words->bytes, length);
	while (words->length + length <= ALL && !words->failed)
		buffer_add(words, first, length);
}

void conversation_open(struct conversation *c)
{
	const struct probe *const probe = c->wish.protocol->probe;
	struct buffer words = buffer_new(OUT_LIMIT);

	memset(c->state, 0, sizeof(c->state));
	free(c->answer);
	c->answer = NULL;
	if (c->wish.purpose == TO_UPGRADE)
		start_tls_greet(probe->start_tls, &words);
	else if (c->wish.purpose == TO_TRY_OLD)
		probe->greet_more(c->state, c->wish.variant, door_known(c), &words);
	else if (c->wish.purpose == TO_OPEN && c->wish.variant == OTHER)
		probe->greet_other(c->state, &words);
	else if (c->wish.purpose == TO_OPEN && c->wish.variant > 0)
		probe->greet_more(c->state, c->wish.variant - 1, NULL, &words);
	else if (probe->greet != NULL)
		probe->greet(c->state, door_where(c->wish.door)->transport, &words);
	write_own_address(c, probe->own_address_at, &words);
	if (probe->takes_all)
		repeat(&words);
	say(c, &words);
}

void conversation_say(struct conversation *c, struct buffer *words)
{
	say(c, words);
}

bool conversation_open_tls(struct conversation *c)
{
	c->tls = tls_client_new(c->engine->tls, c->wish.inside ? c->wish.protocol : NULL, &c->out);
	c->tls_sure = c->wish.inside || c->upgraded;
	c->said = true;
	c->asked = c->engine->now;
	flush(c);
	return c->tls != NULL;
}

/* What is in the socket was sent, or is not taken yet. */
bool conversation_all_taken(const struct conversation *c)
{
	int left = 0;

	return c->out.length == 0 && ioctl(c->fd, SIOCOUTQ, &left) == 0 && left == 0;
}

/* ---- hearing ---- */

static bool make_answer(struct conversation *c, const struct answer *known)
{
	if (c->answer != NULL)
		return true;
	c->answer = calloc(1, sizeof(*c->answer));
	if (c->answer == NULL)
		return false;
	if (known != NULL)
		*c->answer = *known;
	c->answer->inside_tls = c->wish.inside;
	return true;
}

enum probe_step conversation_hear(struct conversation *c, bool ended, const struct answer *known)
{
	const struct probe *const probe = c->wish.protocol->probe;
	struct buffer words = buffer_new(OUT_LIMIT);
	struct span heard = buffer_read(&c->heard);
	const uint8_t *before;
	enum probe_step step;

	if (!make_answer(c, known))
		return PROBE_NOT;
	span_skip(&heard, c->taken);
	do {
		before = heard.at;
		if (c->wish.purpose == TO_UPGRADE)
			step = start_tls_hear(probe->start_tls, c->state, &heard, ended, &words);
		else if (c->wish.purpose == TO_TRY_OLD)
			step = probe->hear_more(c->state, c->wish.variant, &heard, ended, c->answer);
		else
			step = probe->hear(c->state, &heard, ended, &words, c->answer);
	} while (step == PROBE_WAIT && heard.at > before);
	c->taken = c->heard.length - span_left(heard);
	say(c, &words);
	return step;
}

/* After the handshake the conversation begins anew, one layer further in. */
static void take_tls(struct conversation *c, struct span bytes)
{
	const size_t before = c->heard.length;
	const enum tls_state state = tls_client_take(c->tls, bytes, &c->heard, &c->out);

	flush(c);
	if (c->stage == STAGE_SHAKING && (state == TLS_OPEN || state == TLS_CLOSED)) {
		c->stage = STAGE_TALKING;
		c->said = false;
		door_ready(c);
	}
	if (!c->over && c->heard.length > before)
		door_heard(c);
	if (!c->over && (state == TLS_FAILED || state == TLS_CLOSED))
		door_ended(c, state == TLS_FAILED ? EPROTO : 0);
}

bool conversation_upgrade(struct conversation *c)
{
	buffer_clear(&c->heard);
	c->taken = 0;
	c->upgraded = true;
	c->stage = STAGE_SHAKING;
	return conversation_open_tls(c);
}

void conversation_is_tls(struct conversation *c)
{
	struct buffer first = c->heard;

	c->heard = buffer_new(KNOCK_HEARD_LIMIT);
	c->stage = STAGE_SHAKING;
	c->tls_sure = true;
	take_tls(c, buffer_read(&first));
	buffer_free(&first);
}

static void note_answer(struct conversation *c)
{
	if (c->asked >= 0)
		delay_note(&c->engine->delay, c->engine->now - c->asked);
	c->asked = -1;
}

static void take_datagram(struct conversation *c, struct span bytes)
{
	note_answer(c);
	buffer_clear(&c->heard);
	buffer_span(&c->heard, bytes);
	c->taken = 0;
	door_heard(c);
}

static void take_stream(struct conversation *c, struct span bytes)
{
	const size_t room = c->heard.limit - c->heard.length;

	note_answer(c);
	if (c->tls != NULL && c->tls_sure) {
		take_tls(c, bytes);
	} else {
		buffer_add(&c->heard, bytes.at, span_left(bytes) < room ? span_left(bytes) : room);
		door_heard(c);
	}
	if (!c->over && c->heard.length == c->heard.limit)
		door_ended(c, 0);
}

/* Of a socket that is not connected, only what comes from the host that was asked. */
static ssize_t receive(struct conversation *c, uint8_t *bytes, size_t size)
{
	const struct knock_door *const door = door_where(c->wish.door);
	struct sockaddr_storage from;
	struct address sender;
	socklen_t length = sizeof(from);
	ssize_t come;

	if (is_connected(c))
		return recv(c->fd, bytes, size, 0);
	memset(&from, 0, sizeof(from));
	come = recvfrom(c->fd, bytes, size, 0, (struct sockaddr *)&from, &length);
	if (come < 0)
		return come;
	sender = endpoint_address(&from);
	return address_compare(&sender, &door->address) == 0 ? come : 0;
}

static void read_some(struct conversation *c)
{
	const bool stream = door_where(c->wish.door)->transport == TRANSPORT_TCP;

	for (int i = 0; i < PIECES_AT_ONCE && !c->over; i++) {
		uint8_t bytes[PIECE];
		const ssize_t come = receive(c, bytes, sizeof(bytes));

		if (come < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (come < 0 || (come == 0 && stream))
			door_ended(c, come < 0 ? errno : 0);
		else if (stream)
			take_stream(c, span_of(bytes, (size_t)come));
		else if (come > 0)
			take_datagram(c, span_of(bytes, (size_t)come));
	}
}

static void connected(struct conversation *c)
{
	int error = 0;
	socklen_t length = sizeof(error);

	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0)
		error = errno;
	if (error != 0) {
		door_ended(c, error);
		return;
	}
	engine_watch(c->engine, c, false);
	c->stage = c->wish.inside ? STAGE_SHAKING : STAGE_TALKING;
	if (!c->wish.inside)
		door_ready(c);
	else if (!conversation_open_tls(c))
		door_ended(c, ENOMEM);
}

void conversation_event(struct conversation *c, uint32_t events)
{
	if (c->stage == STAGE_CONNECTING) {
		connected(c);
		return;
	}
	if (events & EPOLLOUT)
		flush(c);
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		read_some(c);
}
