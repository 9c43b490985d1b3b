/* postsrsd.c: PostSRSd, which rewrites senders' addresses for Postfix (SRS), main() and its handlers in
 * postsrsd.c of its sources: lookups as tcp_table(5) of Postfix has them. It is asked for what is no address,
 * and refuses in its own words. */
#include "protocols/text.h"

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	static const char *const answers[] = { "500 No at sign in sender address\n",
					       "500 Not an SRS address.\n" };

	return transport == TRANSPORT_TCP && side == SIDE_SERVER ? recognise_texts(first, answers, 2) : NO;
}

/* ---- asking ---- */

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_text(out, "get " PROBE_IDENTITY "\n");
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	answer_product(answer, span_text("PostSRSd"), span_of(NULL, 0));
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_postsrsd = {
	.name = "postsrsd",
	.title = "PostSRSd",
	DOORS(TCP(10001), TCP(10002)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.server_tells = true,
	.probe = &probe,
};
