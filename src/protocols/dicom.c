/* dicom.c: Digital Imaging and Communications in Medicine, PS3.8 section 9.3: who associates says what he is
 * called, whom he calls and what he wants to do; the answer names the server's program. */
#include "protocols/text.h"

enum {
	REQUEST = 1,
	ACCEPT = 2,
	REJECT = 3,
	HEAD = 6,
	FIXED = 68, /* of a request and its acceptance: version, two titles, reserved octets */
	TITLE = 16,
	REJECT_LENGTH = 4,
	LENGTH_MOST = 1 << 17,
	USER_INFORMATION = 0x50,
	PROGRAM_VERSION = 0x55,
	ITEMS_MOST = 128,
};

/* Version 1, two octets of nothing, and titles of plain letters. */
static enum verdict recognise_association(struct span s)
{
	enum { BEGIN = 4, TITLES = 2 * TITLE };
	static const uint8_t begin[BEGIN] = { 0, 1, 0, 0 };
	const size_t come = span_left(s) < BEGIN ? span_left(s) : BEGIN;
	struct span titles = s;

	if (memcmp(s.at, begin, come) != 0)
		return NO;
	span_skip(&titles, come);
	titles = text_first(titles, TITLES);
	for (const uint8_t *at = titles.at; at < titles.end; at++)
		if (*at < ' ' || *at > '~')
			return NO;
	return span_left(titles) == TITLES ? YES : MORE;
}

/* Who refuses tells a result, a source and a reason: PS3.8 table 9-21. */
static enum verdict recognise_refusal(struct span s)
{
	static const uint8_t most[REJECT_LENGTH] = { 0, 2, 3, 10 };

	for (size_t i = 0; i < REJECT_LENGTH && i < span_left(s); i++)
		if (s.at[i] > most[i] || (i > 0 && s.at[i] == 0))
			return NO;
	return span_left(s) < REJECT_LENGTH ? MORE : YES;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct span s = first;
	const uint8_t type = span_u8(&s), reserved = span_u8(&s);
	const uint32_t length = span_u32(&s);

	if (transport != TRANSPORT_TCP || reserved != 0 ||
	    (side == SIDE_CLIENT ? type != REQUEST : type != ACCEPT && type != REJECT))
		return NO;
	if (s.failed)
		return span_peek(first, 2) == 0 ? MORE : NO;
	if (type == REJECT)
		return length == REJECT_LENGTH ? recognise_refusal(s) : NO;
	return length > FIXED && length < LENGTH_MOST ? recognise_association(s) : NO;
}

/* ---- asking ---- */

static void add_item(struct buffer *out, uint8_t type, const char *text)
{
	buffer_u8(out, type);
	buffer_u8(out, 0);
	buffer_u16(out, (uint16_t)strlen(text));
	buffer_text(out, text);
}

static void end_item(struct buffer *out, size_t at)
{
	buffer_set_u16(out, at - 2, (uint16_t)(out->length - at));
}

static size_t begin_item(struct buffer *out, uint8_t type)
{
	buffer_u8(out, type);
	buffer_u8(out, 0);
	buffer_u16(out, 0);
	return out->length;
}

static void add_title(struct buffer *out, const char *title)
{
	buffer_text(out, title);
	buffer_fill(out, ' ', TITLE - strlen(title));
}

/* Verification (C-ECHO), which no peer may leave out (PS3.4 annex A); nothing is done with it. */
static void greet(void *state, unsigned transport, struct buffer *out)
{
	size_t item;

	(void)state;
	(void)transport;
	buffer_u16(out, REQUEST << 8);
	buffer_u32(out, 0);
	buffer_u32(out, 1u << 16);
	add_title(out, "ANY-SCP");
	add_title(out, "DOORWARD");
	buffer_fill(out, 0, 32);
	add_item(out, 0x10, "1.2.840.10008.3.1.1.1"); /* the application context */
	item = begin_item(out, 0x20);
	buffer_u32(out, 1u << 24); /* the presentation context's number */
	add_item(out, 0x30, "1.2.840.10008.1.1");
	add_item(out, 0x40, "1.2.840.10008.1.2");
	end_item(out, item);
	item = begin_item(out, USER_INFORMATION);
	buffer_u32(out, 0x51000004);
	buffer_u32(out, 16384); /* the longest message */
	add_item(out, 0x52, "2.25.307464105842617453261872");
	end_item(out, item);
	buffer_set_u32(out, 2, (uint32_t)(out->length - HEAD));
}

/* The item of this type. */
static struct span find_item(struct span items, uint8_t type)
{
	for (int i = 0; i < ITEMS_MOST && span_left(items) > 0; i++) {
		const uint8_t kind = span_u8(&items);
		struct span value;

		span_skip(&items, 1);
		value = span_take(&items, span_u16(&items));
		if (kind == type && !value.failed)
			return value;
	}
	return span_of(NULL, 0);
}

/* "OFFIS_DCMTK_367" is 3.6.7. */
static void tell_product(struct span program, struct answer *answer)
{
	static const char begins[] = "OFFIS_DCMTK_";
	enum { DIGITS = 3 };
	char version[2 * DIGITS];

	if (!span_begins(program, begins) || span_left(program) != sizeof(begins) - 1 + DIGITS)
		return;
	span_skip(&program, sizeof(begins) - 1);
	for (size_t i = 0; i < DIGITS; i++) {
		version[2 * i] = (char)program.at[i];
		version[2 * i + 1] = '.';
		if (program.at[i] < '0' || program.at[i] > '9')
			return;
	}
	answer_product(answer, span_text("DCMTK"), span_of(version, sizeof(version) - 1));
}

static void hear_acceptance(struct span s, struct answer *answer)
{
	struct span program;

	span_skip(&s, FIXED);
	program = text_trim(find_item(find_item(s, USER_INFORMATION), PROGRAM_VERSION));
	answer_fact(answer, "association", span_text("accepted"));
	answer_fact(answer, "implementation", program);
	tell_product(program, answer);
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);
	struct span s = *heard, message;

	(void)state;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	span_skip(&s, 2);
	message = span_take(&s, span_u32(&s));
	if (message.failed && !ended)
		return PROBE_WAIT;
	if (span_peek(*heard, 0) == ACCEPT) {
		hear_acceptance(message, answer);
		buffer_add(out, "\5\0\0\0\0\4\0\0\0\0", 10); /* A-RELEASE-RQ */
	} else {
		answer_fact(answer, "association", span_text("rejected"));
	}
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_dicom = {
	.name = "dicom",
	.title = "DICOM",
	DOORS(TCP(104), TCP(11112)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.probe = &probe,
};
