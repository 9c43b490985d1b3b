/* ospf_message.c: packets of OSPF version 2 (RFC 2328, appendix A) and version 3 (RFC 5340, appendix A; RFC
 * 7166 for its authentication). */
#include "protocols/ospf.h"

enum {
	HEADER_2 = 24,
	HEADER_3 = 16,
	AUTHENTICATION_NONE = 0,
	AUTHENTICATION_PASSWORD = 1,
	AUTHENTICATION_CRYPTOGRAPHIC = 2,
	OPTION_TRAILER = 0x400, /* of version 3: an authentication trailer follows */
	ADVERTISEMENT = 20,
	PASSWORD = 8,
};

/* RFC 2328, appendix D. The password itself is never kept. */
static bool read_proof(struct ospf_packet *packet, uint16_t kind, struct span *s)
{
	struct span value = span_take(s, PASSWORD);

	switch (kind) {
	case AUTHENTICATION_NONE: packet->proof = OSPF_UNPROVED; break;
	case AUTHENTICATION_PASSWORD: packet->proof = OSPF_PASSWORD; break;
	case AUTHENTICATION_CRYPTOGRAPHIC:
		packet->proof = OSPF_CRYPTOGRAPHIC;
		span_skip(&value, 2);
		packet->key_id = span_u8(&value);
		break;
	default: packet->proof = OSPF_PROOF_UNKNOWN;
	}
	return !s->failed;
}

bool ospf_header_read(struct ospf_packet *packet, struct span s)
{
	const size_t header = span_peek(s, 0) == 2 ? HEADER_2 : HEADER_3;
	uint16_t length;

	packet->version = span_u8(&s);
	packet->type = span_u8(&s);
	length = span_u16(&s);
	packet->router = span_u32(&s);
	packet->area = span_u32(&s);
	span_skip(&s, 2);
	if (s.failed || packet->version < 2 || packet->version > 3 || packet->type < OSPF_HELLO ||
	    packet->type > OSPF_ACKNOWLEDGEMENT || length < header)
		return false;
	if (packet->version == 2) {
		const uint16_t kind = span_u16(&s);

		if (!read_proof(packet, kind, &s))
			return false;
	} else {
		packet->instance = span_u8(&s);
		span_skip(&s, 1);
	}
	packet->body = span_take(&s, length - header);
	return !packet->body.failed;
}

static void read_neighbours(struct ospf_packet *packet, struct span s)
{
	while (span_left(s) >= 4) {
		const uint32_t neighbour = span_u32(&s);

		if (packet->neighbour_count < OSPF_NEIGHBOURS)
			packet->neighbours[packet->neighbour_count] = neighbour;
		packet->neighbour_count++;
	}
}

static bool read_hello(struct ospf_packet *packet, struct span s)
{
	if (packet->version == 2) {
		packet->mask = span_u32(&s);
		packet->hello_interval = span_u16(&s);
		packet->options = span_u8(&s);
		packet->priority = span_u8(&s);
		packet->dead_interval = span_u32(&s);
	} else {
		packet->interface = span_u32(&s);
		packet->priority = span_u8(&s);
		packet->options = span_u24(&s);
		packet->hello_interval = span_u16(&s);
		packet->dead_interval = span_u16(&s);
	}
	packet->designated = span_u32(&s);
	packet->backup = span_u32(&s);
	read_neighbours(packet, s);
	return !s.failed && span_left(s) % 4 == 0;
}

static void add(struct ospf_packet *packet, const struct ospf_advertisement *advertisement)
{
	if (packet->advertisement_count < OSPF_ADVERTISEMENTS)
		packet->advertisements[packet->advertisement_count] = *advertisement;
	packet->advertisement_count++;
}

/* Octets of the whole advertisement, or 0 where there is none. */
static uint16_t read_header(struct ospf_packet *packet, struct span *s)
{
	struct ospf_advertisement advertisement = { .age = span_u16(s) };
	uint16_t length;

	if (packet->version == 2) {
		span_skip(s, 1);
		advertisement.type = span_u8(s);
	} else {
		advertisement.type = span_u16(s);
	}
	advertisement.id = span_u32(s);
	advertisement.router = span_u32(s);
	advertisement.sequence = span_u32(s);
	span_skip(s, 2);
	length = span_u16(s);
	if (s->failed || length < ADVERTISEMENT)
		return 0;
	add(packet, &advertisement);
	return length;
}

static bool read_headers(struct ospf_packet *packet, struct span s)
{
	while (span_left(s) > 0)
		if (read_header(packet, &s) == 0)
			return false;
	return !s.failed;
}

static bool read_description(struct ospf_packet *packet, struct span s)
{
	if (packet->version == 2) {
		packet->mtu = span_u16(&s);
		packet->options = span_u8(&s);
	} else {
		span_skip(&s, 1);
		packet->options = span_u24(&s);
		packet->mtu = span_u16(&s);
		span_skip(&s, 1);
	}
	packet->flags = span_u8(&s);
	span_skip(&s, 4);
	return !s.failed && read_headers(packet, s);
}

static bool read_requests(struct ospf_packet *packet, struct span s)
{
	while (span_left(s) > 0) {
		struct ospf_advertisement advertisement = { .type = (uint16_t)span_u32(&s),
							    .is_request = true };

		advertisement.id = span_u32(&s);
		advertisement.router = span_u32(&s);
		if (s.failed)
			return false;
		add(packet, &advertisement);
	}
	return true;
}

static bool read_update(struct ospf_packet *packet, struct span s)
{
	const uint32_t count = span_u32(&s);

	for (uint32_t i = 0; i < count && !s.failed; i++) {
		const uint16_t length = read_header(packet, &s);

		span_skip(&s, length >= ADVERTISEMENT ? length - (size_t)ADVERTISEMENT : SIZE_MAX);
	}
	return !s.failed;
}

bool ospf_body_read(struct ospf_packet *packet)
{
	bool good = false;

	switch (packet->type) {
	case OSPF_HELLO: good = read_hello(packet, packet->body); break;
	case OSPF_DESCRIPTION: good = read_description(packet, packet->body); break;
	case OSPF_REQUEST: good = read_requests(packet, packet->body); break;
	case OSPF_UPDATE: good = read_update(packet, packet->body); break;
	case OSPF_ACKNOWLEDGEMENT: good = read_headers(packet, packet->body); break;
	default: break;
	}
	if (packet->version == 3 && (packet->options & OPTION_TRAILER) != 0)
		packet->proof = OSPF_CRYPTOGRAPHIC;
	return good;
}
