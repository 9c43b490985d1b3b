/* quic_initial.c: RFC 9001 section 5.2 (keys of Initial packets), 5.4 (what hides the header), RFC 9369
 * section 3.3 (version 2), RFC 5869 (HKDF), RFC 2104 (HMAC). */
#include "protocols/quic_initial.h"
#include "base/digest.h"
#include "base/openssl_calls.h"

enum {
	BLOCK = 64,
	HASH = 32,
	KEY = 16,
	IV = 12,
	SAMPLE = 16,
	SEAL = 16,
	LABEL_MOST = 24,
	NUMBER_MOST = 4,
	MESSAGE_MOST = 128
};

static void hmac(const uint8_t *key, size_t key_length, const uint8_t *message, size_t length,
		 uint8_t out[HASH])
{
	uint8_t inner[BLOCK + MESSAGE_MOST], outer[BLOCK + HASH], memory[DIGEST_MOST];
	struct span hash;

	memset(inner, 0x36, BLOCK);
	memset(outer, 0x5c, BLOCK);
	for (size_t i = 0; i < key_length && i < BLOCK; i++) {
		inner[i] ^= key[i];
		outer[i] ^= key[i];
	}
	length = length < MESSAGE_MOST ? length : MESSAGE_MOST;
	memcpy(inner + BLOCK, message, length);
	hash = digest(DIGEST_SHA256, span_of(inner, BLOCK + length), memory);
	memset(outer + BLOCK, 0, HASH);
	if (span_left(hash) == HASH)
		memcpy(outer + BLOCK, hash.at, HASH);
	hash = digest(DIGEST_SHA256, span_of(outer, BLOCK + HASH), memory);
	memset(out, 0, HASH);
	if (span_left(hash) == HASH)
		memcpy(out, hash.at, HASH);
}

/* HKDF-Expand-Label of TLS 1.3, up to one hash. */
static void expand(const uint8_t secret[HASH], const char *label, uint8_t *out, size_t length)
{
	uint8_t info[2 + 1 + 6 + LABEL_MOST + 2], hash[HASH];
	const size_t name = strlen(label);

	info[0] = 0;
	info[1] = (uint8_t)length;
	info[2] = (uint8_t)(6 + name);
	memcpy(info + 3, "tls13 ", 6);
	memcpy(info + 9, label, name);
	info[9 + name] = 0;
	info[10 + name] = 1; /* the counter of HKDF-Expand */
	hmac(secret, HASH, info, 11 + name, hash);
	memcpy(out, hash, length);
}

static const uint8_t *salt_of(uint32_t version)
{
	static const uint8_t v1[20] = { 0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
					0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a };
	static const uint8_t v2[20] = { 0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93,
					0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9 };
	static const uint8_t draft_29[20] = { 0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97,
					      0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99 };
	static const uint8_t draft_23[20] = { 0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7,
					      0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02 };
	static const uint8_t v2_draft[20] = { 0xa7, 0x07, 0xc2, 0x03, 0xa5, 0x9b, 0x47, 0x18, 0x4a, 0x1d,
					      0x62, 0xca, 0x57, 0x04, 0x06, 0xea, 0x7a, 0xe3, 0xe5, 0xd3 };
	static const uint8_t google_50[20] = { 0x50, 0x45, 0x74, 0xef, 0xd0, 0x66, 0xfe, 0x2f, 0x9d, 0x94,
					       0x5c, 0xfc, 0xdb, 0xd3, 0xa7, 0xf0, 0xd3, 0xb5, 0x6b, 0x45 };
	const uint32_t draft = version - QUIC_DRAFT;

	if (version == 1)
		return v1;
	if (version == QUIC_V2)
		return v2;
	if (version == QUIC_V2_DRAFT)
		return v2_draft;
	if (version == QUIC_MVFST_2 || version == QUIC_MVFST_E)
		return draft_23;
	if (version == QUIC_Q050)
		return google_50;
	if (version < QUIC_DRAFT || draft < 23 || draft > 34)
		return NULL;
	if (draft >= 33)
		return v1;
	return draft >= 29 ? draft_29 : draft_23;
}

bool quic_is_known(uint32_t version)
{
	return salt_of(version) != NULL;
}

struct keys {
	uint8_t key[KEY], iv[IV], hide[KEY];
};

static void make_keys(uint32_t version, enum side sealer, struct span id, struct keys *keys)
{
	const bool v2 = quic_is_v2(version);
	uint8_t initial[HASH], secret[HASH];

	hmac(salt_of(version), 20, id.at, span_left(id), initial);
	expand(initial, sealer == SIDE_CLIENT ? "client in" : "server in", secret, HASH);
	expand(secret, v2 ? "quicv2 key" : "quic key", keys->key, KEY);
	expand(secret, v2 ? "quicv2 iv" : "quic iv", keys->iv, IV);
	expand(secret, v2 ? "quicv2 hp" : "quic hp", keys->hide, KEY);
}

/* What hides the header: one block under AES-128 (RFC 9001 5.4.3). */
static bool make_mask(const uint8_t key[KEY], struct span sample, uint8_t mask[SAMPLE])
{
	EVP_CIPHER *const cipher = EVP_CIPHER_fetch(NULL, "AES-128-ECB", NULL);
	EVP_CIPHER_CTX *const context = EVP_CIPHER_CTX_new();
	int written = 0;
	const bool done = cipher != NULL && context != NULL &&
			  EVP_EncryptInit_ex2(context, cipher, key, NULL, NULL) == 1 &&
			  EVP_EncryptUpdate(context, mask, &written, sample.at, SAMPLE) == 1 &&
			  written == SAMPLE;

	EVP_CIPHER_CTX_free(context);
	EVP_CIPHER_free(cipher);
	return done;
}

/* A packet without its cover: the header's octets that were hidden, what lies between them, what is sealed.
 */
struct bare {
	uint8_t first, number[NUMBER_MOST];
	size_t number_length;
	struct span between, sealed;
};

static bool add_header(EVP_CIPHER_CTX *context, const uint8_t *octets, size_t length)
{
	int written;

	return EVP_DecryptUpdate(context, NULL, &written, octets, (int)length) == 1;
}

/* Verifies the seal, and opens it to plain, which has room for what is sealed. */
static bool unseal(const struct keys *keys, const uint8_t iv[IV], const struct bare *bare, uint8_t *plain)
{
	EVP_CIPHER *const cipher = EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL);
	EVP_CIPHER_CTX *const context = EVP_CIPHER_CTX_new();
	const size_t length = span_left(bare->sealed) - SEAL;
	uint8_t seal[SEAL];
	int written = 0;
	bool done;

	memcpy(seal, bare->sealed.at + length, SEAL);
	done = cipher != NULL && context != NULL &&
	       EVP_DecryptInit_ex2(context, cipher, keys->key, iv, NULL) == 1 &&
	       add_header(context, &bare->first, 1) &&
	       add_header(context, bare->between.at, span_left(bare->between)) &&
	       add_header(context, bare->number, bare->number_length) &&
	       EVP_DecryptUpdate(context, plain, &written, bare->sealed.at, (int)length) == 1 &&
	       EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, SEAL, seal) == 1 &&
	       EVP_DecryptFinal_ex(context, plain + length, &written) == 1;
	EVP_CIPHER_CTX_free(context);
	EVP_CIPHER_free(cipher);
	return done;
}

static bool uncover(const struct keys *keys, struct span packet, size_t number_at, struct bare *bare)
{
	struct span sample = packet;
	uint8_t mask[SAMPLE];

	span_skip(&sample, number_at + NUMBER_MOST);
	sample = span_take(&sample, SAMPLE);
	if (sample.failed || !make_mask(keys->hide, sample, mask))
		return false;
	bare->first = span_u8(&packet) ^ (mask[0] & 0x0f);
	bare->number_length = 1u + (bare->first & 3);
	bare->between = span_take(&packet, number_at - 1);
	for (size_t i = 0; i < bare->number_length; i++)
		bare->number[i] = span_u8(&packet) ^ mask[1 + i];
	bare->sealed = packet;
	return !packet.failed && span_left(packet) >= SEAL;
}

size_t quic_open_initial(const struct quic_packet *packet, enum side sealer, struct span id, uint8_t *plain,
			 size_t size)
{
	struct keys keys;
	struct bare bare;
	uint8_t iv[IV];
	size_t length;

	if (packet->number_at == 0 || !quic_is_known(packet->version) || !openssl_load(NULL))
		return 0;
	make_keys(packet->version, sealer, id, &keys);
	if (!uncover(&keys, packet->whole, packet->number_at, &bare))
		return 0;
	memcpy(iv, keys.iv, IV);
	for (size_t i = 0; i < bare.number_length; i++)
		iv[IV - bare.number_length + i] ^= bare.number[i];
	length = span_left(bare.sealed) - SEAL;
	return length <= size && unseal(&keys, iv, &bare, plain) ? length : 0;
}
