/* address.h: IP addresses, ranges of them, and how they are written (RFC 5952 for IPv6).
 *
 * An address is sixteen bytes in network order. IPv4 stands in its mapped form, ::ffff:a.b.c.d, so one order
 * and one comparison serve both families, and a peer seen through a dual-stack socket is the IPv4 party that
 * it is. Prefixes are ranges whose ends are aligned. */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include "base/span.h"

struct address {
	uint8_t bytes[16];
};

/* Both ends belong to it, and both are of one family. */
struct address_range {
	struct address first, last;
};

enum { ADDRESS_TEXT = 48, ADDRESS_RANGE_TEXT = 2 * ADDRESS_TEXT };

struct address address_v4(uint32_t host_order);
struct address address_v6(const uint8_t bytes[static 16]);
bool address_is_v4(const struct address *a);

/* The IPv4 address as a number in host order; only for addresses that are IPv4. */
uint32_t address_to_v4(const struct address *a);

static inline int address_compare(const struct address *a, const struct address *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

/* 0.0.0.0 or ::, which a socket is bound to when it listens on all addresses. */
bool address_is_unspecified(const struct address *a);

/* Reads "192.0.2.7" or "2001:db8::7", the whole of s. An IPv4 number must be plain decimal without a
 * leading zero; a mapped address is read as the IPv4 one. */
bool address_parse(struct span s, struct address *ret_address);

/* Reads an address, a prefix "192.0.2.0/24" or a range "192.0.2.1-192.0.2.9". A prefix with bits set behind
 * its length is not read; ret_reason, which may be NULL, then says why in a few words. */
bool address_range_parse(struct span s, struct address_range *ret_range, const char **ret_reason);

char *address_text(const struct address *a, char text[static ADDRESS_TEXT]);

/* The shortest of the three forms that address_range_parse() reads. */
char *address_range_text(const struct address_range *range, char text[static ADDRESS_RANGE_TEXT]);

/* An IPv6 range that reaches over the mapped block, such as ::/0, holds no IPv4 address. */
static inline bool address_in(const struct address *a, const struct address_range *range)
{
	return address_compare(a, &range->first) >= 0 && address_compare(a, &range->last) <= 0 &&
	       address_is_v4(a) == address_is_v4(&range->first);
}

/* The range of addresses that share the first `bits` bits with a; bits counts within a's own family. */
struct address_range address_prefix(const struct address *a, unsigned bits);

/* The prefix length of a range that is one, within its family, else -1. */
int address_range_bits(const struct address_range *range);

/* The next address; false at the last one there is. */
bool address_next(const struct address *a, struct address *ret_next);
bool address_previous(const struct address *a, struct address *ret_previous);

#endif
