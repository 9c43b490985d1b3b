/* drda.c: Distributed Relational Database Architecture, as Db2 and Derby are spoken to: Open Group C911 (DDM
 * Architecture): structures with a length and a kind, and in them objects with a length and a code point.
 * Text is in EBCDIC until both sides agree on another. */
#include "protocols/text.h"

#include <stdio.h>

enum {
	HEAD = 6, /* of a structure */
	OBJECT = 4,
	MAGIC = 0xd0,
	REQUEST = 1,
	REPLY = 2,
	KIND = 0x0f,
	EXCHANGE = 0x1041,
	EXCHANGED = 0x1443,
	REFUSES_FIRST = 0x1210, /* of replies that say what is wrong */
	REFUSES_LAST = 0x127f,
	SERVER_CLASS = 0x1147,
	SERVER_NAME = 0x116d,
	SERVER_RELEASE = 0x115a,
	CLIENT_NAME = 0x115e,
	LENGTH_MOST = 8192,
	TEXT = 128,
};

/* The first object of the first structure, and its code point. */
static enum verdict read_head(struct span first, uint8_t *ret_kind, uint16_t *ret_code,
			      struct span *ret_object)
{
	struct span s = first;
	const uint16_t length = span_u16(&s);
	const uint8_t magic = span_u8(&s);
	uint16_t inner;

	*ret_kind = span_u8(&s) & KIND;
	if (span_left(first) > 2 && (magic != MAGIC || length < HEAD + OBJECT || length > LENGTH_MOST))
		return NO;
	span_skip(&s, sizeof(uint16_t)); /* the number by which it is answered */
	inner = span_u16(&s);
	*ret_code = span_u16(&s);
	if (s.failed)
		return MORE;
	if (inner < OBJECT || inner > length - HEAD)
		return NO;
	*ret_object = text_first(s, inner - OBJECT);
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
		return kind == REQUEST && code == EXCHANGE ? YES : NO;
	return kind == REPLY && (code == EXCHANGED || (code >= REFUSES_FIRST && code <= REFUSES_LAST)) ? YES
												       : NO;
}

/* ---- asking ---- */

/* Of EBCDIC's letters, digits and signs what names and versions are made of. */
static char in_ascii(uint8_t c)
{
	static const char signs[][2] = { { '\x40', ' ' }, { '\x4b', '.' }, { '\x4d', '(' }, { '\x5d', ')' },
					 { '\x60', '-' }, { '\x61', '/' }, { '\x6d', '_' }, { '\x7a', ':' } };
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

static struct span text_of(struct span value, char text[static TEXT])
{
	size_t length = 0;

	while (span_left(value) > 0 && length < TEXT)
		text[length++] = in_ascii(span_u8(&value));
	return text_trim(span_of(text, length));
}

/* "doorward", in EBCDIC. */
static void add_name(struct buffer *out, uint16_t code)
{
	static const uint8_t name[] = { 0x84, 0x96, 0x96, 0x99, 0xa6, 0x81, 0x99, 0x84 };

	buffer_u16(out, OBJECT + sizeof(name));
	buffer_u16(out, code);
	buffer_add(out, name, sizeof(name));
}

static void greet(void *state, unsigned transport, struct buffer *out)
{
	enum { NAMES = 2 * (OBJECT + 8) };

	(void)state;
	(void)transport;
	buffer_u16(out, HEAD + OBJECT + NAMES);
	buffer_u8(out, MAGIC);
	buffer_u8(out, REQUEST);
	buffer_u16(out, 1);
	buffer_u16(out, OBJECT + NAMES);
	buffer_u16(out, EXCHANGE);
	add_name(out, CLIENT_NAME);
	add_name(out, SERVER_CLASS);
}

/* Derby: "CSS10140/10.14.2.0 - (...)". Db2: "SQL11055", which is 11.5.5. */
static void tell_product(struct answer *answer, struct span class, struct span release)
{
	const size_t slash = span_find(release, "/");
	char version[16];

	if (span_find(class, "Derby") != SIZE_MAX) {
		span_skip(&release, slash == SIZE_MAX ? slash : slash + 1);
		answer_product(answer, span_text("Apache Derby"), text_version(release));
	} else if (span_find(class, "DB2") != SIZE_MAX && span_left(release) == 8) {
		(void)snprintf(version, sizeof(version), "%d.%d.%d",
			       (release.at[3] - '0') * 10 + release.at[4] - '0',
			       (release.at[5] - '0') * 10 + release.at[6] - '0', release.at[7] - '0');
		answer_product(answer, span_text("IBM Db2"), span_text(version));
	}
}

static void tell(struct answer *answer, struct span object)
{
	char class[TEXT], release[TEXT], name[TEXT];
	struct span told_class = span_of(NULL, 0), told_release = told_class;

	while (span_left(object) >= OBJECT) {
		const uint16_t length = span_u16(&object), code = span_u16(&object);
		const struct span value = span_take(&object,
						    length < OBJECT ? SIZE_MAX : (size_t)length - OBJECT);

		if (value.failed)
			break;
		if (code == SERVER_CLASS)
			told_class = text_of(value, class);
		else if (code == SERVER_RELEASE)
			told_release = text_of(value, release);
		else if (code == SERVER_NAME)
			answer_fact(answer, "server_name", text_of(value, name));
	}
	answer_fact(answer, "server_class", told_class);
	answer_fact(answer, "release", told_release);
	tell_product(answer, told_class, told_release);
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
	if (code == EXCHANGED)
		tell(answer, object);
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_drda = {
	.name = "drda",
	.title = "Distributed Relational Database Architecture",
	DOORS(TCP(446), TCP(1527), TCP(50000)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise,
	.probe = &probe,
};
