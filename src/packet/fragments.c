/* Fragments put together: RFC 791, RFC 815, RFC 8200 section 4.5, RFC 5722. */
#include "packet/fragments_table.h"
#include "packet/layers.h"

enum { NEXT_FRAGMENT = 44 };

const struct fragments_counts *fragments_counts(const struct fragments *fragments)
{
	return &fragments->counts;
}

/* ---- one piece ---- */

struct overlap {
	bool again, differs, new;
};

static bool is_here(const struct partial *p, uint32_t unit)
{
	return (p->here[unit / 64] >> unit % 64 & 1) != 0;
}

/* How many units from this one on have not come; as many as lie in one page. */
static uint32_t missing(const struct partial *p, uint32_t unit, uint32_t end)
{
	uint32_t at = unit;

	while (at < end && !is_here(p, at) && at / (PAGE / UNIT) == unit / (PAGE / UNIT))
		at++;
	return at - unit;
}

static void note_here(struct partial *p, uint32_t unit, uint32_t count)
{
	p->units += count;
	for (; count > 0; count--, unit++)
		p->here[unit / 64] |= UINT64_C(1) << unit % 64;
}

/* Keeps what is new of a piece, and looks at the rest. */
static struct overlap keep(struct fragments *f, struct partial *p, uint32_t offset, uint32_t length,
			   struct span octets)
{
	const uint32_t end = (offset + length + UNIT - 1) / UNIT;
	struct overlap overlap = { false, false, false };

	if (span_left(octets) < length && offset + (uint32_t)span_left(octets) < p->captured)
		p->captured = offset + (uint32_t)span_left(octets);
	for (uint32_t unit = offset / UNIT, count; unit < end; unit += count) {
		const uint32_t new = missing(p, unit, end);
		const size_t left = span_left(octets);
		uint8_t *const kept = partial_unit(f, p, unit);
		struct span part;

		count = new > 0 ? new : 1;
		part = span_take(&octets, left < (size_t)count * UNIT ? left : (size_t)count * UNIT);
		if (new > 0) {
			overlap.new = true;
			note_here(p, unit, new);
			memcpy(kept, part.at, span_left(part));
			continue;
		}
		overlap.again = true;
		if (unit * UNIT + span_left(part) <= p->captured &&
		    memcmp(kept, part.at, span_left(part)) != 0)
			overlap.differs = true;
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

		memcpy(out + p->header_length + done, partial_page(f, p, done), part);
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
			.begun_bytes = p->begun_bytes,
			.flags = p->flags,
		};
	partial_end(f, p);
	f->counts.whole++;
	packet_reassembled(packets, nth, whole, length);
}

/* The piece with the header of the transport tells whose the datagram is, should it never be whole. */
static void begin(struct partial *p, struct packet *packet, struct datagram *ret_datagram)
{
	const bool begins = packet->fragment_offset == 0 && p->begun_bytes == 0 && packet_begins(packet);

	if (begins && ret_datagram != NULL)
		p->begun_bytes = packet->length;
	if (ret_datagram != NULL)
		*ret_datagram = (struct datagram){ .first_ns = p->first_ns, .begins = begins };
}

enum fragments_result fragments_add(struct fragments *fragments, struct packets *packets, unsigned nth,
				    uint32_t context, int64_t now_ns, struct datagram *ret_datagram)
{
	struct packet *const packet = &packets->list[nth];
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
	p = partial_find(fragments, &key, now_ns);
	if (!add_piece(fragments, p, packet, length)) {
		fragments->counts.refused++;
		return FRAGMENTS_REFUSED;
	}
	if (!is_whole(p)) {
		begin(p, packet, ret_datagram);
		return FRAGMENTS_HELD;
	}
	finish(fragments, p, packets, nth, ret_datagram);
	return FRAGMENTS_WHOLE;
}
