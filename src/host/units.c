#include "host/units.h"
#include "host/systemd_calls.h"

#include <unistd.h>

enum { PATIENCE_US = 1000000, UNITS_MOST = 4096, LISTENS_MOST = 1024 };

static const char manager[] = "org.freedesktop.systemd1", private_bus[] = "unix:path=/run/systemd/private";

bool units_read_address(struct span text, struct address *ret_address, uint16_t *ret_port)
{
	const size_t colon = span_find_last(text, ':');
	struct span host = span_take(&text, colon);
	uint64_t port;

	span_skip(&text, 1);
	if (span_left(host) >= 2 && *host.at == '[' && host.end[-1] == ']') {
		host.at++;
		host.end--;
	}
	if (!address_parse(host, ret_address) || !span_number(text, UINT16_MAX, &port))
		return false;
	*ret_port = (uint16_t)port;
	return true;
}

/* Whether systemd may have opened it: its first process holds it, or nobody that can be seen does. */
static bool may_be_of_systemd(const struct host *host, const struct host_socket *socket)
{
	if (socket->kind != SOCKET_PASSIVE || socket->family != SOCKET_INET || socket->raw ||
	    socket->inode == 0)
		return false;
	for (uint32_t i = 0; i < socket->holder_count; i++) {
		if (host->processes[host->holders[socket->holder + i].process].pid == 1)
			return true;
	}
	return socket->holder_count == 0 && !host->processes_seen;
}

/* One line of a unit's Listen property: "Stream" and where. */
static void match(struct snapshot *snapshot, const char *unit, const char *type, const char *where)
{
	struct host *const host = snapshot->host;
	const uint16_t transport = strcmp(type, "Datagram") == 0 ? TRANSPORT_UDP : TRANSPORT_TCP;
	struct address address;
	uint16_t port;

	if ((strcmp(type, "Stream") != 0 && strcmp(type, "Datagram") != 0) ||
	    !units_read_address(span_text(where), &address, &port))
		return;
	for (size_t i = 0; i < host->socket_count; i++) {
		struct host_socket *const socket = &host->sockets[i];

		if (socket->local_port == port && socket->transport == transport &&
		    address_compare(&socket->local, &address) == 0 && may_be_of_systemd(host, socket))
			socket->unit = snapshot_add_unit(snapshot, unit);
	}
}

static bool ask_unit(struct snapshot *snapshot, sd_bus *bus, const char *unit, const char *path)
{
	sd_bus_message *reply = NULL;
	const char *type, *where;
	bool good = sd_bus_get_property(bus, manager, path, "org.freedesktop.systemd1.Socket", "Listen", NULL,
					&reply, "a(ss)") >= 0 &&
		    sd_bus_message_enter_container(reply, 'a', "(ss)") >= 0;

	for (int i = 0; good && i < LISTENS_MOST; i++) {
		if (sd_bus_message_read(reply, "(ss)", &type, &where) <= 0)
			break;
		match(snapshot, unit, type, where);
	}
	sd_bus_message_unref(reply);
	return good;
}

/* name, description, load, active, sub, followed, path, job, its type, its path */
static bool read_unit(sd_bus_message *list, const char **ret_name, const char **ret_active,
		      const char **ret_path)
{
	const char *unused;
	uint32_t job;

	return sd_bus_message_read(list, "(ssssssouso)", ret_name, &unused, &unused, ret_active, &unused,
				   &unused, ret_path, &job, &unused, &unused) > 0;
}

bool units_ask(struct snapshot *snapshot, struct sd_bus *bus)
{
	sd_bus_message *list = NULL;
	const char *name, *active, *path;
	bool good = systemd_load(NULL) &&
		    sd_bus_call_method(bus, manager, "/org/freedesktop/systemd1",
				       "org.freedesktop.systemd1.Manager", "ListUnitsByPatterns", NULL, &list,
				       "asas", 0, 1, "*.socket") >= 0 &&
		    sd_bus_message_enter_container(list, 'a', "(ssssssouso)") >= 0;

	for (int i = 0; good && i < UNITS_MOST; i++) {
		if (!read_unit(list, &name, &active, &path))
			break;
		if (strcmp(active, "active") == 0)
			good = ask_unit(snapshot, bus, name, path);
	}
	sd_bus_message_unref(list);
	return good;
}

static sd_bus *open_address(const char *address)
{
	sd_bus *bus = NULL;

	if (sd_bus_new(&bus) >= 0 && sd_bus_set_address(bus, address) >= 0 && sd_bus_start(bus) >= 0)
		return bus;
	sd_bus_unref(bus);
	return NULL;
}

/* The manager has a bus of its own for root, which needs no broker. */
static sd_bus *open_bus(void)
{
	sd_bus *bus = geteuid() == 0 ? open_address(private_bus) : NULL;

	if (bus == NULL && sd_bus_open_system(&bus) < 0)
		return NULL;
	sd_bus_set_method_call_timeout(bus, PATIENCE_US);
	return bus;
}

void units_read(struct snapshot *snapshot)
{
	const struct host *const host = snapshot->host;
	struct error err;
	bool any = false;
	sd_bus *bus;

	for (size_t i = 0; i < host->socket_count && !any; i++)
		any = may_be_of_systemd(host, &host->sockets[i]);
	if (!any || access("/run/systemd/system/", F_OK) != 0) /* sd_booted(3) */
		return;
	if (!systemd_load(&err)) {
		snapshot_unseen(snapshot, "socket units: %s", err.text);
		return;
	}
	bus = open_bus();
	if (bus == NULL || !units_ask(snapshot, bus))
		snapshot_unseen(snapshot, "socket units: systemd's manager does not answer");
	sd_bus_flush_close_unref(bus);
}
