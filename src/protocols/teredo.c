/* Teredo: RFC 4380, sections 4 and 5.1; trailers of RFC 6081. */
#include "protocols/inner.h"
#include "protocols/parse.h"

enum { AUTHENTICATION = 0x0001, ORIGIN = 0x0000, NEXT_NONE = 59, HEADER = 40 };

/* An IPv4 address and a port, each bit of which is turned round, so that no translator finds them. */
struct mapped {
	uint32_t address;
	uint16_t port;
};

static struct mapped take_mapped(struct span *s)
{
	const uint16_t port = (uint16_t)~span_u16(s);

	return (struct mapped){ .port = port, .address = ~span_u32(s) };
}

/* Steps over the authentication and the origin that may stand before the IPv6 packet. *origin is filled where
 * there is one. */
static bool take_indications(struct span *s, struct mapped *origin)
{
	if ((span_peek(*s, 0) << 8 | span_peek(*s, 1)) == AUTHENTICATION && span_left(*s) >= 4) {
		const size_t client = span_peek(*s, 2), value = span_peek(*s, 3);

		span_skip(s, 4 + client + value + 9); /* a nonce, and whether it was confirmed */
	}
	if (span_left(*s) >= 8 && (span_peek(*s, 0) << 8 | span_peek(*s, 1)) == ORIGIN) {
		span_skip(s, 2);
		*origin = take_mapped(s);
	}
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
	struct mapped origin;
	struct span packet;

	(void)side;
	if (transport != TRANSPORT_UDP || !take_indications(&first, &origin) || span_left(first) < HEADER)
		return NO;
	packet = span_take(&first, HEADER + ((size_t)span_peek(first, 4) << 8 | span_peek(first, 5)));
	if (packet.failed || span_peek(packet, 0) >> 4 != 6 || !inner_is_ip(packet, INNER_FILLS))
		return NO;
	return has_ends(packet) && are_trailers(first) ? YES : NO;
}

enum { ENDS = 4 };

struct conversation {
	uint8_t ends[ENDS][16]; /* Teredo addresses, as they came */
	uint8_t end_count;
	struct mapped origin;                      /* of the client, as its server saw it; port 0 for none */
	uint64_t packets[2], bytes[2], bubbles[2]; /* by side */
};

static void note_end(struct conversation *state, const uint8_t *address)
{
	if (!is_teredo(address) || state->end_count == ENDS)
		return;
	for (size_t i = 0; i < state->end_count; i++)
		if (memcmp(state->ends[i], address, 16) == 0)
			return;
	memcpy(state->ends[state->end_count++], address, 16);
}

/* Bubbles carry nothing: they keep the way open. */
static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	struct span packet = *bytes;

	if (!take_indications(&packet, &state->origin) || span_left(packet) < HEADER ||
	    span_peek(packet, 0) >> 4 != 6)
		return parse->cut ? PARSE_ON : PARSE_BROKEN;
	bytes->at = bytes->end;
	note_end(state, packet.at + 8);
	note_end(state, packet.at + 24);
	if (span_left(packet) == HEADER || span_peek(packet, 6) == NEXT_NONE) {
		state->bubbles[parse->side]++;
		return PARSE_ON;
	}
	state->packets[parse->side]++;
	state->bytes[parse->side] += span_left(packet);
	parse_open(parse, TUNNEL_TEREDO, 0, CARRIED_IP, packet);
	return PARSE_ON;
}

static void end(void *memory, struct parse *parse)
{
	parse_event(parse, memory);
}

static void emit_v4(struct json *json, const char *key, uint32_t number)
{
	const struct address address = address_v4(number);
	char text[ADDRESS_TEXT];

	json_plain(json, key, address_text(&address, text));
}

/* RFC 4380, section 4: prefix, server, flags, and the client's port and address as others see them. */
static void emit_end(struct json *json, const uint8_t *bytes)
{
	const struct address address = address_v6(bytes);
	struct span s = span_of(bytes + 10, 6);
	const struct mapped client = take_mapped(&s);
	char text[ADDRESS_TEXT];

	json_begin(json);
	json_plain(json, "address", address_text(&address, text));
	emit_v4(json, "server_ip", load_u32(bytes + 4));
	emit_v4(json, "client_ip", client.address);
	json_unsigned(json, "client_port", client.port);
	json_end(json);
}

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	if (state->end_count > 0) {
		json_open_array(json, "ends");
		for (size_t i = 0; i < state->end_count; i++)
			emit_end(json, state->ends[i]);
		json_end(json);
	}
	if (state->origin.port != 0) {
		emit_v4(json, "origin_ip", state->origin.address);
		json_unsigned(json, "origin_port", state->origin.port);
	}
	json_unsigned(json, "pkts_toserver", state->packets[SIDE_CLIENT]);
	json_unsigned(json, "pkts_toclient", state->packets[SIDE_SERVER]);
	json_unsigned(json, "bytes_toserver", state->bytes[SIDE_CLIENT]);
	json_unsigned(json, "bytes_toclient", state->bytes[SIDE_SERVER]);
	json_unsigned(json, "bubbles_toserver", state->bubbles[SIDE_CLIENT]);
	json_unsigned(json, "bubbles_toclient", state->bubbles[SIDE_SERVER]);
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
	.leads = true,
};

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
