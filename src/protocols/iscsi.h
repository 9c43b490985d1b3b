/* iscsi.h: what the files of iSCSI share. */
#ifndef PROTOCOLS_ISCSI_H
#define PROTOCOLS_ISCSI_H

#include "protocols/tally.h"

/* RFC 7143 11.2: each PDU begins with a header of 48 octets. */
enum {
	ISCSI_HEADER = 48,
	ISCSI_IMMEDIATE = 0x40,
	ISCSI_FINAL = 0x80, /* of a login: the next stage begins */
	ISCSI_LOGIN = 0x03,
	ISCSI_LOGIN_ANSWER = 0x23,
};

struct iscsi_pdu {
	uint8_t opcode, flags;
	uint32_t more, data; /* octets of further headers, and of data without what fills them up */
};

/* False: no PDU of this side begins like this. s holds ISCSI_HEADER octets at least. */
bool iscsi_read_header(struct span s, bool from_target, struct iscsi_pdu *ret);

/* Cuts "key=value" and its NUL off the text of a login; false behind the last. */
bool iscsi_next_key(struct span *text, struct span *ret_key, struct span *ret_value);

/* What became of a login, by the class of its status (11.13.5). */
const char *iscsi_status(uint8_t status_class);

extern const struct weakness iscsi_no_auth, iscsi_open_discovery;
extern const struct parser iscsi_parser;

#endif
