/* leases.h: addresses that DHCP and DHCPv6 give, remembered beyond flows (memory.h): whether one is always
 * given to the same client, and the host names that clients have told of themselves. */
#ifndef PROTOCOLS_LEASES_H
#define PROTOCOLS_LEASES_H

#include "protocols/parse.h"

enum { LEASES_LIMIT = 1 << 14, LEASE_NAME = 64 };

struct lease_name {
	uint8_t length;
	char text[LEASE_NAME];
};

/* What is to be known of an address that is given. */
struct lease_given {
	struct address server, address;
	uint64_t holder;        /* leases_holder() of who holds it */
	uint64_t host;          /* and of whose it is, if one has several addresses */
	uint32_t id;            /* of the transaction: who asks again for the same is answered again */
	struct lease_name name; /* that the answer has; empty without */
	const char *by;         /* "dhcp"; NULL: the address is not one host's, and gets no name */
};

/* Whose hardware address, or DUID, this is. */
uint64_t leases_holder(struct span identity);

/* The name with its rest cut off where it is too long. */
struct lease_name leases_name(struct span text);

/* A client tells its name. */
void leases_tell_host(struct parse *parse, uint64_t host, struct span name);

/* An event "lease" to which memory adds "observed" and "observed_times", and "hostname" if the name is one
 * that the client told before. A reservation and an address that a pool keeps for its last holder look alike,
 * so that only what was observed is told. The name is the address's from here on. */
void leases_tell(struct parse *parse, parse_emit *emit, const void *record, const struct lease_given *given);

#endif
