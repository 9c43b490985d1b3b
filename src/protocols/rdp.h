/* rdp.h: what the files about RDP share. rdp.c recognises it and asks a server, rdp_parse.c reads
 * conversations. */
#ifndef PROTOCOLS_RDP_H
#define PROTOCOLS_RDP_H

#include "protocols/protocols.h"

enum {
	RDP_TPKT_VERSION = 3,
	RDP_TPKT_HEADER = 4,
	RDP_CONNECTION_REQUEST = 0xe0,
	RDP_CONNECTION_CONFIRM = 0xd0,
	RDP_DATA = 0xf0,
	RDP_NEGOTIATION_REQUEST = 1,
	RDP_NEGOTIATION_RESPONSE = 2,
	RDP_NEGOTIATION_FAILURE = 3,
	RDP_STANDARD = 0,
};

struct rdp_packet {
	uint8_t kind;
	struct span variable; /* what stands behind the fixed part */
};

/* TPKT and X.224 of class 0, of the connection's opening. MORE: it has not come whole. */
enum verdict rdp_take_packet(struct span *s, struct rdp_packet *ret_packet);

struct rdp_negotiation {
	uint8_t type, flags;
	uint32_t value; /* protocols asked for, the one chosen, or why none */
};
bool rdp_read_negotiation(struct span s, struct rdp_negotiation *ret_negotiation);

/* Names of the nth bit of protocols (NULL behind the last) and of what a server supports, and why none was
 * chosen. */
const char *rdp_protocol_text(uint32_t protocol);
const char *rdp_flag_text(unsigned nth);
const char *rdp_failure_text(uint32_t code);

extern const struct parser rdp_parser;
extern const struct weakness rdp_standard_security;

#endif
