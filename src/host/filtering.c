#include "host/filtering.h"
#include "base/file.h"
#include "host/netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>

enum { REQUEST_SIZE = 256 };

static const char *family_text(uint8_t family)
{
	switch (family) {
	case NFPROTO_INET: return "inet";
	case NFPROTO_IPV4: return "ip";
	case NFPROTO_IPV6: return "ip6";
	case NFPROTO_NETDEV: return "netdev";
	case NFPROTO_BRIDGE: return "bridge";
	}
	return "other";
}

/* The hook's name, or NULL where it is none that packets to this host pass. */
static const char *hook_text(uint8_t family, uint32_t hook)
{
	if (family == NFPROTO_NETDEV)
		return hook == NF_NETDEV_INGRESS ? "ingress" : NULL;
	if (family != NFPROTO_INET && family != NFPROTO_IPV4 && family != NFPROTO_IPV6)
		return NULL;
	switch (hook) {
	case NF_INET_PRE_ROUTING: return "prerouting";
	case NF_INET_LOCAL_IN: return "input";
	case NF_INET_INGRESS: return family == NFPROTO_INET ? "ingress" : NULL;
	}
	return NULL;
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

bool filtering_read_chain(struct span message, struct base_chain *ret_chain)
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
		}
	}
	return ret_chain->table[0] != '\0' && ret_chain->name[0] != '\0';
}

bool filtering_stands_before(const struct base_chain *chain)
{
	return chain->base && chain->filters && (chain->uses > 0 || chain->drops) &&
	       hook_text(chain->family, chain->hook) != NULL;
}

static void look_at_chain(void *context, const struct netlink_message *message)
{
	struct snapshot *const snapshot = context;
	struct host *const host = snapshot->host;
	struct base_chain chain;

	if (host->filtering_by != NULL || !filtering_read_chain(message->body, &chain) ||
	    !filtering_stands_before(&chain))
		return;
	host->filtering = FILTERING_PRESENT;
	host->filtering_by = arena_format(host->arena, "nftables: table %s %s, hook %s",
					  family_text(chain.family), chain.table,
					  hook_text(chain.family, chain.hook));
}

/* Zero, or the errno that says why the list could not be had. */
static int read_nftables(struct snapshot *snapshot)
{
	struct mnl_socket *const netlink = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	uint8_t bytes[REQUEST_SIZE];
	struct nlmsghdr *const request = mnl_nlmsg_put_header(bytes);
	struct nfgenmsg *about;
	int error;

	if (netlink == NULL || mnl_socket_bind(netlink, 0, MNL_SOCKET_AUTOPID) != 0) {
		error = errno;
	} else {
		request->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN;
		request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
		about = mnl_nlmsg_put_extra_header(request, sizeof(*about));
		about->nfgen_family = NFPROTO_UNSPEC;
		about->version = NFNETLINK_V0;
		error = netlink_dump(netlink, request, look_at_chain, snapshot);
	}
	if (netlink != NULL)
		mnl_socket_close(netlink);
	return error;
}

void filtering_read(struct snapshot *snapshot)
{
	struct host *const host = snapshot->host;
	const int error = read_nftables(snapshot);
	/* A kernel without nftables refuses the question as invalid. */
	const bool seen = error == 0 || error == EINVAL || error == EPROTONOSUPPORT;

	if (host->filtering == FILTERING_PRESENT)
		return;
	if (!filtering_read_legacy(snapshot) || !seen)
		snapshot_unseen(snapshot, "packet filters (needs CAP_NET_ADMIN)");
	else if (host->filtering != FILTERING_PRESENT)
		host->filtering = FILTERING_NONE;
}
