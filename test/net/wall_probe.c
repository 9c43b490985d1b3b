/* wall_probe SEED PACKETS [EACH]: holds the kernel to policy_decide(). For the tests; see test_wall.py, which
 * makes the network namespace that it runs in: interfaces eth0, eth1, wg0 and br-lan, all of them tun.
 *
 * Random policies are compiled and loaded, EACH random packets are put on the wires or sent, and for each
 * policy the counters of its rules must be what policy_decide() says of each packet, and what passes the
 * table what the verdicts say. Packets are not tracked, so that each is judged by itself. */
#include "base/clock.h"
#include "firewall/firewall.h"
#include "policy_random.h"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	INTERFACES = 4,
	EACH = 250,
	RULES_FEW = 60,
	RULES_MANY = 600,
	TEXT_LIMIT = 1 << 26,
	PACKET_MOST = 64,
	MARK = 7
};

static const char *const interfaces[INTERFACES] = { "eth0", "eth1", "wg0", "br-lan" };
static int wires[INTERFACES], senders[INTERFACES][2];
static size_t with_stages; /* policies that took more than one */

/* As test_wall.py sets them up. */
static const char *const own[] = { "192.0.2.121", "192.0.2.129", "2001:db8:9::1", "2001:db8:9::5" };
static const char *const networks[] = { "192.0.2.0/24", "2001:db8:9::/48" };
enum { OWN = 4, NETWORKS = 2 };

static struct address_range self_ranges[OWN], local_ranges[NETWORKS], broadcast_range[1];
static struct surroundings around;

#define ANY_OF(list) (list)[random_below(random, sizeof(list) / sizeof((list)[0]))]

static void fail(const char *what)
{
	perror(what);
	exit(2);
}

static struct address_range range_of(const char *text)
{
	struct address_range range;

	if (!address_range_parse(span_text(text), &range, NULL))
		fail(text);
	return range;
}

static void set_surroundings(void)
{
	for (size_t i = 0; i < OWN; i++)
		self_ranges[i] = range_of(own[i]);
	for (size_t i = 0; i < NETWORKS; i++)
		local_ranges[i] = range_of(networks[i]);
	broadcast_range[0] = range_of("192.0.2.255");
	around = (struct surroundings){ self_ranges,     OWN, local_ranges, NETWORKS,
					broadcast_range, 1,   clock_today() };
}

/* ---- wires ---- */

static int open_wire(const char *name)
{
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	const int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) != 0)
		fail(name);
	return fd;
}

static int open_sender(const char *interface, int domain)
{
	const int fd = socket(domain, SOCK_RAW, IPPROTO_RAW), on = 1, mark = MARK;

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t)strlen(interface)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) != 0)
		fail("raw socket");
	return fd;
}

/* What the kernel sends out is not looked at. */
static void drain(void)
{
	uint8_t bytes[2048];

	for (size_t i = 0; i < INTERFACES; i++) {
		while (read(wires[i], bytes, sizeof(bytes)) > 0)
			;
	}
}

/* ---- packets ---- */

static uint16_t checksum(const uint8_t *bytes, size_t length)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < length; i += 2)
		sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void add_header(struct buffer *packet, const struct question *q, size_t payload)
{
	const bool v4 = address_is_v4(&q->source);
	const uint8_t transport = (uint8_t)q->door.transport;

	if (!v4) {
		buffer_u32(packet, 6U << 28);
		buffer_u16(packet, (uint16_t)payload);
		buffer_u8(packet, transport);
		buffer_u8(packet, 64);
		buffer_add(packet, q->source.bytes, 16);
		buffer_add(packet, q->destination.bytes, 16);
		return;
	}
	buffer_u16(packet, 0x4500);
	buffer_u16(packet, (uint16_t)(20 + payload));
	buffer_u32(packet, 0x00010000);
	buffer_u16(packet, (uint16_t)(64 << 8 | transport));
	buffer_u16(packet, 0);
	buffer_add(packet, q->source.bytes + 12, 4);
	buffer_add(packet, q->destination.bytes + 12, 4);
	buffer_set_u16(packet, 10, checksum(packet->bytes, 20));
}

/* The checksum of the payload stays wrong, so that nothing answers. */
static void add_payload(struct buffer *packet, const struct question *q)
{
	switch (q->door.transport) {
	case TRANSPORT_ICMP:
	case TRANSPORT_ICMPV6:
		buffer_u8(packet, (uint8_t)q->door.first);
		buffer_fill(packet, 0, 19);
		return;
	case TRANSPORT_AH: /* followed by "no next header" */
		buffer_u8(packet, 59);
		buffer_u8(packet, 3);
		buffer_fill(packet, 1, 18);
		return;
	case TRANSPORT_TCP:
	case TRANSPORT_UDP:
	case TRANSPORT_SCTP:
		buffer_u16(packet, 40000);
		buffer_u16(packet, q->door.first);
		buffer_u32(packet, 20 << 16); /* the length of a datagram */
		buffer_u32(packet, 0);
		buffer_u16(packet, 0x5002); /* a SYN */
		buffer_fill(packet, 0, 6);
		return;
	default: buffer_fill(packet, 0, 20);
	}
}

/* Without ::0, which is anycast to routers, and so this host's own. */
static struct address random_address(struct random_source *random, bool v6)
{
	char text[ADDRESS_TEXT];
	struct address a;

	if (v6)
		snprintf(text, sizeof(text), "2001:db8:9::%x", 1 + (unsigned)random_below(random, 7));
	else if (random_one_in(random, 8))
		snprintf(text, sizeof(text), "%s", random_one_in(random, 2) ? "198.51.100.7" : "10.1.2.3");
	else
		snprintf(text, sizeof(text), "192.0.2.%u", 120 + (unsigned)random_below(random, 16));
	if (!address_parse(span_text(text), &a))
		fail(text);
	return a;
}

static bool is_own(const struct address *a)
{
	for (size_t i = 0; i < OWN; i++) {
		if (address_in(a, &self_ranges[i]))
			return true;
	}
	return false;
}

static struct address own_address(struct random_source *random, bool v6)
{
	return self_ranges[2 * v6 + random_below(random, 2)].first;
}

static struct address foreign_address(struct random_source *random, bool v6)
{
	struct address a;

	do
		a = random_address(random, v6);
	while (is_own(&a));
	return a;
}

/* One in eight goes to many. */
static struct address in_destination(struct random_source *random, bool v6)
{
	static const char *const many[] = { "224.0.0.5", "192.0.2.255", "255.255.255.255" };

	if (!random_one_in(random, 8))
		return own_address(random, v6);
	return range_of(v6 ? "ff02::5" : ANY_OF(many)).first;
}

static void random_door(struct random_source *random, bool v6, struct match *door)
{
	static const uint16_t ports[] = { 0, 22, 25, 53, 80, 123, 161, 443, 1024, 3306, 8080, 49152, 65535 };
	static const uint8_t with_ports[] = { TRANSPORT_TCP, TRANSPORT_TCP, TRANSPORT_UDP, TRANSPORT_SCTP };
	static const uint8_t without[] = { TRANSPORT_GRE, TRANSPORT_ESP, TRANSPORT_AH, TRANSPORT_IGMP, 200 };
	static const uint8_t types_v4[] = { 0, 3, 8, 9, 11, 13, 40 },
			     types_v6[] = { 1, 3, 128, 129, 133, 135, 200 };

	switch (random_below(random, 6)) {
	case 0:
		door->transport = ANY_OF(without);
		door->first = 0;
		break;
	case 1:
		door->transport = v6 ? TRANSPORT_ICMPV6 : TRANSPORT_ICMP;
		door->first = v6 ? ANY_OF(types_v6) : ANY_OF(types_v4);
		break;
	default:
		door->transport = ANY_OF(with_ports);
		door->first = random_one_in(random, 4) ? (uint16_t)random_below(random, 65536)
						       : ANY_OF(ports);
	}
	door->last = door->first;
}

static struct question random_packet(struct random_source *random, size_t *ret_interface)
{
	const bool v6 = random_one_in(random, 3);
	struct question q = { .direction = (enum direction)random_below(random, DIRECTIONS),
			      .has_source = true,
			      .has_destination = true };

	*ret_interface = random_below(random, INTERFACES);
	q.interface = interfaces[*ret_interface];
	random_door(random, v6, &q.door);
	q.source = q.direction == DIRECTION_OUT ? own_address(random, v6) : foreign_address(random, v6);
	q.destination = q.direction == DIRECTION_IN ? in_destination(random, v6)
						    : foreign_address(random, v6);
	return q;
}

static void send_packet(const struct question *q, size_t interface)
{
	struct buffer payload = buffer_new(PACKET_MOST), packet = buffer_new(2 * PACKET_MOST);
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	const bool is_v4 = address_is_v4(&q->source);
	ssize_t sent;

	add_payload(&payload, q);
	add_header(&packet, q, payload.length);
	buffer_span(&packet, buffer_read(&payload));
	memcpy(&v6.sin6_addr, q->destination.bytes, 16);
	memcpy(&v4.sin_addr, q->destination.bytes + 12, 4);
	if (q->direction != DIRECTION_OUT)
		sent = write(wires[interface], packet.bytes, packet.length);
	else if (is_v4)
		sent = sendto(senders[interface][0], packet.bytes, packet.length, 0, (struct sockaddr *)&v4,
			      sizeof(v4));
	else
		sent = sendto(senders[interface][1], packet.bytes, packet.length, 0, (struct sockaddr *)&v6,
			      sizeof(v6));
	if (sent < 0 && q->direction != DIRECTION_OUT) /* a dropped packet is told to who sends it */
		fail("send");
	buffer_free(&payload);
	buffer_free(&packet);
}

/* ---- the kernel's side ---- */

/* The kernel's own words on these wires, such as reports of listeners, are kept out of the count. */
static void load(const struct firewall *firewall)
{
	struct buffer text = buffer_new(TEXT_LIMIT);
	FILE *const nft = popen("nft -f -", "w");

	buffer_span(&text, firewall_text(firewall));
	buffer_text(&text,
		    "table inet witness\ndelete table inet witness\ntable inet witness {\n"
		    "\tchain untracked {\n\t\ttype filter hook prerouting priority -300\n\t\tnotrack\n\t}\n"
		    "\tchain untracked-out {\n\t\ttype filter hook output priority -300\n"
		    "\t\tmeta mark != 7 drop\n\t\tnotrack\n\t}\n"
		    "\tchain rule-.in {\n\t\ttype filter hook prerouting priority -180\n\t\tcounter\n\t}\n"
		    "\tchain rule-.out {\n\t\ttype filter hook output priority -180\n\t\toifname != \"lo\" "
		    "counter\n\t}\n}\n");
	if (nft == NULL || fwrite(text.bytes, 1, text.length, nft) != text.length || pclose(nft) != 0)
		fail("nft -f");
	buffer_free(&text);
}

/* The first counter of each rule's chain; ids that begin with a dot are of the witness. */
struct counts {
	size_t rules[RULES_MANY];
	size_t passed;
};

static void count_rule(const struct policy *policy, struct counts *counts, const char *chain, size_t packets)
{
	if (chain[0] == '.') {
		counts->passed += packets;
		return;
	}
	for (size_t i = 0; i < policy->rule_count; i++) {
		if (strcmp(policy->rules[i].id, chain) == 0)
			counts->rules[i] = packets;
	}
}

static struct counts read_counters(const struct policy *policy)
{
	FILE *const nft = popen("nft list table inet doorward; nft list table inet witness", "r");
	struct counts counts = { 0 };
	char line[4096], chain[128] = "";
	size_t packets;

	if (nft == NULL)
		fail("nft list");
	while (fgets(line, sizeof(line), nft) != NULL) {
		const char *const counter = strstr(line, "counter packets ");

		if (sscanf(line, " chain rule-%127[^ {]", chain) == 1)
			continue;
		if (counter == NULL || chain[0] == '\0' ||
		    sscanf(counter, "counter packets %zu", &packets) != 1)
			continue;
		count_rule(policy, &counts, chain, packets);
		chain[0] = '\0';
	}
	if (pclose(nft) != 0)
		fail("nft list");
	return counts;
}

/* ---- the comparison ---- */

/* Packets that a rule with a limit decides may pass or not. */
static void expect(const struct policy *policy, const struct decider *decider, const struct question *q,
		   struct counts *expected, size_t *limited)
{
	const struct decision decision = policy_decide(decider, q);
	const bool lets_pass = policy->mode != MODE_ENFORCE || (decision.rule != NULL && decision.rule->test);

	if (decision.rule != NULL)
		expected->rules[decision.rule->number]++;
	if (!lets_pass && decision.rule != NULL && decision.rule->limit.count > 0)
		++*limited;
	else if (lets_pass || decision.verdict == VERDICT_ALLOW)
		expected->passed++;
}

static size_t compare(const struct policy *policy, const struct counts *expected,
		      const struct counts *counted, size_t limited)
{
	size_t wrong = 0;

	for (size_t i = 0; i < policy->rule_count; i++) {
		if (expected->rules[i] == counted->rules[i])
			continue;
		printf("rule %s (line %u): policy_decide() %zu, kernel %zu\n", policy->rules[i].id,
		       policy->rules[i].place.line, expected->rules[i], counted->rules[i]);
		wrong++;
	}
	if (counted->passed < expected->passed || counted->passed > expected->passed + limited) {
		printf("passed: policy_decide() %zu to %zu, kernel %zu\n", expected->passed,
		       expected->passed + limited, counted->passed);
		wrong++;
	}
	return wrong;
}

static size_t try_policy(const struct policy *policy, uint64_t seed, size_t packets)
{
	struct random_source random = random_begin(seed);
	struct counts expected = { 0 }, counted;
	struct error err;
	struct decider *const decider = decider_new(policy, &around, &err);
	struct firewall *const firewall = firewall_new(policy, &around, &err);
	size_t limited = 0, interface, wrong;

	if (decider == NULL || firewall == NULL)
		fail(err.text);
	with_stages += firewall_stages(firewall, DIRECTION_IN) > 1;
	load(firewall);
	for (size_t i = 0; i < packets; i++) {
		const struct question q = random_packet(&random, &interface);

		expect(policy, decider, &q, &expected, &limited);
		send_packet(&q, interface);
	}
	counted = read_counters(policy);
	drain();
	wrong = compare(policy, &expected, &counted, limited);
	decider_free(decider);
	firewall_free(firewall);
	return wrong;
}

/* True if all packets of one policy were decided alike. */
static bool try_seed(uint64_t seed, size_t packets)
{
	struct random_source random = random_begin(seed);
	struct arena *const arena = arena_new(TEXT_LIMIT);
	struct buffer text = buffer_new(TEXT_LIMIT);
	struct diagnostics *const diagnostics = diagnostics_new(arena);
	const struct policy *policy;
	bool agrees;

	/* Many rules take several stages. */
	policy_random(&random, 1 + random_below(&random, random_one_in(&random, 8) ? RULES_MANY : RULES_FEW),
		      &text);
	policy = policy_parse(arena, "random", buffer_read(&text), diagnostics);
	if (policy == NULL)
		fail("policy_random");
	agrees = try_policy(policy, seed, packets) == 0;
	if (!agrees)
		printf("seed %llu, the policy is:\n%.*s\n", (unsigned long long)seed, (int)text.length,
		       (const char *)text.bytes);
	buffer_free(&text);
	arena_free(arena);
	return agrees;
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 2 ? strtoull(argv[1], NULL, 10) : 0;
	size_t left = argc > 2 ? strtoull(argv[2], NULL, 10) : 0, sent = 0;
	const size_t per = argc > 3 ? strtoull(argv[3], NULL, 10) : EACH;
	bool agrees = argc > 2;

	set_surroundings();
	for (size_t i = 0; i < INTERFACES; i++) {
		wires[i] = open_wire(interfaces[i]);
		senders[i][0] = open_sender(interfaces[i], AF_INET);
		senders[i][1] = open_sender(interfaces[i], AF_INET6);
	}
	for (; agrees && left > 0; seed++) {
		const size_t packets = left < per ? left : per;

		agrees = try_seed(seed, packets);
		left -= packets;
		sent += packets;
	}
	printf("%zu policies in several stages\n%zu packets, %s\n", with_stages, sent,
	       agrees ? "all decided alike" : "not all decided alike");
	return agrees ? 0 : 1;
}
