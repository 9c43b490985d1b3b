/* bacnet.h: what the files of BACnet share. */
#ifndef PROTOCOLS_BACNET_H
#define PROTOCOLS_BACNET_H

#include "protocols/tally.h"

/* Kinds of application messages (ASHRAE 135, 20.1): the upper half of their first octet. */
enum bacnet_kind {
	BACNET_CONFIRMED,
	BACNET_UNCONFIRMED,
	BACNET_SIMPLE_ACK,
	BACNET_COMPLEX_ACK,
	BACNET_SEGMENT_ACK,
	BACNET_ERROR,
	BACNET_REJECT,
	BACNET_ABORT,
};

struct bacnet_message {
	uint8_t function; /* of the virtual link (annex J) */
	bool network;     /* a message between routers, of this type */
	uint8_t network_type;
	bool application;
	enum bacnet_kind kind;
	uint8_t service;
	struct span content; /* behind the service */
};

bool bacnet_read(struct span datagram, struct bacnet_message *ret);

extern const struct code_name bacnet_confirmed[], bacnet_unconfirmed[], bacnet_objects[], bacnet_properties[];
extern const size_t bacnet_confirmed_count, bacnet_unconfirmed_count, bacnet_objects_count,
	bacnet_properties_count;

extern const struct parser bacnet_parser;
extern const struct weakness bacnet_clear_control;

#endif
