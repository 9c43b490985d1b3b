/* decide.h: the inside of a decider, shared by the rooms that build it, ask it and check policies with it.
 *
 * The space of all questions is cut one dimension after the other:
 *
 *   interface, direction, transport   a table: each combination that rules name has a tree of its own.
 *                                     Rules without an interface are scope 0, rules for any transport are
 *                                     transport 256, and both are asked beside the exact ones.
 *   ports                             a map of 65,536 bits, counted in steps of 64, gives the elementary
 *                                     interval, and storeys over the intervals give the nodes: one of each
 *                                     storey, at most four for intervals in rooms of 64.
 *   addresses                         in a node rules are parted by the ends that they constrain. Neither
 *                                     end: only the first counts. One end: a map of stretches. Both ends:
 *                                     the stretches of sources are classes with storeys above them, as the
 *                                     ports are, and each room has a map of destinations.
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
	PORT_WORDS = PORTS / 64,
	ROOMS_PER_ITEM = 16,
	ROOMS_FREE = 4096, /* that a tree may have in any case */
};
#define DECIDER_LIMIT ((size_t)1 << 30) /* bytes */
#define NOTHING       UINT32_MAX        /* no tree, node or pair */

/* The rules of one room of ports. With a pair, the stretches of sources are cut for it as well. */
struct node {
	struct stretches source, destination;
	uint32_t any;       /* the first that constrains neither end */
	uint32_t both;      /* index of a pair, or NOTHING */
	uint32_t unused[2]; /* a node fills a cache line */
};

/* The rules of a node that constrain both ends. */
struct pair {
	uint32_t first;
	struct stretches by_source, by_destination; /* for questions that leave the other end open */
	uint32_t v4_slot, v6_slot; /* what to take off a slot of the node's sources to get its class */
	uint32_t class_first;      /* the lowest rule of each class, in class_rules */
	struct storeys storeys;    /* their rooms: indices of maps of destinations */
};

/* Which ports begin a class, 64 to a word, and how many did before. */
struct port_word {
	uint64_t begins;
	uint32_t before;
};

struct tree {
	struct storeys storeys; /* their rooms: indices of nodes */
	uint32_t ports;         /* the first of 1024 words; NOTHING: one class for all ports */
};

/* A room: the lowest rule there, so that nothing is fetched in vain, and what it holds: a map if it is the
 * room of a pair; for ports a node, or at once what the node would come to in the most frequent cases. */
enum room_kind {
	ROOM_NODE,
	ROOM_ANY,         /* one rule that constrains neither end: the lowest */
	ROOM_SOURCE,      /* a leaf: rules for few sources of IPv4, and nothing else */
	ROOM_DESTINATION, /* the same for destinations */
};
struct room {
	uint32_t first;
	uint32_t kind : 2, content : 30;
};
enum { CONTENT_LIMIT = 1 << 30 };

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
	bool has_patterns; /* some of them are "eth*" */
	/* 0: rules without interface; 1 + n: those for interface n; the last: all that name one */
	uint32_t (*scopes)[DIRECTIONS][TRANSPORTS];

	struct tree *trees;
	struct node *nodes;
	struct pair *pairs;
	struct stretches *maps;
	struct room *rooms;
	struct port_word *ports;
	uint32_t *class_rules;
	size_t tree_count, node_count, pair_count, map_count, room_count, port_count, class_rule_count;
	size_t tree_capacity, node_capacity, pair_capacity, map_capacity, room_capacity, port_capacity,
		class_rule_capacity;
};

/* How many bits of a word are set: part by part, since not every machine that this runs on counts them. */
static inline uint32_t bits_set(uint64_t n)
{
	n -= n >> 1 & UINT64_C(0x5555555555555555);
	n = (n & UINT64_C(0x3333333333333333)) + (n >> 2 & UINT64_C(0x3333333333333333));
	n = (n + (n >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	return (uint32_t)(n * UINT64_C(0x0101010101010101) >> 56);
}

/* The class of a port in a tree. */
static inline uint32_t tree_class(const struct decider *d, const struct tree *tree, uint32_t port)
{
	const struct port_word *word;

	if (tree->ports == NOTHING)
		return 0;
	word = &d->ports[tree->ports + port / 64];
	return word->before + bits_set(word->begins << (63 - port % 64)) - 1;
}

/* The scope of an interface as rules write it; NOTHING if none does. */
uint32_t decider_scope(const struct decider *decider, const char *interface);

/* The scopes that an interface of this name is in: its own, and those of the patterns "eth*" that match it.
 * Linux gives names at most 15 characters, and so does the language. */
enum { INTERFACE_SCOPES = 20 };
size_t decider_scopes(const struct decider *decider, const char *interface,
		      uint32_t scopes[static INTERFACE_SCOPES]);

/* Whether what is spoken by two services is the same. */
bool speak_alike(const struct service *a, const struct service *b);

#endif
