/* http2.c: the Hypertext Transfer Protocol, version 2. RFC 9113: a client sends the preface, and each side
 * begins with a SETTINGS frame (3.4, 6.5). */
#include "protocols/protocols.h"

#include <stdio.h>

#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

enum {
	FRAME_HEAD = 9,
	SETTING = 6,
	SETTINGS_LIMIT = 32, /* servers send up to some ten */
	TYPE_SETTINGS = 4,
	TYPE_GOAWAY = 7,
	TYPE_MOST = 9, /* CONTINUATION */
	FLAG_ACK = 1,
	MAX_CONCURRENT_STREAMS = 3,
};

struct frame {
	uint32_t length, stream;
	uint8_t type, flags;
};

static struct frame read_head(struct span *s)
{
	struct frame frame = { .length = span_u24(s) };

	frame.type = span_u8(s);
	frame.flags = span_u8(s);
	frame.stream = span_u32(s);
	return frame;
}

/* Of RFC 9113 6.5.2, RFC 8441 and RFC 9218, or reserved for greasing (0x?a?a); bounds as there. */
static bool setting_is_plausible(uint16_t id, uint32_t value)
{
	switch (id) {
	case 2:
	case 8:
	case 9: return value <= 1;
	case 4: return value <= 0x7fffffff;
	case 5: return value >= 1 << 14 && value < 1 << 24;
	case 1:
	case 3:
	case 6: return true;
	default: return (id & 0x0f0f) == 0x0a0a;
	}
}

/* Without a single setting the frame is but a few zeros: then the next frame's head has to be one too. */
static enum verdict recognise_empty(struct span behind)
{
	struct frame next;

	if (span_left(behind) < FRAME_HEAD)
		return MORE;
	next = read_head(&behind);
	return next.type > 0 && next.type <= TYPE_MOST && next.length <= 1 << 14 &&
			       ((next.type == TYPE_SETTINGS && next.flags == FLAG_ACK && next.length == 0) ||
				next.type > TYPE_SETTINGS) &&
			       next.stream == 0
		       ? YES
		       : NO;
}

static enum verdict recognise_settings(struct span first)
{
	static const uint8_t fixed[] = { TYPE_SETTINGS, 0, 0, 0, 0, 0 };
	const size_t come = span_left(first), have = come > FRAME_HEAD ? FRAME_HEAD : come;
	struct frame frame;

	if (first.at[0] != 0 || (have > 3 && memcmp(first.at + 3, fixed, have - 3) != 0))
		return NO;
	if (come < FRAME_HEAD)
		return MORE;
	frame = read_head(&first);
	if (frame.length % SETTING != 0 || frame.length > SETTING * SETTINGS_LIMIT)
		return NO;
	if (frame.length == 0)
		return recognise_empty(first);
	for (uint32_t i = 0; i < frame.length / SETTING; i++) {
		const uint16_t id = span_u16(&first);
		const uint32_t value = span_u32(&first);

		if (first.failed)
			return MORE;
		if (!setting_is_plausible(id, value))
			return NO;
	}
	return YES;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	if (transport != TRANSPORT_TCP)
		return NO;
	return side == SIDE_CLIENT ? recognise_text(first, PREFACE) : recognise_settings(first);
}

static void greet(void *unused, unsigned transport, struct buffer *out)
{
	static const uint8_t settings[FRAME_HEAD] = { 0, 0, 0, TYPE_SETTINGS };

	(void)unused;
	(void)transport;
	buffer_text(out, PREFACE);
	buffer_add(out, settings, sizeof(settings));
}

static void say_goodbye(struct buffer *out)
{
	static const uint8_t goaway[FRAME_HEAD + 8] = { 0, 0, 8, TYPE_GOAWAY };

	buffer_add(out, goaway, sizeof(goaway));
}

static enum probe_step hear(void *unused, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = span_left(*heard) > 0 ? recognise_settings(*heard) : MORE;
	struct frame frame;

	(void)unused;
	if (verdict == MORE && !ended)
		return PROBE_WAIT;
	if (verdict != YES)
		return PROBE_NOT;
	frame = read_head(heard);
	answer_fact(answer, "protocol", span_text("HTTP/2"));
	for (uint32_t i = 0; i < frame.length / SETTING; i++) {
		const uint16_t id = span_u16(heard);
		const uint32_t value = span_u32(heard);

		if (id == MAX_CONCURRENT_STREAMS)
			answer_fact_format(answer, "max_concurrent_streams", "%u", value);
	}
	say_goodbye(out);
	return PROBE_DONE;
}

static const struct probe probe = {
	.transports = PROBE_TCP,
	.greet = greet,
	.hear = hear,
};

const struct protocol protocol_http2 = {
	.name = "http2",
	.title = "Hypertext Transfer Protocol 2",
	DOORS(TCP(443), TCP(80)),
	.privacy = PRIVACY_EITHER,
	.clear_without_tls = true,
	.recognise = recognise,
	.probe = &probe,
};
