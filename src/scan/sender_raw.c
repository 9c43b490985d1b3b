/* sender_raw.c: doors are asked half-open, by SYN packets from raw sockets. The sequence number is a keyed
 * hash of the door, which an answer has to acknowledge (RFC 9293 3.10.7.3), and which an ICMP error quotes
 * (RFC 792, RFC 4443). The port that they come from is held by a socket that never listens: so the kernel
 * itself answers whoever takes the connection with a reset. */
#include "scan/sender.h"

#include "base/hash.h"
#include "catalog/catalog.h"
#include "scan/endpoint.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	ROOM = 8 << 20, /* of the kernel, for answers that are not heard yet */
	HEARD_AT_ONCE = 4096,
	PACKET = 256, /* all that is needed of an answer stands before this */
	SYN_LENGTH = 24,
	SOURCES = 16384, /* so that networks of some thousand addresses are asked for once */
	IPV6_HEADER = 40,
	WINDOW = 1024,
	SEGMENT = 1460,
};
enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

/* What address of ours the packets to a target come from. */
struct source {
	struct address target, source;
	uint32_t interface;
	bool known;
};

struct raw {
	struct sender sender;               /* first: it is what others see */
	int four, six, icmp, icmp6, holder; /* -1 where there is none */
	uint16_t port;
	uint64_t key;
	sender_heard *heard;
	void *context;
	struct source sources[SOURCES];
};

/* ---- addresses ---- */

/* NULL without a way. IPv6 sockets fill in source and checksum themselves. */
static const struct source *source_of(struct raw *raw, const struct address *target)
{
	struct source *const source =
		&raw->sources[hash_bytes(target->bytes, sizeof(target->bytes)) % SOURCES];

	if (source->known && address_compare(&source->target, target) == 0)
		return source;
	*source = (struct source){ .target = *target };
	source->known = endpoint_source(target, 0, &source->source);
	return source->known ? source : NULL;
}

/* ---- asking ---- */

static uint32_t cookie(const struct raw *raw, const struct address *address, uint16_t port)
{
	struct {
		uint64_t key;
		struct address address;
		uint64_t port;
	} door = { raw->key, *address, port };

	return (uint32_t)hash_bytes(&door, sizeof(door));
}

static void put_u16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put_u32(uint8_t *at, uint32_t value)
{
	put_u16(at, value >> 16);
	put_u16(at + 2, value);
}

static void write_syn(const struct raw *raw, const struct address *address, uint16_t port,
		      uint8_t packet[static SYN_LENGTH])
{
	memset(packet, 0, SYN_LENGTH);
	put_u16(packet, raw->port);
	put_u16(packet + 2, port);
	put_u32(packet + 4, cookie(raw, address, port));
	packet[12] = SYN_LENGTH / 4 << 4;
	packet[13] = SYN;
	put_u16(packet + 14, WINDOW);
	packet[20] = 2; /* the largest segment */
	packet[21] = 4;
	put_u16(packet + 22, SEGMENT);
}

/* RFC 9293 3.1: over the pseudo header of IPv4, too. */
static uint16_t checksum(const uint8_t *packet, const struct address *from, const struct address *to)
{
	const uint32_t one = address_to_v4(from), other = address_to_v4(to);
	uint32_t sum = TRANSPORT_TCP + SYN_LENGTH + (one >> 16) + (one & 0xffff) + (other >> 16) +
		       (other & 0xffff);

	for (size_t i = 0; i < SYN_LENGTH; i += 2)
		sum += load_u16(packet + i);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* What cannot be sent at all, for want of a way or of leave, is not answered. */
static bool ask(struct sender *sender, const struct address *address, uint32_t interface, uint16_t port)
{
	struct raw *const raw = (struct raw *)sender;
	const bool four = address_is_v4(address);
	const struct source *const source = four ? source_of(raw, address) : NULL;
	struct sockaddr_storage to;
	const socklen_t length = endpoint_of(address, interface, 0, &to);
	uint8_t packet[SYN_LENGTH];

	if (four && source == NULL)
		return true;
	write_syn(raw, address, port, packet);
	if (four)
		put_u16(packet + 16, checksum(packet, &source->source, address));
	if (sendto(four ? raw->four : raw->six, packet, sizeof(packet), MSG_DONTWAIT, (struct sockaddr *)&to,
		   length) >= 0)
		return true;
	return errno != EAGAIN && errno != ENOBUFS && errno != EINTR;
}

/* ---- hearing ---- */

static void hear_segment(const struct raw *raw, const struct sockaddr_storage *from, struct span segment)
{
	struct reach_door door = { 0 };
	const uint8_t *const header = span_header(&segment, 20);
	uint8_t flags;

	if (header == NULL || load_u16(header + 2) != raw->port)
		return;
	door.address = endpoint_address(from);
	door.port = load_u16(header);
	flags = header[13] & (FIN | SYN | RST | ACK);
	if (load_u32(header + 8) != cookie(raw, &door.address, door.port) + 1)
		return;
	if (flags == (SYN | ACK))
		door.state = REACH_OPEN;
	else if ((flags & (RST | ACK)) == (RST | ACK))
		door.state = REACH_CLOSED;
	else
		return;
	raw->heard(raw->context, &door);
}

/* The packet that an error speaks of, from its IP header on. */
static void hear_quoted(const struct raw *raw, struct span quoted, uint8_t code, bool six)
{
	struct reach_door door = { .state = REACH_FILTERED, .code = code };
	const uint8_t *const ip = span_header(&quoted, six ? IPV6_HEADER : 20);
	const uint8_t *tcp;

	if (ip == NULL || ip[six ? 6 : 9] != TRANSPORT_TCP)
		return;
	if (!six)
		span_skip(&quoted, (ip[0] & 15u) * 4 >= 20 ? (ip[0] & 15u) * 4 - 20 : 0);
	tcp = span_header(&quoted, 8);
	if (tcp == NULL || load_u16(tcp) != raw->port)
		return;
	door.address = six ? address_v6(ip + 24) : address_v4(load_u32(ip + 16));
	door.port = load_u16(tcp + 2);
	if (load_u32(tcp + 4) == cookie(raw, &door.address, door.port))
		raw->heard(raw->context, &door);
}

/* Raw sockets of IPv4 hear the IP header as well. */
static struct span behind_ip(struct span packet)
{
	span_skip(&packet, (span_peek(packet, 0) & 15u) * 4);
	return packet;
}

static void hear_error(const struct raw *raw, struct span message, bool six)
{
	const uint8_t type = span_u8(&message), code = span_u8(&message);

	span_skip(&message, 6);
	if (!message.failed && type == (six ? ICMP6_DST_UNREACH : ICMP_DEST_UNREACH))
		hear_quoted(raw, message, code, six);
}

static void hear_socket(const struct raw *raw, int fd)
{
	for (unsigned i = 0; fd >= 0 && i < HEARD_AT_ONCE; i++) {
		uint8_t bytes[PACKET];
		struct sockaddr_storage from = { 0 };
		socklen_t length = sizeof(from);
		const ssize_t come = recvfrom(fd, bytes, sizeof(bytes), MSG_DONTWAIT,
					      (struct sockaddr *)&from, &length);
		struct span packet;

		if (come < 0)
			return;
		packet = span_of(bytes, (size_t)come);
		if (fd == raw->four)
			hear_segment(raw, &from, behind_ip(packet));
		else if (fd == raw->six)
			hear_segment(raw, &from, packet);
		else
			hear_error(raw, fd == raw->icmp ? behind_ip(packet) : packet, fd == raw->icmp6);
	}
}

static void hear(struct sender *sender)
{
	const struct raw *const raw = (struct raw *)sender;

	hear_socket(raw, raw->four);
	hear_socket(raw, raw->six);
	hear_socket(raw, raw->icmp);
	hear_socket(raw, raw->icmp6);
}

/* ---- opening ---- */

static void release(struct sender *sender)
{
	struct raw *const raw = (struct raw *)sender;
	const int all[] = { raw->four, raw->six, raw->icmp, raw->icmp6, raw->holder, raw->sender.descriptor };

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (all[i] >= 0)
			(void)close(all[i]);
	free(raw);
}

/* Holds a port for us, of both families where there are both. */
static bool hold_port(struct raw *raw, struct error *err)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	struct sockaddr_in four = { .sin_family = AF_INET };
	socklen_t length = sizeof(six);
	const int off = 0;

	raw->holder = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (raw->holder >= 0 && setsockopt(raw->holder, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) == 0 &&
	    bind(raw->holder, (struct sockaddr *)&six, sizeof(six)) == 0 &&
	    getsockname(raw->holder, (struct sockaddr *)&six, &length) == 0) {
		raw->port = ntohs(six.sin6_port);
		return true;
	}
	if (raw->holder >= 0)
		(void)close(raw->holder);
	raw->holder = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	length = sizeof(four);
	if (raw->holder < 0 || bind(raw->holder, (struct sockaddr *)&four, sizeof(four)) != 0 ||
	    getsockname(raw->holder, (struct sockaddr *)&four, &length) != 0)
		return error_system(err, errno, "cannot take a port to ask from");
	raw->port = ntohs(four.sin_port);
	return true;
}

/* Only what is sent to our port comes through: the header's destination port, behind the IP header if there
 * is one. */
static bool hear_our_port_alone(int fd, uint16_t port, bool ip_header)
{
	struct sock_filter four[] = {
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, port, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, PACKET),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_filter six[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 2),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, port, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, PACKET),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog program = {
		.len = ip_header ? sizeof(four) / sizeof(*four) : sizeof(six) / sizeof(*six),
		.filter = ip_header ? four : six,
	};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0;
}

static bool open_four(struct raw *raw)
{
	raw->four = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_TCP);
	raw->icmp = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
	if (raw->four < 0 || raw->icmp < 0)
		return false;
	sender_make_room(raw->four, ROOM);
	return hear_our_port_alone(raw->four, raw->port, true);
}

/* Where there is no IPv6, its doors do not answer. */
static void open_six(struct raw *raw)
{
	const int at = 16; /* where the checksum stands, which the kernel fills in */

	raw->six = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_TCP);
	raw->icmp6 = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6);
	if (raw->six < 0)
		return;
	sender_make_room(raw->six, ROOM);
	(void)setsockopt(raw->six, IPPROTO_IPV6, IPV6_CHECKSUM, &at, sizeof(at));
	(void)hear_our_port_alone(raw->six, raw->port, false);
}

static bool watch(const struct raw *raw)
{
	const int all[] = { raw->four, raw->six, raw->icmp, raw->icmp6 };

	return sender_watch(&raw->sender, all, sizeof(all) / sizeof(*all));
}

struct sender *sender_raw(uint64_t seed, sender_heard *heard, void *context, struct error *err)
{
	struct raw *const raw = calloc(1, sizeof(*raw));

	if (raw == NULL) {
		error_memory(err);
		return NULL;
	}
	*raw = (struct raw){ .sender = { ask, hear, release, epoll_create1(EPOLL_CLOEXEC) },
			     .four = -1,
			     .six = -1,
			     .icmp = -1,
			     .icmp6 = -1,
			     .holder = -1,
			     .key = hash_number(seed),
			     .heard = heard,
			     .context = context };
	if (!hold_port(raw, err))
		goto failed;
	open_six(raw);
	if (open_four(raw) && raw->sender.descriptor >= 0 && watch(raw))
		return &raw->sender;
	error_system(err, errno, "cannot ask half-open");
failed:
	release(&raw->sender);
	return NULL;
}
