/* membership.h: what IGMP and MLD say alike: who asks for members of multicast groups, who reports himself as
 * one, and from which sources. */
#ifndef PROTOCOLS_MEMBERSHIP_H
#define PROTOCOLS_MEMBERSHIP_H

#include "protocols/told.h"

enum { MEMBERSHIP_RECORDS = 16, MEMBERSHIP_SOURCES = 4 };

struct membership_record {
	uint8_t type;
	struct address group;
	struct address sources[MEMBERSHIP_SOURCES]; /* the first ones */
	uint16_t source_count;
};

/* One message. */
struct membership {
	const char *message; /* "query", "report", "leave" */
	uint8_t version;
	bool has_group, suppress, has_timers;
	struct address group;
	uint32_t response_ms;      /* of a query: answers come within */
	uint8_t robustness;        /* of a query with has_timers */
	uint32_t query_interval_s; /* likewise */
	struct membership_record records[MEMBERSHIP_RECORDS];
	uint16_t record_count; /* a query with sources has one without a type */
};

/* The part of a query of IGMP 3 and MLD 2 behind the group: flags, interval, sources; and the records of a
 * report behind their number. Addresses are of 4 octets or 16. False: too short. */
bool membership_query_read(struct membership *m, struct span s, size_t address_octets);
bool membership_records_read(struct membership *m, struct span s, size_t address_octets);

/* Numbers above a bound are of mantissa and exponent (RFC 9776 section 4.1.1, RFC 9777 section 5.1.3). */
uint32_t membership_number_8(uint8_t code);
uint32_t membership_number_16(uint16_t code);

struct address membership_address(struct span *s, size_t address_octets);

void membership_emit(const void *membership, struct json *json);

#endif
