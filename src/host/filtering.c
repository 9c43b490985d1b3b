#include "host/filtering.h"

#include <errno.h>
#include <linux/netfilter.h>

/* Whether packets to this host pass chains of this family and hook. */
static bool is_on_the_way(const struct base_chain *chain)
{
	if (chain->family == NFPROTO_NETDEV)
		return chain->hook == NF_NETDEV_INGRESS;
	if (chain->family != NFPROTO_INET && chain->family != NFPROTO_IPV4 && chain->family != NFPROTO_IPV6)
		return false;
	return chain->hook == NF_INET_PRE_ROUTING || chain->hook == NF_INET_LOCAL_IN ||
	       (chain->hook == NF_INET_INGRESS && chain->family == NFPROTO_INET);
}

bool filtering_stands_before(const struct base_chain *chain)
{
	return chain->base && chain->filters && (chain->uses > 0 || chain->drops) && is_on_the_way(chain);
}

static void look_at_chain(void *context, const struct base_chain *chain)
{
	struct snapshot *const snapshot = context;
	struct host *const host = snapshot->host;

	if (host->filtering_by != NULL || !filtering_stands_before(chain))
		return;
	host->filtering = FILTERING_PRESENT;
	host->filtering_by = arena_format(host->arena, "nftables: table %s %s, hook %s",
					  chain_family_text(chain->family), chain->table,
					  chain_hook_text(chain));
}

void filtering_read(struct snapshot *snapshot)
{
	struct host *const host = snapshot->host;
	const int error = chains_read(look_at_chain, snapshot);
	/* A kernel without nftables refuses the question as invalid. */
	const bool seen = error == 0 || error == EINVAL || error == EPROTONOSUPPORT;

	host->legacy_filter = filtering_has_legacy();
	if (host->filtering == FILTERING_PRESENT)
		return;
	if (!filtering_read_legacy(snapshot) || !seen)
		snapshot_unseen(snapshot, "packet filters (needs CAP_NET_ADMIN)");
	else if (host->filtering != FILTERING_PRESENT)
		host->filtering = FILTERING_NONE;
}
