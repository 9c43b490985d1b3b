/* lirc.c: the daemon of infrared remote controls, lircd(8), "Socket command interface": whatever line it is
 * told it answers with BEGIN, the line, SUCCESS or ERROR, and lines of data. */
#include "protocols/text.h"

enum { COMMAND = 512 };

/* "BEGIN", the command, "SUCCESS" or "ERROR", a line each. */
static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct span rest = text_first(first, COMMAND), line;
	enum verdict verdict = transport == TRANSPORT_TCP && side == SIDE_SERVER
				       ? recognise_text(first, "BEGIN\n")
				       : NO;

	if (verdict != YES)
		return verdict;
	(void)span_line(&rest);
	line = span_line(&rest);
	if (line.failed || span_left(rest) == 0)
		return span_left(first) < COMMAND && text_is_plain(text_first(first, COMMAND)) ? MORE : NO;
	if (!text_is_plain(line))
		return NO;
	verdict = recognise_text(rest, "SUCCESS\n");
	verdict = verdict == NO ? recognise_text(rest, "ERROR\n") : verdict;
	return verdict == MORE && span_left(first) >= COMMAND ? NO : verdict;
}

/* ---- asking ---- */

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_text(out, "VERSION\n");
}

/* "BEGIN\nVERSION\nSUCCESS\nDATA\n1\n0.10.1\nEND\n" */
static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	static const char before[] = "\nVERSION\nSUCCESS\nDATA\n1\n";
	const enum verdict verdict = verdict_on_answer(recognise, *heard);
	const size_t at = span_find(*heard, before);
	struct span version = *heard;

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	if (!ended && span_find(*heard, "\nEND\n") == SIZE_MAX && span_left(*heard) < RECOGNISE_LIMIT)
		return PROBE_WAIT;
	span_skip(&version, at == SIZE_MAX ? span_left(version) : at + sizeof(before) - 1);
	answer_product(answer, span_text("LIRC"), text_version(version));
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_lirc = {
	.name = "lirc",
	.title = "Infrared Remote Controls",
	DOORS(TCP(8765)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.server_tells = true,
	.probe = &probe,
};
