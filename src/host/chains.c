#include "host/chains.h"
#include "host/netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	REQUEST_SIZE = 256,
	COMMENT = 0, /* the type of a comment in user data, as nft writes it */
	COMMENT_SIZE = sizeof(((struct base_chain *)0)->comment),
};

const char *chain_family_text(uint8_t family)
{
	switch (family) {
	case NFPROTO_INET: return "inet";
	case NFPROTO_IPV4: return "ip";
	case NFPROTO_IPV6: return "ip6";
	case NFPROTO_ARP: return "arp";
	case NFPROTO_NETDEV: return "netdev";
	case NFPROTO_BRIDGE: return "bridge";
	}
	return "other";
}

const char *chain_hook_text(const struct base_chain *chain)
{
	if (chain->family == NFPROTO_NETDEV)
		return chain->hook == NF_NETDEV_INGRESS ? "ingress" : "egress";
	if (chain->family == NFPROTO_ARP)
		return chain->hook == 0 ? "input" : "output";
	switch (chain->hook) {
	case NF_INET_PRE_ROUTING: return "prerouting";
	case NF_INET_LOCAL_IN: return "input";
	case NF_INET_FORWARD: return "forward";
	case NF_INET_LOCAL_OUT: return "output";
	case NF_INET_POST_ROUTING: return "postrouting";
	case NF_INET_INGRESS: return "ingress";
	}
	return "other";
}

static void read_hook(struct span value, struct base_chain *chain)
{
	struct span number;
	uint16_t type;

	while (netlink_attribute(&value, &type, &number)) {
		if (type == NFTA_HOOK_HOOKNUM) {
			chain->hook = span_u32(&number);
			chain->base = !number.failed;
		}
	}
}

/* Records of a type, a length and as many bytes. */
static void read_comment(struct span data, char comment[static COMMENT_SIZE])
{
	while (span_left(data) >= 2) {
		const uint8_t type = span_u8(&data), length = span_u8(&data);
		const struct span value = span_take(&data, length);

		if (value.failed)
			return;
		if (type == COMMENT)
			span_copy_text(value, comment, COMMENT_SIZE);
	}
}

bool chain_read(struct span message, struct base_chain *ret_chain)
{
	struct span value;
	uint16_t type;

	*ret_chain = (struct base_chain){ .family = span_u8(&message) };
	span_skip(&message, 3); /* version, resource */
	if (message.failed)
		return false;
	while (netlink_attribute(&message, &type, &value)) {
		switch (type) {
		case NFTA_CHAIN_TABLE:
			span_copy_text(value, ret_chain->table, sizeof(ret_chain->table));
			break;
		case NFTA_CHAIN_NAME: span_copy_text(value, ret_chain->name, sizeof(ret_chain->name)); break;
		case NFTA_CHAIN_HOOK: read_hook(value, ret_chain); break;
		case NFTA_CHAIN_POLICY: ret_chain->drops = span_u32(&value) == NF_DROP; break;
		case NFTA_CHAIN_USE: ret_chain->uses = span_u32(&value); break;
		case NFTA_CHAIN_TYPE: ret_chain->filters = span_begins(value, "filter"); break;
		case NFTA_CHAIN_USERDATA: read_comment(value, ret_chain->comment); break;
		}
	}
	return ret_chain->table[0] != '\0' && ret_chain->name[0] != '\0';
}

struct visiting {
	chain_visitor *visit;
	void *context;
};

static void look_at_chain(void *context, const struct netlink_message *message)
{
	const struct visiting *const v = context;
	struct base_chain chain;

	if (chain_read(message->body, &chain))
		v->visit(v->context, &chain);
}

static struct nlmsghdr *begin_request(uint8_t *bytes, uint16_t type, uint8_t family)
{
	return netlink_filter_request(bytes, NFNL_SUBSYS_NFTABLES << 8 | type, NLM_F_DUMP, family);
}

int chains_read(chain_visitor *visit, void *context)
{
	struct visiting v = { visit, context };
	uint8_t bytes[REQUEST_SIZE];

	return netlink_ask(NETLINK_NETFILTER, begin_request(bytes, NFT_MSG_GETCHAIN, NFPROTO_UNSPEC),
			   look_at_chain, &v);
}

/* ---- beside a table ---- */

/* Of which families there are tables beside the one that is ours, and whether that is there. */
struct tables {
	const char *own;
	bool beside[UINT8_MAX + 1], there;
};

static void look_at_table(void *context, const struct netlink_message *message)
{
	struct tables *const tables = context;
	struct span body = message->body, value;
	const uint8_t family = span_u8(&body);
	char name[64] = "";
	uint16_t type;

	span_skip(&body, 3); /* version, resource */
	while (netlink_attribute(&body, &type, &value)) {
		if (type == NFTA_TABLE_NAME)
			span_copy_text(value, name, sizeof(name));
	}
	if (family == NFPROTO_INET && strcmp(name, tables->own) == 0)
		tables->there = true;
	else
		tables->beside[family] |= name[0] != '\0';
}

struct beside {
	struct visiting visiting;
	const char *own;
};

static void look_beside(void *context, const struct netlink_message *message)
{
	const struct beside *const b = context;
	struct base_chain chain;

	if (chain_read(message->body, &chain) &&
	    (chain.family != NFPROTO_INET || strcmp(chain.table, b->own) != 0))
		b->visiting.visit(b->visiting.context, &chain);
}

static int ask_for_chain(const char *table, const char *name, struct visiting *visiting)
{
	uint8_t bytes[REQUEST_SIZE];
	struct nlmsghdr *const request = netlink_filter_request(
		bytes, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN, NLM_F_ACK, NFPROTO_INET);
	int error;

	mnl_attr_put_strz(request, NFTA_CHAIN_TABLE, table);
	mnl_attr_put_strz(request, NFTA_CHAIN_NAME, name);
	error = netlink_ask(NETLINK_NETFILTER, request, look_at_chain, visiting);
	return error == ENOENT ? 0 : error;
}

int chains_read_beside(const char *own, const char *name, chain_visitor *visit, void *context,
		       bool *ret_there)
{
	struct tables tables = { .own = own };
	struct beside beside = { { visit, context }, own };
	uint8_t bytes[REQUEST_SIZE];
	int error = netlink_ask(NETLINK_NETFILTER, begin_request(bytes, NFT_MSG_GETTABLE, NFPROTO_UNSPEC),
				look_at_table, &tables);

	*ret_there = tables.there;
	if (error == 0 && tables.there)
		error = ask_for_chain(own, name, &beside.visiting);
	for (unsigned family = 0; error == 0 && family <= UINT8_MAX; family++) {
		if (tables.beside[family])
			error = netlink_ask(NETLINK_NETFILTER,
					    begin_request(bytes, NFT_MSG_GETCHAIN, (uint8_t)family),
					    look_beside, &beside);
	}
	return error;
}

/* ---- counters ---- */

static bool read_counter(struct span data, struct chain_counter *counter)
{
	struct span value;
	uint16_t type;
	bool seen = false;

	while (netlink_attribute(&data, &type, &value)) {
		if (type == NFTA_COUNTER_PACKETS)
			counter->packets = span_u64(&value);
		else if (type == NFTA_COUNTER_BYTES)
			counter->bytes = span_u64(&value);
		seen |= type == NFTA_COUNTER_PACKETS;
	}
	return seen;
}

/* One expression: its name, and what belongs to it. */
static bool read_expression(struct span expression, struct chain_counter *counter)
{
	struct span value, data = span_of(NULL, 0);
	bool is_counter = false;
	uint16_t type;

	while (netlink_attribute(&expression, &type, &value)) {
		if (type == NFTA_EXPR_NAME)
			is_counter = span_begins(value, "counter");
		else if (type == NFTA_EXPR_DATA)
			data = value;
	}
	return is_counter && read_counter(data, counter);
}

bool chain_counter_read(struct span message, struct chain_counter *ret_counter)
{
	struct span value, expressions = span_of(NULL, 0);
	uint16_t type;

	*ret_counter = (struct chain_counter){ 0 };
	span_skip(&message, 4); /* family, version, resource */
	while (netlink_attribute(&message, &type, &value)) {
		if (type == NFTA_RULE_CHAIN)
			span_copy_text(value, ret_counter->chain, sizeof(ret_counter->chain));
		else if (type == NFTA_RULE_EXPRESSIONS)
			expressions = value;
		else if (type == NFTA_RULE_USERDATA)
			read_comment(value, ret_counter->comment);
	}
	while (netlink_attribute(&expressions, &type, &value)) {
		if (read_expression(value, ret_counter))
			return ret_counter->chain[0] != '\0';
	}
	return false;
}

struct counting {
	counter_visitor *visit;
	void *context;
};

static void look_at_rule(void *context, const struct netlink_message *message)
{
	const struct counting *const c = context;
	struct chain_counter counter;

	if (chain_counter_read(message->body, &counter))
		c->visit(c->context, &counter);
}

int chain_counters_read(const char *table, counter_visitor *visit, void *context)
{
	struct counting c = { visit, context };
	uint8_t bytes[REQUEST_SIZE];
	struct nlmsghdr *const request = begin_request(bytes, NFT_MSG_GETRULE, NFPROTO_INET);

	mnl_attr_put_strz(request, NFTA_RULE_TABLE, table);
	return netlink_ask(NETLINK_NETFILTER, request, look_at_rule, &c);
}

/* ---- generations ---- */

static void look_at_generation(void *context, const struct netlink_message *message)
{
	struct chain_generation *const generation = context;
	struct span body = message->body, value;
	uint16_t type;

	span_skip(&body, 4); /* family, version, resource */
	while (netlink_attribute(&body, &type, &value)) {
		if (type == NFTA_GEN_ID)
			generation->number = span_u32(&value);
	}
}

static int read_space(uint64_t *ret_space)
{
	const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t length = sizeof(*ret_space);
	int error = 0;

	if (fd < 0)
		return errno;
	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, ret_space, &length) != 0)
		error = errno;
	(void)close(fd);
	return error;
}

int chains_generation(struct chain_generation *ret_generation)
{
	uint8_t bytes[REQUEST_SIZE];
	int error;

	*ret_generation = (struct chain_generation){ 0 };
	error = read_space(&ret_generation->space);
	if (error != 0)
		return error;
	return netlink_ask(NETLINK_NETFILTER,
			   netlink_filter_request(bytes, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN,
						  NLM_F_ACK, NFPROTO_UNSPEC),
			   look_at_generation, ret_generation);
}
