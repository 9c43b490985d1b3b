/* quic_initial.c: RFC 9001 section 5.2 (keys of Initial packets), 5.4 (what hides the header), RFC 9369
 * section 3.3 (version 2), RFC 5869 (HKDF), RFC 2104 (HMAC). AES-GCM without its tag is AES-CTR that begins
 * at 2. */
#include "protocols/quic_initial.h"
#include "base/digest.h"
#include "base/openssl_calls.h"

enum {
	BLOCK = 64,
	HASH = 32,
	KEY = 16,
	IV = 12,
	SAMPLE = 16,
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
	const uint32_t draft = version - QUIC_DRAFT;

	if (version == 1)
		return v1;
	if (version == QUIC_V2)
		return v2;
	if (version == QUIC_MVFST_2 || version == QUIC_MVFST_E)
		return draft_23;
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

static void make_keys(uint32_t version, struct span id, struct keys *keys)
{
	const bool v2 = version == QUIC_V2;
	uint8_t initial[HASH], secret[HASH];

	hmac(salt_of(version), 20, id.at, span_left(id), initial);
	expand(initial, "client in", secret, HASH);
	expand(secret, v2 ? "quicv2 key" : "quic key", keys->key, KEY);
	expand(secret, v2 ? "quicv2 iv" : "quic iv", keys->iv, IV);
	expand(secret, v2 ? "quicv2 hp" : "quic hp", keys->hide, KEY);
}

/* Encrypts whole blocks with AES-128. */
static bool encrypt(const uint8_t key[KEY], const uint8_t *blocks, size_t length, uint8_t *out)
{
	EVP_CIPHER *const cipher = EVP_CIPHER_fetch(NULL, "AES-128-ECB", NULL);
	EVP_CIPHER_CTX *const context = EVP_CIPHER_CTX_new();
	int written = 0;
	const bool done = cipher != NULL && context != NULL &&
			  EVP_EncryptInit_ex2(context, cipher, key, NULL, NULL) == 1 &&
			  EVP_EncryptUpdate(context, out, &written, blocks, (int)length) == 1 &&
			  (size_t)written == length;

	EVP_CIPHER_CTX_free(context);
	EVP_CIPHER_free(cipher);
	return done;
}

/* Takes the cover off: counter blocks are encrypted some at a time. */
static bool uncover(const struct keys *keys, const uint8_t iv[IV], struct span sealed, uint8_t *plain)
{
	enum { BLOCKS = 16 };
	uint32_t counter = 2;

	while (span_left(sealed) > 0) {
		uint8_t blocks[BLOCKS * 16], stream[BLOCKS * 16];
		const size_t part = span_left(sealed) < sizeof(blocks) ? span_left(sealed) : sizeof(blocks);
		const struct span here = span_take(&sealed, part);

		for (size_t i = 0; i < BLOCKS; i++, counter++) {
			memcpy(blocks + 16 * i, iv, IV);
			blocks[16 * i + 12] = (uint8_t)(counter >> 24);
			blocks[16 * i + 13] = (uint8_t)(counter >> 16);
			blocks[16 * i + 14] = (uint8_t)(counter >> 8);
			blocks[16 * i + 15] = (uint8_t)counter;
		}
		if (!encrypt(keys->key, blocks, sizeof(blocks), stream))
			return false;
		for (size_t i = 0; i < part; i++)
			*plain++ = here.at[i] ^ stream[i];
	}
	return true;
}

size_t quic_open_initial(uint32_t version, struct span packet, size_t number_at, struct span id,
			 uint8_t *plain, size_t size)
{
	struct keys keys;
	struct span sample = packet;
	uint8_t mask[16], iv[IV];
	size_t number_length, length;
	uint32_t number = 0;

	span_skip(&sample, number_at + NUMBER_MOST);
	sample = span_take(&sample, SAMPLE);
	if (sample.failed || !quic_is_known(version) || !openssl_load(NULL))
		return 0;
	make_keys(version, id, &keys);
	if (!encrypt(keys.hide, sample.at, SAMPLE, mask))
		return 0;
	number_length = 1u + ((span_peek(packet, 0) ^ (mask[0] & 0x0f)) & 3);
	memcpy(iv, keys.iv, IV);
	for (size_t i = 0; i < number_length; i++)
		number = number << 8 | (uint8_t)(packet.at[number_at + i] ^ mask[1 + i]);
	for (size_t i = 0; i < 4; i++)
		iv[IV - 1 - i] ^= (uint8_t)(number >> 8 * i);
	span_skip(&packet, number_at + number_length);
	length = span_left(packet) > SAMPLE ? span_left(packet) - SAMPLE : 0; /* the tag */
	length = length < size ? length : size;
	return uncover(&keys, iv, span_take(&packet, length), plain) ? length : 0;
}
