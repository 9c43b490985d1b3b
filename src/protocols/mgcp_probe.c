/* mgcp_probe.c: what a media gateway is asked: about an endpoint that it does not have (RFC 3435 2.3.9,
 * AuditEndpoint, which reads and changes nothing). Its refusal names the transaction. */
#include "protocols/lines.h"
#include "protocols/probes.h"

extern const struct protocol protocol_mgcp;

#define TRANSACTION "645231"
enum { CODE = 3 };

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_text(out, "AUEP " TRANSACTION " doorward@doorward.invalid MGCP 1.0\r\n");
}

/* "500 645231 Endpoint unknown". */
static bool is_ours(struct span words, struct answer *answer)
{
	struct span rest = words, line = span_line(&rest), code;
	uint64_t number;

	if (line.failed)
		line = words;
	code = text_word(&line);
	if (span_left(code) != CODE || !span_number(code, 999, &number) ||
	    !span_is(text_word(&line), TRANSACTION))
		return false;
	answer_fact(answer, "code", code);
	return true;
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	(void)state;
	(void)out;
	if (span_left(*heard) > 0 && is_ours(*heard, answer)) {
		heard->at = heard->end;
		return PROBE_DONE;
	}
	return probe_recognised(&protocol_mgcp, TRANSPORT_UDP, heard, ended);
}

const struct probe mgcp_probe = {
	.rare = true,
	.knows = true,
	.transports = PROBE_UDP,
	.greet = greet,
	.hear = hear,
};
