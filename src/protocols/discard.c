/* discard.c: the Discard Protocol, RFC 863: what comes is thrown away, and nothing is said. A server is known
 * by that alone, at its own door: it reads more than any socket holds that nobody reads from. */
#include "protocols/protocols.h"

/* Empty lines, of which others make little as well; they are said again and again. */
static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_text(out, "\r\n\r\n");
}

/* Whoever answers is somebody else. */
static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	(void)state;
	(void)out;
	(void)answer;
	return probe_step_for(span_left(*heard) > 0 ? NO : MORE, ended);
}

static const struct probe probe = {
	.rare = true,
	.knows = true,
	.takes_all = true,
	.transports = PROBE_TCP,
	.greet = greet,
	.hear = hear,
};

const struct protocol protocol_discard = {
	.name = "discard",
	.title = "Discard",
	DOORS(TCP(9), UDP(9)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise_nothing,
	.only_expected = true,
	.probe = &probe,
};
