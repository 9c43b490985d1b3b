/* radius_probe.c: what a RADIUS server is asked: for access of nobody, with nothing but who asks (RFC 2865
 * 4.1): no name and no password. Servers answer only those whom they know. */
#include "protocols/probes.h"
#include "protocols/radius.h"

extern const struct protocol protocol_radius;

enum { NAS_IDENTIFIER = 32 };

static void greet(void *state, unsigned transport, struct buffer *out)
{
	static const char asker[] = "doorward";

	(void)state;
	(void)transport;
	buffer_u8(out, RADIUS_ACCESS_REQUEST);
	buffer_u8(out, 'd');
	buffer_u16(out, RADIUS_HEADER + 2 + sizeof(asker) - 1);
	buffer_text(out, "\x8b\xe1\x3c\x74\x02\xd9\x5a\xf6\x17\xa8\x4d\xc3\x90\x2e\x6b\x5f");
	buffer_u8(out, NAS_IDENTIFIER);
	buffer_u8(out, 2 + sizeof(asker) - 1);
	buffer_text(out, asker);
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	(void)state;
	(void)out;
	(void)answer;
	if (span_left(*heard) == 0)
		return probe_step_for(MORE, ended);
	if (protocol_radius.recognise(*heard, SIDE_SERVER, TRANSPORT_UDP) != YES)
		return PROBE_NOT;
	heard->at = heard->end;
	return PROBE_DONE;
}

const struct probe radius_probe = { .rare = true, .transports = PROBE_UDP, .greet = greet, .hear = hear };
