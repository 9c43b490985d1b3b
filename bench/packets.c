/* packets INTERFACE SOURCE PORT COUNT: what a datagram costs from the wire to the program that reads it.
 *
 * Datagrams from SOURCE are written into the tun INTERFACE, for the address 10.200.0.1, and read from a
 * socket there, one after the other; printed are the nanoseconds of CPU that each has taken this process, in
 * which the kernel does all the work of a packet that came in. Those that do not come are counted. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct datagram {
	struct iphdr ip;
	struct udphdr udp;
	uint8_t words[8];
};

static void fail(const char *what)
{
	perror(what);
	exit(2);
}

static int open_wire(const char *name)
{
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	const int fd = open("/dev/net/tun", O_RDWR);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) != 0)
		fail(name);
	return fd;
}

static int open_reader(struct sockaddr_in address)
{
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		fail("the reader's socket");
	return fd;
}

static uint16_t sum_of(const void *bytes, size_t length)
{
	const uint8_t *const at = bytes;
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < length; i += 2)
		sum += (uint32_t)at[i] << 8 | at[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t) ~((sum & 0xffff) + (sum >> 16)));
}

static struct datagram datagram_of(const char *source, struct sockaddr_in to)
{
	struct datagram d = { .ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP } };

	d.ip.tot_len = htons(sizeof(d));
	d.ip.daddr = to.sin_addr.s_addr;
	if (inet_pton(AF_INET, source, &d.ip.saddr) != 1)
		fail(source);
	d.ip.check = sum_of(&d.ip, sizeof(d.ip));
	d.udp.source = htons(40000);
	d.udp.dest = to.sin_port;
	d.udp.len = htons(sizeof(d.udp) + sizeof(d.words));
	return d;
}

static int64_t cpu_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct datagram datagram;
	uint8_t heard[64];
	long came = 0, count;
	int64_t begun;
	int wire, reader;

	if (argc != 5)
		return 2;
	(void)inet_pton(AF_INET, "10.200.0.1", &to.sin_addr);
	to.sin_port = htons((uint16_t)strtoul(argv[3], NULL, 10));
	count = strtol(argv[4], NULL, 10);
	wire = open_wire(argv[1]);
	reader = open_reader(to);
	datagram = datagram_of(argv[2], to);
	begun = cpu_ns();
	for (long i = 0; i < count; i++) {
		if (write(wire, &datagram, sizeof(datagram)) != sizeof(datagram))
			fail("write");
		came += recv(reader, heard, sizeof(heard), 0) > 0;
	}
	printf("%.1f %ld\n", (double)(cpu_ns() - begun) / (double)count, came);
	return 0;
}
