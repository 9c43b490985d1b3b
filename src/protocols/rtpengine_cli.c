/* rtpengine_cli.c: how people command rtpengine (rtpengine-ctl), daemon/cli.c of its sources: a line, its
 * answer, and the end. */
#include "protocols/text.h"

static const struct weakness open_to_all = {
	"rtpengine-cli-open",
	"rtpengine obeys whoever calls its command line",
	2,
	"Let it listen on loopback alone (listen-cli = 127.0.0.1:9900): it knows no passwords, and ends "
	"calls.",
};
static const struct weakness *const weaknesses[] = { &open_to_all, NULL };

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	static const char *const answers[] = { "Current sessions own: ",
					       "Available sub-commands at this level:",
					       "\nStatistics over currently running sessions:" };

	return transport == TRANSPORT_TCP && side == SIDE_SERVER
		       ? recognise_texts(first, answers, sizeof(answers) / sizeof(*answers))
		       : NO;
}

/* ---- asking ---- */

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_text(out, "list numsessions\n");
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	answer_product(answer, span_text("rtpengine"), span_of(NULL, 0));
	answer_weakness(answer, &open_to_all, "it told how many sessions it has");
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_rtpengine_cli = {
	.name = "rtpengine-cli",
	.title = "Command line of rtpengine",
	DOORS(TCP(9900)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.server_tells = true,
	.probe = &probe,
	.weaknesses = weaknesses,
};
