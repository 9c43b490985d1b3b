/* tls_hello.h: the hellos of TLS, DTLS and QUIC, and the fingerprints that are made of them. */
#ifndef PROTOCOLS_TLS_HELLO_H
#define PROTOCOLS_TLS_HELLO_H

#include "base/json.h"
#include "protocols/protocols.h"

enum {
	TLS_RECORD_HEAD = 5,
	TLS_RECORD_MOST = (1 << 14) + 2048, /* RFC 5246 6.2.3 */
	TLS_CHANGE_CIPHER = 20,             /* types of records */
	TLS_ALERT = 21,
	TLS_HANDSHAKE = 22,
	TLS_APPLICATION = 23,
	TLS_HEARTBEAT = 24,

	TLS_CLIENT_HELLO = 1, /* types of handshake messages */
	TLS_SERVER_HELLO = 2,
	TLS_CERTIFICATE = 11,
	TLS_HELLO_DONE = 14,
	TLS_HELLO_HEAD = 6, /* type, length, version: enough to tell */
	TLS_HELLO_LEAST = 38,

	SSL_2 = 0x0002,
	SSL_3 = 0x0300,
	TLS_1_0 = 0x0301,
	TLS_1_1 = 0x0302,
	TLS_1_2 = 0x0303,
	TLS_1_3 = 0x0304,
	DTLS_1_0 = 0xfeff,
	DTLS_1_2 = 0xfefd,
	DTLS_1_3 = 0xfefc,
	SSL2_CLIENT_HELLO = 1,
	SSL2_SERVER_HELLO = 4,
};

/* A hello of either side. Spans lie in the message; what did not come is empty. */
struct tls_hello {
	uint16_t legacy_version; /* of the field of that name */
	uint16_t version;        /* the highest that is offered, or the one that is chosen */
	struct span random, session, ciphers, compressions, extensions;
	struct span name; /* of the server (RFC 6066) */
	struct span alpn; /* list of protocols (RFC 7301) */
	struct span groups, formats, signatures;
	uint16_t cipher; /* chosen by the server */
	bool has_name, ticket, resumes, encrypted_hello, retry;
};

/* Read the body of a ClientHello or a ServerHello, behind its type and length. `datagrams`: of DTLS, which
 * has a cookie. False if it is not sound. */
bool tls_read_client_hello(struct span body, bool datagrams, struct tls_hello *ret_hello);
bool tls_read_server_hello(struct span body, struct tls_hello *ret_hello);

/* RFC 8701: values that nobody means. */
static inline bool tls_is_grease(uint16_t value)
{
	return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

/* "TLS 1.2"; empty where it is none. */
const char *tls_version_text(uint16_t version);

/* The name of a cipher suite as IANA has it; NULL where it is not known. And why it is weak, or NULL. */
const char *tls_cipher_text(uint16_t cipher);
const char *tls_cipher_weakness(uint16_t cipher);

/* Writes "ja3", "ja4" of a client or "ja3s" of a server. Transport of JA4: 't' TCP, 'q' QUIC, 'd' DTLS. */
void tls_write_ja3(struct json *json, const char *key, const struct tls_hello *hello, bool client);
void tls_write_ja4(struct json *json, const struct tls_hello *hello, char transport);

/* Writes the list of protocols of ALPN as an array. */
void tls_write_alpn(struct json *json, const char *key, struct span list);

/* All that a ClientHello tells; the transport is that of JA4: 't', 'd' for DTLS. */
void tls_write_client(struct json *json, const struct tls_hello *hello, char transport);

/* Writes an object "alert". */
enum { TLS_ALERT_FATAL = 2 };
void tls_write_alert(struct json *json, uint8_t level, uint8_t alert);

/* The protocol that goes on inside, by ALPN: the one that the server has chosen, or, where its list is empty,
 * since 1.3 encrypts it, the one that all names of the client's list stand for. NULL for none that is known.
 */
const struct protocol *tls_inside(struct span offered, struct span chosen);

/* A handshake that is read. All zero at first. */
struct tls_reading {
	struct span hello[2], certificate[2]; /* kept: body of the hello, first certificate in DER */
	uint32_t read[2];                     /* octets of the record at the front that are read already */
	uint16_t certificates;                /* in the server's chain */
	bool has_hello[2], retried, ssl2, told;
	bool alerted;
	uint8_t alert_level, alert;
};

/* TLS that another protocol carries in packets of its own: the whole records of a flight of parse->side. The
 * event "tls" is told when the handshake is over, or at the end. */
struct parse;
void tls_hear_carried(struct tls_reading *reading, struct parse *parse, struct span flight);
void tls_end_carried(struct tls_reading *reading, struct parse *parse);

extern const struct probe tls_probe;
extern const struct parser tls_parser;
extern const struct weakness *const tls_weaknesses[];

/* The same in the list of a protocol that carries TLS (certificate.h has the others). */
#define TLS_WEAKNESSES                                                                                       \
	&tls_old, &tls_ssl, &tls_weak_cipher, &tls_certificate_expired, &tls_certificate_early,              \
		&tls_certificate_self_signed, &tls_certificate_weak_key, &tls_certificate_weak_signature
extern const struct weakness tls_old, tls_ssl, tls_weak_cipher;

#endif
