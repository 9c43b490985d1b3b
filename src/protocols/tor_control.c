/* tor_control.c: Tor's control protocol, control-spec: commands in lines, answers with codes of three digits.
 */
#include "protocols/lines.h"

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	static const struct text_command commands[] = { { "PROTOCOLINFO*", YES },
							{ "AUTHCHALLENGE SAFECOOKIE *", YES },
							{ "AUTHENTICATE*", MORE },
							{ "GETINFO *", MORE } };

	if (transport != TRANSPORT_TCP)
		return NO;
	return side == SIDE_CLIENT ? text_commands(first, commands, sizeof(commands) / sizeof(*commands))
				   : recognise_text(first, "250-PROTOCOLINFO ");
}

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_text(out, "PROTOCOLINFO 1\r\n");
}

static void tell_line(struct span line, struct answer *answer)
{
	static const char version[] = "250-VERSION Tor=\"", methods[] = "250-AUTH METHODS=";

	if (span_begins(line, version)) {
		span_skip(&line, strlen(version));
		answer_product(answer, span_text("Tor"), span_until(&line, '"'));
	} else if (span_begins(line, methods)) {
		span_skip(&line, strlen(methods));
		answer_fact(answer, "authentication", text_word(&line));
	}
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = span_left(*heard) > 0 ? recognise(*heard, SIDE_SERVER, TRANSPORT_TCP)
							   : MORE;
	struct span rest = *heard, line;

	(void)state;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	if (span_find(*heard, "250 OK\r\n") == SIZE_MAX && !ended)
		return PROBE_WAIT;
	while (!(line = span_line(&rest)).failed)
		tell_line(line, answer);
	buffer_text(out, "QUIT\r\n");
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_tor_control = {
	.name = "tor-control",
	.title = "Tor control",
	DOORS(TCP(9051)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.probe = &probe,
};
