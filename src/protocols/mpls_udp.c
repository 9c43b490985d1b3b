/* MPLS in UDP: RFC 7510. A stack of labels (RFC 3032) has nothing by which it could be known, so what stands
 * behind it must fill the datagram. */
#include "protocols/inner.h"
#include "protocols/parse.h"

enum {
	LABELS = 8,
	BOTTOM = 0x100,
	FIRST_FREE = 16, /* labels below it have a meaning */
	EXPLICIT_NULL_V4 = 0,
	EXPLICIT_NULL_V6 = 2,
	ENTROPY = 7, /* RFC 6790: announces a label that is none */
};

static bool take_labels(struct span *s)
{
	for (unsigned n = 0; n < LABELS; n++) {
		const uint32_t entry = span_u32(s), label = entry >> 12;

		if (s->failed || (entry & 0xff) == 0)
			return false; /* its time to live is over; this also tells it from VXLAN */
		if (label < FIRST_FREE && label != EXPLICIT_NULL_V4 && label != EXPLICIT_NULL_V6 &&
		    label != ENTROPY)
			return false;
		if ((entry & BOTTOM) != 0)
			return true;
	}
	return false;
}

/* Headers of others of which the same could be said: GTP with user data and its length, GRE (RFC 8086) with
 * IPv6. */
static bool is_another(struct span s)
{
	const uint8_t flags = span_peek(s, 0);
	const unsigned second = (unsigned)span_peek(s, 2) << 8 | span_peek(s, 3);

	return ((flags & 0xf8) == 0x30 && span_peek(s, 1) == 0xff && second + 8 == span_left(s)) ||
	       ((flags & 0x4f) == 0 && span_peek(s, 1) == 0 && second == 0x86dd);
}

/* IP, or a pseudowire: an Ethernet frame behind a control word (RFC 4385) or without. */
static bool carries(struct span s)
{
	struct span frame = s;

	if (inner_is_ip(s, INNER_FILLS) || inner_is_ethernet(s, INNER_FILLS))
		return true;
	return span_u32(&frame) >> 16 == 0 && inner_is_ethernet(frame, INNER_FILLS);
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	const struct span whole = first;

	(void)side;
	if (transport != TRANSPORT_UDP || !take_labels(&first) || is_another(whole))
		return NO;
	return carries(first) ? YES : NO;
}

static enum parse_step read(void *state, struct parse *parse, struct span *bytes)
{
	struct span carried = *bytes;

	(void)state;
	if (!take_labels(&carried))
		return parse->cut ? PARSE_ON : PARSE_BROKEN;
	parse_open(parse, TUNNEL_MPLS, 0, CARRIED_MPLS, *bytes);
	bytes->at = bytes->end;
	return PARSE_ON;
}

static const struct parser parser = { .read = read, .leads = true };

const struct protocol protocol_mpls_udp = {
	.name = "mpls-udp",
	.title = "MPLS in UDP",
	DOORS(UDP(6635)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = 24,
	MARKS(OCTETS(3, 1, 255)),
	.parser = &parser,
};
