/* Geneve: RFC 8926. */
#include "protocols/inner.h"
#include "protocols/networks.h"

enum {
	TYPE_IPV4 = 0x0800,
	TYPE_TRANSPARENT = 0x6558,
	TYPE_IPV6 = 0x86dd,
	TYPE_MPLS = 0x8847,
	RESERVED = 0x3f,        /* beside the bits for control and critical options */
	OPTION_RESERVED = 0xe0, /* beside the length */
};

/* Options fill their space; each has a class, a type and a length in words. */
static bool are_options(struct span s)
{
	while (span_left(s) > 0) {
		uint8_t length;

		span_skip(&s, 3);
		length = span_u8(&s);
		if ((length & OPTION_RESERVED) != 0)
			return false;
		span_skip(&s, length * 4u);
		if (s.failed)
			return false;
	}
	return true;
}

/* *ret_clean: what is reserved is zero, which nobody who is sent it may rely on (RFC 8926 3.4). */
static bool take_header(struct span *s, uint16_t *ret_type, bool *ret_clean)
{
	const uint8_t first = span_u8(s), flags = span_u8(s);
	struct span options;

	*ret_type = span_u16(s);
	span_skip(s, 3); /* the network's number */
	*ret_clean = span_u8(s) == 0 && (flags & RESERVED) == 0;
	options = span_take(s, (first & 0x3fu) * 4);
	return !s->failed && first >> 6 == 0 && are_options(options);
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	uint16_t type;
	bool clean;

	(void)side;
	if (transport != TRANSPORT_UDP || !take_header(&first, &type, &clean) || !clean)
		return NO;
	switch (type) {
	case TYPE_TRANSPARENT: return inner_is_ethernet(first, INNER_BEGINS) ? YES : NO;
	case TYPE_IPV4:
	case TYPE_IPV6:
		return span_peek(first, 0) >> 4 == (type == TYPE_IPV4 ? 4 : 6) &&
				       inner_is_ip(first, INNER_BEGINS)
			       ? YES
			       : NO;
	default: return NO;
	}
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	const uint32_t vni = networks_number(*bytes);
	struct span carried = *bytes;
	uint16_t type;
	bool clean;

	if (!take_header(&carried, &type, &clean))
		return parse->cut ? PARSE_ON : PARSE_BROKEN;
	bytes->at = bytes->end;
	networks_add(memory, parse, vni, span_left(carried));
	switch (type) {
	case TYPE_TRANSPARENT: parse_open(parse, TUNNEL_GENEVE, vni, CARRIED_ETHERNET, carried); break;
	case TYPE_IPV4:
	case TYPE_IPV6: parse_open(parse, TUNNEL_GENEVE, vni, CARRIED_IP, carried); break;
	case TYPE_MPLS: parse_open(parse, TUNNEL_GENEVE, vni, CARRIED_MPLS, carried); break;
	default: break;
	}
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct networks),
	.read = read,
	.end = networks_end,
	.emit = networks_emit,
	.leads = true,
};

const struct protocol protocol_geneve = {
	.name = "geneve",
	.title = "Generic Network Virtualization Encapsulation",
	DOORS(UDP(6081)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = 22,
	MARKS(OCTETS(0, 0x00, 0x3f), OCTET(2, 0x65), OCTET(2, 0x08), OCTET(2, 0x86), OCTET(3, 0x58),
	      OCTET(3, 0x00), OCTET(3, 0xdd), OCTET(7, 0)),
	.parser = &parser,
};
