/* rules.h: the rule set as it was read: tables with chains, of rules, of expressions, and sets with elements.
 * Expressions stay as the kernel tells them, attributes that are read when they are evaluated. */
#ifndef NETFILTER_RULES_H
#define NETFILTER_RULES_H

#include "netfilter/netfilter.h"
#include "netfilter/routes.h"

enum { KEY_MOST = 64, NAME_MOST = 128, FIELDS_MOST = 16 };

/* EXPRESSION_OTHER may do anything. */
enum expression_kind {
	EXPRESSION_BITWISE,
	EXPRESSION_BYTEORDER,
	EXPRESSION_CMP,
	EXPRESSION_CT,
	EXPRESSION_DROPS, /* reject */
	EXPRESSION_EXTHDR,
	EXPRESSION_FIB,
	EXPRESSION_IMMEDIATE,
	EXPRESSION_LOADS, /* a value that is not known beforehand */
	EXPRESSION_LOOKUP,
	EXPRESSION_MATCH, /* of xtables */
	EXPRESSION_META,
	EXPRESSION_NAT,
	EXPRESSION_NOTHING, /* counts, logs */
	EXPRESSION_NOTRACK,
	EXPRESSION_OBJECT,
	EXPRESSION_OTHER,
	EXPRESSION_PARTLY, /* matches so often and no more */
	EXPRESSION_PASSES, /* masquerades, which ends a chain as accept does */
	EXPRESSION_PAYLOAD,
	EXPRESSION_RANGE,
	EXPRESSION_REDIR,
	EXPRESSION_TARGET, /* of xtables */
	EXPRESSION_UNSURE, /* matches or not */
};

struct expression {
	enum expression_kind kind;
	struct span data;
};

/* The key reaches from `key` to `end`, field by field; both are the same in sets without intervals. */
struct element {
	uint8_t key[KEY_MOST], end[KEY_MOST];
	struct span data; /* of a map: NFTA_SET_ELEM_DATA */
	bool interval_end, has_end, catch_all, limited, unsure;
};

struct set {
	uint8_t family;
	char table[NAME_MOST], name[NAME_MOST];
	uint32_t flags, key_length;
	uint8_t fields[FIELDS_MOST]; /* lengths, of a concatenation; else one */
	uint8_t field_count;
	bool changes; /* packets add to it or take away */
	struct element *elements;
	size_t count, capacity;
};

struct rule_read {
	struct chain *chain;
	uint64_t handle;
	struct expression *expressions;
	size_t count;
};

struct chain {
	uint8_t family;
	char table[NAME_MOST], name[NAME_MOST], type[16];
	bool base, drops;
	uint32_t hook;
	int32_t priority;
	size_t order;        /* as listed */
	struct span devices; /* of an ingress hook: NFTA_HOOK_DEVS */
	char device[32];
	struct rule_read *rules;
	size_t count, capacity;
};

struct netfilter {
	struct arena *arena;
	struct chain **chains; /* sorted by family, table and name */
	struct set **sets;     /* likewise */
	struct chain **base;   /* sorted by hook, priority; the later before the earlier */
	size_t chain_count, set_count, base_count;
	size_t chain_capacity, set_capacity;
	struct routes routes;
};

/* NULL where there is none. */
struct chain *chain_named(const struct netfilter *netfilter, const struct chain *of, struct span name);
struct set *set_named(const struct netfilter *netfilter, const struct chain *of, struct span name);

/* The value of an attribute of this type, or an empty failed span. A number is in network order. */
struct span attribute_of(struct span data, uint16_t type);
uint32_t attribute_number(struct span data, uint16_t type, uint32_t without);
bool attribute_is_there(struct span data, uint16_t type);

#endif
