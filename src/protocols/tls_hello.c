/* tls_hello.c: reads hellos. RFC 8446 4.1, RFC 5246 7.4.1, RFC 6066 (names), RFC 7301 (ALPN), RFC 8422
 * (curves), RFC 9147 (DTLS), RFC 9849 (encrypted hello). */
#include "protocols/tls_hello.h"

enum extension {
	SERVER_NAME = 0,
	GROUPS = 10,
	POINT_FORMATS = 11,
	SIGNATURES = 13,
	ALPN = 16,
	TICKET = 35,
	PRE_SHARED_KEY = 41,
	VERSIONS = 43,
	ENCRYPTED_HELLO = 0xfe0d,
	ENCRYPTED_NAME = 0xffce,
};
enum { DRAFT = 0x7f00, DRAFTS_OF_FACEBOOK = 0xfb00 };

static struct span take_u8(struct span *s)
{
	return span_take(s, span_u8(s));
}

static struct span take_u16(struct span *s)
{
	return span_take(s, span_u16(s));
}

/* Drafts of TLS 1.3 are 0x7f00 and their number. */
static uint16_t without_draft(uint16_t version)
{
	return (version & 0xff00) == DRAFT || (version & 0xff00) == DRAFTS_OF_FACEBOOK ? TLS_1_3 : version;
}

/* The higher of two. Those of DTLS count downwards, and a GREASE value is none. */
static uint16_t higher(uint16_t a, uint16_t b)
{
	if (tls_is_grease(b))
		return a;
	b = without_draft(b);
	if (a == 0)
		return b;
	return a >> 8 == 0xfe ? (b < a ? b : a) : b > a ? b : a;
}

static void read_versions(struct span content, bool client, struct tls_hello *hello)
{
	struct span list = client ? take_u8(&content) : content;
	uint16_t best = 0;

	while (span_left(list) >= 2)
		best = higher(best, span_u16(&list));
	if (best != 0)
		hello->version = best;
}

static void read_name(struct span content, struct tls_hello *hello)
{
	struct span list = take_u16(&content);
	const uint8_t kind = span_u8(&list);
	const struct span name = take_u16(&list);

	hello->has_name = true;
	if (!list.failed && kind == 0)
		hello->name = name;
}

static void read_extension(uint16_t type, struct span content, bool client, struct tls_hello *hello)
{
	switch (type) {
	case SERVER_NAME: read_name(content, hello); break;
	case GROUPS: hello->groups = take_u16(&content); break;
	case POINT_FORMATS: hello->formats = take_u8(&content); break;
	case SIGNATURES: hello->signatures = take_u16(&content); break;
	case ALPN: hello->alpn = take_u16(&content); break;
	case TICKET: hello->ticket = span_left(content) > 0; break;
	case PRE_SHARED_KEY: hello->resumes = true; break;
	case VERSIONS: read_versions(content, client, hello); break;
	case ENCRYPTED_HELLO:
	case ENCRYPTED_NAME: hello->encrypted_hello = true; break;
	default: break;
	}
}

static bool read_extensions(struct span s, bool client, struct tls_hello *hello)
{
	hello->extensions = span_of(NULL, 0);
	if (span_left(s) == 0)
		return !s.failed;
	hello->extensions = take_u16(&s);
	for (struct span list = hello->extensions; span_left(list) > 0;) {
		const uint16_t type = span_u16(&list);
		const struct span content = take_u16(&list);

		if (list.failed)
			return false;
		read_extension(type, content, client, hello);
	}
	return !s.failed;
}

static struct tls_hello nothing(void)
{
	const struct span none = span_of(NULL, 0);

	return (struct tls_hello){ .random = none,
				   .session = none,
				   .ciphers = none,
				   .compressions = none,
				   .extensions = none,
				   .name = none,
				   .alpn = none,
				   .groups = none,
				   .formats = none,
				   .signatures = none };
}

bool tls_read_client_hello(struct span body, bool datagrams, struct tls_hello *ret_hello)
{
	struct tls_hello hello = nothing();

	hello.legacy_version = hello.version = span_u16(&body);
	hello.random = span_take(&body, 32);
	hello.session = take_u8(&body);
	if (datagrams)
		(void)take_u8(&body); /* cookie */
	hello.ciphers = take_u16(&body);
	hello.compressions = take_u8(&body);
	if (body.failed || span_left(hello.ciphers) % 2 != 0 || !read_extensions(body, true, &hello))
		return false;
	*ret_hello = hello;
	return true;
}

bool tls_read_server_hello(struct span body, struct tls_hello *ret_hello)
{
	/* SHA-256 of "HelloRetryRequest" */
	static const uint8_t retry[32] = { 0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
					   0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
					   0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c };
	struct tls_hello hello = nothing();

	hello.legacy_version = span_u16(&body);
	hello.version = without_draft(hello.legacy_version);
	hello.random = span_take(&body, 32);
	if (hello.legacy_version >> 8 != 0x7f) {
		hello.session = take_u8(&body);
		hello.cipher = span_u16(&body);
		hello.compressions = span_take(&body, 1);
	} else {
		hello.cipher = span_u16(&body); /* drafts up to 21 had neither */
	}
	if (body.failed || !read_extensions(body, false, &hello))
		return false;
	hello.retry = memcmp(hello.random.at, retry, sizeof(retry)) == 0;
	*ret_hello = hello;
	return true;
}

const char *tls_version_text(uint16_t version)
{
	switch (version) {
	case SSL_2: return "SSLv2";
	case SSL_3: return "SSLv3";
	case TLS_1_0: return "TLS 1.0";
	case TLS_1_1: return "TLS 1.1";
	case TLS_1_2: return "TLS 1.2";
	case TLS_1_3: return "TLS 1.3";
	case DTLS_1_0: return "DTLS 1.0";
	case DTLS_1_2: return "DTLS 1.2";
	case DTLS_1_3: return "DTLS 1.3";
	default: return "";
	}
}
