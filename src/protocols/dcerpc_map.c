/* dcerpc_map.c: what the endpoint mapper answers to ept_map: towers (C706 appendices I and L), each of floors
 * that name an interface, the transport with its port, and the host. */
#include "protocols/dcerpc.h"

enum {
	HANDLE = 20,
	UUID_FLOOR = 0x0d,
	TCP_FLOOR = 0x07,
	UUID = 16,
	UUID_LHS = 19, /* a floor's kind, the UUID, the version */
	FLOORS_MOST = 8,
};

static uint32_t take_u32(struct span *s, bool little)
{
	return little ? span_u32_le(s) : span_u32(s);
}

/* Floors are in little order whatever the message is in, but for ports. */
static bool read_tower(struct span tower, struct dcerpc_endpoint *ret)
{
	const uint16_t floors = span_u16_le(&tower);

	*ret = (struct dcerpc_endpoint){ 0 };
	for (unsigned i = 0; i < floors && i < FLOORS_MOST && !tower.failed; i++) {
		struct span left = span_take(&tower, span_u16_le(&tower));
		struct span right = span_take(&tower, span_u16_le(&tower));
		const uint8_t kind = span_u8(&left);

		if (i == 0 && kind == UUID_FLOOR && span_left(left) == UUID_LHS - 1)
			memcpy(ret->uuid, left.at, UUID);
		if (kind == TCP_FLOOR && span_left(right) == sizeof(uint16_t))
			ret->port = span_u16(&right);
	}
	return ret->port != 0;
}

size_t dcerpc_map(struct span stub, bool little, struct dcerpc_endpoint *endpoints, size_t most)
{
	size_t found = 0;
	uint32_t towers, count;

	span_skip(&stub, HANDLE);
	towers = take_u32(&stub, little);
	span_skip(&stub, 2 * sizeof(uint32_t)); /* the most there could be, and from where on */
	count = take_u32(&stub, little);
	if (stub.failed || towers != count || count > span_left(stub) / sizeof(uint32_t))
		return 0;
	span_skip(&stub, count * sizeof(uint32_t)); /* pointers */
	for (uint32_t i = 0; i < count && found < most; i++) {
		const uint32_t length = take_u32(&stub, little);
		struct span tower;

		span_skip(&stub, sizeof(uint32_t)); /* the same length again */
		tower = span_take(&stub, length);
		if (stub.failed)
			break;
		found += read_tower(tower, &endpoints[found]);
		span_skip(&stub, (4 - length % 4) % 4);
	}
	return found;
}
