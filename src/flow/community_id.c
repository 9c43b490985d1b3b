/* Community ID 1.0 (corelight/community-id-spec): SHA-1 over seed, addresses, protocol and ports, the smaller
 * end first; ICMP's types take the place of ports, those that have an answer paired with it. */
#include "base/base64.h"
#include "flow/flow.h"

enum { SEED_LENGTH = 2, LONGEST = SEED_LENGTH + 16 + 16 + 2 + 4, SHA1_LENGTH = 20, SHA1_BASE64 = 28 };

/* A message type and the one that answers it: then the second takes the place of the code. */
static const uint8_t pairs_v4[][2] = { { 0, 8 },   { 8, 0 },   { 9, 10 },  { 10, 9 },  { 13, 14 },
				       { 14, 13 }, { 15, 16 }, { 16, 15 }, { 17, 18 }, { 18, 17 } };
static const uint8_t pairs_v6[][2] = { { 128, 129 }, { 129, 128 }, { 130, 131 }, { 131, 130 },
				       { 133, 134 }, { 134, 133 }, { 135, 136 }, { 136, 135 },
				       { 139, 140 }, { 140, 139 }, { 144, 145 }, { 145, 144 } };

/* Replaces the code by the answering type. False for a type without an answer: such a flow has one direction.
 */
static bool pair_icmp(uint8_t transport, uint16_t type, uint16_t *ret_second)
{
	const bool v4 = transport == TRANSPORT_ICMP;
	const uint8_t(*const pairs)[2] = v4 ? pairs_v4 : pairs_v6;
	const size_t count = v4 ? sizeof(pairs_v4) / sizeof(pairs_v4[0])
				: sizeof(pairs_v6) / sizeof(pairs_v6[0]);

	for (size_t i = 0; i < count; i++) {
		if (pairs[i][0] == type) {
			*ret_second = pairs[i][1];
			return true;
		}
	}
	return false;
}

static void add_address(uint8_t *bytes, size_t *length, const struct address *a)
{
	const bool v4 = address_is_v4(a);
	const size_t octets = v4 ? 4 : 16;

	memcpy(bytes + *length, a->bytes + 16 - octets, octets);
	*length += octets;
}

static void add_u16(uint8_t *bytes, size_t *length, uint16_t n)
{
	bytes[(*length)++] = (uint8_t)(n >> 8);
	bytes[(*length)++] = (uint8_t)n;
}

static bool has_ports(uint8_t transport)
{
	return transport == TRANSPORT_TCP || transport == TRANSPORT_UDP || transport == TRANSPORT_SCTP ||
	       transport == TRANSPORT_ICMP || transport == TRANSPORT_ICMPV6;
}

char *community_id(struct digester *sha1, const struct address *source, const struct address *destination,
		   uint8_t transport, uint16_t source_port, uint16_t destination_port,
		   char text[static COMMUNITY_ID])
{
	const bool icmp = transport == TRANSPORT_ICMP || transport == TRANSPORT_ICMPV6;
	const bool one_way = icmp && !pair_icmp(transport, source_port, &destination_port);
	const int order = address_compare(source, destination);
	const bool swap = !one_way && (order > 0 || (order == 0 && source_port > destination_port));
	uint8_t bytes[LONGEST] = { 0 }, memory[DIGEST_MOST];
	size_t length = SEED_LENGTH;
	struct span id;

	add_address(bytes, &length, swap ? destination : source);
	add_address(bytes, &length, swap ? source : destination);
	bytes[length++] = transport;
	bytes[length++] = 0;
	if (has_ports(transport)) {
		add_u16(bytes, &length, swap ? destination_port : source_port);
		add_u16(bytes, &length, swap ? source_port : destination_port);
	}
	memcpy(text, "1:", 3);
	id = digester_run(sha1, span_of(bytes, length), memory);
	if (span_left(id) == SHA1_LENGTH) {
		base64_text(id, text + 2, SHA1_BASE64);
		memcpy(text + 2 + SHA1_BASE64 - 1, "=", 2);
	}
	return text;
}
