/* The usual frame: TCP or UDP, in IPv4 or IPv6, on Ethernet with a tag or two or without a link layer. Layers
 * are joined in one function here, which saves more time than all they do; whatever is unusual, or wrong, is
 * left to them. */
#include "packet/read.h"

enum { NO_IP = -1, USUAL_TAGS = 2, MACS = 12, ETHERNET = 14, TAG = 4 };

static void note_ethernet(struct packets *packets, const uint8_t *at, unsigned tags)
{
	memcpy(packets->destination_mac, at, 6);
	memcpy(packets->source_mac, at + 6, 6);
	packets->has_macs = true;
	packets->vlan_count = (uint8_t)tags;
	for (unsigned i = 0; i < tags; i++)
		packets->vlans[i] = load_u16(at + ETHERNET + TAG * i) & 0xfff;
}

/* Octets before IP, or none. */
static int usual_link(uint16_t link, const uint8_t *frame, size_t captured, unsigned *ret_tags)
{
	uint16_t type;

	*ret_tags = 0;
	if (link != LINK_ETHERNET)
		return link == LINK_RAW ? 0 : NO_IP;
	if (captured < ETHERNET + TAG * USUAL_TAGS)
		return NO_IP;
	type = load_u16(frame + MACS);
	while (!is_ip(type)) {
		if (!is_tag(type) || *ret_tags == USUAL_TAGS)
			return NO_IP;
		type = load_u16(frame + MACS + TAG * ++*ret_tags);
	}
	return (int)(ETHERNET + TAG * *ret_tags);
}

static bool read_usual(struct packet *packet, struct octets o)
{
	const uint8_t first = span_peek(o.s, 0);

	packet_clear(packet);
	if (first >> 4 == 4) {
		if (span_left(o.s) < 20 || (first & 0x0f) < 5 || read_v4(packet, &o) != PACKET_WHOLE ||
		    packet->fragment)
			return false;
	} else if (first >> 4 != 6 || read_v6(packet, &o) != PACKET_WHOLE) {
		return false;
	}
	switch (packet->transport) {
	case TRANSPORT_TCP: return read_tcp(packet, &o) == PACKET_WHOLE;
	case TRANSPORT_UDP: return read_udp(packet, &o) == PACKET_WHOLE;
	default: return false;
	}
}

static bool decode_usual(struct packets *packets, uint16_t link, const uint8_t *bytes, size_t captured,
			 uint32_t wire_length)
{
	unsigned tags;
	const int header = usual_link(link, bytes, captured, &tags);
	const uint32_t length = (uint32_t)header;

	if (header == NO_IP ||
	    !read_usual(&packets->list[0],
			(struct octets){ .s = span_of(bytes + length, captured - length),
					 .wire = wire_length > length ? wire_length - length : 0 }))
		return false;
	if (header > 0)
		note_ethernet(packets, bytes, tags);
	packets->count = 1;
	packets->usual = true;
	return true;
}

/* The reader of the layers is made here alone: to make one for the usual frame as well, which needs none, is
 * to wait for memory. */
static __attribute__((noinline)) void decode_layers(struct packets *packets, uint16_t link,
						    const uint8_t *bytes, size_t captured,
						    uint32_t wire_length)
{
	decode_link(packets, link, (struct octets){ .s = span_of(bytes, captured), .wire = wire_length });
}

void packet_decode_bytes(struct packets *packets, uint16_t link, const uint8_t *bytes, size_t captured,
			 uint32_t wire_length)
{
	packets_begin(packets);
	if (!decode_usual(packets, link, bytes, captured, wire_length))
		decode_layers(packets, link, bytes, captured, wire_length);
}
