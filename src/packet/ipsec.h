/* ipsec.h: IPsec with keys. AH (RFC 4302) is verified, ESP (RFC 4303) verified, decrypted and opened: what it
 * protects becomes a further packet. Keys come from a file of security associations (doorward-keys(5)).
 *
 * Without keys, ESP whose encryption is NULL is known by its content (RFC 5879): padding, next header,
 * lengths and the checksums of what is inside must all be right. Everything is allocated while keys are read,
 * and nothing per packet. */
#ifndef PACKET_IPSEC_H
#define PACKET_IPSEC_H

#include "base/error.h"
#include "packet/packet.h"

enum { IPSEC_ASSOCIATIONS = 4096, IPSEC_KEYS_LIMIT = 1 << 20 /* bytes of a file */ };

enum ipsec_result {
	IPSEC_NOT,        /* neither AH nor ESP */
	IPSEC_NO_KEY,     /* no association is known for it, and it shows nothing of itself */
	IPSEC_NULL,       /* ESP without encryption, known by its content; not verified */
	IPSEC_UNVERIFIED, /* the association has no integrity key, or not all of the packet was captured */
	IPSEC_GOOD,
	IPSEC_BAD,       /* the integrity value is wrong; not opened */
	IPSEC_REPLAYED,  /* good, but its sequence number has been seen; not opened */
	IPSEC_MALFORMED, /* lengths or padding that cannot be, whatever the keys */
	IPSEC_RESULTS
};
const char *ipsec_result_text(enum ipsec_result result);

/* Sequence numbers seen, the highest one and 63 below it (RFC 4303, section 3.4.3). Zeros to begin with. */
struct ipsec_window {
	uint64_t seen; /* bit n: highest - n */
	uint32_t highest;
};
enum ipsec_sequence { SEQUENCE_NEW, SEQUENCE_SEEN, SEQUENCE_LATE /* too old to tell */ };
enum ipsec_sequence ipsec_window_add(struct ipsec_window *window, uint32_t sequence);

/* One line of the file, and what came of it. */
struct ipsec_association {
	uint8_t protocol; /* TRANSPORT_ESP, TRANSPORT_AH */
	uint32_t spi;
	bool has_from, has_to;
	struct address from, to;
	const char *encryption, *integrity; /* names as in the file; NULL: not given */
	uint32_t line;
	uint64_t results[IPSEC_RESULTS]; /* packets */
	uint64_t late;                   /* of the good ones: below the window */
	uint64_t opened;
	struct ipsec_window window;
};

struct ipsec;

/* NULL without memory. The caller owns it. */
struct ipsec *ipsec_new(void);
void ipsec_free(struct ipsec *ipsec);

/* Reads the text of a file with keys. Every error is told as "path:line:column: words", one for a line; they
 * never repeat a key. False if there was one, and then the associations are not to be used. The path is for
 * the words alone. */
typedef void ipsec_told(void *context, const struct error *err);
bool ipsec_read_keys(struct ipsec *ipsec, const char *path, struct span text, ipsec_told *told,
		     void *context);

size_t ipsec_association_count(const struct ipsec *ipsec);
const struct ipsec_association *ipsec_association_nth(const struct ipsec *ipsec, size_t nth);

/* Verifies the nth packet, and opens it where it is ESP and the last one. */
enum ipsec_result ipsec_open(struct ipsec *ipsec, struct packets *packets, unsigned nth);

/* The same for ESP in UDP (RFC 3948): the nth packet's payload. IPSEC_NOT without an association for its SPI
 * and ends, as nothing else tells it from random octets. */
enum ipsec_result ipsec_open_udp(struct ipsec *ipsec, struct packets *packets, unsigned nth);

/* Whether ESP's body, all that stands behind its sequence number in this packet, is not encrypted, known by
 * what is inside: what it protects, and what its next header names. */
bool ipsec_is_null(const struct packet *packet, struct span body, uint8_t *ret_next, struct span *ret_inner);

#endif
