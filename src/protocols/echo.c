/* echo.c: the Echo Protocol, RFC 862: what comes goes back. What it carries is anybody's; who asks knows it
 * by what was said. */
#include "protocols/lines.h"

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	(void)first;
	(void)side;
	(void)transport;
	return NO;
}

/* Neither text nor lines alone: a terminal sends back what is typed, and changes it. */
static const char words[] = "doorward\r\n\0\1\xff?\x7f\x1b";

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_add(out, words, sizeof(words) - 1);
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const size_t come = span_left(*heard), whole = sizeof(words) - 1;

	(void)state;
	(void)out;
	(void)answer;
	if (memcmp(heard->at, words, come < whole ? come : whole) != 0 || come > whole)
		return PROBE_NOT;
	return probe_step_for(come == whole ? YES : MORE, ended);
}

static const struct probe probe = {
	.rare = true,
	.knows = true,
	.repeats = true,
	.transports = PROBE_TCP | PROBE_UDP,
	.greet = greet,
	.hear = hear,
};

const struct protocol protocol_echo = {
	.name = "echo",
	.title = "Echo",
	DOORS(TCP(7), UDP(7)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.only_expected = true,
	.probe = &probe,
};
