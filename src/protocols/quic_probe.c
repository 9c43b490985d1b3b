/* quic_probe.c: what a server of QUIC is asked: its versions, by one that nobody has (RFC 9000 6, 15). */
#include "protocols/lines.h"
#include "protocols/probes.h"

#include <stdio.h>

extern const struct protocol protocol_quic;

enum { LONG_HEADER = 0xc0, LEAST = 1200, NOBODYS = 0x1a2a3a4a, HEAD = 5, VERSIONS = 128 };

static void greet(void *state, unsigned transport, struct buffer *out)
{
	static const char ids[] = "\x08"
				  "doorward"
				  "\x08"
				  "doorward";

	(void)state;
	(void)transport;
	buffer_u8(out, LONG_HEADER);
	buffer_u32(out, NOBODYS);
	buffer_text(out, ids);
	buffer_fill(out, 0, LEAST - out->length);
}

static const char *version_text(uint32_t version)
{
	switch (version) {
	case 1: return "1";
	case 0x6b3343cf: return "2";
	case 0xff00001d: return "draft-29";
	default: return NULL;
	}
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	char list[VERSIONS] = { 0 };
	struct span s = *heard;

	(void)state;
	(void)out;
	if (span_left(s) == 0)
		return probe_step_for(MORE, ended);
	if (protocol_quic.recognise(s, SIDE_SERVER, TRANSPORT_UDP) != YES)
		return PROBE_NOT;
	span_skip(&s, HEAD);
	(void)span_take(&s, span_u8(&s));
	(void)span_take(&s, span_u8(&s));
	while (span_peek(*heard, 1) == 0 && span_left(s) >= 4) {
		const char *const text = version_text(span_u32(&s));

		if (text != NULL)
			(void)texts_add(list, sizeof(list), span_text(text));
	}
	answer_texts(answer, "versions", list);
	heard->at = heard->end;
	return PROBE_DONE;
}

const struct probe quic_probe = { .transports = PROBE_UDP, .greet = greet, .hear = hear };
