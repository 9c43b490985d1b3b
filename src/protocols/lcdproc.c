/* lcdproc.c: what LCDproc shows on small displays, "LCDproc Developer's Guide", 3: a client says hello and is
 * told how large the display is; then lines, of which the server refuses those that it does not know. */
#include "protocols/text.h"

enum { LINE_MOST = 256 };

static const char begins[] = "connect LCDproc ";

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	static const char *const answers[] = { begins, "huh? Invalid command \"" };

	return transport == TRANSPORT_TCP && side == SIDE_SERVER
		       ? recognise_texts(first, answers, sizeof(answers) / sizeof(*answers))
		       : NO;
}

/* ---- asking ---- */

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_text(out, "hello\n");
}

/* "connect LCDproc 0.5.9 protocol 0.3 lcd wid 20 hgt 4 cellwid 5 cellhgt 8" */
static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);
	struct span rest = *heard, line;

	(void)state;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	line = span_line(&rest);
	if (line.failed && !ended && span_left(*heard) < LINE_MOST)
		return PROBE_WAIT;
	if (span_begins(*heard, begins)) {
		span_skip(&line, sizeof(begins) - 1);
		answer_product(answer, span_text("LCDproc"), text_version(line));
	} else {
		answer_product(answer, span_text("LCDproc"), span_of(NULL, 0));
	}
	buffer_text(out, "bye\n");
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_lcdproc = {
	.name = "lcdproc",
	.title = "LCDproc",
	DOORS(TCP(13666)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.server_tells = true,
	.probe = &probe,
};
