/* Which doors answer, in a network namespace that the test makes for itself: half-open and by connecting. */
#include "scan/reach.h"

#include "catalog/catalog.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { SERVERS = 60, TURN_MS = 50 };

static struct {
	bool alone;
	int sockets[SERVERS];
	uint16_t ports[SERVERS];
} space;

/* A namespace with nothing but loopback. */
static bool leave(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd;
	bool up;

	if (unshare(CLONE_NEWNET) != 0)
		return false;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	up = ioctl(fd, SIOCSIFFLAGS, &request) == 0;
	(void)close(fd);
	return up;
}

static int listen_anywhere(uint16_t *ret_port)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6 };
	socklen_t length = sizeof(address);
	const int fd = socket(AF_INET6, SOCK_STREAM, 0), off = 0;

	assert_return_code(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)), errno);
	assert_return_code(bind(fd, (struct sockaddr *)&address, length), errno);
	assert_return_code(listen(fd, 16), errno);
	assert_return_code(getsockname(fd, (struct sockaddr *)&address, &length), errno);
	*ret_port = ntohs(address.sin6_port);
	return fd;
}

static int begin(void **unused)
{
	(void)unused;
	space.alone = leave();
	for (size_t i = 0; space.alone && i < SERVERS; i++)
		space.sockets[i] = listen_anywhere(&space.ports[i]);
	return 0;
}

static int end(void **unused)
{
	(void)unused;
	for (size_t i = 0; space.alone && i < SERVERS; i++)
		(void)close(space.sockets[i]);
	return 0;
}

struct found {
	unsigned answers[REACH_STATES];
	uint8_t times[65536]; /* that a port answered */
	uint8_t open[65536];
	unsigned late; /* not in the first pass */
};

static void note(void *context, const struct reach_door *door)
{
	struct found *const found = context;

	found->answers[door->state]++;
	found->times[door->port]++;
	found->open[door->port] += door->state == REACH_OPEN;
	found->late += door->passes > 1;
}

static void look(const char *target, const char *words, struct reach_options options, struct found *found,
		 struct reach_counts *ret_counts)
{
	struct targets targets = { 0 };
	struct ports ports;
	struct reach *reach;
	struct error err;

	if (!space.alone)
		skip();
	memset(found, 0, sizeof(*found));
	assert_true(targets_add(&targets, target, &err));
	targets_sort(&targets);
	assert_true(ports_parse(&ports, span_text(words), TRANSPORT_TCP, &err));
	options.targets = &targets;
	options.ports = &ports;
	options.context = found;
	options.answered = note;
	reach = reach_new(&options, &err);
	if (reach == NULL)
		fail_msg("%s", err.text);
	assert_true(reach_is_raw(reach) != options.connect);
	while (!reach_ended(reach))
		reach_turn(reach, TURN_MS);
	*ret_counts = reach_counts(reach);
	reach_free(reach);
	targets_free(&targets);
	ports_free(&ports);
}

static void all_servers_are_open(const struct found *found)
{
	for (size_t i = 0; i < SERVERS; i++)
		assert_true(found->open[space.ports[i]]);
}

static void all_ports_of_a_host(const char *target, struct reach_options options)
{
	static struct found found;
	struct reach_counts counts;

	look(target, "-", options, &found, &counts);
	all_servers_are_open(&found);
	assert_int_equal(counts.doors, 65535);
	assert_int_equal(found.answers[REACH_OPEN], SERVERS);
	assert_int_equal(found.answers[REACH_CLOSED], 65535 - SERVERS);
	for (uint32_t port = 1; port < 65536; port++)
		assert_int_equal(found.times[port], 1);
	assert_int_equal(counts.left, 0);
}

static void half_open_finds_every_door(void **unused)
{
	(void)unused;
	all_ports_of_a_host("127.0.0.1", (struct reach_options){ .seed = 1 });
	all_ports_of_a_host("::1", (struct reach_options){ .seed = 2 });
}

static void connecting_finds_every_door(void **unused)
{
	(void)unused;
	all_ports_of_a_host("127.0.0.1", (struct reach_options){ .seed = 3, .connect = true });
	all_ports_of_a_host("::1", (struct reach_options){ .seed = 4, .connect = true });
}

static void many_addresses_are_told_apart(void **unused)
{
	static struct found found;
	struct reach_counts counts;

	(void)unused;
	look("127.0.0.0/28", "1-999", (struct reach_options){ .seed = 5 }, &found, &counts);
	assert_int_equal(counts.doors, 16 * 999);
	for (uint32_t port = 1; port < 1000; port++) /* the kernel answers nobody at 127.0.0.0, a broadcast */
		assert_in_range(found.times[port], 15, 16);
	assert_int_equal(found.answers[REACH_OPEN], 0);
}

/* Where there is no way nobody answers, and it ends all the same. */
static void nobody_is_there(void **unused)
{
	static struct found found;
	struct reach_counts counts;

	(void)unused;
	look("192.0.2.1", "1-300", (struct reach_options){ .seed = 6 }, &found, &counts);
	assert_int_equal(found.answers[REACH_OPEN] + found.answers[REACH_CLOSED], 0);
	assert_int_equal(counts.pass, REACH_PASSES_LEAST);
	assert_int_equal(counts.asked, 300 * REACH_PASSES_LEAST);
}

static void the_rate_is_kept(void **unused)
{
	static struct found found;
	struct reach_counts counts;

	(void)unused;
	look("127.0.0.1", "1-400", (struct reach_options){ .seed = 7, .rate = 1000 }, &found, &counts);
	assert_int_equal(found.answers[REACH_CLOSED], 400);
	assert_true(counts.pace <= 1000);
}

static void nothing_to_ask_is_said(void **unused)
{
	struct targets targets = { 0 };
	struct ports ports = { 0 };
	const struct reach_options options = { .targets = &targets, .ports = &ports };
	struct error err;

	(void)unused;
	assert_null(reach_new(&options, &err));
	assert_string_equal(err.text, "there is nothing to ask");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(half_open_finds_every_door),
		cmocka_unit_test(connecting_finds_every_door),
		cmocka_unit_test(many_addresses_are_told_apart),
		cmocka_unit_test(nobody_is_there),
		cmocka_unit_test(the_rate_is_kept),
		cmocka_unit_test(nothing_to_ask_is_said),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
