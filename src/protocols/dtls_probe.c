/* dtls_probe.c: asks a server of DTLS for its version, its cipher and its certificate, and ends there: RFC
 * 6347 4.2 (the cookie, messages in records), RFC 5246 7.4. No key is agreed on. What it would carry cannot
 * be known. */
#include "base/clock.h"
#include "protocols/probes.h"
#include "protocols/tls.h"
#include "protocols/tls_hello.h"

enum {
	COOKIE_MOST = 255,
	CERTIFICATE_MOST = 2048, /* of a message in fragments: the server's own certificate comes first */
	HELLO_VERIFY = 3,
	RANDOM = 32,
	GROUPS = 10,
	POINT_FORMATS = 11,
	SIGNATURES = 13,
	FATAL = 2,
	USER_CANCELLED = 90,
	RECORDS_MOST = 32, /* in one datagram */
};

struct state {
	uint8_t cookie[COOKIE_MOST], cookie_length, said;
	bool known, told;
	uint16_t gathered;
	uint8_t certificate[CERTIFICATE_MOST]; /* what has come of the message, from its beginning */
};
_Static_assert(sizeof(struct state) <= DTLS_PROBE_STATE, "state of the probe");

/* With and without certificates: CoAP's servers often have keys alone. */
static const uint16_t suites[] = { 0xc02f, 0xc02b, 0xc030, 0xc02c, 0xcca8, 0xcca9, 0xc027, 0xc023, 0xc013,
				   0xc009, 0xc014, 0xc00a, 0x009e, 0x009f, 0x0033, 0x0039, 0x009c, 0x009d,
				   0x002f, 0x0035, 0xc0ae, 0xc0a8, 0x00a8, 0x008c, 0xc012, 0x000a, 0x00ff };
static const uint16_t groups[] = { 29, 23, 24, 25 };
static const uint16_t signatures[] = { 0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806,
				       0x0401, 0x0501, 0x0601, 0x0203, 0x0201 };

/* ---- asking ---- */

/* An extension whose content is a list of numbers, with its length in front. */
static void write_list(struct buffer *out, uint16_t type, const uint16_t *list, size_t count)
{
	buffer_u16(out, type);
	buffer_u16(out, (uint16_t)(2 + 2 * count));
	buffer_u16(out, (uint16_t)(2 * count));
	for (size_t i = 0; i < count; i++)
		buffer_u16(out, list[i]);
}

static void write_extensions(struct buffer *out)
{
	const size_t begun = out->length;

	buffer_u16(out, 0);
	write_list(out, GROUPS, groups, sizeof(groups) / sizeof(*groups));
	write_list(out, SIGNATURES, signatures, sizeof(signatures) / sizeof(*signatures));
	buffer_u16(out, POINT_FORMATS);
	buffer_u16(out, 2);
	buffer_u16(out, 0x0100);
	if (!out->failed)
		buffer_set_u16(out, begun, (uint16_t)(out->length - begun - 2));
}

static void write_body(const struct state *state, struct buffer *out)
{
	static const char random[RANDOM + 1] = "doorward looks at certificates.";

	buffer_u16(out, DTLS_1_2);
	buffer_add(out, random, RANDOM);
	buffer_u8(out, 0); /* no session */
	buffer_u8(out, state->cookie_length);
	buffer_add(out, state->cookie, state->cookie_length);
	buffer_u16(out, sizeof(suites));
	for (size_t i = 0; i < sizeof(suites) / sizeof(*suites); i++)
		buffer_u16(out, suites[i]);
	buffer_u16(out, 0x0100); /* one compression: none */
	write_extensions(out);
}

static void write_record(struct buffer *out, uint8_t type, uint16_t version, unsigned number)
{
	buffer_u8(out, type);
	buffer_u16(out, version);
	buffer_u16(out, 0); /* epoch */
	buffer_fill(out, 0, 5);
	buffer_u8(out, (uint8_t)number);
}

static void say_hello(struct state *state, struct buffer *out)
{
	struct buffer body = buffer_new(1024);

	write_body(state, &body);
	write_record(out, TLS_HANDSHAKE, DTLS_1_0, state->said);
	buffer_u16(out, (uint16_t)(body.length + 12));
	buffer_u8(out, TLS_CLIENT_HELLO);
	buffer_u8(out, 0);
	buffer_u16(out, (uint16_t)body.length);
	buffer_u16(out, state->said);
	buffer_fill(out, 0, 4); /* the offset, and one octet of the length: one fragment */
	buffer_u16(out, (uint16_t)body.length);
	buffer_span(out, buffer_read(&body));
	buffer_free(&body);
	state->said++;
}

static void greet(void *memory, unsigned transport, struct buffer *out)
{
	(void)transport;
	say_hello(memory, out);
}

/* So that the server waits for nobody. */
static enum probe_step say_goodbye(const struct state *state, struct buffer *out)
{
	write_record(out, TLS_ALERT, DTLS_1_2, state->said);
	buffer_u16(out, 2);
	buffer_u8(out, FATAL);
	buffer_u8(out, USER_CANCELLED);
	return PROBE_DONE;
}

/* ---- hearing ---- */

static void hear_hello(struct span body, struct answer *answer)
{
	struct tls_hello hello;
	const char *name, *why;

	if (!tls_read_server_hello(body, &hello))
		return;
	name = tls_cipher_text(hello.cipher);
	why = tls_cipher_weakness(hello.cipher);
	answer_fact(answer, "version", span_text(tls_version_text(hello.version)));
	answer_fact_format(answer, "cipher", "%s", name != NULL ? name : "other");
	if (hello.version == DTLS_1_0)
		answer_weakness(answer, &tls_old, "the server knows nothing newer than DTLS 1.0");
	if (why != NULL)
		answer_weakness(answer, &tls_weak_cipher, "%s: %s", name, why);
}

static void hear_certificate(struct span body, struct answer *answer)
{
	struct span first;

	span_skip(&body, 3); /* the length of the list */
	first = span_take(&body, span_u24(&body));
	if (!first.failed && span_left(first) > 0)
		tls_tell_certificate(answer, first, clock_wall_us() / 1000000);
}

static bool hear_cookie(struct state *state, struct span body)
{
	struct span cookie;

	span_skip(&body, 2);
	cookie = span_take(&body, span_u8(&body));
	if (cookie.failed || span_left(cookie) == 0 || state->said > 1)
		return false;
	state->cookie_length = (uint8_t)span_left(cookie);
	memcpy(state->cookie, cookie.at, state->cookie_length);
	return true;
}

/* RFC 6347 4.2.3. What does not follow on what has come was lost, or has come before. */
static void gather_certificate(struct state *state, struct span part, uint32_t offset, uint32_t length,
			       struct answer *answer)
{
	const size_t room = CERTIFICATE_MOST - state->gathered;
	const size_t fits = span_left(part) < room ? span_left(part) : room;

	if (offset != state->gathered || state->told)
		return;
	memcpy(state->certificate + state->gathered, part.at, fits);
	state->gathered = (uint16_t)(state->gathered + fits);
	if (state->gathered < length && state->gathered < CERTIFICATE_MOST)
		return;
	state->told = true;
	hear_certificate(span_of(state->certificate, state->gathered), answer);
}

/* One message of handshake that lies whole in its record, or a fragment of a certificate; fragments of others
 * are passed over. */
static enum probe_step hear_message(struct state *state, struct span s, struct buffer *out,
				    struct answer *answer)
{
	const uint8_t type = span_u8(&s);
	const uint32_t length = span_u24(&s);
	struct span body;
	uint32_t offset, part;

	span_skip(&s, 2);
	offset = span_u24(&s);
	part = span_u24(&s);
	body = span_take(&s, part);
	if (body.failed)
		return PROBE_WAIT;
	if (type == TLS_CERTIFICATE && (offset > 0 || part < length))
		gather_certificate(state, body, offset, length, answer);
	if (offset > 0 || part < length)
		return PROBE_WAIT;
	if (type == HELLO_VERIFY && hear_cookie(state, body))
		say_hello(state, out);
	else if (type == TLS_SERVER_HELLO)
		hear_hello(body, answer);
	else if (type == TLS_CERTIFICATE)
		hear_certificate(body, answer);
	return type == TLS_HELLO_DONE ? say_goodbye(state, out) : PROBE_WAIT;
}

static enum probe_step hear(void *memory, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct state *const state = memory;
	enum probe_step step = PROBE_WAIT;

	if (span_left(*heard) > 0 && protocol_dtls.recognise(*heard, SIDE_SERVER, TRANSPORT_UDP) != YES)
		return state->known ? PROBE_DONE : PROBE_NOT;
	for (unsigned i = 0; i < RECORDS_MOST && step == PROBE_WAIT && span_left(*heard) > 0; i++) {
		const uint8_t type = span_u8(heard);
		struct span content;

		span_skip(heard, 10);
		content = span_take(heard, span_u16(heard));
		if (heard->failed)
			break;
		state->known = true;
		if (type == TLS_HANDSHAKE)
			step = hear_message(state, content, out, answer);
		else if (type == TLS_ALERT)
			step = PROBE_DONE;
	}
	if (step == PROBE_WAIT && ended)
		return state->known ? PROBE_DONE : PROBE_NOT;
	return step;
}

const struct probe dtls_probe = {
	.transports = PROBE_UDP,
	.rare = true,
	.greet = greet,
	.hear = hear,
};
