/* tls.h: what the engine in scan/ needs of TLS beyond the descriptor: it shakes hands itself, and tells here
 * what it saw. */
#ifndef PROTOCOLS_TLS_H
#define PROTOCOLS_TLS_H

#include "protocols/protocols.h"

extern const struct protocol protocol_tls;

/* The version as on the wire (0x0303), the cipher suite's name of OpenSSL. */
void tls_tell_session(struct answer *answer, uint16_t version, const char *cipher);

/* The server's own certificate in DER (RFC 5280), judged at a moment in seconds since 1970. Its name is not
 * compared with anything, and nobody is asked whether it is trusted. */
void tls_tell_certificate(struct answer *answer, struct span der, int64_t now);

#endif
