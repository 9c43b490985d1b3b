#include "audit/hardening.h"
#include "host/packages.h"

/* Where programs are told what to listen at, by the name of their process. */
static const struct {
	const char *process, *setting;
} settings[] = {
	{ "apache2", "'Listen' in /etc/apache2/ports.conf" },
	{ "chronyd", "'bindaddress', and 'port 0' for no server, in /etc/chrony/chrony.conf" },
	{ "cupsd", "'Listen' in /etc/cups/cupsd.conf" },
	{ "dnsmasq", "'listen-address' and 'bind-interfaces' in /etc/dnsmasq.conf" },
	{ "dockerd", "'hosts' in /etc/docker/daemon.json" },
	{ "dovecot", "'listen' in /etc/dovecot/dovecot.conf" },
	{ "exim4", "'dc_local_interfaces' in /etc/exim4/update-exim4.conf.conf" },
	{ "mariadbd", "'bind-address' in /etc/mysql/mariadb.conf.d/50-server.cnf" },
	{ "master", "'inet_interfaces' in /etc/postfix/main.cf" },
	{ "memcached", "'-l' in /etc/memcached.conf" },
	{ "mongod", "'net.bindIp' in /etc/mongod.conf" },
	{ "mosquitto", "'listener' in /etc/mosquitto/mosquitto.conf" },
	{ "mysqld", "'bind-address' in /etc/mysql/mysql.conf.d/mysqld.cnf" },
	{ "named", "'listen-on' and 'listen-on-v6' in /etc/bind/named.conf.options" },
	{ "nginx", "'listen' in the server blocks of /etc/nginx" },
	{ "postgres", "'listen_addresses' in postgresql.conf" },
	{ "redis-server", "'bind' in /etc/redis/redis.conf" },
	{ "rpcbind", "'-h' in /etc/default/rpcbind, and ListenStream= of rpcbind.socket" },
	{ "slapd", "'SLAPD_SERVICES' in /etc/default/slapd" },
	{ "smbd", "'interfaces' and 'bind interfaces only' in /etc/samba/smb.conf" },
	{ "snmpd", "'agentaddress' in /etc/snmp/snmpd.conf" },
	{ "sshd", "'ListenAddress' in /etc/ssh/sshd_config" },
	{ "systemd-resolve", "'DNSStubListener' in /etc/systemd/resolved.conf" },
	{ "unbound", "'interface' in /etc/unbound/unbound.conf" },
	{ "vsftpd", "'listen_address' in /etc/vsftpd.conf" },
};

static const char *setting_of(const struct audit_door *door)
{
	for (size_t i = 0; door->process != NULL && i < sizeof(settings) / sizeof(settings[0]); i++) {
		if (strcmp(settings[i].process, door->process->name) == 0)
			return settings[i].setting;
	}
	return NULL;
}

static bool ends_in(const char *text, const char *ending)
{
	const size_t length = strlen(text), tail = strlen(ending);

	return length > tail && strcmp(text + length - tail, ending) == 0;
}

/* Names become part of a command: nothing that a shell, or systemctl, takes for something else. */
static bool is_plain_name(const char *unit)
{
	return unit[0] != '-' &&
	       unit[strspn(unit, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@_.:-")] ==
		       '\0';
}

/* A session's scope, or what systemd made for a moment, is nothing to disable. */
static const char *unit_of(const struct host *host, const struct audit_door *door)
{
	const char *const opener = host_socket_unit(host, door->sockets[0]);
	const char *const unit = opener != NULL ? opener : door->unit;
	const bool lasting = unit != NULL && (ends_in(unit, ".service") || ends_in(unit, ".socket"));

	return lasting && is_plain_name(unit) ? unit : NULL;
}

/* A socket unit opens the door again, so its service is stopped beside it. */
static const char *command_of(struct arena *arena, const struct audit_door *door, const struct hardening *h)
{
	const char *const service = door->unit;

	if (h->unit == NULL || (door->process != NULL && door->process->container != NULL))
		return NULL;
	if (service != NULL && strcmp(service, h->unit) != 0 && ends_in(service, ".service") &&
	    is_plain_name(service))
		return arena_format(arena, "systemctl disable --now %s %s", h->unit, service);
	return arena_format(arena, "systemctl disable --now %s", h->unit);
}

static const char *rule_for(struct arena *arena, const struct audit_door *door)
{
	const struct transport *const transport = catalog_transport(door->transport);

	if (transport->has_ports)
		return arena_format(arena, "deny %s/%u", transport->name, door->port);
	return arena_format(arena, "deny %s", transport->name);
}

static bool fill(struct arena *arena, const struct audit *audit, const struct audit_door *door,
		 struct hardening *h)
{
	char package[PACKAGE_TEXT];

	*h = (struct hardening){ .door = door, .why = "no rule allows it", .setting = setting_of(door) };
	if (door->documented == DOCUMENTED_DENIED)
		h->why = arena_format(arena, "denied by rule %s (%s:%u)", door->rule->id,
				      door->rule->place.file, door->rule->place.line);
	h->unit = unit_of(audit->host, door);
	h->rule = rule_for(arena, door);
	h->command = command_of(arena, door, h);
	if (door->process != NULL && door->process->executable != NULL && door->process->container == NULL &&
	    package_of_file(door->process->executable, package)) {
		h->package = arena_text(arena, package);
		if (h->package == NULL)
			return false;
	}
	return h->why != NULL && h->rule != NULL;
}

struct hardening *audit_hardening(struct arena *arena, const struct audit *audit, size_t *ret_count)
{
	struct hardening *const list = arena_array(arena, audit->door_count + 1, sizeof(*list));

	*ret_count = 0;
	for (size_t i = 0; list != NULL && i < audit->door_count; i++) {
		const struct audit_door *const door = &audit->doors[i];

		if (door->socket_count == 0 ||
		    (door->documented != DOCUMENTED_NO && door->documented != DOCUMENTED_DENIED))
			continue;
		if (!fill(arena, audit, door, &list[*ret_count]))
			return NULL;
		++*ret_count;
	}
	return list;
}
