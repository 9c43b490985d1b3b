/* ipmi.h: what the files about IPMI share. ipmi.c recognises it and asks a controller, ipmi_parse.c reads
 * conversations. */
#ifndef PROTOCOLS_IPMI_H
#define PROTOCOLS_IPMI_H

#include "protocols/tally.h"

enum {
	IPMI_CLASS_ASF = 6,
	IPMI_CLASS = 7,
	IPMI_RMCP_PLUS = 6, /* the authentication type of the format of 2.0 */
	IPMI_AUTH_CODE = 16,
	IPMI_SECRET_AT = 13, /* a session of 1.5 may carry the password where others have a code */
};

/* What stands behind the four octets of RMCP (IPMI v2.0, table 13-8). */
struct ipmi_frame {
	uint8_t authentication; /* IPMI_RMCP_PLUS: the format of 2.0 */
	uint8_t payload;        /* of 2.0: its type */
	bool encrypted;
	uint32_t session;
	struct span content;
};

/* False where it does not add up. */
bool ipmi_take(struct span s, struct ipmi_frame *ret);

/* ---- names of numbers (ipmi_names.c); NULL for those that have none ---- */

/* A command: what it is about and its number. */
enum ipmi_command {
	IPMI_CHASSIS_CONTROL = 0x0002,
	IPMI_DEVICE = 0x0601,
	IPMI_CHALLENGE = 0x0639,
	IPMI_ACTIVATE = 0x063a,
	IPMI_GROUP = 0x2c00, /* of other bodies, all of them */
	IPMI_MAKER = 0x2e00, /* of makers, from here on */
};

void ipmi_emit_commands(struct json *json, const char *key, const struct tally *commands);
const char *ipmi_privilege(uint32_t privilege);
const char *ipmi_type(uint32_t type);                          /* of authentication in 1.5 */
const char *ipmi_algorithm(unsigned kind, uint32_t algorithm); /* of 2.0, in the order of its suites */
const char *ipmi_status(uint32_t status);
const char *ipmi_control(uint32_t control);

/* The number of a cipher suite; -1 where its algorithms are none that has one. */
int ipmi_suite(const uint8_t algorithms[3]);

extern const struct parser ipmi_parser;
extern const struct weakness ipmi_no_authentication, ipmi_anonymous, ipmi_clear_login, ipmi_hash_told,
	ipmi_no_encryption;

#endif
