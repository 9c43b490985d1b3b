/* sasl.h: who logs in with AUTH, as SMTP (RFC 4954), POP3 (RFC 5034), IMAP (RFC 9051 6.2.2) and others carry
 * it: a mechanism, and then lines of base64. The name is read and the password never kept. */
#ifndef PROTOCOLS_SASL_H
#define PROTOCOLS_SASL_H

#include "base/span.h"

enum { SASL_MECHANISM = 24, SASL_USER = 96 };

struct sasl {
	char mechanism[SASL_MECHANISM], user[SASL_USER]; /* "" while unknown */
	bool active;                                     /* lines of the client are its responses */
	uint8_t responses;
};

/* What stands behind AUTH: the mechanism, and perhaps the first response. */
void sasl_begin(struct sasl *sasl, struct span arguments);

/* A line of the client while `active`. */
void sasl_response(struct sasl *sasl, struct span line);

/* The same where it comes without base64. */
void sasl_octets(struct sasl *sasl, struct span response);

/* Whether the mechanism shows to everybody what logs in: the password of PLAIN (RFC 4616) and LOGIN, the
 * token of OAUTHBEARER (RFC 7628 4) and XOAUTH2, which does for whoever has it. */
bool sasl_is_clear(const struct sasl *sasl);

/* Reads the name off "NAME:PASSWORD" in base64, as HTTP's Basic has it (RFC 7617 2). False if it is not that.
 */
bool sasl_basic_user(struct span credentials, char *user, size_t size);

#endif
