/* haproxy.c: what a proxy writes before a connection that it hands on: "The PROXY protocol, versions 1 & 2"
 * of HAProxy. It says whose connection it is; behind it begins what the client speaks. */
#include "protocols/lines.h"

enum {
	LINE_MOST = 107, /* of version 1, with CR LF */
	SIGNATURE = 12,
	HEADER = 16,
	LOCAL = 0,
	PROXY = 1,
	INET = 1,
	INET6 = 2,
	UNIX = 3,
	DATAGRAM = 2,
	TLV_ALPN = 1,
	TLV_AUTHORITY = 2,
	TEXT_MOST = 128,
};

static const char signature[SIGNATURE + 1] = "\r\n\r\n\0\r\nQUIT\n";

struct told {
	uint8_t version;
	bool is_proxied, has_addresses, is_datagram;
	struct address source, destination;
	uint16_t source_port, destination_port;
	char alpn[TEXT_MOST], authority[TEXT_MOST];
};

/* ---- version 1: a line ---- */

static bool take_port(struct span *line, uint16_t *ret_port)
{
	uint64_t port;

	if (!span_number(text_word(line), UINT16_MAX, &port))
		return false;
	*ret_port = (uint16_t)port;
	return true;
}

static bool take_address(struct span *line, bool is_v4, struct address *ret_address)
{
	return address_parse(text_word(line), ret_address) && address_is_v4(ret_address) == is_v4;
}

/* "PROXY TCP4 192.0.2.1 192.0.2.2 40000 80", without CR LF. */
static bool read_line(struct span line, struct told *t)
{
	struct span kind;
	bool is_v4;

	t->version = 1;
	if (!span_begins(line, "PROXY "))
		return false;
	span_skip(&line, strlen("PROXY "));
	kind = text_word(&line);
	if (span_is(kind, "UNKNOWN"))
		return true;
	is_v4 = span_is(kind, "TCP4");
	t->is_proxied = t->has_addresses = true;
	return (is_v4 || span_is(kind, "TCP6")) && take_address(&line, is_v4, &t->source) &&
	       take_address(&line, is_v4, &t->destination) && take_port(&line, &t->source_port) &&
	       take_port(&line, &t->destination_port) && span_left(line) == 0;
}

static enum verdict take_line(struct span *s, struct told *t)
{
	struct span rest = text_first(*s, LINE_MOST), line;

	if (recognise_text(rest, "PROXY ") != YES)
		return recognise_text(rest, "PROXY ");
	line = span_line(&rest);
	if (line.failed)
		return span_left(*s) < LINE_MOST && text_is_plain(*s) ? MORE : NO;
	if (!read_line(line, t))
		return NO;
	s->at = rest.at;
	return YES;
}

/* ---- version 2: a header, addresses, and more ---- */

static bool read_addresses(struct span *s, uint8_t family, struct told *t)
{
	const size_t length = family == INET ? 4 : 16;
	struct span source, destination;

	if (family != INET && family != INET6)
		return true;
	source = span_take(s, length);
	destination = span_take(s, length);
	t->source_port = span_u16(s);
	t->destination_port = span_u16(s);
	if (s->failed)
		return false;
	t->source = family == INET ? address_v4(load_u32(source.at)) : address_v6(source.at);
	t->destination = family == INET ? address_v4(load_u32(destination.at)) : address_v6(destination.at);
	t->has_addresses = true;
	return true;
}

static void read_more(struct span s, struct told *t)
{
	while (span_left(s) > 0 && !s.failed) {
		const uint8_t type = span_u8(&s);
		const struct span value = span_take(&s, span_u16(&s));

		if (type == TLV_ALPN)
			span_copy_text(value, t->alpn, sizeof(t->alpn));
		else if (type == TLV_AUTHORITY)
			span_copy_text(value, t->authority, sizeof(t->authority));
	}
}

static enum verdict take_header(struct span *s, struct told *t)
{
	struct span rest = *s, body;
	uint8_t head, family;

	for (size_t i = 0; i < SIGNATURE && i < span_left(rest); i++)
		if (rest.at[i] != (uint8_t)signature[i])
			return NO;
	if (span_left(rest) < HEADER)
		return MORE;
	span_skip(&rest, SIGNATURE);
	head = span_u8(&rest);
	family = span_u8(&rest);
	if (head >> 4 != 2 || (head & 15) > PROXY || family >> 4 > UNIX || (family & 15) > DATAGRAM)
		return NO;
	body = span_take(&rest, span_u16(&rest));
	if (body.failed)
		return MORE;
	t->version = 2;
	t->is_proxied = (head & 15) == PROXY;
	t->is_datagram = (family & 15) == DATAGRAM;
	if (t->is_proxied && !read_addresses(&body, family >> 4, t))
		return NO;
	if (t->is_proxied && (t->has_addresses || family == 0))
		read_more(body, t);
	s->at = rest.at;
	return YES;
}

static enum verdict take(struct span *s, struct told *ret_told)
{
	*ret_told = (struct told){ 0 };
	return span_peek(*s, 0) == 'P' ? take_line(s, ret_told) : take_header(s, ret_told);
}

/* A header says by its first 16 octets what it is, however much more of it follows. */
static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct span s = first;
	struct told told;
	enum verdict verdict;

	if (transport != TRANSPORT_TCP || side != SIDE_CLIENT)
		return NO;
	verdict = take(&s, &told);
	return verdict == MORE && *first.at != 'P' && span_left(first) >= HEADER ? YES : verdict;
}

/* ---- reading ---- */

static void emit(const void *record, struct json *json)
{
	const struct told *const t = record;
	char text[ADDRESS_TEXT];

	json_unsigned(json, "version", t->version);
	json_text(json, "command", t->is_proxied ? "proxy" : t->version == 1 ? "unknown" : "local");
	if (t->has_addresses) {
		json_text(json, "proto", t->is_datagram ? "udp" : "tcp");
		json_text(json, "src_ip", address_text(&t->source, text));
		json_unsigned(json, "src_port", t->source_port);
		json_text(json, "dest_ip", address_text(&t->destination, text));
		json_unsigned(json, "dest_port", t->destination_port);
	}
	emit_text(json, "alpn", t->alpn);
	emit_text(json, "authority", t->authority);
}

/* What stood before it from the server's side, as a greeting, belongs to what follows. */
static enum parse_step read(void *state, struct parse *parse, struct span *bytes)
{
	struct told told;
	enum verdict whole;

	(void)state;
	if (parse->side == SIDE_SERVER)
		return PARSE_ON;
	whole = take(bytes, &told);
	if (whole != YES)
		return whole == NO ? PARSE_BROKEN : PARSE_ON;
	parse_event(parse, &told);
	parse_upgrade(parse, NULL);
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(uint8_t), .read = read, .emit = emit, .leads = true
};

const struct protocol protocol_haproxy = {
	.name = "haproxy",
	.title = "PROXY protocol of HAProxy, before what is handed on",
	DOORS(TCP(80)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise,
	.client_alone = true,
	.parser = &parser,
};
