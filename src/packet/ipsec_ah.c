/* AH (RFC 4302): the integrity value over the whole IP packet, in which all that routers may change is zero,
 * and what they change in a known way is as it will be at the end (section 3.3.3, appendix A). */
#include "packet/ipsec_association.h"

enum {
	HEADER = 2048, /* octets before AH; extension headers that need more are not verified */
	FIXED = 12,    /* octets of AH before the integrity value */

	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_SECURITY = 130,
	OPTION_LOOSE_ROUTE = 131,
	OPTION_EXTENDED_SECURITY = 133,
	OPTION_COMMERCIAL_SECURITY = 134,
	OPTION_STRICT_ROUTE = 137,
	OPTION_ROUTER_ALERT = 148,
	OPTION_MULTI_DESTINATION = 149,
	OPTION_CHANGES = 0x20, /* of IPv6 */

	NEXT_HOP_BY_HOP = 0,
	NEXT_ROUTING = 43,
	NEXT_DESTINATION = 60,
};

static bool stays(uint8_t option)
{
	switch (option) {
	case OPTION_SECURITY:
	case OPTION_EXTENDED_SECURITY:
	case OPTION_COMMERCIAL_SECURITY:
	case OPTION_ROUTER_ALERT:
	case OPTION_MULTI_DESTINATION: return true;
	default: return false;
	}
}

/* Zeroes the options that change. A source route with stops to make has the true destination at its end. */
static bool settle_v4_options(uint8_t *header, size_t length)
{
	for (size_t at = 20; at < length;) {
		const uint8_t kind = header[at];
		size_t size;

		if (kind == OPTION_END)
			return true;
		if (kind == OPTION_NOP) {
			at++;
			continue;
		}
		size = at + 1 < length ? header[at + 1] : 0;
		if (size < 2 || size > length - at)
			return false;
		if ((kind == OPTION_LOOSE_ROUTE || kind == OPTION_STRICT_ROUTE) && size >= 7 &&
		    header[at + 2] <= size)
			memcpy(header + 16, header + at + size - 4, 4);
		if (!stays(kind))
			memset(header + at, 0, size);
		at += size;
	}
	return true;
}

static bool settle_v4(uint8_t *header, size_t length)
{
	if (length < 20)
		return false;
	header[1] = header[6] = header[7] = header[8] = header[10] = header[11] = 0;
	return settle_v4_options(header, length);
}

static bool settle_v6_options(uint8_t *header, size_t length)
{
	for (size_t at = 2; at < length;) {
		const uint8_t kind = header[at];
		const size_t size = kind != 0 && at + 1 < length ? header[at + 1] : 0;

		if (kind == 0) { /* Pad1 */
			at++;
			continue;
		}
		if (at + 2 > length || size > length - at - 2)
			return false;
		if ((kind & OPTION_CHANGES) != 0)
			memset(header + at + 2, 0, size);
		at += 2 + size;
	}
	return true;
}

/* As it is when the last stop is reached: each stop that is left takes the destination's place, and the one
 * that stood there takes its own. */
static bool settle_routing(uint8_t *header, size_t length, uint8_t *destination)
{
	const size_t count = (length - 8) / 16;
	const uint8_t left = header[3];

	if (left == 0)
		return true;
	if ((header[2] != 0 && header[2] != 2) || left > count)
		return false;
	for (size_t i = count - left; i < count; i++) {
		uint8_t stop[16];

		memcpy(stop, header + 8 + i * 16, 16);
		memcpy(header + 8 + i * 16, destination, 16);
		memcpy(destination, stop, 16);
	}
	header[3] = 0;
	return true;
}

static bool settle_v6(uint8_t *header, size_t length)
{
	uint8_t kind;

	if (length < 40)
		return false;
	kind = header[6];
	header[0] = 0x60;
	header[1] = header[2] = header[3] = header[7] = 0;
	for (size_t at = 40; at < length;) {
		uint8_t *const extension = header + at;
		const size_t size = at + 8 <= length ? (extension[1] + 1u) * 8 : SIZE_MAX;

		if (size > length - at)
			return false;
		if (kind == NEXT_HOP_BY_HOP || kind == NEXT_DESTINATION) {
			if (!settle_v6_options(extension, size))
				return false;
		} else if (kind == NEXT_ROUTING) {
			if (!settle_routing(extension, size, header + 24))
				return false;
		} else {
			return false;
		}
		kind = extension[0];
		at += size;
	}
	return true;
}

/* Cuts the packet into the header before AH, AH, and what is behind. */
static bool cut(const struct packet *packet, struct span *ret_before, struct span *ret_ah,
		struct span *ret_behind)
{
	struct span s = packet->ip;

	if (packet->ip_header < 20 || span_left(s) < packet->length ||
	    packet->payload.at != s.at + packet->ip_header)
		return false;
	s.end = s.at + packet->length;
	*ret_before = span_take(&s, packet->ip_header);
	*ret_ah = span_take(&s, (span_peek(s, 1) + 2u) * 4);
	*ret_behind = s;
	return !s.failed;
}

enum ipsec_result ipsec_verify_ah(struct association *a, const struct packet *packet)
{
	static const uint8_t zeros[IPSEC_ICV];
	struct span before, ah, behind, fixed, icv;
	uint8_t header[HEADER];

	if (a->mac == NULL || !cut(packet, &before, &ah, &behind) || span_left(before) > sizeof(header))
		return IPSEC_UNVERIFIED;
	fixed = span_take(&ah, FIXED);
	icv = span_take(&ah, a->mac->icv);
	if (ah.failed)
		return IPSEC_MALFORMED;
	memcpy(header, before.at, span_left(before));
	if (!(packet->version == 4 ? settle_v4 : settle_v6)(header, span_left(before)))
		return IPSEC_UNVERIFIED;
	return ipsec_mac_is(a,
			    (const struct span[]){ span_of(header, span_left(before)), fixed,
						   span_of(zeros, span_left(icv)), ah, behind },
			    5, icv)
		       ? IPSEC_GOOD
		       : IPSEC_BAD;
}
