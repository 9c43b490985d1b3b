/* dns_edns.c: what EDNS says (RFC 6891), and its options: RFC 5001 (NSID), RFC 7871 (the client's network),
 * RFC 7873 (cookies), RFC 7828 (how long a stream is kept), RFC 7830 (padding), RFC 8914 (errors in words).
 */
#include "protocols/dns_record.h"

#include <stdio.h>

enum { OPTIONS_MOST = 32, COOKIE = 8 };

enum option { NSID = 3, CLIENT_SUBNET = 8, COOKIES = 10, KEEPALIVE = 11, PADDING = 12, EXTENDED_ERROR = 15 };

bool dns_prefix_text(uint16_t family, uint8_t bits, struct span octets, char text[static DNS_PREFIX_TEXT])
{
	enum { FAMILY_4 = 1, FAMILY_6 = 2 };
	const size_t length = span_left(octets), whole = family == FAMILY_4 ? 4 : 16;
	uint8_t full[16] = { 0 };
	char address_words[ADDRESS_TEXT];
	struct span s = span_of(full, whole);
	struct address address;

	if ((family != FAMILY_4 && family != FAMILY_6) || octets.failed || length > whole || bits > 8 * whole)
		return false;
	if (length > 0)
		memcpy(full, octets.at, length);
	address = family == FAMILY_4 ? address_v4(span_u32(&s)) : address_v6(full);
	(void)snprintf(text, DNS_PREFIX_TEXT, "%s/%u", address_text(&address, address_words), bits);
	return true;
}

/* The network of who asked, as far as it is told, and how much of it the answer holds for. */
static void write_subnet(struct json *json, struct span s)
{
	const uint16_t family = span_u16(&s);
	const uint8_t bits = span_u8(&s), scope = span_u8(&s);
	char text[DNS_PREFIX_TEXT];

	if (s.failed || !dns_prefix_text(family, bits, s, text))
		return;
	json_text(json, "client_subnet", text);
	json_unsigned(json, "client_subnet_scope", scope);
}

static void write_cookies(struct json *json, struct span s)
{
	dns_write_hex(json, "client_cookie", span_take(&s, COOKIE), 0);
	if (span_left(s) > 0)
		dns_write_hex(json, "server_cookie", s, 0);
}

static bool next_option(struct span *s, uint16_t *ret_code, struct span *ret_value)
{
	*ret_code = span_u16(s);
	*ret_value = span_take(s, span_u16(s));
	return !s->failed;
}

static void write_option(struct json *json, uint16_t code, struct span s)
{
	switch (code) {
	case NSID: json_span(json, "nsid", s); break;
	case CLIENT_SUBNET: write_subnet(json, s); break;
	case COOKIES: write_cookies(json, s); break;
	case KEEPALIVE:
		if (span_left(s) == 2)
			json_unsigned(json, "keepalive", span_u16(&s));
		break;
	case PADDING: json_unsigned(json, "padding", span_left(s)); break;
	default: break;
	}
}

/* Each option stands there once (a second one would be a second member of its name), but errors. */
static void write_options(struct json *json, struct span s)
{
	struct span value;
	uint64_t written = 0;
	uint16_t code;

	for (int i = 0; i < OPTIONS_MOST && next_option(&s, &code, &value); i++) {
		if (code < EXTENDED_ERROR && (written >> code & 1) == 0)
			write_option(json, code, value);
		written |= code < EXTENDED_ERROR ? UINT64_C(1) << code : 0;
	}
}

static void write_errors(struct json *json, struct span s)
{
	struct span value;
	bool any = false;
	uint16_t code;

	for (int i = 0; i < OPTIONS_MOST && next_option(&s, &code, &value); i++) {
		if (code != EXTENDED_ERROR || span_left(value) < 2)
			continue;
		if (!any)
			json_open_array(json, "errors");
		any = true;
		json_begin(json);
		json_unsigned(json, "code", span_u16(&value));
		if (span_left(value) > 0)
			json_span(json, "text", value);
		json_end(json);
	}
	if (any)
		json_end(json);
}

/* The class of an OPT record is the size that its sender takes; its time to live holds version and flags. */
void dns_write_edns(struct json *json, const struct dns_record *record)
{
	enum { DNSSEC_OK = 0x8000 };

	json_open_object(json, "edns");
	json_unsigned(json, "udp_size", record->class);
	json_unsigned(json, "version", record->ttl >> 16 & 0xff);
	json_bool(json, "do", (record->ttl & DNSSEC_OK) != 0);
	write_options(json, record->data);
	write_errors(json, record->data);
	json_end(json);
}
