/* smb.h: what the two files about SMB share. smb.c recognises it, smb_probe.c asks a server. */
#ifndef PROTOCOLS_SMB_H
#define PROTOCOLS_SMB_H

#include "protocols/protocols.h"

enum {
	SMB_SESSION_HEADER = 4,
	SMB_SESSION_REQUEST = 0x81,
	SMB_SESSION_ACCEPTED = 0x82,
	NETBIOS_LETTERS = 32, /* two for each octet of a name */
	SMB1_HEADER = 32,
	SMB2_HEADER = 64,
};

/* The octets that an SMB message begins with, behind the session header. */
#define SMB1_BEGINS "\xffSMB"
#define SMB2_BEGINS "\xfeSMB"

/* Whether s begins with a session message that carries SMB. */
enum verdict smb_recognise_message(struct span s, enum side side);

extern const struct parser smb_parser;
extern const struct probe smb_probe;
extern const struct weakness smb_1, smb_signing_not_required, smb_guest;
extern const struct weakness *const smb_weaknesses[];
enum { SMB_PROBE_STATE = sizeof(bool) };

#endif
