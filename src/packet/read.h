/* read.h: the headers that nearly every frame has, each read in one go. They stand here in full because two
 * ways lead through them: the usual one, which is one function (decode.c), and that of the layers. Each fills
 * in the packet, steps over the header and says what was wrong with it. */
#ifndef PACKET_READ_H
#define PACKET_READ_H

#include "packet/layers.h"

/* What each packet shows by itself; anycast, and a network's own broadcast, are known of a flow's address. */
static inline enum cast cast_v4(uint32_t destination)
{
	if (destination >> 28 == 0xe)
		return CAST_MULTICAST;
	return destination == UINT32_MAX ? CAST_BROADCAST : CAST_UNICAST;
}

static inline struct address mapped_v4(const uint8_t at[static 4])
{
	struct address a = { { [10] = 0xff, [11] = 0xff } };

	memcpy(a.bytes + 12, at, 4);
	return a;
}

/* Of a header of 20 octets or more. The order of bytes makes no difference to whether the sum is all ones
 * (RFC 1071 2 B), nor does it matter when the carries are added: what is left of it modulo 0xffff is the
 * same. */
static inline enum checksum header_checksum(const uint8_t *at, uint32_t length)
{
	uint64_t sum = 0;
	uint32_t word;

	for (uint32_t i = 0; i < 20; i += 4) {
		memcpy(&word, at + i, sizeof(word));
		sum += word;
	}
	for (uint32_t i = 20; i < length; i += 4) {
		memcpy(&word, at + i, sizeof(word));
		sum += word;
	}
	return sum % 0xffff == 0 ? CHECKSUM_GOOD : CHECKSUM_BAD;
}

/* A frame of a machine that hands its segmentation to the card shows length 0: then it is what was captured.
 */
static inline uint32_t length_or_all(uint32_t length, uint32_t wire)
{
	return length == 0 ? wire : length;
}

static inline void note_fragment_v4(struct packet *packet, uint16_t identification, uint16_t field)
{
	packet->fragment_id = identification;
	packet->fragment_offset = (field & 0x1fffu) * 8;
	packet->more_fragments = (field & 0x2000) != 0;
	packet->fragment = true;
}

/* RFC 791. There must be 20 octets, and a version of 4. */
static inline enum packet_problem read_v4(struct packet *packet, struct octets *o)
{
	const struct span start = o->s;
	const uint8_t *const at = span_header(&o->s, 20);
	const uint8_t header = (uint8_t)((at[0] & 0x0f) * 4);
	const uint16_t fragment = load_u16(at + 6);

	packet->version = 4;
	packet->traffic_class = at[1];
	packet->length = length_or_all(load_u16(at + 2), o->wire);
	packet->hop_limit = at[8];
	packet->transport = at[9];
	packet->source = mapped_v4(at + 12);
	packet->destination = mapped_v4(at + 16);
	packet->ip_header = header;
	packet->cast = (uint8_t)cast_v4(load_u32(at + 16));
	span_skip(&o->s, header - 20u);
	if (o->s.failed)
		return PACKET_IP_SHORT;
	if (packet->length < header)
		return PACKET_IP_LENGTH;
	packet->ip = start;
	packet->ip_checksum = (uint8_t)header_checksum(start.at, header);
	o->wire = o->wire > header ? o->wire - header : 0;
	octets_cut(o, packet->length - header);
	if ((fragment & 0x3fff) != 0)
		note_fragment_v4(packet, load_u16(at + 4), fragment);
	return PACKET_WHOLE;
}

/* RFC 8200, without the extension headers: packet->transport is what stands behind the first header. */
static inline enum packet_problem read_v6(struct packet *packet, struct octets *o)
{
	const struct span start = o->s;
	const uint8_t *const at = span_header(&o->s, 40);
	uint32_t payload;

	if (at == NULL)
		return PACKET_IP_SHORT;
	packet->version = 6;
	packet->traffic_class = (uint8_t)(load_u32(at) >> 20);
	packet->transport = at[6];
	packet->hop_limit = at[7];
	memcpy(packet->source.bytes, at + 8, 16);
	memcpy(packet->destination.bytes, at + 24, 16);
	packet->ip = start;
	packet->cast = at[24] == 0xff ? CAST_MULTICAST : CAST_UNICAST;
	packet->ip_header = 40;
	o->wire = o->wire > 40 ? o->wire - 40 : 0;
	payload = length_or_all(load_u16(at + 4), o->wire);
	packet->length = payload + 40;
	octets_cut(o, payload);
	return PACKET_WHOLE;
}

static inline void keep_payload(struct packet *packet, struct octets o)
{
	packet->payload = o.s;
	packet->payload_length = o.wire;
}

/* Of a header that was cut off, as far as it goes; and the options of a SYN. */
enum packet_problem read_ports_part(struct packet *packet, struct span s);
enum packet_problem read_tcp_part(struct packet *packet, struct span s);
void read_tcp_options(struct packet *packet, struct span options);

/* RFC 9293. Where only options are cut off, there is still a payload, of which nothing was captured. */
static inline __attribute__((always_inline)) enum packet_problem read_tcp(struct packet *packet,
									  struct octets *o)
{
	const struct span start = o->s;
	const uint8_t *const at = span_header(&o->s, 20);
	struct span options;
	uint8_t header;

	if (o->s.failed)
		return read_tcp_part(packet, start);
	header = (uint8_t)((at[12] >> 4) * 4);
	packet->source_port = load_u16(at);
	packet->destination_port = load_u16(at + 2);
	packet->sequence = load_u32(at + 4);
	packet->acknowledgement = load_u32(at + 8);
	packet->tcp_header = header;
	packet->tcp_flags = at[13];
	packet->window = load_u16(at + 14);
	if (header < 20 || header > o->wire)
		return PACKET_TRANSPORT_HEADER;
	options = span_take(&o->s, header - 20u);
	o->wire -= header;
	if (options.failed) {
		o->s.at = o->s.end;
		keep_payload(packet, *o);
		return PACKET_TRANSPORT_SHORT;
	}
	if ((packet->tcp_flags & TCP_SYN) != 0)
		read_tcp_options(packet, options);
	keep_payload(packet, *o);
	return PACKET_WHOLE;
}

/* RFC 768, RFC 3828. */
static inline enum packet_problem read_udp(struct packet *packet, struct octets *o)
{
	const struct span start = o->s;
	const uint8_t *const at = span_header(&o->s, 8);
	enum packet_problem problem = PACKET_WHOLE;
	uint16_t length;

	if (o->s.failed)
		return read_ports_part(packet, start);
	packet->source_port = load_u16(at);
	packet->destination_port = load_u16(at + 2);
	length = load_u16(at + 4);
	o->wire = o->wire > 8 ? o->wire - 8 : 0;
	/* UDP-Lite has its coverage there, and a jumbogram's length is nothing. */
	if (packet->transport != TRANSPORT_UDPLITE && length != 0) {
		if (length < 8)
			problem = PACKET_TRANSPORT_HEADER;
		else
			octets_cut(o, length - 8u);
	}
	keep_payload(packet, *o);
	return problem;
}

#endif
