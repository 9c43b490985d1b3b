/* Rules: expressions are told by kind here, and understood when they are evaluated. */
#include "host/netlink.h"
#include "netfilter/reading.h"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>

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

void rule_take(void *context, const struct netlink_message *message)
{
	struct reading *const r = context;
	struct span body = message->body, handle;
	struct chain of = { .family = span_u8(&body) };
	struct chain *chain = r->last;
	struct rule_read *rules;

	span_skip(&body, 3);
	body = reading_keep(r, body);
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
