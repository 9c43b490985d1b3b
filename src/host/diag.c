#include "host/diag.h"
#include "host/netlink.h"
#include "host/procnet.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/packet_diag.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <netinet/in.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

enum { REQUEST_SIZE = 256, LISTENING = 1 << STATE_LISTEN, EVERY_STATE = (1 << SOCKET_STATES) - 2 };

/* What the kernel is asked, for both families. */
struct question {
	const char *name;
	uint16_t protocol, transport;
	uint16_t both; /* message type that asks for both families in one walk through the kernel's table */
	bool raw, packet;
	/* Where the kernel counts them. Without it, a kernel may lack such sockets. */
	const char *counted, *counted_v6;
};

static const struct question questions[] = {
	{ "tcp", IPPROTO_TCP, TRANSPORT_TCP, TCPDIAG_GETSOCK, false, false, NULL, NULL },
	{ "mptcp", IPPROTO_MPTCP, TRANSPORT_TCP, 0, false, false, "MPTCP", "MPTCPv6" },
	{ "udp", IPPROTO_UDP, TRANSPORT_UDP, 0, false, false, NULL, NULL },
	{ "udplite", IPPROTO_UDPLITE, TRANSPORT_UDPLITE, 0, false, false, "UDP-Lite", "UDPLITEv6" },
	{ "sctp", IPPROTO_SCTP, TRANSPORT_SCTP, 0, false, false, "SCTP", "SCTPv6" },
	{ "dccp", IPPROTO_DCCP, TRANSPORT_DCCP, 0, false, false, "DCCP", "DCCPv6" },
	{ "raw", IPPROTO_RAW, 0, 0, true, false, "RAW", "RAWv6" },
	{ "packet", 0, 0, 0, false, true, "PACKET", "PACKET" },
};

/* Where the answers to one question go. */
struct answers {
	struct snapshot *snapshot;
	const struct question *question;
	uint32_t space;
};

enum socket_kind diag_kind(uint16_t transport, enum socket_state state)
{
	if (transport == TRANSPORT_TCP || transport == TRANSPORT_SCTP || transport == TRANSPORT_DCCP)
		return state == STATE_LISTEN ? SOCKET_PASSIVE : SOCKET_ACTIVE;
	return state == STATE_ESTABLISHED ? SOCKET_ACTIVE : SOCKET_PASSIVE;
}

static struct address read_address(struct span *s, bool v6)
{
	struct span bytes = span_take(s, 16);
	const uint8_t *const at = bytes.at;

	if (bytes.failed)
		return (struct address){ 0 };
	return v6 ? address_v6(at) : address_v4(span_u32(&bytes));
}

static void read_attributes(struct span rest, struct host_socket *socket)
{
	struct span value;
	uint16_t type;

	while (netlink_attribute(&rest, &type, &value)) {
		if (type == INET_DIAG_SKV6ONLY)
			socket->v6_only = span_u8(&value) != 0;
	}
}

bool diag_read_inet(struct span message, uint16_t transport, struct host_socket *ret_socket)
{
	const bool v6 = span_u8(&message) == AF_INET6;

	ret_socket->v6_socket = v6;
	ret_socket->state = span_u8(&message);
	span_skip(&message, 2); /* timer, retransmissions */
	ret_socket->local_port = span_u16(&message);
	ret_socket->peer_port = span_u16(&message);
	ret_socket->local = read_address(&message, v6);
	ret_socket->peer = read_address(&message, v6);
	ret_socket->interface = native_u32(&message);
	ret_socket->cookie = native_u64(&message);
	span_skip(&message, 4); /* when the timer expires */
	ret_socket->receive_queue = native_u32(&message);
	ret_socket->send_queue = native_u32(&message);
	ret_socket->uid = native_u32(&message);
	ret_socket->inode = native_u32(&message);
	ret_socket->transport = transport;
	if (message.failed || ret_socket->state == 0 || ret_socket->state >= SOCKET_STATES)
		return false;
	ret_socket->kind = diag_kind(transport, ret_socket->state);
	read_attributes(message, ret_socket);
	return true;
}

static void add_inet(void *context, const struct netlink_message *message)
{
	const struct answers *const answers = context;
	struct host_socket *const socket = snapshot_add_socket(answers->snapshot);

	if (socket == NULL)
		return;
	if (!diag_read_inet(message->body, answers->question->transport, socket) ||
	    (answers->snapshot->options->passive_only && socket->kind == SOCKET_ACTIVE)) {
		snapshot_drop_socket(answers->snapshot);
		return;
	}
	socket->space = answers->space;
	socket->mptcp = answers->question->protocol == IPPROTO_MPTCP;
	if (answers->question->raw) {
		socket->raw = true;
		socket->transport = socket->local_port; /* the kernel keeps the IP protocol there */
	}
}

static uint32_t states_asked(const struct answers *answers)
{
	return answers->snapshot->options->passive_only && answers->question->transport == TRANSPORT_TCP
		       ? LISTENING
		       : EVERY_STATE;
}

/* The question as it was before there was one for each family, which the kernel still answers. */
static int ask_both(struct mnl_socket *netlink, struct answers *answers)
{
	uint8_t bytes[REQUEST_SIZE];
	struct nlmsghdr *const request = netlink_request(bytes, answers->question->both, NLM_F_DUMP);
	struct inet_diag_req *ask;

	ask = mnl_nlmsg_put_extra_header(request, sizeof(*ask));
	ask->idiag_states = states_asked(answers);
	return netlink_dump(netlink, request, add_inet, answers);
}

static int ask_inet(struct mnl_socket *netlink, struct answers *answers, uint8_t family)
{
	const struct question *const question = answers->question;
	uint8_t bytes[REQUEST_SIZE];
	struct nlmsghdr *const request = netlink_request(bytes, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP);
	struct inet_diag_req_v2 *ask;

	ask = mnl_nlmsg_put_extra_header(request, sizeof(*ask));
	ask->sdiag_family = family;
	ask->sdiag_protocol = question->protocol <= UINT8_MAX ? (uint8_t)question->protocol : IPPROTO_RAW;
	ask->idiag_states = states_asked(answers);
	if (question->protocol > UINT8_MAX)
		mnl_attr_put_u32(request, INET_DIAG_REQ_PROTOCOL, question->protocol);
	return netlink_dump(netlink, request, add_inet, answers);
}

bool diag_read_packet(struct span message, struct host_socket *ret_socket)
{
	struct span value;
	uint16_t type;

	span_skip(&message, 2); /* family, type of socket */
	ret_socket->family = SOCKET_PACKET;
	ret_socket->kind = SOCKET_PASSIVE;
	ret_socket->state = STATE_CLOSE;
	ret_socket->local_port = native_u16(&message);
	ret_socket->inode = native_u32(&message);
	ret_socket->cookie = native_u64(&message);
	if (message.failed)
		return false;
	while (netlink_attribute(&message, &type, &value)) {
		if (type == PACKET_DIAG_INFO)
			ret_socket->interface = native_u32(&value);
		else if (type == PACKET_DIAG_UID)
			ret_socket->uid = native_u32(&value);
	}
	return true;
}

static void add_packet(void *context, const struct netlink_message *message)
{
	const struct answers *const answers = context;
	struct host_socket *const socket = snapshot_add_socket(answers->snapshot);

	if (socket == NULL)
		return;
	if (diag_read_packet(message->body, socket))
		socket->space = answers->space;
	else
		snapshot_drop_socket(answers->snapshot);
}

static int ask_packet(struct mnl_socket *netlink, struct answers *answers)
{
	uint8_t bytes[REQUEST_SIZE];
	struct nlmsghdr *const request = netlink_request(bytes, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP);
	struct packet_diag_req *ask;

	ask = mnl_nlmsg_put_extra_header(request, sizeof(*ask));
	ask->sdiag_family = AF_PACKET;
	ask->pdiag_show = PACKET_SHOW_INFO;
	return netlink_dump(netlink, request, add_packet, answers);
}

/* A kernel that was built without it has no such sockets either. */
static bool is_absent(int error)
{
	return error == ENOENT || error == EPROTONOSUPPORT || error == EAFNOSUPPORT;
}

/* Closes one question, before which there were `before` sockets. What the kernel has no diag for may still be
 * in /proc/net. */
static bool settle(struct answers *answers, bool v6, size_t before, int error)
{
	const struct question *const question = answers->question;

	if (error == 0)
		return true;
	answers->snapshot->host->socket_count = before;
	if (procnet_read(answers->snapshot, question->name, v6, answers->space))
		return true;
	if (question->counted == NULL || !is_absent(error))
		snapshot_unseen(answers->snapshot, "%s sockets%s: %s", question->name, v6 ? " of IPv6" : "",
				strerror(error));
	return false;
}

static bool ask_family(struct mnl_socket *netlink, struct answers *answers, bool v6, int refused)
{
	const size_t before = answers->snapshot->host->socket_count;
	int error = refused;

	if (netlink != NULL && answers->question->packet)
		error = ask_packet(netlink, answers);
	else if (netlink != NULL)
		error = ask_inet(netlink, answers, v6 ? AF_INET6 : AF_INET);
	return settle(answers, v6, before, error);
}

static bool ask(struct mnl_socket *netlink, struct answers *answers, int refused)
{
	struct host *const host = answers->snapshot->host;
	const size_t before = host->socket_count;
	bool answered;

	if (netlink != NULL && answers->question->both != 0) {
		if (ask_both(netlink, answers) == 0)
			return true;
		host->socket_count = before;
	}
	answered = ask_family(netlink, answers, false, refused);
	if (!answers->question->packet)
		answered |= ask_family(netlink, answers, true, refused);
	return answered;
}

static struct mnl_socket *open_netlink(void)
{
	struct mnl_socket *const netlink = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);

	if (netlink == NULL || mnl_socket_bind(netlink, 0, MNL_SOCKET_AUTOPID) == 0)
		return netlink;
	mnl_socket_close(netlink);
	return NULL;
}

bool diag_read(struct snapshot *snapshot, uint32_t space, struct error *err)
{
	struct mnl_socket *const netlink = open_netlink();
	const int refused = errno;
	struct answers answers = { .snapshot = snapshot, .space = space };
	char text[PROCNET_PROTOCOLS];
	const struct span protocols = procnet_protocols(text);
	bool answered = false;

	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		const struct question *const question = &questions[i];

		if (question->counted != NULL &&
		    procnet_has_none(protocols, question->counted, question->counted_v6))
			continue;
		answers.question = question;
		answered |= ask(netlink, &answers, refused);
	}
	if (netlink != NULL)
		mnl_socket_close(netlink);
	return answered ||
	       error_system(err, refused, "sockets: the kernel answers neither sock_diag nor /proc/net");
}
