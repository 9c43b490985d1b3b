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
	uint32_t *bounds;           /* first ports of the classes of a tree */
	uint32_t *rules;            /* of the node being built */
	size_t bound_capacity, rule_capacity;
	size_t rooms_needed; /* counted while storeys are chosen */
};

/* Puts a rule into every room that covers the classes. */
bool place(struct builder *b, struct placed_list *list, const struct storeys *storeys, uint32_t first,
	   uint32_t last, uint32_t rule);

/* Sorts what was placed by room, then rule, and leaves out what stands there twice. */
void sort_placed(struct placed_list *list);

/* New rooms, holding NOTHING; their base is set. */
bool add_rooms(struct builder *b, struct storeys *storeys);

/* Once the rooms are built: walks end below the storeys in which no rule stands. */
void leave_out_empty_storeys(const struct decider *d, struct storeys *storeys);

/* One more element at the end of an array of the decider's. */
void *decider_grow(struct decider *d, void *array, size_t count, size_t *capacity, size_t size);

/* Builds the tree of some items, which are sorted by rule; its index is ret_tree. */
bool build_tree(struct builder *b, const struct item *items, size_t count, uint32_t *ret_tree);

/* Builds a room of ports from its rules, in their order. */
bool build_room(struct builder *b, const struct placed *placed, size_t count, struct room *ret_room);

/* The map of one end of some rules. */
enum end { END_SOURCE = 1, END_DESTINATION = 2 };
bool build_map(struct builder *b, const uint32_t *rules, size_t count, enum end end,
	       struct stretches *ret_map);

/* Builds the pair of the rules that constrain both ends, in their order. `source` is the map of the node's
 * sources, which the stretcher ended last, cut at the sources of these rules. */
bool build_pair(struct builder *b, const struct stretches *source, const uint32_t *rules, size_t count,
		uint32_t *ret_pair);

#endif
