#include "netfilter/routes.h"
#include "host/netlink.h"

#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { REQUEST_SIZE = 64, ROUTES_MOST = 256, RULES_OF_LOCAL = 0, RULES_OF_MAIN = 32766 };

struct reading {
	struct arena *arena;
	struct routes *routes;
};

static bool read_head(struct span *body, struct rtmsg *ret_head)
{
	const struct span head = span_take(body, NLMSG_ALIGN(sizeof(*ret_head)));

	if (head.failed)
		return false;
	memcpy(ret_head, head.at, sizeof(*ret_head));
	return true;
}

/* RTA_DST has the address, or as much of it as the family has; absent, it is everything. */
static bool read_prefix(const struct rtmsg *head, struct span value, struct address_range *ret_to)
{
	const bool v4 = head->rtm_family == AF_INET;
	const size_t size = v4 ? 4 : 16;
	struct address address = v4 ? address_v4(0) : (struct address){ 0 };

	if (head->rtm_dst_len > size * 8 || (span_left(value) > 0 && span_left(value) != size))
		return false;
	if (span_left(value) > 0)
		memcpy(address.bytes + 16 - size, value.at, size);
	*ret_to = address_prefix(&address, head->rtm_dst_len);
	return true;
}

static void add(struct reading *r, const struct route *route)
{
	struct routes *const routes = r->routes;
	struct route *const list = arena_grow(r->arena, routes->list, routes->count, &routes->capacity,
					      sizeof(*list));

	if (list == NULL || routes->count == ROUTES_MOST) {
		routes->known = false;
		return;
	}
	routes->list = list;
	list[routes->count++] = *route;
}

/* Routes through several gateways, or an object that names them, may be of any interface. */
static void read_route(void *context, const struct netlink_message *message)
{
	struct reading *const r = context;
	struct span body = message->body, value, to = span_of(NULL, 0);
	struct route route = { .metric = 0 };
	uint32_t table = RT_TABLE_UNSPEC;
	struct rtmsg head;
	uint16_t type;

	if (message->type != RTM_NEWROUTE || !read_head(&body, &head))
		return;
	table = head.rtm_table;
	while (netlink_attribute(&body, &type, &value)) {
		switch (type) {
		case RTA_TABLE: table = native_u32(&value); break;
		case RTA_DST: to = value; break;
		case RTA_PRIORITY: route.metric = native_u32(&value); break;
		case RTA_OIF: route.interface = native_u32(&value); break;
		case RTA_MULTIPATH:
		case RTA_NH_ID: route.unsure = true; break;
		}
	}
	if (table != RT_TABLE_MAIN || (head.rtm_flags & (RTM_F_CLONED | RTNH_F_DEAD)) != 0)
		return;
	if (head.rtm_type != RTN_UNICAST)
		route.interface = 0;
	route.v4 = head.rtm_family == AF_INET;
	route.length = head.rtm_dst_len;
	if (head.rtm_src_len != 0 || head.rtm_tos != 0 || !read_prefix(&head, to, &route.to))
		r->routes->known = false;
	else
		add(r, &route);
}

/* Those that every host has ask the table of its own addresses, and the main one. */
static void read_rule(void *context, const struct netlink_message *message)
{
	struct reading *const r = context;
	struct span body = message->body, value;
	uint32_t priority = RULES_OF_LOCAL, table;
	struct rtmsg head; /* struct fib_rule_hdr has its members where this one has them */
	uint16_t type;

	if (message->type != RTM_NEWRULE || !read_head(&body, &head))
		return;
	table = head.rtm_table;
	while (netlink_attribute(&body, &type, &value)) {
		if (type == FRA_PRIORITY)
			priority = native_u32(&value);
		else if (type == FRA_TABLE)
			table = native_u32(&value);
	}
	r->routes->known &= (priority == RULES_OF_LOCAL && table == RT_TABLE_LOCAL) ||
			    (priority == RULES_OF_MAIN && table == RT_TABLE_MAIN) ||
			    table == RT_TABLE_DEFAULT;
}

static int ask(uint16_t type, uint8_t family, netlink_reader *reader, struct reading *r)
{
	uint8_t bytes[REQUEST_SIZE];
	struct nlmsghdr *const request = netlink_request(bytes, type, NLM_F_DUMP);
	struct rtmsg *head;

	head = mnl_nlmsg_put_extra_header(request, sizeof(*head));
	head->rtm_family = family;
	return netlink_ask(NETLINK_ROUTE, request, reader, r);
}

/* The narrower before the wider, the better before the worse. */
static int by_precedence(const void *a, const void *b)
{
	const struct route *const x = a, *const y = b;
	const int place = address_compare(&x->to.first, &y->to.first);

	if (x->v4 != y->v4)
		return x->v4 ? -1 : 1;
	if (x->length != y->length)
		return x->length > y->length ? -1 : 1;
	if (place != 0)
		return place;
	return (x->metric > y->metric) - (x->metric < y->metric);
}

/* Two that are as good as each other. */
static void doubt_equals(struct routes *routes)
{
	for (size_t i = 0; i + 1 < routes->count; i++) {
		struct route *const x = &routes->list[i], *const y = &routes->list[i + 1];

		if (by_precedence(x, y) == 0 && x->interface != y->interface)
			x->unsure = y->unsure = true;
	}
}

struct routes routes_read(struct arena *arena)
{
	struct routes routes = { .known = true };
	struct reading r = { arena, &routes };

	for (unsigned i = 0; i < 2; i++) {
		const uint8_t family = i == 0 ? AF_INET : AF_INET6;

		routes.known &= ask(RTM_GETRULE, family, read_rule, &r) == 0 &&
				ask(RTM_GETROUTE, family, read_route, &r) == 0;
	}
	if (routes.count > 1)
		qsort(routes.list, routes.count, sizeof(*routes.list), by_precedence);
	doubt_equals(&routes);
	return routes;
}
