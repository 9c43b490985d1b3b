/* Teredo: RFC 4380, section 5.1; trailers of RFC 6081. */
#include "protocols/inner.h"
#include "protocols/parse.h"

enum { AUTHENTICATION = 0x0001, ORIGIN = 0x0000, NEXT_NONE = 59, HEADER = 40 };

/* Steps over the authentication and the origin that may stand before the IPv6 packet. */
static bool take_indications(struct span *s)
{
	if ((span_peek(*s, 0) << 8 | span_peek(*s, 1)) == AUTHENTICATION && span_left(*s) >= 4) {
		const size_t client = span_peek(*s, 2), value = span_peek(*s, 3);

		span_skip(s, 4 + client + value + 9); /* a nonce, and whether it was confirmed */
	}
	if (span_left(*s) >= 8 && (span_peek(*s, 0) << 8 | span_peek(*s, 1)) == ORIGIN)
		span_skip(s, 8);
	return !s->failed;
}

static bool is_teredo(const uint8_t *address)
{
	return memcmp(address, "\x20\x01\0\0", 4) == 0;
}

static bool is_link_local(const uint8_t *address)
{
	return address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
}

/* One end is a Teredo address, or a client asks for one: from a link-local address to all routers, or back.
 */
static bool has_ends(struct span s)
{
	static const uint8_t routers[16] = { 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2 };
	const uint8_t *const source = s.at + 8, *const destination = s.at + 24;

	if (is_link_local(source))
		return memcmp(destination, routers, 16) == 0 || is_link_local(destination) ||
		       is_teredo(destination);
	return is_teredo(source) || is_teredo(destination);
}

/* Trailers are types and lengths that fill what the IPv6 packet leaves. */
static bool are_trailers(struct span s)
{
	while (span_left(s) > 0) {
		span_skip(&s, 1);
		span_skip(&s, span_u8(&s));
		if (s.failed)
			return false;
	}
	return true;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct span packet;

	(void)side;
	if (transport != TRANSPORT_UDP || !take_indications(&first) || span_left(first) < HEADER)
		return NO;
	packet = span_take(&first, HEADER + ((size_t)span_peek(first, 4) << 8 | span_peek(first, 5)));
	if (packet.failed || span_peek(packet, 0) >> 4 != 6 || !inner_is_ip(packet, INNER_FILLS))
		return NO;
	return has_ends(packet) && are_trailers(first) ? YES : NO;
}

/* Bubbles carry nothing: they keep the way open. */
static enum parse_step read(void *state, struct parse *parse, struct span *bytes)
{
	struct span packet = *bytes;

	(void)state;
	if (!take_indications(&packet) || span_left(packet) < HEADER || span_peek(packet, 0) >> 4 != 6)
		return parse->cut ? PARSE_ON : PARSE_BROKEN;
	bytes->at = bytes->end;
	if (span_left(packet) > HEADER && span_peek(packet, 6) != NEXT_NONE)
		parse_open(parse, TUNNEL_TEREDO, 0, CARRIED_IP, packet);
	return PARSE_ON;
}

static const struct parser parser = { .read = read, .leads = true };

const struct protocol protocol_teredo = {
	.name = "teredo",
	.title = "Teredo, IPv6 through NAT",
	DOORS(UDP(3544)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = HEADER,
	MARKS(OCTET(0, 0x00), OCTETS(0, 0x60, 0x6f)),
	.parser = &parser,
};
