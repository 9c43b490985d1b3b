/* netfilter_probe SEED PACKETS: holds what netfilter_ask() foretells to what packets meet. For the tests; see
 * test_netfilter.py, which makes the network namespace that it runs in, with eth0, eth1 and out0, all of them
 * tun, and loads a rule set.
 *
 * Each packet is a datagram or a SYN to one of a few open doors, put on a wire. It arrived if a socket got
 * it, if a SYN was answered, or if it came out of out0, whither translation may send it. */
#include "host/netlink.h"
#include "netfilter/netfilter.h"
#include "policy_random.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	WIRES = 2,
	DOORS = 5,
	OWN = 4,
	PACKET = 128,
	ASKED = 256,
	TUPLES = 4096,
	LIMIT = 1 << 30,
	TRIES = 20,
	PAUSE_US = 20000
};

static const uint16_t doors[DOORS] = { 22, 53, 80, 443, 8080 };
static const char *const wire_names[WIRES + 1] = { "eth0", "eth1", "out0" };
static const char *const own[OWN] = { "192.0.2.1", "198.51.100.1", "2001:db8::1", "2001:db8:2::1" };
static int wires[WIRES + 1], datagrams[DOORS], listeners[DOORS];
static size_t counts[FATE_UNKNOWN + 1];

struct trial {
	size_t wire;
	bool v6, tcp;
	struct address source, destination;
	uint16_t source_port, port;
};

static void fail(const char *what)
{
	perror(what);
	exit(2);
}

static int open_wire(const char *name)
{
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	const int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) != 0)
		fail(name);
	return fd;
}

static int open_door(int type, uint16_t port)
{
	const struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	const int fd = socket(AF_INET6, type | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&any, sizeof(any)) != 0 ||
	    (type == SOCK_STREAM && listen(fd, 4096) != 0))
		fail("door");
	return fd;
}

/* ---- packets ---- */

static uint32_t sum_of(const uint8_t *bytes, size_t length)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < length; i += 2)
		sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	return sum;
}

static uint16_t folded(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static size_t build(const struct trial *t, uint8_t *p)
{
	const size_t length = t->tcp ? 20 : 12, head = t->v6 ? 40 : 20, address = t->v6 ? 16 : 4;
	const uint8_t transport = t->tcp ? IPPROTO_TCP : IPPROTO_UDP;
	uint8_t *const payload = p + head;
	uint8_t *const sum = payload + (t->tcp ? 16 : 6);
	uint16_t check;

	memset(p, 0, PACKET);
	p[0] = t->v6 ? 0x60 : 0x45;
	p[t->v6 ? 5 : 3] = (uint8_t)(t->v6 ? length : head + length);
	p[t->v6 ? 7 : 8] = 64;
	p[t->v6 ? 6 : 9] = transport;
	memcpy(p + (t->v6 ? 8 : 12), t->source.bytes + 16 - address, address);
	memcpy(p + (t->v6 ? 24 : 16), t->destination.bytes + 16 - address, address);
	check = folded(sum_of(p, 20));
	if (!t->v6) {
		p[10] = (uint8_t)(check >> 8);
		p[11] = (uint8_t)check;
	}
	payload[0] = (uint8_t)(t->source_port >> 8);
	payload[1] = (uint8_t)t->source_port;
	payload[2] = (uint8_t)(t->port >> 8);
	payload[3] = (uint8_t)t->port;
	if (t->tcp) {
		payload[12] = 0x50;
		payload[13] = 2;
		payload[14] = 0x40;
	} else {
		payload[5] = (uint8_t)length;
	}
	check = folded(sum_of(t->source.bytes + 16 - address, address) +
		       sum_of(t->destination.bytes + 16 - address, address) + sum_of(payload, length) +
		       transport + (uint32_t)length);
	sum[0] = (uint8_t)(check >> 8);
	sum[1] = (uint8_t)check;
	return head + length;
}

static struct address address_of(const char *text)
{
	struct address a;

	if (!address_parse(span_text(text), &a))
		fail(text);
	return a;
}

static struct trial random_trial(struct random_source *random)
{
	static const uint16_t ports[] = { 53, 67, 1024, 5353, 33000 };
	struct trial t = { .wire = random_below(random, WIRES),
			   .v6 = random_one_in(random, 3),
			   .tcp = random_one_in(random, 3) };
	char text[ADDRESS_TEXT];

	if (t.v6)
		snprintf(text, sizeof(text), "2001:db8:%x::%x", 7 + (unsigned)random_below(random, 3),
			 2 + (unsigned)random_below(random, 14));
	else
		snprintf(text, sizeof(text), "%s%u", random_one_in(random, 2) ? "203.0.113." : "10.1.2.",
			 2 + (unsigned)random_below(random, 30));
	t.source = address_of(text);
	t.destination = address_of(own[2 * t.v6 + random_below(random, 2)]);
	t.port = doors[random_below(random, DOORS)];
	t.source_port = random_one_in(random, 3) ? ports[random_below(random, 5)]
						 : (uint16_t)(1 + random_below(random, 65535));
	return t;
}

/* ---- what became of it ---- */

struct arrival {
	bool here, forwarded;
	uint16_t port;
};

/* Answers leave by the wire that leads to the source, whichever it came by. */
static void look_at_wire(int wire, const struct trial *t, struct arrival *arrival)
{
	uint8_t p[2048] = { 0 };
	ssize_t got;

	while ((got = read(wire, p, sizeof(p))) > 0) {
		const size_t head = t->v6 ? 40 : 20;
		const uint8_t *const payload = p + head;

		if ((size_t)got >= head + 20 && p[0] >> 4 == (t->v6 ? 6 : 4) &&
		    p[t->v6 ? 6 : 9] == IPPROTO_TCP && payload[13] == 0x12 &&
		    load_u16(payload + 2) == t->source_port)
			arrival->here = t->tcp;
	}
}

static struct arrival arrived(const struct trial *t)
{
	struct arrival arrival = { 0 };
	struct sockaddr_in6 from = { 0 };
	socklen_t size;
	uint8_t p[2048] = { 0 };
	ssize_t got;

	for (size_t i = 0; i < DOORS; i++) {
		while (size = sizeof(from),
		       recvfrom(datagrams[i], p, sizeof(p), 0, (struct sockaddr *)&from, &size) >= 0) {
			if (t->tcp || ntohs(from.sin6_port) != t->source_port)
				continue;
			arrival.here = true;
			arrival.port = doors[i];
		}
		close(accept(listeners[i], NULL, NULL));
	}
	for (size_t i = 0; i < WIRES; i++)
		look_at_wire(wires[i], t, &arrival);
	while ((got = read(wires[WIRES], p, sizeof(p))) > 0) {
		const size_t head = p[0] >> 4 == 6 ? 40 : 20;

		if ((size_t)got >= head + 4 && load_u16(p + head) == t->source_port) {
			arrival.forwarded = true;
			arrival.port = load_u16(p + head + 2);
		}
	}
	return arrival;
}

/* ---- what was foretold ---- */

static struct {
	size_t wire;
	uint16_t transport;
	struct address destination;
	struct netfilter_answer answer;
} asked[ASKED];
static size_t asked_count;

static const struct netfilter_answer *ask(const struct netfilter *n, const struct host *host,
					  struct arena *arena, const struct trial *t)
{
	const uint16_t transport = t->tcp ? TRANSPORT_TCP : TRANSPORT_UDP;
	struct address_range sources = { .first = address_v4(0), .last = address_v4(UINT32_MAX) };
	struct netfilter_question q = { transport, t->destination, 0, UINT16_MAX, 0, &sources, 1 };

	for (size_t i = 0; i < asked_count; i++) {
		if (asked[i].wire == t->wire && asked[i].transport == transport &&
		    address_compare(&asked[i].destination, &t->destination) == 0)
			return &asked[i].answer;
	}
	for (size_t i = 0; i < host->interface_count; i++) {
		if (strcmp(host->interfaces[i].name, wire_names[t->wire]) == 0)
			q.interface = host->interfaces[i].index;
	}
	if (t->v6 && !address_range_parse(span_text("2000::/3"), &sources, NULL))
		fail("2000::/3");
	asked[asked_count].wire = t->wire;
	asked[asked_count].transport = transport;
	asked[asked_count].destination = t->destination;
	if (!netfilter_ask(n, host, &q, arena, &asked[asked_count].answer))
		fail("netfilter_ask");
	return &asked[asked_count++].answer;
}

static const struct netfilter_part *part_of(const struct netfilter_answer *answer, const struct trial *t)
{
	const struct netfilter_part *found = NULL;

	for (size_t i = 0; i < answer->count; i++) {
		const struct netfilter_part *const part = &answer->parts[i];

		if (!address_in(&t->source, &part->sources) || t->source_port < part->source_first ||
		    t->source_port > part->source_last || t->port < part->first || t->port > part->last)
			continue;
		if (found != NULL) {
			printf("parts overlap\n");
			exit(1);
		}
		found = part;
	}
	if (found == NULL) {
		printf("a part is missing\n");
		exit(1);
	}
	return found;
}

static bool agrees(const struct netfilter_part *part, const struct trial *t, const struct arrival *arrival)
{
	const uint16_t port = part->port != 0 ? part->port : t->port;
	bool is_door = false;

	for (size_t i = 0; i < DOORS; i++)
		is_door |= doors[i] == port;
	counts[part->fate]++;
	if (part->fate == FATE_PARTLY || part->fate == FATE_UNKNOWN)
		return true;
	if (part->fate == FATE_REFUSED)
		return !arrival->here && !arrival->forwarded;
	if (!part->local)
		return arrival->forwarded && arrival->port == port;
	if (!is_door)
		return !arrival->here && !arrival->forwarded;
	return arrival->here && (t->tcp || arrival->port == port);
}

static void tell(const struct netfilter_part *part, const struct trial *t, const struct arrival *arrival)
{
	static const char *const fates[] = { "passes", "refused", "partly", "unknown" };
	char from[ADDRESS_TEXT], to[ADDRESS_TEXT], range[ADDRESS_RANGE_TEXT], there[ADDRESS_TEXT];

	printf("%s from %s %u by %s to %s %u: foretold for %s %u-%u: %s%s%s %u; %s %u\n",
	       t->tcp ? "tcp" : "udp", address_text(&t->source, from), t->source_port, wire_names[t->wire],
	       address_text(&t->destination, to), t->port, address_range_text(&part->sources, range),
	       part->source_first, part->source_last, fates[part->fate], part->local ? "" : ", forwarded",
	       part->translated ? address_text(&part->to, there) : "", part->port,
	       arrival->here        ? "it arrived"
	       : arrival->forwarded ? "it was forwarded"
				    : "it did not arrive",
	       arrival->port);
}

/* What another rule set has seen is forgotten. */
static void forget_connections(void)
{
	uint8_t bytes[64];

	(void)netlink_ask(NETLINK_NETFILTER,
			  netlink_filter_request(bytes, NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE,
						 NLM_F_ACK, AF_UNSPEC),
			  NULL, NULL);
}

/* A tuple that was seen before belongs to a connection. */
static bool is_new(const struct trial *t)
{
	static struct trial seen[TUPLES];
	static size_t count;

	for (size_t i = 0; i < count; i++) {
		if (seen[i].tcp == t->tcp && seen[i].source_port == t->source_port &&
		    address_compare(&seen[i].source, &t->source) == 0)
			return false;
	}
	if (count < TUPLES)
		seen[count++] = *t;
	return true;
}

/* A machine that is busy may lose a SYN, or answer late: who should pass is tried again. */
static struct arrival send_and_look(const struct trial *t, const struct netfilter_part *part)
{
	struct arrival arrival = { 0 };
	uint8_t p[PACKET];

	for (unsigned tries = 0; tries < TRIES && !arrival.here && !arrival.forwarded; tries++) {
		if (tries > 0)
			usleep(PAUSE_US);
		if (write(wires[t->wire], p, build(t, p)) < 0 && part->fate == FATE_PASSES)
			fail("write");
		arrival = arrived(t);
		if (part->fate != FATE_PASSES)
			break;
	}
	return arrival;
}

int main(int argc, char **argv)
{
	const struct host_options options = { .interfaces_only = true };
	struct random_source random = random_begin(argc > 2 ? strtoull(argv[1], NULL, 10) : 0);
	size_t left = argc > 2 ? strtoull(argv[2], NULL, 10) : 0, wrong = 0;
	struct arena *const arena = arena_new(LIMIT);
	struct netfilter *n;
	struct host host;
	struct error err;

	for (size_t i = 0; i <= WIRES; i++)
		wires[i] = open_wire(wire_names[i]);
	for (size_t i = 0; i < DOORS; i++) {
		datagrams[i] = open_door(SOCK_DGRAM, doors[i]);
		listeners[i] = open_door(SOCK_STREAM, doors[i]);
	}
	forget_connections();
	n = netfilter_read(arena, &err);
	if (n == NULL || !host_read(&host, &options, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 2;
	}
	while (left > 0) {
		const struct trial t = random_trial(&random);
		const struct netfilter_part *part;
		struct arrival arrival;

		if (!is_new(&t))
			continue;
		left--;
		(void)arrived(&t);
		part = part_of(ask(n, &host, arena, &t), &t);
		arrival = send_and_look(&t, part);
		if (!agrees(part, &t, &arrival)) {
			tell(part, &t, &arrival);
			wrong++;
		}
	}
	printf("passes %zu, refused %zu, partly %zu, unknown %zu, wrong %zu\n", counts[FATE_PASSES],
	       counts[FATE_REFUSED], counts[FATE_PARTLY], counts[FATE_UNKNOWN], wrong);
	host_free(&host);
	arena_free(arena);
	return wrong > 0;
}
