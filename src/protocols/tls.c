/* tls.c: Transport Layer Security. RFC 8446 (1.3), RFC 5246 (1.2), RFC 4346 (1.1), RFC 2246 (1.0), RFC 6101
 * (SSL 3), and the hello of SSL 2 (RFC 6176 forbids it, old servers take it). */
#include "protocols/tls.h"
#include "protocols/certificate.h"

enum {
	RECORD_HEAD = 5,
	RECORD_MOST = (1 << 14) + 2048, /* RFC 5246 6.2.3 */
	CONTENT_ALERT = 21,
	CONTENT_HANDSHAKE = 22,
	CLIENT_HELLO = 1,
	SERVER_HELLO = 2,
	HELLO_HEAD = 6, /* type, length, version: enough to tell */
	HELLO_LEAST = 38,
	SSL_2 = 0x0002,
	SSL_3 = 0x0300,
	TLS_1_0 = 0x0301,
	TLS_1_1 = 0x0302,
	TLS_1_2 = 0x0303,
	SSL2_CLIENT_HELLO = 1,
	SSL2_SERVER_HELLO = 4,
};

static const struct weakness tls_old = {
	"tls-old",
	"TLS below 1.2 is accepted",
	2,
	"Allow TLS 1.2 and 1.3 only: TLS 1.0 and 1.1 are withdrawn (RFC 8996).",
};
static const struct weakness ssl = {
	"ssl",
	"SSL is accepted",
	1,
	"Turn SSL 2 and SSL 3 off, and allow TLS 1.2 and 1.3 only: they are broken (RFC 6176, RFC 7568).",
};

/* ---- recognising ---- */

/* The bytes 3, 0 to 4 of a version, as far as they have come. */
static bool version_fits(struct span s, size_t offset)
{
	return (offset >= span_left(s) || s.at[offset] == 3) &&
	       (offset + 1 >= span_left(s) || s.at[offset + 1] <= 4);
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
	if (record < 4 || record > RECORD_MOST)
		return NO;
	if (span_left(s) > 0 && span_u8(&s) != type)
		return NO;
	message = span_u24(&s);
	if (s.failed)
		return MORE;
	if (message < HELLO_LEAST || message >= 1 << 17 || !version_fits(s, 0))
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

static enum verdict recognise_alert(struct span first)
{
	if (!version_fits(first, 1))
		return NO;
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

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	const bool client = side == SIDE_CLIENT;

	if (transport != TRANSPORT_TCP)
		return NO;
	if (first.at[0] == CONTENT_HANDSHAKE)
		return recognise_hello(first, client ? CLIENT_HELLO : SERVER_HELLO);
	if (first.at[0] == CONTENT_ALERT)
		return recognise_alert(first);
	if (first.at[0] & 0x80)
		return client ? recognise_ssl2_client(first) : recognise_ssl2_server(first);
	return NO;
}

/* ---- asking for old versions ---- */

static const struct {
	uint16_t version;
	const char *name;
} old[] = { { TLS_1_1, "TLS 1.1" }, { TLS_1_0, "TLS 1.0" }, { SSL_3, "SSL 3.0" }, { SSL_2, "SSL 2.0" } };

/* What servers of those days know: ECDHE, DHE and RSA with AES, 3DES, Camellia and RC4, and the signal that
 * renegotiation is safe (RFC 5746). A fallback signal (RFC 7507) is not sent: this is no fallback. */
static const uint16_t suites[] = { 0xc014, 0xc00a, 0xc013, 0xc009, 0x0039, 0x0038, 0x0033, 0x0032,
				   0x0035, 0x002f, 0x0088, 0x0084, 0x0045, 0x0041, 0xc012, 0xc008,
				   0x0016, 0x0013, 0x000a, 0xc011, 0xc007, 0x0005, 0x0004, 0x00ff };

/* SSL 2: RC4, RC4 export, RC2, RC2 export, IDEA, DES and 3DES, each with MD5. */
static const uint8_t ssl2_suites[] = { 1,    0, 0x80, 2,    0, 0x80, 3,    0, 0x80, 4,   0,
				       0x80, 5, 0,    0x80, 6, 0,    0x40, 7, 0,    0xc0 };

enum { RANDOM = 32, CHALLENGE = 16, SUPPORTED_GROUPS = 10, POINT_FORMATS = 11 };

/* The named curves and the plain point, for ECDHE (RFC 8422 5.1). SSL 3 knows no extensions. */
static void write_extensions(struct buffer *out)
{
	static const uint16_t groups[] = { 29, 23, 24, 25 };

	buffer_u16(out, 14 + 6);
	buffer_u16(out, SUPPORTED_GROUPS);
	buffer_u16(out, 10);
	buffer_u16(out, 8);
	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++)
		buffer_u16(out, groups[i]);
	buffer_u16(out, POINT_FORMATS);
	buffer_u16(out, 2);
	buffer_u16(out, 0x0100);
}

/* No connection comes of it, so that the random may be any: a fixed one says who asks. */
static void write_random(struct buffer *out, size_t length)
{
	static const char words[RANDOM + 1] = "doorward looks for old versions.";

	buffer_add(out, words, length);
}

static void write_ssl2_hello(struct buffer *out)
{
	buffer_u16(out, 0x8000 | (9 + sizeof(ssl2_suites) + CHALLENGE));
	buffer_u8(out, SSL2_CLIENT_HELLO);
	buffer_u16(out, SSL_2);
	buffer_u16(out, sizeof(ssl2_suites));
	buffer_u16(out, 0);
	buffer_u16(out, CHALLENGE);
	buffer_add(out, ssl2_suites, sizeof(ssl2_suites));
	write_random(out, CHALLENGE);
}

static void greet_more(void *unused, size_t variant, struct buffer *out)
{
	const uint16_t version = old[variant].version;
	const size_t record = out->length + 3, message = out->length + 7;

	(void)unused;
	if (version == SSL_2) {
		write_ssl2_hello(out);
		return;
	}
	buffer_u8(out, CONTENT_HANDSHAKE);
	buffer_u16(out, version > TLS_1_0 ? TLS_1_0 : version); /* RFC 5246 appendix E.1 */
	buffer_u16(out, 0);
	buffer_u16(out, CLIENT_HELLO << 8); /* the length's first byte is zero */
	buffer_u16(out, 0);
	buffer_u16(out, version);
	write_random(out, RANDOM);
	buffer_u8(out, 0); /* no session */
	buffer_u16(out, sizeof(suites));
	for (size_t i = 0; i < sizeof(suites) / sizeof(*suites); i++)
		buffer_u16(out, suites[i]);
	buffer_u16(out, 0x0100); /* one compression: none */
	if (version > SSL_3)
		write_extensions(out);
	if (!out->failed) {
		buffer_set_u16(out, record, (uint16_t)(out->length - record - 2));
		buffer_set_u16(out, message, (uint16_t)(out->length - message - 2));
	}
}

/* The version that the server chose; 0 if it refused, or it is not to be read. */
static uint16_t chosen_version(struct span heard)
{
	if (recognise(heard, SIDE_SERVER, TRANSPORT_TCP) != YES || heard.at[0] == CONTENT_ALERT)
		return 0;
	if (heard.at[0] != CONTENT_HANDSHAKE)
		return SSL_2;
	span_skip(&heard, RECORD_HEAD + HELLO_HEAD - 2);
	return span_u16(&heard);
}

static enum probe_step hear_more(void *unused, size_t variant, struct span *heard, bool ended,
				 struct answer *answer)
{
	const enum verdict verdict = span_left(*heard) > 0 ? recognise(*heard, SIDE_SERVER, TRANSPORT_TCP)
							   : MORE;
	const char *const before = answer_get(answer, "old_versions");

	(void)unused;
	if (verdict == MORE && !ended)
		return PROBE_WAIT;
	if (verdict == YES && chosen_version(*heard) == old[variant].version) {
		const struct weakness *const weakness = old[variant].version <= SSL_3 ? &ssl : &tls_old;

		answer_weakness(answer, weakness, "the server agrees to %s", old[variant].name);
		answer_fact_format(answer, "old_versions", "%s%s%s", before != NULL ? before : "",
				   before != NULL ? ", " : "", old[variant].name);
	}
	return PROBE_DONE; /* an alert or a close says no, and that is an answer */
}

/* ---- what a handshake showed ---- */

void tls_tell_session(struct answer *answer, uint16_t version, const char *cipher)
{
	if (version >= SSL_3 && version <= SSL_3 + 4)
		answer_fact(answer, "version",
			    span_text((const char *const[]){ "SSLv3", "TLS 1.0", "TLS 1.1", "TLS 1.2",
							     "TLS 1.3" }[version - SSL_3]));
	answer_fact(answer, "cipher", span_text(cipher));
	if (version < TLS_1_2)
		answer_weakness(answer, version <= SSL_3 ? &ssl : &tls_old,
				"the server knows nothing newer than %s", answer_get(answer, "version"));
}

static const struct weakness *const weaknesses[] = { &tls_old,
						     &ssl,
						     &tls_certificate_expired,
						     &tls_certificate_early,
						     &tls_certificate_self_signed,
						     &tls_certificate_weak_key,
						     &tls_certificate_weak_signature,
						     NULL };

static const struct probe probe = {
	.transports = PROBE_TCP,
	.variants = sizeof(old) / sizeof(*old),
	.greet_more = greet_more,
	.hear_more = hear_more,
};

const struct protocol protocol_tls = {
	.name = "tls",
	.title = "Transport Layer Security",
	DOORS(TCP(443)),
	.privacy = PRIVACY_ENCRYPTED,
	.recognise = recognise,
	.probe = &probe,
	.weaknesses = weaknesses,
};
