/* catalog.h: what is known of ports, protocols and addresses before any packet is seen.
 *
 * All of it is data/services.tsv, data/transports.tsv, data/icmp.tsv and data/addresses.tsv, turned into
 * constant tables when the program is built: nothing is read or allocated at run time, and every pointer is
 * good for ever. The catalogue says what is registered and customary; it never says what is spoken. */
#ifndef CATALOG_CATALOG_H
#define CATALOG_CATALOG_H

#include "base/address.h"

/* What the IP header's protocol field names, by its number. The usual ones have names here. */
enum {
	TRANSPORT_ICMP = 1,
	TRANSPORT_IGMP = 2,
	TRANSPORT_TCP = 6,
	TRANSPORT_UDP = 17,
	TRANSPORT_DCCP = 33,
	TRANSPORT_GRE = 47,
	TRANSPORT_ESP = 50,
	TRANSPORT_AH = 51,
	TRANSPORT_ICMPV6 = 58,
	TRANSPORT_EIGRP = 88,
	TRANSPORT_OSPF = 89,
	TRANSPORT_PIM = 103,
	TRANSPORT_VRRP = 112,
	TRANSPORT_SCTP = 132,
	TRANSPORT_UDPLITE = 136,
	TRANSPORT_LINK = 255, /* reserved by IANA: here what frames carry without IP, as ARP */
	TRANSPORT_ANY = 256,  /* in matches: whatever it is */
};

struct transport {
	uint8_t number;
	const char *name; /* "tcp", "esp", "ipv6-icmp" is "icmpv6" */
	const char *title;
	bool has_ports;
};

/* By number: never NULL for a number that IANA has assigned. By name: NULL if unknown. */
const struct transport *catalog_transport(unsigned number);
const struct transport *catalog_transport_named(struct span name);

/* How a service keeps what it carries from others on the way. EITHER: it depends on a negotiation. */
enum privacy { PRIVACY_CLEAR, PRIVACY_ENCRYPTED, PRIVACY_EITHER };
const char *privacy_text(enum privacy privacy);

/* The ports of one transport where a service is registered or customary; first == last for a single one. A
 * transport without ports has 0 and 0. */
struct catalog_door {
	uint16_t transport;
	uint16_t first, last;
};

struct service {
	const char *name;           /* as policies write it: "https", "dns", "pgsql" */
	const char *const *aliases; /* ends with NULL: "domain", "postgresql" */
	const char *title;          /* a few words */
	const char *spoken;         /* what content shows when it is this service: "tls:http", "dns" */
	const char *group;          /* "web", "mail", "database", "remote-administration" ... */
	const char *instead;        /* what to use instead of this clear-text service: "https"; or NULL */
	enum privacy privacy;
	const struct catalog_door *doors; /* the one it is known by first */
	size_t door_count;
};

/* A service by name or alias, in any case; NULL if unknown. */
const struct service *catalog_service(struct span name);

/* The nth service at a port, the customary one first; NULL behind the last. A service for which a port is
 * only one of several that are usual, or that shares it with a better known one, comes behind that one. */
const struct service *catalog_service_at(unsigned transport, uint16_t port, size_t nth);

/* All services in the order of their names, for lists and completion: NULL behind the last. */
const struct service *catalog_service_nth(size_t nth);

/* RFC 6335. */
enum port_range { PORTS_WELL_KNOWN, PORTS_REGISTERED, PORTS_DYNAMIC, PORT_RANGES };
struct port_bounds {
	const char *name; /* "well-known" */
	uint16_t first, last;
};
extern const struct port_bounds catalog_port_ranges[PORT_RANGES];
enum port_range catalog_port_range(uint16_t port);

/* A message type of ICMP or ICMPv6: "echo-request". */
struct icmp_type {
	uint8_t transport, type;
	const char *name, *title;
};
const struct icmp_type *catalog_icmp_named(unsigned transport, struct span name);
const struct icmp_type *catalog_icmp(unsigned transport, uint8_t type);
const struct icmp_type *catalog_icmp_nth(size_t nth);

/* How a packet is addressed. */
enum cast { CAST_UNICAST, CAST_MULTICAST, CAST_BROADCAST, CAST_ANYCAST };
const char *cast_text(enum cast cast);

/* How far an address reaches by its kind. */
enum scope { SCOPE_HOST, SCOPE_LINK, SCOPE_PRIVATE, SCOPE_GLOBAL };
const char *scope_text(enum scope scope);

/* A block of addresses with a meaning of its own: 224.0.0.5 "all OSPF routers", 192.0.2.0/24 documentation.
 */
struct special_address {
	struct address_range range;
	const char *name, *title, *reference;
	enum cast cast;
	enum scope scope;
};

/* The nth block that holds the address, the narrowest first; NULL behind the last. */
const struct special_address *catalog_address(const struct address *address, size_t nth);

/* All of them in the order of their first addresses, the wider block first: NULL behind the last. */
const struct special_address *catalog_address_nth(size_t nth);

enum cast catalog_cast(const struct address *address);
enum scope catalog_scope(const struct address *address);

#endif
