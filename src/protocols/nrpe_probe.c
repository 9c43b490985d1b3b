/* nrpe_probe.c: what NRPE is asked: its version, by the command that it has for that. In a packet of version
 * 2, which all understand. */
#include "protocols/lines.h"
#include "protocols/probes.h"

extern const struct protocol protocol_nrpe;

enum { TEXT = 1024, TEXT_AT = 10, QUESTION = 1, VERSION = 2 };

static void greet(void *state, unsigned transport, struct buffer *out)
{
	static const char command[] = "_NRPE_CHECK";
	static const uint32_t checksum = 0xd4673f00; /* of this packet */

	(void)state;
	(void)transport;
	buffer_u16(out, VERSION);
	buffer_u16(out, QUESTION);
	buffer_u32(out, checksum);
	buffer_u16(out, 0);
	buffer_text(out, command);
	buffer_fill(out, 0, TEXT - (sizeof(command) - 1) + 2);
}

/* "NRPE v4.1.0". */
static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	static const struct text_product products[] = { { "NRPE v", "NRPE" } };
	const enum verdict verdict = span_left(*heard) > 0
					     ? protocol_nrpe.recognise(*heard, SIDE_SERVER, TRANSPORT_TCP)
					     : MORE;
	struct span s = *heard, text;

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	span_skip(&s, TEXT_AT);
	text = span_until(&s, 0);
	answer_fact(answer, "output", text);
	(void)text_tell_product(answer, text, products, 1);
	heard->at = heard->end;
	return PROBE_DONE;
}

const struct probe nrpe_probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };
