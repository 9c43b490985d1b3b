/* targets.h: the addresses that are to be looked at: addresses, prefixes, ranges, names of hosts, and files
 * of them, a word to a line. */
#ifndef SCAN_TARGETS_H
#define SCAN_TARGETS_H

#include "base/address.h"
#include "base/error.h"

enum {
	TARGETS_LIMIT = 1 << 24, /* addresses in all */
	TARGETS_RANGES = 1 << 20,
	TARGETS_WORD = 256,
	TARGETS_FILE_LIMIT = 16 << 20, /* octets of a file of targets */
};

struct targets {
	struct targets_range {
		struct address_range range;
		uint32_t interface; /* scope of a link-local address, or 0 */
		uint32_t before;    /* addresses in the ranges before */
	} * list;                   /* owned */
	size_t range_count, capacity;
	uint32_t count; /* addresses in all */
};

/* Adds what the word stands for: "192.0.2.7", "192.0.2.0/24", "192.0.2.1-192.0.2.9", "fe80::1%eth0",
 * "www.example.org", of which all addresses are taken. Of a prefix of IPv4 the network's own address and its
 * broadcast are hosts as well as others: nobody but the network knows its mask. False with words; what was
 * added before stays. */
bool targets_add(struct targets *targets, const char *word, struct error *err);

/* The words of a file; "-" is standard input. What stands behind # is a comment. */
bool targets_add_file(struct targets *targets, const char *path, struct error *err);
void targets_free(struct targets *targets);

/* Puts all in order, so that no address stands in it twice: to be called before the functions below. */
void targets_sort(struct targets *targets);

/* The nth address, from 0, in ascending order; and which one an address is. */
void targets_nth(const struct targets *targets, uint32_t nth, struct address *ret_address,
		 uint32_t *ret_interface);
bool targets_find(const struct targets *targets, const struct address *address, uint32_t *ret_nth);

/* Of `all` those whose bit is set, and those that were named by themselves. *ret_kept is given back by
 * targets_free(), also when there is no memory: false then. */
bool targets_keep(const struct targets *all, const uint8_t *bits, struct targets *ret_kept,
		  struct error *err);

/* Whether there are prefixes or ranges among them. */
bool targets_have_ranges(const struct targets *targets);

/* Whether all are loopback, private, link-local or otherwise not routed in public. The first that is not is
 * returned; NULL if there is none. */
const struct targets_range *targets_public(const struct targets *targets);

#endif
