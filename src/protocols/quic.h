/* quic.h: what the recogniser of QUIC and its parser share: headers that nobody hides. */
#ifndef PROTOCOLS_QUIC_H
#define PROTOCOLS_QUIC_H

#include "protocols/protocols.h"

enum { QUIC_LONG = 0x80, QUIC_ID_MOST = 20 };

enum quic_kind { QUIC_INITIAL, QUIC_ZERO_RTT, QUIC_HANDSHAKE, QUIC_RETRY };

struct quic_packet {
	uint8_t first;
	uint32_t version;                /* 0: the server lists those that it knows */
	enum quic_kind kind;             /* where the version is none of Google's in the clear */
	struct span destination, source; /* ids */
	size_t number_at;                /* of an Initial whose keys are known; else 0 */
	struct span whole;               /* to its end */
};

/* Reads a long header at the front of `s`: version, both ids, and where the packet ends, which is the end of
 * `s` for kinds that have no length. False if it is not sound. */
bool quic_read_packet(struct span s, struct quic_packet *ret_packet);

/* A number of one, two, four or eight octets (RFC 9000 16). */
uint64_t quic_number(struct span *s);

/* Whether it is one of Google's: "Q043" and the like. */
bool quic_is_google(uint32_t version);

/* Google's first packets: flags with the version's bit, eight octets of id, the version, a number. */
bool quic_is_old_google(struct span s, uint32_t *ret_version);

/* One of Google's handshake messages (QUIC Crypto: tags with values) near the front of `s`, from `least` on;
 * empty where there is none. In a packet in the clear it comes behind a number, a nonce or hash, and the head
 * of a frame. */
enum { QUIC_GOOGLE_LEAST = 14 };
struct span quic_find_google(struct span s, size_t least);

/* The value of one tag in it ("SNI", "UAID"); empty where there is none. */
struct span quic_google_value(struct span message, const char *tag);

extern const struct parser quic_parser;

#endif
