/* ipsec_association.h: an association with its keys set, and what the parts of IPsec ask of each other. */
#ifndef PACKET_IPSEC_ASSOCIATION_H
#define PACKET_IPSEC_ASSOCIATION_H

#include "base/openssl_calls.h"
#include "packet/ipsec.h"

enum {
	IPSEC_SALT = 4,     /* octets behind the key that counter modes put before the IV */
	IPSEC_ICV = 32,     /* octets, the longest */
	IPSEC_KEY = 128,    /* octets, the longest that is taken */
	IPSEC_BYTES = 65536 /* of one packet */
};

enum cipher_mode { MODE_NULL, MODE_CBC, MODE_CTR, MODE_AEAD };

struct ipsec_cipher {
	const char *name;
	const char *evp[3]; /* OpenSSL's names, by key size */
	uint8_t key[3];     /* octets; 0 ends them */
	enum cipher_mode mode;
	uint8_t iv, block, icv; /* octets in the packet */
	const char *key_words;  /* which keys it takes */
};

struct ipsec_mac {
	const char *name;
	const char *evp, *parameter, *value; /* OpenSSL's MAC, and what it is made of */
	uint8_t key;                         /* octets; 0: any */
	uint8_t icv;
};

const struct ipsec_cipher *ipsec_cipher_named(struct span name);
const struct ipsec_mac *ipsec_mac_named(struct span name);
const char *ipsec_cipher_nth(size_t nth); /* names, for suggestions; NULL behind the last */
const char *ipsec_mac_nth(size_t nth);

struct association {
	struct ipsec_association shown;
	const struct ipsec_cipher *cipher; /* NULL: not known, and ESP is verified only */
	const struct ipsec_mac *mac;       /* NULL: none */
	EVP_CIPHER_CTX *decrypt;
	EVP_MAC_CTX *verify;
	uint8_t salt[IPSEC_SALT];
};

struct ipsec {
	struct association *list; /* sorted by protocol and SPI once they are read */
	size_t count, capacity;
	uint8_t *outputs; /* one for each layer */
};

/* Set the keys; false if the length does not fit or OpenSSL does not offer the algorithm. */
bool ipsec_set_cipher(struct association *a, const struct ipsec_cipher *cipher, struct span key);
bool ipsec_set_mac(struct association *a, const struct ipsec_mac *mac, struct span key);
void ipsec_association_clear(struct association *a);

/* Whether the integrity value over all parts is the one given, which is as long as the algorithm wants. */
bool ipsec_mac_is(struct association *a, const struct span *parts, size_t count, struct span icv);

/* Decrypts a body of IV, ciphertext and, of AEAD, ICV, into out of IPSEC_BYTES; sequence and SPI are
 * authenticated with it. GOOD, UNVERIFIED (not AEAD), BAD or MALFORMED. */
enum ipsec_result ipsec_decrypt(struct association *a, uint32_t sequence, struct span body, uint8_t *out,
				struct span *ret_plain);

/* Cuts padding, its length and the next header off. strict: the padding must be 1, 2, 3 ... */
bool ipsec_trailer(struct span *plain, bool strict, uint8_t *ret_next);

/* AH: verifies the nth packet of a frame whose header is at hand. */
enum ipsec_result ipsec_verify_ah(struct association *a, const struct packet *packet);

#endif
