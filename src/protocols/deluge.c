/* deluge.c: how clients of Deluge 2 speak to its daemon, deluge/transfer.py of its sources: inside TLS,
 * messages of an octet for the version, a length of four and so much of zlib (RFC 1950), which holds a list
 * as rencode writes it. "daemon.info" is answered before a login, with the daemon's version. */
#include "protocols/text.h"

enum {
	VERSION = 1,
	LENGTH_LEAST = 8,
	LENGTH_MOST = 1 << 24,
	ZLIB = 0x78, /* deflate, with a window of 32 KiB */
	VALUE = 64,
};

/* RFC 1950 2.2: a multiple of 31, and no dictionary was agreed on. */
static bool is_zlib(uint8_t method, uint8_t flags)
{
	return method == ZLIB && (method * 256 + flags) % 31 == 0 && (flags & 0x20) == 0;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct span s = first;
	const uint8_t version = span_u8(&s);
	const uint32_t length = span_u32(&s);

	(void)side;
	if (transport != TRANSPORT_TCP || version != VERSION ||
	    (span_left(first) >= 2 && span_peek(first, 1) != 0))
		return NO;
	if (s.failed)
		return MORE;
	if (length < LENGTH_LEAST || length > LENGTH_MOST)
		return NO;
	if (span_left(s) < 2)
		return span_left(s) == 0 || span_peek(s, 0) == ZLIB ? MORE : NO;
	return is_zlib(span_peek(s, 0), span_peek(s, 1)) ? YES : NO;
}

/* ---- a short text that was compressed ---- */

/* Bits of a block, the lowest of an octet first (RFC 1951 3.1.1). */
struct bits {
	struct span left;
	unsigned place;
	bool failed;
};

static unsigned take_bit(struct bits *bits)
{
	unsigned bit;

	if (span_left(bits->left) == 0) {
		bits->failed = true;
		return 0;
	}
	bit = *bits->left.at >> bits->place & 1u;
	bits->place = (bits->place + 1) % 8;
	bits->left.at += bits->place == 0;
	return bit;
}

/* The next octet of a block with fixed codes (3.2.6); false at its end and at whatever is not a single octet:
 * answers this short repeat nothing. */
static bool take_octet(struct bits *bits, uint8_t *ret)
{
	unsigned code = 0;

	for (unsigned i = 0; i < 8; i++)
		code = code << 1 | take_bit(bits);
	if (code >= 0x30 && code <= 0xbf) {
		*ret = (uint8_t)(code - 0x30);
		return !bits->failed;
	}
	if (code < 0xc8)
		return false;
	code = code << 1 | take_bit(bits);
	*ret = (uint8_t)(code - 0x190 + 144);
	return !bits->failed;
}

/* The text that a block of fixed codes holds; what cannot be read is left out. */
static struct span inflate_short(struct span zlib, uint8_t text[static VALUE])
{
	enum { LAST_AND_FIXED = 3 };
	struct bits bits = { .left = zlib };
	size_t length = 0;
	unsigned head;

	span_skip(&bits.left, 2);
	head = take_bit(&bits);
	head |= take_bit(&bits) << 1;
	head |= take_bit(&bits) << 2;
	if (head != LAST_AND_FIXED)
		return span_of(text, 0);
	while (length < VALUE && take_octet(&bits, &text[length]))
		length++;
	return span_of(text, length);
}

/* ---- asking ---- */

/* ((1, "daemon.info", (), {}),), stored as it is (RFC 1951 3.2.4), and its sum (RFC 1950 9). */
static void greet(void *state, unsigned transport, struct buffer *out)
{
	static const uint8_t asks[] = "\xc1\xc4\x01\x8b"
				      "daemon.info\xc0\x66";
	const size_t length = sizeof(asks) - 1;
	uint32_t low = 1, high = 0;

	(void)state;
	(void)transport;
	for (size_t i = 0; i < length; i++) {
		low = (low + asks[i]) % 65521;
		high = (high + low) % 65521;
	}
	buffer_u8(out, VERSION);
	buffer_u32(out, (uint32_t)length + 11);
	buffer_u16(out, 0x7801);
	buffer_u8(out, 1); /* the last block, stored */
	buffer_u16_le(out, (uint16_t)length);
	buffer_u16_le(out, (uint16_t)~length);
	buffer_add(out, asks, length);
	buffer_u32(out, high << 16 | low);
}

/* [1, 1, "2.0.3"]: an answer to the first request. */
static void tell_version(struct span zlib, struct answer *answer)
{
	enum { SHORT_TEXT = 0x80, SHORT_TEXT_MOST = 64 };
	uint8_t text[VALUE];
	struct span s = inflate_short(zlib, text), version;
	const bool answers = span_u24(&s) == 0xc30101;
	const uint8_t kind = span_u8(&s);

	version = span_take(&s, (size_t)(kind >= SHORT_TEXT ? kind - SHORT_TEXT : 0));
	if (answers && kind > SHORT_TEXT && kind < SHORT_TEXT + SHORT_TEXT_MOST && !version.failed &&
	    text_is_plain(version))
		answer_product(answer, span_text("Deluge"), version);
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);
	struct span s = *heard, zlib;

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	span_skip(&s, 1);
	zlib = span_take(&s, span_u32(&s));
	if (zlib.failed && !ended)
		return PROBE_WAIT;
	answer_product(answer, span_text("Deluge"), span_of(NULL, 0));
	if (!zlib.failed)
		tell_version(zlib, answer);
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_deluge = {
	.name = "deluge",
	.title = "Deluge",
	DOORS(TCP(58846)),
	.privacy = PRIVACY_ENCRYPTED,
	.recognise = recognise,
	.probe = &probe,
};
