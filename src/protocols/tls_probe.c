/* tls_probe.c: asks a server of TLS which old versions it takes, each with a hello of its own, and tells what
 * a handshake showed. */
#include "protocols/tls.h"
#include "protocols/tls_hello.h"

const struct weakness tls_old = {
	"tls-old",
	"TLS below 1.2 is accepted",
	2,
	"Allow TLS 1.2 and 1.3 only: TLS 1.0 and 1.1 are withdrawn (RFC 8996).",
};
const struct weakness tls_ssl = {
	"ssl",
	"SSL is accepted",
	1,
	"Turn SSL 2 and SSL 3 off, and allow TLS 1.2 and 1.3 only: they are broken (RFC 6176, RFC 7568).",
};

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

static void greet_more(void *unused, size_t variant, const struct answer *known, struct buffer *out)
{
	const uint16_t version = old[variant].version;
	const size_t record = out->length + 3, message = out->length + 7;

	(void)unused;
	(void)known;
	if (version == SSL_2) {
		write_ssl2_hello(out);
		return;
	}
	buffer_u8(out, TLS_HANDSHAKE);
	buffer_u16(out, version > TLS_1_0 ? TLS_1_0 : version); /* RFC 5246 appendix E.1 */
	buffer_u16(out, 0);
	buffer_u16(out, TLS_CLIENT_HELLO << 8); /* the length's first byte is zero */
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
	if (protocol_tls.recognise(heard, SIDE_SERVER, TRANSPORT_TCP) != YES || heard.at[0] == TLS_ALERT)
		return 0;
	if (heard.at[0] != TLS_HANDSHAKE)
		return SSL_2;
	span_skip(&heard, TLS_RECORD_HEAD + TLS_HELLO_HEAD - 2);
	return span_u16(&heard);
}

static enum probe_step hear_more(void *unused, size_t variant, struct span *heard, bool ended,
				 struct answer *answer)
{
	const enum verdict verdict = span_left(*heard) > 0
					     ? protocol_tls.recognise(*heard, SIDE_SERVER, TRANSPORT_TCP)
					     : MORE;
	const char *const before = answer_get(answer, "old_versions");

	(void)unused;
	if (verdict == MORE && !ended)
		return PROBE_WAIT;
	if (verdict == YES && chosen_version(*heard) == old[variant].version) {
		const struct weakness *const weakness = old[variant].version <= SSL_3 ? &tls_ssl : &tls_old;

		answer_weakness(answer, weakness, "the server agrees to %s", old[variant].name);
		answer_fact_format(answer, "old_versions", "%s%s%s", before != NULL ? before : "",
				   before != NULL ? ", " : "", old[variant].name);
	}
	return PROBE_DONE; /* an alert or a close says no, and that is an answer */
}

/* ---- what a handshake showed ---- */

void tls_tell_session(struct answer *answer, uint16_t version, const char *cipher)
{
	answer_fact(answer, "version", span_text(tls_version_text(version)));
	answer_fact(answer, "cipher", span_text(cipher));
	if (version < TLS_1_2)
		answer_weakness(answer, version <= SSL_3 ? &tls_ssl : &tls_old,
				"the server knows nothing newer than %s", answer_get(answer, "version"));
}

const struct probe tls_probe = {
	.transports = PROBE_TCP,
	.variants = sizeof(old) / sizeof(*old),
	.greet_more = greet_more,
	.hear_more = hear_more,
};
