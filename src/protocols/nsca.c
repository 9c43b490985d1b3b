/* nsca.c: passive checks of Nagios, NSCA of its add-ons (common.h of its sources, init_packet): the server
 * opens with 128 octets of noise, by which clients encrypt, and its time in seconds since 1970. Noise with a
 * time behind it is this protocol where the time is that of the packet. */
#include "protocols/protocols.h"

enum {
	NOISE = 128,
	WORDS = NOISE + 4,
	BOUND_S = 600, /* by how much the clocks of both machines may differ */
};

static bool tells_time(struct span words, int64_t time_ns)
{
	const bool whole = span_left(words) == WORDS;
	int32_t offset;

	span_skip(&words, NOISE);
	offset = (int32_t)(span_u32(&words) - (uint32_t)(time_ns / 1000000000));
	return whole && offset >= -BOUND_S && offset <= BOUND_S;
}

const struct protocol protocol_nsca = {
	.name = "nsca",
	.title = "Nagios passive checks",
	DOORS(TCP(5667)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise_nothing,
	.tells_time = tells_time,
};
