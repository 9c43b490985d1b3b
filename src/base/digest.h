/* digest.h: hashes that others define, for fingerprints and names. What only has to be told apart in a table
 * of our own is hashed by hash.h. */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include "base/span.h"

enum digest_kind { DIGEST_MD5, DIGEST_SHA1, DIGEST_SHA256 };

/* The bytes of the digest; none where it cannot be had: OpenSSL is not there, or has this one switched off.
 */
enum { DIGEST_MOST = 32 };
struct span digest(enum digest_kind kind, struct span bytes, uint8_t memory[static DIGEST_MOST]);

#endif
