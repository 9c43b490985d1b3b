/* asterisk_ami.c: the Asterisk Manager Interface, "AMI v2 Specification" of Asterisk's documentation: the
 * server greets with its protocol's version; then lines of a name, a colon and a value. */
#include "protocols/text.h"

enum { GREETING = 64 };

static const char begins[] = "Asterisk Call Manager/";

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	static const char *const clients[] = { "Action: Login\r\n", "action: login\r\n", "Action: login\r\n",
					       "Action: Challenge\r\n" };

	if (transport != TRANSPORT_TCP)
		return NO;
	return side == SIDE_SERVER ? recognise_text(first, begins) : recognise_texts(first, clients, 4);
}

/* ---- asking ---- */

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);
	struct span rest = *heard, line;

	(void)state;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	line = span_line(&rest);
	if (line.failed && !ended && span_left(*heard) < GREETING)
		return PROBE_WAIT;
	span_skip(&line, sizeof(begins) - 1);
	answer_fact(answer, "protocol_version", text_version(line));
	answer_product(answer, span_text("Asterisk"), span_of(NULL, 0));
	buffer_text(out, "Action: Logoff\r\n\r\n");
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .transports = PROBE_TCP, .server_speaks_first = true, .hear = hear };

const struct protocol protocol_asterisk_ami = {
	.name = "asterisk-ami",
	.title = "Asterisk Manager Interface",
	DOORS(TCP(5038)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.secret_at = 15, /* Action: Login, and then the name and the secret */
	.probe = &probe,
};
