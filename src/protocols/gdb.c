/* gdb.c: GDB's remote serial protocol, appendix E of its manual: packets between "$" and "#", a checksum
 * behind them, "+" for each that came whole. Debuggers begin with what they can. */
#include "protocols/lines.h"

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	static const char *const client[] = { "$qSupported", "+$qSupported" };
	static const char *const server[] = { "$PacketSize=", "+$PacketSize=" };

	if (transport != TRANSPORT_TCP)
		return NO;
	return recognise_texts(first, side == SIDE_CLIENT ? client : server, 2);
}

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_text(out, "$qSupported#37");
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = span_left(*heard) > 0 ? recognise(*heard, SIDE_SERVER, TRANSPORT_TCP)
							   : MORE;

	(void)state;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	if (span_find(*heard, "#") == SIZE_MAX && !ended)
		return PROBE_WAIT;
	if (span_find(*heard, "QStartupWithShell+") != SIZE_MAX)
		answer_product(answer, span_text("gdbserver"), span_text(""));
	buffer_text(out, "+");
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_gdb = {
	.name = "gdb",
	.title = "GNU debugger",
	DOORS(TCP(2345)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.probe = &probe,
};
