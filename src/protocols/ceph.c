/* ceph.c: messages between the daemons of Ceph and their clients, "msgr2 protocol" and "on-wire protocol" of
 * its developers' guide: both sides open with the name and version of the protocol. */
#include "protocols/text.h"

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	static const char *const banners[] = { "ceph v2\n", "ceph v027" };

	(void)side;
	if (transport != TRANSPORT_TCP)
		return NO;
	return recognise_texts(first, banners, sizeof(banners) / sizeof(*banners));
}

/* ---- asking ---- */

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	answer_fact(answer, "protocol_version", span_text(span_begins(*heard, "ceph v2") ? "2" : "1"));
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .transports = PROBE_TCP, .server_speaks_first = true, .hear = hear };

const struct protocol protocol_ceph = {
	.name = "ceph",
	.title = "Ceph",
	DOORS(TCP(3300), TCP(6789)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise,
	.probe = &probe,
};
