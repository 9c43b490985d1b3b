/* snapcast.c: Snapcast, "Binary protocol" of its documents: a header of 26 octets, little endian, that says
 * the kind of the message, when it was sent and received, and how long what follows is. */
#include "protocols/protocols.h"

enum {
	HEADER = 26,
	TIME_PAYLOAD = 8,
	PAYLOAD_MOST = 1 << 20,
	MICROSECONDS = 1000000,
	NUMBER = 0x646f, /* of our question */

	CODEC_HEADER = 1,
	SERVER_SETTINGS = 3,
	TIME = 4,
	HELLO = 5,
	CLIENT_INFO = 7,
};

struct header {
	unsigned kind, number, refers_to;
	uint32_t size;
};

static uint16_t take_u16(struct span *s)
{
	const uint8_t low = span_u8(s);

	return (uint16_t)(low | span_u8(s) << 8);
}

static uint32_t take_u32(struct span *s)
{
	const uint32_t low = take_u16(s);

	return low | (uint32_t)take_u16(s) << 16;
}

static bool is_kind_of(unsigned kind, enum side side)
{
	return kind == TIME || (side == SIDE_CLIENT ? kind == HELLO || kind == CLIENT_INFO
						    : kind == CODEC_HEADER || kind == SERVER_SETTINGS);
}

/* False where it is none, or not there as a whole. */
static bool take_header(struct span *s, enum side side, struct header *header)
{
	bool good;

	header->kind = take_u16(s);
	header->number = take_u16(s);
	header->refers_to = take_u16(s);
	span_skip(s, 4);
	good = take_u32(s) < MICROSECONDS;
	span_skip(s, 4);
	good = take_u32(s) < MICROSECONDS && good;
	header->size = take_u32(s);
	return !s->failed && good && is_kind_of(header->kind, side) &&
	       (header->kind == TIME ? header->size == TIME_PAYLOAD
				     : header->size > 4 && header->size <= PAYLOAD_MOST);
}

/* A text has its length before it: JSON, or the name of a codec. */
static enum verdict payload_says(struct span s, const struct header *header)
{
	static const char *const codecs[] = { "flac", "opus", "ogg", "pcm" };
	uint32_t length;

	if (header->kind == TIME)
		return YES;
	if (span_left(s) < 4)
		return MORE;
	length = take_u32(&s);
	if (length == 0 || length > header->size - 4)
		return NO;
	if (span_left(s) == 0)
		return MORE;
	return header->kind == CODEC_HEADER ? recognise_texts(s, codecs, sizeof(codecs) / sizeof(*codecs))
					    : recognise_text(s, "{\"");
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct header header;

	if (transport != TRANSPORT_TCP || !is_kind_of(span_peek(first, 0), side) ||
	    (span_left(first) > 1 && span_peek(first, 1) != 0))
		return NO;
	if (span_left(first) < HEADER)
		return MORE;
	return take_header(&first, side, &header) ? payload_says(first, &header) : NO;
}

/* ---- asking ---- */

/* What time it is: clients who are no listeners may ask that as well, and nothing is kept of them. */
static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_u8(out, TIME);
	buffer_u8(out, 0);
	buffer_u8(out, NUMBER & 0xff);
	buffer_u8(out, NUMBER >> 8);
	buffer_fill(out, 0, HEADER - 8);
	buffer_u8(out, TIME_PAYLOAD);
	buffer_fill(out, 0, 3 + TIME_PAYLOAD);
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct span rest = *heard;
	struct header header;

	(void)state;
	(void)out;
	if (span_left(*heard) < HEADER + TIME_PAYLOAD)
		return probe_step_for(span_left(*heard) == 0                                ? MORE
				      : recognise(*heard, SIDE_SERVER, TRANSPORT_TCP) == NO ? NO
											    : MORE,
				      ended);
	if (!take_header(&rest, SIDE_SERVER, &header) || header.kind != TIME || header.refers_to != NUMBER)
		return PROBE_NOT;
	heard->at = heard->end;
	answer_product(answer, span_text("Snapcast"), span_text(""));
	return PROBE_DONE;
}

static const struct probe probe = {
	.rare = true,
	.knows = true,
	.transports = PROBE_TCP,
	.greet = greet,
	.hear = hear,
};

const struct protocol protocol_snapcast = {
	.name = "snapcast",
	.title = "Snapcast",
	DOORS(TCP(1704)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.probe = &probe,
};
