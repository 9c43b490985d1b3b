/* quic.c: QUIC. RFC 9000 (version 1, and what no version changes: RFC 8999), RFC 9001 (TLS in it), RFC 9369
 * (version 2), the drafts from 23 on, and the older ones of Google as far as their headers are in the clear.
 */
#include "protocols/quic.h"
#include "protocols/probes.h"
#include "protocols/quic_initial.h"

enum { FIXED = 0x40, ID_LEAST = 8, SEALED_LEAST = 20 };

uint64_t quic_number(struct span *s)
{
	const unsigned octets = 1u << (span_peek(*s, 0) >> 6);
	uint64_t number = span_u8(s) & 0x3f;

	for (unsigned i = 1; i < octets; i++)
		number = number << 8 | span_u8(s);
	return number;
}

/* Version 2 has moved them by one (RFC 9369 3.2). */
static enum quic_kind kind_of(uint8_t first, uint32_t version)
{
	return (enum quic_kind)(((first >> 4) + (quic_is_v2(version) ? 3 : 0)) & 3);
}

static bool is_version(uint32_t version)
{
	return quic_is_known(version) || quic_is_google(version) || version >> 8 == 0xff0000 ||
	       version >> 8 == 0xfaceb0 || (version & 0x0f0f0f0f) == 0x0a0a0a0a;
}

/* From Q046 to Q049 one octet has the lengths of both ids in its halves, less three
 * (draft-ietf-quic-transport-17 17.2). */
static bool has_joint_lengths(uint32_t version)
{
	return quic_is_google(version) && version >> 24 == 'Q' && (version >> 8 & 0xff) == '4' &&
	       (version & 0xff) >= '6';
}

static void take_ids(struct span *s, struct quic_packet *packet)
{
	const uint8_t length = span_u8(s), high = length >> 4, low = length & 0x0f;

	if (has_joint_lengths(packet->version)) {
		packet->destination = span_take(s, high > 0 ? high + 3u : 0);
		packet->source = span_take(s, low > 0 ? low + 3u : 0);
		return;
	}
	packet->destination = span_take(s, length);
	packet->source = span_take(s, span_u8(s));
}

bool quic_read_packet(struct span s, struct quic_packet *packet)
{
	const struct span datagram = s;
	uint64_t length;

	packet->first = span_u8(&s);
	packet->version = span_u32(&s);
	take_ids(&s, packet);
	if (s.failed || (packet->first & QUIC_LONG) == 0 || span_left(packet->destination) > QUIC_ID_MOST ||
	    span_left(packet->source) > QUIC_ID_MOST)
		return false;
	packet->whole = datagram;
	packet->number_at = 0;
	packet->kind = kind_of(packet->first, packet->version);
	if (!quic_is_known(packet->version) || packet->kind == QUIC_RETRY)
		return true;
	if (packet->kind == QUIC_INITIAL)
		span_skip(&s, quic_number(&s)); /* token */
	length = quic_number(&s);
	if (s.failed || length < SEALED_LEAST || length > span_left(s))
		return false;
	if (packet->kind == QUIC_INITIAL)
		packet->number_at = (size_t)(s.at - datagram.at);
	packet->whole.end = s.at + length;
	return true;
}

/* Negotiation of versions: zero, the id that the client made up, and a list of which most are known. */
static bool is_negotiation(const struct quic_packet *packet, struct span datagram)
{
	const size_t head = 7 + span_left(packet->destination) + span_left(packet->source);
	size_t known = 0, all;

	span_skip(&datagram, head);
	all = span_left(datagram) / 4;
	if (packet->version != 0 || datagram.failed || all == 0 || span_left(datagram) % 4 != 0 ||
	    span_left(packet->source) < ID_LEAST)
		return false;
	while (span_left(datagram) > 0)
		known += is_version(span_u32(&datagram));
	return known * 2 >= all;
}

/* What a server of Google's answers first: no version, and an id where the client asked for one. */
static bool is_old_google_answer(struct span s)
{
	/* no version, no reset, nothing that is reserved */
	return (span_peek(s, 0) & 0xc3) == 0 && span_left(quic_find_google(s, QUIC_GOOGLE_LEAST)) > 0;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct quic_packet packet;
	uint32_t version;

	if (transport != TRANSPORT_UDP)
		return NO;
	if ((span_peek(first, 0) & QUIC_LONG) == 0)
		return (side == SIDE_CLIENT && quic_is_old_google(first, &version)) ||
				       is_old_google_answer(first)
			       ? YES
			       : NO;
	if (!quic_read_packet(first, &packet))
		return NO;
	if (packet.version == 0)
		return is_negotiation(&packet, first) ? YES : NO;
	if ((packet.first & FIXED) == 0 && !quic_is_google(packet.version))
		return NO;
	return is_version(packet.version) && (span_left(packet.destination) > 0 ||
					      span_left(packet.source) > 0 || quic_is_google(packet.version))
		       ? YES
		       : NO;
}

const struct protocol protocol_quic = {
	.name = "quic",
	.title = "QUIC",
	DOORS(UDP(443)),
	.privacy = PRIVACY_ENCRYPTED,
	.recognise = recognise,
	.datagram_least = 7,
	MARKS(OCTETS(0, 0x79, 0xff), OCTETS(0, 0x08, 0x0f), OCTETS(0, 0x18, 0x1f), OCTETS(0, 0x28, 0x2f),
	      OCTETS(0, 0x38, 0x3f), OCTETS(0, 0x49, 0x4f), OCTETS(0, 0x59, 0x5f), OCTETS(0, 0x69, 0x6f),
	      OCTET(0, 0x00), OCTET(0, 0x04), OCTET(0, 0x10), OCTET(0, 0x14), OCTET(0, 0x20), OCTET(0, 0x24),
	      OCTET(0, 0x30), OCTET(0, 0x34)),
	.parser = &quic_parser,
	.probe = &quic_probe,
};
