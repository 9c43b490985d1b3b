/* certificate.h: what certificates say (RFC 5280), and the weaknesses that they can have. */
#ifndef PROTOCOLS_CERTIFICATE_H
#define PROTOCOLS_CERTIFICATE_H

#include "protocols/parse.h"

extern const struct weakness tls_certificate_expired, tls_certificate_early, tls_certificate_self_signed,
	tls_certificate_weak_key, tls_certificate_weak_signature;

/* Writes what a certificate in DER says, as EVE has it: subject, issuerdn, serial, fingerprint, dates, names.
 * Nothing for what is no certificate. */
void certificate_write(struct json *json, struct span der);

/* Tells its weaknesses, judged at a moment in seconds since 1970. */
void certificate_judge(struct parse *parse, struct span der, int64_t now);

#endif
