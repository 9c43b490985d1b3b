/* radius_probe.c: what a RADIUS server is asked over UDP: for access of nobody, with nothing but who asks
 * (RFC 2865 4.1): no name and no password. Servers answer only those whom they know. Inside TLS it is asked
 * whether it is there (RFC 5997); what it has to be signed with there is the same word everywhere (RFC
 * 6614 2.3). */
#include "protocols/probes.h"
#include "protocols/radius.h"

extern const struct protocol protocol_radius;

enum { NAS_IDENTIFIER = 32, MESSAGE_AUTHENTICATOR = 80, IDENTIFIER = 'd', SIGNATURE = 16 };

/* HMAC-MD5 of the request over TLS by "radsec". */
static const uint8_t signature[SIGNATURE] = { 0x6d, 0xc7, 0xea, 0xdd, 0x89, 0x8d, 0xd6, 0x91,
					      0xe3, 0x76, 0x4a, 0x05, 0xfe, 0xfa, 0x2c, 0xa8 };

static void greet(void *memory, unsigned transport, struct buffer *out)
{
	static const char asker[] = "doorward";
	struct radius_probe_state *const state = memory;
	const bool over_tls = transport == TRANSPORT_TCP;
	const size_t signed_by = over_tls ? 2 + SIGNATURE : 0;

	state->over_tls = over_tls;
	buffer_u8(out, over_tls ? RADIUS_STATUS_SERVER : RADIUS_ACCESS_REQUEST);
	buffer_u8(out, IDENTIFIER);
	buffer_u16(out, (uint16_t)(RADIUS_HEADER + 2 + sizeof(asker) - 1 + signed_by));
	buffer_text(out, "\x8b\xe1\x3c\x74\x02\xd9\x5a\xf6\x17\xa8\x4d\xc3\x90\x2e\x6b\x5f");
	buffer_u8(out, NAS_IDENTIFIER);
	buffer_u8(out, 2 + sizeof(asker) - 1);
	buffer_text(out, asker);
	if (!over_tls)
		return;
	buffer_u8(out, MESSAGE_AUTHENTICATOR);
	buffer_u8(out, 2 + SIGNATURE);
	buffer_add(out, signature, SIGNATURE);
}

/* Over a stream the recogniser is not asked: nobody else answers to such a question with its number, in a
 * message of the length that it tells. */
static enum probe_step hear_stream(struct span *heard, bool ended)
{
	struct span s = *heard;
	const uint8_t code = span_u8(&s), identifier = span_u8(&s);
	const uint16_t length = span_u16(&s);
	struct span attributes, value;
	uint8_t type;

	if (span_left(*heard) < RADIUS_HEADER)
		return probe_step_for(span_left(*heard) == 0 || code == RADIUS_ACCESS_ACCEPT ||
						      code == RADIUS_ACCESS_REJECT ||
						      code == RADIUS_ACCOUNTING_RESPONSE
					      ? MORE
					      : NO,
				      ended);
	if ((code != RADIUS_ACCESS_ACCEPT && code != RADIUS_ACCESS_REJECT &&
	     code != RADIUS_ACCOUNTING_RESPONSE) ||
	    identifier != IDENTIFIER || length < RADIUS_HEADER || length > RADIUS_LENGTH_MOST)
		return PROBE_NOT;
	if (span_left(*heard) < length)
		return probe_step_for(MORE, ended);
	if (span_left(*heard) > length)
		return PROBE_NOT;
	span_skip(&s, RADIUS_HEADER - 4);
	for (attributes = s; span_left(attributes) > 0;)
		if (!radius_next_attribute(&attributes, &type, &value))
			return PROBE_NOT;
	heard->at = heard->end;
	return PROBE_DONE;
}

static enum probe_step hear(void *memory, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const struct radius_probe_state *const state = memory;

	(void)out;
	(void)answer;
	if (state->over_tls)
		return hear_stream(heard, ended);
	if (span_left(*heard) == 0)
		return probe_step_for(MORE, ended);
	if (protocol_radius.recognise(*heard, SIDE_SERVER, TRANSPORT_UDP) != YES)
		return PROBE_NOT;
	heard->at = heard->end;
	return PROBE_DONE;
}

const struct probe radius_probe = {
	.rare = true, .knows = true, .transports = PROBE_TCP | PROBE_UDP, .greet = greet, .hear = hear
};
