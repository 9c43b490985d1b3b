#include "flow/context.h"
#include "base/hash.h"

/* The same for both directions. */
static uint64_t number_of_pair(const struct packet *packet)
{
	return hash_bytes(packet->source.bytes, sizeof(packet->source.bytes)) +
	       hash_bytes(packet->destination.bytes, sizeof(packet->destination.bytes));
}

static uint32_t vni_of(const struct packet *outside, enum tunnel tunnel)
{
	struct span header = outside->payload;

	switch (tunnel) {
	case TUNNEL_VXLAN:
	case TUNNEL_GENEVE: span_skip(&header, 4); return span_u24(&header);
	case TUNNEL_NVGRE:
		return outside->tunnel_key >> 8; /* behind it stands a number of the sender's own */
	default: return 0;                       /* keys and labels that each direction has for itself */
	}
}

uint32_t context_inside(uint32_t context, const struct packet *outside, enum tunnel tunnel)
{
	const uint64_t kind = (uint64_t)tunnel << 24 | vni_of(outside, tunnel);

	return (uint32_t)hash_number(((uint64_t)context << 32 | kind) ^ number_of_pair(outside));
}

uint32_t context_of_error(uint32_t context, const struct packet *quoted)
{
	return (uint32_t)hash_number((uint64_t)context << 32 ^ number_of_pair(quoted));
}
