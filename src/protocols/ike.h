/* ike.h: what the files about IKE share. ike.c recognises it, ike_message.c reads its headers, payloads and
 * proposals, ike_names.c knows their numbers' names, ike_parse.c reads conversations, ike_children.c what
 * they make under encryption, ike_event.c tells of them, ike_probe.c asks a server. */
#ifndef PROTOCOLS_IKE_H
#define PROTOCOLS_IKE_H

#include "protocols/associations.h"

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
	IKE1_DELETE = 12,
	IKE1_VENDOR = 13,
	IKE1_NAT_D = 20,
	IKE1_NAT_D_DRAFT = 130,
	IKE2_SA = 33,
	IKE2_KE = 34,
	IKE2_NOTIFY = 41,
	IKE2_DELETE = 42,
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
 * kind, and the others to choose from in their order. 0 where none is told. */
enum { IKE_OTHERS = 24 /* that are remembered */ };
struct ike_suite {
	uint16_t values[IKE_KINDS];
	uint16_t key_bits;
	uint32_t lifetime; /* seconds; of version 1 */
	uint8_t protocol;  /* 1 IKE, 2 AH, 3 ESP */
	uint8_t other_count;
	struct {
		uint8_t kind;
		uint16_t value, key_bits;
	} others[IKE_OTHERS];
};

/* Calls for each suite of a security association's body: of version 1 for each transform; of version 2 for
 * each proposal, which may list several of a kind. Returns how many proposals there are; 0 if it is not
 * sound. */
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

/* ---- what is made under encryption ---- */

enum { IKE_CHILDREN = 8, IKE_CHILD_TEXT = 64 };

/* An exchange that makes associations of ESP or AH, one for each direction. */
struct ike_child {
	uint64_t initiator; /* as in its messages */
	uint32_t id;
	uint8_t exchange;
	uint8_t first; /* the side that began it */
	bool made;     /* both sides have spoken */
	bool taken[2]; /* by side: an association that it began is held to come of it */
	bool only;     /* no other exchange could have made what was taken */
};

/* The last of them; all zero at first. */
struct ike_children {
	struct ike_child list[IKE_CHILDREN];
	uint8_t next;
};

/* Hears a message. The exchange that made associations with it; NULL for most messages. */
const struct ike_child *ike_children_hear(struct ike_children *children, const struct ike_message *m,
					  enum side side);

/* The exchange that made an association with which this side begins now: the newest that has not made one for
 * it yet. False if there is none. */
bool ike_children_take(struct ike_children *children, enum side side, struct ike_child *ret_child);

/* "quick 1015553326 of 4f2a09c71e5b3d88": the message id, and the initiator's SPI. */
void ike_child_text(const struct ike_child *child, char text[static IKE_CHILD_TEXT]);

/* Calls for each SPI of ESP or AH that is spoken of in the clear. */
typedef void ike_hear_spi(void *context, uint32_t spi);
void ike_spis(const struct ike_message *m, ike_hear_spi *hear, void *context);

/* ---- the event ---- */

/* The associations of ESP in the flow of their keys (RFC 3948), and what made each of them: exchange 0 where
 * that was not seen. */
struct ike_esp {
	struct associations seen;
	struct ike_child made_by[ASSOCIATIONS_MOST];
};

/* A message; or, where that is NULL, what was seen of ESP. */
struct ike_record {
	const struct ike_message *message;
	bool encapsulated, answer;
	const struct ike_esp *esp;
};

extern parse_emit ike_emit; /* of a struct ike_record */

bool ike_find_association(const struct ike_message *m, struct span *ret_body);
bool ike_has_nat_traversal(const struct ike_message *m);

extern const struct parser ike_parser;
extern const struct probe ike_probe;
extern const struct weakness ike_aggressive, ike_old, ike_weak_encryption, ike_weak_hash, ike_weak_group;

#endif
