/* divide.h: one list of rules divided along the dimensions; for the rooms that do it. */
#ifndef FIREWALL_DIVIDE_H
#define FIREWALL_DIVIDE_H

#include "firewall/lower.h"

/* Rules in their order. */
struct rule_list {
	const uint32_t *rules;
	size_t count;
};

/* A list that was divided before. */
struct divided {
	struct rule_list list;
	uint32_t depth, transport;
	uint64_t hash;
	struct target target;
};

struct division {
	const struct firewall *firewall;
	struct arena *scratch; /* all that is made, until the stage is accepted */
	const enum dimension *order;
	struct floor made;
	struct divided *memo; /* hashed; a power of two */
	size_t memo_count, memo_capacity;
	uint32_t *
		known; /* nodes by what they hold, hashed: index + 1, 0 where there is none; a power of two */
	size_t known_capacity;
	size_t work, limit; /* rules looked at, and how many may be */
	bool no_memory;
};

/* The place of a list among the dimensions. */
struct spot {
	uint32_t depth;     /* index in the order */
	uint32_t transport; /* TRANSPORT_ANY where it is not known */
};

/* Whether the rule asks for something in this dimension. */
bool rule_asks(const struct firewall *firewall, uint32_t rule, enum dimension by, uint32_t transport);

/* Whether nothing more needs to be looked at to know that the rule matches. */
bool rule_is_settled(const struct division *d, uint32_t rule, struct spot spot);

/* What a list comes to. False over the limit, or without memory. */
bool divide(struct division *d, struct spot spot, struct rule_list list, struct target *ret_target);

/* Cut along one dimension: the entries and what is left of a node. */
bool cut_numbers(struct division *d, struct spot spot, struct rule_list list, struct node *node);
bool cut_transports(struct division *d, struct spot spot, struct rule_list list, struct node *node);
bool cut_interfaces(struct division *d, struct spot spot, struct rule_list list, struct node *node);
bool cut_times(struct division *d, struct rule_list list, struct node *node);

/* Adds an entry behind the last; one that leads to the same place as its neighbour lengthens that. */
bool node_add(struct division *d, struct node *node, size_t *capacity, struct entry entry);

/* Counts work. False past the limit. */
bool division_works(struct division *d, size_t work);

/* Memory of the division; takes note where there is none. */
void *division_array(struct division *d, size_t count, size_t size);

#endif
