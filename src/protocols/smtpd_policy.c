/* smtpd_policy.c: how Postfix asks others whether mail is welcome, SMTPD_POLICY_README of its sources: lines
 * of a name, "=" and a value, and an empty one; the answer is an action of access(5). Who is asked about
 * nobody has nothing to object to. */
#include "protocols/text.h"

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	static const char *const actions[] = {
		"action=dunno\n",  "action=DUNNO\n",  "action=dunno ",    "action=DUNNO ",    "action=ok\n",
		"action=OK\n",     "action=REJECT ",  "action=reject ",   "action=DEFER ",    "action=defer ",
		"action=PREPEND ", "action=prepend ", "action=DEFER_IF_", "action=defer_if_",
	};

	if (transport != TRANSPORT_TCP)
		return NO;
	if (side == SIDE_CLIENT)
		return recognise_text(first, "request=smtpd_access_policy\n");
	return recognise_texts(first, actions, sizeof(actions) / sizeof(*actions));
}

/* ---- asking ---- */

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_text(out, "request=smtpd_access_policy\n\n");
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);
	struct span action = *heard;

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	span_skip(&action, sizeof("action"));
	action = span_line(&action);
	answer_fact(answer, "action", text_word(&action));
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_smtpd_policy = {
	.name = "smtpd-policy",
	.title = "Postfix policy delegation",
	DOORS(TCP(10031), TCP(10023)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.probe = &probe,
};
