/* tftp_probe.c: what a TFTP server is asked: for a file that it does not have (RFC 1350 4). It answers from a
 * port of its own. */
#include "protocols/lines.h"
#include "protocols/probes.h"

extern const struct protocol protocol_tftp;

enum { READ = 1, ERROR = 5 };

static void greet(void *state, unsigned transport, struct buffer *out)
{
	static const char request[] = "doorward.none\0octet";

	(void)state;
	(void)transport;
	buffer_u16(out, READ);
	buffer_add(out, request, sizeof(request));
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct span s = *heard;

	(void)state;
	(void)out;
	if (span_left(s) == 0)
		return probe_step_for(MORE, ended);
	if (protocol_tftp.recognise(s, SIDE_SERVER, TRANSPORT_UDP) != YES)
		return PROBE_NOT;
	if (span_u16(&s) == ERROR) {
		span_skip(&s, 2);
		answer_fact(answer, "error", text_trim(span_until(&s, 0)));
	}
	heard->at = heard->end;
	return PROBE_DONE;
}

const struct probe tftp_probe = {
	.rare = true,
	.transports = PROBE_UDP,
	.answers_elsewhere = true,
	.greet = greet,
	.hear = hear,
};
