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

/* For many of one kind, which are made in a third of the time. Zeroed but for the kind at first; belongs to
 * one thread. */
struct digester {
	enum digest_kind kind;
	void *context; /* owned */
};
struct span digester_run(struct digester *digester, struct span bytes, uint8_t memory[static DIGEST_MOST]);
void digester_free(struct digester *digester);

#endif
