/* ospf.h: what OSPF says (ospf_message.c reads it, ospf.c tells it). */
#ifndef PROTOCOLS_OSPF_H
#define PROTOCOLS_OSPF_H

#include "protocols/tally.h"
#include "protocols/told.h"

enum { OSPF_NEIGHBOURS = 16, OSPF_ADVERTISEMENTS = 16 };

enum {
	OSPF_HELLO = 1,
	OSPF_DESCRIPTION = 2,
	OSPF_REQUEST = 3,
	OSPF_UPDATE = 4,
	OSPF_ACKNOWLEDGEMENT = 5,
};

/* How a router shows that it is one. */
enum ospf_proof { OSPF_UNPROVED, OSPF_PASSWORD, OSPF_CRYPTOGRAPHIC, OSPF_IPSEC, OSPF_PROOF_UNKNOWN };

/* A link state advertisement, or a request for one. */
struct ospf_advertisement {
	uint16_t type, age;
	uint32_t id, router, sequence;
	bool is_request;
};

/* One packet. Router ids, areas and, in version 2, addresses have four octets. */
struct ospf_packet {
	uint8_t version, type, instance, proof, key_id;
	uint32_t router, area;
	struct span body; /* behind the header, without what proves it */
	/* Of a hello. */
	uint32_t mask, interface, dead_interval, designated, backup, options;
	uint16_t hello_interval;
	uint8_t priority;
	uint32_t neighbours[OSPF_NEIGHBOURS];
	uint16_t neighbour_count;
	/* Of a database description. */
	uint16_t mtu;
	uint8_t flags;
	struct ospf_advertisement advertisements[OSPF_ADVERTISEMENTS];
	uint32_t advertisement_count;
};

/* The header alone; then what stands behind it. False: it cannot be. */
bool ospf_header_read(struct ospf_packet *packet, struct span bytes);
bool ospf_body_read(struct ospf_packet *packet);

#endif
