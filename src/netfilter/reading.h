/* reading.h: the rule set while it is read, message by message (read.c, read_sets.c, read_rules.c). */
#ifndef NETFILTER_READING_H
#define NETFILTER_READING_H

#include "netfilter/rules.h"

struct netlink_message;

struct reading {
	struct netfilter *netfilter;
	struct set *set;      /* whose elements are listed */
	const char **dormant; /* tables that are asleep: "FAMILY NAME" */
	size_t dormant_count, dormant_capacity;
	struct chain *last; /* rules of one chain come together */
	uint32_t generation;
	bool no_memory;
};

/* A copy: what a message holds lies in a buffer that the next one takes. */
struct span reading_keep(struct reading *reading, struct span s);

/* Of each message, with the reading as context. */
void set_take(void *context, const struct netlink_message *message);
void set_take_elements(void *context, const struct netlink_message *message);
void rule_take(void *context, const struct netlink_message *message);

/* When all elements of a set have come. */
void set_close_intervals(struct set *set);

/* So that chain_named() and set_named() find them. */
void names_sort(struct netfilter *netfilter);

#endif
