/* tls_inside.c: what is spoken inside TLS, as its hellos name it (RFC 7301). */
#include "protocols/tls_hello.h"

static bool is_named(const struct protocol *protocol, struct span name)
{
	for (size_t n = 0; protocol->alpn != NULL && protocol->alpn[n] != NULL; n++)
		if (span_is(name, protocol->alpn[n]))
			return true;
	return false;
}

static const struct protocol *named(struct span name)
{
	const struct protocol *protocol;

	for (size_t i = 0; (protocol = protocol_nth(i)) != NULL; i++)
		if (is_named(protocol, name))
			return protocol;
	return NULL;
}

const struct protocol *tls_inside(struct span offered, struct span chosen)
{
	struct span list = span_left(chosen) > 0 ? chosen : offered;
	const struct protocol *found = NULL;
	enum { NAMES_MOST = 8 };

	for (int i = 0; i < NAMES_MOST && span_left(list) > 0; i++) {
		const struct protocol *const one = named(span_take(&list, span_u8(&list)));

		if (one == NULL || (found != NULL && found != one))
			return NULL;
		found = one;
	}
	return span_left(list) > 0 ? NULL : found;
}
