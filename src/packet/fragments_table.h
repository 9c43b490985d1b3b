/* fragments_table.h: datagrams that are not whole, in memory that is taken at the start.
 *
 * All pieces but the last are multiples of eight octets, so a datagram is a row of 8192 units, and a bit for
 * each says whether it has come. The octets lie in pages, taken as units come. Datagrams are found in a table
 * of buckets with a fixed number of ways, so that no choice of addresses makes the search longer. */
#ifndef PACKET_FRAGMENTS_TABLE_H
#define PACKET_FRAGMENTS_TABLE_H

#include "packet/fragments.h"

enum {
	UNIT = 8,
	PAGE = 2048,
	LONGEST = 65535, /* of IPv4 with its header, of IPv6 without the first forty octets */
	UNITS = (LONGEST + UNIT) / UNIT,
	PAGES = (LONGEST + PAGE) / PAGE,
	OUTPUT = LONGEST + 41,
};

/* Zero where it does not count: it is compared as bytes. */
struct key {
	struct address source, destination;
	uint32_t id, context;
	uint8_t protocol; /* of IPv4 alone: in IPv6 each piece may name another, and the first one's holds */
	uint8_t version;
	uint16_t unused;
};

/* A datagram that is not whole. */
struct partial {
	struct key key;
	int64_t first_ns;
	int32_t next, previous; /* in the queue of its version, by age */
	uint32_t total;         /* octets behind the header, once the last piece has come; else 0 */
	uint32_t furthest;      /* where the last octet so far ends */
	uint32_t units;         /* how many have come */
	uint32_t captured;      /* the capture holds what has come up to here */
	uint32_t bytes, pieces, begun_bytes;
	uint16_t header_length; /* 0: the first piece has not come */
	uint8_t next_header;    /* of IPv6: what the first piece's fragment header says */
	uint8_t flags;
	bool in_use;
	uint8_t header[FRAGMENTS_HEADER];
	uint64_t here[UNITS / 64];
	uint32_t pages[PAGES]; /* 1 + number; 0: none yet */
};

struct queue {
	int32_t first, last;
};

struct fragments {
	struct partial *partials;
	uint8_t *pages;
	uint32_t *free_pages;
	uint8_t *outputs; /* one for each layer: what one datagram carries may be a fragment again */
	uint32_t buckets, free_count;
	struct queue queues[2]; /* IPv4, IPv6: their times differ */
	struct fragments_counts counts;
};

/* Finds the datagram or begins it; a full bucket gives up its oldest. */
struct partial *partial_find(struct fragments *f, const struct key *key, int64_t now_ns);

/* Its place and its pages are free again. */
void partial_end(struct fragments *f, struct partial *p);

/* Where a unit's octets lie; another datagram is given up where no page is free. */
uint8_t *partial_unit(struct fragments *f, struct partial *p, uint32_t unit);

/* The octets from `offset` on, which are together up to the end of their page. */
static inline const uint8_t *partial_page(const struct fragments *f, const struct partial *p, uint32_t offset)
{
	return &f->pages[(size_t)(p->pages[offset / PAGE] - 1) * PAGE + offset % PAGE];
}

#endif
