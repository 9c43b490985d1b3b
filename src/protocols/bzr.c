/* bzr.c: the smart server of Bazaar and Breezy, "Bazaar network protocol" of their documents: requests of a
 * line, or of several parts behind a line that tells the version; the first words are ended by octet 1. */
#include "protocols/text.h"

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	static const char *const answers[] = { "ok\0012\n", "error\001Generic bzr smart protocol error: ",
					       "bzr response 2\n", "bzr message 3 (bzr 1.6)\n" };
	static const char *const clients[] = { "bzr request 2\n", "bzr message 3 (bzr 1.6)\n" };

	if (transport != TRANSPORT_TCP)
		return NO;
	return side == SIDE_SERVER ? recognise_texts(first, answers, sizeof(answers) / sizeof(*answers))
				   : recognise_texts(first, clients, sizeof(clients) / sizeof(*clients));
}

/* ---- asking ---- */

/* Which version it speaks (version 1, which all answer). */
static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_text(out, "hello\n");
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);

	(void)state;
	(void)out;
	(void)answer;
	if (verdict == YES)
		heard->at = heard->end;
	return probe_step_for(verdict, ended);
}

static const struct probe probe = {
	.rare = true,
	.knows = true,
	.transports = PROBE_TCP,
	.greet = greet,
	.hear = hear,
};

const struct protocol protocol_bzr = {
	.name = "bzr",
	.title = "Bazaar smart server",
	DOORS(TCP(4155)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.probe = &probe,
};
