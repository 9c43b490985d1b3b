/* iperf3.c: iperf 3, the states of its src/iperf_api.h: the client opens with a word of 36 letters and a
 * zero, the server leads through the test with a state of one octet at a time. */
#include "protocols/protocols.h"

enum { WORD = 36, ASKS_PARAMETERS = 9, DENIES = 0xff };

static enum verdict recognise_client(struct span first)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
	const size_t come = span_left(first) < WORD ? span_left(first) : WORD;

	for (size_t i = 0; i < come; i++)
		if (memchr(letters, first.at[i], sizeof(letters) - 1) == NULL)
			return NO;
	if (span_left(first) <= WORD)
		return MORE;
	return first.at[WORD] == 0 ? YES : NO;
}

/* It asks for the parameters, has the streams opened, lets the test begin and run. */
static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	static const char states[] = { ASKS_PARAMETERS, 10, 1, 2, 13 };
	const size_t come = span_left(first);

	if (transport != TRANSPORT_TCP)
		return NO;
	if (side == SIDE_CLIENT)
		return recognise_client(first);
	if (memcmp(first.at, states, come < sizeof(states) ? come : sizeof(states)) != 0)
		return NO;
	return come < sizeof(states) ? MORE : YES;
}

/* ---- asking ---- */

/* No test follows. */
static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_text(out, "doorwarddoorwarddoorwarddoorwarddoor");
	buffer_u8(out, 0);
}

/* A single octet: the server asks for the parameters, or is busy. */
static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const uint8_t first = span_peek(*heard, 0);
	const bool alone = span_left(*heard) == 1;

	(void)state;
	(void)out;
	if (span_left(*heard) == 0)
		return ended ? PROBE_NOT : PROBE_WAIT;
	if (first != ASKS_PARAMETERS && (first != DENIES || !alone))
		return PROBE_NOT;
	if (!alone && recognise(*heard, SIDE_SERVER, TRANSPORT_TCP) == NO)
		return PROBE_NOT;
	answer_fact(answer, "state", span_text(first == DENIES ? "busy" : "ready"));
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = {
	.rare = true,
	.knows = true,
	.hears_any = true,
	.transports = PROBE_TCP,
	.greet = greet,
	.hear = hear,
};

const struct protocol protocol_iperf3 = {
	.name = "iperf3",
	.title = "iperf 3",
	DOORS(TCP(5201)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.probe = &probe,
};
