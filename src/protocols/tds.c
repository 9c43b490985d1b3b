/* tds.c: Tabular Data Stream, the protocol of Microsoft SQL Server, over TCP. MS-TDS sections 2.2.3.1 (packet
 * header), 2.2.6.4 (LOGIN7), 2.2.6.5 (PRELOGIN) and 2.2.7 (tokens).
 *
 *     type  status  length          SPID            packet  window    then `length` - 8 octets
 *      u8     u8     u16             u16              u8      u8
 *
 * Both sides open with PRELOGIN: a list of options (token u8, offset u16, length u16) up to 0xff, and the
 * values that it points at. TLS handshakes travel inside of further PRELOGIN packets. */
#include "protocols/tds.h"
#include "protocols/certificate.h"
#include "protocols/tls_hello.h"

#include <stdio.h>

enum {
	PACKET_MOST = 32767,
	STATUS_MOST = 0x1f, /* end of message, ignore, and what resets a connection */
	ALL_HEADERS = 22,   /* with the one header that every client sends, of the transaction */
	TEXT_ENOUGH = 8,    /* characters of UTF-16 that are looked at */

	OPTION_SIZE = 5,
	OPTIONS_MOST = 16,
	TERMINATOR = 0xff,
};

/* ---- recognising ---- */

/* False if it cannot be a header. s fails while it is not whole. */
bool tds_read_packet(struct span *s, struct tds_packet *packet)
{
	const size_t come = span_left(*s);
	uint16_t length;
	uint8_t window;

	packet->type = span_u8(s);
	packet->status = span_u8(s);
	length = span_u16(s);
	span_skip(s, 3); /* process id, packet number */
	window = span_u8(s);
	if ((come >= 2 && packet->status > STATUS_MOST) || window != 0)
		return false;
	if (come >= 4 && (length <= TDS_HEADER || length > PACKET_MOST))
		return false;
	if (s->failed)
		return true;
	packet->length = length - (size_t)TDS_HEADER;
	packet->cut = packet->length > span_left(*s);
	packet->payload = span_take(s, packet->cut ? span_left(*s) : packet->length);
	return true;
}

static bool option_fits(enum tds_option token, size_t length)
{
	static const size_t sizes[TDS_OPTIONS] = {
		[TDS_VERSION] = 6, [TDS_ENCRYPTION] = 1, [TDS_MARS] = 1,
		[TDS_TRACE] = 36,  [TDS_FEDERATED] = 1,  [TDS_NONCE] = 32,
	};

	return token >= TDS_OPTIONS || sizes[token] == 0 || sizes[token] == length || length == 0;
}

/* Reads the options of a whole payload. VERSION is always the first, and no value stands in the list. */
bool tds_read_prelogin(struct span payload, struct tds_prelogin *prelogin)
{
	struct span list = payload;
	unsigned count = 0;
	uint8_t token;

	*prelogin = (struct tds_prelogin){ 0 };
	while ((token = span_u8(&list)) != TERMINATOR) {
		const size_t offset = span_u16(&list), length = span_u16(&list);
		struct span value = payload;

		span_skip(&value, offset);
		value = span_take(&value, length);
		if (list.failed || value.failed || offset < OPTION_SIZE + 1u || !option_fits(token, length) ||
		    ++count > OPTIONS_MOST || (count == 1 && (token != TDS_VERSION || length == 0)))
			return false;
		if (token < TDS_OPTIONS)
			prelogin->values[token] = value;
	}
	return count > 0;
}

/* A client may put its TLS handshake into the same kind of packet. */
static enum verdict recognise_prelogin(const struct tds_packet *packet, enum side side)
{
	static const uint8_t version_option[] = { TDS_VERSION, 0 };
	struct tds_prelogin prelogin;

	if (side == SIDE_CLIENT && span_peek(packet->payload, 0) == 0x16)
		return recognise_text(packet->payload, "\x16\x03");
	for (size_t i = 0; i < sizeof(version_option) && i < span_left(packet->payload); i++)
		if (packet->payload.at[i] != version_option[i])
			return NO;
	if (packet->length > 4096 - TDS_HEADER)
		return NO;
	if (packet->cut)
		return MORE;
	return tds_read_prelogin(packet->payload, &prelogin) ? YES : NO;
}

/* The length that stands in front counts the whole message; the version is one of 7.0 to 7.4. */
static enum verdict recognise_login(const struct tds_packet *packet)
{
	struct span s = packet->payload;
	const uint32_t length = span_u32_le(&s), version = span_u32_le(&s), size = span_u32_le(&s);

	if (packet->length < TDS_LOGIN_FIXED)
		return NO;
	if (s.failed)
		return MORE;
	if (length < packet->length || (packet->status & TDS_END_OF_MESSAGE && length != packet->length))
		return NO;
	return version >> 24 >= 0x70 && version >> 24 <= 0x74 && size <= PACKET_MOST ? YES : NO;
}

/* Of the older one: host, user and password fill their fields with zeros, and somebody logs in. */
static enum verdict recognise_old_login(struct span s)
{
	enum { USER = 1 };

	for (int i = 0; i < 3; i++) {
		const struct span field = span_take(&s, TDS_FIELD);
		const uint8_t length = span_u8(&s);

		if (s.failed)
			return MORE;
		if (length > TDS_FIELD || (i == USER && length == 0))
			return NO;
		for (size_t at = 0; at < TDS_FIELD; at++)
			if ((field.at[at] >= ' ') != (at < length))
				return NO;
	}
	return YES;
}

/* Printable ASCII in UTF-16, which is how statements and names of procedures begin. */
static enum verdict recognise_utf16(struct span s, bool cut)
{
	for (int i = 0; i < TEXT_ENOUGH; i++) {
		const uint16_t unit = span_u16_le(&s);

		if (s.failed)
			return cut ? MORE : i > TEXT_ENOUGH / 2 ? YES : NO;
		if (unit >= 0x7f || (unit < ' ' && unit != '\t' && unit != '\r' && unit != '\n'))
			return NO;
	}
	return YES;
}

/* The name of a procedure behind its length; those of the server may have a number instead. */
static enum verdict recognise_name(struct span s, bool cut)
{
	enum { BY_NUMBER = 0xffff, NUMBER_MOST = 15 };
	const uint16_t units = span_u16_le(&s);
	const uint16_t number = span_peek(s, 0);

	if (units == BY_NUMBER && span_left(s) < 2)
		return cut ? MORE : NO;
	if (units == BY_NUMBER)
		return number >= 1 && number <= NUMBER_MOST && span_peek(s, 1) == 0 ? YES : NO;
	if (span_left(s) < 2u * units)
		return recognise_utf16(s, cut);
	return recognise_utf16(span_take(&s, 2u * units), false);
}

/* A batch of statements, or the call of a procedure: what a conversation goes on with after its login. From
 * version 7.2 on a list of headers stands in front. */
static enum verdict recognise_request(const struct tds_packet *packet)
{
	struct span s = packet->payload;
	const uint32_t headers = span_u32_le(&s), length = span_u32_le(&s);
	const uint16_t type = span_u16_le(&s);

	if (s.failed)
		return packet->cut ? MORE : NO;
	if (headers == ALL_HEADERS && length == ALL_HEADERS - 4 && type == 2)
		return YES;
	s = packet->payload;
	return packet->type == TDS_CALL ? recognise_name(s, packet->cut) : recognise_utf16(s, packet->cut);
}

/* What the first token of an answer to a login holds, behind its length. */
static bool is_message(struct span token)
{
	unsigned class, words;

	span_skip(&token, 5); /* number, state */
	class = span_u8(&token);
	words = span_u16_le(&token);
	return class <= 25 && 2u * words <= span_left(token) && !token.failed;
}

static bool is_change(struct span token)
{
	const uint8_t type = span_u8(&token);

	return type >= 1 && type <= 20 && span_left(token) > 0;
}

static bool is_acknowledgement(struct span token)
{
	const uint8_t interface = span_u8(&token);
	const uint32_t version = span_u32(&token);

	return interface <= 1 && version >> 28 == 7 && !token.failed;
}

static enum verdict recognise_answer(const struct tds_packet *packet)
{
	enum token { ERROR = 0xaa, INFO = 0xab, LOGIN_ACK = 0xad, CHANGE = 0xe3 };
	struct span s = packet->payload, token;
	const uint8_t type = span_u8(&s);
	uint16_t length;

	if (s.failed)
		return MORE;
	if (type != ERROR && type != INFO && type != LOGIN_ACK && type != CHANGE)
		return NO;
	length = span_u16_le(&s);
	if (!s.failed && length > packet->length - 3)
		return NO;
	token = span_take(&s, length);
	if (s.failed)
		return packet->cut ? MORE : NO;
	switch (type) {
	case CHANGE: return is_change(token) ? YES : NO;
	case LOGIN_ACK: return is_acknowledgement(token) ? YES : NO;
	default: return is_message(token) ? YES : NO;
	}
}

static enum verdict recognise_stream(struct span first, enum side side)
{
	const uint8_t type = span_peek(first, 0);
	struct tds_packet packet;

	if (side == SIDE_CLIENT ? type != TDS_PRELOGIN && type != TDS_LOGIN_7 && type != TDS_LOGIN_5 &&
					  type != TDS_BATCH && type != TDS_CALL
				: type != TDS_TABULAR)
		return NO;
	if (!tds_read_packet(&first, &packet))
		return NO;
	if (first.failed || span_left(packet.payload) == 0)
		return MORE;
	if (type == TDS_LOGIN_7)
		return recognise_login(&packet);
	if (type == TDS_LOGIN_5)
		return packet.length > 3 * (TDS_FIELD + 1) ? recognise_old_login(packet.payload) : NO;
	if (type == TDS_BATCH || type == TDS_CALL)
		return recognise_request(&packet);
	if (type == TDS_PRELOGIN || span_peek(packet.payload, 0) == TDS_VERSION)
		return recognise_prelogin(&packet, side);
	return recognise_answer(&packet);
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	return transport == TRANSPORT_TCP ? recognise_within_limit(first, side, recognise_stream) : NO;
}

/* ---- asking ---- */

static void greet(void *state, unsigned transport, struct buffer *out)
{
	static const struct {
		uint8_t token, length;
	} options[] = { { TDS_VERSION, 6 },
			{ TDS_ENCRYPTION, 1 },
			{ TDS_INSTANCE, 1 },
			{ TDS_THREAD, 4 },
			{ TDS_MARS, 1 } };
	enum { COUNT = sizeof(options) / sizeof(options[0]), LIST = COUNT * OPTION_SIZE + 1, VALUES = 13 };
	size_t offset = LIST;

	(void)state;
	(void)transport;
	buffer_u8(out, TDS_PRELOGIN);
	buffer_u8(out, TDS_END_OF_MESSAGE);
	buffer_u16(out, TDS_HEADER + LIST + VALUES);
	buffer_u32(out, 0);
	for (size_t i = 0; i < COUNT; i++) {
		buffer_u8(out, options[i].token);
		buffer_u16(out, (uint16_t)offset);
		buffer_u16(out, options[i].length);
		offset += options[i].length;
	}
	buffer_u8(out, TERMINATOR);
	/* Version 0.0.0 of us, encryption if the server wants it (0), the instance without a name, no thread,
	 * no parallel result sets. */
	buffer_fill(out, 0, VALUES);
}

/* ---- hearing ---- */

const struct weakness tds_no_encryption = {
	"tds-no-encryption",
	"SQL Server does not encrypt, not even passwords",
	2,
	"give the server a certificate and set Force Encryption",
};

const char *tds_release(unsigned major, unsigned minor)
{
	static const struct {
		uint8_t major, minor;
		const char *release;
	} releases[] = {
		{ 8, 0, "2000" },  { 9, 0, "2005" },  { 10, 0, "2008" }, { 10, 50, "2008 R2" },
		{ 11, 0, "2012" }, { 12, 0, "2014" }, { 13, 0, "2016" }, { 14, 0, "2017" },
		{ 15, 0, "2019" }, { 16, 0, "2022" }, { 17, 0, "2025" },
	};

	for (size_t i = 0; i < sizeof(releases) / sizeof(releases[0]); i++)
		if (releases[i].major == major && releases[i].minor == minor)
			return releases[i].release;
	return "";
}

static void hear_version(struct span value, struct answer *answer)
{
	const unsigned major = span_u8(&value), minor = span_u8(&value), build = span_u16(&value);
	char version[32];

	if (value.failed)
		return;
	(void)snprintf(version, sizeof(version), "%u.%u.%u", major, minor, build);
	answer_product(answer, span_text("Microsoft SQL Server"), span_text(version));
	answer_fact(answer, "release", span_text(tds_release(major, minor)));
}

/* What the server makes of a client that would rather not encrypt. */
static void hear_encryption(struct span value, struct answer *answer)
{
	static const char *const words[] = {
		[TDS_ENCRYPT_OFF] = "login only",
		[TDS_ENCRYPT_ON] = "required",
		[TDS_ENCRYPT_NOT_SUPPORTED] = "not supported",
		[TDS_ENCRYPT_REQUIRED] = "required",
	};
	const uint8_t encryption = span_u8(&value);

	if (value.failed || encryption >= sizeof(words) / sizeof(words[0]))
		return;
	answer_fact(answer, "encryption", span_text(words[encryption]));
	answer->starttls = encryption != TDS_ENCRYPT_NOT_SUPPORTED;
	if (encryption == TDS_ENCRYPT_NOT_SUPPORTED)
		answer_weakness(answer, &tds_no_encryption, "PRELOGIN answers ENCRYPT_NOT_SUP");
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct span s = *heard;
	struct tds_packet packet;
	struct tds_prelogin prelogin;

	(void)state;
	(void)out;
	if (span_left(s) > 0 && recognise(s, SIDE_SERVER, TRANSPORT_TCP) == NO)
		return PROBE_NOT;
	if (!tds_read_packet(&s, &packet) || s.failed || packet.cut)
		return ended ? PROBE_NOT : PROBE_WAIT;
	*heard = s;
	if (!tds_read_prelogin(packet.payload, &prelogin))
		return PROBE_NOT;
	hear_version(prelogin.values[TDS_VERSION], answer);
	hear_encryption(prelogin.values[TDS_ENCRYPTION], answer);
	return PROBE_DONE;
}

static const struct weakness *const weaknesses[] = { &tds_no_encryption, TLS_WEAKNESSES, NULL };

static const struct probe probe = {
	.transports = PROBE_TCP,
	.greet = greet,
	.hear = hear,
};

const struct protocol protocol_tds = {
	.name = "tds",
	.title = "Microsoft SQL Server (Tabular Data Stream)",
	DOORS(TCP(1433)),
	.privacy = PRIVACY_EITHER,
	.clear_without_tls = true,
	.recognise = recognise,
	ALPN("tds/8.0"),
	.parser = &tds_parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
