#include "protocols/inner.h"

enum {
	TYPE_IPV4 = 0x0800,
	TYPE_ARP = 0x0806,
	TYPE_VLAN = 0x8100,
	TYPE_IPV6 = 0x86dd,
	TYPE_PROVIDER = 0x88a8,
	TYPE_LLDP = 0x88cc,
	LEAST_FRAME = 46, /* octets behind the EtherType, to which short packets are padded */
	TAGS = 2,
	NOTHING_NEXT = 59, /* behind a header of IPv6, such as Teredo's bubbles have */

	PPP_IPV4 = 0x0021,
	PPP_IPV6 = 0x0057,
	PPP_CONTROL = 0x8000, /* bit of control protocols: network (8000) and link (c000) */
};

static bool length_fits(size_t length, size_t left, enum inner inner)
{
	return inner == INNER_BEGINS || length == left || (length < left && left <= LEAST_FRAME);
}

/* The length that the header tells; 0 if it is none. */
static size_t length_of_v4(struct span s)
{
	const size_t left = span_left(s), header = (size_t)(span_peek(s, 0) & 0x0f) * 4;
	const size_t length = (size_t)span_peek(s, 2) << 8 | span_peek(s, 3);
	uint32_t sum = 0;

	if (span_peek(s, 0) >> 4 != 4 || header < 20 || header > left || length < header ||
	    span_peek(s, 8) == 0)
		return 0;
	for (size_t i = 0; i < header; i += 2)
		sum += (uint32_t)span_peek(s, i) << 8 | span_peek(s, i + 1);
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16) == 0xffff ? length : 0;
}

/* Headers that may stand behind IPv6's own: transports, extension headers, tunnels. */
static bool is_next(uint8_t next)
{
	static const uint8_t known[] = { 0,  4,  6,  17, 41, 43,  44,  46,  47,  50,
					 51, 58, 59, 60, 89, 103, 112, 132, 135, 136 };

	return memchr(known, next, sizeof(known)) != NULL;
}

/* What an address in use begins with: 0 (mapped, loopback), 2 or 3 (global), or the block from fc. */
static bool begins_address(uint8_t octet)
{
	return octet == 0 || octet >> 4 == 2 || octet >> 4 == 3 || octet >= 0xfc;
}

static size_t length_of_v6(struct span s)
{
	const size_t length = (size_t)span_peek(s, 4) << 8 | span_peek(s, 5);
	const uint8_t next = span_peek(s, 6);

	if (span_left(s) < 40 || span_peek(s, 0) >> 4 != 6 || !is_next(next) ||
	    (length == 0 && next != NOTHING_NEXT) || span_peek(s, 7) == 0 || span_peek(s, 8) == 0xff ||
	    !begins_address(span_peek(s, 8)) || !begins_address(span_peek(s, 24)))
		return 0;
	return length + 40;
}

size_t inner_ip_length(struct span s)
{
	return span_peek(s, 0) >> 4 == 4 ? length_of_v4(s) : length_of_v6(s);
}

bool inner_is_ip(struct span s, enum inner inner)
{
	const size_t length = inner_ip_length(s);

	return length > 0 && length_fits(length, span_left(s), inner);
}

static bool is_version(struct span s, uint8_t version, enum inner inner)
{
	return span_peek(s, 0) >> 4 == version && inner_is_ip(s, inner);
}

/* RFC 826, for IPv4 on Ethernet. */
static bool is_arp(struct span s)
{
	const uint16_t hardware = span_u16(&s), protocol = span_u16(&s), sizes = span_u16(&s),
		       operation = span_u16(&s);

	return span_left(s) >= 20 && hardware == 1 && protocol == TYPE_IPV4 && sizes == 0x0604 &&
	       operation >= 1 && operation <= 4;
}

/* IEEE 802.1D: spanning tree in LLC, to the bridges' group. */
static bool is_spanning_tree(struct span frame, uint16_t length, struct span s)
{
	return memcmp(frame.at, "\x01\x80\xc2\0\0\0", 6) == 0 && length <= span_left(s) &&
	       span_peek(s, 0) == 0x42 && span_peek(s, 1) == 0x42 && span_peek(s, 2) == 3 &&
	       span_peek(s, 3) == 0 && span_peek(s, 4) == 0;
}

bool inner_is_ethernet(struct span s, enum inner inner)
{
	const struct span frame = s;
	uint16_t type;

	span_skip(&s, 12);
	type = span_u16(&s);
	for (unsigned n = 0; n < TAGS && (type == TYPE_VLAN || type == TYPE_PROVIDER); n++) {
		span_skip(&s, 2);
		type = span_u16(&s);
	}
	if (s.failed || (frame.at[6] & 1) != 0) /* no sender is a group */
		return false;
	switch (type) {
	case TYPE_IPV4: return is_version(s, 4, inner);
	case TYPE_IPV6: return is_version(s, 6, inner);
	case TYPE_ARP: return is_arp(s);
	case TYPE_LLDP: return memcmp(frame.at, "\x01\x80\xc2\0\0", 5) == 0;
	default: return is_spanning_tree(frame, type, s);
	}
}

/* Code, identifier and a length, which is that of what is there. */
static bool is_ppp_control(struct span s)
{
	const size_t left = span_left(s);
	const uint8_t code = span_u8(&s);
	uint16_t length;

	span_skip(&s, 1);
	length = span_u16(&s);
	return !s.failed && code >= 1 && code <= 15 && length >= 4 && length == left;
}

bool inner_is_ppp(struct span s, enum inner inner)
{
	uint16_t protocol;

	if (span_peek(s, 0) == 0xff && span_peek(s, 1) == 0x03)
		span_skip(&s, 2);
	protocol = (span_peek(s, 0) & 1) != 0 ? span_u8(&s) : span_u16(&s);
	if (s.failed)
		return false;
	switch (protocol) {
	case PPP_IPV4: return is_version(s, 4, inner);
	case PPP_IPV6: return is_version(s, 6, inner);
	default: return (protocol & PPP_CONTROL) != 0 && (protocol & 0x0101) == 1 && is_ppp_control(s);
	}
}
