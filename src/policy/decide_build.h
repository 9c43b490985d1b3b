/* decide_build.h: what the rooms that build a decider share. */
#ifndef POLICY_DECIDE_BUILD_H
#define POLICY_DECIDE_BUILD_H

#include "policy/decide.h"

/* A rule's stretch of ports in one tree. */
struct item {
	uint64_t tree; /* scope, direction and transport */
	uint32_t rule;
	uint16_t first, last;
};

/* A rule in a room. */
struct placed {
	uint32_t room, rule;
};

struct placed_list {
	struct placed *list;
	size_t count, capacity;
};

struct builder {
	struct decider *decider;
	struct arena *scratch;
	struct stretcher *stretcher;
	struct placed_list placed;  /* in the rooms of a tree */
	struct placed_list sources; /* in the rooms of a pair */
	struct number *starts;      /* of the classes of a pair */
	uint32_t *bounds;           /* first ports of the classes of a tree */
	uint32_t *rules;            /* of the node being built */
	size_t start_capacity, bound_capacity, rule_capacity;
};

/* Puts a rule into every room that covers the classes. */
bool place(struct builder *b, struct placed_list *list, const struct storeys *storeys, uint32_t first,
	   uint32_t last, uint32_t rule);

/* Sorts what was placed by room, then rule, and leaves out what stands there twice. */
void sort_placed(struct placed_list *list);

/* New rooms, holding NOTHING; their base is set. */
bool add_rooms(struct builder *b, struct storeys *storeys);

/* One more element at the end of an array of the decider's. */
void *decider_grow(struct decider *d, void *array, size_t count, size_t *capacity, size_t size);

/* Builds the tree of some items, which are sorted by rule; its index is ret_tree. */
bool build_tree(struct builder *b, const struct item *items, size_t count, uint32_t *ret_tree);

/* Builds the node of some rules, in their order. */
bool build_node(struct builder *b, const struct placed *placed, size_t count, uint32_t *ret_node);

/* Builds the pair of the rules that constrain both ends, in their order. */
bool build_pair(struct builder *b, const uint32_t *rules, size_t count, uint32_t *ret_pair);

#endif
