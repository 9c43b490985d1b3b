/* bgp_update.c: routes that BGP announces and withdraws: RFC 4271 4.3 and 5.1, RFC 4760 (other families, of
 * which unicast IPv4 and IPv6 are read), RFC 6793 (AS numbers of four octets). */
#include "protocols/bgp.h"

#include "base/address.h"

#include <stdio.h>

enum attribute { ORIGIN = 1, AS_PATH = 2, NEXT_HOP = 3, REACH = 14, UNREACH = 15 };
enum { EXTENDED = 0x10, IPV4 = 1, IPV6 = 2, UNICAST = 1, V4_BITS = 32, V6_BITS = 128 };
enum { ROUTES_TOLD = BGP_ROUTES / 5 }; /* more have no room, however short they are: "::/0" */

/* Prefixes: a number of bits, and as many octets as these need. False: one has too many. */
static bool take_prefixes(struct span s, bool six, char *room, uint32_t *count)
{
	while (span_left(s) > 0) {
		const unsigned bits = span_u8(&s);
		const struct span given = span_take(&s, (bits + 7) / 8);
		uint8_t octets[16] = { 0 };
		char text[ADDRESS_TEXT], prefix[ADDRESS_TEXT + 4];
		struct address address;

		if (given.failed || bits > (six ? V6_BITS : V4_BITS))
			return false;
		if (++*count > ROUTES_TOLD)
			continue;
		memcpy(octets, given.at, span_left(given));
		address = six ? address_v6(octets) : address_v4(load_u32(octets));
		(void)snprintf(prefix, sizeof(prefix), "%s/%u", address_text(&address, text), bits);
		(void)texts_add(room, BGP_ROUTES, span_text(prefix));
	}
	return true;
}

/* Whether segments of numbers of this width fill s. */
static bool fits(struct span s, unsigned width)
{
	while (span_left(s) > 0 && !s.failed) {
		span_skip(&s, 1);
		span_skip(&s, (size_t)span_u8(&s) * width);
	}
	return !s.failed;
}

static void read_path(struct bgp_update *update, struct span s, unsigned width)
{
	if (width == 0)
		width = fits(s, 4) ? 4 : 2;
	while (span_left(s) > 0 && !s.failed) {
		const uint8_t kind = span_u8(&s), count = span_u8(&s);

		(void)kind; /* a set or a sequence, of a confederation or not */
		for (unsigned i = 0; i < count && !s.failed; i++) {
			const uint32_t as = width == 4 ? span_u32(&s) : span_u16(&s);

			if (!s.failed && update->path_length < BGP_PATH)
				update->path[update->path_length++] = as;
		}
	}
}

/* A next hop of IPv6 may have its address on the link behind it (RFC 2545 3). */
static void read_next_hop(struct bgp_update *update, struct span s)
{
	struct address address;
	char text[ADDRESS_TEXT];

	if (span_left(s) == 4)
		address = address_v4(load_u32(s.at));
	else if (span_left(s) == 16 || span_left(s) == 32)
		address = address_v6(s.at);
	else
		return;
	span_copy_text(span_text(address_text(&address, text)), update->next_hop, sizeof(update->next_hop));
}

/* RFC 4760 3 and 4. */
static bool read_family(struct bgp_update *update, struct span s, bool reach)
{
	const uint16_t family = span_u16(&s);
	const uint8_t kind = span_u8(&s);

	if (kind != UNICAST || (family != IPV4 && family != IPV6))
		return true;
	if (reach) {
		read_next_hop(update, span_take(&s, span_u8(&s)));
		span_skip(&s, 1);
	}
	if (s.failed)
		return false;
	return reach ? take_prefixes(s, family == IPV6, update->prefixes, &update->prefix_count)
		     : take_prefixes(s, family == IPV6, update->withdrawn, &update->withdrawn_count);
}

static bool read_attributes(struct bgp_update *update, struct span s, unsigned width)
{
	while (span_left(s) > 0) {
		const uint8_t flags = span_u8(&s), type = span_u8(&s);
		const struct span value = span_take(&s, flags & EXTENDED ? span_u16(&s) : span_u8(&s));

		if (value.failed)
			return false;
		switch (type) {
		case ORIGIN: update->origin = span_left(value) == 1 ? (uint8_t)(*value.at + 1) : 0; break;
		case AS_PATH: read_path(update, value, width); break;
		case NEXT_HOP: read_next_hop(update, value); break;
		case REACH:
		case UNREACH:
			if (!read_family(update, value, type == REACH))
				return false;
			break;
		default: break;
		}
	}
	return true;
}

bool bgp_read_update(struct span message, unsigned width, struct bgp_update *update)
{
	const struct span withdrawn = span_take(&message, span_u16(&message));
	const struct span attributes = span_take(&message, span_u16(&message));

	return !message.failed &&
	       take_prefixes(withdrawn, false, update->withdrawn, &update->withdrawn_count) &&
	       read_attributes(update, attributes, width) &&
	       take_prefixes(message, false, update->prefixes, &update->prefix_count);
}

void bgp_emit_update(struct json *json, const struct bgp_update *update)
{
	static const char *const origins[] = { NULL, "igp", "egp", "incomplete" };

	emit_texts(json, "prefixes", update->prefixes);
	json_unsigned(json, "prefix_count", update->prefix_count);
	emit_texts(json, "withdrawn", update->withdrawn);
	json_unsigned(json, "withdrawn_count", update->withdrawn_count);
	if (update->path_length > 0) {
		json_open_array(json, "as_path");
		for (size_t i = 0; i < update->path_length; i++)
			json_unsigned(json, NULL, update->path[i]);
		json_end(json);
	}
	if (update->origin < sizeof(origins) / sizeof(origins[0]))
		json_text(json, "origin", origins[update->origin]);
	emit_text(json, "next_hop", update->next_hop);
}
