/* irc_probe.c: what a server of Internet Relay Chat is asked: its capabilities (IRCv3, CAP LS), without
 * registering as anybody. */
#include "protocols/lines.h"
#include "protocols/probes.h"

extern const struct protocol protocol_irc;

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_text(out, "CAP LS 302\r\nVERSION\r\n");
}

/* Whether it answers our last word: notices and the list of capabilities come before that. */
static bool is_answer(struct span command)
{
	return !span_is(command, "NOTICE") && !span_is(command, "CAP");
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = span_left(*heard) > 0
					     ? protocol_irc.recognise(*heard, SIDE_SERVER, TRANSPORT_TCP)
					     : MORE;
	struct span rest = *heard, line;

	(void)state;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	while (!(line = span_line(&rest)).failed) {
		if (span_peek(line, 0) != ':')
			continue;
		span_skip(&line, 1);
		answer_fact(answer, "server_name", text_word(&line));
		if (is_answer(text_word(&line))) {
			buffer_text(out, "QUIT\r\n");
			return PROBE_DONE;
		}
	}
	return ended ? PROBE_DONE : PROBE_WAIT;
}

const struct probe irc_probe = { .transports = PROBE_TCP, .rare = true, .greet = greet, .hear = hear };
