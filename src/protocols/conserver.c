/* conserver.c: conserver, which shares consoles, conserver/group.c and master.c of its sources: the server
 * says "ok", and lines of the client are answered. Before a login it helps, and no more. */
#include "protocols/text.h"

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	enum verdict verdict;

	if (transport != TRANSPORT_TCP || side != SIDE_SERVER)
		return NO;
	verdict = recognise_text(first, "ok\r\n");
	if (verdict != YES)
		return verdict;
	span_skip(&first, sizeof("ok\r\n") - 1);
	return span_left(first) == 0 ? MORE : recognise_text(first, "exit   disconnect\r\n");
}

/* ---- asking ---- */

struct asking {
	bool asked;
};

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct asking *const asking = state;
	const enum verdict verdict = verdict_on_answer(recognise, *heard);

	if (verdict == MORE && !asking->asked && span_is(*heard, "ok\r\n")) {
		asking->asked = true;
		buffer_text(out, "help\r\n");
	}
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	answer_product(answer, span_text("conserver"), span_of(NULL, 0));
	buffer_text(out, "exit\r\n");
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .transports = PROBE_TCP, .server_speaks_first = true, .hear = hear };

const struct protocol protocol_conserver = {
	.name = "conserver",
	.title = "conserver",
	DOORS(TCP(782), TCP(3109)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise,
	.server_tells = true,
	.probe = &probe,
	.probe_state_size = sizeof(struct asking),
};
