/* http2.c: the Hypertext Transfer Protocol, version 2. RFC 9113: a client sends the preface, and each side
 * begins with a SETTINGS frame (3.4, 6.5). */
#include "protocols/http2.h"

enum {
	SETTINGS_LIMIT = 32, /* servers send up to some ten */
	FLAG_ACK = 1,
};

const struct weakness http2_clear_login = {
	"http2-clear-login",
	"HTTP/2 takes passwords in the clear",
	2,
	"Serve what needs a login over HTTPS alone, and send plain requests for it there.",
};
static const struct weakness *const weaknesses[] = { &http2_clear_login, NULL };

struct http2_frame http2_read_head(struct span *s)
{
	struct http2_frame frame = { .length = span_u24(s) };

	frame.type = span_u8(s);
	frame.flags = span_u8(s);
	frame.stream = span_u32(s) & 0x7fffffff;
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

/* Without a single setting the frame is but a few zeros: then the next frame has to be one of the whole
 * connection, of the length that is given to it. */
static enum verdict recognise_empty(struct span behind)
{
	struct http2_frame next;

	if (span_left(behind) < HTTP2_FRAME_HEAD)
		return MORE;
	next = http2_read_head(&behind);
	if (next.stream != 0)
		return NO;
	switch (next.type) {
	case HTTP2_SETTINGS: return next.flags == FLAG_ACK && next.length == 0 ? YES : NO;
	case HTTP2_PING: return next.length == 8 ? YES : NO;
	case HTTP2_GOAWAY: return next.length >= 8 && next.length <= 1 << 14 ? YES : NO;
	case HTTP2_WINDOW_UPDATE: return next.length == 4 ? YES : NO;
	default: return NO;
	}
}

enum verdict http2_recognise_settings(struct span first)
{
	static const uint8_t fixed[] = { HTTP2_SETTINGS, 0, 0, 0, 0, 0 };
	const size_t come = span_left(first), have = come > HTTP2_FRAME_HEAD ? HTTP2_FRAME_HEAD : come;
	struct http2_frame frame;

	if (first.at[0] != 0 || (have > 3 && memcmp(first.at + 3, fixed, have - 3) != 0))
		return NO;
	if (come < HTTP2_FRAME_HEAD)
		return MORE;
	frame = http2_read_head(&first);
	if (frame.length % HTTP2_SETTING != 0 || frame.length > HTTP2_SETTING * SETTINGS_LIMIT)
		return NO;
	if (frame.length == 0)
		return recognise_empty(first);
	for (uint32_t i = 0; i < frame.length / HTTP2_SETTING; i++) {
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
	return side == SIDE_CLIENT ? recognise_text(first, HTTP2_PREFACE) : http2_recognise_settings(first);
}

const struct protocol protocol_http2 = {
	.name = "http2",
	.title = "Hypertext Transfer Protocol 2",
	DOORS(TCP(443), TCP(80)),
	.privacy = PRIVACY_EITHER,
	.clear_without_tls = true,
	.recognise = recognise,
	ALPN("h2"),
	.parser = &http2_parser,
	.probe = &http2_probe,
	.weaknesses = weaknesses,
};
