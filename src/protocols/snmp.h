/* snmp.h: what the files about SNMP share. snmp.c recognises it, snmp_message.c reads its messages,
 * snmp_parse.c reads conversations, snmp_probe.c asks an agent. */
#ifndef PROTOCOLS_SNMP_H
#define PROTOCOLS_SNMP_H

#include "protocols/ber.h"
#include "protocols/protocols.h"

enum { SNMP_V1 = 0, SNMP_V2C = 1, SNMP_V3 = 3 };
enum {
	SNMP_GET = 0xa0,
	SNMP_RESPONSE = 0xa2,
	SNMP_TRAP_V1 = 0xa4,
	SNMP_GET_BULK = 0xa5,
	SNMP_INFORM = 0xa6,
	SNMP_TRAP_V2 = 0xa7,
	SNMP_REPORT = 0xa8,
};
enum { SNMP_MESSAGE_LIMIT = 65535, SNMP_COMMUNITY_LIMIT = 255 };

static inline bool snmp_is_pdu(uint8_t tag)
{
	return tag >= SNMP_GET && tag <= SNMP_REPORT;
}

/* One message; the spans borrow what it was read from. */
struct snmp_message {
	int64_t version;
	struct span community; /* v1, v2c */
	int64_t message_id;    /* v3 */
	uint8_t flags;         /* v3: 1 authenticated, 2 encrypted, 4 reportable */
	struct span security;  /* v3: parameters of the security model */
	struct span pdu;       /* content; empty when v3 encrypts it */
	uint8_t pdu_tag;
};

/* Reads a message that fills s. False if it is not sound to its last octet; what is encrypted is not looked
 * at. */
bool snmp_message_read(struct span s, struct snmp_message *ret_message);

extern const struct parser snmp_parser;
extern const struct probe snmp_probe;
extern const struct weakness snmp_v1, snmp_v2c, snmp_community_public;
extern const struct weakness *const snmp_weaknesses[];

#endif
