/* fragments.h: the pieces of IPv4 (RFC 791, RFC 815) and IPv6 (RFC 8200, section 4.5) datagrams, put
 * together.
 *
 * A datagram stays what its first octets to arrive said: where pieces overlap, what came first is kept, and
 * the flags tell of it. (A host must drop such a datagram of IPv6, RFC 5722, and may do so with IPv4; which
 * bytes another one keeps cannot be known from outside.) Time is that of packets. All memory is taken at the
 * start: past it the oldest datagram that is not whole is given up, and counted, so that hostile pieces cost
 * nothing but each other. */
#ifndef PACKET_FRAGMENTS_H
#define PACKET_FRAGMENTS_H

#include "packet/packet.h"

enum {
	FRAGMENTS_MEMORY = 8 << 20, /* what suits most: about a thousand datagrams at a time */
	FRAGMENTS_MEMORY_LEAST = 2 << 20,
	FRAGMENTS_PIECES = 8192, /* of one datagram; as many as fit when each is as small as can be */
	FRAGMENTS_HEADER = 256,  /* octets of IP header with options or extension headers */
	FRAGMENTS_V4_SECONDS = 30,
	FRAGMENTS_V6_SECONDS = 60,
};

enum fragments_result {
	FRAGMENTS_NOT,     /* it is no fragment, and stays as it is */
	FRAGMENTS_HELD,    /* kept; the datagram is not whole yet */
	FRAGMENTS_REFUSED, /* a piece that cannot be part of any datagram, or not of this one; counted */
	FRAGMENTS_WHOLE,   /* the packet is now the datagram, with ports and payload, and what it carries
			      follows */
};

enum {
	DATAGRAM_OVERLAP = 1,  /* a piece brought octets again, and others beside them */
	DATAGRAM_CONFLICT = 2, /* a piece brought octets again that differ from the first ones */
	DATAGRAM_REFUSED = 4,  /* a piece did not fit: beyond the end, or another end */
	DATAGRAM_CUT = 8,      /* the capture holds only its beginning */
};

/* What became of a datagram that is whole. */
struct datagram {
	int64_t first_ns; /* when its first piece came */
	uint32_t pieces;
	uint32_t bytes;       /* lengths of the pieces' IP packets on the wire */
	uint32_t begun_bytes; /* of these, of the piece that `begins` told of; 0: none */
	uint8_t flags;        /* DATAGRAM_... */
	bool begins;          /* of HELD: this piece is the datagram's beginning, and the first such; its
				 packet has ports now */
};

/* Nothing disappears without a count: pieces == held + refused, and what is held ends in one of the others.
 */
struct fragments_counts {
	uint64_t pieces, refused;
	uint64_t duplicates, overlaps, conflicts; /* pieces that said again what was known, or otherwise */
	uint64_t datagrams;                       /* begun */
	uint64_t whole, timeouts, evicted;        /* datagrams, by their end */
	size_t live;                              /* datagrams that are not whole yet */
};

struct fragments;

/* NULL without memory; of less than FRAGMENTS_MEMORY_LEAST that much is taken. The caller owns it. */
struct fragments *fragments_new(size_t memory);
void fragments_free(struct fragments *fragments);

/* Takes the nth packet, if it is a fragment. `context` tells apart what different tunnels carry. ret_datagram
 * is filled on WHOLE and HELD, and may be NULL. The datagram's bytes are good until a datagram of the same
 * nth is whole. */
enum fragments_result fragments_add(struct fragments *fragments, struct packets *packets, unsigned nth,
				    uint32_t context, int64_t now_ns, struct datagram *ret_datagram);

/* Gives up what is too old, and all that is left; the former is done by fragments_add() as well. */
void fragments_expire(struct fragments *fragments, int64_t now_ns);

const struct fragments_counts *fragments_counts(const struct fragments *fragments);

#endif
