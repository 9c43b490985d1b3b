/* decide.h: the inside of a decider, shared by the rooms that build it, ask it and check policies with it.
 *
 * The space of all questions is cut one dimension after the other:
 *
 *   interface, direction, transport   a table: each combination that rules name has a tree of its own.
 *                                     Rules without an interface are scope 0, rules for any transport are
 *                                     transport 256, and both are asked beside the exact ones.
 *   ports                             a table of 65,536 entries (in shared pages) gives the elementary
 *                                     interval, and storeys over the intervals give the nodes: one of each
 *                                     storey, at most four for intervals in rooms of 64.
 *   addresses                         in a node rules are parted by the ends that they constrain. Neither
 *                                     end: only the first counts. One end: a map of stretches. Both ends:
 *                                     the sources cut as the ports are, with a map of destinations in each
 *                                     room.
 *
 * All is exact: nothing is left to be searched in a list, and a question visits a number of maps that has a
 * bound, each by one binary search. What it costs is memory for rules that reach over many intervals: a rule
 * stands in at most 2 * 63 rooms of a storey, and where a tree would come to more than ROOMS_PER_ITEM for
 * each of its rules on average, its rooms are made smaller, down to pairs (32 rooms at most). The whole is
 * bounded by DECIDER_LIMIT. */
#ifndef POLICY_DECIDE_H
#define POLICY_DECIDE_H

#include "policy/storeys.h"
#include "policy/stretches.h"

enum {
	TRANSPORTS = TRANSPORT_ANY + 1,
	PORTS = 65536,
	PAGE = 256,
	ROOMS_PER_ITEM = 16,
	ROOMS_FREE = 4096, /* that a tree may have in any case */
};
#define DECIDER_LIMIT ((size_t)1 << 30) /* bytes */
#define NOTHING       UINT32_MAX        /* no tree, node or pair */

/* The rules of one room of ports. */
struct node {
	uint32_t first; /* the lowest number of them all */
	uint32_t any;   /* the first that constrains neither end */
	struct stretches source, destination;
	uint32_t both; /* index of a pair, or NOTHING */
};

/* The rules of a node that constrain both ends. */
struct pair {
	struct stretches by_source, by_destination; /* for questions that leave the other end open */
	struct stretches classes;                   /* sources to their class */
	struct storeys storeys;                     /* their rooms: indices of maps of destinations */
};

struct tree {
	struct storeys storeys; /* their rooms: indices of nodes */
	uint32_t pages;         /* 256 offsets of pages of classes; NOTHING: one class for all ports */
};

struct ends {
	const struct address_set *source, *destination;
};

struct decider {
	struct arena *arena;
	const struct policy *policy; /* borrowed */
	struct resolver *resolver;
	struct ends *ends; /* of each rule */
	uint8_t *verdicts; /* of each rule, close together */
	uint8_t *past;     /* whether its `until` is past */
	struct stretch_pool pool;

	const char **interfaces; /* that rules name, sorted */
	size_t interface_count;
	/* 0: rules without interface; 1 + n: those for interface n; the last: all that name one */
	uint32_t (*scopes)[DIRECTIONS][TRANSPORTS];

	struct tree *trees;
	struct node *nodes;
	struct pair *pairs;
	struct stretches *maps;
	uint32_t *rooms, *pages;
	uint16_t *classes;
	size_t tree_count, node_count, pair_count, map_count, room_count, page_count, class_count;
	size_t tree_capacity, node_capacity, pair_capacity, map_capacity, room_capacity, page_capacity,
		class_capacity;
};

/* The scope of an interface by name; NOTHING if no rule names it. */
uint32_t decider_scope(const struct decider *decider, const char *interface);

/* Whether what is spoken by two services is the same. */
bool speak_alike(const struct service *a, const struct service *b);

#endif
