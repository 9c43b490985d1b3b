/* hamlib.c: how radios and their aerials are commanded over a network, rigctld(1) and rotctld(1): a letter or
 * a long name, and its values; each command is answered with what was asked for, and with RPRT and a number.
 */
#include "protocols/text.h"

static const struct weakness open_to_all = {
	"hamlib-open",
	"A radio obeys whoever connects",
	2,
	"Let it listen on loopback alone (-T 127.0.0.1): whoever gets there can key the transmitter or turn "
	"the aerial.",
};
static const struct weakness *const weaknesses[] = { &open_to_all, NULL };

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	static const char *const answers[] = { "get_info:", "RPRT 0\n", "RPRT -" };

	return transport == TRANSPORT_TCP && side == SIDE_SERVER
		       ? recognise_texts(first, answers, sizeof(answers) / sizeof(*answers))
		       : NO;
}

/* ---- asking ---- */

/* What it is. Nothing else is asked: all other letters do something. */
static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_text(out, "+\\get_info\n");
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);

	(void)state;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	answer_product(answer, span_text("Hamlib"), span_of(NULL, 0));
	answer_weakness(answer, &open_to_all, "it answered without asking who calls");
	buffer_text(out, "q\n");
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_hamlib = {
	.name = "hamlib",
	.title = "Hamlib",
	DOORS(TCP(4532), TCP(4533)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.server_tells = true,
	.probe = &probe,
	.weaknesses = weaknesses,
};
