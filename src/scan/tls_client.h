/* tls_client.h: one TLS connection seen from the client, over bytes that somebody else carries. It shakes
 * hands with whoever is there, with any version and cipher that the library still has, and trusts nobody:
 * what the server shows is told, and nothing that is secret is ever sent through it. */
#ifndef SCAN_TLS_CLIENT_H
#define SCAN_TLS_CLIENT_H

#include "base/buffer.h"
#include "base/openssl_calls.h"
#include "protocols/protocols.h"

struct tls_client;

enum tls_state {
	TLS_SHAKING,
	TLS_OPEN,
	TLS_CLOSED, /* the server said that it has said all */
	TLS_FAILED,
};

/* Settings for all connections; NULL without memory. openssl_load() comes before. Free with SSL_CTX_free().
 */
SSL_CTX *tls_client_settings(void);

/* Writes the ClientHello to `out`. It offers what the protocol is called inside TLS (ALPN): servers of HTTP/2
 * speak to nobody who does not. `inside` is NULL where that is not known. NULL without memory. Free with
 * tls_client_free(). */
struct tls_client *tls_client_new(SSL_CTX *settings, const struct protocol *inside, struct buffer *out);
void tls_client_free(struct tls_client *tls);

/* Takes bytes from the server; writes what it said to `plain`, as far as its limit allows, and what has to go
 * back to `out`. */
enum tls_state tls_client_take(struct tls_client *tls, struct span bytes, struct buffer *plain,
			       struct buffer *out);

/* Wraps words for the server. Only when open. */
void tls_client_say(struct tls_client *tls, struct span words, struct buffer *out);

/* Says that nothing more will be said. */
void tls_client_bye(struct tls_client *tls, struct buffer *out);

/* Tells version, cipher and certificate, as far as the handshake came. */
void tls_client_tell(const struct tls_client *tls, struct answer *answer);

/* Why it failed, in the library's words; constant text. */
const char *tls_client_problem(const struct tls_client *tls);

#endif
