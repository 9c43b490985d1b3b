/* VXLAN: RFC 7348, with the group of draft-smith-vxlan-group-policy, which Linux writes as well. */
#include "protocols/inner.h"
#include "protocols/networks.h"

enum {
	HEADER = 8,
	HAS_NETWORK = 0x08,
	HAS_GROUP = 0x80,
	GROUP_BITS = 0x48, /* behind the flags of a packet with a group: do not learn, policy was applied */
};

static bool take_header(struct span *s)
{
	const uint8_t flags = span_u8(s), more = span_u8(s);
	const uint16_t group = span_u16(s);

	span_skip(s, 3); /* the network's number */
	if (span_u8(s) != 0 || s->failed)
		return false;
	return flags == HAS_NETWORK ? more == 0 && group == 0
				    : flags == (HAS_NETWORK | HAS_GROUP) && (more & ~GROUP_BITS) == 0;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	(void)side;
	return transport == TRANSPORT_UDP && take_header(&first) && inner_is_ethernet(first, INNER_BEGINS)
		       ? YES
		       : NO;
}

/* Of the header no more is asked than that it has a network: what is reserved is ignored (RFC 7348 5). */
static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	const uint32_t vni = networks_number(*bytes);
	struct span frame = *bytes;

	span_skip(&frame, HEADER);
	if (frame.failed || (span_peek(*bytes, 0) & HAS_NETWORK) == 0)
		return parse->cut ? PARSE_ON : PARSE_BROKEN;
	bytes->at = bytes->end;
	networks_add(memory, parse, vni, span_left(frame));
	parse_open(parse, TUNNEL_VXLAN, vni, CARRIED_ETHERNET, frame);
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct networks),
	.read = read,
	.end = networks_end,
	.emit = networks_emit,
	.leads = true,
};

const struct protocol protocol_vxlan = {
	.name = "vxlan",
	.title = "Virtual Extensible LAN",
	DOORS(UDP(4789), UDP(8472)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = 22,
	MARKS(OCTET(0, HAS_NETWORK), OCTET(0, HAS_GROUP | HAS_NETWORK), OCTETS(1, 0, GROUP_BITS),
	      OCTET(7, 0)),
	.parser = &parser,
};
