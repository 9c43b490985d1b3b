/* ntlmssp.h: NT LAN Manager authentication (MS-NLMP), which travels inside of SMB, HTTP, LDAP, SMTP, RDP and
 * TDS. What proves a password is not looked at. */
#ifndef PROTOCOLS_NTLMSSP_H
#define PROTOCOLS_NTLMSSP_H

#include "base/json.h"

enum ntlmssp_type { NTLMSSP_NONE, NTLMSSP_NEGOTIATE, NTLMSSP_CHALLENGE, NTLMSSP_AUTHENTICATE };
enum { NTLMSSP_NAME = 80 };

struct ntlmssp {
	enum ntlmssp_type type;
	char domain[NTLMSSP_NAME], host[NTLMSSP_NAME], user[NTLMSSP_NAME]; /* of a challenge: of the server */
	char version[16];
	bool anonymous;
};

/* Looks for a message in a token, which may be wrapped in SPNEGO. False if there is none. */
bool ntlmssp_read(struct span token, struct ntlmssp *ret_message);

/* Writes an object "ntlmssp" as EVE has it. */
void ntlmssp_write(struct json *json, const struct ntlmssp *message);

#endif
