/* address_set.h: a list of addresses as it was written, and what it comes to: ranges of numbers that are
 * sorted, do not touch, and have names, `self`, `local` and `except` resolved. Sets are made once for each
 * policy and shared by all that ask.
 *
 * An IPv4 address is the number of its mapped form, so both families lie on one line of 128 bits. An IPv6
 * range that reaches over the mapped block does not hold the IPv4 addresses in it: ::/0 is all of IPv6. */
#ifndef POLICY_ADDRESS_SET_H
#define POLICY_ADDRESS_SET_H

#include "base/arena.h"
#include "policy/policy.h"

struct number {
	uint64_t high, low;
};

struct number_range {
	struct number first, last;
};

struct address_set {
	const struct number_range *ranges;
	uint32_t count;
	bool everything; /* one range that holds all addresses: it constrains nothing */
};

#define MAPPED_HIGH   UINT64_C(0x0000ffff)
#define MAPPED_FIRST  ((struct number){ 0, MAPPED_HIGH << 32 })
#define MAPPED_LAST   ((struct number){ 0, MAPPED_HIGH << 32 | UINT32_MAX })
#define NUMBER_BEHIND ((struct number){ 0, (MAPPED_HIGH + 1) << 32 }) /* behind the mapped block */
#define NUMBER_MOST   ((struct number){ UINT64_MAX, UINT64_MAX })

static inline uint64_t number_half(const uint8_t b[static 8])
{
	return (uint64_t)b[0] << 56 | (uint64_t)b[1] << 48 | (uint64_t)b[2] << 40 | (uint64_t)b[3] << 32 |
	       (uint64_t)b[4] << 24 | (uint64_t)b[5] << 16 | (uint64_t)b[6] << 8 | b[7];
}

static inline struct number number_of(const struct address *a)
{
	return (struct number){ number_half(a->bytes), number_half(a->bytes + 8) };
}

struct address number_address(struct number n);

static inline bool number_less(struct number a, struct number b)
{
	return a.high < b.high || (a.high == b.high && a.low < b.low);
}

static inline bool number_equal(struct number a, struct number b)
{
	return a.high == b.high && a.low == b.low;
}

static inline int number_compare(struct number a, struct number b)
{
	return number_less(a, b) ? -1 : number_less(b, a);
}

static inline bool number_is_v4(struct number n)
{
	return n.high == 0 && n.low >> 32 == MAPPED_HIGH;
}

/* The neighbours; they wrap at the ends of the line. */
static inline struct number number_next(struct number n)
{
	return (struct number){ n.high + (n.low == UINT64_MAX), n.low + 1 };
}

static inline struct number number_previous(struct number n)
{
	return (struct number){ n.high - (n.low == 0), n.low - 1 };
}

/* Whether the set holds the number: its range, or NULL. */
const struct number_range *address_set_find(const struct address_set *set, struct number n);

/* Whether all of `part` is in `whole`. */
bool address_set_within(const struct address_set *part, const struct address_set *whole);

/* What the names of a policy and the surroundings of its host stand for. Lives in an arena. */
struct resolver {
	struct arena *arena;
	const struct policy *policy;
	struct surroundings around;
	const struct address_set **names; /* by their number in the policy */
};

/* Resolves the names of the policy. A name may use those before it. NULL without memory. */
struct resolver *resolver_new(struct arena *arena, const struct policy *policy,
			      const struct surroundings *around);

/* The set that a list comes to; lists that are only one name share its set. NULL without memory. */
const struct address_set *resolve_addresses(struct resolver *resolver, const struct address_list *list);

/* The set of a name; the empty one for a name that is not the policy's. */
const struct address_set *resolved_name(const struct resolver *resolver, const struct policy_name *name);

/* The ranges that `multicast` and `broadcast` stand for on every host. */
extern const struct address_range multicast_ranges[2], broadcast_ranges[1];

#endif
