/* tacacs.c: TACACS+, RFC 8907. The header is clear; the body is hidden with MD5 and a shared secret, or, if a
 * flag says so, not at all. */
#include "protocols/parse.h"

#include <stdio.h>

enum {
	HEADER = 12,
	MAJOR = 0xc,
	AUTHENTICATION = 1,
	AUTHORIZATION = 2,
	ACCOUNTING = 3,
	UNENCRYPTED = 1,
	SINGLE_CONNECTION = 4,
	LENGTH_MOST = 32768,
	ARGUMENTS_MOST = 64,
};

static const struct weakness tacacs_unencrypted = {
	"tacacs-unencrypted",
	"TACACS+ is sent without a shared secret",
	1,
	"Set a key at both ends, and carry TACACS+ inside TLS (RFC 9887) or IPsec.",
};

struct message {
	uint8_t minor, type, sequence, flags;
	uint32_t session, length;
	struct span body;
};

/* ---- messages ---- */

static bool read_header(struct span *s, struct message *ret_message)
{
	const uint8_t version = span_u8(s);
	struct message m = { .minor = version & 0x0f, .type = span_u8(s) };

	m.sequence = span_u8(s);
	m.flags = span_u8(s);
	m.session = span_u32(s);
	m.length = span_u32(s);
	*ret_message = m;
	return !s->failed && version >> 4 == MAJOR && m.minor <= 1 && m.type >= AUTHENTICATION &&
	       m.type <= ACCOUNTING && m.sequence > 0 &&
	       (m.flags & ~(UNENCRYPTED | SINGLE_CONNECTION)) == 0 && m.length >= 5 &&
	       m.length <= LENGTH_MOST;
}

/* Clients speak with odd numbers, servers with even ones. */
static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct message m;

	if (transport != TRANSPORT_TCP || span_peek(first, 0) >> 4 != MAJOR ||
	    (span_peek(first, 0) & 0xf) > 1)
		return NO;
	if (span_left(first) < HEADER)
		return span_left(first) < 2 || (span_peek(first, 1) >= 1 && span_peek(first, 1) <= 3) ? MORE
												      : NO;
	if (!read_header(&first, &m) || m.session == 0 || m.length > 1024 ||
	    m.sequence != (side == SIDE_CLIENT ? 1 : 2))
		return NO;
	return YES;
}

/* ---- the event ---- */

static const char *action_text(uint8_t action)
{
	static const char *const names[] = { NULL, "login", "change_password", NULL, "send_auth" };

	return action < sizeof(names) / sizeof(names[0]) ? names[action] : NULL;
}

static void write_field(struct json *json, const char *key, struct span value)
{
	if (!value.failed && span_left(value) > 0)
		json_span(json, key, value);
}

/* RFC 8907 5.1, 6.1, 7.1: who asks, from which port and address. */
static void write_who(struct json *json, struct span *s, uint8_t user, uint8_t port, uint8_t remote)
{
	write_field(json, "user", span_take(s, user));
	write_field(json, "port", span_take(s, port));
	write_field(json, "remote_address", span_take(s, remote));
}

static void write_arguments(struct json *json, struct span lengths, struct span s)
{
	json_open_array(json, "arguments");
	for (unsigned n = 0; n < ARGUMENTS_MOST && span_left(lengths) > 0 && !s.failed; n++) {
		const struct span argument = span_take(&s, span_u8(&lengths));

		if (!argument.failed)
			json_span(json, NULL, argument);
	}
	json_end(json);
}

static void write_start(struct json *json, struct span s)
{
	uint8_t user, port, remote;

	json_text(json, "action", action_text(span_u8(&s)));
	json_unsigned(json, "privilege", span_u8(&s));
	span_skip(&s, 2);
	user = span_u8(&s);
	port = span_u8(&s);
	remote = span_u8(&s);
	span_skip(&s, 1); /* data: it may be a password */
	write_who(json, &s, user, port, remote);
}

static void write_request(struct json *json, struct span s, bool accounting)
{
	struct span lengths;
	uint8_t user, port, remote;

	if (accounting)
		json_unsigned(json, "accounting_flags", span_u8(&s));
	span_skip(&s, 1);
	json_unsigned(json, "privilege", span_u8(&s));
	span_skip(&s, 2);
	user = span_u8(&s);
	port = span_u8(&s);
	remote = span_u8(&s);
	lengths = span_take(&s, span_u8(&s));
	if (s.failed)
		return;
	write_who(json, &s, user, port, remote);
	write_arguments(json, lengths, s);
}

static void write_reply(struct json *json, const struct message *m)
{
	struct span s = m->body;
	uint16_t status = 0;

	if (m->type == ACCOUNTING)
		span_skip(&s, 4);
	status = span_u8(&s);
	if (!s.failed)
		json_unsigned(json, "status", status);
}

static void write_body(struct json *json, const struct message *m)
{
	if (m->sequence % 2 == 0)
		write_reply(json, m);
	else if (m->type == AUTHENTICATION && m->sequence == 1)
		write_start(json, m->body);
	else if (m->type != AUTHENTICATION)
		write_request(json, m->body, m->type == ACCOUNTING);
}

static void emit(const void *memory, struct json *json)
{
	static const char *const types[] = { NULL, "authentication", "authorization", "accounting" };
	const struct message *const m = memory;
	char session[9];

	json_text(json, "type", types[m->type]);
	json_unsigned(json, "minor_version", m->minor);
	json_unsigned(json, "sequence", m->sequence);
	(void)snprintf(session, sizeof(session), "%08x", m->session);
	json_text(json, "session_id", session);
	json_bool(json, "obfuscated", (m->flags & UNENCRYPTED) == 0);
	if ((m->flags & SINGLE_CONNECTION) != 0)
		json_bool(json, "single_connection", true);
	json_unsigned(json, "length", m->length);
	if ((m->flags & UNENCRYPTED) != 0)
		write_body(json, m);
}

/* ---- reading ---- */

static enum parse_step read_tacacs(void *state, struct parse *parse, struct span *bytes)
{
	(void)state;
	while (span_left(*bytes) >= HEADER) {
		struct span s = *bytes;
		struct message m;

		if (!read_header(&s, &m))
			return PARSE_BROKEN;
		m.body = span_take(&s, m.length);
		if (s.failed) {
			parse_want(parse, HEADER + (size_t)m.length);
			return PARSE_ON;
		}
		if ((m.flags & UNENCRYPTED) != 0)
			parse_weakness(parse, &tacacs_unencrypted, "a body of %u octets in clear text",
				       m.length);
		parse_event(parse, &m);
		*bytes = s;
	}
	return PARSE_ON;
}

static const struct parser parser = { .state_size = PARSE_STATE(uint8_t), .read = read_tacacs, .emit = emit };
static const struct weakness *const weaknesses[] = { &tacacs_unencrypted, NULL };

const struct protocol protocol_tacacs = {
	.name = "tacacs",
	.title = "Terminal Access Controller Access-Control System Plus",
	DOORS(TCP(49)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise,
	.parser = &parser,
	.weaknesses = weaknesses,
};
