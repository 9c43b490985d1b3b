#include "base/digest.h"
#include "base/openssl_calls.h"

static const EVP_MD *method_of(enum digest_kind kind)
{
	switch (kind) {
	case DIGEST_MD5: return EVP_md5();
	case DIGEST_SHA1: return EVP_sha1();
	case DIGEST_SHA256: break;
	}
	return EVP_sha256();
}

struct span digest(enum digest_kind kind, struct span bytes, uint8_t memory[static DIGEST_MOST])
{
	unsigned length = 0;

	if (bytes.failed || !openssl_load(NULL) ||
	    EVP_Digest(bytes.at, span_left(bytes), memory, &length, method_of(kind), NULL) != 1)
		length = 0;
	return span_of(memory, length);
}
