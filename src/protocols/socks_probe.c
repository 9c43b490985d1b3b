/* socks_probe.c: what a SOCKS proxy is asked: by which methods it lets clients in (RFC 1928 3). Nobody is
 * connected to. Then for a page of its own, as some say in HTTP who they are. */
#include "protocols/probes.h"
#include "protocols/socks.h"

extern const struct protocol protocol_socks;

static void greet(void *state, unsigned transport, struct buffer *out)
{
	static const uint8_t methods[] = { SOCKS_VERSION_5, 2, SOCKS_METHOD_NONE, SOCKS_METHOD_PASSWORD };

	(void)state;
	(void)transport;
	buffer_add(out, methods, sizeof(methods));
}

/* Two octets and no more: the version, and a method that was offered, or none of them. */
static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	enum { REFUSED = 0xff };
	const uint8_t version = span_peek(*heard, 0), method = span_peek(*heard, 1);

	(void)state;
	(void)out;
	if (span_left(*heard) < 2)
		return probe_step_for(span_left(*heard) == 0 || version == SOCKS_VERSION_5 ? MORE : NO,
				      ended);
	if (version != SOCKS_VERSION_5 ||
	    (method != SOCKS_METHOD_NONE && method != SOCKS_METHOD_PASSWORD && method != REFUSED))
		return PROBE_NOT;
	if (span_left(*heard) > 2 && protocol_socks.recognise(*heard, SIDE_SERVER, TRANSPORT_TCP) == NO)
		return PROBE_NOT;
	answer_fact(answer, "version", span_text("5"));
	answer_fact(answer, "method",
		    span_text(method == SOCKS_METHOD_NONE       ? "none"
			      : method == SOCKS_METHOD_PASSWORD ? "password"
								: "refused"));
	if (method == SOCKS_METHOD_NONE)
		answer_weakness(answer, &socks_no_auth, "a client without a password was taken");
	return PROBE_DONE;
}

static bool wants_page(const struct answer *known, size_t variant)
{
	(void)variant;
	return known->product[0] == '\0';
}

static void greet_page(void *state, size_t variant, const struct answer *known, struct buffer *out)
{
	(void)state;
	(void)variant;
	(void)known;
	buffer_text(out, "GET / HTTP/1.0\r\n\r\n");
}

static enum probe_step hear_page(void *state, size_t variant, struct span *heard, bool ended,
				 struct answer *answer)
{
	const enum verdict verdict = span_left(*heard) > 0
					     ? recognise_text(*heard,
							      "HTTP/1.0 501 Tor is not an HTTP Proxy\r\n")
					     : MORE;

	(void)state;
	(void)variant;
	if (verdict == YES)
		answer_product(answer, span_text("Tor"), span_of(NULL, 0));
	return probe_step_for(verdict, ended);
}

const struct probe socks_probe = {
	.knows = true,
	.transports = PROBE_TCP,
	.rare = true,
	.greet = greet,
	.hear = hear,
	.variants = 1,
	.wants_more = wants_page,
	.greet_more = greet_page,
	.hear_more = hear_page,
};
