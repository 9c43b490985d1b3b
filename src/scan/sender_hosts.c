/* sender_hosts.c: hosts are asked whether they are there. Who is on a link of ours must answer to ARP (RFC
 * 826) or to neighbour solicitations (RFC 4861), or nobody could send him anything; others are asked for an
 * echo (RFC 792, RFC 4443), and at ports that are open or closed almost everywhere. */
#include "scan/sender.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/span.h"
#include "scan/endpoint.h"
#include "scan/networks.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netpacket/packet.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	ROOM = 4 << 20,
	HEARD_AT_ONCE = 4096,
	PACKET = 256,
	ECHO_LENGTH = 16,
	ARP_LENGTH = 28,
	SOLICITATION_LENGTH = 32,
	TARGET_AT = 8,
	TARGET_HARDWARE = 2,
	SENT = 4096,
};

static const uint16_t tcp_ports[] = { 443, 80, 22 };

/* When an address was asked last, as far as that is remembered: round trips need no more. */
struct sent {
	struct address address;
	int64_t us;
};

struct hosts {
	struct sender sender; /* first: it is what others see */
	struct sender *tcp;   /* owned */
	struct networks networks;
	int icmp, icmp6, arp; /* -1 where there is none */
	uint64_t key;
	sender_heard *heard;
	void *context;
	struct sent sent[SENT];
};

/* ---- answers ---- */

static struct sent *sent_to(struct hosts *hosts, const struct address *address)
{
	return &hosts->sent[hash_bytes(address->bytes, sizeof(address->bytes)) % SENT];
}

static void tell(struct hosts *hosts, const struct address *address, enum reach_known known,
		 const uint8_t *hardware)
{
	const struct sent *const sent = sent_to(hosts, address);
	struct reach_door door = { .address = *address,
				   .port = SENDER_HOST_PORT,
				   .state = REACH_OPEN,
				   .known = known,
				   .has_hardware = hardware != NULL };

	if (hardware != NULL)
		memcpy(door.hardware, hardware, sizeof(door.hardware));
	if (sent->us > 0 && address_compare(&sent->address, address) == 0)
		door.round_trip_us = clock_monotonic_us() - sent->us;
	hosts->heard(hosts->context, &door);
}

/* That nobody is there is said by others on the way: unreachable networks and hosts. */
static void hear_tcp(void *context, const struct reach_door *door)
{
	const bool four = address_is_v4(&door->address);
	const bool nobody = door->state == REACH_FILTERED &&
			    (four ? door->code <= ICMP_HOST_UNREACH
				  : door->code == ICMP6_DST_UNREACH_NOROUTE ||
					     door->code == ICMP6_DST_UNREACH_ADDR);

	if (!nobody)
		tell(context, &door->address, KNOWN_BY_TCP, NULL);
}

/* ---- echo ---- */

static uint64_t cookie(const struct hosts *hosts, const struct address *address)
{
	return hash_number(hosts->key ^ hash_bytes(address->bytes, sizeof(address->bytes)));
}

/* RFC 1071. */
static uint16_t checksum(const uint8_t *bytes, size_t length)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < length; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Identifier, sequence number and data are the cookie. The checksum of ICMPv6 is the kernel's matter. */
static void write_echo(const struct hosts *hosts, const struct address *address,
		       uint8_t packet[static ECHO_LENGTH])
{
	const uint64_t number = cookie(hosts, address);
	const bool four = address_is_v4(address);
	uint16_t sum;

	memset(packet, 0, ECHO_LENGTH);
	packet[0] = four ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
	memcpy(packet + 4, &number, 4);
	memcpy(packet + 8, &number, sizeof(number));
	if (!four)
		return;
	sum = checksum(packet, ECHO_LENGTH);
	packet[2] = (uint8_t)(sum >> 8);
	packet[3] = (uint8_t)sum;
}

static bool send_to(int fd, const void *packet, size_t length, const void *to, socklen_t to_length)
{
	if (sendto(fd, packet, length, MSG_DONTWAIT, to, to_length) >= 0)
		return true;
	return errno != EAGAIN && errno != ENOBUFS && errno != EINTR;
}

static bool ask_echo(const struct hosts *hosts, const struct address *address, uint32_t interface)
{
	const int fd = address_is_v4(address) ? hosts->icmp : hosts->icmp6;
	struct sockaddr_storage to;
	const socklen_t length = endpoint_of(address, interface, 0, &to);
	uint8_t packet[ECHO_LENGTH];

	if (fd < 0)
		return true;
	write_echo(hosts, address, packet);
	return send_to(fd, packet, sizeof(packet), &to, length);
}

static void hear_echo(struct hosts *hosts, const struct address *from, struct span message)
{
	const uint64_t number = cookie(hosts, from);
	struct span data;

	span_skip(&message, 8);
	data = span_take(&message, sizeof(number));
	if (!data.failed && memcmp(data.at, &number, sizeof(number)) == 0)
		tell(hosts, from, KNOWN_BY_ECHO, NULL);
}

/* ---- neighbours ---- */

static bool ask_arp(const struct hosts *hosts, const struct network *link, const struct address *address)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_ARP),
				  .sll_ifindex = (int)link->interface,
				  .sll_halen = LINK_ADDRESS };
	uint8_t packet[ARP_LENGTH] = { 0, ARPHRD_ETHER, ETH_P_IP >> 8, 0, LINK_ADDRESS, 4, 0, ARPOP_REQUEST };

	memset(to.sll_addr, 0xff, LINK_ADDRESS);
	memcpy(packet + 8, link->hardware, LINK_ADDRESS);
	memcpy(packet + 14, link->own.bytes + 12, 4);
	memcpy(packet + 24, address->bytes + 12, 4);
	return send_to(hosts->arp, packet, sizeof(packet), &to, sizeof(to));
}

static void hear_arp(struct hosts *hosts, struct span packet)
{
	const uint8_t *const arp = span_header(&packet, ARP_LENGTH);
	struct address address;

	if (arp == NULL || load_u16(arp) != ARPHRD_ETHER || load_u16(arp + 2) != ETH_P_IP ||
	    arp[4] != LINK_ADDRESS || arp[5] != 4 || load_u16(arp + 6) != ARPOP_REPLY)
		return;
	address = address_v4(load_u32(arp + 14));
	tell(hosts, &address, KNOWN_BY_ARP, arp + 8);
}

/* From the address that we have in this network: what the kernel would choose, that of the link, may not be
 * settled yet. */
static bool send_from(int fd, struct span packet, const struct network *link, struct sockaddr_in6 *to)
{
	union {
		struct cmsghdr head;
		uint8_t room[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control = { 0 };
	struct iovec data = { .iov_base = (void *)packet.at, .iov_len = span_left(packet) };
	const struct msghdr message = { .msg_name = to,
					.msg_namelen = sizeof(*to),
					.msg_iov = &data,
					.msg_iovlen = 1,
					.msg_control = control.room,
					.msg_controllen = sizeof(control.room) };
	struct in6_pktinfo from = { .ipi6_ifindex = link->interface };

	memcpy(&from.ipi6_addr, link->own.bytes, sizeof(from.ipi6_addr));
	control.head.cmsg_level = IPPROTO_IPV6;
	control.head.cmsg_type = IPV6_PKTINFO;
	control.head.cmsg_len = CMSG_LEN(sizeof(from));
	memcpy(CMSG_DATA(&control.head), &from, sizeof(from));
	if (sendmsg(fd, &message, MSG_DONTWAIT) >= 0)
		return true;
	return errno != EAGAIN && errno != ENOBUFS && errno != EINTR;
}

/* To the group that the address belongs to (RFC 4291 2.7.1). */
static bool ask_nd(const struct hosts *hosts, const struct network *link, const struct address *address)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_scope_id = link->interface };
	uint8_t packet[SOLICITATION_LENGTH] = { ND_NEIGHBOR_SOLICIT };

	memcpy(to.sin6_addr.s6_addr, "\xff\x02\0\0\0\0\0\0\0\0\0\x01\xff", 13);
	memcpy(to.sin6_addr.s6_addr + 13, address->bytes + 13, 3);
	memcpy(packet + TARGET_AT, address->bytes, sizeof(address->bytes));
	packet[24] = ND_OPT_SOURCE_LINKADDR;
	packet[25] = 1;
	memcpy(packet + 26, link->hardware, LINK_ADDRESS);
	return send_from(hosts->icmp6, span_of(packet, sizeof(packet)), link, &to);
}

static void hear_advertisement(struct hosts *hosts, struct span message)
{
	const uint8_t *const head = span_header(&message, TARGET_AT + 16);
	const uint8_t *hardware = NULL;
	struct address address;

	if (head == NULL)
		return;
	address = address_v6(head + TARGET_AT);
	while (span_left(message) >= 8) { /* options, in units of eight octets */
		const size_t length = (size_t)span_peek(message, 1) * 8;
		struct span option = span_take(&message, length);

		if (option.failed || length == 0)
			break;
		if (*option.at == TARGET_HARDWARE)
			hardware = option.at + 2;
	}
	tell(hosts, &address, KNOWN_BY_ND, hardware);
}

/* ---- asking ---- */

static bool ask_far(struct hosts *hosts, const struct address *address, uint32_t interface)
{
	bool room = ask_echo(hosts, address, interface);

	for (size_t i = 0; i < sizeof(tcp_ports) / sizeof(*tcp_ports) && room; i++)
		room = hosts->tcp->ask(hosts->tcp, address, interface, tcp_ports[i]);
	return room;
}

static bool ask(struct sender *sender, const struct address *address, uint32_t interface, uint16_t port)
{
	struct hosts *const hosts = (struct hosts *)sender;
	const struct network *const link = networks_find(&hosts->networks, address, interface);
	const bool four = address_is_v4(address);

	(void)port;
	if (networks_own(&hosts->networks, address)) {
		tell(hosts, address, KNOWN_AS_OWN, NULL);
		return true;
	}
	*sent_to(hosts, address) = (struct sent){ *address, clock_monotonic_us() };
	if (link != NULL && link->has_neighbours && (four ? hosts->arp : hosts->icmp6) >= 0)
		return four ? ask_arp(hosts, link, address) : ask_nd(hosts, link, address);
	return ask_far(hosts, address, interface);
}

/* ---- hearing ---- */

static void hear_packet(struct hosts *hosts, int fd, const struct sockaddr_storage *from, struct span packet)
{
	struct address address;

	if (fd == hosts->arp) {
		hear_arp(hosts, packet);
		return;
	}
	address = endpoint_address(from);
	if (fd == hosts->icmp)
		span_skip(&packet, (span_peek(packet, 0) & 15u) * 4);
	if (span_peek(packet, 0) == (fd == hosts->icmp ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY))
		hear_echo(hosts, &address, packet);
	else if (fd == hosts->icmp6 && span_peek(packet, 0) == ND_NEIGHBOR_ADVERT)
		hear_advertisement(hosts, packet);
}

static void hear_socket(struct hosts *hosts, int fd)
{
	for (unsigned i = 0; fd >= 0 && i < HEARD_AT_ONCE; i++) {
		uint8_t bytes[PACKET];
		struct sockaddr_storage from = { 0 };
		socklen_t length = sizeof(from);
		const ssize_t come = recvfrom(fd, bytes, sizeof(bytes), MSG_DONTWAIT,
					      (struct sockaddr *)&from, &length);

		if (come < 0)
			return;
		hear_packet(hosts, fd, &from, span_of(bytes, (size_t)come));
	}
}

static void hear(struct sender *sender)
{
	struct hosts *const hosts = (struct hosts *)sender;

	hear_socket(hosts, hosts->arp);
	hear_socket(hosts, hosts->icmp);
	hear_socket(hosts, hosts->icmp6);
	hosts->tcp->hear(hosts->tcp);
}

/* ---- opening ---- */

static void release(struct sender *sender)
{
	struct hosts *const hosts = (struct hosts *)sender;
	const int all[] = { hosts->icmp, hosts->icmp6, hosts->arp, hosts->sender.descriptor };

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (all[i] >= 0)
			(void)close(all[i]);
	if (hosts->tcp != NULL)
		hosts->tcp->free(hosts->tcp);
	networks_free(&hosts->networks);
	free(hosts);
}

/* What is not allowed stays closed: the others go on without it. */
static void open_sockets(struct hosts *hosts)
{
	const int farthest = 255; /* neighbours take nothing that has come over a router (RFC 4861 7.1) */

	hosts->icmp = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
	hosts->icmp6 = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6);
	hosts->arp = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_ARP));
	sender_make_room(hosts->icmp, ROOM);
	sender_make_room(hosts->icmp6, ROOM);
	sender_make_room(hosts->arp, ROOM);
	if (hosts->icmp6 >= 0)
		(void)setsockopt(hosts->icmp6, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &farthest,
				 sizeof(farthest));
}

static bool watch(const struct hosts *hosts)
{
	const int all[] = { hosts->icmp, hosts->icmp6, hosts->arp, hosts->tcp->descriptor };

	return sender_watch(&hosts->sender, all, sizeof(all) / sizeof(*all));
}

struct sender *sender_hosts(uint64_t seed, bool connect, sender_heard *heard, void *context,
			    struct error *err)
{
	struct hosts *const hosts = calloc(1, sizeof(*hosts));

	if (hosts == NULL) {
		error_memory(err);
		return NULL;
	}
	*hosts = (struct hosts){ .sender = { ask, hear, release, epoll_create1(EPOLL_CLOEXEC) },
				 .icmp = -1,
				 .icmp6 = -1,
				 .arp = -1,
				 .key = hash_number(seed + 1),
				 .heard = heard,
				 .context = context };
	if (!connect)
		open_sockets(hosts);
	hosts->tcp = connect ? NULL : sender_raw(seed, hear_tcp, hosts, err);
	if (hosts->tcp == NULL)
		hosts->tcp = sender_connecting(hear_tcp, hosts, err);
	if (hosts->tcp != NULL && networks_read(&hosts->networks, err) && watch(hosts))
		return &hosts->sender;
	if (hosts->tcp != NULL && hosts->networks.list != NULL)
		error_system(err, errno, "cannot wait for answers");
	release(&hosts->sender);
	return NULL;
}
