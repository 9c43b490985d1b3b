/* pulseaudio.c: PulseAudio's own protocol, its pulsecore/pstream.c and native-common.h: frames of a length, a
 * channel, two halves of an offset and flags; commands and answers are values with a letter each. */
#include "protocols/protocols.h"

enum {
	HEAD = 20,
	CONTROL = 5, /* a number and its letter */
	LENGTH_MOST = 4096,
	NUMBER = 'L',
	ERROR = 0,
	REPLY = 2,
	GET_SERVER_INFO = 20,
	COMMANDS = 128,
};

static const uint8_t behind_length[] = { 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NUMBER };

/* Frames of commands have no channel, no offset and no flags. */
static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct span s = first;
	const uint32_t length = span_u32(&s);
	const size_t come = span_left(s);
	uint32_t command;

	if (transport != TRANSPORT_TCP || span_peek(first, 0) != 0 || span_peek(first, 1) != 0)
		return NO;
	if (s.failed || come == 0)
		return MORE;
	if (length < CONTROL || length > LENGTH_MOST ||
	    memcmp(s.at, behind_length, come < sizeof(behind_length) ? come : sizeof(behind_length)) != 0)
		return NO;
	span_skip(&s, sizeof(behind_length));
	command = span_u32(&s);
	if (s.failed)
		return MORE;
	if (side == SIDE_SERVER)
		return command == ERROR || command == REPLY ? YES : NO;
	return command > REPLY && command < COMMANDS ? YES : NO;
}

/* ---- asking ---- */

static void add_number(struct buffer *out, uint32_t number)
{
	buffer_u8(out, NUMBER);
	buffer_u32(out, number);
}

/* What only friends are told: a stranger is refused, in PulseAudio's words. */
static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_u32(out, 2 * CONTROL);
	buffer_add(out, behind_length, sizeof(behind_length) - 1);
	add_number(out, GET_SERVER_INFO);
	add_number(out, 0);
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	answer_product(answer, span_text("PulseAudio"), span_of(NULL, 0));
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_pulseaudio = {
	.name = "pulseaudio",
	.title = "PulseAudio",
	DOORS(TCP(4713)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise,
	.probe = &probe,
};
