/* Frames of any link type: the first two bytes choose it. All spans must stay inside the frame; raw IP must
 * be read the same by either of its link types, of which one goes the usual way and the other through all
 * layers. */
#include "packet/packet.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void inside(struct span part, struct span whole)
{
	if (span_left(part) > 0 && (part.at < whole.at || part.end > whole.end))
		abort();
}

/* Takes a span out of a packet: what stands between the members of one is nobody's to compare. */
static struct span taken(struct span *span)
{
	const struct span whole = *span;

	memset(span, 0, sizeof(*span));
	return whole;
}

static bool same_span(struct span a, struct span b)
{
	return a.at == b.at && a.end == b.end && a.failed == b.failed;
}

static bool same_packet(struct packet *a, struct packet *b)
{
	return same_span(taken(&a->payload), taken(&b->payload)) && same_span(taken(&a->ip), taken(&b->ip)) &&
	       memcmp(a, b, sizeof(*a)) == 0;
}

static void both_ways(struct span s)
{
	static struct packets usual, layers;
	struct span inner = s;

	span_skip(&inner, 4); /* behind the header of BSD's loopback, where nothing is done at once */
	if (!inner.failed &&
	    packet_steer(101, inner.at, span_left(inner)) != packet_steer(0, s.at, span_left(s)))
		abort();
	packet_decode(&usual, 101, s, (uint32_t)span_left(s));
	packet_decode(&layers, 228, s, (uint32_t)span_left(s));
	if (usual.count != layers.count || usual.problem != layers.problem)
		abort();
	for (unsigned i = 0; i < usual.count; i++)
		if (!same_packet(&usual.list[i], &layers.list[i]))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct span s = span_of(bytes, length);
	const uint16_t link = span_u16(&s);
	struct packets packets;

	if (s.failed)
		return 0;
	both_ways(s);
	packet_steer(link, s.at, span_left(s));
	packet_decode(&packets, link, s, (uint32_t)span_left(s));
	inside(packets.body, s);
	for (unsigned n = 0; n < packets.count; n++) {
		const struct packet *const packet = &packets.list[n];
		struct packet quoted;

		inside(packet->payload, s);
		inside(packet->ip, s);
		if (span_left(packet->payload) > packet->payload_length)
			abort();
		packet_checksum(packet);
		if (packet_quoted(packet, &quoted))
			inside(quoted.payload, s);
	}
	if (packets.count > 0) {
		const struct span payload = packets.list[packets.count - 1].payload;

		for (enum carried carried = CARRIED_IP; carried <= CARRIED_MPLS; carried++)
			packet_open(&packets, TUNNEL_VXLAN, carried, payload);
	}
	return 0;
}
