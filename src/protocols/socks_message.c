/* socks_message.c: requests of SOCKS. RFC 1928 3 to 6, "SOCKS 4" and "4A" of the NEC and Permeo papers. */
#include "protocols/lines.h"
#include "protocols/socks.h"

enum { METHODS_MOST = 9, METHOD_REFUSED = 0xff };

/* RFC 1928 3: the methods that a client offers. */
enum verdict socks_take_methods(struct span *s)
{
	struct span rest = *s;
	const uint8_t version = span_u8(&rest), count = span_u8(&rest);

	if (version != SOCKS_VERSION_5 || (!rest.failed && (count == 0 || count > METHODS_MOST)))
		return NO;
	for (uint8_t i = 0; i < count && !rest.failed; i++) {
		const uint8_t method = span_u8(&rest);

		if ((method > 9 && method < 0x80) || method == METHOD_REFUSED)
			return NO;
	}
	if (rest.failed)
		return MORE;
	*s = rest;
	return YES;
}

enum verdict socks_take_address(struct span *s, struct socks_target *target)
{
	const uint8_t type = span_u8(s);
	struct span bytes;
	struct address address;

	switch (s->failed ? 0 : type) {
	case 0: return s->failed ? MORE : NO;
	case SOCKS_TYPE_V4:
		address = address_v4(span_u32(s));
		(void)address_text(&address, target->host);
		break;
	case SOCKS_TYPE_V6:
		bytes = span_take(s, 16);
		if (!bytes.failed) {
			address = address_v6(bytes.at);
			(void)address_text(&address, target->host);
		}
		break;
	case SOCKS_TYPE_NAME:
		bytes = span_take(s, span_u8(s));
		if (!bytes.failed && (span_left(bytes) == 0 || !text_is_plain(bytes)))
			return NO;
		span_copy_text(bytes, target->host, sizeof(target->host));
		break;
	default: return NO;
	}
	target->port = span_u16(s);
	return s->failed ? MORE : YES;
}

/* "05 01 00" and an address; of an answer the second octet says how it went. */
enum verdict socks_take_request(struct span *s, uint8_t most, struct socks_target *target)
{
	struct span rest = *s;
	const uint8_t version = span_u8(&rest), code = span_u8(&rest), zero = span_u8(&rest);
	enum verdict whole;

	if (version != SOCKS_VERSION_5 || code > most || zero != 0)
		return NO;
	if (rest.failed)
		return MORE;
	target->command = code;
	whole = socks_take_address(&rest, target);
	if (whole == YES)
		*s = rest;
	return whole;
}

/* Version 4: a command, port, address and name; the address 0.0.0.x of 4A has the host's name behind it. */
enum verdict socks_take_request_4(struct span *s, struct socks_target *target, struct span *ret_user)
{
	struct span rest = *s, name;
	const uint8_t version = span_u8(&rest), command = span_u8(&rest);
	const uint16_t port = span_u16(&rest);
	const uint32_t number = span_u32(&rest);
	struct address address;

	if (version != SOCKS_VERSION_4 || (span_left(*s) > 1 && (command < 1 || command > 2)))
		return NO;
	if (rest.failed)
		return MORE;
	if (port == 0 || number == 0 || number >> 24 >= 224 || (number >> 24 == 0 && number >= 256))
		return NO;
	*ret_user = span_until(&rest, '\0');
	if (rest.failed)
		return span_left(rest) < SOCKS_NAME_MOST && text_is_plain(rest) ? MORE : NO;
	address = address_v4(number);
	(void)address_text(&address, target->host);
	if (number < 256) {
		name = span_until(&rest, '\0');
		if (rest.failed)
			return span_left(rest) < SOCKS_NAME_MOST && text_is_plain(rest) ? MORE : NO;
		span_copy_text(name, target->host, sizeof(target->host));
	}
	target->command = command;
	target->port = port;
	*s = rest;
	return text_is_plain(*ret_user) ? YES : NO;
}
