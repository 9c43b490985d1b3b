/* ike.h: what the files about IKE share. ike.c recognises it, ike_message.c reads its headers, payloads and
 * proposals, ike_names.c knows their numbers' names, ike_parse.c reads conversations, ike_probe.c asks a
 * server. */
#ifndef PROTOCOLS_IKE_H
#define PROTOCOLS_IKE_H

#include "protocols/parse.h"

enum { IKE_HEADER = 28, IKE_MARKER = 4, IKE_TCP_PREFIX = 6 };
enum { IKE_DOOR = 500, IKE_NAT_DOOR = 4500 };

/* Exchanges of version 1 (RFC 2408, RFC 2409) and of version 2 (RFC 7296). */
enum {
	IKE1_BASE = 1,
	IKE1_MAIN = 2,
	IKE1_AGGRESSIVE = 4,
	IKE1_INFORMATIONAL = 5,
	IKE1_TRANSACTION = 6,
	IKE1_QUICK = 32,
	IKE1_NEW_GROUP = 33,
	IKE2_SA_INIT = 34,
	IKE2_AUTH = 35,
	IKE2_CREATE_CHILD = 36,
	IKE2_LAST = 44,
};

/* Payloads that are read. */
enum {
	IKE1_SA = 1,
	IKE1_ID = 5,
	IKE1_NOTIFY = 11,
	IKE1_VENDOR = 13,
	IKE1_NAT_D = 20,
	IKE1_NAT_D_DRAFT = 130,
	IKE2_SA = 33,
	IKE2_KE = 34,
	IKE2_NOTIFY = 41,
	IKE2_VENDOR = 43,
	IKE2_ENCRYPTED = 46,
	IKE2_FRAGMENT = 53,
};

struct ike_message {
	uint64_t initiator, responder; /* SPIs, or cookies */
	uint8_t next, version, exchange, flags;
	uint32_t id, length;
	struct span payloads; /* as far as they came */
	bool encrypted, from_initiator;
};

/* Reads a message from its first SPI on. False if it cannot be one; `whole`: it must fill s. */
bool ike_message_read(struct span s, bool whole, struct ike_message *ret_message);

/* Whether it is the first message of an exchange, or version 2's answer to one: so much of their headers is
 * fixed that they are known even where the rest is cut or damaged. */
bool ike_is_opening(const struct ike_message *m);

static inline bool ike_is_v1(const struct ike_message *m)
{
	return m->version >> 4 == 1;
}

/* Cuts the next payload off; false behind the last, with s failed if it is not sound. *next is its type
 * before, and that of the following one after. */
bool ike_payload_next(struct span *s, uint8_t *next, uint8_t *ret_type, struct span *ret_body);

/* Whether the payloads in the clear are sound, to the last octet. */
bool ike_payloads_are_sound(const struct ike_message *m);

/* The kinds of algorithms, numbered as version 2 numbers its transforms. */
enum ike_kind { IKE_ENCRYPTION = 1, IKE_PRF, IKE_INTEGRITY, IKE_GROUP, IKE_AUTHENTICATION, IKE_KINDS };

/* One transform of version 1, which is a whole suite, or one proposal of version 2, with the first of each
 * kind. 0 where none is told. */
struct ike_suite {
	uint16_t values[IKE_KINDS];
	uint16_t key_bits;
	uint32_t lifetime; /* seconds; of version 1 */
	uint8_t protocol;  /* 1 IKE, 2 AH, 3 ESP */
};

/* Calls for each suite of a security association's body: of version 1 for each transform; of version 2 for
 * each proposal, which may list several of a kind, the first of each kind. Returns how many proposals there
 * are; 0 if it is not sound. */
typedef void ike_hear_suite(void *context, const struct ike_suite *suite);
unsigned ike_suites(struct span body, bool v1, ike_hear_suite *hear, void *context);

/* The names of IANA's registers; NULL where a number has none. */
const char *ike_exchange_text(uint8_t exchange);
const char *ike_payload_text(uint8_t type);
const char *ike_value_text(bool v1, enum ike_kind kind, uint16_t value);
const char *ike_notify_text(uint16_t type);

/* Whether a value is one of MD5, SHA-1, DES, 3DES or no cipher, and groups below 14. */
bool ike_is_weak(bool v1, enum ike_kind kind, uint16_t value);

/* What a vendor id stands for; a product, if it names one. */
struct ike_vendor {
	const char *hex, *name, *product;
};
const struct ike_vendor *ike_vendor(struct span id);

extern const struct parser ike_parser;
extern const struct probe ike_probe;
extern const struct weakness ike_aggressive, ike_old, ike_weak_encryption, ike_weak_hash, ike_weak_group;

#endif
