/* IPsec: which association a packet belongs to, and what becomes of it. ESP: RFC 4303; in UDP: RFC 3948. */
#include "packet/ipsec_association.h"
#include "packet/layers.h"

#include <stdlib.h>

enum { NEXT_NONE = 59, SPI_FIRST = 256 };

const char *ipsec_result_text(enum ipsec_result result)
{
	static const char *const texts[IPSEC_RESULTS] = {
		[IPSEC_NOT] = "not IPsec",      [IPSEC_NO_KEY] = "no key",
		[IPSEC_NULL] = "not encrypted", [IPSEC_UNVERIFIED] = "not verified",
		[IPSEC_GOOD] = "good",          [IPSEC_BAD] = "wrong integrity value",
		[IPSEC_REPLAYED] = "replayed",  [IPSEC_MALFORMED] = "malformed",
	};

	return texts[result];
}

struct ipsec *ipsec_new(void)
{
	return calloc(1, sizeof(struct ipsec));
}

void ipsec_free(struct ipsec *ipsec)
{
	if (ipsec == NULL)
		return;
	for (size_t i = 0; i < ipsec->count; i++)
		ipsec_association_clear(&ipsec->list[i]);
	free(ipsec->list);
	free(ipsec->outputs);
	free(ipsec);
}

size_t ipsec_association_count(const struct ipsec *ipsec)
{
	return ipsec->count;
}

const struct ipsec_association *ipsec_association_nth(const struct ipsec *ipsec, size_t nth)
{
	return &ipsec->list[nth].shown;
}

enum ipsec_sequence ipsec_window_add(struct ipsec_window *window, uint32_t sequence)
{
	uint32_t behind;

	if (sequence > window->highest || window->seen == 0) {
		const uint32_t step = sequence - window->highest;

		window->seen = window->seen == 0 || step >= 64 ? 1 : window->seen << step | 1;
		window->highest = sequence;
		return SEQUENCE_NEW;
	}
	behind = window->highest - sequence;
	if (behind >= 64)
		return SEQUENCE_LATE;
	if ((window->seen >> behind & 1) != 0)
		return SEQUENCE_SEEN;
	window->seen |= UINT64_C(1) << behind;
	return SEQUENCE_NEW;
}

/* ---- the associations ---- */

static bool comes_before(const struct ipsec_association *a, uint8_t protocol, uint32_t spi)
{
	return a->protocol != protocol ? a->protocol < protocol : a->spi < spi;
}

/* How exactly an association names the ends of a packet; -1 if it names others. */
static int fit(const struct ipsec_association *a, const struct packet *packet)
{
	if ((a->has_from && address_compare(&a->from, &packet->source) != 0) ||
	    (a->has_to && address_compare(&a->to, &packet->destination) != 0))
		return -1;
	return a->has_to * 2 + a->has_from;
}

/* The association that names the packet's ends best; the earlier line of two. */
static struct association *find(struct ipsec *ipsec, uint8_t protocol, uint32_t spi,
				const struct packet *packet)
{
	struct association *found = NULL;
	size_t low = 0, high = ipsec->count;
	int best = -1;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (comes_before(&ipsec->list[middle].shown, protocol, spi))
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < ipsec->count && ipsec->list[low].shown.protocol == protocol &&
	       ipsec->list[low].shown.spi == spi;
	     low++) {
		const int fits = fit(&ipsec->list[low].shown, packet);

		if (fits > best) {
			best = fits;
			found = &ipsec->list[low];
		}
	}
	return found;
}

/* Only what was not found bad moves the window: anybody can send a high number. */
static enum ipsec_result note(struct association *a, uint32_t sequence, enum ipsec_result result)
{
	if (result == IPSEC_GOOD) {
		switch (ipsec_window_add(&a->shown.window, sequence)) {
		case SEQUENCE_NEW: break;
		case SEQUENCE_LATE: a->shown.late++; break;
		case SEQUENCE_SEEN: result = IPSEC_REPLAYED; break;
		}
	}
	a->shown.results[result]++;
	return result;
}

/* ---- ESP ---- */

struct esp {
	uint32_t spi, sequence;
	struct span body; /* IV, ciphertext, integrity value */
	bool whole;
};

bool ipsec_trailer(struct span *plain, bool strict, uint8_t *ret_next)
{
	const size_t length = span_left(*plain);
	uint8_t padding;

	if (length < 2)
		return false;
	*ret_next = plain->end[-1];
	padding = plain->end[-2];
	if (padding + 2u > length)
		return false;
	for (uint8_t n = 0; strict && n < padding; n++)
		if (plain->end[-3 - n] != padding - n)
			return false;
	plain->end -= padding + 2;
	return true;
}

/* Takes the integrity value off, if there is one, and compares. */
static enum ipsec_result verify(struct association *a, struct esp *esp)
{
	const uint8_t header[8] = { (uint8_t)(esp->spi >> 24),      (uint8_t)(esp->spi >> 16),
				    (uint8_t)(esp->spi >> 8),       (uint8_t)esp->spi,
				    (uint8_t)(esp->sequence >> 24), (uint8_t)(esp->sequence >> 16),
				    (uint8_t)(esp->sequence >> 8),  (uint8_t)esp->sequence };
	struct span icv = esp->body;

	if (a->mac == NULL)
		return IPSEC_UNVERIFIED;
	if (span_left(esp->body) < a->mac->icv)
		return IPSEC_MALFORMED;
	esp->body.end -= a->mac->icv;
	icv.at = esp->body.end;
	return ipsec_mac_is(a, (const struct span[]){ span_of(header, 8), esp->body }, 2, icv) ? IPSEC_GOOD
											       : IPSEC_BAD;
}

static uint8_t *output(struct ipsec *ipsec, unsigned nth)
{
	return ipsec->outputs + (size_t)nth * IPSEC_BYTES;
}

/* Hands on what is inside; dummies (RFC 4303, section 2.6) carry nothing. */
static bool hand_on(struct packets *packets, unsigned nth, uint8_t next, struct span inner)
{
	return next != NEXT_NONE && packets->count == nth + 1 &&
	       packet_protected(packets, nth, TUNNEL_ESP, next, inner);
}

static enum ipsec_result open_known(struct ipsec *ipsec, struct association *a, struct packets *packets,
				    unsigned nth, struct esp *esp)
{
	enum ipsec_result verified, result;
	struct span plain;
	uint8_t next;

	if (!esp->whole)
		return note(a, esp->sequence, IPSEC_UNVERIFIED);
	verified = result = verify(a, esp);
	if (result != IPSEC_GOOD && result != IPSEC_UNVERIFIED)
		return note(a, esp->sequence, result);
	if (a->cipher == NULL)
		return note(a, esp->sequence, result);
	result = ipsec_decrypt(a, esp->sequence, esp->body, output(ipsec, nth), &plain);
	if (result == IPSEC_UNVERIFIED)
		result = verified;
	/* Nothing but the padding tells whether an unverified packet was decrypted with the right key. */
	if ((result == IPSEC_GOOD || result == IPSEC_UNVERIFIED) &&
	    !ipsec_trailer(&plain, result == IPSEC_UNVERIFIED, &next))
		result = IPSEC_MALFORMED;
	result = note(a, esp->sequence, result);
	if (result == IPSEC_GOOD || result == IPSEC_UNVERIFIED)
		a->shown.opened += hand_on(packets, nth, next, plain);
	return result;
}

static enum ipsec_result open_esp(struct ipsec *ipsec, struct packets *packets, unsigned nth)
{
	const struct packet *const packet = &packets->list[nth];
	struct esp esp = {
		.spi = packet->tunnel_key,
		.sequence = packet->tunnel_sequence,
		.body = packet->payload,
		.whole = span_left(packet->payload) == packet->payload_length,
	};
	struct association *a;
	struct span inner;
	uint8_t next;

	if (packet->problem != PACKET_WHOLE)
		return IPSEC_MALFORMED;
	a = find(ipsec, TRANSPORT_ESP, esp.spi, packet);
	if (a != NULL)
		return open_known(ipsec, a, packets, nth, &esp);
	if (!esp.whole || packets->count != nth + 1 || !ipsec_is_null(packet, esp.body, &next, &inner))
		return IPSEC_NO_KEY;
	hand_on(packets, nth, next, inner);
	return IPSEC_NULL;
}

static enum ipsec_result open_ah(struct ipsec *ipsec, const struct packet *packet)
{
	struct association *const a = find(ipsec, TRANSPORT_AH, packet->tunnel_key, packet);

	if (packet->problem != PACKET_WHOLE)
		return IPSEC_MALFORMED;
	return a == NULL ? IPSEC_NO_KEY : note(a, packet->tunnel_sequence, ipsec_verify_ah(a, packet));
}

enum ipsec_result ipsec_open(struct ipsec *ipsec, struct packets *packets, unsigned nth)
{
	const struct packet *const packet = &packets->list[nth];

	if (packet->fragment)
		return IPSEC_NOT;
	switch (packet->transport) {
	case TRANSPORT_ESP: return open_esp(ipsec, packets, nth);
	case TRANSPORT_AH: return open_ah(ipsec, packet);
	default: return IPSEC_NOT;
	}
}

enum ipsec_result ipsec_open_udp(struct ipsec *ipsec, struct packets *packets, unsigned nth)
{
	const struct packet *const packet = &packets->list[nth];
	struct span s = packet->payload;
	struct esp esp;
	struct association *a;

	esp.spi = span_u32(&s);
	esp.sequence = span_u32(&s);
	if (packet->transport != TRANSPORT_UDP || packet->fragment || s.failed || esp.spi < SPI_FIRST)
		return IPSEC_NOT;
	a = find(ipsec, TRANSPORT_ESP, esp.spi, packet);
	if (a == NULL)
		return IPSEC_NOT;
	esp.body = s;
	esp.whole = span_left(packet->payload) == packet->payload_length;
	return open_known(ipsec, a, packets, nth, &esp);
}
