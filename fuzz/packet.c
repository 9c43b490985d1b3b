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
	if (usual.count != layers.count || usual.problem != layers.problem ||
	    memcmp(usual.list, layers.list, usual.count * sizeof(usual.list[0])) != 0)
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
