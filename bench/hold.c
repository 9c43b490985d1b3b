/* hold: keeps COUNT loopback TCP sockets open in PROCESSES processes until it is ended, and prints "ready"
 * when all are there. For benchmarks of what lists them, in a network namespace of its own.
 *
 *   hold listen COUNT PROCESSES        listeners, spread over 127.0.1.1 and the addresses that follow
 *   hold connected COUNT PROCESSES     both ends of COUNT / 2 connections */
#include <arpa/inet.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORTS = 20000, FIRST_PORT = 10000, BASE = 0x7f000101, SERVER = 0x7f010101 };

static void give_up(const char *what)
{
	perror(what);
	exit(1);
}

static struct sockaddr_in end_point(uint32_t address, unsigned port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(address),
	};
}

static int bound(uint32_t address, unsigned port)
{
	const struct sockaddr_in end = end_point(address, port);
	const int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
	    bind(fd, (const struct sockaddr *)&end, sizeof(end)) != 0)
		give_up("socket");
	return fd;
}

static int listener(uint32_t address, unsigned port)
{
	const int fd = bound(address, port);

	if (listen(fd, 128) != 0)
		give_up("listen");
	return fd;
}

static void hold_listeners(unsigned first, unsigned count)
{
	for (unsigned i = first; i < first + count; i++)
		listener(BASE + i / PORTS, FIRST_PORT + i % PORTS);
}

/* Each process has a listener and connects to it, from ports that it chooses itself. */
static void hold_connections(unsigned process, unsigned count)
{
	const unsigned port = FIRST_PORT + process;
	const struct sockaddr_in server = end_point(SERVER, port);
	const int fd = listener(SERVER, port);

	for (unsigned i = 0; i < count / 2; i++) {
		const int client = bound(BASE + process, FIRST_PORT + i % PORTS);

		if (connect(client, (const struct sockaddr *)&server, sizeof(server)) != 0 ||
		    accept(fd, NULL, NULL) < 0)
			give_up("connect");
	}
}

static void hold(bool connected, unsigned process, unsigned each, int ready)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (connected)
		hold_connections(process, each);
	else
		hold_listeners(process * each, each);
	if (write(ready, "x", 1) != 1)
		give_up("write");
	for (;;)
		pause();
}

static void allow_many_files(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
	const unsigned count = argc == 4 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
	const unsigned processes = argc == 4 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;
	int ready[2];
	char mark;

	if (count == 0 || processes == 0) {
		fputs("usage: hold listen|connected COUNT PROCESSES\n", stderr);
		return 2;
	}
	allow_many_files();
	if (pipe(ready) != 0)
		give_up("pipe");
	for (unsigned i = 0; i < processes; i++) {
		const pid_t pid = fork();

		if (pid < 0)
			give_up("fork");
		if (pid == 0)
			hold(strcmp(argv[1], "connected") == 0, i, count / processes, ready[1]);
	}
	for (unsigned i = 0; i < processes; i++) {
		if (read(ready[0], &mark, 1) != 1)
			give_up("read");
	}
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}
