/* dbus.c: D-Bus over TCP, D-Bus Specification: an octet of zero, and then lines of text in which client and
 * server agree who the client is ("Authentication Protocol"). */
#include "protocols/dbus.h"
#include "protocols/text.h"

const struct weakness dbus_anonymous = {
	"dbus-anonymous",
	"A bus of programs takes whoever connects",
	1,
	"Let the bus listen on a socket of Unix, and take the mechanism ANONYMOUS out of its configuration.",
};
static const struct weakness *const weaknesses[] = { &dbus_anonymous, NULL };

/* A refusal names the mechanisms that there are; one of those of the specification is among them. */
static enum verdict recognise_server(struct span first)
{
	static const char *const refusals[] = { "REJECTED EXTERNAL", "REJECTED DBUS_COOKIE_SHA1",
						"REJECTED ANONYMOUS" };

	return recognise_texts(first, refusals, sizeof(refusals) / sizeof(*refusals));
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	if (transport != TRANSPORT_TCP)
		return NO;
	if (side == SIDE_SERVER)
		return recognise_server(first);
	if (span_peek(first, 0) != 0)
		return NO;
	span_skip(&first, 1);
	return span_left(first) == 0 ? MORE : recognise_text(first, "AUTH");
}

/* ---- asking ---- */

/* Without a mechanism, which is a question for those that there are. */
static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_u8(out, 0);
	buffer_text(out, "AUTH\r\n");
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);
	struct span line;

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	if (!ended && span_find(*heard, "\n") == SIZE_MAX && span_left(*heard) < TEXT_LINE_LIMIT)
		return PROBE_WAIT;
	line = text_trim(text_first(*heard, span_find(*heard, "\n")));
	(void)text_word(&line);
	answer_fact(answer, "mechanisms", text_trim(line));
	if (text_has_word(line, "ANONYMOUS"))
		answer_weakness(answer, &dbus_anonymous, "it offers the mechanism ANONYMOUS");
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_dbus = {
	.name = "dbus",
	.title = "D-Bus",
	DOORS(TCP(55884)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.parser = &dbus_parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
