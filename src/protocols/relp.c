/* relp.c: the Reliable Event Logging Protocol, "The RELP protocol" of librelp's documents: a number of the
 * exchange, a command, the length of what follows, and that. A session is opened by telling what one can do.
 */
#include "protocols/text.h"

enum { DIGITS_MOST = 9, HEAD_MOST = 1024 };

/* Takes the digits and the blank behind them. */
static enum verdict take_length(struct span *s)
{
	size_t length = 0;

	while (length < DIGITS_MOST && length < span_left(*s) && span_peek(*s, length) >= '0' &&
	       span_peek(*s, length) <= '9')
		length++;
	if (length == span_left(*s))
		return MORE;
	if (length == 0 || span_peek(*s, length) != ' ')
		return NO;
	span_skip(s, length + 1);
	return YES;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	static const char *const answers[] = { "200 OK\nrelp_version=", "500 " };
	const char *const begins = side == SIDE_CLIENT ? "1 open " : "1 rsp ";
	enum verdict verdict = transport == TRANSPORT_TCP ? recognise_text(first, begins) : NO;

	/* Said without a question by one who hears none of its own. */
	if (side == SIDE_SERVER && transport == TRANSPORT_TCP && verdict == NO)
		return recognise_text(first, "0 serverclose 0\n");
	if (verdict != YES)
		return verdict;
	span_skip(&first, strlen(begins));
	verdict = take_length(&first);
	if (verdict != YES)
		return verdict;
	if (span_left(first) == 0)
		return MORE;
	return side == SIDE_CLIENT ? recognise_text(first, "relp_version=")
				   : recognise_texts(first, answers, sizeof(answers) / sizeof(*answers));
}

/* ---- asking ---- */

/* To end the session again closes it in order; nothing is logged in it. */
static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_text(out, "1 open 30 relp_version=0\ncommands=syslog\n");
}

/* "relp_software=librelp,1.11.0,http://librelp.adiscon.com" */
static void tell(struct span offer, struct answer *answer)
{
	static const char mark[] = "\nrelp_software=";
	const size_t at = span_find(offer, mark);
	struct span line, name;

	if (at == SIZE_MAX)
		return;
	span_skip(&offer, at + sizeof(mark) - 1);
	line = span_line(&offer);
	answer_fact(answer, "software", line);
	name = span_until(&line, ',');
	if (!name.failed)
		answer_product(answer, name, text_version(line));
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);

	(void)state;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	if (!ended && span_begins(*heard, "1 ") && span_left(*heard) < HEAD_MOST &&
	    span_find(*heard, "\ncommands=") == SIZE_MAX)
		return PROBE_WAIT;
	tell(*heard, answer);
	buffer_text(out, "2 close 0\n");
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_relp = {
	.name = "relp",
	.title = "Reliable Event Logging Protocol",
	DOORS(TCP(2514)),
	.privacy = PRIVACY_EITHER,
	.clear_without_tls = true,
	.recognise = recognise,
	.probe = &probe,
};
