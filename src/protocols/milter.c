/* milter.c: mail filters, the milter protocol of Sendmail (its mfdef.h): packets of a length and a command;
 * the mail server opens with what it offers, 'O', and the filter answers with what of this it wants. */
#include "protocols/protocols.h"

enum {
	OFFER = 13, /* the command and three numbers */
	COMMAND = 'O',
	VERSION_LEAST = 2,
	VERSION_MOST = 6,
	ACTIONS = 0x1ff, /* all that are known */
	STEPS = 0x1fffff,
};

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	static const uint8_t fixed[] = { 0, 0, 0, OFFER, COMMAND, 0, 0, 0 };
	const size_t come = span_left(first);
	struct span s = first;
	uint32_t version, actions;

	(void)side;
	if (transport != TRANSPORT_TCP || come == 0 ||
	    memcmp(first.at, fixed, come < sizeof(fixed) ? come : sizeof(fixed)) != 0)
		return NO;
	span_skip(&s, sizeof(uint32_t) + 1);
	version = span_u32(&s);
	actions = span_u32(&s);
	(void)span_u32(&s);
	if (s.failed)
		return MORE;
	return version >= VERSION_LEAST && version <= VERSION_MOST && actions <= ACTIONS ? YES : NO;
}

/* ---- asking ---- */

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_u32(out, OFFER);
	buffer_u8(out, COMMAND);
	buffer_u32(out, VERSION_MOST);
	buffer_u32(out, ACTIONS);
	buffer_u32(out, STEPS);
}

/* It may go on to say which macros it wants. */
static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);
	struct span s = *heard;

	(void)state;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	span_skip(&s, sizeof(uint32_t) + 1);
	answer_fact_format(answer, "protocol_version", "%u", span_u32(&s));
	answer_fact_format(answer, "actions", "%#x", span_u32(&s));
	buffer_u32(out, 1);
	buffer_u8(out, 'Q');
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_milter = {
	.name = "milter",
	.title = "Mail Filter Protocol",
	DOORS(TCP(8891)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.probe = &probe,
};
