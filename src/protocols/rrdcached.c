/* rrdcached.c: the daemon that keeps round-robin databases, rrdcached(1): a line of the client, and an answer
 * whose first word is how many lines follow, or a negative number where something failed. */
#include "protocols/text.h"

static const struct weakness open_to_all = {
	"rrdcached-open",
	"rrdcached takes orders from whoever connects",
	2,
	"Let it listen on a socket of the file system (-l unix:...), or on loopback alone: it knows no "
	"passwords, and writes and forgets databases.",
};
static const struct weakness *const weaknesses[] = { &open_to_all, NULL };

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	static const char *const answers[] = { "5 Help for STATS\nUsage: ",
					       "9 Statistics follow\nQueueLength: ", "-1 Unknown command: " };

	return transport == TRANSPORT_TCP && side == SIDE_SERVER
		       ? recognise_texts(first, answers, sizeof(answers) / sizeof(*answers))
		       : NO;
}

/* ---- asking ---- */

/* STATS alone is a question of memcached and ClamAV as well. */
static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_text(out, "HELP STATS\n");
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);

	(void)state;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	answer_product(answer, span_text("rrdcached"), span_of(NULL, 0));
	answer_weakness(answer, &open_to_all, "it answered without asking who calls");
	buffer_text(out, "QUIT\n");
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_rrdcached = {
	.name = "rrdcached",
	.title = "rrdcached",
	DOORS(TCP(42217)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.server_tells = true,
	.probe = &probe,
	.weaknesses = weaknesses,
};
