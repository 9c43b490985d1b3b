/* quic.c: QUIC. RFC 9000 (version 1, and what no version changes: RFC 8999), RFC 9001 (TLS in it), RFC 9369
 * (version 2), the drafts from 23 on, and the older ones of Google as far as their headers are in the clear.
 */
#include "protocols/parse.h"
#include "protocols/probes.h"
#include "protocols/quic_initial.h"
#include "protocols/tls_hello.h"

#include <ctype.h>
#include <stdio.h>

enum { LONG = 0x80, FIXED = 0x40, ID_MOST = 20, ID_LEAST = 8, HELLO_MOST = 4096, PLAIN_MOST = 2048 };
enum { PADDING = 0, PING = 1, ACK = 2, ACK_ECN = 3, CRYPTO = 6 };

struct state {
	uint32_t version;
	bool told;
	uint8_t hello[HELLO_MOST], have[HELLO_MOST / 8];
};

struct quic_packet {
	uint8_t first;
	uint32_t version;
	struct span destination, source; /* ids */
	size_t number_at;
	struct span whole; /* to its end */
};

static uint64_t take_number(struct span *s)
{
	const unsigned octets = 1u << (span_peek(*s, 0) >> 6);
	uint64_t number = span_u8(s) & 0x3f;

	for (unsigned i = 1; i < octets; i++)
		number = number << 8 | span_u8(s);
	return number;
}

static bool is_initial(uint8_t first, uint32_t version)
{
	return (first >> 4 & 3) == (version == QUIC_V2 ? 1 : 0);
}

/* "Q043" and the like. */
static bool is_google(uint32_t version)
{
	return (version >> 24 == 'Q' || version >> 24 == 'T') && (version >> 16 & 0xff) == '0' &&
	       (version >> 8 & 0xff) >= '0' && (version >> 8 & 0xff) <= '5' && (version & 0xff) >= '0' &&
	       (version & 0xff) <= '9';
}

static bool is_version(uint32_t version)
{
	return quic_is_known(version) || is_google(version) || version >> 8 == 0xff0000 ||
	       version >> 8 == 0xfaceb0 || (version & 0x0f0f0f0f) == 0x0a0a0a0a;
}

/* From Q046 to Q049 one octet has the lengths of both ids in its halves, less three
 * (draft-ietf-quic-transport-17 17.2). */
static bool has_joint_lengths(uint32_t version)
{
	return is_google(version) && version >> 24 == 'Q' && (version >> 8 & 0xff) == '4' &&
	       (version & 0xff) >= '6';
}

static void take_ids(struct span *s, struct quic_packet *packet)
{
	const uint8_t length = span_u8(s), high = length >> 4, low = length & 0x0f;

	if (has_joint_lengths(packet->version)) {
		packet->destination = span_take(s, high > 0 ? high + 3u : 0);
		packet->source = span_take(s, low > 0 ? low + 3u : 0);
		return;
	}
	packet->destination = span_take(s, length);
	packet->source = span_take(s, span_u8(s));
}

/* A long header: version and both ids. */
static bool read_packet(struct span s, struct quic_packet *packet)
{
	const struct span datagram = s;
	uint64_t length;

	packet->first = span_u8(&s);
	packet->version = span_u32(&s);
	take_ids(&s, packet);
	if (s.failed || (packet->first & LONG) == 0 || span_left(packet->destination) > ID_MOST ||
	    span_left(packet->source) > ID_MOST)
		return false;
	packet->whole = datagram;
	packet->number_at = 0;
	if (!quic_is_known(packet->version) || !is_initial(packet->first, packet->version))
		return true;
	length = take_number(&s);
	span_skip(&s, length); /* token */
	length = take_number(&s);
	if (s.failed || length < 20 || length > span_left(s))
		return false;
	packet->number_at = (size_t)(s.at - datagram.at);
	packet->whole.end = s.at + length;
	return true;
}

/* Negotiation of versions: zero, the id that the client made up, and a list of which most are known. */
static bool is_negotiation(const struct quic_packet *packet, struct span datagram)
{
	const size_t head = 7 + span_left(packet->destination) + span_left(packet->source);
	size_t known = 0, all;

	span_skip(&datagram, head);
	all = span_left(datagram) / 4;
	if (packet->version != 0 || datagram.failed || all == 0 || span_left(datagram) % 4 != 0 ||
	    span_left(packet->source) < ID_LEAST)
		return false;
	while (span_left(datagram) > 0)
		known += is_version(span_u32(&datagram));
	return known * 2 >= all;
}

/* Google's first packets: flags with the version's bit, eight octets of id, the version, a number. */
static bool is_old_google(struct span s)
{
	const uint8_t flags = span_u8(&s);
	uint32_t version;

	span_skip(&s, 8);
	version = span_u32(&s);
	return !s.failed && (flags & 0x89) == 0x09 && is_google(version) && span_left(s) > 0;
}

/* Whether one of Google's handshake messages begins here: its tag, how many values follow, and the tag of the
 * first with the end of its value. */
static bool is_google_message(struct span s)
{
	enum { VALUES_MOST = 128, VALUE_MOST = 4096 };
	static const uint8_t rejection[] = { 'R', 'E', 'J', 0 };
	const struct span tag = span_take(&s, 4);
	unsigned count;
	bool named;

	if (tag.failed || (!span_begins(tag, "CHLO") && !span_begins(tag, "SHLO") &&
			   memcmp(tag.at, rejection, sizeof(rejection)) != 0))
		return false;
	count = span_u8(&s);
	if (span_u8(&s) != 0 || span_u16(&s) != 0 || count == 0 || count > VALUES_MOST)
		return false;
	named = isupper(span_peek(s, 0)) && isupper(span_peek(s, 1));
	span_skip(&s, 4);
	count = span_u8(&s);
	count |= (unsigned)span_u8(&s) << 8;
	return named && span_u16(&s) == 0 && !s.failed && count <= VALUE_MOST;
}

/* What a server of theirs answers first: no version, and an id where the client asked for one; its message
 * comes behind a number, a nonce or hash, and the head of a frame. */
static bool is_old_google_answer(struct span s)
{
	enum { BEFORE_LEAST = 14, BEFORE_MOST = 64 };
	static const uint8_t tags[] = { 'C', 'S', 'R' };

	if ((span_peek(s, 0) & 0xc3) != 0) /* no version, no reset, nothing that is reserved */
		return false;
	for (unsigned i = 0; i < BEFORE_MOST && span_left(s) > 0; i++, s.at++)
		if (i >= BEFORE_LEAST && memchr(tags, *s.at, sizeof(tags)) != NULL && is_google_message(s))
			return true;
	return false;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct quic_packet packet;

	if (transport != TRANSPORT_UDP)
		return NO;
	if ((span_peek(first, 0) & LONG) == 0)
		return (side == SIDE_CLIENT && is_old_google(first)) || is_old_google_answer(first) ? YES
												    : NO;
	if (!read_packet(first, &packet))
		return NO;
	if (packet.version == 0)
		return is_negotiation(&packet, first) ? YES : NO;
	if ((packet.first & FIXED) == 0 && !is_google(packet.version))
		return NO;
	return is_version(packet.version) && (span_left(packet.destination) > 0 ||
					      span_left(packet.source) > 0 || is_google(packet.version))
		       ? YES
		       : NO;
}

/* ---- reading ---- */

struct record {
	uint32_t version;
	const struct tls_hello *hello; /* or NULL */
};

static void write_version(struct json *json, uint32_t version)
{
	char text[16];

	if (version == 1)
		(void)snprintf(text, sizeof(text), "1");
	else if (version == QUIC_V2)
		(void)snprintf(text, sizeof(text), "2");
	else if (is_google(version))
		(void)snprintf(text, sizeof(text), "%c%c%c%c", (char)(version >> 24), (char)(version >> 16),
			       (char)(version >> 8), (char)version);
	else if (version >> 8 == 0xff0000)
		(void)snprintf(text, sizeof(text), "draft-%u", version & 0xff);
	else
		(void)snprintf(text, sizeof(text), "0x%08x", version);
	json_text(json, "version", text);
}

static void emit(const void *memory, struct json *json)
{
	const struct record *const record = memory;
	const struct protocol *inside;

	write_version(json, record->version);
	if (record->hello == NULL)
		return;
	if (span_left(record->hello->name) > 0)
		json_span(json, "sni", record->hello->name);
	tls_write_ja3(json, "ja3", record->hello, true);
	tls_write_ja4(json, record->hello, 'q');
	tls_write_alpn(json, "alpn", record->hello->alpn);
	inside = tls_inside(record->hello->alpn, span_of(NULL, 0));
	if (inside != NULL)
		json_text(json, "inside", inside->name);
	if (record->hello->encrypted_hello)
		json_bool(json, "ech", true);
}

static void put(struct state *state, uint64_t offset, struct span data)
{
	for (; span_left(data) > 0 && offset < HELLO_MOST; offset++) {
		state->hello[offset] = span_u8(&data);
		state->have[offset / 8] |= (uint8_t)(1u << offset % 8);
	}
}

/* Browsers lay the hello over frames in any order. */
static void hear_frames(struct state *state, struct span s)
{
	while (span_left(s) > 0 && !s.failed) {
		const uint64_t type = take_number(&s);
		uint64_t offset, length;

		switch (type) {
		case PADDING:
		case PING: break;
		case CRYPTO:
			offset = take_number(&s);
			length = take_number(&s);
			put(state, offset, span_take(&s, length));
			break;
		case ACK:
		case ACK_ECN:
			(void)take_number(&s);
			(void)take_number(&s);
			length = take_number(&s);
			(void)take_number(&s);
			for (uint64_t i = 0; i < length && !s.failed; i++) {
				(void)take_number(&s);
				(void)take_number(&s);
			}
			for (int i = 0; i < 3 && type == ACK_ECN; i++)
				(void)take_number(&s);
			break;
		default: return;
		}
	}
}

/* True if the hello is whole; then it is told. */
static bool tell_hello(struct state *state, struct parse *parse)
{
	const size_t length = (size_t)state->hello[1] << 16 | (size_t)state->hello[2] << 8 | state->hello[3];
	struct span body = span_of(state->hello, HELLO_MOST);
	struct tls_hello hello;

	if ((state->have[0] & 0xf) != 0xf || state->hello[0] != TLS_CLIENT_HELLO || length > HELLO_MOST - 4)
		return false;
	for (size_t i = 0; i < 4 + length; i++)
		if ((state->have[i / 8] >> i % 8 & 1) == 0)
			return false;
	span_skip(&body, 4);
	if (!tls_read_client_hello(span_take(&body, length), false, &hello))
		return false;
	parse_event(parse, &(struct record){ state->version, &hello });
	state->told = true;
	return true;
}

static enum parse_step read_quic(void *memory, struct parse *parse, struct span *bytes)
{
	struct state *const state = memory;
	struct span s = *bytes;
	struct quic_packet packet;
	uint8_t plain[PLAIN_MOST];

	if (parse->side == SIDE_SERVER || state->told)
		return PARSE_ON;
	if ((span_peek(s, 0) & LONG) == 0) {
		if (is_old_google(s)) {
			span_skip(&s, 9);
			state->version = span_u32(&s);
		}
		return state->version != 0 ? PARSE_DONE : PARSE_ON;
	}
	if (!read_packet(s, &packet))
		return parse->cut ? PARSE_ON : PARSE_BROKEN;
	/* What follows in the datagram and cannot be read is ignored (RFC 9000 12.2). */
	while (span_left(s) > 0 && read_packet(s, &packet)) {
		if (packet.version != 0)
			state->version = packet.version;
		if (packet.number_at == 0)
			break;
		hear_frames(state,
			    span_of(plain, quic_open_initial(packet.version, packet.whole, packet.number_at,
							     packet.destination, plain, sizeof(plain))));
		if (tell_hello(state, parse))
			return PARSE_DONE;
		s.at = packet.whole.end;
	}
	return PARSE_ON;
}

static void end(void *memory, struct parse *parse)
{
	const struct state *const state = memory;

	if (!state->told && state->version != 0)
		parse_event(parse, &(struct record){ state->version, NULL });
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct state),
	.read = read_quic,
	.end = end,
	.emit = emit,
};

const struct protocol protocol_quic = {
	.name = "quic",
	.title = "QUIC",
	DOORS(UDP(443)),
	.privacy = PRIVACY_ENCRYPTED,
	.recognise = recognise,
	.datagram_least = 7,
	MARKS(OCTETS(0, 0x79, 0xff), OCTETS(0, 0x08, 0x0f), OCTETS(0, 0x18, 0x1f), OCTETS(0, 0x28, 0x2f),
	      OCTETS(0, 0x38, 0x3f), OCTETS(0, 0x49, 0x4f), OCTETS(0, 0x59, 0x5f), OCTETS(0, 0x69, 0x6f),
	      OCTET(0, 0x00), OCTET(0, 0x04), OCTET(0, 0x10), OCTET(0, 0x14), OCTET(0, 0x20), OCTET(0, 0x24),
	      OCTET(0, 0x30), OCTET(0, 0x34)),
	.parser = &parser,
	.probe = &quic_probe,
};
