/* Fragments put together: RFC 791, RFC 815, RFC 8200 section 4.5, RFC 5722.
 *
 * All pieces but the last are multiples of eight octets, so a datagram is a row of 8192 units, and a bit for
 * each says whether it has come. The octets lie in pages, taken as units come. Datagrams are found in a table
 * of buckets with a fixed number of ways, so that no choice of addresses makes the search longer. */
#include "packet/fragments.h"
#include "base/hash.h"
#include "packet/layers.h"

#include <stdlib.h>

enum {
	UNIT = 8,
	PAGE = 2048,
	LONGEST = 65535, /* of IPv4 with its header, of IPv6 without the first forty octets */
	UNITS = (LONGEST + UNIT) / UNIT,
	PAGES = (LONGEST + PAGE) / PAGE,
	OUTPUT = LONGEST + 41,
	WAYS = 8,
	NONE = -1,
	NEXT_FRAGMENT = 44,
};
#define SECOND_NS INT64_C(1000000000)

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
	uint32_t bytes, pieces;
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

struct fragments *fragments_new(size_t memory)
{
	struct fragments *f = calloc(1, sizeof(*f));
	size_t pages;

	if (f == NULL)
		return NULL;
	if (memory < FRAGMENTS_MEMORY_LEAST)
		memory = FRAGMENTS_MEMORY_LEAST;
	if (memory > (size_t)FRAGMENTS_MEMORY << 7)
		memory = (size_t)FRAGMENTS_MEMORY << 7;
	memory -= (size_t)PACKET_DEPTH * OUTPUT;
	f->buckets = (uint32_t)(memory / (WAYS * (sizeof(struct partial) + 2 * PAGE)));
	pages = (memory - f->buckets * WAYS * sizeof(struct partial)) / (PAGE + sizeof(uint32_t));
	f->partials = calloc((size_t)f->buckets * WAYS, sizeof(struct partial));
	f->pages = malloc(pages * PAGE);
	f->free_pages = malloc(pages * sizeof(uint32_t));
	f->outputs = malloc((size_t)PACKET_DEPTH * OUTPUT);
	if (f->partials == NULL || f->pages == NULL || f->free_pages == NULL || f->outputs == NULL) {
		fragments_free(f);
		return NULL;
	}
	while (f->free_count < pages) {
		f->free_pages[f->free_count] = (uint32_t)pages - f->free_count;
		f->free_count++;
	}
	f->queues[0] = f->queues[1] = (struct queue){ NONE, NONE };
	return f;
}

void fragments_free(struct fragments *fragments)
{
	if (fragments == NULL)
		return;
	free(fragments->partials);
	free(fragments->pages);
	free(fragments->free_pages);
	free(fragments->outputs);
	free(fragments);
}

const struct fragments_counts *fragments_counts(const struct fragments *fragments)
{
	return &fragments->counts;
}

/* ---- the table ---- */

static struct queue *queue_of(struct fragments *f, const struct partial *p)
{
	return &f->queues[p->key.version == 6];
}

static void enqueue(struct fragments *f, struct partial *p)
{
	struct queue *const queue = queue_of(f, p);
	const int32_t number = (int32_t)(p - f->partials);

	p->previous = queue->last;
	p->next = NONE;
	if (queue->last != NONE)
		f->partials[queue->last].next = number;
	else
		queue->first = number;
	queue->last = number;
}

static void give_up(struct fragments *f, struct partial *p)
{
	struct queue *const queue = queue_of(f, p);

	if (p->previous != NONE)
		f->partials[p->previous].next = p->next;
	else
		queue->first = p->next;
	if (p->next != NONE)
		f->partials[p->next].previous = p->previous;
	else
		queue->last = p->previous;
	for (unsigned n = 0; n < PAGES; n++)
		if (p->pages[n] != 0)
			f->free_pages[f->free_count++] = p->pages[n];
	p->in_use = false;
	f->counts.live--;
}

static void expire_queue(struct fragments *f, struct queue *queue, int64_t due_ns)
{
	while (queue->first != NONE && f->partials[queue->first].first_ns < due_ns) {
		give_up(f, &f->partials[queue->first]);
		f->counts.timeouts++;
	}
}

void fragments_expire(struct fragments *fragments, int64_t now_ns)
{
	if (now_ns < INT64_MIN + FRAGMENTS_V6_SECONDS * SECOND_NS)
		return;
	expire_queue(fragments, &fragments->queues[0], now_ns - FRAGMENTS_V4_SECONDS * SECOND_NS);
	expire_queue(fragments, &fragments->queues[1], now_ns - FRAGMENTS_V6_SECONDS * SECOND_NS);
}

static void evict(struct fragments *f, struct partial *p)
{
	give_up(f, p);
	f->counts.evicted++;
}

/* The oldest of all but one. */
static struct partial *oldest(struct fragments *f, const struct partial *except)
{
	struct partial *found = NULL;

	for (unsigned n = 0; n < 2; n++) {
		int32_t number = f->queues[n].first;

		if (number != NONE && &f->partials[number] == except)
			number = except->next;
		if (number != NONE && (found == NULL || f->partials[number].first_ns < found->first_ns))
			found = &f->partials[number];
	}
	return found;
}

static struct partial *begin(struct fragments *f, struct partial *p, const struct key *key, int64_t now_ns)
{
	memset(p, 0, sizeof(*p));
	p->key = *key;
	p->first_ns = now_ns;
	p->captured = UINT32_MAX;
	p->in_use = true;
	enqueue(f, p);
	f->counts.datagrams++;
	f->counts.live++;
	return p;
}

/* Finds the datagram or begins it; a full bucket gives up its oldest. */
static struct partial *find(struct fragments *f, const struct key *key, int64_t now_ns)
{
	const uint64_t hash = hash_bytes(key, sizeof(*key));
	struct partial *const bucket = &f->partials[hash % f->buckets * WAYS];
	struct partial *place = &bucket[0];

	for (unsigned n = 0; n < WAYS; n++) {
		struct partial *const p = &bucket[n];

		if (p->in_use && memcmp(&p->key, key, sizeof(*key)) == 0)
			return p;
		if (place->in_use && (!p->in_use || p->first_ns < place->first_ns))
			place = p;
	}
	if (place->in_use)
		evict(f, place);
	return begin(f, place, key, now_ns);
}

/* ---- the octets ---- */

/* Where the unit's octets lie. There are more pages than one datagram needs, so there is always another to
 * give some up. */
static uint8_t *unit_at(struct fragments *f, struct partial *p, uint32_t unit)
{
	uint32_t *const page = &p->pages[unit / (PAGE / UNIT)];

	while (*page == 0 && f->free_count == 0)
		evict(f, oldest(f, p));
	if (*page == 0)
		*page = f->free_pages[--f->free_count];
	return &f->pages[(size_t)(*page - 1) * PAGE + unit % (PAGE / UNIT) * UNIT];
}

struct overlap {
	bool again, differs, new;
};

/* Keeps what is new of a piece, and looks at the rest. */
static struct overlap keep(struct fragments *f, struct partial *p, uint32_t offset, uint32_t length,
			   struct span octets)
{
	struct overlap overlap = { false, false, false };

	if (span_left(octets) < length && offset + (uint32_t)span_left(octets) < p->captured)
		p->captured = offset + (uint32_t)span_left(octets);
	for (uint32_t unit = offset / UNIT; unit * UNIT < offset + length; unit++) {
		const uint64_t bit = UINT64_C(1) << unit % 64;
		const size_t left = span_left(octets);
		const struct span part = span_take(&octets, left < UNIT ? left : UNIT);
		uint8_t *const kept = unit_at(f, p, unit);

		if ((p->here[unit / 64] & bit) != 0) {
			overlap.again = true;
			if (unit * UNIT + span_left(part) <= p->captured &&
			    memcmp(kept, part.at, span_left(part)) != 0)
				overlap.differs = true;
			continue;
		}
		overlap.new = true;
		p->here[unit / 64] |= bit;
		p->units++;
		memcpy(kept, part.at, span_left(part));
	}
	return overlap;
}

static void count_overlap(struct fragments *f, struct partial *p, struct overlap overlap)
{
	if (overlap.differs) {
		f->counts.conflicts++;
		p->flags |= DATAGRAM_CONFLICT;
	} else if (overlap.again && !overlap.new) {
		f->counts.duplicates++;
	}
	if (overlap.again && overlap.new) {
		f->counts.overlaps++;
		p->flags |= DATAGRAM_OVERLAP;
	}
}

/* ---- one piece ---- */

/* The header that the datagram had before it was cut, so that its checksums and its AH can be verified. */
static void keep_header(struct partial *p, const struct packet *packet)
{
	p->header_length = packet->version == 6 ? packet->ip_header - 8 : packet->ip_header;
	p->next_header = packet->transport;
	memcpy(p->header, packet->ip.at, p->header_length);
}

/* What can be no piece of a datagram at all. The octets of a header were all captured, or the packet would
 * not have been read as far as to its fragment fields. */
static bool is_possible(const struct packet *packet, uint32_t length)
{
	const uint32_t end = packet->fragment_offset + length;
	const uint32_t before = packet->version == 6 ? packet->ip_header - 48u : packet->ip_header;

	return packet->problem == PACKET_WHOLE && packet->ip_header <= FRAGMENTS_HEADER &&
	       span_left(packet->ip) >= packet->ip_header &&
	       packet->length == packet->ip_header + packet->payload_length && length > 0 &&
	       (!packet->more_fragments || length % UNIT == 0) && end + before <= LONGEST;
}

/* What contradicts the pieces that came before. */
static bool fits(const struct partial *p, const struct packet *packet, uint32_t end)
{
	if (p->pieces >= FRAGMENTS_PIECES)
		return false;
	if (!packet->more_fragments)
		return p->total == 0 ? end >= p->furthest : end == p->total;
	return p->total == 0 || end <= p->total;
}

static uint32_t piece_length(const struct packet *packet)
{
	/* Hosts let an odd tail of IPv4 fall away; in IPv6 it is an error (RFC 8200). */
	if (packet->version == 4 && packet->more_fragments)
		return packet->payload_length & ~(uint32_t)(UNIT - 1);
	return packet->payload_length;
}

static bool add_piece(struct fragments *f, struct partial *p, const struct packet *packet, uint32_t length)
{
	const uint32_t end = packet->fragment_offset + length;
	struct span octets = packet->payload;

	if (!fits(p, packet, end)) {
		p->flags |= DATAGRAM_REFUSED;
		return false;
	}
	if (span_left(octets) > length)
		octets.end = octets.at + length;
	if (!packet->more_fragments)
		p->total = end;
	if (end > p->furthest)
		p->furthest = end;
	p->pieces++;
	p->bytes += packet->length;
	if (packet->fragment_offset == 0 && p->header_length == 0)
		keep_header(p, packet);
	count_overlap(f, p, keep(f, p, packet->fragment_offset, length, octets));
	return true;
}

/* ---- the whole ---- */

/* A checksum that was bad before stays so. */
static void mend_v4(uint8_t *header, uint16_t header_length, uint32_t length)
{
	const struct span whole = span_of(header, header_length);
	const bool good = checksum_fold(checksum_add(0, whole)) == 0xffff;
	uint16_t sum;

	header[2] = (uint8_t)(length >> 8);
	header[3] = (uint8_t)length;
	header[6] = header[7] = header[10] = header[11] = 0;
	sum = checksum_fold(checksum_add(0, whole));
	sum = good ? (uint16_t)~sum : (uint16_t)(~sum ^ 1);
	header[10] = (uint8_t)(sum >> 8);
	header[11] = (uint8_t)sum;
}

/* Without the fragment header, the one before it names what stood behind it. */
static void mend_v6(uint8_t *header, uint16_t header_length, uint32_t length, uint8_t next_header)
{
	uint16_t at = 6;

	for (uint16_t behind = 40; behind + 1 < header_length && header[at] != NEXT_FRAGMENT;) {
		at = behind;
		behind += (uint16_t)((header[behind + 1] + 1) * 8);
	}
	header[at] = next_header;
	header[4] = (uint8_t)((length - 40) >> 8);
	header[5] = (uint8_t)(length - 40);
}

static struct span put_together(const struct fragments *f, const struct partial *p, uint8_t *out)
{
	const uint32_t all = p->captured < p->total ? p->captured : p->total;
	uint32_t done = 0;

	memcpy(out, p->header, p->header_length);
	if (p->key.version == 6)
		mend_v6(out, p->header_length, p->header_length + p->total, p->next_header);
	else
		mend_v4(out, p->header_length, p->header_length + p->total);
	while (done < all) {
		const uint32_t part = all - done < PAGE ? all - done : PAGE;

		memcpy(out + p->header_length + done, &f->pages[(size_t)(p->pages[done / PAGE] - 1) * PAGE],
		       part);
		done += part;
	}
	return span_of(out, p->header_length + all);
}

static bool is_whole(const struct partial *p)
{
	return p->total > 0 && p->header_length > 0 && p->units == (p->total + UNIT - 1) / UNIT;
}

static void finish(struct fragments *f, struct partial *p, struct packets *packets, unsigned nth,
		   struct datagram *ret_datagram)
{
	const struct span whole = put_together(f, p, f->outputs + (size_t)nth * OUTPUT);
	const uint32_t length = p->header_length + p->total;

	if (span_left(whole) < length)
		p->flags |= DATAGRAM_CUT;
	if (ret_datagram != NULL)
		*ret_datagram = (struct datagram){
			.first_ns = p->first_ns,
			.pieces = p->pieces,
			.bytes = p->bytes,
			.flags = p->flags,
		};
	give_up(f, p);
	f->counts.whole++;
	packet_reassembled(packets, nth, whole, length);
}

enum fragments_result fragments_add(struct fragments *fragments, struct packets *packets, unsigned nth,
				    uint32_t context, int64_t now_ns, struct datagram *ret_datagram)
{
	const struct packet *const packet = &packets->list[nth];
	const uint32_t length = piece_length(packet);
	struct key key = { .id = packet->fragment_id, .context = context, .version = packet->version };
	struct partial *p;

	if (!packet->fragment)
		return FRAGMENTS_NOT;
	fragments->counts.pieces++;
	fragments_expire(fragments, now_ns);
	if (!is_possible(packet, length)) {
		fragments->counts.refused++;
		return FRAGMENTS_REFUSED;
	}
	key.source = packet->source;
	key.destination = packet->destination;
	key.protocol = packet->version == 4 ? packet->transport : 0;
	p = find(fragments, &key, now_ns);
	if (!add_piece(fragments, p, packet, length)) {
		fragments->counts.refused++;
		return FRAGMENTS_REFUSED;
	}
	if (!is_whole(p))
		return FRAGMENTS_HELD;
	finish(fragments, p, packets, nth, ret_datagram);
	return FRAGMENTS_WHOLE;
}
