/* The algorithms of IPsec through OpenSSL: AES-CBC (RFC 3602), AES-CTR (RFC 3686), AES-GCM (RFC 4106),
 * ChaCha20-Poly1305 (RFC 7634), 3DES-CBC (RFC 2451), NULL (RFC 2410); HMAC with MD5 (RFC 2403), SHA-1 (RFC
 * 2404), SHA-2 (RFC 4868), AES-CMAC (RFC 4494). */
#include "packet/ipsec_association.h"

#include <openssl/core_names.h>

#define AES_KEY    "16, 24 or 32 octets"
#define SALTED_KEY "20, 28 or 36 octets, the last four of them the nonce or salt"

static const struct ipsec_cipher ciphers[] = {
	{ "aes-cbc",
	  { "AES-128-CBC", "AES-192-CBC", "AES-256-CBC" },
	  { 16, 24, 32 },
	  MODE_CBC,
	  16,
	  16,
	  0,
	  AES_KEY },
	{ "aes-ctr",
	  { "AES-128-CTR", "AES-192-CTR", "AES-256-CTR" },
	  { 20, 28, 36 },
	  MODE_CTR,
	  8,
	  1,
	  0,
	  SALTED_KEY },
	{ "aes-gcm-8",
	  { "AES-128-GCM", "AES-192-GCM", "AES-256-GCM" },
	  { 20, 28, 36 },
	  MODE_AEAD,
	  8,
	  1,
	  8,
	  SALTED_KEY },
	{ "aes-gcm-12",
	  { "AES-128-GCM", "AES-192-GCM", "AES-256-GCM" },
	  { 20, 28, 36 },
	  MODE_AEAD,
	  8,
	  1,
	  12,
	  SALTED_KEY },
	{ "aes-gcm-16",
	  { "AES-128-GCM", "AES-192-GCM", "AES-256-GCM" },
	  { 20, 28, 36 },
	  MODE_AEAD,
	  8,
	  1,
	  16,
	  SALTED_KEY },
	{ "chacha20-poly1305",
	  { "ChaCha20-Poly1305" },
	  { 36 },
	  MODE_AEAD,
	  8,
	  1,
	  16,
	  "36 octets, the last four of them the salt" },
	{ "3des-cbc", { "DES-EDE3-CBC" }, { 24 }, MODE_CBC, 8, 8, 0, "24 octets" },
	{ "null", { NULL }, { 0 }, MODE_NULL, 0, 1, 0, "none" },
};

static const struct ipsec_mac macs[] = {
	{ "hmac-md5-96", "HMAC", OSSL_MAC_PARAM_DIGEST, "MD5", 0, 12 },
	{ "hmac-sha1-96", "HMAC", OSSL_MAC_PARAM_DIGEST, "SHA1", 0, 12 },
	{ "hmac-sha256-96", "HMAC", OSSL_MAC_PARAM_DIGEST, "SHA256", 0, 12 },
	{ "hmac-sha256-128", "HMAC", OSSL_MAC_PARAM_DIGEST, "SHA256", 0, 16 },
	{ "hmac-sha384-192", "HMAC", OSSL_MAC_PARAM_DIGEST, "SHA384", 0, 24 },
	{ "hmac-sha512-256", "HMAC", OSSL_MAC_PARAM_DIGEST, "SHA512", 0, 32 },
	{ "aes-cmac-96", "CMAC", OSSL_MAC_PARAM_CIPHER, "AES-128-CBC", 16, 12 },
};

enum { CIPHERS = sizeof(ciphers) / sizeof(*ciphers), MACS = sizeof(macs) / sizeof(*macs) };

const struct ipsec_cipher *ipsec_cipher_named(struct span name)
{
	for (size_t i = 0; i < CIPHERS; i++)
		if (span_is(name, ciphers[i].name))
			return &ciphers[i];
	return NULL;
}

const struct ipsec_mac *ipsec_mac_named(struct span name)
{
	for (size_t i = 0; i < MACS; i++)
		if (span_is(name, macs[i].name))
			return &macs[i];
	return NULL;
}

const char *ipsec_cipher_nth(size_t nth)
{
	return nth < CIPHERS ? ciphers[nth].name : NULL;
}

const char *ipsec_mac_nth(size_t nth)
{
	return nth < MACS ? macs[nth].name : NULL;
}

/* ---- keys ---- */

static bool begin_cipher(struct association *a, const char *name, struct span key)
{
	EVP_CIPHER *const cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	bool good;

	a->decrypt = EVP_CIPHER_CTX_new();
	good = cipher != NULL && a->decrypt != NULL &&
	       EVP_DecryptInit_ex2(a->decrypt, cipher, key.at, NULL, NULL) == 1 &&
	       EVP_CIPHER_CTX_set_padding(a->decrypt, 0) == 1;
	EVP_CIPHER_free(cipher);
	return good;
}

bool ipsec_set_cipher(struct association *a, const struct ipsec_cipher *cipher, struct span key)
{
	a->cipher = cipher;
	a->shown.encryption = cipher->name;
	if (cipher->mode == MODE_NULL)
		return span_left(key) == 0;
	for (size_t i = 0; i < 3 && cipher->key[i] != 0; i++) {
		if (span_left(key) != cipher->key[i])
			continue;
		if (cipher->mode != MODE_CBC)
			memcpy(a->salt, key.end - IPSEC_SALT, IPSEC_SALT);
		return begin_cipher(a, cipher->evp[i], key);
	}
	return false;
}

bool ipsec_set_mac(struct association *a, const struct ipsec_mac *mac, struct span key)
{
	EVP_MAC *evp;
	OSSL_PARAM parameters[2] = { OSSL_PARAM_END, OSSL_PARAM_END };
	char value[16];
	bool good;

	a->mac = mac;
	a->shown.integrity = mac->name;
	if (span_left(key) == 0 || (mac->key != 0 && span_left(key) != mac->key))
		return false;
	span_copy_text(span_text(mac->value), value, sizeof(value));
	parameters[0] = OSSL_PARAM_construct_utf8_string(mac->parameter, value, 0);
	evp = EVP_MAC_fetch(NULL, mac->evp, NULL);
	a->verify = evp != NULL ? EVP_MAC_CTX_new(evp) : NULL;
	good = a->verify != NULL && EVP_MAC_init(a->verify, key.at, span_left(key), parameters) == 1;
	EVP_MAC_free(evp);
	return good;
}

void ipsec_association_clear(struct association *a)
{
	EVP_CIPHER_CTX_free(a->decrypt);
	EVP_MAC_CTX_free(a->verify);
	OPENSSL_cleanse(a->salt, sizeof(a->salt));
	a->decrypt = NULL;
	a->verify = NULL;
}

/* ---- packets ---- */

bool ipsec_mac_is(struct association *a, const struct span *parts, size_t count, struct span icv)
{
	uint8_t found[EVP_MAX_MD_SIZE];
	size_t length;

	if (EVP_MAC_init(a->verify, NULL, 0, NULL) != 1)
		return false;
	for (size_t i = 0; i < count; i++)
		if (EVP_MAC_update(a->verify, parts[i].at, span_left(parts[i])) != 1)
			return false;
	return EVP_MAC_final(a->verify, found, &length, sizeof(found)) == 1 &&
	       span_left(icv) == a->mac->icv && length >= a->mac->icv &&
	       CRYPTO_memcmp(found, icv.at, a->mac->icv) == 0;
}

/* The IV of a packet as the cipher wants it: counter modes put the salt before it, and a one behind. */
static void make_iv(const struct association *a, struct span iv, uint8_t out[static EVP_MAX_IV_LENGTH])
{
	size_t at = 0;

	memset(out, 0, EVP_MAX_IV_LENGTH);
	if (a->cipher->mode != MODE_CBC) {
		memcpy(out, a->salt, IPSEC_SALT);
		at = IPSEC_SALT;
	}
	memcpy(out + at, iv.at, a->cipher->iv);
	if (a->cipher->mode == MODE_CTR)
		out[15] = 1;
}

static bool begin_aead(struct association *a, uint32_t sequence, struct span icv)
{
	const uint32_t spi = a->shown.spi;
	const uint8_t header[8] = { (uint8_t)(spi >> 24),      (uint8_t)(spi >> 16),
				    (uint8_t)(spi >> 8),       (uint8_t)spi,
				    (uint8_t)(sequence >> 24), (uint8_t)(sequence >> 16),
				    (uint8_t)(sequence >> 8),  (uint8_t)sequence };
	uint8_t tag[IPSEC_ICV];
	int length;

	memcpy(tag, icv.at, a->cipher->icv);
	return EVP_CIPHER_CTX_ctrl(a->decrypt, EVP_CTRL_AEAD_SET_TAG, a->cipher->icv, tag) == 1 &&
	       EVP_DecryptUpdate(a->decrypt, NULL, &length, header, sizeof(header)) == 1;
}

enum ipsec_result ipsec_decrypt(struct association *a, uint32_t sequence, struct span body, uint8_t *out,
				struct span *ret_plain)
{
	const bool aead = a->cipher->mode == MODE_AEAD;
	const struct span iv = span_take(&body, a->cipher->iv);
	uint8_t full_iv[EVP_MAX_IV_LENGTH];
	struct span text;
	int length = 0, more = 0;

	*ret_plain = body;
	if (body.failed || span_left(body) < a->cipher->icv)
		return IPSEC_MALFORMED;
	if (a->cipher->mode == MODE_NULL)
		return IPSEC_UNVERIFIED;
	text = span_take(&body, span_left(body) - a->cipher->icv);
	if (span_left(text) == 0 || span_left(text) % a->cipher->block != 0 || span_left(text) > IPSEC_BYTES)
		return IPSEC_MALFORMED;
	make_iv(a, iv, full_iv);
	if (EVP_DecryptInit_ex2(a->decrypt, NULL, NULL, full_iv, NULL) != 1 ||
	    (aead && !begin_aead(a, sequence, body)) ||
	    EVP_DecryptUpdate(a->decrypt, out, &length, text.at, (int)span_left(text)) != 1 ||
	    EVP_DecryptFinal_ex(a->decrypt, out + length, &more) != 1)
		return IPSEC_BAD;
	*ret_plain = span_of(out, (size_t)length + (size_t)more);
	return aead ? IPSEC_GOOD : IPSEC_UNVERIFIED;
}
