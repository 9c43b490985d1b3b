/* host.h: the open view of this machine: its sockets, and the processes, units and containers behind them.
 *
 * All is read from the kernel at one go (sock_diag, /proc, a BPF iterator where allowed) into a snapshot that
 * the caller owns. What vanishes while it is read is left out whole; what could not be seen is counted and
 * said, never guessed. */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include "base/arena.h"
#include "base/error.h"
#include "catalog/catalog.h"

enum socket_kind { SOCKET_PASSIVE, SOCKET_ACTIVE };

/* As the kernel numbers TCP's; other transports use ESTABLISHED and CLOSE (unconnected). */
enum socket_state {
	STATE_ESTABLISHED = 1,
	STATE_SYN_SENT,
	STATE_SYN_RECV,
	STATE_FIN_WAIT1,
	STATE_FIN_WAIT2,
	STATE_TIME_WAIT,
	STATE_CLOSE,
	STATE_CLOSE_WAIT,
	STATE_LAST_ACK,
	STATE_LISTEN,
	STATE_CLOSING,
	STATE_NEW_SYN_RECV,
	SOCKET_STATES
};
const char *socket_state_text(enum socket_state state);

/* What a socket belongs to beyond inet: a packet socket has no address, its port is an EtherType. */
enum socket_family { SOCKET_INET, SOCKET_PACKET };

/* Packed with care: there may be a hundred thousand. Indices point into the snapshot's arrays. */
struct host_socket {
	struct address local, peer;
	uint64_t inode; /* 0: no process has or had it open, as with TIME_WAIT: it is the kernel's own */
	uint64_t cookie;
	uint32_t receive_queue, send_queue; /* of a listener: waiting, and the most that may wait */
	uint32_t uid;
	uint32_t interface; /* index that it is bound to; 0: any */
	uint32_t space;     /* network namespace: index into spaces */
	uint32_t holder;    /* first of its holders: index into holders */
	uint32_t door; /* of an active one: index of the passive one that it came from; NO_SOCKET if none */
	uint32_t connections;           /* of a passive one: how many active ones came from it */
	uint16_t local_port, peer_port; /* raw sockets: the IP protocol; packet: EtherType */
	uint16_t transport;             /* 0 for packet sockets */
	uint16_t holder_count;
	uint16_t unit; /* 1 + index into socket_units of the unit that opened it; 0: none that is known */
	uint8_t kind, state, family;
	bool v6_socket, v6_only, mptcp, raw;
};
enum { NO_SOCKET = UINT32_MAX };

/* A process that holds a socket. */
struct holder {
	uint32_t process; /* index into processes */
	uint32_t fd;
};

struct host_process {
	uint32_t pid, parent, uid;
	int64_t started_us;     /* wall time */
	const char *name;       /* comm */
	const char *executable; /* path, or NULL if it cannot be seen */
	const char *command;    /* arguments parted by spaces, or NULL */
	const char *unit;       /* systemd unit, from its cgroup: "ssh.service", or NULL */
	const char *slice;      /* the unit's slice: "system.slice", or NULL */
	const char *container;  /* "docker:3f2a00c0ffee", "podman:...", "lxc:NAME", or NULL */
	bool deleted;           /* the executable is no longer in the file system */
};

struct host_interface {
	uint32_t index, space;
	const char *name;
	bool up, loopback;
	struct address *addresses;
	struct address_range *networks; /* of each address its prefix */
	struct address *broadcasts;     /* and what all on it hear; unspecified where there is none */
	size_t address_count;
};

/* A network namespace. The first is the caller's own. */
struct host_space {
	uint64_t inode;
	const char *name; /* "host", of ip-netns, or of its container; never NULL */
	bool visible;     /* its sockets could be read */
	uint16_t ephemeral_first, ephemeral_last;
};

/* Whether something may filter packets before they reach a socket. */
enum filtering { FILTERING_NONE, FILTERING_PRESENT, FILTERING_UNKNOWN };

struct host_user;

struct host {
	struct arena *arena;         /* owned: holds everything below but the next two */
	struct host_socket *sockets; /* owned */
	struct holder *holders;      /* owned; those of one socket stand together */
	struct host_process *processes;
	struct host_interface *interfaces;
	struct host_space *spaces;
	size_t socket_count, holder_count, process_count, interface_count, space_count;
	const char **socket_units; /* "ssh.socket" */
	size_t socket_unit_count;
	enum filtering filtering; /* of the first space */
	bool legacy_filter; /* rules of legacy iptables stand on the way in, or change addresses there */
	const char *filtering_by; /* "nftables: table inet filter, hook input", or NULL */
	bool processes_seen;      /* all of them: a socket without a holder has none */
	const char **unseen; /* what could not be seen, in words: "processes of other users (needs root)" */
	size_t unseen_count;
	const char *name;        /* host name */
	uint64_t boot_us;        /* wall time of boot */
	bool attributed;         /* processes were looked for */
	bool attributed_by_bpf;  /* else /proc */
	struct host_user *users; /* names that host_user() has looked up */
	size_t user_count, user_capacity;
};

enum attribution { ATTRIBUTE_AUTO, ATTRIBUTE_BPF, ATTRIBUTE_PROC, ATTRIBUTE_NONE };

struct host_options {
	bool interfaces_only; /* leave sockets and processes out */
	bool passive_only;    /* leave the active ones out, where only doors are asked for */
	bool all_spaces;      /* other network namespaces of this host as well */
	bool no_filters;      /* leave packet filters out */
	bool details;         /* command lines, units, containers, start times of processes */
	enum attribution attribution;
};

/* Reads a snapshot. False only when nothing could be read at all. Free with host_free() in any case. */
bool host_read(struct host *host, const struct host_options *options, struct error *err);
void host_free(struct host *host);

/* The socket unit of systemd that opened this door: "ssh.socket", or NULL. */
const char *host_socket_unit(const struct host *host, const struct host_socket *socket);

/* The first process that holds the socket, or NULL. Before systemd, which keeps the doors that it opened,
 * comes the service that it handed them to. */
const struct host_process *host_holder(const struct host *host, const struct host_socket *socket);

/* The ports that the kernel of the caller's namespace gives to those who do not ask for one. False, and the
 * two are left as they are, if it does not tell. */
bool host_ephemeral(uint16_t *ret_first, uint16_t *ret_last);

/* User name of a uid, from the user database; "1000" without a name. Kept in the host's arena. */
const char *host_user(struct host *host, uint32_t uid);

/* From where a passive socket can be reached by what it is bound to: address and interface. What a firewall
 * adds is another view. */
enum exposure { EXPOSED_NOWHERE, EXPOSED_HOST, EXPOSED_LINK, EXPOSED_PRIVATE, EXPOSED_PUBLIC };
enum exposure host_exposure(const struct host *host, const struct host_socket *socket);
const char *exposure_text(enum exposure exposure);

#endif
