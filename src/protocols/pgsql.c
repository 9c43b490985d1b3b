/* pgsql.c: the frontend/backend protocol of PostgreSQL, and of the poolers that speak it. PostgreSQL
 * documentation, chapter "Frontend/Backend Protocol", version 3.
 *
 * A client opens with a message of a length and a 32-bit code, without a type: a version, or one of four
 * codes that no version has. All other messages are a type, a length that counts itself, and a body. */
#include "protocols/pgsql.h"

#include <ctype.h>

enum {
	VERSION_3 = 3, /* major; minor 9999 asks for more than any server has */
	MINOR_MOST = 2,
	MINOR_ASKING = 9999,
	CANCEL_MOST = 16 + 256,
	MESSAGE_MOST = 30000, /* an error is longer only if somebody else speaks */

	TYPE_AUTHENTICATION = 'R',
	TYPE_ERROR = 'E',
	TYPE_NEGOTIATE = 'v',
};

/* ---- recognising the client ---- */

/* Pairs of names and values, each ending with zero; `cut` if they go on past what is there. */
static enum verdict are_parameters(struct span s, bool cut)
{
	while (span_left(s) > 0 && span_peek(s, 0) != 0) {
		const struct span name = span_until(&s, 0);

		for (struct span rest = name; span_left(rest) > 0;) {
			const uint8_t octet = span_u8(&rest);

			if (!isalnum(octet) && octet != '_' && octet != '.')
				return NO;
		}
		(void)span_until(&s, 0);
		if (s.failed)
			return cut ? MORE : NO;
		if (span_is(name, "user") || span_is(name, "database") || span_is(name, "replication"))
			return YES;
	}
	return cut ? MORE : NO;
}

static enum verdict recognise_startup(struct span s, size_t length, uint32_t version)
{
	const unsigned major = version >> 16, minor = version & 0xffff;
	const bool cut = length > span_left(s);

	if (major != VERSION_3 || (minor > MINOR_MOST && minor != MINOR_ASKING) ||
	    length > PGSQL_STARTUP_MOST)
		return NO;
	if (!cut && length == 1)
		/* Nothing but the end: a question for the version, which the server tells by its answer. */
		return span_u8(&s) != 0 ? NO : minor == MINOR_ASKING ? YES : span_left(s) == 0 ? MORE : NO;
	return are_parameters(cut ? s : span_take(&s, length), cut);
}

static enum verdict recognise_client(struct span first)
{
	const uint32_t length = span_u32(&first);
	uint32_t code;

	if (first.failed)
		return MORE;
	if (length < 8 || length > PGSQL_STARTUP_MOST)
		return NO;
	code = span_u32(&first);
	if (first.failed)
		return MORE;
	switch (code) {
	case PGSQL_CODE_TLS:
	case PGSQL_CODE_GSS: return length == 8 ? YES : NO;
	case PGSQL_CODE_CANCEL: return length >= 16 && length <= CANCEL_MOST ? YES : NO;
	default: return length > 8 ? recognise_startup(first, length - 8, code) : NO;
	}
}

/* ---- recognising the server ---- */

/* What a server asks of its user first: nothing, or one of these; 7, 8, 11 and 12 follow later. */
static enum verdict recognise_authentication(struct span body, size_t length)
{
	enum { OK, KERBEROS_5 = 2, CLEARTEXT = 3, MD5 = 5, GSS = 7, SSPI = 9, SASL = 10 };
	const uint32_t code = span_u32(&body);

	if (body.failed)
		return MORE;
	switch (code) {
	case OK:
	case KERBEROS_5:
	case CLEARTEXT:
	case GSS:
	case SSPI: return length == 4 ? YES : NO;
	case MD5: return length == 8 ? YES : NO;
	case SASL:
		if (length < 7 || length > 1024)
			return NO;
		return span_left(body) == 0 ? MORE : isupper(span_peek(body, 0)) ? YES : NO;
	default: return NO;
	}
}

/* The next field of an error: a letter and a text. False at the end, and when it is cut short. */
static bool next_field(struct span *body, uint8_t *letter, struct span *text)
{
	*letter = span_u8(body);
	if (*letter == 0)
		return false;
	*text = span_until(body, 0);
	return !body->failed;
}

/* The severity comes first, and the SQLSTATE of five letters or digits soon after. */
static enum verdict recognise_error(struct span body, size_t length)
{
	const bool cut = length > span_left(body);
	uint8_t letter;
	struct span text;

	if (length > MESSAGE_MOST || (span_left(body) > 0 && span_peek(body, 0) != 'S'))
		return NO;
	if (!cut)
		body.end = body.at + length;
	while (next_field(&body, &letter, &text)) {
		if (letter == 'C')
			return span_left(text) == 5 && isalnum(span_peek(text, 0)) ? YES : NO;
		if (letter != 'S' && letter != 'V')
			return NO;
	}
	return cut ? MORE : NO;
}

/* The newest version that the server knows, and how many options it does not know. */
static enum verdict recognise_negotiation(struct span body, size_t length)
{
	const uint32_t version = span_u32(&body), options = span_u32(&body);

	if (length < 8 || length > 1024)
		return NO;
	if (body.failed)
		return MORE;
	return (version >> 16 == 0 || version >> 16 == VERSION_3) && options < 100 ? YES : NO;
}

static enum verdict recognise_message(struct span s)
{
	const uint8_t type = span_u8(&s);
	const uint32_t length = span_u32(&s);

	if (type != TYPE_AUTHENTICATION && type != TYPE_ERROR && type != TYPE_NEGOTIATE)
		return NO;
	if (s.failed)
		return MORE;
	if (length < 8)
		return NO;
	switch (type) {
	case TYPE_AUTHENTICATION: return recognise_authentication(s, length - 4);
	case TYPE_ERROR: return recognise_error(s, length - 4);
	default: return recognise_negotiation(s, length - 4);
	}
}

/* Before the messages stand up to two single letters: how the wish for GSS or TLS was answered. */
static enum verdict recognise_server(struct span first)
{
	uint8_t wish = 0;

	for (int i = 0; i < 2 && wish != 'S' && wish != 'G'; i++) {
		const uint8_t letter = span_peek(first, 0);

		if (letter != 'N' && letter != 'S' && letter != 'G')
			break;
		wish = span_u8(&first);
	}
	if (span_left(first) == 0)
		return MORE;
	return wish == 'S' ? recognise_text(first, "\x16\x03") : recognise_message(first);
}

static enum verdict recognise_stream(struct span first, enum side side)
{
	return side == SIDE_CLIENT ? recognise_client(first) : recognise_server(first);
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	return transport == TRANSPORT_TCP ? recognise_within_limit(first, side, recognise_stream) : NO;
}

/* ---- asking. Neither opening names a user: nothing counts as a login. ---- */

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_u32(out, 9);
	buffer_u16(out, VERSION_3);
	buffer_u16(out, MINOR_ASKING);
	buffer_u8(out, 0);
}

static void ask_for_tls(struct buffer *out)
{
	buffer_u32(out, 8);
	buffer_u32(out, PGSQL_CODE_TLS);
}

static void greet_tls(void *state, size_t variant, const struct answer *known, struct buffer *out)
{
	(void)state;
	(void)known;
	(void)variant;
	ask_for_tls(out);
}

/* ---- hearing ---- */

/* Servers do not say who they are. PostgreSQL names the place in its C source that refused; Pgpool-II has
 * taken that over, with places of its own; PgBouncer refuses in words of its own, without such a place. */
static void tell_product(struct answer *answer, struct span message, struct span file)
{
	if (span_ends(file, "child.c"))
		answer_product(answer, span_text("Pgpool-II"), span_text(""));
	else if (span_ends(file, ".c"))
		answer_product(answer, span_text("PostgreSQL"), span_text(""));
	else if (span_begins(message, "no username supplied") || span_begins(message, "bad packet header: '"))
		answer_product(answer, span_text("PgBouncer"), span_text(""));
}

static void hear_error(struct span body, struct answer *answer)
{
	static const struct {
		uint8_t letter;
		const char *fact;
	} names[] = {
		{ 'V', "severity_non_localizable" },
		{ 'C', "code" },
		{ 'M', "message" },
		{ 'F', "file" },
		{ 'L', "line" },
		{ 'R', "routine" },
	};
	struct span text, message = span_text(""), file = span_text("");
	uint8_t letter;

	while (next_field(&body, &letter, &text)) {
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (names[i].letter == letter)
				answer_fact(answer, names[i].fact, text);
		if (letter == 'M')
			message = text;
		else if (letter == 'F')
			file = text;
	}
	tell_product(answer, message, file);
}

static void hear_negotiation(struct span body, struct answer *answer)
{
	const uint32_t newest = span_u32(&body);

	/* Both forms are met: the minor version alone, and the whole. */
	answer_fact_format(answer, "protocol_version", "%u.%u", VERSION_3, newest & 0xffff);
}

struct state {
	bool known;
};

/* The negotiation of the version comes before the refusal, from servers that know it. */
static enum probe_step hear(void *memory, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct state *const state = memory;
	struct span s = *heard, body;
	uint8_t type;
	uint32_t length;

	(void)out;
	if (span_left(s) > 0 && recognise_message(s) == NO)
		return state->known ? PROBE_DONE : PROBE_NOT;
	type = span_u8(&s);
	length = span_u32(&s);
	body = span_take(&s, length < 4 ? 0 : length - 4);
	if (s.failed && ended)
		return state->known ? PROBE_DONE : PROBE_NOT;
	if (s.failed)
		return PROBE_WAIT;
	*heard = s;
	state->known = true;
	if (type == TYPE_NEGOTIATE) {
		hear_negotiation(body, answer);
		return ended ? PROBE_DONE : PROBE_WAIT;
	}
	if (type == TYPE_ERROR)
		hear_error(body, answer);
	return PROBE_DONE;
}

static enum probe_step hear_tls(void *state, size_t variant, struct span *heard, bool ended,
				struct answer *answer)
{
	(void)state;
	(void)variant;
	if (span_left(*heard) == 0)
		return ended ? PROBE_DONE : PROBE_WAIT;
	answer->starttls = span_u8(heard) == 'S';
	return PROBE_DONE;
}

static enum probe_step hear_agreed(void *state, struct span *heard, bool ended, struct buffer *out)
{
	(void)state;
	(void)out;
	if (span_left(*heard) == 0)
		return ended ? PROBE_NOT : PROBE_WAIT;
	return span_u8(heard) == 'S' ? PROBE_DONE : PROBE_NOT;
}

static const struct start_tls start_tls = { .greet = ask_for_tls, .hear = hear_agreed };

static const struct probe probe = {
	.transports = PROBE_TCP,
	.greet = greet,
	.hear = hear,
	.start_tls = &start_tls,
	.variants = 1,
	.greet_more = greet_tls,
	.hear_more = hear_tls,
};

static const struct weakness *const weaknesses[] = { &pgsql_clear_login, NULL };

const struct protocol protocol_pgsql = {
	.name = "pgsql",
	.title = "PostgreSQL",
	DOORS(TCP(5432)),
	.privacy = PRIVACY_EITHER,
	.clear_without_tls = true,
	.recognise = recognise,
	ALPN("postgresql"),
	.parser = &pgsql_parser,
	.probe = &probe,
	.probe_state_size = sizeof(struct state),
	.weaknesses = weaknesses,
};
