/* lower.h: the lowered form, shared by the rooms of this module.
 *
 * The rules of one direction are a list. A list is divided along one dimension after the other: transports,
 * ports, sources, destinations, interfaces are cut where a rule of the list begins or ends, and each piece
 * keeps the rules that hold there, up to the first that needs no further look. Equal lists are divided once,
 * so that what comes out is a graph whose nodes are lookups. A packet passes at most one node of each
 * dimension.
 *
 * Dividing multiplies: rules for many ports and rules for many addresses that overlap have as many pieces as
 * the product of both. Where a list would come to more than WORK_PER_ITEM for each thing that its rules name,
 * it is cut into stages, one behind the other, each of which is divided by itself: what no rule of a stage
 * matches goes on to the next. */
#ifndef FIREWALL_LOWER_H
#define FIREWALL_LOWER_H

#include "base/arena.h"
#include "firewall/firewall.h"
#include "policy/address_set.h"

enum { WORK_PER_ITEM = 8, WORK_FREE = 1 << 12 };

enum dimension {
	BY_INTERFACE,
	BY_TRANSPORT,
	BY_PORT,
	BY_SOURCE,
	BY_DESTINATION,
	BY_TIME, /* the last: rules with `until`, in their order */
	BY_END
};
enum { DIMENSIONS = BY_END };

/* Where a lookup leads: to nothing (the next stage), a rule's chain, or a further lookup. */
enum target_kind { TO_NEXT, TO_RULE, TO_NODE };
struct target {
	enum target_kind kind;
	uint32_t index; /* number of the rule; index of the node */
};

/* Ports, types and transports are numbers with `high` 0. Of BY_TIME `last` is the second, since 1970, in
 * which the rule is over. */
struct entry {
	struct number first, last;
	const char *interface; /* of BY_INTERFACE: a name, or a pattern that ends in '*' */
	struct target target;
};

struct node {
	enum dimension by;
	uint16_t transport; /* of BY_PORT: whose ports; else TRANSPORT_ANY */
	struct entry
		*entries; /* disjoint and in order; patterns of interfaces and moments: the first decides */
	size_t entry_count;
	struct target otherwise;
	uint32_t name; /* of its chain, behind that of the direction: made from the way that leads there */
};

struct stage {
	struct target target;
	uint32_t first, last; /* numbers of the first and last rule in it */
};

/* The stages of one direction. */
struct floor {
	struct node *nodes; /* what a node leads to stands before it */
	struct stage *stages;
	size_t node_count, node_capacity, stage_count, stage_capacity;
};

/* The two ends of a rule, resolved. */
struct rule_ends {
	const struct address_set *source, *destination;
};

struct firewall {
	struct arena *arena;
	const struct policy *policy;
	struct firewall_rule *rules; /* of each rule of the policy */
	struct rule_ends *ends;
	struct floor floors[DIRECTIONS];
	struct buffer text;  /* owned: the whole transaction */
	struct buffer words; /* owned: of each rule of the policy */
	uint64_t digest;     /* of what is in its table */
};

static inline bool same_target(struct target a, struct target b)
{
	return a.kind == b.kind && (a.kind == TO_NEXT || a.index == b.index);
}

/* Divides the rules `list` of one direction into its stages. False without memory. */
bool lower_direction(struct firewall *firewall, enum direction direction, const uint32_t *list, size_t count);

/* Of what entries of named nodes hold. */
uint32_t entries_digest(const struct firewall *firewall, const struct floor *floor,
			const struct entry *entries, size_t count);

/* Names the lookups of a direction. False without memory. */
bool name_nodes(const struct firewall *firewall, struct floor *floor);

#endif
