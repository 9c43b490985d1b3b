#include "flow/context.h"
#include "base/hash.h"

/* The same for both directions. */
static uint64_t number_of_pair(const struct packet *packet)
{
	return hash_bytes(packet->source.bytes, sizeof(packet->source.bytes)) +
	       hash_bytes(packet->destination.bytes, sizeof(packet->destination.bytes));
}

uint32_t context_key(const struct packet *outside, enum tunnel tunnel)
{
	/* Of NVGRE, behind the network's number stands one of the sender's own. */
	return tunnel == TUNNEL_NVGRE ? outside->tunnel_key >> 8 : outside->tunnel_key;
}

/* Of other tunnels each direction has keys and labels for itself. */
static uint32_t vni_of(const struct packet *outside, enum tunnel tunnel)
{
	switch (tunnel) {
	case TUNNEL_VXLAN:
	case TUNNEL_GENEVE:
	case TUNNEL_NVGRE: return context_key(outside, tunnel);
	default: return 0;
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
