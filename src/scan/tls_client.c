#include "scan/tls_client.h"

#include "base/clock.h"
#include "protocols/tls.h"

enum { PIECE = 4096, CERTIFICATE_LIMIT = 64 * 1024, NAMES = 128 };

struct tls_client {
	SSL *ssl;
	BIO *from_server, *to_server; /* owned by ssl */
	unsigned long error;
	bool open;
};

SSL_CTX *tls_client_settings(void)
{
	SSL_CTX *const settings = SSL_CTX_new(TLS_client_method());

	if (settings == NULL)
		return NULL;
	SSL_CTX_set_security_level(settings, 0);
	(void)SSL_CTX_set_min_proto_version(settings, 0);
	(void)SSL_CTX_set_cipher_list(settings, "ALL:COMPLEMENTOFALL:@SECLEVEL=0");
	SSL_CTX_set_verify(settings, SSL_VERIFY_NONE, NULL);
	(void)SSL_CTX_set_session_cache_mode(settings, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_options(settings, SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_IGNORE_UNEXPECTED_EOF);
	return settings;
}

static void carry_out(struct tls_client *tls, struct buffer *out)
{
	char piece[PIECE];
	int length;

	while ((length = BIO_read(tls->to_server, piece, sizeof(piece))) > 0)
		buffer_add(out, piece, (size_t)length);
}

/* The library's errors are kept per thread: each call begins without old ones. */
static enum tls_state state_after(struct tls_client *tls, int result)
{
	const int kind = SSL_get_error(tls->ssl, result);

	if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE)
		return tls->open ? TLS_OPEN : TLS_SHAKING;
	if (kind == SSL_ERROR_ZERO_RETURN)
		return TLS_CLOSED;
	tls->error = ERR_peek_last_error();
	ERR_clear_error();
	return TLS_FAILED;
}

/* RFC 7301 3.1: each name with its length before it. */
static void offer(SSL *ssl, const struct protocol *inside)
{
	uint8_t names[NAMES];
	size_t length = 0;

	for (size_t i = 0; inside != NULL && inside->alpn != NULL && inside->alpn[i] != NULL; i++) {
		const size_t more = strlen(inside->alpn[i]);

		if (more > UINT8_MAX || length + 1 + more > sizeof(names))
			break;
		names[length] = (uint8_t)more;
		memcpy(names + length + 1, inside->alpn[i], more);
		length += 1 + more;
	}
	if (length > 0)
		(void)SSL_set_alpn_protos(ssl, names, (unsigned)length);
}

struct tls_client *tls_client_new(SSL_CTX *settings, const struct protocol *inside, struct buffer *out)
{
	struct tls_client *const tls = calloc(1, sizeof(*tls));

	if (tls == NULL)
		return NULL;
	tls->ssl = SSL_new(settings);
	tls->from_server = BIO_new(BIO_s_mem());
	tls->to_server = BIO_new(BIO_s_mem());
	if (tls->ssl == NULL || tls->from_server == NULL || tls->to_server == NULL) {
		SSL_free(tls->ssl);
		BIO_free(tls->from_server);
		BIO_free(tls->to_server);
		free(tls);
		return NULL;
	}
	SSL_set_bio(tls->ssl, tls->from_server, tls->to_server);
	SSL_set_connect_state(tls->ssl);
	offer(tls->ssl, inside);
	ERR_clear_error();
	(void)state_after(tls, SSL_do_handshake(tls->ssl));
	carry_out(tls, out);
	return tls;
}

void tls_client_free(struct tls_client *tls)
{
	if (tls == NULL)
		return;
	SSL_free(tls->ssl);
	free(tls);
}

/* Reads until nothing is there; what `plain` does not hold is dropped. */
static enum tls_state read_plain(struct tls_client *tls, struct buffer *plain)
{
	char piece[PIECE];
	int length;

	while ((length = SSL_read(tls->ssl, piece, sizeof(piece))) > 0) {
		const size_t room = plain->limit - plain->length, come = (size_t)length;

		buffer_add(plain, piece, come < room ? come : room);
	}
	return state_after(tls, length);
}

enum tls_state tls_client_take(struct tls_client *tls, struct span bytes, struct buffer *plain,
			       struct buffer *out)
{
	enum tls_state state = TLS_FAILED;

	ERR_clear_error();
	if (BIO_write(tls->from_server, bytes.at, (int)span_left(bytes)) != (int)span_left(bytes))
		return TLS_FAILED;
	if (!tls->open) {
		const int result = SSL_do_handshake(tls->ssl);

		tls->open = result == 1;
		state = tls->open ? TLS_OPEN : state_after(tls, result);
	}
	if (tls->open)
		state = read_plain(tls, plain);
	carry_out(tls, out);
	return state;
}

void tls_client_say(struct tls_client *tls, struct span words, struct buffer *out)
{
	ERR_clear_error();
	if (span_left(words) > 0)
		(void)SSL_write(tls->ssl, words.at, (int)span_left(words));
	carry_out(tls, out);
}

void tls_client_bye(struct tls_client *tls, struct buffer *out)
{
	if (!tls->open || tls->error != 0)
		return;
	ERR_clear_error();
	(void)SSL_shutdown(tls->ssl);
	carry_out(tls, out);
}

void tls_client_tell(const struct tls_client *tls, struct answer *answer)
{
	X509 *const certificate = SSL_get0_peer_certificate(tls->ssl);
	unsigned char *der = NULL;
	int length;

	if (tls->open)
		tls_tell_session(answer, (uint16_t)SSL_version(tls->ssl), SSL_get_cipher_name(tls->ssl));
	if (certificate == NULL)
		return;
	length = i2d_X509(certificate, &der);
	if (length > 0 && length <= CERTIFICATE_LIMIT)
		tls_tell_certificate(answer, span_of(der, (size_t)length), clock_wall_us() / 1000000);
	OPENSSL_free(der);
}

const char *tls_client_problem(const struct tls_client *tls)
{
	const char *const reason = ERR_reason_error_string(tls->error);

	return reason != NULL ? reason : "the connection ended";
}
