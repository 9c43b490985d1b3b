/* tls.c: Transport Layer Security. RFC 8446 (1.3), RFC 5246 (1.2), RFC 4346 (1.1), RFC 2246 (1.0), RFC 6101
 * (SSL 3), and the hello of SSL 2 (RFC 6176 forbids it, old servers take it). */
#include "protocols/tls.h"
#include "protocols/certificate.h"
#include "protocols/tls_hello.h"

/* ---- recognising ---- */

/* The bytes 3, 0 to 4 of a version, as far as they have come. */
static bool version_fits(struct span s, size_t offset)
{
	return (offset >= span_left(s) || s.at[offset] == 3) &&
	       (offset + 1 >= span_left(s) || s.at[offset + 1] <= 4);
}

/* A first record that is too short for the beginning of the message: others follow with the rest of it. */
static enum verdict recognise_split_hello(struct span s, uint8_t type)
{
	uint8_t head[6];
	size_t have = 0;
	struct span message;

	while (have < sizeof(head)) {
		uint16_t record;

		if (span_left(s) == 0)
			return MORE;
		if (*s.at != TLS_HANDSHAKE || !version_fits(s, 1))
			return NO;
		span_skip(&s, 3);
		record = span_u16(&s);
		if (s.failed)
			return MORE;
		if (record == 0 || record > TLS_RECORD_MOST)
			return NO;
		for (; record > 0 && have < sizeof(head) && span_left(s) > 0; record--)
			head[have++] = span_u8(&s);
		if (record > 0 && have < sizeof(head))
			return MORE;
	}
	message = span_of(head, sizeof(head));
	return span_u8(&message) == type && span_u24(&message) >= TLS_HELLO_LEAST &&
			       version_fits(message, 0) && head[1] <= 1
		       ? YES
		       : NO;
}

/* A record whose handshake message begins with its type, its length and a version. */
static enum verdict recognise_hello(struct span first, uint8_t type)
{
	struct span s = first;
	uint16_t record;
	uint32_t message;

	if (!version_fits(first, 1))
		return NO;
	span_skip(&s, 3);
	record = span_u16(&s);
	if (s.failed)
		return MORE;
	if (record == 0 || record > TLS_RECORD_MOST)
		return NO;
	if (record < 6)
		return recognise_split_hello(first, type);
	if (span_left(s) > 0 && span_u8(&s) != type)
		return NO;
	message = span_u24(&s);
	if (s.failed)
		return MORE;
	if (message < TLS_HELLO_LEAST || message >= 1 << 17 || !version_fits(s, 0))
		return NO;
	return span_left(s) < 2 ? MORE : YES;
}

/* RFC 8446 6: level 1 or 2 and a description that is assigned. */
static bool alert_is_assigned(uint8_t description)
{
	static const uint8_t assigned[] = { 0,   10,  20,  21,  22,  30,  40,  41,  42,  43, 44, 45,
					    46,  47,  48,  49,  50,  51,  60,  70,  71,  80, 86, 90,
					    100, 109, 110, 111, 112, 113, 114, 115, 116, 120 };

	return memchr(assigned, description, sizeof(assigned)) != NULL;
}

/* Encrypted: the two octets with what protects them (8, 16, 20 or 32), in front of that the nonce of eight
 * that some have; or filled up to blocks of eight or sixteen. */
static bool is_encrypted_alert(struct span first)
{
	enum { LEAST = 24, MOST = 80 };
	const uint8_t length = span_peek(first, 4);

	if (!version_fits(first, 1) || span_peek(first, 3) != 0)
		return false;
	return length == 18 || length == 22 || length == 26 || length == 34 ||
	       (length >= LEAST && length <= MOST && length % 8 == 0);
}

static enum verdict recognise_alert(struct span first)
{
	if (!version_fits(first, 1))
		return NO;
	if (is_encrypted_alert(first)) /* the end of a conversation that was not seen from its beginning */
		return YES;
	for (size_t i = 3; i < 7; i++) {
		const uint8_t c = span_peek(first, i);

		if (i >= span_left(first))
			return MORE;
		if ((i == 3 && c != 0) || (i == 4 && c != 2) || (i == 5 && c != 1 && c != 2) ||
		    (i == 6 && !alert_is_assigned(c)))
			return NO;
	}
	return YES;
}

/* Two bytes of length with the top bit set, the type, a version, and three lengths that fill the record. */
static enum verdict recognise_ssl2_client(struct span first)
{
	const uint16_t length = span_u16(&first) & 0x7fff;
	const uint8_t type = span_u8(&first);
	uint16_t version, ciphers, session, challenge;

	if (first.failed)
		return MORE;
	if (type != SSL2_CLIENT_HELLO)
		return NO;
	version = span_u16(&first);
	ciphers = span_u16(&first);
	session = span_u16(&first);
	challenge = span_u16(&first);
	if (first.failed)
		return MORE;
	return (version == SSL_2 || (version >= SSL_3 && version <= TLS_1_2)) && ciphers > 0 &&
			       ciphers % 3 == 0 && (session == 0 || session == 16) && challenge >= 16 &&
			       challenge <= 32 && length == 9 + ciphers + session + challenge
		       ? YES
		       : NO;
}

/* The same with a certificate, ciphers and a connection id. */
static enum verdict recognise_ssl2_server(struct span first)
{
	const uint16_t length = span_u16(&first) & 0x7fff;
	const uint8_t type = span_u8(&first), hit = span_u8(&first), kind = span_u8(&first);
	const uint16_t version = span_u16(&first), certificate = span_u16(&first), ciphers = span_u16(&first),
		       id = span_u16(&first);

	if (first.failed)
		return MORE;
	return type == SSL2_SERVER_HELLO && hit <= 1 && kind <= 1 && version == SSL_2 && ciphers % 3 == 0 &&
			       id <= 32 && length == 11 + certificate + ciphers + id
		       ? YES
		       : NO;
}

/* What a conversation goes on with that was not seen from its beginning: a change of cipher, whose record is
 * always the same, or a record of data, whose length tells it from nearly all else. */
static enum verdict recognise_middle(struct span first)
{
	enum { DATA_LEAST = 17 };
	const uint8_t type = span_u8(&first);
	const uint16_t version = span_u16(&first), length = span_u16(&first);

	if (first.failed)
		return version == 0 || version >> 8 == 3 ? MORE : NO;
	if (version < SSL_3 || version > TLS_1_2)
		return NO;
	if (type == TLS_APPLICATION)
		return version > SSL_3 && length >= DATA_LEAST && length <= TLS_RECORD_MOST ? YES : NO;
	if (length != 1)
		return NO;
	return span_left(first) == 0 ? MORE : span_u8(&first) == 1 ? YES : NO;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	const bool client = side == SIDE_CLIENT;

	if (transport != TRANSPORT_TCP)
		return NO;
	if (first.at[0] == TLS_HANDSHAKE)
		return recognise_hello(first, client ? TLS_CLIENT_HELLO : TLS_SERVER_HELLO);
	if (first.at[0] == TLS_ALERT)
		return recognise_alert(first);
	if (first.at[0] == TLS_CHANGE_CIPHER || first.at[0] == TLS_APPLICATION)
		return recognise_middle(first);
	if (first.at[0] & 0x80)
		return client ? recognise_ssl2_client(first) : recognise_ssl2_server(first);
	return NO;
}

const struct weakness *const tls_weaknesses[] = { TLS_WEAKNESSES, NULL };

const struct protocol protocol_tls = {
	.name = "tls",
	.title = "Transport Layer Security",
	DOORS(TCP(443)),
	.privacy = PRIVACY_ENCRYPTED,
	.recognise = recognise,
	.parser = &tls_parser,
	.probe = &tls_probe,
	.weaknesses = tls_weaknesses,
};
