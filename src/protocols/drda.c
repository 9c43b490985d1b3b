/* drda.c: Distributed Relational Database Architecture, as Db2 and Derby are spoken to: Open Group C911 (DDM
 * Architecture): structures with a length and a kind, and in them objects with a length and a code point.
 * Text is in EBCDIC until both sides agree on another. */
#include "protocols/drda.h"
#include "protocols/text.h"

#include <stdio.h>

enum {
	REFUSES_FIRST_ANSWER = 0x127f, /* the last of the replies that may come first */
	LENGTH_MOST = 8192,
};

/* The first object of the first structure, and its code point. */
static enum verdict read_head(struct span first, uint8_t *ret_kind, uint16_t *ret_code,
			      struct span *ret_object)
{
	struct span s = first;
	const uint16_t length = span_u16(&s);
	const uint8_t magic = span_u8(&s);
	uint16_t inner;

	*ret_kind = span_u8(&s) & DRDA_KIND;
	if (span_left(first) > 2 &&
	    (magic != DRDA_MAGIC || length < DRDA_HEAD + DRDA_OBJECT || length > LENGTH_MOST))
		return NO;
	span_skip(&s, sizeof(uint16_t)); /* the number by which it is answered */
	inner = span_u16(&s);
	*ret_code = span_u16(&s);
	if (s.failed)
		return MORE;
	if (inner < DRDA_OBJECT || inner > length - DRDA_HEAD)
		return NO;
	*ret_object = text_first(s, inner - DRDA_OBJECT);
	return YES;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	uint8_t kind = 0;
	uint16_t code = 0;
	struct span object = span_of(NULL, 0);
	const enum verdict verdict = transport == TRANSPORT_TCP ? read_head(first, &kind, &code, &object)
								: NO;

	if (verdict != YES)
		return verdict;
	if (side == SIDE_CLIENT)
		return kind == DRDA_REQUEST && code == DRDA_EXCHANGE ? YES : NO;
	return kind == DRDA_REPLY && (code == DRDA_EXCHANGED ||
				      (code >= DRDA_REFUSES_FIRST && code <= REFUSES_FIRST_ANSWER))
		       ? YES
		       : NO;
}

/* ---- asking ---- */

/* Of EBCDIC's letters, digits and signs what names and versions are made of. */
static char in_ascii(uint8_t c)
{
	static const char signs[][2] = {
		{ '\x40', ' ' }, { '\x4b', '.' },  { '\x4d', '(' }, { '\x4e', '+' }, { '\x50', '&' },
		{ '\x5b', '$' }, { '\x5c', '*' },  { '\x5d', ')' }, { '\x5e', ';' }, { '\x60', '-' },
		{ '\x61', '/' }, { '\x6b', ',' },  { '\x6d', '_' }, { '\x7a', ':' }, { '\x7b', '#' },
		{ '\x7c', '@' }, { '\x7d', '\'' }, { '\x7e', '=' },
	};
	const uint8_t low = c & 0x0f, row = c >> 4;

	for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++)
		if (c == (uint8_t)signs[i][0])
			return signs[i][1];
	if (low > 9 || row < 8)
		return '?';
	if (row == 0xf)
		return (char)('0' + low);
	if (low == 0 || (row & 3) == 3 || ((row & 3) == 2 && low == 1))
		return '?';
	return (char)((row >= 0xc ? 'A' : 'a') + (row & 3) * 9 + low - 1 - ((row & 3) == 2));
}

/* Letters and digits of EBCDIC lie above all of ASCII. */
static bool is_ascii(struct span value)
{
	while (span_left(value) > 0 && *value.at >= ' ' && *value.at < 0x7f)
		value.at++;
	return span_left(value) == 0;
}

struct span drda_text(struct span value, char text[static DRDA_TEXT])
{
	const bool ascii = is_ascii(value);
	size_t length = 0;

	while (span_left(value) > 0 && length < DRDA_TEXT) {
		const uint8_t c = span_u8(&value);

		text[length++] = ascii ? (char)c : in_ascii(c);
	}
	return text_trim(span_of(text, length));
}

bool drda_take(struct span *s, uint16_t *ret_code, struct span *ret_value)
{
	const uint16_t length = span_u16(s);

	*ret_code = span_u16(s);
	*ret_value = span_take(s, length < DRDA_OBJECT ? SIZE_MAX : (size_t)length - DRDA_OBJECT);
	return !s->failed;
}

/* "doorward", in EBCDIC. */
static void add_name(struct buffer *out, uint16_t code)
{
	static const uint8_t name[] = { 0x84, 0x96, 0x96, 0x99, 0xa6, 0x81, 0x99, 0x84 };

	buffer_u16(out, DRDA_OBJECT + sizeof(name));
	buffer_u16(out, code);
	buffer_add(out, name, sizeof(name));
}

static void greet(void *state, unsigned transport, struct buffer *out)
{
	enum { NAMES = 2 * (DRDA_OBJECT + 8) };

	(void)state;
	(void)transport;
	buffer_u16(out, DRDA_HEAD + DRDA_OBJECT + NAMES);
	buffer_u8(out, DRDA_MAGIC);
	buffer_u8(out, DRDA_REQUEST);
	buffer_u16(out, 1);
	buffer_u16(out, DRDA_OBJECT + NAMES);
	buffer_u16(out, DRDA_EXCHANGE);
	add_name(out, DRDA_CLIENT_NAME);
	add_name(out, DRDA_SERVER_CLASS);
}

bool drda_product(struct span class, struct span release, char version[static 16], struct span *ret_product)
{
	const size_t slash = span_find(release, "/");

	if (span_find(class, "Derby") != SIZE_MAX) {
		span_skip(&release, slash == SIZE_MAX ? slash : slash + 1);
		span_copy_text(text_version(release), version, 16);
		*ret_product = span_text("Apache Derby");
		return true;
	}
	if (span_find(class, "DB2") == SIZE_MAX || span_left(release) != 8)
		return false;
	(void)snprintf(version, 16, "%d.%d.%d", (release.at[3] - '0') * 10 + release.at[4] - '0',
		       (release.at[5] - '0') * 10 + release.at[6] - '0', release.at[7] - '0');
	*ret_product = span_text("IBM Db2");
	return true;
}

static void tell(struct answer *answer, struct span object)
{
	char class[DRDA_TEXT], release[DRDA_TEXT], name[DRDA_TEXT], version[16];
	struct span told_class = span_of(NULL, 0), told_release = told_class, value, product;
	uint16_t code;

	while (drda_take(&object, &code, &value)) {
		if (code == DRDA_SERVER_CLASS)
			told_class = drda_text(value, class);
		else if (code == DRDA_SERVER_RELEASE)
			told_release = drda_text(value, release);
		else if (code == DRDA_SERVER_NAME)
			answer_fact(answer, "server_name", drda_text(value, name));
	}
	answer_fact(answer, "server_class", told_class);
	answer_fact(answer, "release", told_release);
	if (drda_product(told_class, told_release, version, &product))
		answer_product(answer, product, span_text(version));
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);
	struct span whole = *heard, object = span_of(NULL, 0);
	uint16_t code = 0;
	uint8_t kind = 0;

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	if (span_left(*heard) < span_u16(&whole) && !ended)
		return PROBE_WAIT;
	(void)read_head(*heard, &kind, &code, &object);
	if (code == DRDA_EXCHANGED)
		tell(answer, object);
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct weakness drda_clear_login = {
	.id = "drda-clear-login",
	.title = "A database of DRDA takes passwords in the clear",
	.severity = 2,
	.remedy = "Demand TLS (Derby: derby.drda.sslMode, Db2: SSL_SVCENAME), or logins that encrypt the "
		  "password.",
};
static const struct weakness *const weaknesses[] = { &drda_clear_login, NULL };

const struct protocol protocol_drda = {
	.name = "drda",
	.title = "Distributed Relational Database Architecture",
	DOORS(TCP(446), TCP(1527), TCP(50000)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise,
	.parser = &drda_parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
