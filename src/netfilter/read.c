/* The rule set is read by dumps of nfnetlink: tables, chains, sets with their elements, rules. The generation
 * is asked before and behind, so that what was read stood there at one time. */
#include "host/netlink.h"
#include "netfilter/rules.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>

enum { REQUEST_SIZE = 512, TRIES = 5, NO_GENERATION = 0 };

struct reading {
	struct netfilter *netfilter;
	struct set *set;      /* whose elements are listed */
	const char **dormant; /* tables that are asleep: "FAMILY NAME" */
	size_t dormant_count, dormant_capacity;
	struct chain *last; /* rules of one chain come together */
	uint32_t generation;
	bool no_memory;
};

struct span attribute_of(struct span data, uint16_t type)
{
	struct span value;
	uint16_t found;

	while (netlink_attribute(&data, &found, &value)) {
		if (found == type)
			return value;
	}
	value = span_of(NULL, 0);
	value.failed = true;
	return value;
}

bool attribute_is_there(struct span data, uint16_t type)
{
	return !attribute_of(data, type).failed;
}

uint32_t attribute_number(struct span data, uint16_t type, uint32_t without)
{
	struct span value = attribute_of(data, type);

	return span_left(value) < sizeof(uint32_t) ? without : span_u32(&value);
}

/* What a message holds lies in a buffer that the next one takes. */
static struct span kept(struct reading *r, struct span s)
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
	chain->devices = kept(r, attribute_of(hook, NFTA_HOOK_DEVS));
}

/* ---- sets ---- */

static void read_fields(struct span description, struct set *set)
{
	struct span fields = attribute_of(description, NFTA_SET_DESC_CONCAT), field;
	uint16_t type;

	while (set->field_count < FIELDS_MOST && netlink_attribute(&fields, &type, &field))
		set->fields[set->field_count++] = (uint8_t)attribute_number(field, NFTA_SET_FIELD_LEN, 0);
	if (set->field_count == 0)
		set->fields[set->field_count++] = (uint8_t)set->key_length;
}

static void take_set(void *context, const struct netlink_message *message)
{
	struct reading *const r = context;
	struct netfilter *const n = r->netfilter;
	struct span body = message->body;
	struct set **const sets = arena_grow(n->arena, n->sets, n->set_count, &n->set_capacity,
					     sizeof(struct set *));
	struct set *const set = arena_alloc(n->arena, sizeof(*set));

	if (sets == NULL || set == NULL) {
		r->no_memory = true;
		return;
	}
	n->sets = sets;
	set->family = span_u8(&body);
	span_skip(&body, 3);
	span_copy_text(attribute_of(body, NFTA_SET_TABLE), set->table, sizeof(set->table));
	span_copy_text(attribute_of(body, NFTA_SET_NAME), set->name, sizeof(set->name));
	set->flags = attribute_number(body, NFTA_SET_FLAGS, 0);
	set->key_length = attribute_number(body, NFTA_SET_KEY_LEN, 0);
	read_fields(attribute_of(body, NFTA_SET_DESC), set);
	if (!body.failed && set->key_length > 0 && set->key_length <= KEY_MOST)
		sets[n->set_count++] = set;
}

static void copy_key(struct span key, uint8_t to[static KEY_MOST])
{
	key = attribute_of(key, NFTA_DATA_VALUE);
	if (span_left(key) <= KEY_MOST)
		memcpy(to, key.at, span_left(key));
}

/* Expressions of an element are evaluated when it is found: those that count do nothing. */
static void judge_expression(struct span expression, struct element *element)
{
	const struct span name = attribute_of(expression, NFTA_EXPR_NAME);

	if (span_begins(name, "limit") || span_begins(name, "connlimit"))
		element->limited = true;
	else if (!name.failed && !span_begins(name, "counter") && !span_begins(name, "last"))
		element->unsure = true;
}

static void read_element(struct reading *r, struct span body, struct element *element)
{
	const uint32_t flags = attribute_number(body, NFTA_SET_ELEM_FLAGS, 0);
	struct span list = attribute_of(body, NFTA_SET_ELEM_EXPRESSIONS), one;
	const struct span end = attribute_of(body, NFTA_SET_ELEM_KEY_END);
	uint16_t type;

	copy_key(attribute_of(body, NFTA_SET_ELEM_KEY), element->key);
	element->has_end = !end.failed;
	memcpy(element->end, element->key, sizeof(element->end));
	if (element->has_end)
		copy_key(end, element->end);
	element->interval_end = (flags & NFT_SET_ELEM_INTERVAL_END) != 0;
	element->catch_all = (flags & NFT_SET_ELEM_CATCHALL) != 0;
	if (attribute_is_there(body, NFTA_SET_ELEM_DATA))
		element->data = kept(r, attribute_of(body, NFTA_SET_ELEM_DATA));
	judge_expression(attribute_of(body, NFTA_SET_ELEM_EXPR), element);
	while (netlink_attribute(&list, &type, &one))
		judge_expression(one, element);
	element->unsure |= attribute_is_there(body, NFTA_SET_ELEM_OBJREF);
}

static void take_elements(void *context, const struct netlink_message *message)
{
	struct reading *const r = context;
	struct set *const set = r->set;
	struct span body = message->body, list, one;
	struct element *elements;
	uint16_t type;

	span_skip(&body, 4);
	list = attribute_of(body, NFTA_SET_ELEM_LIST_ELEMENTS);
	while (netlink_attribute(&list, &type, &one)) {
		elements = arena_grow(r->netfilter->arena, set->elements, set->count, &set->capacity,
				      sizeof(*elements));
		if (elements == NULL) {
			r->no_memory = true;
			return;
		}
		set->elements = elements;
		elements[set->count] = (struct element){ 0 };
		read_element(r, one, &elements[set->count++]);
	}
}

static int by_key(const void *a, const void *b)
{
	const struct element *const x = a, *const y = b;
	const int order = memcmp(x->key, y->key, sizeof(x->key));

	/* An interval that begins where another ends. */
	return order != 0 ? order : (int)y->interval_end - (int)x->interval_end;
}

static void count_down(uint8_t key[static KEY_MOST], uint32_t length)
{
	while (length > 0 && key[--length]-- == 0)
		;
}

/* Without KEY_END an interval reaches to the element behind it, which is an end or another beginning; the
 * last one reaches as far as keys do. */
static void close_intervals(struct set *set)
{
	size_t count = 0;
	bool whole = true;

	if ((set->flags & NFT_SET_INTERVAL) == 0 || set->count == 0 || set->field_count > 1)
		return;
	for (size_t i = 0; i < set->count; i++)
		whole &= set->elements[i].has_end || set->elements[i].catch_all;
	if (whole)
		return;
	qsort(set->elements, set->count, sizeof(*set->elements), by_key);
	for (size_t i = 0; i < set->count; i++) {
		struct element element = set->elements[i];

		if (element.interval_end)
			continue;
		memset(element.end, 0xff, set->key_length);
		for (size_t k = i + 1; k < set->count && !element.catch_all; k++) {
			if (set->elements[k].catch_all ||
			    memcmp(set->elements[k].key, element.key, KEY_MOST) == 0)
				continue;
			memcpy(element.end, set->elements[k].key, KEY_MOST);
			count_down(element.end, set->key_length);
			break;
		}
		set->elements[count++] = element;
	}
	set->count = count;
}

/* ---- rules ---- */

static const struct {
	const char *name;
	enum expression_kind kind;
} kinds[] = {
	{ "bitwise", EXPRESSION_BITWISE },
	{ "byteorder", EXPRESSION_BYTEORDER },
	{ "cmp", EXPRESSION_CMP },
	{ "connlimit", EXPRESSION_PARTLY },
	{ "counter", EXPRESSION_NOTHING },
	{ "ct", EXPRESSION_CT },
	{ "dup", EXPRESSION_NOTHING },
	{ "dynset", EXPRESSION_UNSURE },
	{ "exthdr", EXPRESSION_EXTHDR },
	{ "fib", EXPRESSION_FIB },
	{ "flow_offload", EXPRESSION_NOTHING },
	{ "hash", EXPRESSION_LOADS },
	{ "immediate", EXPRESSION_IMMEDIATE },
	{ "last", EXPRESSION_NOTHING },
	{ "limit", EXPRESSION_PARTLY },
	{ "log", EXPRESSION_NOTHING },
	{ "lookup", EXPRESSION_LOOKUP },
	{ "masq", EXPRESSION_PASSES },
	{ "match", EXPRESSION_MATCH },
	{ "meta", EXPRESSION_META },
	{ "nat", EXPRESSION_NAT },
	{ "notrack", EXPRESSION_NOTRACK },
	{ "numgen", EXPRESSION_LOADS },
	{ "objref", EXPRESSION_OBJECT },
	{ "osf", EXPRESSION_LOADS },
	{ "payload", EXPRESSION_PAYLOAD },
	{ "quota", EXPRESSION_UNSURE },
	{ "range", EXPRESSION_RANGE },
	{ "redir", EXPRESSION_REDIR },
	{ "reject", EXPRESSION_DROPS },
	{ "rt", EXPRESSION_LOADS },
	{ "socket", EXPRESSION_LOADS },
	{ "target", EXPRESSION_TARGET },
	{ "tunnel", EXPRESSION_LOADS },
	{ "xfrm", EXPRESSION_LOADS },
};

static enum expression_kind kind_of(struct span name)
{
	if (span_left(name) > 0 && name.end[-1] == '\0')
		name.end--;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (span_is(name, kinds[i].name))
			return kinds[i].kind;
	}
	return EXPRESSION_OTHER;
}

static void note_change(struct reading *r, const struct chain *chain, struct span data)
{
	struct set *const set = set_named(r->netfilter, chain, attribute_of(data, NFTA_DYNSET_SET_NAME));

	if (set != NULL)
		set->changes = true;
}

static void read_expressions(struct reading *r, struct span list, struct rule_read *rule)
{
	struct span counted = list, one;
	size_t count = 0;
	uint16_t type;

	while (netlink_attribute(&counted, &type, &one))
		count++;
	rule->expressions = arena_array(r->netfilter->arena, count + 1, sizeof(*rule->expressions));
	if (rule->expressions == NULL) {
		r->no_memory = true;
		return;
	}
	while (rule->count < count && netlink_attribute(&list, &type, &one)) {
		const struct span name = attribute_of(one, NFTA_EXPR_NAME);
		struct span data = attribute_of(one, NFTA_EXPR_DATA);

		if (span_begins(name, "dynset"))
			note_change(r, rule->chain, data);
		rule->expressions[rule->count++] = (struct expression){ kind_of(name), data };
	}
}

static void take_rule(void *context, const struct netlink_message *message)
{
	struct reading *const r = context;
	struct span body = message->body, handle;
	struct chain of = { .family = span_u8(&body) };
	struct chain *chain = r->last;
	struct rule_read *rules;

	span_skip(&body, 3);
	body = kept(r, body);
	span_copy_text(attribute_of(body, NFTA_RULE_TABLE), of.table, sizeof(of.table));
	if (chain == NULL || chain->family != of.family || strcmp(chain->table, of.table) != 0 ||
	    !span_begins(attribute_of(body, NFTA_RULE_CHAIN), chain->name) ||
	    span_left(attribute_of(body, NFTA_RULE_CHAIN)) != strlen(chain->name) + 1)
		chain = chain_named(r->netfilter, &of, attribute_of(body, NFTA_RULE_CHAIN));
	r->last = chain;
	if (chain == NULL)
		return;
	rules = arena_grow(r->netfilter->arena, chain->rules, chain->count, &chain->capacity, sizeof(*rules));
	if (rules == NULL) {
		r->no_memory = true;
		return;
	}
	chain->rules = rules;
	handle = attribute_of(body, NFTA_RULE_HANDLE);
	rules[chain->count] = (struct rule_read){ .chain = chain, .handle = span_u64(&handle) };
	read_expressions(r, attribute_of(body, NFTA_RULE_EXPRESSIONS), &rules[chain->count++]);
}

/* ---- names ---- */

static int compare_names(uint8_t family, const char *table, const char *name, uint8_t other_family,
			 const char *other_table, const char *other_name)
{
	int order = (family > other_family) - (family < other_family);

	if (order == 0)
		order = strcmp(table, other_table);
	return order != 0 ? order : strcmp(name, other_name);
}

static int by_chain_name(const void *a, const void *b)
{
	const struct chain *const x = *(struct chain *const *)a, *const y = *(struct chain *const *)b;

	return compare_names(x->family, x->table, x->name, y->family, y->table, y->name);
}

static int by_set_name(const void *a, const void *b)
{
	const struct set *const x = *(struct set *const *)a, *const y = *(struct set *const *)b;

	return compare_names(x->family, x->table, x->name, y->family, y->table, y->name);
}

struct chain *chain_named(const struct netfilter *n, const struct chain *of, struct span name)
{
	struct chain asked = { .family = of->family };
	struct chain *const key = &asked, **found;

	memcpy(asked.table, of->table, sizeof(asked.table));
	span_copy_text(name, asked.name, sizeof(asked.name));
	found = n->chain_count == 0
			? NULL
			: bsearch(&key, n->chains, n->chain_count, sizeof(struct chain *), by_chain_name);
	return found != NULL ? *found : NULL;
}

struct set *set_named(const struct netfilter *n, const struct chain *of, struct span name)
{
	struct set asked = { .family = of->family };
	struct set *const key = &asked, **found;

	memcpy(asked.table, of->table, sizeof(asked.table));
	span_copy_text(name, asked.name, sizeof(asked.name));
	found = n->set_count == 0 ? NULL
				  : bsearch(&key, n->sets, n->set_count, sizeof(struct set *), by_set_name);
	return found != NULL ? *found : NULL;
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
	if (n->chain_count > 1)
		qsort(n->chains, n->chain_count, sizeof(struct chain *), by_chain_name);
	if (n->set_count > 1)
		qsort(n->sets, n->set_count, sizeof(struct set *), by_set_name);
}

/* Zero, or the errno. */
static int read_all(struct reading *r)
{
	struct netfilter *const n = r->netfilter;
	int error = ask(r, NFT_MSG_GETTABLE, NULL, take_table);

	if (error == 0)
		error = ask(r, NFT_MSG_GETCHAIN, NULL, take_chain);
	if (error == 0)
		error = ask(r, NFT_MSG_GETSET, NULL, take_set);
	if (error != 0)
		return error;
	sort_chains(r);
	for (size_t i = 0; i < n->set_count && error == 0; i++) {
		r->set = n->sets[i];
		error = ask(r, NFT_MSG_GETSETELEM, r->set, take_elements);
		close_intervals(r->set);
	}
	if (error == 0)
		error = ask(r, NFT_MSG_GETRULE, NULL, take_rule);
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
