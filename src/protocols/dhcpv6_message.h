/* dhcpv6_message.h: messages of DHCP for IPv6 and their options. RFC 8415. dhcpv6.c recognises and reads
 * them, dhcpv6_event.c writes events. Reading follows span.h. */
#ifndef PROTOCOLS_DHCPV6_MESSAGE_H
#define PROTOCOLS_DHCPV6_MESSAGE_H

#include "base/address.h"
#include "base/json.h"

enum {
	DHCPV6_SOLICIT = 1,
	DHCPV6_ADVERTISE = 2,
	DHCPV6_REPLY = 7,
	DHCPV6_INFORMATION = 11,
	DHCPV6_RELAY_FORWARD = 12,
	DHCPV6_RELAY_REPLY = 13,
	DHCPV6_RELAYS = 8, /* inside each other, at most (RFC 8415 7.6 has 8 hops) */
};

enum dhcpv6_option {
	DHCPV6_CLIENT_ID = 1,
	DHCPV6_SERVER_ID = 2,
	DHCPV6_IA_NA = 3,
	DHCPV6_IA_TA = 4,
	DHCPV6_IA_ADDRESS = 5,
	DHCPV6_ELAPSED = 8,
	DHCPV6_RELAYED = 9,
	DHCPV6_STATUS = 13,
	DHCPV6_INTERFACE_ID = 18,
	DHCPV6_DNS = 23,
	DHCPV6_IA_PD = 25,
	DHCPV6_IA_PREFIX = 26,
	DHCPV6_REMOTE_ID = 37,
	DHCPV6_FQDN = 39,
};

/* Steps over the header: a type, which is returned, and three octets; of relays hops and two addresses. */
uint8_t dhcpv6_header(struct span *s);
bool dhcpv6_is_relayed(struct span message);

/* The next option off s; the first of a kind, without octets where there is none. */
bool dhcpv6_next(struct span *s, uint16_t *type, struct span *value);
struct span dhcpv6_option(struct span options, enum dhcpv6_option wanted);

/* An identity association: addresses or prefixes that are held together. */
struct dhcpv6_association {
	uint16_t kind;                   /* the option: IA_NA, IA_TA, IA_PD */
	uint32_t id, renewal, rebinding; /* the times are 0 of IA_TA */
	struct span options;
};

/* An address or prefix of one. */
struct dhcpv6_given {
	struct address address;
	bool is_prefix;
	uint8_t prefix_length;
	uint32_t preferred, valid; /* seconds */
};

/* Take the next one off the options; false when there is none left. */
bool dhcpv6_association(struct span *options, struct dhcpv6_association *association);
bool dhcpv6_given(struct span *options, struct dhcpv6_given *given);

/* One that a reply gives, with the options of the whole message. */
struct dhcpv6_lease {
	struct span options;
	uint32_t id; /* of the transaction */
	struct dhcpv6_association association;
	struct dhcpv6_given given;
};

/* The members of a message's event, of which the record is its span, and of a lease. */
void dhcpv6_emit(const void *message, struct json *json);
void dhcpv6_emit_lease(const void *lease, struct json *json);

#endif
