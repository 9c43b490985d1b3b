/* Socket units: a manager that speaks D-Bus as systemd's does answers over a socket pair. */
#include "host/units.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <systemd/sd-bus.h>

#include <cmocka.h>

enum { UNIT_COUNT = 4 };

/* One socket unit; path[0] is at /u0 and so on. */
static const struct {
	const char *name, *active, *type, *where;
} units[UNIT_COUNT] = {
	{ "ssh.socket", "active", "Stream", "[::]:22" },
	{ "stopped.socket", "inactive", "Stream", "0.0.0.0:80" },
	{ "tftp.socket", "active", "Datagram", "0.0.0.0:69" },
	{ "journald.socket", "active", "Stream", "/run/journal" },
};

static int list_units(sd_bus_message *call, void *context, sd_bus_error *error)
{
	sd_bus_message *reply = NULL;

	(void)context;
	(void)error;
	assert_true(sd_bus_message_new_method_return(call, &reply) >= 0);
	assert_true(sd_bus_message_open_container(reply, 'a', "(ssssssouso)") >= 0);
	for (int i = 0; i < UNIT_COUNT; i++) {
		const char path[] = { '/', 'u', (char)('0' + i), '\0' };

		assert_true(sd_bus_message_append(reply, "(ssssssouso)", units[i].name, "", "loaded",
						  units[i].active, "listening", "", path, 0, "", "/") >= 0);
	}
	assert_true(sd_bus_message_close_container(reply) >= 0);
	assert_true(sd_bus_send(NULL, reply, NULL) >= 0);
	sd_bus_message_unref(reply);
	return 1;
}

static int get_listen(sd_bus *bus, const char *path, const char *interface, const char *property,
		      sd_bus_message *reply, void *context, sd_bus_error *error)
{
	const int i = path[2] - '0';

	(void)bus;
	(void)interface;
	(void)property;
	(void)context;
	(void)error;
	return sd_bus_message_append(reply, "a(ss)", 1, units[i].type, units[i].where);
}

static const sd_bus_vtable manager_table[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("ListUnitsByPatterns", "asas", "a(ssssssouso)", list_units, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable socket_table[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Listen", "a(ss)", get_listen, 0, 0),
	SD_BUS_VTABLE_END,
};

static void *serve(void *context)
{
	const int fd = *(const int *)context;
	sd_id128_t id = { .bytes = { 1 } };
	sd_bus *bus = NULL;
	int more;

	assert_true(sd_bus_new(&bus) >= 0 && sd_bus_set_fd(bus, fd, fd) >= 0 &&
		    sd_bus_set_server(bus, 1, id) >= 0 && sd_bus_set_anonymous(bus, 1) >= 0);
	assert_true(sd_bus_add_object_vtable(bus, NULL, "/org/freedesktop/systemd1",
					     "org.freedesktop.systemd1.Manager", manager_table, NULL) >= 0);
	for (int i = 0; i < UNIT_COUNT; i++) {
		const char path[] = { '/', 'u', (char)('0' + i), '\0' };

		assert_true(sd_bus_add_object_vtable(bus, NULL, path, "org.freedesktop.systemd1.Socket",
						     socket_table, NULL) >= 0);
	}
	assert_true(sd_bus_start(bus) >= 0);
	while ((more = sd_bus_process(bus, NULL)) >= 0) {
		if (more == 0 && sd_bus_wait(bus, UINT64_MAX) < 0)
			break;
	}
	sd_bus_unref(bus);
	return NULL;
}

static void put_door(struct snapshot *snapshot, uint16_t transport, const char *local, uint16_t port,
		     uint32_t holder)
{
	struct host_socket *const socket = snapshot_add_socket(snapshot);

	assert_non_null(socket);
	assert_true(address_parse(span_text(local), &socket->local));
	socket->transport = transport;
	socket->local_port = port;
	socket->inode = 1 + snapshot->host->socket_count;
	socket->holder = holder;
	socket->holder_count = 1;
}

static void ask(struct snapshot *snapshot)
{
	pthread_t server;
	sd_bus *bus = NULL;
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(pthread_create(&server, NULL, serve, &pair[0]), 0);
	assert_true(sd_bus_new(&bus) >= 0 && sd_bus_set_fd(bus, pair[1], pair[1]) >= 0 &&
		    sd_bus_set_anonymous(bus, 1) >= 0 && sd_bus_start(bus) >= 0);
	assert_true(units_ask(snapshot, bus));
	sd_bus_flush_close_unref(bus);
	pthread_join(server, NULL);
}

static void doors_that_systemd_holds_get_their_socket_unit(void **unused)
{
	struct host host = { .arena = arena_new(1 << 20), .processes_seen = true };
	struct host_options options = { 0 };
	struct snapshot snapshot = { .host = &host, .options = &options };

	(void)unused;
	assert_non_null(host.arena);
	snapshot_add_process(&snapshot)->pid = 1;
	snapshot_add_process(&snapshot)->pid = 812;
	host.holders = calloc(2, sizeof(*host.holders));
	assert_non_null(host.holders);
	host.holders[1].process = 1;
	put_door(&snapshot, TRANSPORT_TCP, "::", 22, 0);
	put_door(&snapshot, TRANSPORT_TCP, "::", 22, 1); /* not of systemd */
	put_door(&snapshot, TRANSPORT_TCP, "0.0.0.0", 80, 0);
	put_door(&snapshot, TRANSPORT_UDP, "0.0.0.0", 69, 0);
	put_door(&snapshot, TRANSPORT_TCP, "0.0.0.0", 69, 0);
	ask(&snapshot);
	assert_string_equal(host_socket_unit(&host, &host.sockets[0]), "ssh.socket");
	assert_null(host_socket_unit(&host, &host.sockets[1]));
	assert_null(host_socket_unit(&host, &host.sockets[2]));
	assert_string_equal(host_socket_unit(&host, &host.sockets[3]), "tftp.socket");
	assert_null(host_socket_unit(&host, &host.sockets[4]));
	host_free(&host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(doors_that_systemd_holds_get_their_socket_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
