/* http2_probe.c: what a server of HTTP/2 is asked: its settings. */
#include "protocols/http2.h"

enum { MAX_CONCURRENT_STREAMS = 3 };

static void greet(void *unused, unsigned transport, struct buffer *out)
{
	static const uint8_t settings[HTTP2_FRAME_HEAD] = { 0, 0, 0, HTTP2_SETTINGS };

	(void)unused;
	(void)transport;
	buffer_text(out, HTTP2_PREFACE);
	buffer_add(out, settings, sizeof(settings));
}

static void say_goodbye(struct buffer *out)
{
	static const uint8_t goaway[HTTP2_FRAME_HEAD + 8] = { 0, 0, 8, HTTP2_GOAWAY };

	buffer_add(out, goaway, sizeof(goaway));
}

static enum probe_step hear(void *unused, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = span_left(*heard) > 0 ? http2_recognise_settings(*heard) : MORE;
	struct http2_frame frame;

	(void)unused;
	if (verdict == MORE && !ended)
		return PROBE_WAIT;
	if (verdict != YES)
		return PROBE_NOT;
	frame = http2_read_head(heard);
	answer_fact(answer, "protocol", span_text("HTTP/2"));
	for (uint32_t i = 0; i < frame.length / HTTP2_SETTING; i++) {
		const uint16_t id = span_u16(heard);
		const uint32_t value = span_u32(heard);

		if (id == MAX_CONCURRENT_STREAMS)
			answer_fact_format(answer, "max_concurrent_streams", "%u", value);
	}
	say_goodbye(out);
	return PROBE_DONE;
}

const struct probe http2_probe = {
	.transports = PROBE_TCP,
	.greet = greet,
	.hear = hear,
};
