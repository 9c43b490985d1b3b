/* teamspeak_query.c: commands to servers of TeamSpeak 3, "TeamSpeak 3 Server Query Manual": lines that end
 * with LF CR, and a greeting of the server. "version" asks for no login. */
#include "protocols/text.h"

enum { WELCOME = 512, ANSWER = 1024 };

static const char begins[] = "TS3\n\rWelcome to the TeamSpeak 3 ServerQuery interface";

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	return transport == TRANSPORT_TCP && side == SIDE_SERVER ? recognise_text(first, begins) : NO;
}

/* ---- asking ---- */

struct asking {
	bool asked;
};

/* "version=3.13.7 build=1655727713 platform=Linux", and "error id=0 msg=ok" whether or not it may be told. */
static enum probe_step hear(void *memory, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	static const char key[] = "\n\rversion=";
	struct asking *const asking = memory;
	const enum verdict verdict = verdict_on_answer(recognise, *heard);
	size_t at;

	if (verdict != YES)
		return probe_step_for(verdict, ended);
	if (!asking->asked)
		buffer_text(out, "version\n");
	asking->asked = true;
	if (!ended && span_find(*heard, "\n\rerror id=") == SIZE_MAX && span_left(*heard) < WELCOME + ANSWER)
		return PROBE_WAIT;
	at = span_find(*heard, key);
	span_skip(heard, at == SIZE_MAX ? span_left(*heard) : at + sizeof(key) - 1);
	answer_product(answer, span_text("TeamSpeak"), text_version(*heard));
	buffer_text(out, "quit\n");
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .transports = PROBE_TCP, .server_speaks_first = true, .hear = hear };

const struct protocol protocol_teamspeak_query = {
	.name = "teamspeak-query",
	.title = "TeamSpeak server queries",
	DOORS(TCP(10011)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.server_tells = true,
	.probe = &probe,
	.probe_state_size = sizeof(struct asking),
};
