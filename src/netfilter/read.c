/* The rule set is read by dumps of nfnetlink: tables, chains, sets with their elements, rules. The generation
 * is asked before and behind, so that what was read stood there at one time. */
#include "host/netlink.h"
#include "netfilter/reading.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>

enum { REQUEST_SIZE = 512, TRIES = 5, NO_GENERATION = 0 };

struct span reading_keep(struct reading *r, struct span s)
{
	uint8_t *const copy = arena_alloc(r->netfilter->arena, span_left(s) + 1);

	if (copy == NULL) {
		r->no_memory = true;
		return span_of(NULL, 0);
	}
	memcpy(copy, s.at, span_left(s));
	return span_of(copy, span_left(s));
}

/* ---- tables ---- */

static const char *table_key(struct reading *r, uint8_t family, struct span name)
{
	return arena_format(r->netfilter->arena, "%u %.*s", family, (int)span_left(name),
			    (const char *)name.at);
}

static void take_table(void *context, const struct netlink_message *message)
{
	struct reading *const r = context;
	struct span body = message->body;
	const uint8_t family = span_u8(&body);
	const char **list;

	span_skip(&body, 3);
	if ((attribute_number(body, NFTA_TABLE_FLAGS, 0) & NFT_TABLE_F_DORMANT) == 0)
		return;
	list = arena_grow(r->netfilter->arena, r->dormant, r->dormant_count, &r->dormant_capacity,
			  sizeof(*list));
	if (list == NULL) {
		r->no_memory = true;
		return;
	}
	r->dormant = list;
	list[r->dormant_count] = table_key(r, family, attribute_of(body, NFTA_TABLE_NAME));
	r->no_memory |= list[r->dormant_count++] == NULL;
}

static bool is_dormant(struct reading *r, uint8_t family, struct span table)
{
	const char *const key = r->dormant_count > 0 ? table_key(r, family, table) : NULL;

	for (size_t i = 0; key != NULL && i < r->dormant_count; i++) {
		if (strcmp(r->dormant[i], key) == 0)
			return true;
	}
	return false;
}

/* ---- chains ---- */

static struct chain *add_chain(struct reading *r)
{
	struct netfilter *const n = r->netfilter;
	struct chain **const chains = arena_grow(n->arena, n->chains, n->chain_count, &n->chain_capacity,
						 sizeof(struct chain *));
	struct chain *const chain = arena_alloc(n->arena, sizeof(*chain));

	if (chains == NULL || chain == NULL) {
		r->no_memory = true;
		return NULL;
	}
	n->chains = chains;
	chain->order = n->chain_count;
	chains[n->chain_count++] = chain;
	return chain;
}

static void take_chain(void *context, const struct netlink_message *message)
{
	struct reading *const r = context;
	struct span body = message->body, hook;
	const uint8_t family = span_u8(&body);
	struct chain *chain;

	span_skip(&body, 3);
	chain = body.failed ? NULL : add_chain(r);
	if (chain == NULL)
		return;
	chain->family = family;
	span_copy_text(attribute_of(body, NFTA_CHAIN_TABLE), chain->table, sizeof(chain->table));
	span_copy_text(attribute_of(body, NFTA_CHAIN_NAME), chain->name, sizeof(chain->name));
	span_copy_text(attribute_of(body, NFTA_CHAIN_TYPE), chain->type, sizeof(chain->type));
	chain->drops = attribute_number(body, NFTA_CHAIN_POLICY, NF_ACCEPT) == NF_DROP;
	hook = attribute_of(body, NFTA_CHAIN_HOOK);
	chain->base = !hook.failed && !is_dormant(r, family, attribute_of(body, NFTA_CHAIN_TABLE));
	if (!chain->base)
		return;
	chain->hook = attribute_number(hook, NFTA_HOOK_HOOKNUM, UINT32_MAX);
	chain->priority = (int32_t)attribute_number(hook, NFTA_HOOK_PRIORITY, 0);
	span_copy_text(attribute_of(hook, NFTA_HOOK_DEV), chain->device, sizeof(chain->device));
	chain->devices = reading_keep(r, attribute_of(hook, NFTA_HOOK_DEVS));
}

/* The kernel puts a chain before those that have its priority already. */
static int by_priority(const void *a, const void *b)
{
	const struct chain *const x = *(struct chain *const *)a, *const y = *(struct chain *const *)b;

	if (x->hook != y->hook)
		return x->hook < y->hook ? -1 : 1;
	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	return x->order < y->order ? 1 : -1;
}

/* ---- the whole ---- */

static int ask(struct reading *r, uint16_t type, const struct set *set, netlink_reader *reader)
{
	uint8_t bytes[REQUEST_SIZE];
	struct nlmsghdr *const request = netlink_filter_request(bytes, NFNL_SUBSYS_NFTABLES << 8 | type,
								NLM_F_DUMP,
								set != NULL ? set->family : NFPROTO_UNSPEC);

	if (set != NULL) {
		mnl_attr_put_strz(request, NFTA_SET_ELEM_LIST_TABLE, set->table);
		mnl_attr_put_strz(request, NFTA_SET_ELEM_LIST_SET, set->name);
	}
	return netlink_ask(NETLINK_NETFILTER, request, reader, r);
}

static void take_generation(void *context, const struct netlink_message *message)
{
	struct reading *const r = context;
	struct span body = message->body;

	span_skip(&body, 4);
	r->generation = attribute_number(body, NFTA_GEN_ID, NO_GENERATION);
}

static uint32_t generation(struct reading *r)
{
	uint8_t bytes[REQUEST_SIZE];

	r->generation = NO_GENERATION;
	(void)netlink_ask(NETLINK_NETFILTER,
			  netlink_filter_request(bytes, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN, NLM_F_ACK,
						 NFPROTO_UNSPEC),
			  take_generation, r);
	return r->generation;
}

static void sort_chains(struct reading *r)
{
	struct netfilter *const n = r->netfilter;

	n->base = arena_array(n->arena, n->chain_count + 1, sizeof(struct chain *));
	if (n->base == NULL) {
		r->no_memory = true;
		return;
	}
	for (size_t i = 0; i < n->chain_count; i++) {
		if (n->chains[i]->base)
			n->base[n->base_count++] = n->chains[i];
	}
	if (n->base_count > 1)
		qsort(n->base, n->base_count, sizeof(struct chain *), by_priority);
	names_sort(n);
}

/* Zero, or the errno. */
static int read_all(struct reading *r)
{
	struct netfilter *const n = r->netfilter;
	int error = ask(r, NFT_MSG_GETTABLE, NULL, take_table);

	if (error == 0)
		error = ask(r, NFT_MSG_GETCHAIN, NULL, take_chain);
	if (error == 0)
		error = ask(r, NFT_MSG_GETSET, NULL, set_take);
	if (error != 0)
		return error;
	sort_chains(r);
	for (size_t i = 0; i < n->set_count && error == 0; i++) {
		r->set = n->sets[i];
		error = ask(r, NFT_MSG_GETSETELEM, r->set, set_take_elements);
		set_close_intervals(r->set);
	}
	if (error == 0)
		error = ask(r, NFT_MSG_GETRULE, NULL, rule_take);
	return error;
}

struct netfilter *netfilter_read(struct arena *arena, struct error *err)
{
	for (unsigned tries = 0; tries < TRIES; tries++) {
		struct reading r = { .netfilter = arena_alloc(arena, sizeof(struct netfilter)) };
		uint32_t before;
		int error;

		if (r.netfilter == NULL)
			break;
		*r.netfilter = (struct netfilter){ .arena = arena };
		before = generation(&r);
		error = read_all(&r);
		if (error == EINVAL || error == EPROTONOSUPPORT) /* no nftables in this kernel */
			return r.netfilter;
		if (r.no_memory)
			break;
		if (error == ENOENT || error == EINTR || (error == 0 && generation(&r) != before))
			continue; /* it changed meanwhile */
		if (error == 0) {
			r.netfilter->routes = routes_read(arena);
			return r.netfilter;
		}
		error_system(err, error, "the kernel's rule set cannot be read");
		return NULL;
	}
	error_set(
		err,
		"the kernel's rule set cannot be read whole: it changes again and again, or memory ran out");
	return NULL;
}
