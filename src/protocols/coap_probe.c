/* coap_probe.c: what a server of CoAP is asked: what it has (RFC 6690 4, GET /.well-known/core); over TCP
 * behind the settings with which each side begins (RFC 8323 5.3). */
#include "protocols/lines.h"
#include "protocols/probes.h"

extern const struct protocol protocol_coap;

static const char path[] = "\xbb.well-known\x04"
			   "core";

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	if (transport == TRANSPORT_TCP) {
		buffer_add(out, "\x30\xe1\x22\x04\x80", 5);
		buffer_add(out, "\xd0\x04\x01", 3);
	} else {
		buffer_add(out,
			   "\x40\x01"
			   "do",
			   4);
	}
	buffer_text(out, path);
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	enum verdict verdict = MORE;

	(void)state;
	(void)out;
	(void)answer;
	if (span_left(*heard) == 0)
		return probe_step_for(MORE, ended);
	verdict = protocol_coap.recognise(*heard, SIDE_SERVER, TRANSPORT_UDP);
	if (verdict != YES)
		verdict = protocol_coap.recognise(*heard, SIDE_SERVER, TRANSPORT_TCP);
	return probe_step_for(verdict, ended);
}

const struct probe coap_probe = {
	.rare = true, .transports = PROBE_TCP | PROBE_UDP, .greet = greet, .hear = hear
};
