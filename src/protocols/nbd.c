/* nbd.c: network block devices, doc/proto.md of NBD: the server says who it is and how it would like to
 * agree; a client of the new style then asks with options, one of the old style is handed the device. */
#include "protocols/nbd.h"

static const char option_mark[] = NBD_OPTION_MARK, new_style[] = NBD_NEW_STYLE;
static const char old_style[] = NBD_SERVER_MARK "\0\0\x42\x02\x81\x86\x12\x53";

static const struct weakness *const weaknesses[] = { &nbd_clear, NULL };

static enum verdict begins(struct span s, const char *mark, size_t length)
{
	const size_t come = span_left(s) < length ? span_left(s) : length;

	if (memcmp(s.at, mark, come) != 0)
		return NO;
	return come < length ? MORE : YES;
}

static enum verdict recognise_client(struct span first)
{
	const uint8_t none[NBD_FLAGS - 1] = { 0 };
	const size_t come = span_left(first);

	if (memcmp(first.at, none, come < sizeof(none) ? come : sizeof(none)) != 0 ||
	    span_peek(first, NBD_FLAGS - 1) > NBD_FLAGS_MOST)
		return NO;
	if (come <= NBD_FLAGS)
		return MORE;
	span_skip(&first, NBD_FLAGS);
	return begins(first, option_mark, sizeof(option_mark) - 1);
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	enum verdict verdict;

	if (transport != TRANSPORT_TCP)
		return NO;
	if (side == SIDE_CLIENT)
		return recognise_client(first);
	verdict = begins(first, new_style, sizeof(new_style) - 1);
	return verdict != NO ? verdict : begins(first, old_style, sizeof(old_style) - 1);
}

/* ---- asking ---- */

/* Who has agreed on options may leave with one; no device is asked for. */
static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);
	struct span flags = *heard;

	(void)state;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	if (span_begins(*heard, new_style)) {
		span_skip(&flags, sizeof(new_style) - 1);
		if (span_left(flags) < sizeof(uint16_t))
			return ended ? PROBE_DONE : PROBE_WAIT;
		buffer_u32(out, span_u16(&flags) & NBD_FIXED_NEW_STYLE);
		buffer_text(out, option_mark);
		buffer_u32(out, NBD_ABORT);
		buffer_u32(out, 0);
	}
	answer_fact(answer, "style", span_text(span_begins(*heard, new_style) ? "new" : "old"));
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .transports = PROBE_TCP, .server_speaks_first = true, .hear = hear };

const struct protocol protocol_nbd = {
	.name = "nbd",
	.title = "network block devices",
	DOORS(TCP(10809)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise,
	.parser = &nbd_parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
