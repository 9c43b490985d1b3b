#include "host/connections.h"
#include "base/file.h"
#include "host/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdio.h>
#include <unistd.h>

enum {
	REQUEST_SIZE = 512,
	NFGEN_SIZE = 4,      /* family, version, resource */
	KEPT_TCP_S = 432000, /* the kernel's own time for an established connection: five days */
	KEPT_UDP_S = 180
};

/* ---- reading ---- */

static void read_protocol(struct span attributes, struct tracked *t)
{
	struct span value;
	uint16_t type;

	while (netlink_attribute(&attributes, &type, &value)) {
		switch (type) {
		case CTA_PROTO_NUM: t->transport = span_u8(&value); break;
		case CTA_PROTO_SRC_PORT: t->source_port = span_u16(&value); break;
		case CTA_PROTO_DST_PORT: t->destination_port = span_u16(&value); break;
		case CTA_PROTO_ICMP_TYPE:
		case CTA_PROTO_ICMPV6_TYPE: t->icmp_type = span_u8(&value); break;
		}
	}
}

static void read_address_of(struct span value, bool v6, struct address *ret_address)
{
	const struct span bytes = span_take(&value, v6 ? 16 : 4);

	if (!bytes.failed)
		*ret_address = v6 ? address_v6(bytes.at) : address_v4(load_u32(bytes.at));
}

static void read_addresses(struct span attributes, struct tracked *t)
{
	struct span value;
	uint16_t type;

	while (netlink_attribute(&attributes, &type, &value)) {
		switch (type) {
		case CTA_IP_V4_SRC: read_address_of(value, false, &t->source); break;
		case CTA_IP_V4_DST: read_address_of(value, false, &t->destination); break;
		case CTA_IP_V6_SRC: read_address_of(value, true, &t->source); break;
		case CTA_IP_V6_DST: read_address_of(value, true, &t->destination); break;
		}
	}
}

static bool read_tuple(struct span attributes, struct tracked *t)
{
	struct span value;
	uint16_t type;

	while (netlink_attribute(&attributes, &type, &value)) {
		if (type == CTA_TUPLE_IP)
			read_addresses(value, t);
		else if (type == CTA_TUPLE_PROTO)
			read_protocol(value, t);
	}
	return t->transport != 0;
}

static uint8_t read_tcp_state(struct span attributes)
{
	struct span value, inner;
	uint16_t type;

	while (netlink_attribute(&attributes, &type, &value)) {
		while (type == CTA_PROTOINFO_TCP && netlink_attribute(&value, &type, &inner)) {
			if (type == CTA_PROTOINFO_TCP_STATE)
				return span_u8(&inner);
			type = CTA_PROTOINFO_TCP;
		}
	}
	return TCP_CONNTRACK_ESTABLISHED;
}

bool tracked_read(struct span message, struct tracked *ret_tracked)
{
	uint8_t state = TCP_CONNTRACK_ESTABLISHED;
	struct span value;
	uint16_t type;
	bool whole = false;

	*ret_tracked = (struct tracked){ 0 };
	span_skip(&message, NFGEN_SIZE);
	while (netlink_attribute(&message, &type, &value)) {
		if (type == CTA_TUPLE_ORIG)
			whole = read_tuple(value, ret_tracked);
		else if (type == CTA_ID)
			ret_tracked->id = span_u32(&value);
		else if (type == CTA_STATUS)
			ret_tracked->answered = (span_u32(&value) & IPS_SEEN_REPLY) != 0;
		else if (type == CTA_PROTOINFO)
			state = read_tcp_state(value);
	}
	ret_tracked->answered &= state == TCP_CONNTRACK_ESTABLISHED;
	return whole;
}

struct listing {
	struct arena *arena;
	struct tracked *list;
	size_t count, capacity;
	bool no_memory;
};

static void add_tracked(void *context, const struct netlink_message *message)
{
	struct listing *const l = context;
	struct tracked *const list = arena_grow(l->arena, l->list, l->count, &l->capacity, sizeof(*list));

	l->no_memory |= list == NULL;
	if (list == NULL)
		return;
	l->list = list;
	l->count += tracked_read(message->body, &list[l->count]);
}

/* ---- asking ---- */

static struct nlmsghdr *begin_request(uint8_t *bytes, uint16_t type, uint16_t flags, uint8_t family)
{
	return netlink_filter_request(bytes, NFNL_SUBSYS_CTNETLINK << 8 | type, flags, family);
}

static void take_entries(void *context, const struct netlink_message *message)
{
	uint32_t *const ret_entries = context;
	struct span attributes = message->body, value;
	uint16_t type;

	span_skip(&attributes, NFGEN_SIZE);
	while (netlink_attribute(&attributes, &type, &value)) {
		if (type == CTA_STATS_GLOBAL_ENTRIES)
			*ret_entries = span_u32(&value);
	}
}

/* Whether nothing is tracked: a number to ask for, where a list has the kernel look at each place of a table
 * that has hundreds of thousands. */
static bool tracks_nothing(void)
{
	uint8_t bytes[REQUEST_SIZE];
	uint32_t entries = UINT32_MAX;

	return netlink_ask(NETLINK_NETFILTER,
			   begin_request(bytes, IPCTNL_MSG_CT_GET_STATS, NLM_F_ACK, AF_UNSPEC), take_entries,
			   &entries) == 0 &&
	       entries == 0;
}

int tracked_list(struct arena *arena, struct tracked **ret_list, size_t *ret_count)
{
	struct listing l = { .arena = arena };
	uint8_t bytes[REQUEST_SIZE];
	int error = 0;

	if (!tracks_nothing())
		error = netlink_ask(NETLINK_NETFILTER,
				    begin_request(bytes, IPCTNL_MSG_CT_GET, NLM_F_DUMP, AF_UNSPEC),
				    add_tracked, &l);
	*ret_list = l.list;
	*ret_count = l.count;
	return l.no_memory ? ENOMEM : error;
}

static void put_address(struct nlmsghdr *request, uint16_t v4_type, uint16_t v6_type, const struct address *a)
{
	if (address_is_v4(a))
		mnl_attr_put_u32(request, v4_type, htonl(address_to_v4(a)));
	else
		mnl_attr_put(request, v6_type, sizeof(a->bytes), a->bytes);
}

static void put_tuple(struct nlmsghdr *request, uint16_t type, const struct tracked *t, bool back)
{
	struct nlattr *const tuple = mnl_attr_nest_start(request, type);
	struct nlattr *part = mnl_attr_nest_start(request, CTA_TUPLE_IP);

	put_address(request, CTA_IP_V4_SRC, CTA_IP_V6_SRC, back ? &t->destination : &t->source);
	put_address(request, CTA_IP_V4_DST, CTA_IP_V6_DST, back ? &t->source : &t->destination);
	mnl_attr_nest_end(request, part);
	part = mnl_attr_nest_start(request, CTA_TUPLE_PROTO);
	mnl_attr_put_u8(request, CTA_PROTO_NUM, (uint8_t)t->transport);
	mnl_attr_put_u16(request, CTA_PROTO_SRC_PORT, htons(back ? t->destination_port : t->source_port));
	mnl_attr_put_u16(request, CTA_PROTO_DST_PORT, htons(back ? t->source_port : t->destination_port));
	mnl_attr_nest_end(request, part);
	mnl_attr_nest_end(request, tuple);
}

static uint8_t family_of(const struct tracked *t)
{
	return address_is_v4(&t->source) ? AF_INET : AF_INET6;
}

/* Nobody has seen its windows, and so nothing is expected of them. */
static void put_tcp_state(struct nlmsghdr *request)
{
	const struct nf_ct_tcp_flags liberal = { .flags = IP_CT_TCP_FLAG_BE_LIBERAL,
						 .mask = IP_CT_TCP_FLAG_BE_LIBERAL };
	struct nlattr *const info = mnl_attr_nest_start(request, CTA_PROTOINFO);
	struct nlattr *const tcp = mnl_attr_nest_start(request, CTA_PROTOINFO_TCP);

	mnl_attr_put_u8(request, CTA_PROTOINFO_TCP_STATE, TCP_CONNTRACK_ESTABLISHED);
	mnl_attr_put(request, CTA_PROTOINFO_TCP_FLAGS_ORIGINAL, sizeof(liberal), &liberal);
	mnl_attr_put(request, CTA_PROTOINFO_TCP_FLAGS_REPLY, sizeof(liberal), &liberal);
	mnl_attr_nest_end(request, tcp);
	mnl_attr_nest_end(request, info);
}

int tracked_keep(const struct tracked *connection)
{
	const bool tcp = connection->transport == IPPROTO_TCP;
	uint8_t bytes[REQUEST_SIZE];
	struct nlmsghdr *const request = begin_request(
		bytes, IPCTNL_MSG_CT_NEW, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, family_of(connection));
	int error;

	put_tuple(request, CTA_TUPLE_ORIG, connection, false);
	put_tuple(request, CTA_TUPLE_REPLY, connection, true);
	mnl_attr_put_u32(request, CTA_STATUS, htonl(IPS_CONFIRMED | IPS_SEEN_REPLY | IPS_ASSURED));
	mnl_attr_put_u32(request, CTA_TIMEOUT, htonl(tcp ? KEPT_TCP_S : KEPT_UDP_S));
	if (tcp)
		put_tcp_state(request);
	error = netlink_ask(NETLINK_NETFILTER, request, NULL, NULL);
	return error == EEXIST ? 0 : error;
}

int tracked_forget(const struct tracked *connection)
{
	uint8_t bytes[REQUEST_SIZE];
	struct nlmsghdr *const request = begin_request(bytes, IPCTNL_MSG_CT_DELETE, NLM_F_ACK,
						       family_of(connection));

	put_tuple(request, CTA_TUPLE_ORIG, connection, false);
	if (connection->id != 0)
		mnl_attr_put_u32(request, CTA_ID, htonl(connection->id));
	return netlink_ask(NETLINK_NETFILTER, request, NULL, NULL);
}

/* ---- processes ---- */

/* "PID (NAME) STATE PARENT ...", where the name may hold anything. */
static uint32_t parent_of(uint32_t pid)
{
	char path[64], text[512];
	const char *behind;
	struct span rest;
	uint64_t parent;

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	if (file_read_text(path, text, sizeof(text)) < 0)
		return 0;
	behind = strrchr(text, ')');
	if (behind == NULL)
		return 0;
	rest = span_text(behind);
	span_skip(&rest, sizeof(") S ") - 1);
	return span_number(span_until(&rest, ' '), UINT32_MAX, &parent) ? (uint32_t)parent : 0;
}

size_t session_processes(uint32_t pids[static SESSION_DEPTH])
{
	size_t count = 0;

	for (uint32_t pid = (uint32_t)getpid(); pid > 1 && count < SESSION_DEPTH; pid = parent_of(pid))
		pids[count++] = pid;
	return count;
}

/* ---- sockets ---- */

/* IPv4 stands in the first four of sixteen bytes; in the sockets of IPv6 that carry it, it is mapped. */
static void put_end(__be32 *words, const struct address *a, bool v6_socket)
{
	if (address_is_v4(a) && !v6_socket)
		memcpy(words, a->bytes + 12, 4);
	else
		memcpy(words, a->bytes, 16);
}

int socket_end(const struct host_socket *socket)
{
	uint8_t bytes[REQUEST_SIZE];
	struct nlmsghdr *const request = netlink_request(bytes, SOCK_DESTROY, NLM_F_ACK);
	struct inet_diag_req_v2 *about;

	about = mnl_nlmsg_put_extra_header(request, sizeof(*about));
	about->sdiag_family = socket->v6_socket ? AF_INET6 : AF_INET;
	about->sdiag_protocol = (uint8_t)socket->transport;
	about->idiag_states = ~0U;
	about->id.idiag_sport = htons(socket->local_port);
	about->id.idiag_dport = htons(socket->peer_port);
	put_end(about->id.idiag_src, &socket->local, socket->v6_socket);
	put_end(about->id.idiag_dst, &socket->peer, socket->v6_socket);
	about->id.idiag_if = socket->interface;
	about->id.idiag_cookie[0] = (uint32_t)socket->cookie;
	about->id.idiag_cookie[1] = (uint32_t)(socket->cookie >> 32);
	return netlink_ask(NETLINK_SOCK_DIAG, request, NULL, NULL);
}
