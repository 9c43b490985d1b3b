/* What makes packets of one flow: five numbers and the tunnel that they came through. */
#include "flow/key.h"
#include "base/hash.h"
#include "flow/table.h"

/* Of one end, keyed; of both, the sum, which knows no order. */
static uint64_t hash_end(const struct address *a, uint16_t port, uint64_t key)
{
	uint64_t halves[2], n;

	memcpy(halves, a->bytes, sizeof(halves));
	n = (halves[0] ^ key) * 0xbf58476d1ce4e5b9u;
	n = (n ^ n >> 32 ^ halves[1]) * 0x94d049bb133111ebu;
	n = (n ^ n >> 32 ^ port) * 0x9e3779b97f4a7c15u;
	return n ^ n >> 32;
}

static uint64_t drawn;

void flow_key_draw(void)
{
	drawn = hash_key();
}

uint64_t flow_hash(const struct packet *packet, uint32_t context)
{
	const bool ports = transport_has_ports(packet->transport);
	const uint64_t ends = hash_end(&packet->source, ports ? packet->source_port : 0, drawn) +
			      hash_end(&packet->destination, ports ? packet->destination_port : 0, drawn);
	const uint64_t n = (ends ^ (uint64_t)context << 16 ^ packet->transport) * 0xd6e8feb86659fd93u;

	return n >> 32;
}

uint32_t flow_hash_again(const struct flow *flow)
{
	const struct packet packet = { .source = flow->ends[0],
				       .destination = flow->ends[1],
				       .source_port = flow->ports[0],
				       .destination_port = flow->ports[1],
				       .transport = flow->transport };

	return (uint32_t)flow_hash(&packet, flow->context);
}

uint64_t flow_id(const struct flow *flow)
{
	const uint64_t ends = hash_end(&flow->ends[0], flow->ports[0], 0) +
			      hash_end(&flow->ends[1], flow->ports[1], 0);
	const uint64_t kind = (uint64_t)flow->transport << 40 | (uint64_t)flow->nth << 32 | flow->context;

	return hash_number(hash_number(ends ^ hash_number(kind)) + flow->first_frame) >>
	       11; /* exact in a double, as JSON readers have it */
}

void flow_swap_ends(struct flow *flow)
{
	const struct address end = flow->ends[0];
	const struct flow_side side = flow->sides[0];
	const uint16_t port = flow->ports[0];

	flow->ends[0] = flow->ends[1];
	flow->ends[1] = end;
	flow->ports[0] = flow->ports[1];
	flow->ports[1] = port;
	flow->sides[0] = flow->sides[1];
	flow->sides[1] = side;
	for (size_t i = 0; i < flow->history_length; i++)
		flow->history[i] ^= 'a' ^ 'A';
	flow->stopped_side = flow->stopped != STOP_NOT && !flow->stopped_side;
	flow->swapped = !flow->swapped;
}
